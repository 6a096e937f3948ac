"""The board of the day: presence, delays, «Н», the report of 11:00, the opening of the conference, deadlines."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from media.layout import SeatKind
from server.exam.interview import InterviewState, Step
from server.exam.people import CommissionRole
from server.store import interviews, staff, tables
from server.store.records import InterviewRow
from tests.http.day_office import School, foreign_day, open_school, sign_in
from tests.signalling.house import Exam


@pytest.fixture
async def school(day: Exam) -> School:
    return await open_school(day)


async def interview(school: School, day: int, name: str) -> InterviewRow:
    book = await school.book(day)
    sitting = book.sitting(school.people[name])
    assert sitting is not None
    row = book.interview(sitting)
    assert row is not None
    return row


async def sitting_id(school: School, day: int, name: str) -> int:
    sitting = (await school.book(day)).sitting(school.people[name])
    assert sitting is not None
    return sitting.id


async def first_of(school: School, day: int) -> str:
    """Who is planned first in the first room."""
    book = await school.book(day)
    row = book.day.in_room(book.day.rooms[0].id)[0]
    person = book.day.seat(row.seat_id).participant_id
    return next(name for name, one in school.people.items() if one == person)


async def take(school: School, day: int, name: str, *steps: Step) -> None:
    book = await school.book(day)
    row = await interview(school, day, name)
    examiner = next(
        one for one in book.day.seats if one.kind is SeatKind.EXAMINER and one.room_id == row.room_id
    )
    async with school.day.house.store.begin() as session:
        for step in steps:
            own = step in {Step.CONNECT, Step.JOIN_QUEUE}
            by = book.day.seat(row.seat_id) if own else examiner
            await interviews.step(session, row.id, step, by=by, at=school.day.clock.now())


async def test_a_late_participant_is_told_and_no_timer_marks_him_absent(school: School) -> None:
    day = await school.planned_day()
    name = await first_of(school, day)
    await school.at(day, 300)
    page = await school.organizer.get(f"/days/{day}")
    assert page.status == 200
    assert "опаздывает на 300 минут" in page.words
    assert (await interview(school, day, name)).interview.state is InterviewState.INVITED
    assert "6 по плану 0 пришли 0 отсутствуют 6 ждём" in page.words


async def test_an_absence_is_in_the_report_with_its_reason_and_can_be_taken_back(school: School) -> None:
    day = await school.planned_day()
    await school.at(day, 30)
    sitting = await sitting_id(school, day, "Ким")
    path = f"/days/{day}/absent/{sitting}"
    marked = await school.organizer.post(path, {"reason": "болеет", "valid": "yes"})
    assert marked.status == 303
    assert (await interview(school, day, "Ким")).interview.state is InterviewState.NO_SHOW
    page = await school.organizer.get(f"/days/{day}")
    assert "6 по плану 0 пришли 1 отсутствуют 5 ждём" in page.words
    assert "болеет, подтверждена" in page.words
    [entry] = school.day.journal("sitting.absent")
    assert "болеет" not in str(entry)
    assert (await school.organizer.post(path, {"undo": "1"})).status == 303
    assert (await interview(school, day, "Ким")).interview.state is InterviewState.INVITED
    assert "0 отсутствуют" in (await school.organizer.get(f"/days/{day}")).words


async def test_the_live_day_knows_of_the_absence_at_once(school: School) -> None:
    day = await school.planned_day()
    await school.at(day, 30)
    live = await school.day.house.hub.day(day)
    row = await interview(school, day, "Ким")
    await school.organizer.post(f"/days/{day}/absent/{await sitting_id(school, day, 'Ким')}", {})
    assert live.interview(row.id).interview.state is InterviewState.NO_SHOW


async def test_whoever_is_being_examined_is_not_absent(school: School) -> None:
    day = await school.planned_day()
    await school.at(day, 1)
    name = await first_of(school, day)
    await take(school, day, name, Step.CONNECT, Step.JOIN_QUEUE, Step.ADMIT, Step.BEGIN)
    refused = await school.organizer.post(f"/days/{day}/absent/{await sitting_id(school, day, name)}", {})
    assert refused.status == 422
    assert "уже шло" in refused.words
    assert school.day.journal("sitting.absent") == []


async def test_a_room_is_behind_by_its_planned_times(school: School) -> None:
    day = await school.planned_day()
    name = await first_of(school, day)
    planned = (await interview(school, day, name)).interview.planned_at
    assert planned is not None
    starts = (await school.book(day)).day.day.starts_at
    await school.at(day, (planned - starts) / timedelta(minutes=1) + 7)
    await take(school, day, name, Step.CONNECT, Step.JOIN_QUEUE, Step.ADMIT, Step.BEGIN)
    page = await school.organizer.get(f"/days/{day}/board")
    assert "отстаёт: 7 минут" in page.words
    assert "<html" not in page.text
    await take(school, day, name, Step.FINISH)
    assert "Завершено 1 из" in (await school.organizer.get(f"/days/{day}")).words


async def test_whoever_has_a_page_is_on_the_line(school: School) -> None:
    day = await school.planned_day()
    await school.at(day, 0)
    assert "на связи" not in (await school.organizer.get(f"/days/{day}")).words.replace("не на связи", "")
    book = await school.book(day)
    seat = book.day.in_room(book.day.rooms[0].id)[0].seat_id
    socket = await school.day.session.ws_connect(school.day.url(f"/j/{school.day.house.door.token(seat)}/ws"))
    await socket.send_json(
        {"type": "hello", "id": 1, "version": 1, "page": "page-000001", "tab": "tab-000001", "peer": None}
    )
    await socket.receive()
    await school.at(day, 5)
    name = await first_of(school, day)
    late = (await school.organizer.get(f"/days/{day}")).words.split("Опаздывают")
    assert len(late) == 1 or name not in late[1].split("Ауд.")[0]
    await socket.close()


async def test_the_conference_is_opened_ten_minutes_before_and_not_sooner(school: School) -> None:
    day = await school.planned_day()
    await school.at(day, -11)
    early = await school.organizer.post(f"/days/{day}/open", {})
    assert early.status == 422
    assert "с 08:50" in early.words
    await school.at(day, -10)
    assert "Откройте конференцию" in (await school.organizer.get(f"/days/{day}")).words
    assert (await school.organizer.post(f"/days/{day}/open", {})).status == 303
    assert "Конференция открыта в 08:50" in (await school.organizer.get(f"/days/{day}")).words
    [(_, data)] = school.day.journal("conference.opened")
    assert data["late_minutes"] == 0


async def test_a_conference_opened_late_is_told_and_kept_once(school: School) -> None:
    day = await school.planned_day()
    await school.at(day, 5)
    assert "прошло: 15 минут" in (await school.organizer.get(f"/days/{day}")).words
    await school.organizer.post(f"/days/{day}/open", {})
    await school.organizer.post(f"/days/{day}/open", {})
    assert [data["late_minutes"] for _, data in school.day.journal("conference.opened")] == [15]


async def test_an_usher_marks_absences_and_opens_nothing(school: School) -> None:
    day = await school.planned_day()
    await school.at(day, 5)
    usher = await sign_in(school.day, school.staff["Вестникова"], "usher-one")
    path = f"/days/{day}/absent/{await sitting_id(school, day, 'Ким')}"
    assert (await usher.post(path, {})).status == 303
    assert (await usher.post(f"/days/{day}/open", {})).status == 403
    assert (await usher.get(f"/days/{day}/deadlines")).status == 403


async def test_who_of_the_staff_has_come_is_marked_and_taken_back(school: School) -> None:
    day = await school.planned_day()
    await school.at(day, -30)
    member = (await school.book(day)).in_role(CommissionRole.USHER)[0]
    path = f"/days/{day}/arrived/{member.id}"
    assert (await school.organizer.post(path, {})).status == 303
    assert "на месте с 08:30" in (await school.organizer.get(f"/days/{day}")).words
    await school.organizer.post(path, {"undo": "1"})
    assert "на месте с" not in (await school.organizer.get(f"/days/{day}")).words


async def test_deadlines_are_the_regions_in_the_schools_time(school: School) -> None:
    day = await school.planned_day()
    page = await school.organizer.get(f"/days/{day}/deadlines")
    assert "11.03.2026 не раньше 07:30" in page.words
    assert "11.03.2026 в 08:50" in page.words
    assert "до 16.03.2026 включительно" in page.words
    assert "до 25.02.2026 включительно" in page.words


async def test_an_overdue_deadline_is_on_the_board_until_it_is_met(school: School) -> None:
    day = await school.planned_day()
    await school.at(day, 0)
    assert "просрочено Составы комиссий утверждены" in (await school.organizer.get(f"/days/{day}")).words
    fields = {"kind": "commissions", "on-commissions": "2026-02-24"}
    assert (await school.organizer.post(f"/days/{day}/deadlines", fields)).status == 303
    assert "Составы комиссий" not in (await school.organizer.get(f"/days/{day}")).words
    await school.organizer.post(f"/days/{day}/deadlines", {"kind": "commissions", "undo": "1"})
    assert "Составы комиссий" in (await school.organizer.get(f"/days/{day}")).words


async def test_what_is_overdue_is_on_the_first_page_of_the_organizer_only(school: School) -> None:
    day = await school.planned_day()
    await school.at(day, 0)
    assert "просрочено Составы комиссий утверждены" in (await school.organizer.get("/office")).words
    usher = await sign_in(school.day, school.staff["Вестникова"], "usher-one")
    assert "Составы комиссий" not in (await usher.get("/office")).words


@pytest.mark.parametrize(
    "kind, on, told",
    [
        ("commissions", "2026-12-01", "ещё не наступила"),
        ("checking", "2026-03-01", "не раньше дня собеседования"),
        ("checking", "", "Заполните это поле"),
    ],
)
async def test_a_deadline_is_not_met_on_an_impossible_day(
    school: School, kind: str, on: str, told: str
) -> None:
    day = await school.planned_day()
    await school.at(day, 0)
    answer = await school.organizer.post(f"/days/{day}/deadlines", {"kind": kind, f"on-{kind}": on})
    assert answer.status == 422
    assert told in answer.words


async def test_another_schools_board_does_not_exist(school: School) -> None:
    _, day = await foreign_day(school.day)
    for page in ("", "/board", "/deadlines"):
        assert (await school.organizer.get(f"/days/{day}{page}")).status == 404
    for page in ("/open", "/absent/1", "/arrived/1", "/deadlines"):
        assert (await school.organizer.post(f"/days/{day}{page}", {"kind": "kim"})).status == 404


async def test_a_sitting_or_a_member_of_another_day_is_not_found(school: School) -> None:
    first = await school.planned_day("2026-03-11")
    second = await school.planned_day("2026-04-20")
    member = (await school.book(second)).members[0].id
    assert (await school.organizer.post(f"/days/{first}/arrived/{member}", {})).status == 404
    sitting = await sitting_id(school, second, "Ким")
    assert (await school.organizer.post(f"/days/{first}/absent/{sitting}", {})).status == 404
    async with school.day.house.store.read() as session:
        assert (await staff.members(session, second))[0].arrived_at is None


async def test_the_times_of_a_day_are_put_right_by_the_schools_clocks(school: School) -> None:
    day = await school.planned_day()
    path = f"/days/{day}/times"
    assert 'value="09:00"' in (await school.organizer.get(path)).text
    wrong = await school.organizer.post(path, {"start": "10:00", "opens": "11:00", "closes": "09:30"})
    assert wrong.status == 422
    assert "не позже начала" in wrong.text
    assert "позже начала" in wrong.text
    before = (await school.book(day)).day
    right = {"start": "10:30", "opens": "", "closes": "17:00"}
    assert (await school.organizer.post(path, right)).status == 303
    after = (await school.book(day)).day
    hour = timedelta(hours=1)
    assert after.day.starts_at == before.day.starts_at + 1.5 * hour
    assert (after.day.opens_at, after.day.closes_at) == (
        after.day.starts_at - hour,
        after.day.starts_at + 6.5 * hour,
    )
    assert after.interviews == before.interviews


KAMCHATKA = ZoneInfo("Asia/Kamchatka")


async def only_days_ahead(school: School) -> None:
    """The day that is on when a test begins is over."""
    async with school.day.house.store.begin() as session:
        row = await session.get_one(tables.ExamDay, school.day.seeded.day)
        row.closes_at = school.day.clock.now()


async def test_a_day_in_kamchatka_is_told_by_the_clocks_of_the_school(school: School) -> None:
    """The server's clock is UTC: nine in the morning there is nine in the evening of the day before here."""
    await only_days_ahead(school)
    settings = {"code": "640001", "name": "Школа № 1", "timezone": KAMCHATKA.key, "profile": "saratov-2020"}
    assert (await school.organizer.post(f"/schools/{school.id}", settings)).status == 303
    day = await school.planned_day()
    book = await school.book(day)
    assert book.day.day.date == date(2026, 3, 11)
    assert book.day.day.starts_at == datetime(2026, 3, 10, 21, tzinfo=UTC)
    first = min(row.interview.planned_at for row in book.day.interviews if row.interview.planned_at)
    assert first == datetime(2026, 3, 10, 21, tzinfo=UTC)
    seat = book.day.seat(book.day.interviews[0].seat_id)
    token = school.day.house.door.token(seat.id, seat.link_number)
    await school.at(day, -11)
    assert school.day.clock.now().date() == date(2026, 3, 10)
    assert (await school.day.house.door.open(token)).rehearsal is False
    early = await school.organizer.post(f"/days/{day}/open", {})
    assert "08:50" in early.words
    await school.at(day, -10)
    assert (await school.organizer.post(f"/days/{day}/open", {})).status == 303
    await school.at(day, 121)
    board = await school.organizer.get(f"/days/{day}")
    assert "11:01" in board.words
    lines = (await school.organizer.get(f"/days/{day}/deadlines")).words
    assert "просрочено Отчёт школы: по плану, фактически, отсутствуют 11.03.2026 в 11:00" in lines
    assert "сегодня Сводка муниципалитета в региональный центр 11.03.2026 в 15:00" in lines
    assert "11.03.2026 не раньше 07:30" in lines


