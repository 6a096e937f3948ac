"""What each kind of seat may know, as values. A view is a pure function of these and of nothing else.

There is no roster that is filtered: a participant's facts have no field in which an expert could be (D-06), nor one
that tells of those who wait (D-10).
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from media.layout import SeatKind
from server.exam.interview import InterviewState
from server.store.records import ExamDay, Note, Room


@dataclass(frozen=True, slots=True)
class ParticipantFacts:
    """All that a participant's page may know."""

    state: InterviewState | None
    """None while the plan has no place for the participant."""
    opens_at: datetime
    starts_at: datetime
    school: str
    phone: str
    informed: bool | None = None
    encoders: bool = False
    next: bool = False
    minutes: int | None = None
    check: bool = False
    begun_at: datetime | None = None
    third: bool = False
    screen: bool | None = None
    """Whether the examiner shares the screen; None where that is not known."""
    help: bool = False
    alarms: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class AssistantFacts:
    """All that an assistant's page may know: about the assistant's own participant only."""

    room: Room
    school: str
    phone: str
    opens_at: datetime
    encoders: bool = False
    current: bool = False
    begun_at: datetime | None = None
    over: bool = False


@dataclass(frozen=True, slots=True)
class VerdictFacts:
    """The specialist's verdict on a connection (D-08)."""

    verdict: str
    note: str
    by: str
    at: str


@dataclass(frozen=True, slots=True)
class OtherDevice:
    """The link was opened on a device that nobody has acknowledged."""

    at: datetime
    browser: str
    system: str
    same_network: bool
    beside: bool
    """While another page held the seat."""


@dataclass(frozen=True, slots=True)
class PersonFacts:
    """A participant as the staff of the room knows him."""

    interview: int
    seat: str
    name: str
    class_label: str
    ovz: bool
    state: InterviewState
    planned_at: datetime | None = None
    present: bool = False
    next: bool = False
    device: dict[str, Any] | None = None
    verdict: VerdictFacts | None = None
    alarms: list[str] = field(default_factory=list)
    help: bool = False
    waiting_since: datetime | None = None
    admitted_at: datetime | None = None
    begun_at: datetime | None = None
    reversible: bool = False
    other_device: OtherDevice | None = None
    """For specialist and organizer only."""


@dataclass(frozen=True, slots=True)
class SeatFacts:
    """Somebody of the staff, or a third person in the conference."""

    seat: str
    kind: SeatKind
    name: str
    present: bool


@dataclass(frozen=True, slots=True)
class RecordingFacts:
    on: bool = False
    alarms: list[tuple[str, str, str]] = field(default_factory=list)
    """(track, alarm, detail)."""


@dataclass(frozen=True, slots=True)
class RoomFacts:
    """A room as its staff knows it."""

    room: Room
    day: ExamDay
    people: list[PersonFacts]
    current: PersonFacts | None
    third: SeatFacts | None
    staff: list[SeatFacts]
    notes: tuple[Note, ...]
    recording: RecordingFacts


@dataclass(frozen=True, slots=True)
class ListenerFacts:
    """The conference as an expert or an observer knows it; no staff and no notes for the observer."""

    room: Room
    day: ExamDay
    current: PersonFacts | None
    recording: bool
    staff: list[SeatFacts] | None = None
    notes: tuple[Note, ...] | None = None


@dataclass(frozen=True, slots=True)
class HouseFacts:
    """All rooms of the day, for specialist and organizer."""

    day: ExamDay
    rooms: list[RoomFacts]
    check: tuple[int, int] | None = None
    """(interview, room) of the specialist's private check."""
    entered: int | None = None
    """The room whose conference the organizer is in."""
