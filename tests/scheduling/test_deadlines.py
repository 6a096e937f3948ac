"""What is due when, in the school's time, and where it stands."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduling.calendar import WorkingDays
from scheduling.deadlines import Deadline, ExamDay, State, add_months, deadlines, state
from scheduling.terms import RULES, Bound, Event, Kind, Term, TermProblem

EUROPE = (
    "Kaliningrad",
    "Moscow",
    "Simferopol",
    "Kirov",
    "Volgograd",
    "Astrakhan",
    "Saratov",
    "Ulyanovsk",
    "Samara",
)
ASIA_WEST = (
    "Yekaterinburg",
    "Omsk",
    "Novosibirsk",
    "Barnaul",
    "Tomsk",
    "Novokuznetsk",
    "Krasnoyarsk",
    "Irkutsk",
)
ASIA_EAST = "Chita", "Yakutsk", "Khandyga", "Vladivostok", "Ust-Nera", "Magadan", "Sakhalin", "Srednekolymsk"
FAR_EAST = "Kamchatka", "Anadyr"
RUSSIA = [
    *(ZoneInfo(f"Europe/{name}") for name in EUROPE),
    *(ZoneInfo(f"Asia/{name}") for name in (*ASIA_WEST, *ASIA_EAST, *FAR_EAST)),
]
TAMBOV_ZONE, KAMCHATKA = ZoneInfo("Europe/Moscow"), ZoneInfo("Asia/Kamchatka")
NINE = time(9)
TAMBOV = {
    Kind.COMMISSIONS: Term(days=-14),
    Kind.KIM: Term(at=time(7, 30), bound=Bound.NOT_BEFORE),
    Kind.CONFERENCE: Term(before_start=timedelta(minutes=10), bound=Bound.EXACTLY),
    Kind.CHECKING: Term(days=5),
    Kind.FILES: Term(days=5),
    Kind.RESULTS: Term(days=12),
    Kind.RECHECK_APPLICATION: Term(since=Event.RESULTS, at=time(18)),
    Kind.DESTRUCTION: Term(next_year=(3, 1), bound=Bound.NOT_BEFORE),
}
SARATOV = {
    Kind.COMMISSIONS: Term(working_days=-5),
    Kind.REPORT: Term(at=time(11), bound=Bound.EXACTLY),
    Kind.SUMMARY: Term(at=time(15), bound=Bound.EXACTLY),
    Kind.CHECKING: Term(),
    Kind.FILES: Term(listed=((date(2020, 2, 12), date(2020, 2, 14)),)),
    Kind.RESULTS: Term(since=Event.PROTOCOLS, working_days=1),
    Kind.RECHECK_APPLICATION: Term(since=Event.RESULTS, working_days=2),
    Kind.RECHECK: Term(since=Event.APPLICATION, working_days=3),
    Kind.KIM_PAPER: Term(months=1, days=1, bound=Bound.NOT_BEFORE),
}


def of(
    terms: Mapping[Kind, Term],
    day: date,
    zone: ZoneInfo = TAMBOV_ZONE,
    happened: Mapping[Event, date] | None = None,
    working: WorkingDays | None = None,
) -> dict[Kind, Deadline]:
    exam = ExamDay(day, NINE, zone, working or WorkingDays())
    return {deadline.kind: deadline for deadline in deadlines(exam, terms, happened)}


def tambov(kind: Kind, zone: ZoneInfo = TAMBOV_ZONE) -> Deadline:
    return of(TAMBOV, date(2026, 2, 11), zone)[kind]


def test_applications_are_due_two_weeks_before() -> None:
    """C-02: the roadmap of Saratov names the same days: 29.01, 26.02 and 04.05.2020."""
    term = {Kind.APPLICATIONS: Term(days=-14)}
    exams = (date(2020, 2, 12), date(2020, 3, 11), date(2020, 5, 18))
    made = [of(term, exam)[Kind.APPLICATIONS] for exam in exams]
    assert [one.day for one in made] == [date(2020, 1, 29), date(2020, 2, 26), date(2020, 5, 4)]
    assert [one.on_working_day for one in made] == [True, True, False]


def test_commissions_are_due_two_weeks_or_five_working_days_before() -> None:
    """C-03."""
    assert tambov(Kind.COMMISSIONS).day == date(2026, 1, 28)
    assert of(SARATOV, date(2020, 2, 12))[Kind.COMMISSIONS].day == date(2020, 2, 5)


def test_kim_opens_at_half_past_seven_and_is_due_by_the_start() -> None:
    """D-03, C-04."""
    kim = tambov(Kind.KIM, KAMCHATKA)
    assert kim.opens_at == datetime(2026, 2, 11, 7, 30, tzinfo=KAMCHATKA)
    assert kim.at_utc == datetime(2026, 2, 10, 21, tzinfo=UTC)


def test_kim_of_tyva_is_due_at_eight() -> None:
    """D-03: «не позднее 08.00»."""
    kim = of({Kind.KIM: Term(at=time(8))}, date(2019, 2, 13), ZoneInfo("Asia/Krasnoyarsk"))[Kind.KIM]
    assert kim.opens_at is None
    assert kim.at_utc == datetime(2019, 2, 13, 1, tzinfo=UTC)


def test_the_conference_opens_ten_minutes_before_the_start() -> None:
    """D-05, C-04."""
    assert tambov(Kind.CONFERENCE).moment == datetime(2026, 2, 11, 8, 50, tzinfo=TAMBOV_ZONE)
    assert tambov(Kind.START).moment == datetime(2026, 2, 11, 9, tzinfo=TAMBOV_ZONE)


def test_report_and_summary_are_at_eleven_and_fifteen() -> None:
    """C-05."""
    made = of(SARATOV, date(2020, 2, 12), ZoneInfo("Europe/Saratov"))
    assert made[Kind.REPORT].at_utc == datetime(2020, 2, 12, 7, tzinfo=UTC)
    assert made[Kind.SUMMARY].at_utc == datetime(2020, 2, 12, 11, tzinfo=UTC)


def test_checking_is_due_on_the_day_itself_or_within_five_calendar_days() -> None:
    """C-06: Saratov and Tambov; five days end with the fifth."""
    assert of(SARATOV, date(2020, 2, 12))[Kind.CHECKING].day == date(2020, 2, 12)
    checking = tambov(Kind.CHECKING)
    assert checking.day == date(2026, 2, 16)
    assert checking.moment == datetime(2026, 2, 17, tzinfo=TAMBOV_ZONE)


def test_results_are_due_within_twelve_calendar_days() -> None:
    """C-06, Tambov: the last day, 23.02.2026, is a holiday; it is told, not moved."""
    results = tambov(Kind.RESULTS)
    assert (results.day, results.on_working_day) == (date(2026, 2, 23), False)


def test_results_after_protocols_wait_for_them() -> None:
    """C-06, Saratov: one working day after the protocols came; nobody knows before when that is."""
    waiting = of(SARATOV, date(2020, 2, 12))[Kind.RESULTS]
    assert (waiting.day, waiting.moment, waiting.waits_for) == (None, None, Event.PROTOCOLS)
    assert state(waiting, datetime(2030, 1, 1, tzinfo=UTC)) is State.FUTURE
    known = of(SARATOV, date(2020, 2, 12), happened={Event.PROTOCOLS: date(2020, 2, 21)})[Kind.RESULTS]
    assert (known.day, known.waits_for) == (date(2020, 2, 25), None)


def test_results_after_the_checking_count_from_its_end_or_from_its_last_day() -> None:
    """C-06, Kaluga: one working day after the checking."""
    terms = {Kind.CHECKING: Term(days=5), Kind.RESULTS: Term(since=Event.CHECKED, working_days=1)}
    at_latest = of(terms, date(2020, 2, 12))[Kind.RESULTS]
    assert (at_latest.day, at_latest.provisional) == (date(2020, 2, 18), True)
    done_soon = of(terms, date(2020, 2, 12), happened={Event.CHECKED: date(2020, 2, 13)})[Kind.RESULTS]
    assert (done_soon.day, done_soon.provisional) == (date(2020, 2, 14), False)


def test_files_follow_the_term_of_checking_however_early_it_was_done() -> None:
    """C-08, Kaluga 7.1: one working day after the *term*."""
    terms = {Kind.CHECKING: Term(days=5), Kind.FILES: Term(since=Event.CHECKING_TERM, working_days=1)}
    files = of(terms, date(2020, 2, 12), happened={Event.CHECKED: date(2020, 2, 12)})[Kind.FILES]
    assert (files.day, files.provisional) == (date(2020, 2, 18), False)


def test_files_by_a_schedule_are_due_only_on_the_days_it_names() -> None:
    """C-08, Saratov."""
    assert of(SARATOV, date(2020, 2, 12))[Kind.FILES].day == date(2020, 2, 14)
    assert Kind.FILES not in of(SARATOV, date(2020, 3, 11))


def test_an_application_for_recheck_is_due_at_eighteen_of_the_day_of_results() -> None:
    """C-10, Tambov."""
    happened = {Event.RESULTS: date(2026, 2, 19)}
    application = of(TAMBOV, date(2026, 2, 11), happened=happened)[Kind.RECHECK_APPLICATION]
    assert application.moment == datetime(2026, 2, 19, 18, tzinfo=TAMBOV_ZONE)
    assert not application.provisional
    assert tambov(Kind.RECHECK_APPLICATION).provisional


def test_a_recheck_counts_working_days_from_the_application() -> None:
    """C-10, Saratov: two for the application, three for the re-check; 22–24.02.2020 are free."""
    happened = {Event.RESULTS: date(2020, 2, 20)}
    made = of(SARATOV, date(2020, 2, 12), happened=happened)
    assert made[Kind.RECHECK_APPLICATION].day == date(2020, 2, 25)
    assert (made[Kind.RECHECK].day, made[Kind.RECHECK].provisional) == (date(2020, 2, 28), True)
    sooner = of(SARATOV, date(2020, 2, 12), happened=happened | {Event.APPLICATION: date(2020, 2, 21)})
    assert (sooner[Kind.RECHECK].day, sooner[Kind.RECHECK].provisional) == (date(2020, 2, 27), False)


def test_materials_are_kept_until_the_first_of_march_of_the_next_year() -> None:
    """C-09."""
    destruction = tambov(Kind.DESTRUCTION)
    assert destruction.opens_at == datetime(2027, 3, 1, tzinfo=TAMBOV_ZONE)
    assert destruction.day == date(2027, 3, 1)


def test_paper_kim_is_kept_a_whole_month() -> None:
    """C-09, Saratov: destroyed not before the day after."""
    paper = of(SARATOV, date(2020, 2, 12))[Kind.KIM_PAPER]
    assert paper.opens_at == datetime(2020, 3, 13, tzinfo=TAMBOV_ZONE)


@pytest.mark.parametrize(
    "day, months, expected",
    [
        (date(2024, 1, 31), 1, date(2024, 2, 29)),
        (date(2023, 1, 31), 1, date(2023, 2, 28)),
        (date(2023, 12, 15), 1, date(2024, 1, 15)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
    ],
)
def test_a_month_ends_with_its_last_day(day: date, months: int, expected: date) -> None:
    assert add_months(day, months) == expected


def test_a_deadline_is_future_then_due_today_then_overdue() -> None:
    """By the school's day: at 13:00 UTC of the 15th it is already the 16th on Kamchatka."""
    checking = tambov(Kind.CHECKING, KAMCHATKA)
    moments = [
        datetime(2026, 2, 15, 11, 59, tzinfo=UTC),
        datetime(2026, 2, 15, 13, tzinfo=UTC),
        datetime(2026, 2, 16, 11, 59, tzinfo=UTC),
        datetime(2026, 2, 16, 12, tzinfo=UTC),
    ]
    assert [state(checking, now) for now in moments] == [
        State.FUTURE,
        State.DUE_TODAY,
        State.DUE_TODAY,
        State.OVERDUE,
    ]
    assert state(checking, moments[-1], done=True) is State.DONE