async def test_when_the_schools_clocks_are_put_right_nine_stays_nine(school: School) -> None:
    path = f"/schools/{school.id}"
    settings = {"code": "640001", "name": "Школа № 1", "profile": "tambov-2026"}
    await only_days_ahead(school)
    day = await school.planned_day()
    before = await school.book(day)
    assert (await school.organizer.post(path, settings | {"timezone": KAMCHATKA.key})).status == 303
    after = await school.book(day)
    for was, now in zip(before.day.interviews, after.day.interviews, strict=True):
        assert was.interview.planned_at is not None
        assert now.interview.planned_at is not None
        local = was.interview.planned_at.astimezone(before.day.school.zone).replace(tzinfo=None)
        assert now.interview.planned_at.astimezone(KAMCHATKA).replace(tzinfo=None) == local
    assert after.day.day.starts_at == datetime(2026, 3, 10, 21, tzinfo=UTC)
    assert after.day.day.date == before.day.day.date
    await school.at(day, -60)
    refused = await school.organizer.post(path, settings | {"timezone": "Europe/Moscow"})
    assert refused.status == 422
    assert (await school.book(day)).day.day == after.day.day


async def test_a_page_of_another_role_says_so_and_leads_back(school: School) -> None:
    day = await school.planned_day()
    async with school.day.house.store.begin() as session:
        await staff.appoint(
            session, day_id=day, person_id=school.staff["Запасная"], role=CommissionRole.USHER
        )
    usher = await sign_in(school.day, school.staff["Запасная"], "usher-two")
    refused = await usher.get(f"/days/{day}/deadlines")
    assert refused.status == 403
    assert "Эта страница для другой роли" in refused.words
    assert 'href="/office"' in refused.text
    assert "неполадка" not in refused.words
    plan = await usher.get(f"/days/{day}/plan")
    board = await usher.get(f"/days/{day}")
    for address in ("links", "print", "deadlines"):
        assert f"/days/{day}/{address}" not in plan.text + board.text


async def test_a_form_sent_after_the_sign_in_ended_says_that_nothing_was_kept(school: School) -> None:
    day = await school.planned_day()
    async with school.day.session.post(
        school.day.url(f"/days/{day}/plan"),
        data={"action": "apply"},
        headers={"Sec-Fetch-Site": "same-origin"},
    ) as response:
        text = await response.text()
    assert response.status == 403
    assert "Войдите ещё раз" in text
    assert 'href="/login"' in text
