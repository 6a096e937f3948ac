"""A plan written into the day: seats, interviews, and what must never be moved."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

import pytest

from media.layout import SeatKind
from scheduling.plan import Habits, Plan, make_plan
from server.errors import Refused
from server.exam.interview import InterviewState, Step
from server.exam.people import CommissionRole, Name, Participant, StaffPerson
from server.exam.profile_parts import Category
from server.store import days, following, interviews, journal, participants, plans, rooms, sittings, staff
from server.store.database import Store
from server.store.plan_inputs import Book, current_plan, load_book, load_inputs
from server.store.records import InterviewRow, SeatRow

MORNING = datetime(2026, 2, 11, 6, tzinfo=UTC)
ROLES = (
    (CommissionRole.EXAMINER, 0),
    (CommissionRole.EXPERT, 0),
    (CommissionRole.EXAMINER, 1),
    (CommissionRole.EXPERT, 1),
    (CommissionRole.SPECIALIST, None),
    (CommissionRole.ORGANIZER, None),
)


def on_the_spot(_: participants.ParticipantRow) -> int:
    return 1


@dataclass
class Planned:
    store: Store
    day: int
    rooms: list[int]
    people: list[int]
    members: dict[tuple[CommissionRole, int | None], int]

    async def book(self) -> Book:
        async with self.store.read() as session:
            return await load_book(session, self.day, None)

    async def make(self) -> Plan:
        book = await self.book()
        start = MORNING.astimezone(book.day.school.zone)
        return make_plan(load_inputs(book, Habits(start, start + timedelta(hours=8))))

    async def apply(self, plan: Plan) -> plans.Counts:
        async with self.store.begin() as session:
            return await plans.apply(session, self.day, plan, MORNING)

    async def step(self, person: int, *steps: Step) -> None:
        book = await self.book()
        sitting = book.sitting(self.people[person])
        assert sitting is not None
        row = book.interview(sitting)
        assert row is not None
        own = book.day.seat(row.seat_id)
        examiner = next(
            one for one in book.day.seats if one.kind is SeatKind.EXAMINER and one.room_id == row.room_id
        )
        async with self.store.begin() as session:
            for step in steps:
                by = own if step in {Step.CONNECT, Step.JOIN_QUEUE} else examiner
                await interviews.step(session, row.id, step, by=by, at=MORNING)


@pytest.fixture
async def planned(store: Store) -> Planned:
    """Two rooms with their staff, six participants, the third with OVZ and an assistant."""
    async with store.begin() as session:
        school = await days.add_school(session, code="1", name="Школа", phone="+7", timezone="Europe/Moscow")
        day = await days.add_day(
            session,
            school_id=school.id,
            date=date(2026, 2, 11),
            opens_at=MORNING - timedelta(hours=1),
            starts_at=MORNING,
            closes_at=MORNING + timedelta(hours=9),
        )
        found = [await rooms.add(session, day.id, number=number, title="") for number in ("07", "12")]
        members = {}
        for number, (role, room) in enumerate(ROLES):
            person = await staff.add_person(
                session, school.id, StaffPerson(Name(f"Сотрудник{number}", "Имя"))
            )
            member = await staff.appoint(
                session,
                day_id=day.id,
                person_id=person.id,
                role=role,
                room_id=None if room is None else found[room].id,
            )
            members[role, room] = member.id
        people = []
        for number in range(6):
            one = Participant(Name(f"Участник{number}", "Имя"), "9А")
            if number == 2:
                one = replace(one, category=Category.OTHER)
            row = await participants.add(session, school.id, one, at=MORNING)
            people.append(row.id)
        helper = await staff.add_person(session, school.id, StaffPerson(Name("Помощник", "Имя")))
        member = await staff.appoint(
            session,
            day_id=day.id,
            person_id=helper.id,
            role=CommissionRole.ASSISTANT,
            participant_id=people[2],
        )
        members[CommissionRole.ASSISTANT, None] = member.id
        await sittings.enroll(session, day.id, people)
    return Planned(store, day.id, [one.id for one in found], people, members)


async def test_an_applied_plan_is_the_plan_in_force(planned: Planned) -> None:
    plan = await planned.make()
    counts = await planned.apply(plan)
    assert counts.added == 6
    book = await planned.book()
    wanted = {(one.participant, one.room, one.starts_at, one.minutes) for one in plan.appointments}
    kept = {
        (one.participant, one.room, one.starts_at, one.minutes) for one in current_plan(book).appointments
    }
    assert kept == wanted
    assert len(wanted) == 6
    async with planned.store.read() as session:
        [entry] = await journal.of_day(session, planned.day, event="plan.applied")
    assert entry.data is not None
    assert entry.data["added"] == 6


async def test_participants_come_by_link_and_staff_by_signing_in(planned: Planned) -> None:
    await planned.apply(await planned.make())
    day = (await planned.book()).day
    for seat in day.seats:
        assert seat.by_link == (seat.kind is SeatKind.PARTICIPANT)
        assert (seat.participant_id is None) == (seat.kind is not SeatKind.PARTICIPANT)
    kinds = sorted(seat.kind.value for seat in day.seats if seat.kind is not SeatKind.PARTICIPANT)
    assert kinds == sorted(["examiner", "expert"] * 2 + ["specialist", "organizer", "assistant"])


async def test_the_assistant_is_with_the_own_participant_and_follows_him(planned: Planned) -> None:
    plan = await planned.make()
    await planned.apply(plan)
    before = await _helped(planned)
    other = next(room for room in planned.rooms if room != before.room_id)
    moved = replace(
        plan,
        appointments=tuple(
            replace(one, room=other, starts_at=one.starts_at + timedelta(hours=4))
            if one.participant == planned.people[2]
            else one
            for one in plan.appointments
        ),
    )
    await planned.apply(moved)
    after = await _helped(planned)
    assert (after.room_id, after.assistant_seat_id) == (other, before.assistant_seat_id)
    day = (await planned.book()).day
    assert after.assistant_seat_id is not None
    assert day.seat(after.assistant_seat_id).room_id == other


async def _helped(planned: Planned) -> InterviewRow:
    book = await planned.book()
    sitting = book.sitting(planned.people[2])
    assert sitting is not None
    row = book.interview(sitting)
    assert row is not None
    assert row.ovz
    assert row.assistant_seat_id is not None
    return row


async def test_a_new_plan_keeps_seats_links_and_states_of_those_who_wait(planned: Planned) -> None:
    plan = await planned.make()
    await planned.apply(plan)
    await planned.step(0, Step.CONNECT, Step.JOIN_QUEUE)
    before = await planned.book()
    swapped = {planned.rooms[0]: planned.rooms[1], planned.rooms[1]: planned.rooms[0]}
    mirrored = replace(
        plan, appointments=tuple(replace(one, room=swapped[one.room]) for one in plan.appointments)
    )
    counts = await planned.apply(mirrored)
    assert counts.added == 0
    after = await planned.book()
    assert {one.person.id: one.seat_id for one in after.sittings} == {
        one.person.id: one.seat_id for one in before.sittings
    }
    states = {row.id: row.interview.state for row in before.day.interviews}
    assert {row.id: row.interview.state for row in after.day.interviews} == states
    assert InterviewState.WAITING in states.values()
    for row in after.day.interviews:
        assert row.room_id == swapped[before.day.interview(row.id).room_id]
        assert after.day.seat(row.seat_id).room_id == row.room_id


async def test_whoever_is_admitted_in_the_exam_or_over_is_never_moved(planned: Planned) -> None:
    plan = await planned.make()
    await planned.apply(plan)
    first = [
        min(plan.appointments, key=lambda one: (one.starts_at, room != one.room)) for room in planned.rooms
    ]
    inside = planned.people.index(first[0].participant)
    await planned.step(inside, Step.CONNECT, Step.JOIN_QUEUE, Step.ADMIT)
    over = next(number for number in range(6) if number != inside)
    await planned.step(over, Step.NO_SHOW)
    before = {row.id: row for row in (await planned.book()).day.interviews}
    still = {planned.people[inside], planned.people[over]}
    swapped = {planned.rooms[0]: planned.rooms[1], planned.rooms[1]: planned.rooms[0]}
    await planned.apply(
        replace(plan, appointments=tuple(replace(one, room=swapped[one.room]) for one in plan.appointments))
    )
    book = await planned.book()
    assert book.fixed == still
    for sitting in book.sittings:
        row = book.interview(sitting)
        assert row is not None
        same = row == before[row.id]
        assert same == (sitting.person.id in still)


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
async def test_who_is_admitted_while_a_plan_is_being_approved_stays_where_he_is(planned: Planned) -> None:
    """The admission comes between reading the day and writing the plan; on SQLite it would wait for its turn."""
    plan = await planned.make()
    await planned.apply(plan)
    await planned.step(0, Step.CONNECT, Step.JOIN_QUEUE)
    other = {planned.rooms[0]: planned.rooms[1], planned.rooms[1]: planned.rooms[0]}
    swapped = tuple(replace(one, room=other[one.room]) for one in plan.appointments)
    async with planned.store.begin() as session:
        before = await load_book(session, planned.day, None)
        await planned.step(0, Step.ADMIT)
        await plans.apply(session, planned.day, replace(plan, appointments=swapped), MORNING)
    after = await planned.book()
    for person in planned.people:
        rooms_of = [_room_of(book, person) for book in (before, after)]
        assert (rooms_of[0] == rooms_of[1]) == (person == planned.people[0])


def _room_of(book: Book, person: int) -> int:
    sitting = book.sitting(person)
    assert sitting is not None
    row = book.interview(sitting)
    assert row is not None
    assert book.day.seat(row.seat_id).room_id == row.room_id
    return row.room_id


async def test_orders_in_a_room_follow_the_times_and_never_repeat(planned: Planned) -> None:
    plan = await planned.make()
    await planned.apply(plan)
    late = max(one.starts_at for one in plan.appointments)
    turned = tuple(replace(one, starts_at=late - (one.starts_at - MORNING)) for one in plan.appointments)
    await planned.apply(replace(plan, appointments=turned))
    day = (await planned.book()).day
    for room in planned.rooms:
        rows = day.in_room(room)
        assert [row.interview.order for row in rows] == list(range(1, len(rows) + 1))
        times = [row.interview.planned_at for row in rows]
        assert times == sorted(times, key=lambda at: at or MORNING)


async def test_one_taken_out_of_the_plan_keeps_the_link_and_has_no_interview(planned: Planned) -> None:
    plan = await planned.make()
    await planned.apply(plan)
    left = replace(plan, appointments=plan.appointments[1:])
    assert (await planned.apply(left)).removed == 1
    book = await planned.book()
    sitting = book.sitting(plan.appointments[0].participant)
    assert sitting is not None
    assert sitting.seat_id is not None
    assert book.interview(sitting) is None
    assert book.day.seat(sitting.seat_id).revoked_at is None
    assert (await planned.apply(plan)).added == 1
    again = (await planned.book()).sitting(plan.appointments[0].participant)
    assert again is not None
    assert again.seat_id == sitting.seat_id


async def test_an_ill_examiner_loses_the_seat_and_gets_it_back(planned: Planned) -> None:
    plan = await planned.make()
    await planned.apply(plan)
    member = planned.members[CommissionRole.EXAMINER, 0]
    async with planned.store.begin() as session:
        await staff.set_away(session, planned.day, member, MORNING)
    await planned.apply(plan)
    seat = await _seat_of(planned, member)
    assert seat.revoked_at == MORNING
    async with planned.store.begin() as session:
        await staff.set_away(session, planned.day, member, None)
    await planned.apply(plan)
    assert replace(seat, revoked_at=None) == await _seat_of(planned, member)


async def _seat_of(planned: Planned, member_id: int) -> SeatRow:
    book = await planned.book()
    member = next(one for one in book.members if one.id == member_id)
    assert member.seat_id is not None
    return book.day.seat(member.seat_id)


async def test_a_plan_with_a_stranger_is_refused_and_changes_nothing(planned: Planned) -> None:
    plan = await planned.make()
    strange = replace(plan, appointments=(replace(plan.appointments[0], participant=999_999),))
    with pytest.raises(Refused, match="plan_stale"):
        await planned.apply(strange)
    assert (await planned.book()).day.interviews == ()


async def test_one_withdrawn_has_no_link_any_more(planned: Planned) -> None:
    await planned.apply(await planned.make())
    async with planned.store.begin() as session:
        await plans.unplan(session, planned.day, planned.people[0], MORNING)
    sitting = (await planned.book()).sitting(planned.people[0])
    assert sitting is not None
    assert sitting.seat_id is not None
    assert (await planned.book()).day.seat(sitting.seat_id).revoked_at == MORNING
    async with planned.store.begin() as session:
        await sittings.withdraw(session, planned.day, sitting.id)
    assert (await planned.book()).sitting(planned.people[0]) is None


async def test_one_who_has_connected_is_not_withdrawn(planned: Planned) -> None:
    await planned.apply(await planned.make())
    await planned.step(0, Step.CONNECT)
    with pytest.raises(Refused, match="was_here"):
        async with planned.store.begin() as session:
            await plans.unplan(session, planned.day, planned.people[0], MORNING)


async def test_nobody_absent_is_planned(planned: Planned) -> None:
    await planned.apply(await planned.make())
    sitting = (await planned.book()).sitting(planned.people[1])
    assert sitting is not None
    async with planned.store.begin() as session:
        await sittings.mark_absent(session, planned.day, sitting.id, at=MORNING, by="x")
    book = await planned.book()
    assert len(load_inputs(book, Habits(MORNING, MORNING + timedelta(hours=8))).candidates) == 5


async def test_room_numbers_are_unique_in_a_day(planned: Planned) -> None:
    with pytest.raises(Refused, match="room_taken"):
        async with planned.store.begin() as session:
            await rooms.add(session, planned.day, number="07", title="")


async def test_a_corrected_card_is_followed_by_the_days_ahead_and_the_link_stays(planned: Planned) -> None:
    await planned.apply(await planned.make())
    book = await planned.book()
    who = planned.people[0]
    before = next(seat for seat in book.day.seats if seat.participant_id == who)
    corrected = Participant(Name("Ёлкина", "Анна", "Львовна"), "9Б", disabled=True)
    async with planned.store.begin() as session:
        await participants.change(session, book.day.school.id, who, corrected, at=MORNING)
        assert await following.participants_changed(session, [who], MORNING, scheme=on_the_spot) == {
            planned.day
        }
        assert (
            await following.participants_changed(session, planned.people, MORNING, scheme=on_the_spot)
            == frozenset()
        )
    day = (await planned.book()).day
    seat = day.seat(before.id)
    assert (seat.name, seat.link_number) == ("Ёлкина Анна Львовна", before.link_number)
    row = day.interview_of(seat.id)
    assert row is not None
    assert (row.class_label, row.ovz) == ("9Б", True)


async def test_the_scheme_is_the_plans_and_follows_the_card_until_the_interview_begins(
    planned: Planned,
) -> None:
    """D-21: whom no expert may hear is written into the interview, where the conference finds it."""
    plan = await planned.make()
    by_record = planned.people[1]
    async with planned.store.begin() as session:
        await plans.apply(session, planned.day, plan, MORNING, schemes={by_record: 2})

    async def schemes() -> dict[int, int]:
        book = await planned.book()
        rows = {one.person.id: book.interview(one) for one in book.sittings}
        return {person: row.scheme for person, row in rows.items() if row is not None}

    assert await schemes() == {person: 2 if person == by_record else 1 for person in planned.people}
    await planned.step(0, Step.CONNECT, Step.JOIN_QUEUE, Step.ADMIT)
    async with planned.store.begin() as session:
        await following.participants_changed(
            session, planned.people, MORNING, scheme=lambda one: 1 if one.id == by_record else 2
        )
    turned = {person: 1 if person in (planned.people[0], by_record) else 2 for person in planned.people}
    assert await schemes() == turned
    await planned.apply(plan)
    assert await schemes() == dict.fromkeys(planned.people, 1)


async def test_what_has_begun_keeps_its_class_and_a_day_that_is_over_keeps_the_name(planned: Planned) -> None:
    await planned.apply(await planned.make())
    await planned.step(0, Step.CONNECT, Step.JOIN_QUEUE, Step.ADMIT, Step.BEGIN)
    book = await planned.book()
    who = planned.people[0]
    corrected = Participant(Name("Ёлкина", "Анна"), "9Б", disabled=True)
    async with planned.store.begin() as session:
        await participants.change(session, book.day.school.id, who, corrected, at=MORNING)
        over = book.day.day.closes_at
        assert await following.participants_changed(session, [who], over, scheme=on_the_spot) == frozenset()
        assert await following.participants_changed(session, [who], MORNING, scheme=on_the_spot) == {
            planned.day
        }
    day = (await planned.book()).day
    seat = next(seat for seat in day.seats if seat.participant_id == who)
    row = day.interview_of(seat.id)
    assert row is not None
    assert (seat.name, row.class_label, row.ovz) == ("Ёлкина Анна", "9А", False)


async def test_a_corrected_name_of_the_staff_is_on_the_seat(planned: Planned) -> None:
    await planned.apply(await planned.make())
    book = await planned.book()
    member = next(one for one in book.members if one.role is CommissionRole.SPECIALIST)
    async with planned.store.begin() as session:
        card = replace(member.person.person, name=Name("Новая", "Фамилия"))
        await staff.change_person(session, book.day.school.id, member.person.id, card)
        assert await following.person_changed(session, member.person.id, MORNING) == {planned.day}
    seat = next(one for one in (await planned.book()).day.seats if one.kind is SeatKind.SPECIALIST)
    assert seat.name == "Новая Фамилия"
