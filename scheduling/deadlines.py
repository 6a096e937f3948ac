"""What is due when, around one day of the exam: moments in the school's own time zone.

A term comes as data from the region's profile; a deadline is the term applied to a day. A term may be counted from
something that has not happened yet. Where that has a term of its own, the deadline is provisional and counted from
its last day; otherwise it waits without a moment.

A term of days ends with the day (next midnight, exclusive), a term with a clock time at that minute (inclusive). A
last day that is not a working one is not moved, for the orders do not move it (Saratov names 04.05.2020, a day off);
`on_working_day` tells it.
"""

from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from .calendar import WorkingDays


class Kind(StrEnum):
    """In this order a term may be counted from an earlier one, never from a later."""

    APPLICATIONS = "applications"
    COMMISSIONS = "commissions"
    KIM = "kim"
    CONFERENCE = "conference"
    START = "start"
    REPORT = "report"
    SUMMARY = "summary"
    CHECKING = "checking"
    FILES = "files"
    RESULTS = "results"
    RECHECK_APPLICATION = "recheck_application"
    RECHECK_PASSED_ON = "recheck_passed_on"
    RECHECK = "recheck"
    RECHECK_TOLD = "recheck_told"
    KIM_PAPER = "kim_paper"
    DESTRUCTION = "destruction"


class Event(StrEnum):
    """What a term is counted from."""

    EXAM = "exam"
    CHECKING_TERM = "checking_term"
    """The end of the term of checking, whenever the checking was done."""
    CHECKED = "checked"
    PROTOCOLS = "protocols"
    """The protocols of results have come from the region."""
    RESULTS = "results"
    """The participants were told their results."""
    APPLICATION = "application"
    """An application for a re-check was received."""
    RECHECKED = "rechecked"


class Bound(StrEnum):
    NOT_LATER = "not_later"
    NOT_BEFORE = "not_before"
    """Opens then; due by the start if it opens earlier that day, else by the end of the day."""
    EXACTLY = "exactly"


class State(StrEnum):
    FUTURE = "future"
    DUE_TODAY = "due_today"
    OVERDUE = "overdue"
    DONE = "done"


RULES: dict[Kind, tuple[str, str]] = {
    Kind.APPLICATIONS: ("C-02", "Заявления и согласия на обработку персональных данных приняты"),
    Kind.COMMISSIONS: ("C-03", "Составы комиссий утверждены"),
    Kind.KIM: ("D-03", "Материалы (КИМ) получены"),
    Kind.CONFERENCE: ("D-05", "Видеоконференция открыта, собеседник приглашён"),
    Kind.START: ("C-04", "Начало собеседования"),
    Kind.REPORT: ("C-05", "Отчёт школы: по плану, фактически, отсутствуют"),
    Kind.SUMMARY: ("C-05", "Сводка муниципалитета в региональный центр"),
    Kind.CHECKING: ("C-06", "Проверка и оценивание завершены"),
    Kind.FILES: ("C-08", "Аудиозаписи и формы переданы в региональный центр"),
    Kind.RESULTS: ("C-06", "Участники ознакомлены с результатами"),
    Kind.RECHECK_APPLICATION: ("C-10", "Заявления на повторную проверку поданы"),
    Kind.RECHECK_PASSED_ON: ("C-10", "Заявления на повторную проверку переданы дальше"),
    Kind.RECHECK: ("C-10", "Повторная проверка завершена"),
    Kind.RECHECK_TOLD: ("C-10", "Участники ознакомлены с итогом повторной проверки"),
    Kind.KIM_PAPER: ("C-09", "Использованные бумажные материалы (КИМ) уничтожены"),
    Kind.DESTRUCTION: ("C-09", "Срок хранения истёк: материалы уничтожены по акту"),
}
"""Rule id and title of each; the title says what is done when the deadline is met."""

_LAST_DAY_OF: dict[Event, Kind] = {
    Event.CHECKING_TERM: Kind.CHECKING,
    Event.CHECKED: Kind.CHECKING,
    Event.RESULTS: Kind.RESULTS,
    Event.APPLICATION: Kind.RECHECK_APPLICATION,
    Event.RECHECKED: Kind.RECHECK,
}
_ORDER = list(Kind)


