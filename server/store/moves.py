"""Changes of the plan of interviews: rooms, places in the order, times. Nobody in a conference is moved."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from server.errors import NotFound, Refused
from server.exam.interview import IN_CONFERENCE, OVER, InterviewState

from . import tables
from .interviews import interview_row
from .records import InterviewRow


@dataclass(frozen=True, slots=True)
class Planned:
    """Where and when an interview is to be."""

    room_id: int
    order: int
    planned_at: datetime | None = None
    planned_minutes: int | None = None


async def move(session: AsyncSession, plan: Mapping[int, Planned]) -> tuple[InterviewRow, ...]:
    """Interviews by their ids into their new places, with the seats of participant and assistant.

    Read under a lock, so that an admission meanwhile is seen. Places may be exchanged. `NotFound` for an interview or
    a room of another day; `Refused` where the room is lost, or the participant is in the conference or over (D-10):
    then nothing changes.
    """
    query = (
        select(tables.Interview)
        .where(tables.Interview.id.in_(plan))
        .order_by(tables.Interview.id)
        .with_for_update()
    )
    rows = list(await session.scalars(query, execution_options={"populate_existing": True}))
    if len(rows) != len(plan):
        raise NotFound(detail="interview")
    for row in rows:
        await _require_movable(session, row, plan[row.id])
    for row in rows:
        # No two of a room have one place, not even between two writes.
        row.order = -row.id
    await session.flush()
    for row in rows:
        to = plan[row.id]
        row.room_id, row.order = to.room_id, to.order
        row.planned_at, row.planned_minutes = to.planned_at, to.planned_minutes
        seats = [seat for seat in (row.seat_id, row.assistant_seat_id) if seat is not None]
        await session.execute(update(tables.Seat).where(tables.Seat.id.in_(seats)).values(room_id=to.room_id))
    await session.flush()
    return tuple(interview_row(row) for row in rows)


async def _require_movable(session: AsyncSession, row: tables.Interview, to: Planned) -> None:
    before = await session.get_one(tables.Room, row.room_id)
    room = await session.get(tables.Room, to.room_id)
    if room is None or room.day_id != before.day_id:
        raise NotFound(detail="room of the day")
    if room.id == before.id:
        return
    if room.closed_at is not None:
        raise Refused("room_closed", "Эта аудитория закрыта. Выберите другую.")
    state = InterviewState(row.state)
    if state in IN_CONFERENCE:
        raise Refused(
            "in_conference", "Участник сейчас в аудитории: перенести его можно только до приглашения."
        )
    if state in OVER:
        raise Refused("interview_over", "Участник уже завершил экзамен, удалён или отмечен неявившимся.")
