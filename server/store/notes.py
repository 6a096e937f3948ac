"""Notes and silent calls among the staff of a room. No participant's page ever receives one."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from media.layout import SeatKind
from server.errors import NotFound, Refused

from . import tables
from .links import seat_row
from .records import Note

TEXT_LIMIT = 1000
"""Characters in a note."""


async def add(
    session: AsyncSession,
    room_id: int,
    seat_id: str,
    *,
    at: datetime,
    text: str = "",
    call_to: SeatKind | None = None,
) -> Note:
    """A note with a text, or a silent call to a kind of seat, or both."""
    text = text.strip()
    if not text and call_to is None:
        raise Refused("note_empty", "Напишите сообщение.")
    if len(text) > TEXT_LIMIT:
        raise Refused("note_too_long", f"Сообщение длиннее {TEXT_LIMIT} знаков. Сократите его.")
    author = await session.get(tables.Seat, seat_id)
    if author is None:
        raise NotFound(detail="seat")
    row = tables.StaffNote(
        room_id=room_id, seat_id=seat_id, at=at, text=text, call_to=None if call_to is None else call_to.value
    )
    session.add(row)
    await session.flush()
    return _note(row, author)


async def last(session: AsyncSession, room_id: int, n: int) -> tuple[Note, ...]:
    """The last notes of a room, at most `n`, the oldest first."""
    query = (
        select(tables.StaffNote, tables.Seat)
        .join(tables.Seat, tables.Seat.id == tables.StaffNote.seat_id)
        .where(tables.StaffNote.room_id == room_id)
        .order_by(tables.StaffNote.id.desc())
        .limit(n)
    )
    rows = (await session.execute(query)).all()
    return tuple(_note(note, author) for note, author in reversed(rows))


def _note(row: tables.StaffNote, author: tables.Seat) -> Note:
    seat = seat_row(author)
    return Note(
        id=row.id,
        room_id=row.room_id,
        seat_id=row.seat_id,
        at=row.at,
        kind=seat.kind,
        name=seat.name,
        text=row.text,
        call_to=row.call_to,
    )
