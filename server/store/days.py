"""Exam days: schools, days, rooms, and a whole day read at once."""

from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from server.errors import NotFound, Refused

from . import tables
from .interviews import interview_row
from .links import seat_row
from .records import Day, ExamDay, Room, School


async def load_day(session: AsyncSession, day_id: int) -> Day:
    """All that belongs to the day; `NotFound` if there is none."""
    day = await session.get(tables.ExamDay, day_id)
    if day is None:
        raise NotFound(detail="exam day")
    school = await school_of(session, day.school_id)
    rooms = await session.scalars(
        select(tables.Room).where(tables.Room.day_id == day_id).order_by(tables.Room.number)
    )
    seats = await session.scalars(
        select(tables.Seat)
        .where(tables.Seat.day_id == day_id)
        .order_by(tables.Seat.last_name, tables.Seat.first_name, tables.Seat.patronymic, tables.Seat.id)
    )
    interviews = await session.scalars(
        select(tables.Interview)
        .join(tables.Room, tables.Room.id == tables.Interview.room_id)
        .where(tables.Room.day_id == day_id)
        .order_by(tables.Room.number, tables.Interview.order)
    )
    return Day(
        school=school,
        day=_day(day),
        rooms=tuple(_room(row) for row in rooms),
        seats=tuple(seat_row(row) for row in seats),
        interviews=tuple(interview_row(row) for row in interviews),
    )


async def load_header(session: AsyncSession, day_id: int) -> tuple[School, ExamDay]:
    """The school and the day without its people: what opening a link needs."""
    day = await session.get(tables.ExamDay, day_id)
    if day is None:
        raise NotFound(detail="exam day")
    return await school_of(session, day.school_id), _day(day)


async def school_of(session: AsyncSession, school_id: int) -> School:
    """`NotFound` if there is none."""
    row = await session.get(tables.School, school_id)
    if row is None:
        raise NotFound(detail="school")
    over = (
        None if row.municipality_id is None else await session.get(tables.Municipality, row.municipality_id)
    )
    return school_row(row, over)


async def of_school(session: AsyncSession, school_id: int) -> tuple[ExamDay, ...]:
    """The days of a school, the earliest first."""
    table = tables.ExamDay
    rows = await session.scalars(select(table).where(table.school_id == school_id).order_by(table.date))
    return tuple(_day(row) for row in rows)


async def today(session: AsyncSession, now: datetime) -> tuple[int, ...]:
    """The ids of the days that are today, each by its own school's calendar, or open now."""
    rows = await session.execute(
        select(tables.ExamDay, tables.School)
        .join(tables.School, tables.School.id == tables.ExamDay.school_id)
        .order_by(tables.ExamDay.id)
    )
    return tuple(
        day.id
        for day, school in rows
        if now.astimezone(school_row(school).zone).date() == day.date or day.opens_at <= now < day.closes_at
    )


async def is_empty(session: AsyncSession) -> bool:
    """Whether there is no school yet, and so nothing at all."""
    return await session.scalar(select(tables.School.id).limit(1)) is None


async def add_school(session: AsyncSession, *, code: str, name: str, phone: str, timezone: str) -> School:
    row = tables.School(code=code, name=name, phone=phone, timezone=timezone)
    session.add(row)
    await session.flush()
    return school_row(row)


async def add_day(
    session: AsyncSession,
    *,
    school_id: int,
    date: date,
    opens_at: datetime,
    starts_at: datetime,
    closes_at: datetime,
) -> ExamDay:
    """An exam day; the times are aware, the date is the school's."""
    row = tables.ExamDay(
        school_id=school_id, date=date, opens_at=opens_at, starts_at=starts_at, closes_at=closes_at
    )
    session.add(row)
    await session.flush()
    return _day(row)


async def move_day(
    session: AsyncSession,
    day_id: int,
    *,
    date: date,
    opens_at: datetime,
    starts_at: datetime,
    closes_at: datetime,
) -> None:
    """Another date or other times for a day without a plan; its draft is of the old times and goes. Raises Refused."""
    planned = select(tables.Interview.id).join(tables.Room, tables.Room.id == tables.Interview.room_id)
    if await session.scalar(planned.where(tables.Room.day_id == day_id).limit(1)):
        raise Refused("day_planned", "План этого дня уже утверждён: дату и время не изменить.")
    row = await session.get_one(tables.ExamDay, day_id)
    row.date, row.opens_at, row.starts_at, row.closes_at = date, opens_at, starts_at, closes_at
    row.plan_settings = None
    await session.flush()


async def add_room(session: AsyncSession, *, day_id: int, number: str, title: str) -> Room:
    row = tables.Room(day_id=day_id, number=number, title=title)
    session.add(row)
    await session.flush()
    return _room(row)


def school_row(row: tables.School, municipality: tables.Municipality | None = None) -> School:
    return School(
        id=row.id,
        code=row.code,
        name=row.name,
        phone=row.phone,
        timezone=row.timezone,
        profile=row.profile,
        address=row.address or "",
        chosen_scheme=row.chosen_scheme,
        municipality="" if municipality is None else municipality.name,
    )


def _day(row: tables.ExamDay) -> ExamDay:
    return ExamDay(
        id=row.id,
        school_id=row.school_id,
        date=row.date,
        opens_at=row.opens_at,
        starts_at=row.starts_at,
        closes_at=row.closes_at,
        conference_opened_at=row.conference_opened_at,
        plan_settings=row.plan_settings,
    )


def _room(row: tables.Room) -> Room:
    return Room(id=row.id, day_id=row.day_id, number=row.number, title=row.title, closed_at=row.closed_at)
