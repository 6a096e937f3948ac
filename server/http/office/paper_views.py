"""What is printed of a day, gathered from its book as the views of `server.forms`."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from server.exam.people import IN_ROOM, ROLE_NAMES, CommissionRole
from server.forms.cards import LinkCard, LinkCards
from server.forms.head import Head
from server.forms.lists import (
    Attendance,
    CommissionMember,
    CommissionPart,
    Commissions,
    ListedParticipant,
    ParticipantList,
)
from server.forms.plans import (
    Call,
    CallList,
    Duty,
    PersonDay,
    PersonDays,
    RoomPlan,
    RoomPlans,
    Slip,
    Slips,
    Slot,
)
from server.forms.report import Absentee, ClassCount, DayReport
from server.store.plan_inputs import Book, minutes_of
from server.store.records import InterviewRow, Room
from server.store.sittings import SittingRow
from server.store.staff import MemberRow, Order

from .board_view import is_absent, report
from .words import capital, short_date

READY_BEFORE = timedelta(minutes=15)
"""How long before the interview the link is to be open."""
CHECKING = frozenset({CommissionRole.EXPERT, CommissionRole.CHECKING_CHAIR})
"""Who is in the commission of checking; all others are in that of conducting."""


@dataclass(frozen=True, slots=True)
class Paper:
    """The book of a day with what only printing needs."""

    book: Book
    orders: tuple[Order, ...]
    now: datetime
    organizer: str
    link_of: Callable[[str, int], str]
    """The address of a seat's link, by its id and the number of its replacements."""
    room: int | None = None
    """Only of this room; None: of all."""

    @property
    def head(self) -> Head:
        school, profile = self.book.day.school, self.book.profile
        return Head(
            region="" if profile is None else profile.about.region,
            municipality=school.municipality,
            school_code=school.code,
            school=school.name,
            day=self.book.day.day.date,
            phone=school.phone,
        )

    def local(self, at: datetime) -> time:
        return at.astimezone(self.book.day.school.zone).time().replace(second=0, microsecond=0)

    def planned(self, room_id: int | None = None) -> list[tuple[SittingRow, InterviewRow, datetime]]:
        """Those who have a place in the plan, by time."""
        found = [
            (one, row, row.interview.planned_at)
            for one in self.book.sittings
            if (row := self.book.interview(one)) is not None
            and row.interview.planned_at is not None
            and room_id in (None, row.room_id)
            and self.room in (None, row.room_id)
        ]
        return sorted(found, key=lambda one: (one[2], one[1].room_id))

    def names(self, role: CommissionRole, room_id: int) -> str:
        """Those of the role in the room, by their full names."""
        return ", ".join(str(one.person.person.name) for one in self.book.in_role(role, room_id))

    def minutes(self, sitting: SittingRow, row: InterviewRow) -> int:
        return row.planned_minutes or minutes_of(self.book.profile, sitting.person)


def participant_list(paper: Paper) -> ParticipantList:
    """ИС-01 with rooms and «Н» (D-25)."""
    book, rows = paper.book, []
    for one in book.sittings:
        row = book.interview(one)
        room = "" if row is None else book.day.room(row.room_id).number
        person = one.person.participant
        rows.append(ListedParticipant(person.name, person.class_label, room, is_absent(book, one)))
    return ParticipantList(paper.head, tuple(rows))


def room_plans(paper: Paper) -> RoomPlans:
    rooms = [room for room in paper.book.day.rooms if paper.planned(room.id)]
    return RoomPlans(paper.head, tuple(_room_plan(paper, room) for room in rooms))


def _room_plan(paper: Paper, room: Room) -> RoomPlan:
    observers = paper.names(CommissionRole.OBSERVER, room.id)
    return RoomPlan(
        room=room.number,
        examiner=paper.names(CommissionRole.EXAMINER, room.id),
        expert=paper.names(CommissionRole.EXPERT, room.id),
        others=(f"общественный наблюдатель — {observers}",) if observers else (),
        slots=tuple(_slot(paper, one, row, at) for one, row, at in paper.planned(room.id)),
    )


def _slot(paper: Paper, sitting: SittingRow, row: InterviewRow, at: datetime) -> Slot:
    person, minutes = sitting.person.participant, paper.minutes(sitting, row)
    notes = []
    if paper.book.scheme(sitting.person.id) == 2:
        notes.append("схема 2, без эксперта")
    if person.break_minutes:
        notes.append(f"перерыв {person.break_minutes} мин")
    return Slot(
        begins=paper.local(at),
        ends=paper.local(at + timedelta(minutes=minutes)),
        name=person.name,
        class_label=person.class_label,
        minutes=minutes,
        more_time=person.more_time,
        note=", ".join(notes),
    )


