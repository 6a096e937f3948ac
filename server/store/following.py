"""What is corrected at the school is followed by the days ahead: names at seats; class, more time and scheme of
interviews not begun; the hours of the days where the school's clocks were wrong.

Links stay as they are. What has begun keeps what stood in it.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from server.errors import Refused
from server.exam.interview import BEFORE_CONFERENCE, InterviewState
from server.exam.people import Name

from . import participants, tables
from .participants import ParticipantRow

_PART = 500
"""Values in one question to the database."""


async def participants_changed(
    session: AsyncSession,
    ids: Iterable[int],
    now: datetime,
    *,
    scheme: Callable[[ParticipantRow], int],
) -> frozenset[int]:
    """Brings the seats and interviews of these participants up to their cards; the days that changed.

    `scheme` says how a participant is scored now (D-21).
    """
    wanted = sorted(set(ids))
    days: set[int] = set()
    for start in range(0, len(wanted), _PART):
        part = wanted[start : start + _PART]
        seats = _ahead(now).where(tables.Seat.participant_id.in_(part))
        found = list(await session.scalars(seats))
        if not found:
            continue
        rows = {row.id: row for row in await participants.by_ids(session, part)}
        query = select(tables.Interview).where(tables.Interview.seat_id.in_([seat.id for seat in found]))
        interviews = {row.seat_id: row for row in await session.scalars(query.with_for_update())}
        for seat in found:
            person = rows[seat.participant_id or 0]
            card = person.participant
            changed = _rename(seat, card.name)
            row = interviews.get(seat.id)
            if row is not None and InterviewState(row.state) in BEFORE_CONFERENCE:
                wanted_now = (card.class_label, card.more_time, scheme(person))
                changed |= (row.class_label, row.ovz, row.scheme) != wanted_now
                row.class_label, row.ovz, row.scheme = wanted_now
            if changed:
                days.add(seat.day_id)
    await session.flush()
    return frozenset(days)


async def person_changed(session: AsyncSession, person_id: int, now: datetime) -> frozenset[int]:
    """The same for the seats of somebody of the staff."""
    card = await session.get_one(tables.Person, person_id)
    name = Name(card.last_name, card.first_name, card.patronymic)
    seats = list(await session.scalars(_ahead(now).where(tables.Seat.person_id == person_id)))
    days = frozenset(seat.day_id for seat in seats if _rename(seat, name))
    await session.flush()
    return days


async def zone_changed(
    session: AsyncSession, school_id: int, before: ZoneInfo, after: ZoneInfo, now: datetime
) -> frozenset[int]:
    """The school's clocks were wrong: days ahead keep the hours on them, 09:00 stays 09:00; the days that changed.

    Drafts of plans, which are made of moments, are given up. `Refused` while a day is on.
    """

    def moved(at: datetime) -> datetime:
        return at.astimezone(before).replace(tzinfo=after)

    day, interview = tables.ExamDay, tables.Interview
    query = select(day).where(day.school_id == school_id, day.closes_at > now).with_for_update()
    rows = list(await session.scalars(query))
    today = now.astimezone(before).date()
    if any(row.date <= today for row in rows):
        raise Refused(
            "zone_today", "Сегодня в школе день собеседования: часовой пояс можно сменить после него."
        )
    for row in rows:
        row.opens_at, row.starts_at, row.closes_at = map(moved, (row.opens_at, row.starts_at, row.closes_at))
        row.plan_settings = None
        rooms = select(tables.Room.id).where(tables.Room.day_id == row.id)
        planned = select(interview).where(interview.room_id.in_(rooms), interview.planned_at.is_not(None))
        for one in await session.scalars(planned.with_for_update()):
            one.planned_at = None if one.planned_at is None else moved(one.planned_at)
    await session.flush()
    return frozenset(row.id for row in rows)


def _ahead(now: datetime) -> Select[tables.Seat]:
    """Seats of days that are not over."""
    day = tables.ExamDay
    return select(tables.Seat).join(day, day.id == tables.Seat.day_id).where(day.closes_at > now)


def _rename(seat: tables.Seat, name: Name) -> bool:
    """Whether the seat had another name."""
    before = (seat.last_name, seat.first_name, seat.patronymic)
    seat.last_name, seat.first_name, seat.patronymic = name.last, name.first, name.patronymic
    return before != (name.last, name.first, name.patronymic)
