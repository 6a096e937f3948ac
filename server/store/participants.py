"""Participants of a school, with their representatives: read, added, changed, put aside."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from server.errors import NotFound, Refused
from server.exam.people import Document, DocumentKind, Name, Participant, Representative
from server.exam.profile_parts import Answer, Category, Form, Ground, Outcome, Place

from . import tables


@dataclass(frozen=True, slots=True)
class ParticipantRow:
    """A participant with what only the store knows."""

    id: int
    school_id: int
    participant: Participant
    familiar_examiner_id: int | None
    changed_at: datetime
    archived_at: datetime | None
    kin: frozenset[int] = frozenset()
    """Persons of the staff who are this participant's parents."""
    outcomes: tuple[tuple[date, Outcome], ...] = ()
    """How earlier days ended, in order (C-07)."""


async def of_school(
    session: AsyncSession, school_id: int, *, archived: bool = False
) -> tuple[ParticipantRow, ...]:
    """All participants of a school by class and name; those put aside only if asked for."""
    table = tables.Participant
    query = select(table).where(table.school_id == school_id)
    if not archived:
        query = query.where(table.archived_at.is_(None))
    return await _rows(session, list(await session.scalars(query)))


async def by_ids(session: AsyncSession, ids: Iterable[int]) -> tuple[ParticipantRow, ...]:
    """These participants, by class and name, also those put aside."""
    query = select(tables.Participant).where(tables.Participant.id.in_(sorted(ids)))
    return await _rows(session, list(await session.scalars(query)))


async def hold(session: AsyncSession, school_id: int) -> None:
    """The school's list is this transaction's until it ends: what is read of it now is what is changed."""
    table = tables.School
    query = select(table.id).where(table.id == school_id).with_for_update(key_share=True)
    if await session.scalar(query) is None:
        raise NotFound(detail="school")


async def load(session: AsyncSession, school_id: int, participant_id: int) -> ParticipantRow:
    """`NotFound` if the school has no such participant."""
    return (await _rows(session, [await _row(session, school_id, participant_id)]))[0]


async def add(
    session: AsyncSession, school_id: int, participant: Participant, *, at: datetime
) -> ParticipantRow:
    """A new participant. `Refused` if another of the school has the number."""
    await hold(session, school_id)
    await _require_free_number(session, school_id, participant, None)
    row = tables.Participant(school_id=school_id, changed_at=at)
    _write(row, participant)
    session.add(row)
    await session.flush()
    await _write_representatives(session, row.id, participant.representatives)
    return await load(session, school_id, row.id)


async def add_all(
    session: AsyncSession, school_id: int, participants: Sequence[Participant], *, at: datetime
) -> None:
    """Many new participants of an import, at once; the numbers are known to be free."""
    rows = []
    for participant in participants:
        row = tables.Participant(school_id=school_id, changed_at=at)
        _write(row, participant)
        rows.append(row)
    session.add_all(rows)
    await session.flush()
    for row, participant in zip(rows, participants, strict=True):
        session.add_all(_representative(row.id, one) for one in participant.representatives)
    await session.flush()


async def change(
    session: AsyncSession, school_id: int, participant_id: int, participant: Participant, *, at: datetime
) -> ParticipantRow:
    """The participant's data replaced as a whole. `NotFound`; `Refused` if another has the number."""
    await hold(session, school_id)
    row = await _row(session, school_id, participant_id)
    await _require_free_number(session, school_id, participant, participant_id)
    _write(row, participant)
    row.changed_at = at
    await session.flush()
    await _write_representatives(session, row.id, participant.representatives)
    return await load(session, school_id, participant_id)


