"""What the plan of a day is made from, gathered from the store, and the plan that is in force."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from scheduling.plan_parts import (
    STANDARD_MINUTES,
    Appointment,
    Candidate,
    Habits,
    Inputs,
    Plan,
    RoomInPlan,
    StaffInPlan,
)
from server.errors import Refused
from server.exam import rights
from server.exam.interview import BEFORE_CONFERENCE
from server.exam.people import CommissionRole
from server.exam.profile import Profile
from server.exam.rights import SchemeOf

from . import days, sittings, staff
from .participants import ParticipantRow
from .records import Day, InterviewRow, Room
from .sittings import SittingRow
from .staff import MemberRow


@dataclass(frozen=True, slots=True)
class Book:
    """A day with all who sit and all who work, and how each is scored."""

    day: Day
    sittings: tuple[SittingRow, ...]
    members: tuple[MemberRow, ...]
    schemes: dict[int, SchemeOf | str]
    """By participant; a sentence where the scheme cannot be told (D-21)."""
    profile: Profile | None

    def interview(self, sitting: SittingRow) -> InterviewRow | None:
        return None if sitting.seat_id is None else self.day.interview_of(sitting.seat_id)

    def sitting(self, participant_id: int) -> SittingRow | None:
        return next((one for one in self.sittings if one.person.id == participant_id), None)

    def scheme(self, participant_id: int) -> int:
        """1 where the rules do not tell."""
        found = self.schemes.get(participant_id)
        return found.number if isinstance(found, SchemeOf) else 1

    @property
    def fixed(self) -> frozenset[int]:
        """Participants whom no plan moves any more: admitted, in the exam, or over."""
        return frozenset(
            one.person.id
            for one in self.sittings
            if (row := self.interview(one)) is not None and row.interview.state not in BEFORE_CONFERENCE
        )

    def in_role(self, role: CommissionRole, room_id: int | None = None) -> list[MemberRow]:
        """Those of the role who are there, of that room if one is given."""
        return [
            one
            for one in self.members
            if one.role is role and one.away_from is None and room_id in (None, one.room_id)
        ]


async def load_book(session: AsyncSession, day_id: int, profile: Profile | None) -> Book:
    day = await days.load_day(session, day_id)
    found = await sittings.of_day(session, day_id)
    schemes = {one.person.id: scheme_of(profile, one.person, day.school.chosen_scheme) for one in found}
    return Book(day, found, await staff.members(session, day_id), schemes, profile)


def scheme_number(profile: Profile | None, person: ParticipantRow, chosen: int | None) -> int:
    """1 where the rules do not tell."""
    found = scheme_of(profile, person, chosen)
    return found.number if isinstance(found, SchemeOf) else 1


def scheme_of(profile: Profile | None, person: ParticipantRow, chosen: int | None) -> SchemeOf | str:
    """The scheme with its reason, or the sentence that says what is lacking (D-21)."""
    if profile is None:
        return "Для школы не выбран регион: схему оценивания определить нельзя."
    one = person.participant
    choice: rights.Number | None = None
    if profile.scheme.choice == "school" and chosen in (1, 2):
        choice = 1 if chosen == 1 else 2
    try:
        return rights.scheme(
            profile, rights.Sitting(one.form, one.answer, one.category, one.place), chosen=choice
        )
    except Refused as problem:
        return problem.text


def minutes_of(profile: Profile | None, person: ParticipantRow) -> int:
    """How long an interview is planned (D-19)."""
    minutes = STANDARD_MINUTES if profile is None or profile.exam.minutes is None else profile.exam.minutes[1]
    more = 30 if profile is None else profile.exam.ovz_more
    return minutes + (more if person.participant.more_time else 0)


def load_inputs(book: Book, habits: Habits) -> Inputs:
    """All that `scheduling.plan` needs. Who is absent needs no appointment, and nobody is planned into a lost room."""
    return Inputs(
        habits=habits,
        rooms=tuple(_room(book, room) for room in book.day.rooms if _counts(book, room)),
        candidates=tuple(_candidate(book, one) for one in book.sittings if one.absence is None),
        staff=tuple(_staff(book.members)),
    )


def current_plan(book: Book) -> Plan:
    """The plan in force: the interviews as they are kept. Interviews without a time are in no plan."""
    found: list[Appointment] = []
    for sitting in book.sittings:
        row = book.interview(sitting)
        if row is None or row.interview.planned_at is None or sitting.absence is not None:
            continue
        examiner = next(iter(book.in_role(CommissionRole.EXAMINER, row.room_id)), None)
        expert = next(iter(book.in_role(CommissionRole.EXPERT, row.room_id)), None)
        found.append(
            Appointment(
                participant=sitting.person.id,
                room=row.room_id,
                order=row.interview.order,
                starts_at=row.interview.planned_at.astimezone(book.day.school.zone),
                minutes=row.planned_minutes or minutes_of(book.profile, sitting.person),
                examiner=0 if examiner is None else examiner.person.id,
                expert=None if expert is None or book.scheme(sitting.person.id) == 2 else expert.person.id,
                break_after=sitting.person.participant.break_minutes,
            )
        )
    return Plan(tuple(sorted(found, key=lambda one: (one.room, one.starts_at, one.order))))


def _counts(book: Book, room: Room) -> bool:
    """A lost room counts while somebody was examined in it."""
    return room.closed_at is None or any(
        row.interview.state not in BEFORE_CONFERENCE for row in book.day.in_room(room.id)
    )


def _room(book: Book, room: Room) -> RoomInPlan:
    return RoomInPlan(
        id=room.id,
        number=room.number,
        examiners=_ids(book.in_role(CommissionRole.EXAMINER, room.id)),
        experts=_ids(book.in_role(CommissionRole.EXPERT, room.id)),
        closes_at=_to_minute(room.closed_at),
    )


def _ids(members: Iterable[MemberRow]) -> tuple[int, ...]:
    return tuple(one.person.id for one in members)


def _to_minute(at: datetime | None) -> datetime | None:
    return None if at is None else at.replace(second=0, microsecond=0)


def _candidate(book: Book, sitting: SittingRow) -> Candidate:
    person, one = sitting.person, sitting.person.participant
    return Candidate(
        id=person.id,
        name=one.name.short,
        class_label=one.class_label,
        minutes=minutes_of(book.profile, person),
        break_after=one.break_minutes,
        scheme=book.scheme(person.id),
        family=one.family,
        familiar_examiner=person.familiar_examiner_id,
        avoid=person.kin - {person.familiar_examiner_id or 0},
        assistants=frozenset(
            member.person.id
            for member in book.in_role(CommissionRole.ASSISTANT)
            if member.participant_id == person.id
        ),
    )


def _staff(members: Collection[MemberRow]) -> list[StaffInPlan]:
    """Each person once; away only where away in every role."""
    found: dict[int, StaffInPlan] = {}
    for one in members:
        away = _to_minute(one.away_from)
        known = found.get(one.person.id)
        if known is None or away is None:
            found[one.person.id] = StaffInPlan(one.person.id, one.person.person.name.short, away)
    return list(found.values())
