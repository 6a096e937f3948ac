"""Who sits the exam on a day: the rows of ИС-01, with «Н» for those who did not come (D-25)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from server.errors import NotFound, Refused
from server.exam.interview import BEFORE_CONFERENCE, InterviewState

from . import participants, tables
from .participants import ParticipantRow


@dataclass(frozen=True, slots=True)
class Absence:
    """«Н»: when, by whom (a seat's id or a login's), why, and whether the reason is documented."""

    at: datetime
    by: str
    reason: str
    valid: bool | None
    """None: not known yet."""


@dataclass(frozen=True, slots=True)
class SittingRow:
    id: int
    day_id: int
    person: ParticipantRow
    seat_id: str | None
    """The participant's seat, and so the link; None before the first plan."""
    absence: Absence | None


async def of_day(session: AsyncSession, day_id: int) -> tuple[SittingRow, ...]:
    """By class and name, as ИС-01 lists them."""
    rows = list(await session.scalars(select(tables.Sitting).where(tables.Sitting.day_id == day_id)))
    people = await participants.by_ids(session, (row.participant_id for row in rows))
    by_participant = {row.participant_id: row for row in rows}
    return tuple(_sitting(by_participant[person.id], person) for person in people)


async def load(session: AsyncSession, day_id: int, sitting_id: int) -> SittingRow:
    """`NotFound` if it is not of this day."""
    row = await _row(session, day_id, sitting_id)
    return _sitting(row, (await participants.by_ids(session, [row.participant_id]))[0])


async def enroll(session: AsyncSession, day_id: int, participant_ids: Iterable[int]) -> int:
    """Puts participants of the day's school on the list; those on it already stay. How many are new."""
    day = await session.get_one(tables.ExamDay, day_id)
    wanted = set(participant_ids)
    table = tables.Sitting
    query = select(table.participant_id).where(table.day_id == day_id)
    new = wanted - set(await session.scalars(query))
    own = select(tables.Participant.id).where(
        tables.Participant.school_id == day.school_id, tables.Participant.archived_at.is_(None)
    )
    if new - set(await session.scalars(own)):
        raise NotFound(detail="participant of the school")
    session.add_all(table(day_id=day_id, participant_id=one) for one in sorted(new))
    await session.flush()
    return len(new)


async def withdraw(session: AsyncSession, day_id: int, sitting_id: int) -> None:
    """Takes a participant off the list. `Refused` once there is a place in the plan."""
    row = await _row(session, day_id, sitting_id)
    if row.seat_id is not None:
        interview = await session.scalar(
            select(tables.Interview).where(tables.Interview.seat_id == row.seat_id)
        )
        if interview is not None:
            raise Refused("sitting_planned", "Сначала уберите участника из плана дня.")
    await session.delete(row)
    await session.flush()


async def mark_absent(
    session: AsyncSession,
    day_id: int,
    sitting_id: int,
    *,
    at: datetime,
    by: str,
    reason: str = "",
    valid: bool | None = None,
) -> SittingRow:
    """«Н» with its reason, by a person (D-25). `Refused` for one whose interview has begun, is on or is over.

    The step `no_show` of the interview is the caller's to take, in the same transaction. Marking again replaces
    reason and documents, and keeps the first time.
    """
    row = await _row(session, day_id, sitting_id)
    if row.seat_id is not None:
        state = await session.scalar(
            select(tables.Interview.state).where(tables.Interview.seat_id == row.seat_id)
        )
        if state is not None and InterviewState(state) not in _CAN_BE_ABSENT:
            raise Refused("was_here", "Собеседование с этим участником уже шло: «Н» поставить нельзя.")
    row.absent_at = row.absent_at or at
    row.absent_by, row.absent_reason, row.absent_valid = by, reason, valid
    await session.flush()
    return await load(session, day_id, sitting_id)


async def unmark_absent(session: AsyncSession, day_id: int, sitting_id: int) -> SittingRow:
    """Takes «Н» back: the participant came after all."""
    row = await _row(session, day_id, sitting_id)
    row.absent_at = row.absent_by = row.absent_reason = row.absent_valid = None
    await session.flush()
    return await load(session, day_id, sitting_id)


_CAN_BE_ABSENT = BEFORE_CONFERENCE | {InterviewState.NO_SHOW}


async def _row(session: AsyncSession, day_id: int, sitting_id: int) -> tables.Sitting:
    query = select(tables.Sitting).where(tables.Sitting.id == sitting_id).with_for_update()
    row = await session.scalar(query)
    if row is None or row.day_id != day_id:
        raise NotFound(detail="sitting of the day")
    return row


def _sitting(row: tables.Sitting, person: ParticipantRow) -> SittingRow:
    absence = None
    if row.absent_at is not None:
        absence = Absence(row.absent_at, row.absent_by or "", row.absent_reason or "", row.absent_valid)
    return SittingRow(row.id, row.day_id, person, row.seat_id, absence)
