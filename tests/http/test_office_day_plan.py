"""A day from its date to its approved plan, by the organizer's pages on the real service."""

import json
import re
from dataclasses import replace

import pytest

from media.layout import SeatKind
from server.exam.interview import InterviewState, Step
from server.exam.people import CommissionRole
from server.exam.profile_parts import Outcome
from server.store import interviews, participants, staff
from tests.http.day_office import HABITS, SPARE, Answer, School, foreign_day, open_school, sign_in
from tests.signalling.house import Exam


@pytest.fixture
async def school(day: Exam) -> School:
    return await open_school(day)


async def test_the_dates_of_the_region_are_proposed_with_their_rule(school: School) -> None:
    page = await school.organizer.get(f"/schools/{school.id}/days")
    assert page.status == 200
    for words in (
        "11 марта 2026 года, среда",
        "20 апреля 2026 года",
        "Дополнительный срок",
        "названо в приказе",
    ):
        assert words in page.words


async def test_a_day_begins_by_the_schools_clocks_and_opens_an_hour_before(school: School) -> None:
    day = await school.appoint_day("2026-03-11")
    book = await school.book(day)
    zone = book.day.school.zone
    moments = (book.day.day.opens_at, book.day.day.starts_at)
    assert [at.astimezone(zone).strftime("%H:%M") for at in moments] == ["08:00", "09:00"]
    assert ("day.appointed", {"by": 1, "date": "2026-03-11"}) in school.day.journal("day.appointed")


@pytest.mark.parametrize(
    "fields, told",
    [
        ({"date": "2026-02-11", "start": "09:00"}, "уже назначен"),
        ({"date": "2026-02-30", "start": "09:00"}, "Такой даты нет"),
        ({"date": "2025-03-11", "start": "09:00"}, "уже прошла"),
        ({"date": "2036-03-11", "start": "09:00"}, "Проверьте год"),
        ({"date": "2026-03-11", "start": ""}, "Заполните это поле"),
        ({"date": "2026-03-11", "start": "09:00", "opens": "10:00"}, "не позже начала"),
        ({"date": "2026-03-11", "start": "09:00", "closes": "08:00"}, "позже начала"),
    ],
)
async def test_a_wrong_day_is_told_beside_its_field(
    school: School, fields: dict[str, str], told: str
) -> None:
    answer = await school.organizer.post(f"/schools/{school.id}/days", fields)
    assert answer.status == 422
    assert told in answer.words
    assert 'role="alert"' in answer.text


async def test_a_day_without_a_plan_is_moved_with_its_list_and_a_planned_one_stays(school: School) -> None:
    day = await school.ready_day()
    path = f"/schools/{school.id}/days"
    sixth = {"day": day, "date": "2026-03-12", "start": "10:00"}
    assert (await school.organizer.post(path, sixth)).status == 303
    book = await school.book(day)
    assert (book.day.day.date.isoformat(), len(book.sittings)) == ("2026-03-12", len(school.people))
    assert book.day.day.opens_at.astimezone(book.day.school.zone).hour == 9
    assert ("day.moved", {"by": 1, "date": "2026-03-12"}) in school.day.journal("day.moved")
    await school.organizer.post(f"/days/{day}/plan", HABITS | {"action": "make", "start": "10:00"})
    assert (await school.organizer.post(f"/days/{day}/plan", {"action": "apply"})).status == 303
    refused = await school.organizer.post(path, {"day": day, "date": "2026-03-13", "start": "10:00"})
    assert refused.status == 422
    assert "уже утверждён" in refused.words
    _, foreign = await foreign_day(school.day)
    assert (
        await school.organizer.post(path, {"day": foreign, "date": "2026-03-16", "start": "10:00"})
    ).status == 404


async def test_the_list_shows_scheme_and_what_is_lacking(school: School) -> None:
    day = await school.appoint_day()
    async with school.day.house.store.begin() as session:
        row = await participants.load(session, school.id, school.people["Ким"])
        bare = replace(row.participant, consent_on=None, document=None, ground=None)
        await participants.change(session, school.id, row.id, bare, at=school.day.clock.now())
    await school.organizer.post(f"/days/{day}/participants", {"who": school.people["Ким"]})
    page = await school.organizer.get(f"/days/{day}/participants")
    assert "согласие на обработку данных, документ, основание дистанционной формы" in page.words
    assert "схема 1" in page.words
    assert "Ответ оценивает эксперт во время собеседования." in page.words


