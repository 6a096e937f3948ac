"""The day as its board shows it: rooms with who is in, who comes next and how late it is; who has not come."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from scheduling import queue
from scheduling.wording import for_minutes
from scheduling.wording import minutes as in_minutes
from server.exam.interview import BEFORE_CONFERENCE, IN_CONFERENCE, InterviewState
from server.exam.people import IN_ROOM, ROLE_NAMES, CommissionRole
from server.store.plan_inputs import Book
from server.store.records import InterviewRow, Room
from server.store.sittings import SittingRow

from .words import clock

STATE_WORDS: dict[InterviewState, tuple[str, str]] = {
    InterviewState.INVITED: ("ещё не на связи", "plain"),
    InterviewState.TESTING: ("проверяет устройства", "plain"),
    InterviewState.WAITING: ("ждёт вызова", "next"),
    InterviewState.ADMITTED: ("у собеседника", "live"),
    InterviewState.EXAM: ("отвечает", "live"),
    InterviewState.FINISHED: ("завершено", "good"),
    InterviewState.NO_SHOW: ("Н", "bad"),
    InterviewState.REMOVED: ("удаление", "bad"),
}
NEXT_SHOWN = 3
LATE_FROM = 2
"""Minutes after the planned time from which a participant or a room is told to be late."""
Presence = Callable[[str], bool]
"""Whether the page of a seat is there now."""


@dataclass(frozen=True, slots=True)
class Report:
    """Plan, fact and absent (C-05)."""

    planned: int
    present: int
    absent: int

    @property
    def awaited(self) -> int:
        return self.planned - self.present - self.absent


def is_absent(book: Book, sitting: SittingRow) -> bool:
    """«Н», by the organizer or by the examiner."""
    row = book.interview(sitting)
    return sitting.absence is not None or (row is not None and row.interview.state is InterviewState.NO_SHOW)


def is_here(book: Book, sitting: SittingRow) -> bool:
    """Whether the participant has come: has connected at least."""
    row = book.interview(sitting)
    return (
        row is not None and not is_absent(book, sitting) and row.interview.state is not InterviewState.INVITED
    )


def report(book: Book, class_label: str | None = None) -> Report:
    listed = [one for one in book.sittings if class_label in (None, one.person.participant.class_label)]
    return Report(
        len(listed),
        len([one for one in listed if is_here(book, one)]),
        len([one for one in listed if is_absent(book, one)]),
    )


def delay(rows: list[InterviewRow], now: datetime) -> int:
    """Minutes a room is behind its plan: by who is in, or by who should be in already. Never less than 0."""
    inside = next((row for row in rows if row.interview.state in IN_CONFERENCE), None)
    late = timedelta()
    if inside is not None and inside.interview.planned_at is not None:
        one = inside.interview
        began = one.begun_at or now
        late = began - inside.interview.planned_at
        over = now - began - timedelta(minutes=inside.planned_minutes or 0)
        if one.begun_at is not None and inside.planned_minutes and over > timedelta():
            late += over
    else:
        waiting = [
            row.interview.planned_at
            for row in rows
            if row.interview.state in BEFORE_CONFERENCE and row.interview.planned_at is not None
        ]
        if waiting:
            late = now - min(waiting)
    return max(0, int(late.total_seconds() // 60))


def room_view(book: Book, room: Room, now: datetime, present: Presence) -> dict[str, Any]:
    rows = list(book.day.in_room(room.id))
    inside = next((row for row in rows if row.interview.state in IN_CONFERENCE), None)
    ahead = [row for row in rows if row.interview.state in BEFORE_CONFERENCE]
    order = queue.in_order([row.interview for row in ahead])
    by_id = {row.id: row for row in ahead}
    counted = [row for row in rows if row.interview.state is not InterviewState.NO_SHOW]
    done = [
        row for row in counted if row.interview.state in (InterviewState.FINISHED, InterviewState.REMOVED)
    ]
    late = delay(rows, now)
    return {
        "number": room.number,
        "title": room.title,
        "closed": room.closed_at is not None,
        "inside": None if inside is None else _inside(book, inside, now),
        "next": [_next(book, by_id[one.id], now, present) for one in order[:NEXT_SHOWN]],
        "done": len(done),
        "total": len(counted),
        "late": late if late >= LATE_FROM else 0,
        "late_words": in_minutes(late),
        "tone": "late" if late >= LATE_FROM else "live" if inside is not None else "",
        "staff": [
            {
                "name": one.person.person.name.short,
                "role": ROLE_NAMES[one.role],
                "there": _there(one.seat_id, present),
            }
            for one in book.members
            if one.role in IN_ROOM and one.room_id == room.id and one.away_from is None
        ],
    }


def _there(seat_id: str | None, present: Presence) -> bool:
    return seat_id is not None and present(seat_id)


def _inside(book: Book, row: InterviewRow, now: datetime) -> dict[str, Any]:
    one = row.interview
    since = one.begun_at or one.admitted_at or now
    minutes = max(0, int((now - since).total_seconds() // 60))
    return {
        "name": book.day.seat(row.seat_id).name,
        "class": row.class_label,
        "exam": one.begun_at is not None,
        "since": clock(since.astimezone(book.day.school.zone)),
        "minutes": in_minutes(minutes),
    }


def _next(book: Book, row: InterviewRow, now: datetime, present: Presence) -> dict[str, Any]:
    words, tone = STATE_WORDS[row.interview.state]
    return {
        "name": book.day.seat(row.seat_id).name,
        "at": clock(_local(book, row.interview.planned_at)),
        "words": words,
        "tone": tone,
        "late": lateness(row, now, present),
        "more_time": row.ovz,
    }


def lateness(row: InterviewRow | None, now: datetime, present: Presence) -> int:
    """Minutes since the planned time of one whose page is not there; 0 for whoever is, or is over.

    It is only told: «Н» is set by a person (D-25).
    """
    if row is None or row.interview.planned_at is None or row.interview.state not in BEFORE_CONFERENCE:
        return 0
    if present(row.seat_id):
        return 0
    minutes = int((now - row.interview.planned_at).total_seconds() // 60)
    return minutes if minutes >= LATE_FROM else 0


def person_view(book: Book, sitting: SittingRow, now: datetime, present: Presence) -> dict[str, Any]:
    """A row of ИС-01, with what is known of the participant now."""
    row = book.interview(sitting)
    one = sitting.person.participant
    words, tone = ("нет в плане", "warn") if row is None else STATE_WORDS[row.interview.state]
    absent = is_absent(book, sitting)
    late = lateness(row, now, present)
    return {
        "id": sitting.id,
        "name": str(one.name),
        "class": one.class_label,
        "room": "" if row is None else book.day.room(row.room_id).number,
        "at": "" if row is None else clock(_local(book, row.interview.planned_at)),
        "words": "Н" if absent else words,
        "tone": "bad" if absent else tone,
        "absent": absent,
        "reason": "" if sitting.absence is None else sitting.absence.reason,
        "valid": None if sitting.absence is None else sitting.absence.valid,
        "late": 0 if absent else late,
        "late_words": for_minutes(late),
        "can_be_absent": not absent and (row is None or row.interview.state in BEFORE_CONFERENCE),
        "phone": next((person.phone for person in one.representatives if person.phone), ""),
    }


def staff_view(book: Book, present: Presence) -> list[dict[str, Any]]:
    """Who of the commission is there: on the line, or marked by the organizer."""
    numbers = {room.id: room.number for room in book.day.rooms}
    return [
        {
            "id": one.id,
            "name": str(one.person.person.name),
            "role": ROLE_NAMES[one.role],
            "room": numbers.get(one.room_id or 0, ""),
            "live": _there(one.seat_id, present),
            "arrived": clock(_local(book, one.arrived_at)),
            "away": one.away_from is not None,
        }
        for one in book.members
        if one.role is not CommissionRole.CHECKING_CHAIR
    ]


def _local(book: Book, at: datetime | None) -> datetime | None:
    return None if at is None else at.astimezone(book.day.school.zone)
