"""The append-only journal: the legal record of the exam, apart from the log."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from . import tables
from .records import Entry


async def append(
    session: AsyncSession,
    event: str,
    *,
    at: datetime,
    day: int | None,
    room: int | None = None,
    interview: int | None = None,
    seat: str | None = None,
    data: Mapping[str, Any] | None = None,
) -> None:
    """One row. `event` is a dotted name like `interview.admit`; `data` is plain JSON without persons' names.

    `day` is None only for what belongs to no exam day, as the start of a server.
    """
    session.add(
        tables.Journal(
            at=at,
            day_id=day,
            room_id=room,
            interview_id=interview,
            seat_id=seat,
            event=event,
            data=None if data is None else dict(data),
        )
    )
    await session.flush()


async def of_day(session: AsyncSession, day: int, *, event: str | None = None) -> tuple[Entry, ...]:
    """The journal of a day in the order of writing, of one kind of event if given."""
    query = select(tables.Journal).where(tables.Journal.day_id == day).order_by(tables.Journal.id)
    return await _entries(session, query if event is None else query.where(tables.Journal.event == event))


async def of_interview(session: AsyncSession, interview: int) -> tuple[Entry, ...]:
    """The journal of an interview in the order of writing."""
    query = select(tables.Journal).where(tables.Journal.interview_id == interview).order_by(tables.Journal.id)
    return await _entries(session, query)


async def _entries(session: AsyncSession, query: Select[tables.Journal]) -> tuple[Entry, ...]:
    return tuple(
        Entry(
            id=row.id,
            at=row.at,
            day_id=row.day_id,
            room_id=row.room_id,
            interview_id=row.interview_id,
            seat_id=row.seat_id,
            event=row.event,
            data=row.data,
        )
        for row in await session.scalars(query)
    )
