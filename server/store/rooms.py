"""Rooms of a day: added, renamed, closed when they are lost, opened again."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from server.errors import NotFound, Refused

from . import days, tables
from .records import Room


async def add(session: AsyncSession, day_id: int, *, number: str, title: str) -> Room:
    """A new room. `Refused` if the day has one with that number."""
    await _require_free(session, day_id, number, None)
    return await days.add_room(session, day_id=day_id, number=number, title=title)


async def rename(session: AsyncSession, day_id: int, room_id: int, *, number: str, title: str) -> None:
    """`Refused` if another room of the day has that number."""
    row = await _row(session, day_id, room_id)
    await _require_free(session, day_id, number, room_id)
    row.number, row.title = number, title
    await session.flush()


async def set_closed(session: AsyncSession, day_id: int, room_id: int, at: datetime | None) -> None:
    """The room is lost from that moment, or can be used again with None. Whoever is in it stays in it."""
    (await _row(session, day_id, room_id)).closed_at = at
    await session.flush()


async def _require_free(session: AsyncSession, day_id: int, number: str, own: int | None) -> None:
    table = tables.Room
    found = await session.scalar(select(table.id).where(table.day_id == day_id, table.number == number))
    if found is not None and found != own:
        raise Refused("room_taken", f"Аудитория {number} уже есть в этом дне.")


async def _row(session: AsyncSession, day_id: int, room_id: int) -> tables.Room:
    row = await session.get(tables.Room, room_id)
    if row is None or row.day_id != day_id:
        raise NotFound(detail="room of the day")
    return row
