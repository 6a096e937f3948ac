"""What lies in a room on the day: the sheet ИС-02, the expert's draft ИС-04 and the protocols ИС-03, to fill by hand.

Layouts: Saratov прил. 10; the mark of a removed participant is Tambov's.
"""

from dataclasses import dataclass, field
from datetime import time
from typing import Annotated

import msgspec

from server.exam.people import Name

from .head import BlankRows, Head

ROOM_ROWS = 12
"""Empty rows of a wholly blank form: what fits one page with the signatures, three hours of a room."""


@dataclass(frozen=True, slots=True)
class SheetRow:
    name: Name | None = None
    series: str = ""
    number: str = ""
    class_label: str = ""
    begun: time | None = None
    ended: time | None = None
    unfinished: bool = False
    removed: bool = False


@dataclass(frozen=True, slots=True)
class RoomSheet:
    room: str = ""
    examiner: str = ""
    rows: tuple[SheetRow, ...] = ()
    blank_rows: BlankRows = 0


@dataclass(frozen=True, slots=True)
class RoomSheets:
    """ИС-02, each room on pages of its own."""

    head: Head = field(default_factory=Head)
    rooms: tuple[RoomSheet, ...] = (RoomSheet(blank_rows=ROOM_ROWS),)
    with_removed: bool = False
    """The column «Удалён» (D-23)."""


Points = Annotated[int, msgspec.Meta(ge=0, le=100)]


@dataclass(frozen=True, slots=True)
class Criterion:
    label: str
    """«ИЧ», «Иск.»."""
    maximum: Points


@dataclass(frozen=True, slots=True)
class Group:
    title: str
    """«Задание 1. Чтение текста вслух»."""
    criteria: tuple[Criterion, ...]

    @property
    def maximum(self) -> int:
        return sum(criterion.maximum for criterion in self.criteria)


@dataclass(frozen=True, slots=True)
class Half:
    title: str
    """«задания 1 и 2»."""
    groups: tuple[Group, ...]

    @property
    def maximum(self) -> int:
        return sum(group.maximum for group in self.groups)


@dataclass(frozen=True, slots=True)
class Grid:
    """The criteria of an edition as the forms print them. Without an edition there is no grid: none is invented."""

    edition: str
    halves: tuple[Half, ...]

    @property
    def groups(self) -> tuple[Group, ...]:
        return tuple(group for half in self.halves for group in half.groups)

    @property
    def maximum(self) -> int:
        return sum(half.maximum for half in self.halves)


@dataclass(frozen=True, slots=True)
class ProtocolHead:
    name: Name | None = None
    class_label: str = ""
    room: str = ""
    variant: str = ""
    expert: str = ""


@dataclass(frozen=True, slots=True)
class Protocols:
    """ИС-03, a page for each participant."""

    head: Head = field(default_factory=Head)
    people: tuple[ProtocolHead, ...] = (ProtocolHead(),)
    grid: Grid | None = None
    with_removed: bool = False


@dataclass(frozen=True, slots=True)
class DraftRow:
    name: Name
    kim_number: str = ""
    """Seven digits; not the variant."""


@dataclass(frozen=True, slots=True)
class RoomDraft:
    room: str = ""
    expert: str = ""
    rows: tuple[DraftRow, ...] = ()
    blank_rows: BlankRows = 0


@dataclass(frozen=True, slots=True)
class Drafts:
    """ИС-04, one for a room."""

    head: Head = field(default_factory=Head)
    rooms: tuple[RoomDraft, ...] = (RoomDraft(blank_rows=ROOM_ROWS),)
    grid: Grid | None = None
