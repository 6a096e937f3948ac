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
from .terms import LAST_DAY_OF, ORDER, RULES, Bound, Event, Kind, Term


class State(StrEnum):
    FUTURE = "future"
    DUE_TODAY = "due_today"
    OVERDUE = "overdue"
    DONE = "done"


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


@dataclass(frozen=True, slots=True)
class ExamDay:
    """A day of the exam at a school: when it starts by the school's clocks, and which days are working ones."""

    day: date
    start: time
    zone: ZoneInfo
    working: WorkingDays

    def local(self, day: date, clock: time) -> datetime:
        """The moment when the school's clocks show that."""
        return datetime.combine(day, clock, self.zone)


def add_months(day: date, count: int) -> date:
    """The same day of the month count months on, or its last day."""
    year, month = divmod(day.year * 12 + day.month - 1 + count, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def deadlines(
    exam: ExamDay, terms: Mapping[Kind, Term], happened: Mapping[Event, date] | None = None
) -> tuple[Deadline, ...]:
    """All deadlines of a day of the exam, soonest first; those that wait for an event are last.

    `happened` has the local days of events that have taken place. Raises TermProblem for a term that cannot be, and
    ValueError for an event before the exam.
    """
    facts = dict(happened or {})
    for event, happened_on in facts.items():
        if event in {Event.EXAM, Event.CHECKING_TERM} or happened_on < exam.day:
            raise ValueError(f"{event} cannot have happened on {happened_on}")
    made: dict[Kind, Deadline] = {}
    for kind in Kind:
        if kind is Kind.START:
            made[kind] = _deadline(kind, Term(at=exam.start, bound=Bound.EXACTLY), exam.day, exam)
        elif (term := terms.get(kind)) is not None:
            term.check_for(kind)
            since, provisional = _base(term.since, exam, facts, made)
            if since is None:
                made[kind] = _waiting(kind, term)
            elif (day := _last_day(term, since, exam)) is not None:
                made[kind] = _deadline(kind, term, day, exam, provisional=provisional)
    return tuple(sorted(made.values(), key=_when))


def state(deadline: Deadline, now: datetime, *, done: bool = False) -> State:
    """Where the deadline stands at an aware moment, by the school's day. Raises ValueError for a naive moment."""
    if now.tzinfo is None:
        raise ValueError("the moment has no time zone")
    if done:
        return State.DONE
    if deadline.moment is None:
        return State.FUTURE
    now_utc, end = now.astimezone(UTC), deadline.moment.astimezone(UTC)
    if now_utc > end or (deadline.whole_day and now_utc == end):
        return State.OVERDUE
    today = now.astimezone(deadline.moment.tzinfo).date()
    return State.DUE_TODAY if today == deadline.day else State.FUTURE


def _base(
    event: Event, exam: ExamDay, facts: Mapping[Event, date], made: Mapping[Kind, Deadline]
) -> tuple[date | None, bool]:
    """The day a term is counted from, and whether it is only the last possible one."""
    if event is Event.EXAM:
        return exam.day, False
    if event in facts:
        return facts[event], False
    base = made.get(LAST_DAY_OF[event]) if event in LAST_DAY_OF else None
    if base is None:
        return None, False
    return base.day, event is not Event.CHECKING_TERM or base.provisional


def _last_day(term: Term, since: date, exam: ExamDay) -> date | None:
    """None where the order lists last days, but none for this day of the exam."""
    if term.listed:
        return dict(term.listed).get(exam.day)
    if term.next_year is not None:
        return date(exam.day.year + 1, *term.next_year)
    if term.working_days:
        return exam.working.shift(since, term.working_days)
    return add_months(since, term.months) + timedelta(days=term.days)


def _deadline(kind: Kind, term: Term, day: date, exam: ExamDay, *, provisional: bool = False) -> Deadline:
    start = exam.local(exam.day, exam.start)
    midnight = exam.local(day + timedelta(days=1), time.min)
    if term.before_start is not None:
        moment = (start.astimezone(UTC) - term.before_start).astimezone(exam.zone)
    else:
        moment = midnight if term.at is None else exam.local(day, term.at)
    opens_at = None
    if term.bound is Bound.NOT_BEFORE:
        opens_at = exam.local(day, time.min) if moment == midnight else moment
        moment = start if opens_at.date() == exam.day and opens_at < start else midnight
    whole_day = moment == midnight
    rule, title = RULES[kind]
    return Deadline(
        kind=kind,
        rule=rule,
        title=title,
        day=day if whole_day else moment.date(),
        moment=moment,
        whole_day=whole_day,
        bound=term.bound,
        opens_at=opens_at,
        waits_for=term.since if provisional else None,
        provisional=provisional,
        on_working_day=exam.working.is_working(day),
    )


def _waiting(kind: Kind, term: Term) -> Deadline:
    rule, title = RULES[kind]
    return Deadline(kind, rule, title, None, None, term.at is None, term.bound, waits_for=term.since)


def _when(deadline: Deadline) -> tuple[bool, datetime, int]:
    end = deadline.at_utc
    return (end is None, end or datetime.max.replace(tzinfo=UTC), ORDER[deadline.kind])
