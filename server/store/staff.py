"""Those who work at exams: their cards, and the commission of a day (C-03)."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from server.errors import NotFound, Refused
from server.exam.people import IN_ROOM, CommissionRole, Name, Qualification, StaffPerson

from . import tables

CommissionKind = Literal["conducting", "checking"]


@dataclass(frozen=True, slots=True)
class PersonRow:
    id: int
    school_id: int | None
    person: StaffPerson
    archived_at: datetime | None
    kin: frozenset[int] = frozenset()
    """Participants whose parent this person is."""
    login: str | None = None
    """The account's name, if the person can sign in."""


@dataclass(frozen=True, slots=True)
class MemberRow:
    """A member of the day's commission."""

    id: int
    day_id: int
    person: PersonRow
    role: CommissionRole
    room_id: int | None
    participant_id: int | None
    seat_id: str | None
    away_from: datetime | None
    arrived_at: datetime | None


@dataclass(frozen=True, slots=True)
class Order:
    """The order that approved a commission."""

    kind: CommissionKind
    number: str
    approved_on: date


async def persons(session: AsyncSession, school_id: int, *, archived: bool = False) -> tuple[PersonRow, ...]:
    """The cards of a school by name; those put aside only if asked for."""
    table = tables.Person
    query = select(table).where(table.school_id == school_id)
    if not archived:
        query = query.where(table.archived_at.is_(None))
    return await _people(session, list(await session.scalars(query)))


async def load_person(session: AsyncSession, school_id: int, person_id: int) -> PersonRow:
    """`NotFound` if the school has no such card."""
    return (await _people(session, [await _person_row(session, school_id, person_id)]))[0]


async def add_person(session: AsyncSession, school_id: int | None, person: StaffPerson) -> PersonRow:
    row = tables.Person(school_id=school_id)
    _write(row, person)
    session.add(row)
    await session.flush()
    return (await _people(session, [row]))[0]


async def change_person(
    session: AsyncSession, school_id: int, person_id: int, person: StaffPerson
) -> PersonRow:
    """The card replaced as a whole."""
    row = await _person_row(session, school_id, person_id)
    _write(row, person)
    await session.flush()
    return (await _people(session, [row]))[0]


async def archive_person(
    session: AsyncSession, school_id: int, person_id: int, *, at: datetime | None
) -> None:
    """Put aside, or taken back with None."""
    row = await _person_row(session, school_id, person_id)
    row.archived_at = at
    await session.flush()


async def members(session: AsyncSession, day_id: int) -> tuple[MemberRow, ...]:
    """The commission of a day, by role and name."""
    rows = list(await session.scalars(select(tables.Member).where(tables.Member.day_id == day_id)))
    ids = {row.person_id for row in rows}
    cards = await session.scalars(select(tables.Person).where(tables.Person.id.in_(sorted(ids))))
    people = {card.id: card for card in await _people(session, list(cards))}
    order = list(CommissionRole)
    found = [_member(row, people[row.person_id]) for row in rows]
    return tuple(sorted(found, key=lambda one: (order.index(one.role), one.person.person.name, one.id)))


async def roles_of(session: AsyncSession, day_id: int, person_id: int) -> frozenset[CommissionRole]:
    """What a person is on a day. Who left is nothing any more."""
    table = tables.Member
    query = select(table.role).where(
        table.day_id == day_id, table.person_id == person_id, table.away_from.is_(None)
    )
    return frozenset(CommissionRole(role) for role in await session.scalars(query))


async def days_of(session: AsyncSession, person_id: int) -> tuple[int, ...]:
    """The days on which a person is in the commission."""
    query = select(tables.Member.day_id).where(tables.Member.person_id == person_id).distinct()
    return tuple(sorted(await session.scalars(query)))


async def appoint(
    session: AsyncSession,
    *,
    day_id: int,
    person_id: int,
    role: CommissionRole,
    room_id: int | None = None,
    participant_id: int | None = None,
) -> MemberRow:
    """A person takes a role. `Refused` if he has it already; `NotFound` for what is another school's."""
    day = await session.get_one(tables.ExamDay, day_id)
    person = await _person_row(session, day.school_id, person_id)
    await _require_room(session, day_id, room_id)
    await _require_participant(session, day.school_id, participant_id)
    if room_id is not None and role not in IN_ROOM:
        raise Refused("role_place", "Эта роль не закрепляется за аудиторией.")
    table = tables.Member
    same = select(table.id).where(
        table.day_id == day_id, table.person_id == person_id, table.role == role.value
    )
    if participant_id is not None:
        same = same.where(table.participant_id == participant_id)
    if await session.scalar(same) is not None:
        raise Refused("already_appointed", "Этот человек уже назначен на эту роль.")
    row = table(
        day_id=day_id,
        person_id=person_id,
        role=role.value,
        room_id=room_id,
        participant_id=participant_id,
    )
    session.add(row)
    await session.flush()
    return _member(row, (await _people(session, [person]))[0])


