"""What is written down about a day besides its people: how it is planned, when the conference was opened (D-05),
which deadlines are met, and which days are working ones at the school."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from scheduling.calendar import WorkingDays
from server.errors import NotFound

from . import tables


@dataclass(frozen=True, slots=True)
class Mark:
    """A deadline that somebody says is met."""

    kind: str
    """A `Kind` of deadline, or an `Event` that deadlines wait for."""
    happened_on: date
    marked_at: datetime


async def set_plan(session: AsyncSession, day_id: int, settings: Mapping[str, Any] | None) -> None:
    """The settings of the plan and its draft, as plain JSON."""
    (await _day(session, day_id)).plan_settings = None if settings is None else dict(settings)
    await session.flush()


async def plan_of(session: AsyncSession, day_id: int) -> dict[str, Any]:
    """The same, read under a lock; empty where nothing was kept yet."""
    return dict((await _day(session, day_id)).plan_settings or {})


async def set_opened(session: AsyncSession, day_id: int, at: datetime | None) -> bool:
    """When the conference was opened; the first time stays. Whether it was written now."""
    row = await _day(session, day_id)
    if at is not None and row.conference_opened_at is not None:
        return False
    row.conference_opened_at = at
    await session.flush()
    return True


async def set_times(
    session: AsyncSession, day_id: int, *, opens_at: datetime, starts_at: datetime, closes_at: datetime
) -> None:
    """When the links open, the day begins and ends; the date and the plan stay."""
    row = await _day(session, day_id)
    row.opens_at, row.starts_at, row.closes_at = opens_at, starts_at, closes_at
    await session.flush()


async def marks(session: AsyncSession, day_id: int) -> dict[str, Mark]:
    """The deadlines of the day that are met, and the events that have taken place."""
    rows = await session.scalars(select(tables.DeadlineMark).where(tables.DeadlineMark.day_id == day_id))
    return {row.kind: Mark(row.kind, row.happened_on, row.marked_at) for row in rows}


async def mark(
    session: AsyncSession, day_id: int, kind: str, happened_on: date | None, *, at: datetime, by: int | None
) -> None:
    """A deadline is met on that day; None takes it back. `by` is a person's id."""
    table = tables.DeadlineMark
    await session.execute(delete(table).where(table.day_id == day_id, table.kind == kind))
    if happened_on is not None:
        session.add(table(day_id=day_id, kind=kind, happened_on=happened_on, marked_at=at, marked_by=by))
    await session.flush()


async def working_days(session: AsyncSession, school_id: int) -> WorkingDays:
    """The calendar with the corrections of all schools; the school's own are stronger."""
    table = tables.CalendarCorrection
    query = select(table).where(or_(table.school_id.is_(None), table.school_id == school_id))
    found: dict[date, bool] = {}
    for row in sorted(await session.scalars(query), key=lambda row: row.school_id is not None):
        found[row.date] = row.working
    return WorkingDays.corrected(
        (day for day, working in found.items() if working),
        (day for day, working in found.items() if not working),
    )


async def _day(session: AsyncSession, day_id: int) -> tables.ExamDay:
    row = await session.scalar(
        select(tables.ExamDay).where(tables.ExamDay.id == day_id).with_for_update(),
        execution_options={"populate_existing": True},
    )
    if row is None:
        raise NotFound(detail="exam day")
    return row
