"""Everything of another school, asked for by addresses and forms of the own one: it does not exist, and stays."""

from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from server.exam.people import CommissionRole, Name, Participant, StaffPerson
from server.store import accounts, participants, rooms, schools, sittings, staff, tables
from tests.http.day_office import School, foreign_day, open_school
from tests.signalling.house import Exam

KEPT = (
    tables.Participant,
    tables.Person,
    tables.CalendarCorrection,
    tables.Room,
    tables.Sitting,
    tables.Member,
    tables.Account,
    tables.OneTimeCode,
    tables.Seat,
)


@dataclass
class Foreign:
    """Ids of another school."""

    school: int
    participant: int
    person: int
    correction: int
    room: int
    sitting: int
    member: int


async def _foreign(day: Exam) -> Foreign:
    school, other_day = await foreign_day(day)
    now = day.clock.now()
    async with day.house.store.begin() as session:
        child = await participants.add(session, school, Participant(Name("Чужая", "Анна"), "9А"), at=now)
        person = await staff.add_person(session, school, StaffPerson(Name("Чужой", "Пётр")))
        await accounts.create_account(session, person.id, "stranger-two", None, now)
        await schools.correct(session, school, date(2026, 3, 9), working=False, note="")
        [correction] = await schools.corrections(session, school)
        room = await rooms.add(session, other_day, number="31", title="")
        await sittings.enroll(session, other_day, [child.id])
        [sitting] = await sittings.of_day(session, other_day)
        member = await staff.appoint(
            session, day_id=other_day, person_id=person.id, role=CommissionRole.EXAMINER, room_id=room.id
        )
    return Foreign(school, child.id, person.id, correction.id, room.id, sitting.id, member.id)


async def _rows(day: Exam) -> list[dict[str, Any]]:
    async with day.house.store.read() as session:
        return [
            {column.key: getattr(row, column.key) for column in table.__table__.columns}
            for table in KEPT
            for row in await session.scalars(select(table))
        ]


@pytest.fixture
async def school(day: Exam) -> School:
    return await open_school(day)


async def test_nothing_of_another_school_is_reached_through_the_own_one(school: School) -> None:
    other, own = await _foreign(school.day), await school.ready_day()
    room = (await school.book(own)).day.rooms[0].id
    before = await _rows(school.day)
    base, day = f"/schools/{school.id}", f"/days/{own}"
    card = {"last": "А", "first": "Б", "class_label": "9А", "form": "distance", "place": "school"}
    account = f"{base}/staff/{other.person}/account"
    wanted: list[tuple[str, dict[str, Any] | None]] = [
        (f"{base}/participants/{other.participant}", None),
        (f"{base}/participants/{other.participant}", card | {"answer": "oral"}),
        (f"{base}/participants/{other.participant}/archive", {}),
        (f"{base}/staff/{other.person}", None),
        (f"{base}/staff/{other.person}", {"last": "А", "first": "Б"}),
        (f"{base}/staff/{other.person}/archive", {}),
        *[
            (account, {"action": one, "login": "stolen-one"})
            for one in ("create", "invite", "reset", "codes", "disable", "sign_out")
        ],
        (f"{base}/calendar/{other.correction}/remove", {}),
        (f"{day}/absent/{other.sitting}", {"reason": "болеет"}),
        (f"{day}/absent/{other.sitting}", {"undo": "1"}),
        (f"{day}/arrived/{other.member}", {}),
        (f"{day}/participants", {"who": other.participant}),
        (f"{day}/participants", {"action": "withdraw", "sitting": other.sitting}),
        (f"{day}/commission", {"action": "appoint", "role": "expert", "person": other.person, "room": room}),
        (f"{day}/commission", {"action": "appoint", "role": "expert",
                               "person": school.staff["Запасная"], "room": other.room}),
        (f"{day}/commission", {"action": "place", "member": other.member, "room": room}),
        (f"{day}/commission", {"action": "dismiss", "member": other.member}),
        (f"{day}/commission", {"action": "away", "member": other.member}),
        (f"{day}/commission", {"action": "rename_room", "room": other.room, "number": "1"}),
        (f"{day}/commission", {"action": "close_room", "room": other.room}),
        (f"{day}/plan", {"action": "ill", "member": other.member}),
        (f"{day}/plan", {"action": "lost", "room": other.room}),
        (f"{day}/links", {"action": "official", "member": other.member, "room": room}),
    ]  # fmt: skip
    found = []
    for path, fields in wanted:
        asked = school.organizer.get(path) if fields is None else school.organizer.post(path, fields)
        status = (await asked).status
        if status != 404:
            found.append((path, fields, status))
    assert found == []
    assert await _rows(school.day) == before


async def test_no_card_names_a_person_of_another_school(school: School) -> None:
    other = await _foreign(school.day)
    own = school.people["Ким"]
    path = f"/schools/{school.id}/participants/{own}"
    async with school.day.house.store.read() as session:
        row = await participants.load(session, school.id, own)
    card = {"last": "Ким", "first": "Алексей", "class_label": "9А", "form": "distance", "place": "school",
            "answer": "oral", "changed_at": row.changed_at.isoformat()}  # fmt: skip
    for field in ("familiar_examiner", "kin"):
        answer = await school.organizer.post(path, card | {field: other.person})
        assert answer.status in {303, 404, 422}
        async with school.day.house.store.read() as session:
            now = await participants.load(session, school.id, own)
            card["changed_at"] = now.changed_at.isoformat()
            assert now.familiar_examiner_id is None
            assert now.kin == frozenset()


async def test_a_helper_helps_a_participant_of_the_own_school(school: School) -> None:
    other, own = await _foreign(school.day), await school.ready_day()
    fields = {
        "action": "appoint",
        "role": "assistant",
        "person": school.staff["Запасная"],
        "participant": other.participant,
    }
    answer = await school.organizer.post(f"/days/{own}/commission", fields)
    assert answer.status == 404
    async with school.day.house.store.read() as session:
        listed = await staff.members(session, own)
    assert all(one.role is not CommissionRole.ASSISTANT for one in listed)