async def test_who_has_passed_cannot_sit_again_and_who_failed_can(school: School) -> None:
    day = await school.appoint_day()
    async with school.day.house.store.begin() as session:
        for name, outcome in (("Ким", Outcome.PASS), ("Новиков", Outcome.FAIL)):
            on = school.day.clock.now().date()
            await participants.set_outcome(session, school.id, school.people[name], on, outcome)
    path = f"/days/{day}/participants"
    refused = await school.organizer.post(path, {"who": school.people["Ким"]})
    assert refused.status == 422
    assert "Зачёт уже получен" in refused.words
    assert (await school.organizer.post(path, {"who": school.people["Новиков"]})).status == 303
    assert [one.person.id for one in (await school.book(day)).sittings] == [school.people["Новиков"]]


async def test_filters_leave_those_of_the_class(school: School) -> None:
    day = await school.appoint_day()
    page = await school.organizer.get(f"/days/{day}/participants?class=9Б")
    assert "Гусева Полина" in page.words
    assert "Абрамова Дарья" not in page.words


async def test_no_plan_without_participants_and_none_without_an_examiner(school: School) -> None:
    day = await school.appoint_day()
    make = HABITS | {"action": "make"}
    answer = await school.organizer.post(f"/days/{day}/plan", make)
    assert answer.status == 422
    await school.organizer.post(f"/days/{day}/participants", {"who": school.people["Ким"]})
    answer = await school.organizer.post(f"/days/{day}/plan", make)
    assert answer.status == 422
    assert "собеседник" in answer.words


async def test_a_draft_changes_nothing_until_it_is_approved(school: School) -> None:
    day = await school.ready_day()
    assert (await school.organizer.post(f"/days/{day}/plan", HABITS | {"action": "make"})).status == 303
    assert (await school.book(day)).day.interviews == ()
    page = await school.organizer.get(f"/days/{day}/plan")
    assert "Черновик" in page.words
    assert "Почему так" in page.words
    assert cards(page) == set(school.people.values())
    assert (await school.organizer.post(f"/days/{day}/plan", {"action": "apply"})).status == 303
    book = await school.book(day)
    assert len(book.day.interviews) == 6
    assert "Черновик." not in (await school.organizer.get(f"/days/{day}/plan")).words


def cards(page: Answer) -> set[int]:
    return {int(one) for one in re.findall(r'data-card="(\d+)"', page.text)}


async def test_a_move_answers_a_script_with_the_board_and_its_conflicts(school: School) -> None:
    day = await school.ready_day()
    await school.organizer.post(f"/days/{day}/plan", HABITS | {"action": "make"})
    room = (await school.book(day)).day.rooms[0]
    path = f"/days/{day}/plan"
    early = {"action": "move", "participant": school.people["Ким"], "room": room.id, "at": "08:00"}
    answer = await school.organizer.post(path, early, Accept="application/json")
    told = json.loads(answer.text)
    assert answer.status == 200
    assert "Противоречий: 1" in told["said"]
    assert "день начинается в 09:00" in told["board"]
    refused = await school.organizer.post(path, {"action": "apply"})
    assert refused.status == 422
    assert (await school.book(day)).day.interviews == ()
    await school.organizer.post(path, {"action": "undo"})
    assert (await school.organizer.post(path, {"action": "apply"})).status == 303


async def test_moving_without_a_script_is_a_plain_form(school: School) -> None:
    day = await school.planned_day()
    other = (await school.book(day)).day.rooms[1]
    move = {"action": "move", "participant": school.people["Абрамова"], "room": other.id, "at": "12:00"}
    assert (await school.organizer.post(f"/days/{day}/plan", move)).status == 303
    page = await school.organizer.get(f"/days/{day}/plan")
    assert "Что изменится: 1" in page.words
    assert (await school.organizer.post(f"/days/{day}/plan", {"action": "apply"})).status == 303
    book = await school.book(day)
    sitting = book.sitting(school.people["Абрамова"])
    assert sitting is not None
    row = book.interview(sitting)
    assert row is not None
    assert row.interview.planned_at is not None
    assert (row.room_id, row.interview.planned_at.astimezone(book.day.school.zone).hour) == (other.id, 12)


