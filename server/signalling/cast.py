"""Who is in a conference, as the rules see it: pure functions of the day and of who was let in for a moment."""

import re
from dataclasses import dataclass

from media.control import RecordingTarget
from media.layout import SeatKind
from scheduling import queue
from server.exam.audibility import CHECKED, ConferenceState
from server.exam.interview import IN_CONFERENCE, OVER, InterviewState
from server.exam.seats import HIDDEN
from server.store.records import Day, InterviewRow, SeatRow


@dataclass(frozen=True, slots=True)
class Guests:
    """Seats of the whole day that are in a room's conference for a while."""

    check: tuple[str, str] | None = None
    """The specialist and the participant who speak privately (D-08)."""
    organizer: str | None = None
    """The organizer who entered (D-23)."""

    def includes(self, seat: str) -> bool:
        """Whether a seat of the whole day is in."""
        return seat == self.organizer or (self.check is not None and seat == self.check[0])


def seats_of(day: Day, room: int, *kinds: SeatKind) -> list[SeatRow]:
    """The room's seats of these kinds whose links are valid."""
    return [
        seat for seat in day.seats if seat.room_id == room and seat.kind in kinds and seat.revoked_at is None
    ]


def current(day: Day, room: int) -> InterviewRow | None:
    """The interview that is in the conference."""
    return next((row for row in day.in_room(room) if row.interview.state in IN_CONFERENCE), None)


def next_waiting(day: Day, room: int) -> InterviewRow | None:
    """The head of the queue (D-10)."""
    head = queue.next_waiting([row.interview for row in day.in_room(room)])
    return None if head is None else day.interview(head.id)


def third(day: Day, room: int, guests: Guests) -> str | None:
    """The organizer who entered, else the assistant of the one in the conference."""
    inside = current(day, room)
    return guests.organizer or (None if inside is None else inside.assistant_seat_id)


def state_of(day: Day, room: int, guests: Guests) -> ConferenceState:
    """The argument of `audibility.patches`. No expert is at an interview that is scored from the record (D-21)."""
    inside = current(day, room)
    live = inside is None or inside.scheme == 1
    examiner = next(iter(seats_of(day, room, SeatKind.EXAMINER)), None)
    return ConferenceState(
        examiner=None if examiner is None else examiner.id,
        interviews=tuple((row.seat_id, row.interview.state) for row in day.in_room(room)),
        experts=frozenset(seat.id for seat in seats_of(day, room, SeatKind.EXPERT) if live),
        observers=frozenset(seat.id for seat in seats_of(day, room, SeatKind.OBSERVER)),
        third=third(day, room, guests),
        check=guests.check,
    )


def seats(day: Day, room: int, guests: Guests) -> dict[str, SeatKind]:
    """Who may have media in the conference. Planned seats are reserved; those who are over have none (D-11)."""
    having = {seat.id: seat.kind for seat in seats_of(day, room, SeatKind.EXAMINER, *HIDDEN)}
    valid = {seat.id for seat in seats_of(day, room, SeatKind.PARTICIPANT, SeatKind.ASSISTANT)}
    for row in day.in_room(room):
        if row.interview.state not in OVER:
            having[row.seat_id] = SeatKind.PARTICIPANT
            if row.assistant_seat_id is not None:
                having[row.assistant_seat_id] = SeatKind.ASSISTANT
    having = {seat: kind for seat, kind in having.items() if kind in _EVER or seat in valid}
    if guests.check is not None:
        having[guests.check[0]] = SeatKind.SPECIALIST
    if guests.organizer is not None:
        having[guests.organizer] = SeatKind.ORGANIZER
    return having


_EVER = HIDDEN | {SeatKind.EXAMINER}


def priority(day: Day, room: int, guests: Guests) -> list[str]:
    """Those in the conference and the next one: their bitrates come first."""
    state = state_of(day, room, guests)
    inside, head = current(day, room), next_waiting(day, room)
    wanted = [
        None if inside is None else inside.seat_id,
        state.examiner,
        None if inside is None else state.third,
        None if head is None else head.seat_id,
    ]
    return [seat for seat in wanted if seat is not None]


def encoders_on(day: Day, row: InterviewRow, guests: Guests) -> bool:
    """Whether a participant's encoders run: in the conference, in a check, or next. Waiting costs nothing."""
    if row.interview.state in IN_CONFERENCE:
        return True
    if checked(row, guests):
        return True
    head = next_waiting(day, row.room_id)
    return head is not None and head.id == row.id


def checked(row: InterviewRow, guests: Guests) -> bool:
    """Whether the specialist speaks with this participant now (D-08)."""
    return guests.check is not None and guests.check[1] == row.seat_id and row.interview.state in CHECKED


def recording(day: Day, row: InterviewRow, part: int) -> RecordingTarget:
    """Where the recording of an interview goes: the name has date, school, room and the interview's number (D-22).

    Not its place in the order: a changed plan gives that to another, and two records would have one name.
    """
    date = day.day.date.isoformat()
    school, room = _plain(day.school.code), _plain(day.room(row.room_id).number)
    stem = f"{date}_{school}_aud-{room}_int-{row.id:04d}"
    return RecordingTarget(interview=str(row.id), directory=date, stem=stem, part=part)


def _plain(text: str) -> str:
    """Fit for a file name on any system."""
    return re.sub(r"[^\w.-]+", "-", text).strip("-.")[:40] or "0"


def takes_part(state: InterviewState) -> bool:
    """Whether the participant (and the assistant) of an interview in this state has media at all."""
    return state not in OVER
