"""From the live day to the facts of one seat: the only place that decides what a kind of seat may know."""

from datetime import datetime

from media.layout import SeatKind
from scheduling import queue
from server.exam.interview import BEFORE_CONFERENCE, IN_CONFERENCE, InterviewState, Step, allowed
from server.exam.seats import DAY_WIDE, STAFF
from server.store.records import InterviewRow, SeatRow

from . import cast, devices
from .conference import Conference
from .day import LiveDay
from .facts import (
    AssistantFacts,
    HouseFacts,
    ListenerFacts,
    OtherDevice,
    ParticipantFacts,
    PersonFacts,
    RecordingFacts,
    RoomFacts,
    SeatFacts,
    VerdictFacts,
)
from .place import Place


def participant(live: LiveDay, row: InterviewRow, now: datetime) -> ParticipantFacts:
    """The participant's own state; of others only whether his turn is next, and when it may come (D-10)."""
    day, conference = live.day, live.conferences[row.room_id]
    place, state = live.places[row.seat_id], row.interview.state
    inside, waits = state in IN_CONFERENCE, state is InterviewState.WAITING
    head = cast.next_waiting(day, row.room_id) if waits else None
    minutes = None
    if waits:
        room = [other.interview for other in day.in_room(row.room_id)]
        minutes = queue.estimate(row.interview, room, now=now, starts_at=day.day.starts_at)
    return ParticipantFacts(
        state=state,
        opens_at=day.day.opens_at,
        starts_at=day.day.starts_at,
        school=day.school.name,
        phone=day.school.phone,
        informed=row.informed_agreed,
        encoders=cast.encoders_on(day, row, conference.guests),
        next=head is not None and head.id == row.id,
        minutes=minutes,
        check=cast.checked(row, conference.guests),
        begun_at=row.interview.begun_at if inside else None,
        third=inside and _third(live, conference) is not None,
        screen=_screen(live, row.room_id) if inside else None,
        help=place.help,
        alarms=sorted(place.alarms),
    )


def unplanned(live: LiveDay) -> ParticipantFacts:
    """A participant whom the plan has in no room now."""
    day = live.day
    return ParticipantFacts(
        state=None,
        opens_at=day.day.opens_at,
        starts_at=day.day.starts_at,
        school=day.school.name,
        phone=day.school.phone,
    )


def assistant(live: LiveDay, row: InterviewRow) -> AssistantFacts:
    """The assistant's own participant, and nothing of the others."""
    inside = row.interview.state in IN_CONFERENCE
    head = cast.next_waiting(live.day, row.room_id)
    return AssistantFacts(
        room=live.day.room(row.room_id),
        school=live.day.school.name,
        phone=live.day.school.phone,
        opens_at=live.day.day.opens_at,
        encoders=inside or (head is not None and head.id == row.id),
        current=inside,
        begun_at=row.interview.begun_at if inside else None,
        over=not cast.takes_part(row.interview.state),
    )


def room(live: LiveDay, conference: Conference, viewer: SeatKind) -> RoomFacts:
    """A room for its examiner, the specialist or the organizer."""
    day, room_id = live.day, conference.room.id
    rows = {row.id: row for row in day.in_room(room_id)}
    head, inside = cast.next_waiting(day, room_id), cast.current(day, room_id)
    people = [
        person(live, rows[one.id], viewer, head, inside)
        for one in queue.in_order([row.interview for row in rows.values()])
    ]
    return RoomFacts(
        room=conference.room,
        day=day.day,
        people=people,
        current=next((one for one in people if one.state in IN_CONFERENCE), None),
        third=_third(live, conference),
        staff=_staff(live, room_id, viewer),
        notes=conference.notes,
        recording=RecordingFacts(
            on=conference.media.recording,
            alarms=[
                (track, alarm, why) for (track, alarm), why in sorted(conference.recorder_alarms.items())
            ],
        ),
    )