async def change_all(
    session: AsyncSession, school_id: int, changed: Mapping[int, Participant], *, at: datetime
) -> None:
    """The data of many participants of an import, at once, by id. `NotFound`; a number may go from one to another.

    Those put aside are taken back: an import names who is at the school now.
    """
    table = tables.Participant
    query = select(table).where(table.school_id == school_id)
    rows = {row.id: row for row in await session.scalars(query) if row.id in changed}
    if len(rows) != len(changed):
        raise NotFound(detail="participant of the school")
    for row_id, row in rows.items():
        if row.number != changed[row_id].number:
            row.number = ""
    await session.flush()
    for row_id, row in rows.items():
        _write(row, changed[row_id])
        row.changed_at, row.archived_at = at, None
    await session.flush()
    known = tables.Representative
    for part in _parts(sorted(rows)):
        await session.execute(delete(known).where(known.participant_id.in_(part)))
    session.add_all(
        _representative(row_id, one) for row_id in rows for one in changed[row_id].representatives
    )
    await session.flush()


def _parts(ids: Sequence[int], size: int = 500) -> Iterator[Sequence[int]]:
    """A database takes only so many values in one question."""
    for start in range(0, len(ids), size):
        yield ids[start : start + size]


async def set_familiar_examiner(
    session: AsyncSession, school_id: int, participant_id: int, person_id: int | None
) -> None:
    """The examiner a participant with ASD knows (Saratov 7.4)."""
    row = await _row(session, school_id, participant_id)
    if person_id is not None:
        person = await session.get(tables.Person, person_id)
        if person is None or person.school_id != school_id:
            raise NotFound(detail="person of the school")
    row.familiar_examiner_id = person_id
    await session.flush()


async def set_kin(session: AsyncSession, school_id: int, participant_id: int, persons: Iterable[int]) -> None:
    """Which persons of the staff are the participant's parents."""
    row = await _row(session, school_id, participant_id)
    await session.execute(delete(tables.Kinship).where(tables.Kinship.participant_id == row.id))
    for person_id in sorted(set(persons)):
        person = await session.get(tables.Person, person_id)
        if person is None or person.school_id != school_id:
            raise NotFound(detail="person of the school")
        session.add(tables.Kinship(person_id=person_id, participant_id=row.id))
    await session.flush()


async def set_outcome(
    session: AsyncSession, school_id: int, participant_id: int, day: date, outcome: Outcome | None
) -> None:
    """How a day ended for the participant; None takes it back (C-07)."""
    row = await _row(session, school_id, participant_id)
    table = tables.PastOutcome
    await session.execute(delete(table).where(table.participant_id == row.id, table.date == day))
    if outcome is not None:
        session.add(table(participant_id=row.id, date=day, outcome=outcome.value))
    await session.flush()


async def archive(session: AsyncSession, school_id: int, participant_id: int, *, at: datetime | None) -> None:
    """Put aside, or taken back with None; nothing is deleted before its time (C-09)."""
    await hold(session, school_id)
    row = await _row(session, school_id, participant_id)
    row.archived_at = at
    await session.flush()


async def _row(session: AsyncSession, school_id: int, participant_id: int) -> tables.Participant:
    row = await session.get(tables.Participant, participant_id)
    if row is None or row.school_id != school_id:
        raise NotFound(detail="participant of the school")
    return row


async def _require_free_number(
    session: AsyncSession, school_id: int, participant: Participant, own: int | None
) -> None:
    if not participant.number:
        return
    table = tables.Participant
    query = select(table.id).where(table.school_id == school_id, table.number == participant.number)
    other = await session.scalar(query if own is None else query.where(table.id != own))
    if other is not None:
        raise Refused("number_taken", f"Номер {participant.number} уже есть у другого участника школы.")