def test_at_the_named_minute_it_is_not_yet_overdue() -> None:
    start = tambov(Kind.START)
    assert start.moment is not None
    assert state(start, start.moment) is State.DUE_TODAY
    assert state(start, start.moment + timedelta(seconds=1)) is State.OVERDUE


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        state(tambov(Kind.START), datetime(2026, 2, 11, 9))  # noqa: DTZ001 - the mistake under test


@pytest.mark.parametrize("event", [Event.EXAM, Event.CHECKING_TERM])
def test_the_exam_and_terms_do_not_happen(event: Event) -> None:
    with pytest.raises(ValueError, match="happened"):
        of(TAMBOV, date(2026, 2, 11), happened={event: date(2026, 2, 11)})


def test_results_before_the_exam_are_refused() -> None:
    with pytest.raises(ValueError, match="happened"):
        of(TAMBOV, date(2026, 2, 11), happened={Event.RESULTS: date(2026, 2, 10)})


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind is not Kind.START])
def test_no_term_is_counted_from_what_comes_after_it(kind: Kind) -> None:
    if kind not in {Kind.RECHECK_TOLD, Kind.KIM_PAPER, Kind.DESTRUCTION}:
        with pytest.raises(TermProblem, match="позже"):
            of({kind: Term(since=Event.RECHECKED, days=1)}, date(2026, 2, 11))


