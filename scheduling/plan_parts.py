"""What a plan is made of, and what it is made from: frozen values without rules of placing.

Times are aware datetimes, spans are whole minutes. Ids are the callers' own: of participants, persons and rooms.
"""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import cached_property
from typing import Any

import msgspec

from .wording import clock

STANDARD_MINUTES = 16
"""The regimen (D-19)."""
LONGEST_DAY = timedelta(hours=24)


class PlanProblem(ValueError):
    """The plan cannot be made from this; the text is Russian, for the organizer."""


def _aware(*moments: datetime | None) -> None:
    for moment in moments:
        if moment is None:
            continue
        if moment.tzinfo is None:
            raise PlanProblem("У времени не указан часовой пояс.")
        if moment.second or moment.microsecond:
            raise PlanProblem("Время указывают с точностью до минуты.")


class Order(StrEnum):
    """In which order those without special conditions come (D-10: the school decides)."""

    CLASS = "class"
    ALPHABET = "alphabet"


@dataclass(frozen=True, slots=True)
class Pause:
    """The same pause for everybody, such as lunch."""

    starts_at: datetime
    minutes: int

    def __post_init__(self) -> None:
        _aware(self.starts_at)
        if not 1 <= self.minutes <= 240:
            raise PlanProblem("Общий перерыв длится от 1 до 240 минут.")

    @property
    def ends_at(self) -> datetime:
        return later(self.starts_at, self.minutes)


@dataclass(frozen=True, slots=True)
class Habits:
    """How the school plans its day (C-04); stored with the day as plain JSON."""

    start: datetime
    latest_end: datetime
    """No interview ends later."""
    preparation: int = 4
    """Minutes between two participants of a room, and before any work of a person that follows another."""
    staff_break: int = 15
    """Minutes of rest, the next preparation not counted."""
    work_most: int = 120
    """Minutes after which a rest is due; 0: no rests are planned. One longer interview is not interrupted."""
    lunch: Pause | None = None
    order: Order = Order.CLASS
    per_hour: int | None = None
    """At most so many begin in a room within any 60 minutes (C-04)."""
    step: int = 5
    """Times are multiples of so many minutes after the start, to be read easily; those set by hand are free."""

    def __post_init__(self) -> None:
        _aware(self.start, self.latest_end)
        if not timedelta(0) < self.latest_end - self.start <= LONGEST_DAY:
            raise PlanProblem("Окончание дня должно быть позже начала, в пределах суток.")
        bounds = (
            ("подготовка между участниками", self.preparation, 0, 60),
            ("перерыв сотрудников", self.staff_break, 0, 240),
            ("работа без перерыва", self.work_most, 0, 1440),
            ("участников в час", 1 if self.per_hour is None else self.per_hour, 1, 60),
            ("шаг времени", self.step, 1, 60),
        )
        for what, value, least, most in bounds:
            if not least <= value <= most:
                raise PlanProblem(f"Настройка «{what}»: нужно число от {least} до {most}, а указано {value}.")

    def as_json(self) -> dict[str, Any]:
        """Plain values; moments are ISO 8601 with their offset."""
        plain: dict[str, Any] = msgspec.to_builtins(self)
        return plain

    @classmethod
    def from_json(cls, plain: object) -> "Habits":
        """Raises PlanProblem where it is no such object. The zone becomes an offset; moments stay the same."""
        try:
            return msgspec.convert(plain, cls)
        except msgspec.ValidationError as problem:
            raise PlanProblem(f"Настройки плана не читаются: {problem}") from problem


@dataclass(frozen=True, slots=True)
class Candidate:
    """A participant who needs an appointment."""

    id: int
    name: str = ""
    """As sorted and as shown: «Иванов И. П.»."""
    class_label: str = ""
    minutes: int = STANDARD_MINUTES
    break_after: int = 0
    """A medical break, after the interview or within it: the room and its staff stay with the participant."""
    scheme: int = 1
    """2: no expert is in the room (D-21)."""
    family: str = ""
    """Siblings have the same word."""
    familiar_examiner: int | None = None
    """The only one who may examine (ASD, Saratov 7.4)."""
    avoid: frozenset[int] = frozenset()
    """Who neither examines nor scores: the participant's parents."""
    assistants: frozenset[int] = frozenset()
    """Who must be beside the participant, and is therefore nowhere else."""
    earliest: datetime | None = None
    pinned_room: int | None = None
    pinned_at: datetime | None = None

    def __post_init__(self) -> None:
        _aware(self.earliest, self.pinned_at)
        if not 1 <= self.minutes <= 600 or not 0 <= self.break_after <= 600:
            raise PlanProblem("Собеседование длится от 1 до 600 минут, перерыв участника — не дольше 600.")
        if self.scheme not in (1, 2):
            raise PlanProblem("Схема оценивания — первая или вторая.")

    @property
    def hold(self) -> int:
        """Minutes for which the room and its staff are taken."""
        return self.minutes + self.break_after

    @property
    def shown(self) -> str:
        """Name and class for a sentence."""
        name = self.name or f"участник № {self.id}"
        return f"{name} ({self.class_label})" if self.class_label else name


