"""Working days of Russia, and the dates of the exam by rule and by list (C-01)."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduling.calendar import (
    LAST_TRANSFERS,
    ByList,
    ByRule,
    NoSuchDate,
    NthWeekday,
    WorkingDays,
    transfers_known,
)

PLAIN = WorkingDays()
MONDAY, WEDNESDAY = 0, 2
SARATOV = ByRule(
    NthWeekday(2, WEDNESDAY, 2, working=True),
    (NthWeekday(3, WEDNESDAY, 2, working=True), NthWeekday(5, MONDAY, 1, working=True)),
)
TAMBOV = ByList((date(2026, 2, 11), date(2026, 3, 11), date(2026, 4, 20)))

# Free and working days of the Government's resolutions on transfers, written down apart from the library.
TRANSFERS: dict[int, tuple[list[str], list[str]]] = {
    2019: (["05-02", "05-03", "05-10"], []),
    2020: (["05-04", "05-05"], []),
    2021: (["02-22", "11-05", "12-31"], ["02-20"]),
    2022: (["03-07", "05-03", "05-10"], ["03-05"]),
    2023: (["02-24", "05-08"], []),
    2024: (["04-29", "04-30", "05-10", "12-30", "12-31"], ["04-27", "11-02", "12-28"]),
    2025: (["05-02", "05-08", "06-13", "11-03", "12-31"], ["11-01"]),
    2026: (["01-09", "12-31"], []),
}
WORKING_DAYS = {2019: 247, 2020: 248, 2021: 247, 2022: 247, 2023: 247, 2024: 248, 2025: 247, 2026: 247}
"""Of the five-day week, by the production calendars."""


def days_of(year: int) -> list[date]:
    first = date(year, 1, 1)
    return [first + timedelta(days=count) for count in range((date(year + 1, 1, 1) - first).days)]


@pytest.mark.parametrize("year", TRANSFERS)
def test_every_transfer_of_the_years_2019_to_2026_is_known(year: int) -> None:
    free, working = TRANSFERS[year]
    assert [day for day in free if PLAIN.is_working(date.fromisoformat(f"{year}-{day}"))] == []
    assert [day for day in working if not PLAIN.is_working(date.fromisoformat(f"{year}-{day}"))] == []
    assert transfers_known(year)


@pytest.mark.parametrize("year", WORKING_DAYS)
def test_a_year_has_the_working_days_of_its_production_calendar(year: int) -> None:
    assert sum(map(PLAIN.is_working, days_of(year))) == WORKING_DAYS[year]


def test_a_year_without_a_resolution_is_told_apart() -> None:
    assert not transfers_known(LAST_TRANSFERS + 1)
    assert not transfers_known(2018)


def test_holidays_on_a_weekend_move_to_the_next_working_day() -> None:
    """24.02.2020 and 09.03.2020 are free by the Labour Code, without a resolution."""
    assert not PLAIN.is_working(date(2020, 2, 24))
    assert not PLAIN.is_working(date(2020, 3, 9))


def test_saratov_rule_gives_the_days_its_order_prints() -> None:
    """C-01: 12.02, 11.03 and 18.05.2020. Of May's Mondays the 4th is free by transfer from 4 January and the 11th
    for 9 May, a Saturday, so the first working one is the 18th, as the order of January 2020 foresaw."""
    assert SARATOV.in_year(2020, PLAIN).all == (date(2020, 2, 12), date(2020, 3, 11), date(2020, 5, 18))


def test_the_days_that_decrees_of_spring_2020_made_free_leave_saratov_as_it_was() -> None:
    decreed = (date(2020, 3, 30) + timedelta(days=count) for count in range(43))
    days = WorkingDays.corrected(free=decreed)
    assert not days.is_working(date(2020, 5, 8))
    assert SARATOV.in_year(2020, days).additional[1] == date(2020, 5, 18)


def test_the_operator_can_move_a_day_of_the_rule() -> None:
    """C-01: corrections are stronger than the library in both directions."""
    later = WorkingDays.corrected(free=[date(2020, 5, 18)])
    sooner = WorkingDays.corrected(working=[date(2020, 5, 4)])
    assert SARATOV.in_year(2020, later).additional[1] == date(2020, 5, 25)
    assert SARATOV.in_year(2020, sooner).additional[1] == date(2020, 5, 4)


def test_a_day_cannot_be_made_both_working_and_free() -> None:
    with pytest.raises(ValueError, match=r"04\.05\.2020"):
        WorkingDays.corrected([date(2020, 5, 4)], [date(2020, 5, 4)])


def test_tambov_has_the_days_of_its_list() -> None:
    """C-01."""
    assert TAMBOV.in_year(2026, PLAIN).main == date(2026, 2, 11)
    assert TAMBOV.in_year(2026, PLAIN).additional == (date(2026, 3, 11), date(2026, 4, 20))


def test_a_list_gives_nothing_for_another_year() -> None:
    """C-01: no date is invented where no order names one."""
    with pytest.raises(NoSuchDate, match="2027"):
        TAMBOV.in_year(2027, PLAIN)


def test_tambov_of_2026_would_not_follow_from_the_older_rule() -> None:
    """C-01: 20 April is no first Monday of May: the list is needed."""
    assert SARATOV.in_year(2026, PLAIN).all != TAMBOV.in_year(2026, PLAIN).all


def test_a_second_wednesday_that_is_free_counts_only_without_working() -> None:
    days = WorkingDays.corrected(free=[date(2020, 2, 5)])
    assert NthWeekday(2, WEDNESDAY, 2).in_year(2020, days) == date(2020, 2, 12)
    assert NthWeekday(2, WEDNESDAY, 2, working=True).in_year(2020, days) == date(2020, 2, 19)


def test_a_month_has_no_fifth_working_wednesday() -> None:
    with pytest.raises(NoSuchDate, match=r"02\.2026"):
        NthWeekday(2, WEDNESDAY, 5).in_year(2026, PLAIN)


def test_dates_by_rule_that_do_not_follow_each_other_are_refused() -> None:
    backwards = ByRule(NthWeekday(3, WEDNESDAY, 2), (NthWeekday(2, WEDNESDAY, 2),))
    with pytest.raises(NoSuchDate):
        backwards.in_year(2026, PLAIN)


def test_five_working_days_before_pass_over_holidays() -> None:
    """C-03: the Monday before 11.03.2020 is free."""
    assert PLAIN.shift(date(2020, 2, 12), -5) == date(2020, 2, 5)
    assert PLAIN.shift(date(2020, 3, 11), -5) == date(2020, 3, 3)


DAYS = st.dates(date(2019, 1, 1), date(2026, 12, 31))
CORRECTIONS = st.builds(
    lambda working, free: WorkingDays.corrected(working, free - working),
    st.frozensets(DAYS, max_size=20),
    st.frozensets(DAYS, max_size=20),
)


@given(CORRECTIONS, st.integers(2019, 2026), st.integers(1, 12), st.integers(0, 6), st.integers(1, 3))
def test_a_date_by_rule_is_such_a_weekday_of_the_month_and_a_working_one(
    days: WorkingDays, year: int, month: int, weekday: int, number: int
) -> None:
    rule = NthWeekday(month, weekday, number, working=True)
    try:
        day = rule.in_year(year, days)
    except NoSuchDate:
        return
    assert (day.year, day.month, day.weekday()) == (year, month, weekday)
    assert days.is_working(day)
    earlier = [day - timedelta(weeks=count) for count in range(1, 6)]
    assert sum(days.is_working(one) for one in earlier if one.month == month) == number - 1


@given(CORRECTIONS, DAYS, st.integers(1, 30), st.booleans())
def test_so_many_working_days_lie_between_a_day_and_the_shifted_one(
    days: WorkingDays, day: date, count: int, back: bool
) -> None:
    shifted = days.shift(day, -count if back else count)
    assert days.is_working(shifted)
    first, last = (shifted, day - timedelta(days=1)) if back else (day + timedelta(days=1), shifted)
    between = [first + timedelta(days=step) for step in range((last - first).days + 1)]
    assert sum(map(days.is_working, between)) == count


@given(DAYS)
def test_no_working_days_is_the_day_itself(day: date) -> None:
    assert PLAIN.shift(day, 0) == day
