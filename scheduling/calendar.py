"""Working days of Russia and the dates of the exam (C-01).

The library `holidays` holds the holidays of the Labour Code, the days it moves by itself when a holiday falls on a
weekend, and the Government's yearly transfers. Compared with the Government's resolutions, its transfers are
complete for 2019–2026; the resolution for a year appears in the autumn before it, so a later year may be without
them (`transfers_known`). Days that a decree alone made free with pay kept (30.03–08.05 and 24.06.2020, the first
weeks of May and November 2021) and all regional days are unknown to it: they are the operator's corrections.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

from holidays.countries.russia import Russia, RussiaStaticHolidays

FIRST_COMPARED = 2019
LAST_TRANSFERS = max(RussiaStaticHolidays.special_public_holidays)
"""The last year for which the installed library has a transfer."""

_DAY = timedelta(days=1)


class NoSuchDate(ValueError):
    """The rule or list gives no date for that year; the text is Russian, for the organizer."""


def transfers_known(year: int) -> bool:
    """Whether the transferred days of the year are in the library; if not, the operator adds them by corrections."""
    return FIRST_COMPARED <= year <= LAST_TRANSFERS


@cache
def _of_library(year: int) -> tuple[frozenset[date], frozenset[date]]:
    """The year's free days and its working Saturdays and Sundays, as the library knows them."""
    russia = Russia(years=year)  # type: ignore[no-untyped-call]
    return frozenset(russia), frozenset(russia.weekend_workdays)


@dataclass(frozen=True, slots=True)
class WorkingDays:
    """The five-day week of Russia with the operator's corrections, which are stronger than the library."""

    made_working: frozenset[date] = frozenset()
    made_free: frozenset[date] = frozenset()

    def __post_init__(self) -> None:
        if both := self.made_working & self.made_free:
            days = ", ".join(f"{day:%d.%m.%Y}" for day in sorted(both))
            raise ValueError(f"День не может быть и рабочим, и нерабочим: {days}.")

    @classmethod
    def corrected(cls, working: Iterable[date] = (), free: Iterable[date] = ()) -> "WorkingDays":
        """Raises ValueError with a Russian text where a day stands on both sides."""
        return cls(frozenset(working), frozenset(free))

    def is_working(self, day: date) -> bool:
        if day in self.made_working:
            return True
        if day in self.made_free:
            return False
        free, working_weekend = _of_library(day.year)
        return day in working_weekend or (day.weekday() < 5 and day not in free)

    def shift(self, day: date, count: int) -> date:
        """The count-th working day after the day, before it where count is negative; the day itself for 0."""
        step = _DAY if count > 0 else -_DAY
        for _ in range(abs(count)):
            day += step
            while not self.is_working(day):
                day += step
        return day


@dataclass(frozen=True, slots=True)
class NthWeekday:
    """A date by rule: the number-th such weekday of a month (C-01).

    With `working` only the weekdays that are working days are counted: «вторая рабочая среда марта».
    """

    month: int
    weekday: int
    """Monday is 0."""
    number: int
    working: bool = False

    def in_year(self, year: int, days: WorkingDays) -> date:
        """Raises NoSuchDate where the month has fewer of them."""
        day = date(year, self.month, 1)
        day += timedelta(days=(self.weekday - day.weekday()) % 7)
        left = self.number
        while day.month == self.month:
            if not self.working or days.is_working(day):
                left -= 1
                if left == 0:
                    return day
            day += timedelta(weeks=1)
        raise NoSuchDate(f"В {self.month:02}.{year} нет такого дня недели с номером {self.number}.")


@dataclass(frozen=True, slots=True)
class ExamDates:
    """The days of one year: the main one and the additional ones, in order."""

    main: date
    additional: tuple[date, ...]

    @property
    def all(self) -> tuple[date, ...]:
        return (self.main, *self.additional)


@dataclass(frozen=True, slots=True)
class ByRule:
    """Dates that come anew each year."""

    main: NthWeekday
    additional: tuple[NthWeekday, ...]

    def in_year(self, year: int, days: WorkingDays) -> ExamDates:
        """Raises NoSuchDate where a rule gives none, or the dates do not follow each other."""
        dates = ExamDates(
            self.main.in_year(year, days), tuple(rule.in_year(year, days) for rule in self.additional)
        )
        if any(first >= second for first, second in zip(dates.all, dates.all[1:], strict=False)):
            raise NoSuchDate(f"По этим правилам даты {year} года не идут одна за другой.")
        return dates


@dataclass(frozen=True, slots=True)
class ByList:
    """Dates that an order names: the first is the main one. Other years have none until an order names them."""

    days: tuple[date, ...]

    def in_year(self, year: int, days: WorkingDays) -> ExamDates:
        """Raises NoSuchDate for a year that the list does not hold. The calendar of working days plays no part."""
        found = [day for day in self.days if day.year == year]
        if not found:
            raise NoSuchDate(f"Приказ не называет дат {year} года: нужен профиль на этот год.")
        return ExamDates(found[0], tuple(found[1:]))


Schedule = ByRule | ByList
