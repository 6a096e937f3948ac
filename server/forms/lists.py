"""Lists of people: participants (ИС-01), those who work on the day, and their attendance."""

from dataclasses import dataclass, field

from server.exam.people import ROLE_NAMES, CommissionRole, Name

from .head import BlankRows, Head
from .table import Cell, Column, Table
from .words import day


@dataclass(frozen=True, slots=True)
class ListedParticipant:
    name: Name
    class_label: str = ""
    room: str = ""
    absent: bool = False
    """«Н» beside the room (D-25)."""

    @property
    def place(self) -> str:
        return " ".join(part for part in (self.room, "Н" if self.absent else "") if part)


@dataclass(frozen=True, slots=True)
class ParticipantList:
    """ИС-01 (Saratov прил. 10)."""

    head: Head = field(default_factory=Head)
    rows: tuple[ListedParticipant, ...] = ()
    blank_rows: BlankRows = 0


@dataclass(frozen=True, slots=True)
class CommissionMember:
    role: CommissionRole
    name: Name
    position: str = ""
    workplace: str = ""
    room: str = ""

    @property
    def role_name(self) -> str:
        return ROLE_NAMES[self.role]

    @property
    def work(self) -> str:
        return ", ".join(part for part in (self.position, self.workplace) if part)


@dataclass(frozen=True, slots=True)
class CommissionPart:
    """One commission with the order that approved it (C-03)."""

    title: str
    """«Комиссия по проведению», «Комиссия по проверке», «Присутствуют»."""
    members: tuple[CommissionMember, ...] = ()
    order: str = ""
    """«приказ от 28.01.2026 № 14», empty until there is one."""


@dataclass(frozen=True, slots=True)
class Commissions:
    head: Head = field(default_factory=Head)
    parts: tuple[CommissionPart, ...] = ()


@dataclass(frozen=True, slots=True)
class Attendance:
    """Who of the staff came, with signatures. `blank_rows` are for those nobody expected."""

    head: Head = field(default_factory=Head)
    members: tuple[CommissionMember, ...] = ()
    blank_rows: BlankRows = 0


def lines_above(head: Head) -> tuple[str, ...]:
    """The head of a form as lines of a spreadsheet."""
    known = (
        ("Субъект РФ", head.region),
        ("Код МСУ", head.municipality_code),
        ("Код ОО", head.school_code),
        ("Школа", head.school),
        ("Дата", day(head.day)),
    )
    return tuple(f"{label}: {value}" for label, value in known if value)


def participant_table(view: ParticipantList) -> Table:
    return Table(
        title="ИС-01. Список участников итогового собеседования",
        above=lines_above(view.head),
        columns=(
            Column("№ п/п", 7),
            Column("ФИО участника", 52),
            Column("Класс", 10),
            Column("Номер аудитории / отметка о неявке", 22),
        ),
        rows=tuple(
            (number, str(row.name), row.class_label, row.place) for number, row in enumerate(view.rows, 1)
        )
        + blank(len(view.rows), view.blank_rows, 4),
    )


def commission_table(view: Commissions) -> Table:
    return Table(
        title="Состав комиссий итогового собеседования",
        above=lines_above(view.head),
        columns=(
            Column("Комиссия", 30),
            Column("Роль", 32),
            Column("ФИО", 46),
            Column("Должность", 44),
            Column("Аудитория", 12),
        ),
        rows=tuple(
            (part.title, member.role_name, str(member.name), member.work, member.room)
            for part in view.parts
            for member in part.members
        ),
        landscape=True,
    )


def blank(known: int, rows: int, columns: int) -> tuple[tuple[Cell, ...], ...]:
    """Numbered empty rows after `known` ones."""
    return tuple((known + number, *[""] * (columns - 1)) for number in range(1, rows + 1))
