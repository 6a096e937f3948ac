"""The deadlines of a day as its pages show them: when, what each waits for, met or not, and what nobody knows yet."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from scheduling.deadlines import Deadline, State, deadlines, state
from scheduling.deadlines import ExamDay as ExamDate
from scheduling.terms import Bound, Event, Kind
from server.exam.profile import Profile
from server.store import daybook, staff
from server.store.daybook import Mark
from server.store.records import ExamDay, School

from .words import clock, short_date

EVENT_OF: dict[Kind, Event] = {
    Kind.CHECKING: Event.CHECKED,
    Kind.RESULTS: Event.RESULTS,
    Kind.RECHECK_APPLICATION: Event.APPLICATION,
    Kind.RECHECK: Event.RECHECKED,
}
"""Deadlines whose day, once met, others are counted from."""
WAITING: dict[Event, str] = {
    Event.EXAM: "собеседования",
    Event.CHECKING_TERM: "окончания срока проверки",
    Event.CHECKED: "окончания проверки",
    Event.PROTOCOLS: "протоколов из региона",
    Event.RESULTS: "ознакомления с результатами",
    Event.APPLICATION: "заявления на повторную проверку",
    Event.RECHECKED: "повторной проверки",
}
STATE_WORDS: dict[State, tuple[str, str]] = {
    State.OVERDUE: ("просрочено", "bad"),
    State.DUE_TODAY: ("сегодня", "warn"),
    State.FUTURE: ("впереди", "plain"),
    State.DONE: ("сделано", "good"),
}


@dataclass(frozen=True, slots=True)
class Due:
    """One line of the page."""

    kind: str
    rule: str
    title: str
    when: str
    state: State
    done_on: date | None
    note: str
    source: str
    by_itself: bool = False
    """Known to the service, nobody has to mark it."""

    @property
    def words(self) -> str:
        return STATE_WORDS[self.state][0]

    @property
    def tone(self) -> str:
        return STATE_WORDS[self.state][1]

    @property
    def pressing(self) -> bool:
        return self.state in (State.OVERDUE, State.DUE_TODAY)


@dataclass(frozen=True, slots=True)
class Dues:
    lines: tuple[Due, ...]
    gaps: tuple[str, ...]
    """Sentences of the profile: what the region has yet to say."""
    awaited: tuple[tuple[str, str], ...] = ()
    """Events that only the organizer knows of, with their words."""
    marks: Mapping[str, Mark] | None = None

    @property
    def pressing(self) -> list[Due]:
        return [one for one in self.lines if one.pressing]


async def dues_of(
    session: AsyncSession, day: ExamDay, school: School, profile: Profile | None, now: datetime
) -> Dues:
    """All deadlines in the school's time zone (C-01…C-10). Without a profile there are none, and that is said."""
    if profile is None:
        return Dues((), ("Регион школы не выбран: сроки определить нельзя.",))
    marks = await daybook.marks(session, day.id)
    working = await daybook.working_days(session, school.id)
    orders = await staff.orders(session, day.id)
    local_start = day.starts_at.astimezone(school.zone)
    exam = ExamDate(day.date, local_start.time().replace(second=0, microsecond=0), school.zone, working)
    happened = _happened(day, marks)
    found = deadlines(exam, profile.terms(), happened)
    known: dict[Kind, date] = {}
    if day.conference_opened_at is not None:
        known[Kind.CONFERENCE] = day.conference_opened_at.astimezone(school.zone).date()
    if len(orders) >= (1 if profile.exam.joint_commission == "always" else 2):
        known[Kind.COMMISSIONS] = max(one.approved_on for one in orders)
    lines = tuple(_due(one, profile, marks, known, now) for one in found if one.kind is not Kind.START)
    waits = {one.waits_for for one in found if one.waits_for is not None and one.moment is None}
    told = set(EVENT_OF.values())
    awaited = waits - told | ({Event.PROTOCOLS} if Event.PROTOCOLS.value in marks else set())
    return Dues(
        lines,
        tuple(profile.missing_terms().values()),
        tuple((event.value, WAITING[event]) for event in sorted(awaited)),
        marks,
    )


def _happened(day: ExamDay, marks: Mapping[str, Mark]) -> dict[Event, date]:
    facts = {event: marks[kind.value].happened_on for kind, event in EVENT_OF.items() if kind.value in marks}
    if Event.PROTOCOLS.value in marks:
        facts[Event.PROTOCOLS] = marks[Event.PROTOCOLS.value].happened_on
    return {event: on for event, on in facts.items() if on >= day.date}


def _due(
    one: Deadline, profile: Profile, marks: Mapping[str, Mark], known: Mapping[Kind, date], now: datetime
) -> Due:
    mark = marks.get(one.kind.value)
    done_on = known.get(one.kind) or (None if mark is None else mark.happened_on)
    term = getattr(profile.deadlines, one.kind.value, None)
    note = []
    if one.waits_for is not None:
        words = WAITING[one.waits_for]
        note.append(f"предварительно: считается от {words}" if one.provisional else f"ждёт {words}")
    if one.moment is not None and not one.on_working_day:
        note.append("выпадает на нерабочий день")
    return Due(
        kind=one.kind.value,
        rule=one.rule,
        title=one.title,
        when=_when(one),
        state=state(one, now, done=done_on is not None),
        done_on=done_on,
        note="; ".join(note),
        source="" if term is None else term.source,
        by_itself=one.kind in known,
    )


def _when(one: Deadline) -> str:
    """«до 16.02.2026», «11.02.2026 до 11:00», «11.02.2026 не раньше 07:30»."""
    if one.day is None or one.moment is None:
        return "срок появится позже"
    day = short_date(one.day)
    if one.bound is Bound.NOT_BEFORE and one.opens_at is not None:
        opens = one.opens_at
        return (
            f"{day} не раньше {clock(opens)}"
            if opens.time().hour or opens.time().minute
            else f"не раньше {day}"
        )
    if one.whole_day:
        return f"до {day} включительно"
    return f"{day} в {clock(one.moment)}" if one.bound is Bound.EXACTLY else f"{day} до {clock(one.moment)}"