def person_days(paper: Paper) -> PersonDays:
    """A page for each of the commission."""
    members = [one for one in paper.book.members if one.away_from is None]
    return PersonDays(
        paper.head,
        tuple(
            PersonDay(one.person.person.name, capital(ROLE_NAMES[one.role]), _duties(paper, one))
            for one in members
        ),
    )


def _duties(paper: Paper, member: MemberRow) -> tuple[Duty, ...]:
    """The day as a whole, or the interviews of the own room or participant."""
    own = [
        (one, row, at)
        for one, row, at in paper.planned()
        if (member.role in IN_ROOM and member.room_id == row.room_id)
        or (member.participant_id is not None and member.participant_id == one.person.id)
    ]
    if member.role is CommissionRole.EXPERT:
        own = [one for one in own if paper.book.scheme(one[0].person.id) == 1]
    if not own:
        day = paper.book.day.day
        return (Duty(paper.local(day.starts_at), None, "Начало собеседования"),)
    return tuple(
        Duty(
            paper.local(at),
            paper.local(at + timedelta(minutes=paper.minutes(one, row))),
            f"{one.person.participant.name}, {one.person.participant.class_label}",
            paper.book.day.room(row.room_id).number,
        )
        for one, row, at in own
    )


def call_list(paper: Paper) -> CallList:
    calls = []
    for one, row, at in paper.planned():
        person = one.person.participant
        phone = next((parent.phone for parent in person.representatives if parent.phone), "")
        number = paper.book.day.room(row.room_id).number
        calls.append(Call(paper.local(at), number, person.name, person.class_label, person.more_time, phone))
    return CallList(paper.head, tuple(calls))


def slips(paper: Paper) -> Slips:
    return Slips(
        paper.head,
        tuple(
            Slip(
                one.person.participant.name,
                one.person.participant.class_label,
                paper.local(at - READY_BEFORE),
                paper.local(at),
                paper.minutes(one, row),
                paper.book.day.room(row.room_id).number,
            )
            for one, row, at in paper.planned()
        ),
    )


def commissions(paper: Paper) -> Commissions:
    """Both commissions with the orders that approved them (C-03)."""
    known = {one.kind: f"приказ от {short_date(one.approved_on)} № {one.number}" for one in paper.orders}
    present = [one for one in paper.book.members if one.away_from is None]
    conducting = [one for one in present if one.role not in CHECKING]
    checking = [one for one in present if one.role in CHECKING]
    return Commissions(
        paper.head,
        (
            CommissionPart(
                "Комиссия по проведению", _members(paper, conducting), known.get("conducting", "")
            ),
            CommissionPart("Комиссия по проверке", _members(paper, checking), known.get("checking", "")),
        ),
    )


def attendance(paper: Paper) -> Attendance:
    return Attendance(paper.head, _members(paper, paper.book.members), blank_rows=3)


def _members(paper: Paper, members: Any) -> tuple[CommissionMember, ...]:
    numbers = {room.id: room.number for room in paper.book.day.rooms}
    return tuple(
        CommissionMember(
            one.role,
            one.person.person.name,
            one.person.person.position,
            one.person.person.workplace,
            numbers.get(one.room_id or 0, ""),
        )
        for one in members
    )


def day_report(paper: Paper) -> DayReport:
    """Plan, fact, absent with reasons, as it is now (C-05)."""
    book = paper.book
    labels = list(dict.fromkeys(one.person.participant.class_label for one in book.sittings))
    counts = [(label, report(book, label)) for label in labels]
    return DayReport(
        paper.head,
        paper.local(paper.now),
        tuple(ClassCount(label, one.planned, one.present, one.absent) for label, one in counts),
        tuple(
            Absentee(
                one.person.participant.name,
                one.person.participant.class_label,
                "" if one.absence is None else one.absence.reason,
            )
            for one in book.sittings
            if is_absent(book, one)
        ),
        paper.organizer,
    )


def link_cards(paper: Paper, chosen: frozenset[int] | None = None) -> LinkCards:
    """Cards of those with a valid link; `chosen` are sittings (D-07)."""
    cards = []
    for one, _, at in paper.planned():
        seat = paper.book.day.seat(one.seat_id or "")
        if seat.revoked_at is None and (chosen is None or one.id in chosen):
            person = one.person.participant
            cards.append(
                LinkCard(
                    person.name,
                    paper.link_of(seat.id, seat.link_number),
                    paper.local(at - READY_BEFORE),
                    person.class_label,
                    person.number,
                )
            )
    return LinkCards(paper.head, tuple(cards))