def test_contradictory_terms_cannot_be_made() -> None:
    with pytest.raises(TermProblem, match="двумя способами"):
        Term(days=1, working_days=1)
    with pytest.raises(TermProblem, match="только от дня собеседования"):
        Term(since=Event.RESULTS, next_year=(3, 1))
    with pytest.raises(TermProblem, match="не сочетается"):
        Term(before_start=timedelta(minutes=10), at=NINE)
    with pytest.raises(TermProblem, match="такого дня"):
        Term(next_year=(2, 30))
    with pytest.raises(TermProblem, match="29 февраля"):
        Term(next_year=(2, 29))


def test_every_kind_has_a_rule_and_a_russian_title() -> None:
    assert set(RULES) == set(Kind)
    assert all(rule[:2] in {"C-", "D-"} and title[0] in "АВЗИКМНОПСУ" for rule, title in RULES.values())


ZONES = st.sampled_from(RUSSIA)
EXAMS = st.dates(date(2019, 1, 1), date(2035, 12, 31))
REGIONS = st.sampled_from([TAMBOV, SARATOV])
INSTANTS = st.integers(0, 19 * 365 * 24 * 60).map(
    lambda minutes: datetime(2018, 6, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)


@given(REGIONS, EXAMS, ZONES)
def test_deadlines_come_in_the_order_of_their_moments(
    terms: dict[Kind, Term], day: date, zone: ZoneInfo
) -> None:
    made = deadlines(ExamDay(day, NINE, zone, WorkingDays()), terms)
    moments = [one.at_utc for one in made]
    known = [moment for moment in moments if moment is not None]
    assert moments == [*sorted(known), *[None] * (len(moments) - len(known))]


@given(EXAMS, ZONES)
def test_the_day_goes_in_its_order(day: date, zone: ZoneInfo) -> None:
    """D-03, D-05, C-04, C-06, C-09."""
    made = of(TAMBOV, day, zone)
    order = (Kind.COMMISSIONS, Kind.CONFERENCE, Kind.START, Kind.CHECKING, Kind.RESULTS, Kind.DESTRUCTION)
    moments = [moment for kind in order if (moment := made[kind].at_utc) is not None]
    assert len(moments) == len(order)
    assert moments == sorted(set(moments))


@given(EXAMS, ZONES)
def test_the_clocks_of_every_zone_show_the_same(day: date, zone: ZoneInfo) -> None:
    """C-04, D-05: local time, also where the offset of the zone changed within the years."""
    made = of(TAMBOV, day, zone)
    for kind, clock in {Kind.START: NINE, Kind.CONFERENCE: time(8, 50), Kind.CHECKING: time(0)}.items():
        moment = made[kind].moment
        assert moment is not None
        assert moment.astimezone(UTC).astimezone(zone).time() == clock
    opens = made[Kind.KIM].opens_at
    assert opens is not None
    assert (opens.date(), opens.time()) == (day, time(7, 30))


@given(REGIONS, EXAMS, ZONES, ZONES, INSTANTS)
def test_where_the_server_stands_does_not_matter(
    terms: dict[Kind, Term], day: date, school: ZoneInfo, server: ZoneInfo, now: datetime
) -> None:
    for deadline in deadlines(ExamDay(day, NINE, school, WorkingDays()), terms):
        assert state(deadline, now) is state(deadline, now.astimezone(server))


@given(REGIONS, EXAMS, ZONES, st.lists(st.integers(-400 * 24, 800 * 24), min_size=2, max_size=8))
def test_a_state_never_goes_back(
    terms: dict[Kind, Term], day: date, zone: ZoneInfo, hours: list[int]
) -> None:
    order = [State.FUTURE, State.DUE_TODAY, State.OVERDUE]
    start = datetime(day.year, day.month, day.day, tzinfo=UTC)
    for deadline in deadlines(ExamDay(day, NINE, zone, WorkingDays()), terms):
        places = [order.index(state(deadline, start + timedelta(hours=hour))) for hour in sorted(hours)]
        assert places == sorted(places)


@given(EXAMS, ZONES, st.integers(0, 40))
def test_what_has_happened_makes_a_deadline_certain(day: date, zone: ZoneInfo, later: int) -> None:
    results = day + timedelta(days=later)
    application = of(TAMBOV, day, zone, {Event.RESULTS: results})[Kind.RECHECK_APPLICATION]
    assert (application.day, application.provisional) == (results, False)