async def place_member(session: AsyncSession, day_id: int, member_id: int, room_id: int | None) -> None:
    """The member's room. Which seat follows is the plan's work."""
    row = await _member_row(session, day_id, member_id)
    await _require_room(session, day_id, room_id)
    row.room_id = room_id
    await session.flush()


async def dismiss(session: AsyncSession, day_id: int, member_id: int) -> None:
    """Taken out of the commission. `Refused` if the member has a seat: then he can only be away."""
    row = await _member_row(session, day_id, member_id)
    if row.seat_id is not None:
        raise Refused("member_seated", "За этим человеком уже закреплено место. Отметьте, что его не будет.")
    await session.execute(delete(tables.Member).where(tables.Member.id == member_id))


async def set_away(session: AsyncSession, day_id: int, member_id: int, at: datetime | None) -> None:
    """Fell ill or left; None: is back."""
    (await _member_row(session, day_id, member_id)).away_from = at
    await session.flush()


async def set_arrived(session: AsyncSession, day_id: int, member_id: int, at: datetime | None) -> None:
    """Came to work on the day, as the organizer marks it."""
    (await _member_row(session, day_id, member_id)).arrived_at = at
    await session.flush()


async def orders(session: AsyncSession, day_id: int) -> tuple[Order, ...]:
    rows = await session.scalars(select(tables.Commission).where(tables.Commission.day_id == day_id))
    return tuple(
        Order("checking" if row.kind == "checking" else "conducting", row.order_number, row.approved_on)
        for row in rows
    )


async def approve(session: AsyncSession, day_id: int, order: Order | None, kind: CommissionKind) -> None:
    """The order of a commission; None takes it back (C-03)."""
    table = tables.Commission
    await session.execute(delete(table).where(table.day_id == day_id, table.kind == kind))
    if order is not None:
        session.add(table(day_id=day_id, kind=kind, order_number=order.number, approved_on=order.approved_on))
    await session.flush()


async def _person_row(session: AsyncSession, school_id: int, person_id: int) -> tables.Person:
    row = await session.get(tables.Person, person_id)
    if row is None or row.school_id != school_id:
        raise NotFound(detail="person of the school")
    return row


async def _member_row(session: AsyncSession, day_id: int, member_id: int) -> tables.Member:
    row = await session.get(tables.Member, member_id)
    if row is None or row.day_id != day_id:
        raise NotFound(detail="member of the day's commission")
    return row


async def _require_room(session: AsyncSession, day_id: int, room_id: int | None) -> None:
    if room_id is None:
        return
    room = await session.get(tables.Room, room_id)
    if room is None or room.day_id != day_id:
        raise NotFound(detail="room of the day")


async def _require_participant(session: AsyncSession, school_id: int, participant_id: int | None) -> None:
    if participant_id is None:
        return
    row = await session.get(tables.Participant, participant_id)
    if row is None or row.school_id != school_id:
        raise NotFound(detail="participant of the school")


async def _people(session: AsyncSession, rows: list[tables.Person]) -> tuple[PersonRow, ...]:
    ids = sorted(row.id for row in rows)
    kin: dict[int, set[int]] = {}
    for link in await session.scalars(select(tables.Kinship).where(tables.Kinship.person_id.in_(ids))):
        kin.setdefault(link.person_id, set()).add(link.participant_id)
    accounts = await session.scalars(select(tables.Account).where(tables.Account.person_id.in_(ids)))
    logins = {account.person_id: account.login for account in accounts}
    found = [
        PersonRow(
            id=row.id,
            school_id=row.school_id,
            person=StaffPerson(
                name=Name(row.last_name, row.first_name, row.patronymic),
                position=row.position,
                workplace=row.workplace,
                employed=row.employed,
                qualifications=frozenset(Qualification(one) for one in row.qualifications.split()),
                phone=row.phone,
                email=row.email,
            ),
            archived_at=row.archived_at,
            kin=frozenset(kin.get(row.id, ())),
            login=logins.get(row.id),
        )
        for row in rows
    ]
    return tuple(sorted(found, key=lambda one: (str(one.person.name).casefold(), one.id)))


def _write(row: tables.Person, person: StaffPerson) -> None:
    row.last_name, row.first_name, row.patronymic = (
        person.name.last,
        person.name.first,
        person.name.patronymic,
    )
    row.position, row.workplace, row.employed = person.position, person.workplace, person.employed
    row.qualifications = " ".join(sorted(one.value for one in person.qualifications))
    row.phone, row.email = person.phone, person.email


def _member(row: tables.Member, person: PersonRow) -> MemberRow:
    return MemberRow(
        id=row.id,
        day_id=row.day_id,
        person=person,
        role=CommissionRole(row.role),
        room_id=row.room_id,
        participant_id=row.participant_id,
        seat_id=row.seat_id,
        away_from=row.away_from,
        arrived_at=row.arrived_at,
    )