def person(
    live: LiveDay,
    row: InterviewRow,
    viewer: SeatKind,
    head: InterviewRow | None,
    inside: InterviewRow | None,
) -> PersonFacts:
    """A participant with everything the staff may know, given who is next in the room and who is in its conference."""
    place, interview = live.places[row.seat_id], row.interview
    refused = row.informed_agreed is False and interview.state in BEFORE_CONFERENCE
    return PersonFacts(
        interview=row.id,
        seat=row.seat_id,
        name=place.row.name,
        class_label=row.class_label,
        ovz=row.ovz,
        state=interview.state,
        planned_at=interview.planned_at,
        present=place.present(live.services.clock.monotonic()),
        next=head is not None and head.id == row.id,
        device=row.device_report,
        verdict=_verdict(live, row),
        alarms=[*place.all_alarms(), *(["refused"] if refused else [])],
        help=place.help,
        waiting_since=interview.waiting_since,
        admitted_at=interview.admitted_at,
        begun_at=interview.begun_at,
        reversible=allowed(
            interview, Step.REVERSE, viewer, conference_free=inside is None or inside.id == row.id
        ),
        other_device=_other_device(place) if viewer in DAY_WIDE else None,
    )


def listener(live: LiveDay, conference: Conference, kind: SeatKind) -> ListenerFacts:
    """The conference for expert and observer; only the expert is staff.

    To an expert an interview that is scored from the record is none: nothing of it is heard or shown (D-21).
    """
    inside = conference.current()
    if inside is not None and inside.scheme == 2 and kind is SeatKind.EXPERT:
        inside = None
    is_staff = kind in STAFF
    return ListenerFacts(
        room=conference.room,
        day=live.day.day,
        current=None if inside is None else person(live, inside, kind, None, inside),
        recording=conference.media.recording,
        staff=_staff(live, conference.room.id, kind) if is_staff else None,
        notes=conference.notes if is_staff else None,
    )


def house(live: LiveDay, seat: SeatRow) -> HouseFacts:
    """All rooms for a specialist or an organizer."""
    check, entered = None, None
    for conference in live.conferences.values():
        guests = conference.guests
        if guests.check is not None and guests.check[0] == seat.id:
            checked = live.day.interview_of(guests.check[1])
            check = None if checked is None else (checked.id, conference.room.id)
        if guests.organizer == seat.id:
            entered = conference.room.id
    rooms = [room(live, conference, seat.kind) for conference in live.conferences.values()]
    return HouseFacts(day=live.day.day, rooms=rooms, check=check, entered=entered)


_ALL_BUT_PARTICIPANTS = STAFF | {SeatKind.OBSERVER, SeatKind.ASSISTANT}
_ORDER = list(SeatKind)


def _staff(live: LiveDay, room_id: int, viewer: SeatKind) -> list[SeatFacts]:
    """Staff of the room and of the day; the specialist, who cares for every connection, gets the others too."""
    kinds = _ALL_BUT_PARTICIPANTS if viewer is SeatKind.SPECIALIST else STAFF
    rows = [
        seat
        for seat in live.day.seats
        if seat.kind in kinds and seat.room_id in (None, room_id) and seat.revoked_at is None
    ]
    return [_seat(live, seat.id) for seat in sorted(rows, key=lambda seat: _ORDER.index(seat.kind))]


def _seat(live: LiveDay, seat: str) -> SeatFacts:
    place = live.places[seat]
    return SeatFacts(
        seat=seat,
        kind=place.row.kind,
        name=place.row.name,
        present=place.present(live.services.clock.monotonic()),
    )


def _third(live: LiveDay, conference: Conference) -> SeatFacts | None:
    """The third person who is really there."""
    seat = cast.third(live.day, conference.room.id, conference.guests)
    facts = None if seat is None else _seat(live, seat)
    return facts if facts is not None and facts.present else None


def _screen(live: LiveDay, room_id: int) -> bool | None:
    examiner = next(iter(cast.seats_of(live.day, room_id, SeatKind.EXAMINER)), None)
    if examiner is None:
        return None
    place = live.places[examiner.id]
    return False if place.sharing is False else place.screen


def _other_device(place: Place) -> OtherDevice | None:
    seen = devices.stranger(place)
    if seen is None:
        return None
    return OtherDevice(
        at=seen.at,
        browser=seen.browser,
        system=seen.system,
        same_network=seen.same_network,
        beside=seen.beside,
    )


def _verdict(live: LiveDay, row: InterviewRow) -> VerdictFacts | None:
    if row.verdict is None:
        return None
    by = live.places.get(str(row.verdict.get("by")))
    return VerdictFacts(
        verdict=str(row.verdict.get("verdict")),
        note=str(row.verdict.get("note", "")),
        by="" if by is None else by.row.name,
        at=str(row.verdict.get("at")),
    )
