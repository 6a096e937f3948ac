"""The plan of the day on paper: by room, by person of the staff, a participant's slip, the usher's list by time."""

from dataclasses import dataclass, field
from datetime import time
from typing import Annotated

import msgspec

from server.exam.people import Name

from .cards import TO_HAVE, Things
from .head import BlankRows, Head
from .lists import lines_above
from .table import Column, Table
from .words import clock

Minutes = Annotated[int, msgspec.Meta(ge=0, le=600)]


@dataclass(frozen=True, slots=True)
class Slot:
    """A line of a room's plan: a participant, or, where `pause` is given, a break. Times are the school's."""

    begins: time
    ends: time
    name: Name | None = None
    class_label: str = ""
    minutes: Minutes = 0
    more_time: bool = False
    """+30 minutes: OVZ or disabled (D-19)."""
    pause: str = ""
    """What the break is for."""
    note: str = ""


@dataclass(frozen=True, slots=True)
class RoomPlan:
    room: str
    examiner: str = ""
    expert: str = ""
    """Empty: no expert in the room."""
    others: tuple[str, ...] = ()
    """«технический специалист — …», each a line."""
    slots: tuple[Slot, ...] = ()

    @property
    def participants(self) -> int:
        return sum(slot.name is not None for slot in self.slots)


@dataclass(frozen=True, slots=True)
class RoomPlans:
    """Each room on pages of its own."""

    head: Head = field(default_factory=Head)
    rooms: tuple[RoomPlan, ...] = ()


@dataclass(frozen=True, slots=True)
class Duty:
    """A line of somebody's day; `ends` is None for a moment."""

    begins: time
    ends: time | None
    what: str
    room: str = ""


@dataclass(frozen=True, slots=True)
class PersonDay:
    name: Name
    role: str
    duties: tuple[Duty, ...] = ()
    reminders: tuple[str, ...] = ()
    """What to bring, what not; each a sentence."""


@dataclass(frozen=True, slots=True)
class PersonDays:
    """A page for each person."""

    head: Head = field(default_factory=Head)
    people: tuple[PersonDay, ...] = ()


@dataclass(frozen=True, slots=True)
class Slip:
    """What a participant takes home: no link, so that it may lie about."""

    name: Name
    class_label: str
    ready_at: time
    begins_at: time
    minutes: Minutes = 0
    room: str = ""
    to_have: Things = TO_HAVE


@dataclass(frozen=True, slots=True)
class Slips:
    """Eight on a page."""

    head: Head = field(default_factory=Head)
    slips: tuple[Slip, ...] = ()


@dataclass(frozen=True, slots=True)
class Call:
    """Whom to expect when and where."""

    at: time
    room: str
    name: Name
    class_label: str = ""
    more_time: bool = False
    phone: str = ""
    """Of a parent, for calling a participant who does not come."""


@dataclass(frozen=True, slots=True)
class CallList:
    """The whole school by time; sorted here."""

    head: Head = field(default_factory=Head)
    calls: tuple[Call, ...] = ()
    blank_rows: BlankRows = 0

    @property
    def by_time(self) -> tuple[Call, ...]:
        return tuple(sorted(self.calls, key=lambda call: (call.at, call.room, call.name)))


def plan_tables(view: RoomPlans) -> tuple[Table, ...]:
    """One sheet for the whole school."""
    rows = tuple(
        (
            room.room,
            clock(slot.begins),
            clock(slot.ends),
            str(slot.name) if slot.name else slot.pause,
            slot.class_label,
            slot.minutes or "",
            "да" if slot.more_time else "",
            room.examiner,
            room.expert,
            slot.note,
        )
        for room in view.rooms
        for slot in room.slots
    )
    columns = (
        Column("Аудитория", 11),
        Column("Начало", 9),
        Column("Конец", 9),
        Column("ФИО участника", 46),
        Column("Класс", 9),
        Column("Минут", 8),
        Column("ОВЗ", 7),
        Column("Собеседник", 30),
        Column("Эксперт", 30),
        Column("Примечание", 24),
    )
    return (Table("План собеседования", columns, rows, lines_above(view.head), landscape=True, name="План"),)


def call_table(view: CallList) -> Table:
    return Table(
        title="Приглашение участников по времени",
        name="По времени",
        above=lines_above(view.head),
        columns=(
            Column("Время", 9),
            Column("Аудитория", 11),
            Column("ФИО участника", 46),
            Column("Класс", 9),
            Column("ОВЗ", 7),
            Column("Телефон", 20),
        ),
        rows=tuple(
            (
                clock(call.at),
                call.room,
                str(call.name),
                call.class_label,
                "да" if call.more_time else "",
                call.phone,
            )
            for call in view.by_time
        ),
    )
