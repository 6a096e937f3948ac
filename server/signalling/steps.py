"""Steps of interviews and visits of guests: transition, transaction with its journal, node, and only then the pages.

Each function holds the room's lock from its first look to the node's answer; whoever calls it shows the day afterwards.
"""

import logging
from dataclasses import replace

from sqlalchemy.ext.asyncio import AsyncSession

from media.layout import SeatKind
from server.errors import NotFound, Refused, StoreError
from server.exam.audibility import CHECKED
from server.exam.interview import IN_CONFERENCE, Step
from server.nodes.reports import Report
from server.store import interviews
from server.store.records import InterviewRow, SeatRow

from . import cast
from .cast import Guests
from .conference import Conference
from .day import LiveDay

log = logging.getLogger(__name__)

_MOVING = frozenset({Step.ADMIT, Step.REVERSE, Step.SEND_BACK, Step.FINISH, Step.REMOVE})
"""Steps that may lead into the conference or out of it."""


async def take(live: LiveDay, interview: int, step: Step, by: SeatRow, *, reason: str | None = None) -> None:
    """A step of one interview. Raises Refused, Forbidden or NotFound and changes nothing where the rules say no."""
    async with live.held(interview) as (conference, row):
        await _take(live, conference, row, step, by, reason)


async def admit(live: LiveDay, conference: Conference, interview: int | None, by: SeatRow) -> None:
    """Admits one who waits, or the next in the school's order (D-10)."""
    async with conference.lock:
        if interview is not None:
            row: InterviewRow | None = live.interview(interview)
            if row is not None and row.room_id != conference.room.id:
                raise NotFound(detail="interview of another room")
        else:
            row = cast.next_waiting(live.day, conference.room.id)
        if row is None:
            raise Refused("nobody_waiting", "Сейчас никто не ждёт.")
        await _take(live, conference, row, Step.ADMIT, by, None)


async def take_with_current(live: LiveDay, conference: Conference, step: Step, by: SeatRow) -> None:
    """A step of the interview that is in the conference."""
    async with conference.lock:
        row = conference.current()
        if row is None:
            raise Refused("nobody_inside", "Сейчас в аудитории нет участника.")
        await _take(live, conference, row, step, by, None)


async def start_check(live: LiveDay, interview: int, by: SeatRow) -> None:
    """The specialist speaks privately with one who tests or waits (D-08)."""
    row = live.interview(interview)
    conference = live.conferences[row.room_id]
    _require_checkable(conference, row, by)
    await end_check(live, by, but_in=conference)
    async with live.held(interview) as (conference, row):
        _require_checkable(conference, row, by)
        if conference.guests.check == (by.id, row.seat_id):
            return
        async with live.services.store.begin() as session:
            await _journal_end_of_check(live, session, conference)
            await live.write(session, "check.start", row=row, seat=by.id)
        conference.guests = replace(conference.guests, check=(by.id, row.seat_id))
        await conference.apply()


async def end_check(live: LiveDay, by: SeatRow, *, but_in: Conference | None = None) -> None:
    """Ends the specialist's private check, wherever it is."""
    for conference in live.conferences.values():
        if conference is but_in:
            continue
        async with conference.lock:
            if conference.guests.check is None or conference.guests.check[0] != by.id:
                continue
            async with live.services.store.begin() as session:
                await _journal_end_of_check(live, session, conference)
            conference.guests = replace(conference.guests, check=None)
            await conference.apply()


async def enter(live: LiveDay, room: int, by: SeatRow) -> None:
    """The organizer comes into the conference of a room (D-23)."""
    conference = live.conference(room)
    _require_free_for_third(conference, by)
    await leave(live, by, but=conference)
    async with conference.lock:
        _require_free_for_third(conference, by)
        if conference.guests.organizer == by.id:
            return
        async with live.services.store.begin() as session:
            await live.write(session, "organizer.enter", room=room, row=conference.current(), seat=by.id)
        conference.guests = replace(conference.guests, organizer=by.id)
        await conference.apply()


async def leave(live: LiveDay, by: SeatRow, *, but: Conference | None = None) -> None:
    """The organizer leaves the conference, wherever it is."""
    for conference in live.conferences.values():
        if conference is but:
            continue
        async with conference.lock:
            if conference.guests.organizer != by.id:
                continue
            async with live.services.store.begin() as session:
                await _journal_leave(live, session, conference)
            conference.guests = replace(conference.guests, organizer=None)
            await conference.apply()