async def test_an_ill_examiner_is_replaced_and_only_the_examiner_changes(school: School) -> None:
    day = await school.planned_day()
    before = await school.book(day)
    ill = before.in_role(CommissionRole.EXAMINER, before.day.rooms[0].id)[0]
    fields = {"action": "ill", "member": ill.id, "substitute": school.staff[SPARE]}
    assert (await school.organizer.post(f"/days/{day}/plan", fields)).status == 303
    assert (await school.organizer.post(f"/days/{day}/plan", {"action": "apply"})).status == 303
    after = await school.book(day)
    assert [(row.id, row.room_id, row.interview.planned_at) for row in after.day.interviews] == [
        (row.id, row.room_id, row.interview.planned_at) for row in before.day.interviews
    ]
    [new] = after.in_role(CommissionRole.EXAMINER, before.day.rooms[0].id)
    assert new.person.id == school.staff[SPARE]
    assert new.seat_id is not None
    assert ill.seat_id is not None
    assert after.day.seat(ill.seat_id).revoked_at is not None
    assert after.day.seat(new.seat_id).revoked_at is None


async def test_a_lost_room_moves_only_its_own_participants(school: School) -> None:
    day = await school.planned_day()
    before = await school.book(day)
    lost, other = before.day.rooms
    assert before.day.in_room(lost.id)
    kept = [(row.id, row.interview.planned_at) for row in before.day.in_room(other.id)]
    fields = {"action": "lost", "room": lost.id}
    assert (await school.organizer.post(f"/days/{day}/plan", fields)).status == 303
    page = await school.organizer.get(f"/days/{day}/plan")
    assert f"Что изменится: {len(before.day.in_room(lost.id))}" in page.words
    assert (await school.organizer.post(f"/days/{day}/plan", {"action": "apply"})).status == 303
    after = await school.book(day)
    assert after.day.in_room(lost.id) == ()
    assert len(after.day.interviews) == 6
    assert set(kept) <= {(row.id, row.interview.planned_at) for row in after.day.interviews}
    assert all(row.interview.state is InterviewState.INVITED for row in after.day.interviews)


async def test_a_room_closed_on_the_commissions_page_does_not_forbid_a_new_plan(school: School) -> None:
    day = await school.planned_day()
    lost = (await school.book(day)).day.rooms[0]
    close = {"action": "close_room", "room": lost.id}
    assert (await school.organizer.post(f"/days/{day}/commission", close)).status == 303
    made = await school.organizer.post(f"/days/{day}/plan", HABITS | {"action": "make"})
    assert made.status == 303, made.words
    assert (await school.organizer.post(f"/days/{day}/plan", {"action": "apply"})).status == 303
    assert (await school.book(day)).day.in_room(lost.id) == ()


async def test_whoever_is_admitted_after_the_draft_was_made_stays_where_he_is(school: School) -> None:
    day = await school.planned_day()
    await school.at(day, 0)
    book = await school.book(day)
    here, other = book.day.rooms
    row = book.day.in_room(here.id)[0]
    participant = book.day.seat(row.seat_id).participant_id
    move = {"action": "move", "participant": participant, "room": other.id, "at": "13:00"}
    assert (await school.organizer.post(f"/days/{day}/plan", move)).status == 303
    examiner = next(one for one in book.day.seats if one.kind is SeatKind.EXAMINER and one.room_id == here.id)
    async with school.day.house.store.begin() as session:
        for step in (Step.CONNECT, Step.JOIN_QUEUE, Step.ADMIT):
            by = examiner if step is Step.ADMIT else book.day.seat(row.seat_id)
            await interviews.step(session, row.id, step, by=by, at=school.day.clock.now())
    assert (await school.organizer.post(f"/days/{day}/plan", {"action": "apply"})).status == 303
    after = (await school.book(day)).day.interview(row.id)
    assert (after.room_id, after.interview.planned_at) == (here.id, row.interview.planned_at)


async def test_a_blocking_conflict_of_the_commission_stands_beside_the_person_and_forbids_the_plan(
    school: School,
) -> None:
    day = await school.ready_day()
    async with school.day.house.store.begin() as session:
        await participants.set_kin(session, school.id, school.people["Ким"], [school.staff["Орлова"]])
    page = await school.organizer.get(f"/days/{day}/commission")
    working = page.words[page.words.index("Кто работает") :]
    found = working[working.index("Орлова Анна Петровна") :][:300]
    assert "родитель" in found
    made = await school.organizer.post(f"/days/{day}/plan", HABITS | {"action": "make"})
    assert "Так комиссия работать не может" in page.words
    assert made.status == 422
    assert "родитель" in made.words


async def test_an_assistant_needs_a_participant_and_a_room_needs_a_number(school: School) -> None:
    day = await school.ready_day()
    path = f"/days/{day}/commission"
    fields = {"action": "appoint", "role": "assistant", "person": school.staff[SPARE]}
    answer = await school.organizer.post(path, fields)
    assert answer.status == 422
    assert "кому помогает" in answer.words
    fields["participant"] = str(school.people["Гусева"])
    assert (await school.organizer.post(path, fields)).status == 303
    assert (await school.organizer.post(path, {"action": "add_room", "number": ""})).status == 422
    twice = await school.organizer.post(path, {"action": "add_room", "number": "07"})
    assert "уже есть" in twice.words


