"""A plan becomes what the day is: interviews, and the seats of participants and staff.

Who has a seat keeps it, and so the link; whoever is admitted, in the exam or over is left where he is (D-10, D-11).
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from media.layout import SeatKind
from scheduling.plan_parts import Appointment, Plan
from server.errors import Refused
from server.exam.interview import BEFORE_CONFERENCE, InterviewState

from . import days, interviews, journal, links, moves, seating, sittings, tables
from .moves import Planned
from .records import Day, InterviewRow
from .sittings import SittingRow


@dataclass(frozen=True, slots=True)
class Counts:
    """What a plan changed."""

    added: int = 0
    moved: int = 0
    removed: int = 0
    kept: int = 0
    """Not touched: as they were, or no longer to be moved."""
    seats: int = 0
    """New or changed seats of the staff."""


async def apply(
    session: AsyncSession,
    day_id: int,
    plan: Plan,
    at: datetime,
    *,
    schemes: Mapping[int, int] | None = None,
    by: int | None = None,
) -> Counts:
    """Makes rooms, times and seats those of the plan, and writes `plan.applied`; `by` is an account's id.
    `schemes` by participant; whoever is not named is scored on the spot (D-21).

    Interviews of participants who are not in the plan are taken out of it; their seats and links stay. `Refused`
    where an appointment is for somebody who does not sit on the day.
    """
    listed = {one.person.id: one for one in await sittings.of_day(session, day_id)}
    wanted = {one.participant: one for one in plan.appointments}
    if wanted.keys() - listed.keys():
        raise Refused("plan_stale", "Состав участников изменился. Составьте план ещё раз.")
    day = await days.load_day(session, day_id)
    await _hold(session, day)
    day = await days.load_day(session, day_id)
    old = {
        person: row
        for person, sitting in listed.items()
        if sitting.seat_id is not None and (row := day.interview_of(sitting.seat_id)) is not None
    }
    fixed = {person for person, row in old.items() if row.interview.state not in BEFORE_CONFERENCE}
    places = _places(day, old, fixed, wanted)
    gone = [row for person, row in old.items() if person not in wanted and person not in fixed]
    removed = await _remove(session, gone)
    changed = {person: to for person, to in places.items() if person in old and _place(old[person]) != to}
    if changed:
        movable = {old[person].id: places[person] for person in places if person in old}
        await moves.move(session, movable)
    new = [person for person in places if person not in old]
    for person in new:
        await _add(session, day_id, listed[person], places[person], at)
    await _set_schemes(session, listed, places, schemes or {})
    seats = await seating.staff_seats(session, day_id, at)
    counts = Counts(len(new), len(changed), removed, len(wanted) - len(new) - len(changed), seats)
    await journal.append(session, "plan.applied", at=at, day=day_id, data=asdict(counts) | {"by": by})
    return counts


async def _hold(session: AsyncSession, day: Day) -> None:
    """Locks the interviews of the day: no step is taken between what was read and what is written."""
    rooms = [room.id for room in day.rooms]
    table = tables.Interview
    query = select(table).where(table.room_id.in_(rooms)).order_by(table.id).with_for_update()
    (await session.scalars(query, execution_options={"populate_existing": True})).all()


def _places(
    day: Day, old: Mapping[int, InterviewRow], fixed: Iterable[int], wanted: Mapping[int, Appointment]
) -> dict[int, Planned]:
    """Where everybody who may be moved comes; in each room after those who are fixed there."""
    fixed_rows = {old[person].id for person in fixed}
    places: dict[int, Planned] = {}
    for room in day.rooms:
        taken = [row.interview.order for row in day.in_room(room.id) if row.id in fixed_rows]
        after = max(taken, default=0)
        here = [one for one in wanted.values() if one.room == room.id and one.participant not in set(fixed)]
        here.sort(key=lambda one: (one.starts_at, one.order))
        for number, one in enumerate(here, start=after + 1):
            places[one.participant] = Planned(room.id, number, one.starts_at, one.minutes)
    return places


def _place(row: InterviewRow) -> Planned:
    one = row.interview
    return Planned(row.room_id, one.order, one.planned_at, row.planned_minutes)


async def _add(session: AsyncSession, day_id: int, sitting: SittingRow, place: Planned, at: datetime) -> None:
    """A new interview; the seat and its link are those of before, if there are any."""
    one = sitting.person.participant
    seat_id = sitting.seat_id
    if seat_id is None:
        seat = await seating.new_seat(
            session,
            day_id,
            place.room_id,
            SeatKind.PARTICIPANT,
            one.name,
            at,
            participant_id=sitting.person.id,
        )
        seat_id = seat.id
        table = tables.Sitting
        await session.execute(update(table).where(table.id == sitting.id).values(seat_id=seat_id))
    else:
        await seating.put_seat(session, seat_id, place.room_id)
    await interviews.add(
        session,
        room_id=place.room_id,
        seat_id=seat_id,
        order=place.order,
        class_label=one.class_label,
        ovz=one.more_time,
        planned_at=place.planned_at,
        planned_minutes=place.planned_minutes,
    )


async def _set_schemes(
    session: AsyncSession, listed: Mapping[int, SittingRow], placed: Iterable[int], schemes: Mapping[int, int]
) -> None:
    """How each of those placed is scored; who has begun stays as it was."""
    table, seat = tables.Interview, tables.Sitting
    for number in (1, 2):
        ids = [listed[person].id for person in placed if schemes.get(person, 1) == number]
        seats = select(seat.seat_id).where(seat.id.in_(ids))
        await session.execute(update(table).where(table.seat_id.in_(seats)).values(scheme=number))


async def _remove(session: AsyncSession, rows: Iterable[InterviewRow]) -> int:
    """Takes interviews out of the plan. `Refused` for one that was recorded already (D-22)."""
    ids = [row.id for row in rows]
    part = tables.RecordingPart
    recorded = await session.scalar(select(part.id).where(part.interview_id.in_(ids)).limit(1))
    if recorded is not None:
        raise Refused(
            "interview_recorded",
            "Одного из участников уже записывали, убрать его из плана нельзя: назначьте ему другое время.",
        )
    table = tables.Interview
    movable = table.state.in_([state.value for state in BEFORE_CONFERENCE | {InterviewState.NO_SHOW}])
    await session.execute(delete(table).where(table.id.in_(ids), movable))
    return len(ids)


async def unplan(session: AsyncSession, day_id: int, participant_id: int, at: datetime) -> None:
    """Takes one participant out of the plan and revokes the link: he does not sit on this day after all."""
    day = await days.load_day(session, day_id)
    sitting = next(
        (one for one in await sittings.of_day(session, day_id) if one.person.id == participant_id), None
    )
    if sitting is None or sitting.seat_id is None:
        return
    row = day.interview_of(sitting.seat_id)
    if row is not None:
        if row.interview.state is not InterviewState.INVITED:
            raise Refused("was_here", "Участник уже подключался: снять его с этого дня нельзя.")
        await _remove(session, [row])
        await journal.append(session, "plan.withdrawn", at=at, day=day_id, seat=sitting.seat_id)
    await links.revoke(session, sitting.seat_id, at)