class TermProblem(ValueError):
    """A term that contradicts itself or its place; the text is Russian, for who wrote the profile."""


@dataclass(frozen=True, slots=True)
class Term:
    """A term as an order gives it. Negative numbers are before, positive after."""

    since: Event = Event.EXAM
    days: int = 0
    working_days: int = 0
    months: int = 0
    """Applied before `days`; the 31st becomes the last day of a shorter month."""
    next_year: tuple[int, int] | None = None
    """Month and day in the year after the exam."""
    listed: tuple[tuple[date, date], ...] = ()
    """Exam day and last day, where an order names them; other exam days have no such deadline."""
    at: time | None = None
    before_start: timedelta | None = None
    bound: Bound = Bound.NOT_LATER

    def __post_init__(self) -> None:
        ways = [
            bool(self.days or self.months),
            bool(self.working_days),
            self.next_year is not None,
            bool(self.listed),
            self.before_start is not None,
        ]
        if sum(ways) > 1:
            raise TermProblem("срок задан двумя способами сразу")
        if self.since is not Event.EXAM and (self.next_year or self.listed or self.before_start is not None):
            raise TermProblem("такой срок считают только от дня собеседования")
        if self.before_start is not None and (self.at is not None or self.before_start <= timedelta(0)):
            raise TermProblem("«за столько минут до начала» не сочетается с часами и больше нуля")
        if self.next_year == (2, 29):
            raise TermProblem("29 февраля бывает не каждый год")
        if self.next_year is not None:
            try:
                date(2001, *self.next_year)
            except ValueError:
                raise TermProblem("такого дня в году нет") from None

    def check_for(self, kind: Kind) -> None:
        """Raises TermProblem if a deadline of this kind cannot have this term."""
        if kind is Kind.START:
            raise TermProblem("начало задаётся временем, а не сроком")
        base = _LAST_DAY_OF.get(self.since)
        if base is not None and _ORDER.index(base) >= _ORDER.index(kind):
            raise TermProblem("срок отсчитывается от того, что бывает позже него")
        if self.since is not Event.EXAM and (self.days < 0 or self.working_days < 0 or self.months < 0):
            raise TermProblem("срок до события, день которого заранее неизвестен")


@dataclass(frozen=True, slots=True)
class Deadline:
    """A term applied to a day of the exam."""

    kind: Kind
    rule: str
    title: str
    day: date | None
    """The last local day; None while the deadline waits for an event."""
    moment: datetime | None
    """The end in the school's zone: the next midnight of a whole day, else the clock time."""
    whole_day: bool
    bound: Bound
    opens_at: datetime | None = None
    """Not before."""
    waits_for: Event | None = None
    provisional: bool = False
    """Counted from the last day of something that has not happened yet."""
    on_working_day: bool = True

    @property
    def at_utc(self) -> datetime | None:
        return None if self.moment is None else self.moment.astimezone(UTC)


def local(day: date, clock: time, zone: ZoneInfo) -> datetime:
    """The moment when the school's clocks show that."""
    return datetime.combine(day, clock, zone)


