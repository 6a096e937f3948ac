"""What the store gives out: frozen values, detached from any session."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal, TypeVar
from zoneinfo import ZoneInfo

from media.layout import SeatKind
from server.exam.interview import Interview

T = TypeVar("T")
Standing = Literal["organizer", "operator"]


def _only(found: Iterable[T], key: object) -> T:
    for one in found:
        return one
    raise KeyError(key)


@dataclass(frozen=True, slots=True)
class School:
    id: int
    code: str
    name: str
    phone: str
    timezone: str
    profile: str | None = None
    """The id of the region's profile; None until one is chosen."""
    address: str = ""
    chosen_scheme: int | None = None
    municipality: str = ""

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)


@dataclass(frozen=True, slots=True)
class ExamDay:
    id: int
    school_id: int
    date: date
    """The date at the school."""
    opens_at: datetime
    starts_at: datetime
    closes_at: datetime
    conference_opened_at: datetime | None = None
    plan_settings: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Room:
    id: int
    day_id: int
    number: str
    title: str
    closed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class SeatRow:
    """A link's row: one person on one day."""

    id: str
    day_id: int
    room_id: int | None
    kind: SeatKind
    last_name: str
    first_name: str
    patronymic: str
    revoked_at: datetime | None
    created_at: datetime
    participant_id: int | None = None
    person_id: int | None = None
    by_link: bool = True
    """Opened by its link alone; other seats of the staff are opened by signing in."""
    link_number: int = 0

    @property
    def name(self) -> str:
        """Фамилия Имя Отчество, without the patronymic where there is none."""
        return " ".join(part for part in (self.last_name, self.first_name, self.patronymic) if part)


@dataclass(frozen=True, slots=True)
class InterviewRow:
    """An interview with everything that the state machine does not need."""

    interview: Interview
    room_id: int
    class_label: str
    planned_minutes: int | None = None
    scheme: int = 1
    """2: scored from the record; no expert hears the interview (D-21)."""
    assistant_seat_id: str | None = None
    informed_at: datetime | None = None
    informed_agreed: bool | None = None
    device_report: dict[str, Any] | None = None
    verdict: dict[str, Any] | None = None

    @property
    def id(self) -> int:
        return self.interview.id

    @property
    def seat_id(self) -> str:
        return self.interview.seat

    @property
    def ovz(self) -> bool:
        return self.interview.ovz


@dataclass(frozen=True, slots=True)
class Day:
    """One exam day of one school with all of it; rooms by number, interviews by room and order."""

    school: School
    day: ExamDay
    rooms: tuple[Room, ...]
    seats: tuple[SeatRow, ...]
    interviews: tuple[InterviewRow, ...]

    @property
    def id(self) -> int:
        return self.day.id

    def room(self, room_id: int) -> Room:
        """KeyError if the room is not of this day."""
        return _only((room for room in self.rooms if room.id == room_id), room_id)

    def seat(self, seat_id: str) -> SeatRow:
        """KeyError if the seat is not of this day."""
        return _only((seat for seat in self.seats if seat.id == seat_id), seat_id)

    def interview(self, interview_id: int) -> InterviewRow:
        """KeyError if the interview is not of this day."""
        return _only((row for row in self.interviews if row.id == interview_id), interview_id)

    def interview_of(self, seat_id: str) -> InterviewRow | None:
        """The interview of a participant's or an assistant's seat."""
        return next((row for row in self.interviews if seat_id in (row.seat_id, row.assistant_seat_id)), None)

    def in_room(self, room_id: int) -> tuple[InterviewRow, ...]:
        return tuple(row for row in self.interviews if row.room_id == room_id)


@dataclass(frozen=True, slots=True)
class RecordingPart:
    interview_id: int
    part: int
    node: str
    stem: str
    started_at: datetime


@dataclass(frozen=True, slots=True)
class Note:
    """A text or a silent call among the staff of a room; `kind` and `name` are its author's."""

    id: int
    room_id: int
    seat_id: str
    at: datetime
    kind: SeatKind
    name: str
    text: str
    call_to: str | None


@dataclass(frozen=True, slots=True)
class Account:
    """How a person of the staff signs in; rights come from the commissions, but for the standing."""

    id: int
    person_id: int
    login: str
    standing: Standing | None
    name: str
    called: str
    """First name and patronymic, to speak to the person."""
    school_id: int | None
    """The school that keeps the person's card; None for the operator of the server."""
    has_password: bool
    has_totp: bool
    passkeys: int
    codes_left: int
    codes_given: int
    """Codes of the sheet that was given out last, used ones included; 0: none ever."""
    disabled: bool

    @property
    def awaits_first_codes(self) -> bool:
        """It never had a second factor since its invitation or reset. A used-up sheet is not the same."""
        return not (self.has_totp or self.passkeys or self.codes_given)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A browser that is signed in; until both factors are given it is not complete and opens nothing."""

    login_id: int
    account: Account
    complete: bool
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of the journal."""

    id: int
    at: datetime
    day_id: int | None
    room_id: int | None
    interview_id: int | None
    seat_id: str | None
    event: str
    data: dict[str, Any] | None