async def _rows(session: AsyncSession, rows: Sequence[tables.Participant]) -> tuple[ParticipantRow, ...]:
    """With representatives, parents among the staff and earlier outcomes: three queries for all of them."""
    ids = {row.id for row in rows}
    whole = len(ids) > 500
    representatives: dict[int, list[Representative]] = {}
    table = tables.Representative
    query = select(table).order_by(table.id)
    for one in await session.scalars(query if whole else query.where(table.participant_id.in_(ids))):
        name = Name(one.last_name, one.first_name, one.patronymic)
        person = Representative(name, one.relation, one.phone, one.email)
        representatives.setdefault(one.participant_id, []).append(person)
    kin: dict[int, set[int]] = {}
    links = select(tables.Kinship)
    for link in await session.scalars(
        links if whole else links.where(tables.Kinship.participant_id.in_(ids))
    ):
        kin.setdefault(link.participant_id, set()).add(link.person_id)
    outcomes: dict[int, list[tuple[date, Outcome]]] = {}
    past = select(tables.PastOutcome).order_by(tables.PastOutcome.date)
    for known in await session.scalars(
        past if whole else past.where(tables.PastOutcome.participant_id.in_(ids))
    ):
        outcomes.setdefault(known.participant_id, []).append((known.date, Outcome(known.outcome)))
    found = [
        ParticipantRow(
            id=row.id,
            school_id=row.school_id,
            participant=_value(row, tuple(representatives.get(row.id, ()))),
            familiar_examiner_id=row.familiar_examiner_id,
            changed_at=row.changed_at,
            archived_at=row.archived_at,
            kin=frozenset(kin.get(row.id, ())),
            outcomes=tuple(outcomes.get(row.id, ())),
        )
        for row in rows
    ]
    return tuple(sorted(found, key=lambda row: (class_key(row.participant.class_label), _alphabet(row))))


def class_key(label: str) -> tuple[int, str]:
    """Classes in their order: 9А, 9Б, 10А, and words after numbers."""
    digits = label[: len(label) - len(label.lstrip("0123456789"))]
    return (int(digits) if digits else 1000, label)


def _alphabet(row: ParticipantRow) -> tuple[str, int]:
    return str(row.participant.name).casefold().replace("ё", "е"), row.id


def _value(row: tables.Participant, representatives: tuple[Representative, ...]) -> Participant:
    document = None
    if row.document_kind is not None:
        document = Document(
            DocumentKind(row.document_kind), row.document_series or "", row.document_number or ""
        )
    return Participant(
        name=Name(row.last_name, row.first_name, row.patronymic),
        class_label=row.class_label,
        number=row.number,
        birth_date=row.birth_date,
        document=document,
        form=Form(row.form),
        ground=None if row.ground is None else Ground(row.ground),
        place=Place(row.place),
        category=None if row.category is None else Category(row.category),
        accompanying=None if row.accompanying is None else Category(row.accompanying),
        disabled=row.disabled,
        pmpk=row.pmpk,
        answer=Answer(row.answer),
        break_minutes=row.break_minutes,
        applied_on=row.applied_on,
        consent_on=row.consent_on,
        family=row.family,
        note=row.note,
        representatives=representatives,
    )


def _write(row: tables.Participant, value: Participant) -> None:
    row.last_name, row.first_name, row.patronymic = value.name.last, value.name.first, value.name.patronymic
    row.class_label = value.class_label
    row.number = value.number
    row.birth_date = value.birth_date
    row.document_kind = None if value.document is None else value.document.kind.value
    row.document_series = None if value.document is None else value.document.series
    row.document_number = None if value.document is None else value.document.number
    row.form = value.form.value
    row.ground = None if value.ground is None else value.ground.value
    row.place = value.place.value
    row.category = None if value.category is None else value.category.value
    row.accompanying = None if value.accompanying is None else value.accompanying.value
    row.disabled = value.disabled
    row.pmpk = value.pmpk
    row.answer = value.answer.value
    row.break_minutes = value.break_minutes
    row.applied_on = value.applied_on
    row.consent_on = value.consent_on
    row.family = value.family
    row.note = value.note


async def _write_representatives(
    session: AsyncSession, participant_id: int, representatives: Sequence[Representative]
) -> None:
    table = tables.Representative
    await session.execute(delete(table).where(table.participant_id == participant_id))
    session.add_all(_representative(participant_id, one) for one in representatives)
    await session.flush()


def _representative(participant_id: int, one: Representative) -> tables.Representative:
    return tables.Representative(
        participant_id=participant_id,
        last_name=one.name.last,
        first_name=one.name.first,
        patronymic=one.name.patronymic,
        relation=one.relation,
        phone=one.phone,
        email=one.email,
    )