def add_months(day: date, count: int) -> date:
    """The same day of the month count months on, or its last day."""
    year, month = divmod(day.year * 12 + day.month - 1 + count, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def deadlines(
    exam: date,
    terms: Mapping[Kind, Term],
    start: time,
    zone: ZoneInfo,
    working: WorkingDays,
    happened: Mapping[Event, date] | None = None,
) -> tuple[Deadline, ...]:
    """All deadlines of a day of the exam, soonest first; those that wait for an event are last.

    `happened` has the local days of events that have taken place. Raises TermProblem for a term that cannot be, and
    ValueError for an event before the exam.
    """
    facts = dict(happened or {})
    for event, day in facts.items():
        if event in {Event.EXAM, Event.CHECKING_TERM} or day < exam:
            raise ValueError(f"{event} cannot have happened on {day}")
    made: dict[Kind, Deadline] = {}
    for kind in Kind:
        if kind is Kind.START:
            made[kind] = _at_clock(kind, exam, start, zone, working)
        elif (term := terms.get(kind)) is not None:
            term.check_for(kind)
            deadline = _deadline(kind, term, exam, start, zone, working, facts, made)
            if deadline is not None:
                made[kind] = deadline
    return tuple(sorted(made.values(), key=_when))


def state(deadline: Deadline, now: datetime, *, done: bool = False) -> State:
    """Where the deadline stands at an aware moment, by the school's day."""
    if now.tzinfo is None:
        raise ValueError("the moment has no time zone")
    if done:
        return State.DONE
    if deadline.moment is None or deadline.day is None:
        return State.FUTURE
    now_utc, end = now.astimezone(UTC), deadline.moment.astimezone(UTC)
    if now_utc > end or (deadline.whole_day and now_utc == end):
        return State.OVERDUE
    today = now.astimezone(deadline.moment.tzinfo).date()
    return State.DUE_TODAY if today == deadline.day else State.FUTURE


def _deadline(
    kind: Kind,
    term: Term,
    exam: date,
    start: time,
    zone: ZoneInfo,
    working: WorkingDays,
    facts: Mapping[Event, date],
    made: Mapping[Kind, Deadline],
) -> Deadline | None:
    """None where the order lists last days, but none for this day of the exam."""
    since, provisional = _base(term.since, exam, facts, made)
    if since is None:
        rule, title = RULES[kind]
        return Deadline(kind, rule, title, None, None, term.at is None, term.bound, waits_for=term.since)
    day = _day(term, since, exam, working)
    if day is None:
        return None
    if term.before_start is not None:
        moment = local(day, start, zone) - term.before_start
    elif term.at is not None:
        moment = local(day, term.at, zone)
    else:
        moment = local(day + timedelta(days=1), time.min, zone)
    whole = term.at is None and term.before_start is None
    opens_at = None
    if term.bound is Bound.NOT_BEFORE:
        opens_at = local(day, time.min, zone) if whole else moment
        if not whole and day == exam and opens_at < local(exam, start, zone):
            moment = local(exam, start, zone)
        else:
            moment, whole = local(day + timedelta(days=1), time.min, zone), True
    rule, title = RULES[kind]
    return Deadline(
        kind=kind,
        rule=rule,
        title=title,
        day=moment.date() if not whole else day,
        moment=moment,
        whole_day=whole,
        bound=term.bound,
        opens_at=opens_at,
        waits_for=term.since if provisional else None,
        provisional=provisional,
        on_working_day=working.is_working(day),
    )


def _base(
    event: Event, exam: date, facts: Mapping[Event, date], made: Mapping[Kind, Deadline]
) -> tuple[date | None, bool]:
    """The day a term is counted from, and whether it is only the last possible one."""
    if event is Event.EXAM:
        return exam, False
    if event in facts:
        return facts[event], False
    base = made.get(_LAST_DAY_OF[event]) if event in _LAST_DAY_OF else None
    if base is None:
        return None, False
    return base.day, event is not Event.CHECKING_TERM or base.provisional


def _day(term: Term, since: date, exam: date, working: WorkingDays) -> date | None:
    if term.listed:
        return dict(term.listed).get(exam)
    if term.next_year is not None:
        return date(exam.year + 1, *term.next_year)
    if term.working_days:
        return working.shift(since, term.working_days)
    return add_months(since, term.months) + timedelta(days=term.days)


def _at_clock(kind: Kind, day: date, clock: time, zone: ZoneInfo, working: WorkingDays) -> Deadline:
    rule, title = RULES[kind]
    moment = local(day, clock, zone)
    return Deadline(
        kind, rule, title, day, moment, False, Bound.EXACTLY, on_working_day=working.is_working(day)
    )


def _when(deadline: Deadline) -> tuple[bool, datetime, int]:
    end = deadline.at_utc
    return (end is None, end or datetime.max.replace(tzinfo=UTC), _ORDER.index(deadline.kind))