@dataclass(frozen=True, slots=True)
class RoomInPlan:
    """An open room, and who may work in it. Without experts only scheme 2 is held there."""

    id: int
    number: str
    examiners: tuple[int, ...] = ()
    experts: tuple[int, ...] = ()
    opens_at: datetime | None = None
    closes_at: datetime | None = None

    def __post_init__(self) -> None:
        _aware(self.opens_at, self.closes_at)


@dataclass(frozen=True, slots=True)
class StaffInPlan:
    """What the plan needs to know of a person; who is not listed is nameless and always there."""

    id: int
    name: str = ""
    away_from: datetime | None = None
    """Works no more from then on."""


@dataclass(frozen=True)
class Inputs:
    """All that a plan is made from. The order of the tuples has no meaning."""

    habits: Habits
    rooms: tuple[RoomInPlan, ...]
    candidates: tuple[Candidate, ...]
    staff: tuple[StaffInPlan, ...] = ()

    def __post_init__(self) -> None:
        for what, ids in (
            ("Одна и та же аудитория указана", [room.id for room in self.rooms]),
            ("Один и тот же участник указан", [one.id for one in self.candidates]),
            ("Один и тот же сотрудник указан", [person.id for person in self.staff]),
        ):
            if len(ids) != len(set(ids)):
                raise PlanProblem(f"{what} дважды.")

    @cached_property
    def room(self) -> dict[int, RoomInPlan]:
        return {room.id: room for room in self.rooms}

    @cached_property
    def candidate(self) -> dict[int, Candidate]:
        return {one.id: one for one in self.candidates}

    @cached_property
    def away(self) -> dict[int, datetime]:
        return {person.id: person.away_from for person in self.staff if person.away_from is not None}

    @cached_property
    def _names(self) -> dict[int, str]:
        return {person.id: person.name for person in self.staff}

    def person(self, person: int, otherwise: str) -> str:
        return self._names.get(person) or otherwise

    def number(self, room: int) -> str:
        known = self.room.get(room)
        return known.number if known else str(room)

    def clock(self, moment: datetime) -> str:
        """By the school's clocks."""
        return clock(moment.astimezone(self.habits.start.tzinfo))

    def without(self, now: datetime, rooms: Collection[int] = (), persons: Collection[int] = ()) -> "Inputs":
        """The same day, where these rooms are closed and these persons are away from now on."""
        named = {person.id for person in self.staff}
        unnamed = tuple(StaffInPlan(person) for person in sorted(set(persons) - named))
        return replace(
            self,
            rooms=tuple(
                replace(room, closes_at=_first(room.closes_at, now)) if room.id in rooms else room
                for room in self.rooms
            ),
            staff=tuple(
                replace(one, away_from=_first(one.away_from, now)) if one.id in persons else one
                for one in (*self.staff, *unnamed)
            ),
        )


def _first(known: datetime | None, now: datetime) -> datetime:
    now = now.replace(second=0, microsecond=0)
    return now if known is None else min(known, now)


def usual_hold(everybody: Iterable[Candidate]) -> int:
    """Minutes for which most of them hold a room; whoever needs more is long."""
    counts = Counter(one.hold for one in everybody)
    return min(counts, key=lambda hold: (-counts[hold], hold), default=0)


def later(moment: datetime, count: int) -> datetime:
    """Count minutes later, also across a change of the clocks, in the same zone."""
    return (moment.astimezone(UTC) + timedelta(minutes=count)).astimezone(moment.tzinfo)


@dataclass(frozen=True, slots=True)
class Appointment:
    """Who comes when, and where."""

    participant: int
    room: int
    order: int
    """In the room, from 1."""
    starts_at: datetime
    minutes: int
    examiner: int
    expert: int | None
    break_after: int = 0
    reason: str = ""
    """Russian: why here and then."""

    @property
    def ends_at(self) -> datetime:
        """With the medical break."""
        return later(self.starts_at, self.minutes + self.break_after)


@dataclass(frozen=True, slots=True)
class Unplaced:
    participant: int
    reason: str
    """Russian."""


@dataclass(frozen=True, slots=True)
class Break:
    """When a room rests, or who works in it."""

    room: int
    starts_at: datetime
    minutes: int
    reason: str


@dataclass(frozen=True, slots=True)
class Plan:
    """Appointments by room and time."""

    appointments: tuple[Appointment, ...] = ()
    unplaced: tuple[Unplaced, ...] = ()
    breaks: tuple[Break, ...] = ()
    explanation: tuple[str, ...] = ()
    """Russian sentences: how the plan came about, step by step."""

    def of(self, participant: int) -> Appointment | None:
        return next((one for one in self.appointments if one.participant == participant), None)
