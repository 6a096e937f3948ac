"""The people of the demo school behind the demo day's links: cards, commission, list of the day, and one account."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from media.layout import SeatKind
from server.exam.people import (
    SEAT_OF_ROLE,
    CommissionRole,
    Document,
    DocumentKind,
    Name,
    Participant,
    Qualification,
    Representative,
    StaffPerson,
)
from server.exam.profile_parts import Category, Ground
from server.store import accounts, days, participants, staff, tables
from server.store.database import Store
from server.store.records import Day, SeatRow
from server.store.staff import Order

PROFILE = "tambov-2026"
LOGIN = "organizer"
ROLES = {kind: role for role, kind in SEAT_OF_ROLE.items()}
_SPARE = (
    ("Рябинина Алла Геннадьевна", "учитель истории", {Qualification.INTERLOCUTOR}),
    ("Журавлёв Никита Павлович", "учитель русского языка", {Qualification.RUSSIAN}),
)
_USHER = "Фомина Лариса Игоревна"
_ABOUT: dict[CommissionRole, tuple[str, set[Qualification]]] = {
    CommissionRole.EXAMINER: ("учитель", {Qualification.INTERLOCUTOR}),
    CommissionRole.EXPERT: ("учитель русского языка", {Qualification.RUSSIAN}),
    CommissionRole.SPECIALIST: ("учитель информатики", {Qualification.TECHNICAL}),
    CommissionRole.ORGANIZER: ("заместитель директора", set()),
    CommissionRole.ASSISTANT: ("педагог-психолог", {Qualification.DEFECTOLOGY}),
}


@dataclass(frozen=True, slots=True)
class SignIn:
    """What the organizer of the demo school signs in with."""

    login: str
    code: str


async def put_people(session: AsyncSession, day_id: int, now: datetime) -> None:
    """Gives every seat of a demo day its card, and the day its list, commission and orders."""
    day = await days.load_day(session, day_id)
    await session.execute(
        update(tables.School).where(tables.School.id == day.school.id).values(profile=PROFILE)
    )
    for number, seat in enumerate(day.seats):
        if seat.kind is SeatKind.PARTICIPANT:
            await _put_participant(session, day, seat, number, now)
    for seat in day.seats:
        if seat.kind in ROLES:
            await _put_member(session, day, seat)
    for name, position, skills in _SPARE:
        await _person(session, day.school.id, _name(name), position, skills)
    usher = await _person(session, day.school.id, _name(_USHER), "секретарь", set())
    await staff.appoint(session, day_id=day.id, person_id=usher, role=CommissionRole.USHER)
    approved = day.day.date - timedelta(days=20)
    await staff.approve(session, day.id, Order("conducting", "41", approved), "conducting")
    await staff.approve(session, day.id, Order("checking", "42", approved), "checking")


async def ensure_organizer(store: Store, secret: bytes, day_id: int, now: datetime) -> SignIn | None:
    """The account of the demo school's organizer with a new invitation; None once a password was chosen."""
    async with store.begin() as session:
        day = await days.load_day(session, day_id)
        person = next((one.person_id for one in day.seats if one.kind is SeatKind.ORGANIZER), None)
        if person is None:
            return None
        account = await accounts.account_of_person(session, person)
        if account is None:
            account = await accounts.create_account(session, person, LOGIN, "organizer", now)
        if account.has_password or account.disabled:
            return None
        return SignIn(account.login, await accounts.invite(session, secret, account.id, now))


def as_text(sign_in: SignIn, base_url: str) -> str:
    """How to sign in as the organizer, under the lists of links."""
    address = base_url.rstrip("/")
    return (
        "Кабинет организатора\n"
        f"  {address}/invitation\n"
        f"  логин {sign_in.login}, код приглашения {sign_in.code}"
    )


def _name(text: str) -> Name:
    last, first, patronymic = [*text.split(" "), ""][:3]
    return Name(last, first, patronymic)


async def _put_participant(
    session: AsyncSession, day: Day, seat: SeatRow, number: int, now: datetime
) -> None:
    row = day.interview_of(seat.id)
    assert row is not None
    name = Name(seat.last_name, seat.first_name, seat.patronymic)
    known = {one.participant.name: one for one in await participants.of_school(session, day.school.id)}
    person = known.get(name)
    if person is None:
        asked = day.day.date - timedelta(days=30)
        one = Participant(
            name=name,
            class_label=row.class_label,
            number=f"{number + 1:03}",
            birth_date=date(day.day.date.year - 15, 1 + number % 12, 1 + number),
            document=Document(DocumentKind.PASSPORT, "0000", f"{100_001 + number}"),
            ground=Ground.CANNOT_COME if row.ovz else Ground.DISTANCE_TAUGHT,
            category=Category.OTHER if row.ovz else None,
            pmpk="№ 12 от 03.09" if row.ovz else "",
            applied_on=asked,
            consent_on=asked,
            representatives=(
                Representative(Name(name.last, "Родитель"), "мать", f"+7 (000) 000-00-{number:02}"),
            ),
        )
        person = await participants.add(session, day.school.id, one, at=now)
    session.add(tables.Sitting(day_id=day.id, participant_id=person.id, seat_id=seat.id))
    await session.execute(
        update(tables.Seat).where(tables.Seat.id == seat.id).values(participant_id=person.id)
    )
    await session.flush()


async def _put_member(session: AsyncSession, day: Day, seat: SeatRow) -> None:
    role = ROLES[seat.kind]
    position, skills = _ABOUT.get(role, ("", set()))
    name = Name(seat.last_name, seat.first_name, seat.patronymic)
    person = await _person(
        session, day.school.id, name, position, skills, employed=role is not CommissionRole.OBSERVER
    )
    helped = None
    if role is CommissionRole.ASSISTANT:
        row = day.interview_of(seat.id)
        assert row is not None
        table = tables.Sitting
        helped = await session.scalar(select(table.participant_id).where(table.seat_id == row.seat_id))
    member = await staff.appoint(
        session,
        day_id=day.id,
        person_id=person,
        role=role,
        room_id=None if role is CommissionRole.ASSISTANT else seat.room_id,
        participant_id=helped,
    )
    await session.execute(update(tables.Member).where(tables.Member.id == member.id).values(seat_id=seat.id))
    await session.execute(update(tables.Seat).where(tables.Seat.id == seat.id).values(person_id=person))


async def _person(
    session: AsyncSession,
    school_id: int,
    name: Name,
    position: str,
    skills: set[Qualification],
    *,
    employed: bool = True,
) -> int:
    """The card of that name, made where there is none; its id."""
    known = {one.person.name: one.id for one in await staff.persons(session, school_id)}
    if name in known:
        return known[name]
    card = StaffPerson(
        name,
        position,
        workplace="" if employed else "общественная организация «Родительский комитет»",
        employed=employed,
        qualifications=frozenset(skills),
    )
    return (await staff.add_person(session, school_id, card)).id
