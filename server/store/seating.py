"""Seats of a day: of those planned, and of the commission by role. Who has a seat keeps it, and so the link."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from media.layout import SeatKind
from server.errors import NotFound
from server.exam.interview import BEFORE_CONFERENCE
from server.exam.people import SEAT_OF_ROLE, CommissionRole, Name
from server.exam.seats import DAY_WIDE

from . import days, links, staff, tables
from .records import Day, SeatRow
from .staff import MemberRow


async def seat_official(
    session: AsyncSession, day_id: int, member_id: int, room_id: int, at: datetime
) -> SeatRow:
    """A place of an observer, in one room, for a visiting official: hears and sees, and is heard by nobody."""
    member = next((one for one in await staff.members(session, day_id) if one.id == member_id), None)
    if member is None or member.role is not CommissionRole.OFFICIAL:
        raise NotFound(detail="official of the day")
    if room_id not in {room.id for room in (await days.load_day(session, day_id)).rooms}:
        raise NotFound(detail="room of the day")
    if member.seat_id is not None:
        await put_seat(session, member.seat_id, room_id)
        return (await days.load_day(session, day_id)).seat(member.seat_id)
    seat = await new_seat(
        session, day_id, room_id, SeatKind.OBSERVER, member.person.person.name, at, person_id=member.person.id
    )
    table = tables.Member
    await session.execute(update(table).where(table.id == member_id).values(seat_id=seat.id))
    return seat


async def staff_seats(session: AsyncSession, day_id: int, at: datetime) -> int:
    """A seat for each of the commission who has one by role; who is away loses it, who is moved takes it along."""
    day = await days.load_day(session, day_id)
    members = await staff.members(session, day_id)
    changed = 0
    for member in members:
        kind = SEAT_OF_ROLE.get(member.role)
        if kind is not None:
            changed += await _member_seat(session, day, member, kind, at)
    changed += await _standing_organizers(session, day, members, at)
    await _assistants(session, day_id)
    return changed


async def _member_seat(
    session: AsyncSession, day: Day, member: MemberRow, kind: SeatKind, at: datetime
) -> int:
    room_id = _room_of(day, member, kind)
    if member.away_from is not None or (room_id is None and kind not in DAY_WIDE):
        if member.seat_id is None or day.seat(member.seat_id).revoked_at is not None:
            return 0
        await links.revoke(session, member.seat_id, at)
        return 1
    if member.seat_id is None:
        seat = await new_seat(
            session, day.id, room_id, kind, member.person.person.name, at, person_id=member.person.id
        )
        table = tables.Member
        await session.execute(update(table).where(table.id == member.id).values(seat_id=seat.id))
        return 1
    seat = day.seat(member.seat_id)
    if seat.room_id == room_id and seat.revoked_at is None:
        return 0
    await put_seat(session, seat.id, room_id)
    if seat.revoked_at is not None and not seat.by_link:
        await session.execute(update(tables.Seat).where(tables.Seat.id == seat.id).values(revoked_at=None))
    return 1


def _room_of(day: Day, member: MemberRow, kind: SeatKind) -> int | None:
    """The room of the member, of the participant for an assistant; none for kinds of the whole day."""
    if kind in DAY_WIDE:
        return None
    if kind is not SeatKind.ASSISTANT:
        return member.room_id
    seat = next((one for one in day.seats if one.participant_id == member.participant_id), None)
    row = None if seat is None or member.participant_id is None else day.interview_of(seat.id)
    return None if row is None else row.room_id


async def _standing_organizers(
    session: AsyncSession, day: Day, members: Iterable[MemberRow], at: datetime
) -> int:
    """A seat for whoever is the school's organizer for good, whether in the commission or not (D-23)."""
    table = tables.Account
    query = (
        select(tables.Person)
        .join(table, table.person_id == tables.Person.id)
        .where(
            table.standing == "organizer",
            table.disabled_at.is_(None),
            tables.Person.school_id == day.school.id,
        )
    )
    seated = {one.person.id for one in members if one.role is CommissionRole.ORGANIZER}
    seated |= {one.person_id for one in day.seats if one.kind is SeatKind.ORGANIZER and one.person_id}
    new = [person for person in await session.scalars(query) if person.id not in seated]
    for person in new:
        name = Name(person.last_name, person.first_name, person.patronymic)
        await new_seat(session, day.id, None, SeatKind.ORGANIZER, name, at, person_id=person.id)
    return len(new)


async def _assistants(session: AsyncSession, day_id: int) -> None:
    """Each interview knows its assistant's seat; one that has begun keeps whom it has."""
    day = await days.load_day(session, day_id)
    helping: dict[int, SeatRow] = {}
    for member in await staff.members(session, day_id):
        if member.role is CommissionRole.ASSISTANT and member.seat_id is not None and member.participant_id:
            seat = day.seat(member.seat_id)
            if seat.revoked_at is None:
                helping.setdefault(member.participant_id, seat)
    table = tables.Interview
    for row in day.interviews:
        participant = day.seat(row.seat_id).participant_id
        if participant is None or row.interview.state not in BEFORE_CONFERENCE:
            continue
        helper = helping.get(participant)
        wanted = None if helper is None else helper.id
        if row.assistant_seat_id != wanted:
            await session.execute(update(table).where(table.id == row.id).values(assistant_seat_id=wanted))
    await session.flush()


async def put_seat(session: AsyncSession, seat_id: str, room_id: int | None) -> None:
    table = tables.Seat
    await session.execute(update(table).where(table.id == seat_id).values(room_id=room_id))


async def new_seat(
    session: AsyncSession,
    day_id: int,
    room_id: int | None,
    kind: SeatKind,
    name: Name,
    at: datetime,
    *,
    participant_id: int | None = None,
    person_id: int | None = None,
) -> SeatRow:
    """Participants come by their link, staff by signing in."""
    return await links.add_seat(
        session,
        day_id=day_id,
        room_id=room_id,
        kind=kind,
        last_name=name.last,
        first_name=name.first,
        patronymic=name.patronymic,
        at=at,
        participant_id=participant_id,
        person_id=person_id,
        by_link=participant_id is not None,
    )