async def settle_guests(live: LiveDay, conference: Conference) -> None:
    """Ends the check of one who is no longer checked here, and the visit of one who may no longer be in.

    For a plan that changed, with the room held.
    """
    before, day, room = conference.guests, live.day, conference.room.id
    inside = conference.current()
    guests = before
    if before.check is not None:
        specialist, participant = before.check
        row = day.interview_of(participant)
        checked = row is not None and row.room_id == room and row.interview.state in CHECKED
        if not checked or not _may_visit(live, specialist):
            guests = replace(guests, check=None)
    if before.organizer is not None and (
        not _may_visit(live, before.organizer)
        or (inside is not None and inside.assistant_seat_id is not None)
    ):
        guests = replace(guests, organizer=None)
    if guests == before:
        return
    try:
        async with live.services.store.begin() as session:
            if guests.check != before.check:
                await _journal_end_of_check(live, session, conference)
            if guests.organizer != before.organizer:
                await _journal_leave(live, session, conference)
    except StoreError as error:
        log.error("a guest is out, but that is not on record: %s", error)
    conference.guests = guests


def _may_visit(live: LiveDay, seat: str) -> bool:
    place = live.places.get(seat)
    return place is not None and place.row.revoked_at is None


async def _take(
    live: LiveDay, conference: Conference, row: InterviewRow, step: Step, by: SeatRow, reason: str | None
) -> None:
    before = await conference.media.report() if step in _MOVING else None
    async with live.services.store.begin() as session:
        after = await interviews.step(
            session, row.id, step, by=by, at=live.services.clock.now(), reason=reason
        )
        enters = after.interview.state in IN_CONFERENCE and row.interview.state not in IN_CONFERENCE
        leaves = row.interview.state in IN_CONFERENCE and after.interview.state not in IN_CONFERENCE
        if enters:
            await _count(live, session, after, _packets(before), "admission")
        guests = _guests_after(conference.guests, after)
        if conference.guests.check != guests.check:
            await _journal_end_of_check(live, session, conference)
        if conference.guests.organizer != guests.organizer:
            await _journal_leave(live, session, conference)
    live.put(after)
    conference.guests = guests
    if enters or leaves:
        live.places[row.seat_id].lost_plugs.clear()
    if leaves:
        conference.recorder_alarms.clear()
    report = await conference.apply()
    if leaves:
        try:
            async with live.services.store.begin() as session:
                await _count(live, session, after, _packets(before, report), "end")
        except StoreError as error:
            log.error("the step was taken, but its counters are not on record: %s", error)


def _guests_after(guests: Guests, after: InterviewRow) -> Guests:
    """A check ends when its participant no longer tests or waits; an assistant has the third person's place."""
    if guests.check is not None and guests.check[1] == after.seat_id and after.interview.state not in CHECKED:
        guests = replace(guests, check=None)
    if after.interview.state in IN_CONFERENCE and after.assistant_seat_id is not None:
        guests = replace(guests, organizer=None)
    return guests


def _packets(*reports: Report | None) -> dict[str, dict[str, int]] | None:
    """Media packets by seat and jack, by the last report that knows the seat: one who is over is in no later one."""
    known = [report.packets() for report in reports if report is not None]
    return {seat: jacks for seats in known for seat, jacks in seats.items()} if known else None


async def _count(
    live: LiveDay,
    session: AsyncSession,
    row: InterviewRow,
    seats: dict[str, dict[str, int]] | None,
    when: str,
) -> None:
    """Media packets sent to each jack of the room, on record at admission and at the end (D-10)."""
    own = 0 if seats is None else sum(seats.get(row.seat_id, {}).values())
    await live.write(
        session,
        "media.counters",
        row=row,
        seat=row.seat_id,
        data={"when": when, "known": seats is not None, "to_participant": own, "seats": seats or {}},
    )


async def _journal_end_of_check(live: LiveDay, session: AsyncSession, conference: Conference) -> None:
    if conference.guests.check is not None:
        specialist, participant = conference.guests.check
        await live.write(session, "check.stop", row=live.day.interview_of(participant), seat=specialist)


async def _journal_leave(live: LiveDay, session: AsyncSession, conference: Conference) -> None:
    await live.write(session, "organizer.leave", room=conference.room.id, seat=conference.guests.organizer)


def _require_checkable(conference: Conference, row: InterviewRow, by: SeatRow) -> None:
    if row.interview.state not in CHECKED:
        raise Refused("not_now", "Проверить связь можно с тем, кто проверяет устройства или ждёт.")
    check = conference.guests.check
    if check is not None and check[0] != by.id:
        raise Refused("check_taken", "В этой аудитории связь уже проверяет другой специалист.")


def _require_free_for_third(conference: Conference, by: SeatRow) -> None:
    assert by.kind is SeatKind.ORGANIZER
    if conference.guests.organizer not in {None, by.id}:
        raise Refused("third_taken", "В аудитории уже другой организатор.")
    inside = conference.current()
    if inside is not None and inside.assistant_seat_id is not None:
        raise Refused(
            "third_taken",
            "С участником работает ассистент. Напишите собеседнику или завершите экзамен отсюда.",
        )
