"""Interviews: the state machine's steps kept in the journal, and what else is known of each interview."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from media.layout import SeatKind
from server.errors import NotFound, Refused
from server.exam.interview import IN_CONFERENCE, Interview, InterviewState, Step, advance

from . import journal, tables
from .records import InterviewRow, RecordingPart, SeatRow


async def add(
    session: AsyncSession,
    *,
    room_id: int,
    seat_id: str,
    order: int,
    class_label: str,
    ovz: bool = False,
    planned_at: datetime | None = None,
    planned_minutes: int | None = None,
    scheme: int = 1,
    assistant_seat_id: str | None = None,
) -> InterviewRow:
    """The interview of a new participant, invited."""
    row = tables.Interview(
        room_id=room_id,
        seat_id=seat_id,
        assistant_seat_id=assistant_seat_id,
        order=order,
        state=InterviewState.INVITED.value,
        class_label=class_label,
        ovz=ovz,
        planned_at=planned_at,
        planned_minutes=planned_minutes,
        scheme=scheme,
        was_over_after_conference=False,
    )
    session.add(row)
    await session.flush()
    return interview_row(row)


async def load(session: AsyncSession, interview_id: int) -> InterviewRow:
    """`NotFound` if there is none."""
    row = await session.get(tables.Interview, interview_id, populate_existing=True)
    if row is None:
        raise NotFound(detail="interview")
    return interview_row(row)


async def step(
    session: AsyncSession,
    interview_id: int,
    step: Step,
    *,
    by: SeatRow,
    at: datetime,
    reason: str | None = None,
) -> InterviewRow:
    """Takes the step by the rules, saves it, and writes `interview.<step>` into the journal.

    It reads the newest state under a lock, so two servers or two pages cannot both take it. `Refused` changes
    nothing. `NotFound` if the interview is not the participant's own, or not of the seat's room and day.
    """
    row = await _row(session, interview_id)
    room = await session.get_one(tables.Room, row.room_id)
    _require_own(row, room, by)
    before = interview_row(row).interview
    after = advance(
        before, step, by.kind, at, reason=reason, conference_free=await _conference_free(session, row)
    )
    _write(row, after)
    await session.flush()
    data: dict[str, Any] = {"from": before.state.value, "to": after.state.value}
    if step is Step.REVERSE:
        data["reason"] = (reason or "").strip()
    await journal.append(
        session,
        f"interview.{step.value}",
        at=at,
        day=room.day_id,
        room=room.id,
        interview=row.id,
        seat=by.id,
        data=data,
    )
    return interview_row(row)


async def save(
    session: AsyncSession, interview: Interview, *, was: InterviewState | None = None
) -> InterviewRow:
    """Keeps the state of an interview that `advance` gave; `Refused` if it is no longer where it `was`."""
    row = await _row(session, interview.id)
    if was is not None and row.state != was.value:
        raise Refused("changed_meanwhile", "Состояние участника уже изменилось. Посмотрите ещё раз.")
    _write(row, interview)
    await session.flush()
    return interview_row(row)


async def set_informed(
    session: AsyncSession, interview_id: int, *, agreed: bool, at: datetime
) -> InterviewRow:
    """What the participant answered to the information about the recording (C-02)."""
    row = await _row(session, interview_id)
    row.informed_agreed, row.informed_at = agreed, at
    await session.flush()
    return interview_row(row)


async def set_device_report(
    session: AsyncSession, interview_id: int, report: Mapping[str, Any]
) -> InterviewRow:
    """The last report of the participant's device test."""
    row = await _row(session, interview_id)
    row.device_report = dict(report)
    await session.flush()
    return interview_row(row)


async def set_verdict(session: AsyncSession, interview_id: int, verdict: Mapping[str, Any]) -> InterviewRow:
    """The specialist's verdict on the connection: `verdict`, `note`, `by`, `at` (D-08)."""
    row = await _row(session, interview_id)
    row.verdict = dict(verdict)
    await session.flush()
    return interview_row(row)


async def new_recording_part(
    session: AsyncSession, interview_id: int, node: str, stem: str, *, at: datetime
) -> int:
    """The number of the next part of the recording, from 1 (D-22)."""
    await _row(session, interview_id)
    last = await session.scalar(
        select(func.max(tables.RecordingPart.part)).where(tables.RecordingPart.interview_id == interview_id)
    )
    part = (last or 0) + 1
    session.add(
        tables.RecordingPart(interview_id=interview_id, part=part, node=node, stem=stem, started_at=at)
    )
    await session.flush()
    return part


async def recording_parts(session: AsyncSession, interview_id: int) -> tuple[RecordingPart, ...]:
    """The parts of the recording in their order."""
    query = (
        select(tables.RecordingPart)
        .where(tables.RecordingPart.interview_id == interview_id)
        .order_by(tables.RecordingPart.part)
    )
    return tuple(
        RecordingPart(row.interview_id, row.part, row.node, row.stem, row.started_at)
        for row in await session.scalars(query)
    )


async def _row(session: AsyncSession, interview_id: int) -> tables.Interview:
    """The row, held until the transaction ends."""
    query = select(tables.Interview).where(tables.Interview.id == interview_id).with_for_update()
    row = await session.scalar(query, execution_options={"populate_existing": True})
    if row is None:
        raise NotFound(detail="interview")
    return row


async def _conference_free(session: AsyncSession, row: tables.Interview) -> bool:
    others = select(tables.Interview.id).where(
        tables.Interview.room_id == row.room_id,
        tables.Interview.id != row.id,
        tables.Interview.state.in_(sorted(state.value for state in IN_CONFERENCE)),
    )
    return await session.scalar(others.limit(1)) is None


def _require_own(row: tables.Interview, room: tables.Room, by: SeatRow) -> None:
    own = row.seat_id == by.id if by.kind is SeatKind.PARTICIPANT else by.room_id in (None, room.id)
    if by.day_id != room.day_id or not own:
        raise NotFound(detail="interview of this seat")


def _write(row: tables.Interview, interview: Interview) -> None:
    row.order = interview.order
    row.state = interview.state.value
    row.planned_at = interview.planned_at
    row.before_exit = None if interview.before_exit is None else interview.before_exit.value
    row.was_over_after_conference = interview.was_over_after_conference
    row.waiting_since = interview.waiting_since
    row.sent_back_at = interview.sent_back_at
    row.admitted_at = interview.admitted_at
    row.begun_at = interview.begun_at
    row.ended_at = interview.ended_at


def interview_row(row: tables.Interview) -> InterviewRow:
    return InterviewRow(
        interview=Interview(
            id=row.id,
            seat=row.seat_id,
            order=row.order,
            state=InterviewState(row.state),
            planned_at=row.planned_at,
            ovz=row.ovz,
            before_exit=None if row.before_exit is None else InterviewState(row.before_exit),
            was_over_after_conference=row.was_over_after_conference,
            waiting_since=row.waiting_since,
            sent_back_at=row.sent_back_at,
            admitted_at=row.admitted_at,
            begun_at=row.begun_at,
            ended_at=row.ended_at,
        ),
        room_id=row.room_id,
        class_label=row.class_label,
        planned_minutes=row.planned_minutes,
        scheme=row.scheme,
        assistant_seat_id=row.assistant_seat_id,
        informed_at=row.informed_at,
        informed_agreed=row.informed_agreed,
        device_report=row.device_report,
        verdict=row.verdict,
    )
