"""Schools with their settings, and the corrections of their calendars."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import delete, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from server.errors import NotFound, Refused

from . import tables
from .days import school_row
from .records import School


@dataclass(frozen=True, slots=True)
class SchoolCard:
    """What is written down about a school."""

    code: str
    name: str
    timezone: str
    phone: str = ""
    address: str = ""
    municipality: str = ""
    """The municipality's name; one that is not known yet is added. Empty: none."""
    profile: str | None = None
    chosen_scheme: int | None = None


@dataclass(frozen=True, slots=True)
class Listed:
    """A school as the operator's list shows it."""

    school: School
    participants: int
    organizers: tuple[str, ...]
    """Logins of those who organize and whose accounts are not disabled."""


@dataclass(frozen=True, slots=True)
class Correction:
    """A day off or a working day that the published calendar does not know."""

    id: int
    date: date
    working: bool
    note: str
    of_all: bool
    """Of every school, and not this school's to remove."""


async def listed(session: AsyncSession) -> tuple[Listed, ...]:
    """All schools by municipality and name."""
    overs = {row.id: row for row in await session.scalars(select(tables.Municipality))}
    counts = await session.execute(
        select(tables.Participant.school_id, func.count())
        .where(tables.Participant.archived_at.is_(None))
        .group_by(tables.Participant.school_id)
    )
    people = {row[0]: int(row[1]) for row in counts}
    organizers: dict[int, list[str]] = {}
    held = await session.execute(
        select(tables.Person.school_id, tables.Account.login)
        .join(tables.Account, tables.Account.person_id == tables.Person.id)
        .where(tables.Account.standing == "organizer", tables.Account.disabled_at.is_(None))
        .order_by(tables.Account.login)
    )
    for school_id, login in held:
        if school_id is not None:
            organizers.setdefault(school_id, []).append(login)
    schools = [
        school_row(row, overs.get(row.municipality_id or 0))
        for row in await session.scalars(select(tables.School))
    ]
    found = [Listed(one, people.get(one.id, 0), tuple(organizers.get(one.id, ()))) for one in schools]
    return tuple(
        sorted(found, key=lambda one: (one.school.municipality.casefold(), one.school.name, one.school.id))
    )


async def add(session: AsyncSession, card: SchoolCard) -> School:
    """`Refused` if another school has the code."""
    await _require_free_code(session, card.code, None)
    row = tables.School()
    await _write(session, row, card)
    session.add(row)
    await session.flush()
    return await _school(session, row)


async def change(session: AsyncSession, school_id: int, card: SchoolCard) -> School:
    """The settings replaced as a whole. `NotFound`; `Refused` if another school has the code."""
    row = await session.get(tables.School, school_id)
    if row is None:
        raise NotFound(detail="school")
    await _require_free_code(session, card.code, school_id)
    await _write(session, row, card)
    await session.flush()
    return await _school(session, row)


async def municipalities(session: AsyncSession) -> tuple[str, ...]:
    """Names, in order."""
    return tuple(await session.scalars(select(tables.Municipality.name).order_by(tables.Municipality.name)))


async def corrections(session: AsyncSession, school_id: int) -> tuple[Correction, ...]:
    """The school's own and those of every school, by date. Where both name a day, the school's own comes last."""
    table = tables.CalendarCorrection
    query = select(table).where(or_(table.school_id == school_id, table.school_id.is_(None)))
    found = [
        Correction(row.id, row.date, row.working, row.note, row.school_id is None)
        for row in await session.scalars(query)
    ]
    return tuple(sorted(found, key=lambda one: (one.date, not one.of_all)))


async def correct(session: AsyncSession, school_id: int, day: date, *, working: bool, note: str) -> None:
    """The school's own correction of a day; one of before is replaced."""
    table = tables.CalendarCorrection
    await session.execute(delete(table).where(table.school_id == school_id, table.date == day))
    session.add(table(school_id=school_id, date=day, working=working, note=note))
    await session.flush()


async def remove_correction(session: AsyncSession, school_id: int, correction_id: int) -> None:
    """`NotFound` if it is not the school's own."""
    row = await session.get(tables.CalendarCorrection, correction_id)
    if row is None or row.school_id != school_id:
        raise NotFound(detail="correction of the school's calendar")
    await session.delete(row)
    await session.flush()


async def _school(session: AsyncSession, row: tables.School) -> School:
    over = None
    if row.municipality_id is not None:
        over = await session.get(tables.Municipality, row.municipality_id)
    return school_row(row, over)


async def _require_free_code(session: AsyncSession, code: str, own: int | None) -> None:
    query = select(tables.School.id).where(tables.School.code == code)
    other = await session.scalar(query if own is None else query.where(tables.School.id != own))
    if other is not None:
        raise Refused("code_taken", f"Школа с кодом {code} уже есть.")


async def _write(session: AsyncSession, row: tables.School, card: SchoolCard) -> None:
    row.code, row.name, row.phone, row.timezone = card.code, card.name, card.phone, card.timezone
    row.address = card.address or None
    row.profile = card.profile
    row.chosen_scheme = card.chosen_scheme
    row.municipality_id = await _municipality(session, card.municipality)


async def _municipality(session: AsyncSession, name: str) -> int | None:
    """Of that name, whatever its letters' case. A new one has its name for a code until the region gives one."""
    if not name:
        return None
    table = tables.Municipality
    for known in await session.scalars(select(table)):
        if known.name.casefold() == name.casefold():
            return known.id
    row = table(code=name.casefold(), name=name)
    session.add(row)
    await session.flush()
    return row.id