async def test_an_order_needs_number_and_date(school: School) -> None:
    day = await school.ready_day()
    path = f"/days/{day}/commission"
    half = {"action": "approve", "kind": "conducting", "conducting-number": "14"}
    assert (await school.organizer.post(path, half)).status == 422
    whole = half | {"conducting-date": "2026-02-20"}
    assert (await school.organizer.post(path, whole)).status == 303
    async with school.day.house.store.read() as session:
        [order] = await staff.orders(session, day)
    assert (order.number, order.approved_on.isoformat()) == ("14", "2026-02-20")


async def test_people_without_a_place_are_told_together_and_the_plan_in_force_is_not_called_impossible(
    school: School,
) -> None:
    day = await school.ready_day()
    short = HABITS | {"action": "make", "latest_end": "09:20"}
    assert (await school.organizer.post(f"/days/{day}/plan", short)).status == 303
    page = await school.organizer.get(f"/days/{day}/plan")
    told = page.words.split("Без места: ")[1].split("Ауд. ")[0]
    reasons = [part for part in told.split("До 09:20") if "не осталось" in part]
    assert int(told.split()[0]) == told.count("(") > len(reasons)
    assert (await school.organizer.post(f"/days/{day}/plan", {"action": "apply"})).status == 303
    page = await school.organizer.get(f"/days/{day}/plan")
    assert "Без места: " in page.words
    assert "Так провести день нельзя" not in page.words
    assert "C-04" not in page.text
    book = await school.book(day)
    row = next(one for one in book.day.interviews if one.interview.planned_at)
    seated = book.day.seat(row.seat_id).participant_id
    assert seated is not None
    later = {"action": "move", "participant": seated, "room": row.room_id, "at": "09:02"}
    assert (await school.organizer.post(f"/days/{day}/plan", later)).status == 303
    assert (await school.organizer.post(f"/days/{day}/plan", {"action": "apply"})).status == 303


async def test_the_commission_tells_who_is_missing_in_a_room(school: School) -> None:
    day = await school.ready_day()
    await school.organizer.post(f"/days/{day}/commission", {"action": "add_room", "number": "31"})
    page = await school.organizer.get(f"/days/{day}/commission")
    assert "31 собеседник не назначен, эксперт не назначен" in page.words


async def test_who_works_in_a_room_is_not_offered_as_a_substitute(school: School) -> None:
    day = await school.planned_day()
    page = await school.organizer.get(f"/days/{day}/plan")
    offered = page.text.split('id="substitute"')[1].split("</select>")[0]
    assert "Орлова" not in offered
    assert SPARE in offered


async def test_one_withdrawn_leaves_list_and_plan(school: School) -> None:
    day = await school.planned_day()
    sitting = (await school.book(day)).sitting(school.people["Ким"])
    assert sitting is not None
    fields = {"action": "withdraw", "sitting": sitting.id}
    assert (await school.organizer.post(f"/days/{day}/participants", fields)).status == 303
    book = await school.book(day)
    assert book.sitting(school.people["Ким"]) is None
    assert len(book.day.interviews) == 5


PAGES = ("participants", "commission", "plan")


@pytest.fixture
async def planned(school: School) -> tuple[School, int]:
    return school, await school.planned_day()


async def test_the_head_looks_and_changes_nothing(planned: tuple[School, int]) -> None:
    school, day = planned
    async with school.day.house.store.begin() as session:
        await staff.appoint(session, day_id=day, person_id=school.staff[SPARE], role=CommissionRole.HEAD)
    head = await sign_in(school.day, school.staff[SPARE], "head-one")
    for page in PAGES:
        seen = await head.get(f"/days/{day}/{page}")
        assert seen.status == 200
        assert 'method="post"' not in seen.text.split("<main")[1]
        assert (await head.post(f"/days/{day}/{page}", {"action": "apply"})).status == 403


async def test_another_schools_day_does_not_exist(school: School) -> None:
    other, day = await foreign_day(school.day)
    for page in PAGES:
        assert (await school.organizer.get(f"/days/{day}/{page}")).status == 404
        assert (await school.organizer.post(f"/days/{day}/{page}", {"action": "apply"})).status == 404
    assert (await school.organizer.get(f"/schools/{other}/days")).status == 404
