"""The plan changes while the day is live: who waits goes on waiting elsewhere, and no step is lost."""

import asyncio
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from sqlalchemy import delete, update

from media.layout import SeatKind
from server.errors import NotFound, Refused
from server.exam.interview import Step
from server.signalling import cast, connection, messages
from server.signalling.rounds import Rounds
from server.store import days, interviews, links, moves, tables
from server.store.moves import Planned
from tests.signalling.house import MORNING, Exam, PageClient, S


async def moved(day: Exam, name: str, room: int, *, order: int = 9) -> None:
    """The organizer puts somebody into a room's order, and the live day learns it."""
    async with day.house.store.begin() as session:
        await moves.move(session, {day.interview(name): Planned(day.seeded.rooms[room], order, MORNING)})
    await day.house.hub.refresh(day.seeded.day)


def reconnects(page: Any) -> int:
    return int(page.types().count("media.reconnect"))


async def test_a_waiting_participant_goes_on_waiting_in_the_new_room(day: Exam) -> None:
    examiner, examiner2 = await day.open("examiner"), await day.open("examiner2")
    (boris,) = await day.waiting("boris")
    await boris.ask("offer", sdp="v=0")
    await moved(day, "boris", 1)
    await examiner2.view_where(lambda view: day.interview("boris") in {p["interview"] for p in view["queue"]})
    assert day.interview("boris") not in {person["interview"] for person in examiner.views()[-1]["queue"]}
    await boris.ask("stats", data={})
    assert boris.views()[-1]["phase"] == "waiting", "no second device test"
    assert reconnects(boris) == 1
    assert "media.close" not in boris.types(), "the old connection carries on until the new one does"
    assert (await boris.ask("offer", sdp="v=0"))["type"] == "answer"
    first, second = (day.node.conferences[str(room)] for room in day.seeded.rooms)
    assert day.seat("boris") not in first.seats
    assert day.seat("boris") in second.seats
    assert (await examiner2.ask("admit"))["type"] == "done"
    await boris.view_where(lambda view: view["phase"] == "interview")
    assert (day.seat("boris"), "voice", day.seat("examiner2"), "participant-voice") in day.patches(1)
    assert day.patches(0) == set()


async def test_the_end_of_the_old_connection_asks_for_no_second_one(day: Exam) -> None:
    (boris,) = await day.waiting("boris")
    old = (await boris.ask("offer", sdp="v=0"))["peer"]
    await moved(day, "boris", 1)
    event = {"event": "seat", "conference": str(day.seeded.rooms[0]), "seat": day.seat("boris"), "peer": old}
    for state in ("silent", "connected", "closed"):
        await day.house.hub.node_event("node-1", {**event, "state": state})
    assert not day.live.places[day.seat("boris")].connected
    await boris.ask("stats", data={})
    assert reconnects(boris) == 1


@pytest.mark.parametrize("state", [S.ADMITTED, S.EXAM])
async def test_nobody_in_a_conference_is_moved(day: Exam, state: S) -> None:
    await day.put_state("anna", state)
    with pytest.raises(Refused) as refused:
        await moved(day, "anna", 1)
    assert refused.value.code == "in_conference"
    assert day.row("anna").room_id == day.seeded.rooms[0]
    await moved(day, "anna", 0, order=7)
    assert day.row("anna").interview.order == 7, "the order of the own room is only a number"


async def test_places_are_exchanged_within_a_room_and_between_rooms(day: Exam) -> None:
    one, two = day.seeded.rooms
    (anna, boris, gleb) = (day.interview(name) for name in ("anna", "boris", "gleb"))
    async with day.house.store.begin() as session:
        await moves.move(session, {anna: Planned(one, 2), boris: Planned(two, 4), gleb: Planned(one, 1)})
    await day.house.hub.refresh(day.seeded.day)
    assert [(day.row(name).room_id, day.row(name).interview.order) for name in ("anna", "boris", "gleb")] == [
        (one, 2),
        (two, 4),
        (one, 1),
    ]
    with pytest.raises(NotFound):
        async with day.house.store.begin() as session:
            await moves.move(session, {anna: Planned(10**6, 1)})


async def test_a_record_keeps_its_name_when_the_plan_gives_the_place_to_another(day: Exam) -> None:
    """D-22: one sent back, moved down and recorded again is never mixed up with who got the place."""
    before = {name: cast.recording(day.live.day, day.row(name), 1).stem for name in ("anna", "boris")}
    assert len(set(before.values())) == 2
    one = day.seeded.rooms[0]
    async with day.house.store.begin() as session:
        places = {day.interview("anna"): Planned(one, 2), day.interview("boris"): Planned(one, 1)}
        await moves.move(session, places)
    await day.house.hub.refresh(day.seeded.day)
    after = {name: cast.recording(day.live.day, day.row(name), 1).stem for name in ("anna", "boris")}
    assert after == before


async def test_the_assistant_moves_with_the_participant(day: Exam) -> None:
    helper = await day.connected("helper")
    await day.put_state("vera", S.WAITING)
    await moved(day, "vera", 1)
    await helper.view_where(lambda view: view["room"]["number"] == "12")
    assert reconnects(helper) == 1


async def test_a_step_taken_while_the_plan_changes_is_not_lost(day: Exam) -> None:
    """The step has its lock when the plan is committed, and its page's word comes after the other room is known."""
    await day.put_state("boris", S.TESTING)
    await day.obey("boris", messages.Informed(id=1, agree=True))
    async with day.live.conferences[day.seeded.rooms[0]].lock:
        join = asyncio.create_task(day.obey("boris", messages.Join(id=1)))
        refresh = asyncio.create_task(moved(day, "boris", 1))
        await asyncio.sleep(0.05)
        assert not refresh.done(), "it waits for the step"
    await asyncio.gather(join, refresh)
    row = day.row("boris")
    assert (row.interview.state, row.room_id) == (S.WAITING, day.seeded.rooms[1])
    async with day.house.store.read() as session:
        assert await interviews.load(session, row.id) == row


async def test_a_step_that_waited_for_the_old_room_is_taken_in_the_new_one(day: Exam) -> None:
    await day.put_state("boris", S.TESTING)
    await day.obey("boris", messages.Informed(id=1, agree=True))
    async with AsyncExitStack() as held:
        await held.enter_async_context(day.live.all_held())
        join = asyncio.create_task(day.obey("boris", messages.Join(id=1)))
        await asyncio.sleep(0.05)
        async with day.house.store.begin() as session:
            await moves.move(session, {day.interview("boris"): Planned(day.seeded.rooms[1], 9)})
        async with day.house.store.read() as session:
            day.live.take_over(await days.load_day(session, day.seeded.day))
    await join
    assert (day.state("boris"), day.row("boris").room_id) == (S.WAITING, day.seeded.rooms[1])


async def test_a_private_check_ends_with_the_move(day: Exam) -> None:
    specialist = await day.open("specialist")
    (boris,) = await day.waiting("boris")
    await specialist.ask("check", interview=day.interview("boris"))
    await moved(day, "boris", 1)
    await boris.view_where(lambda view: not view["check"])
    await specialist.view_where(lambda view: view["check"] is None)
    assert ("check.stop", None) in day.journal()
    assert day.patches(0) == set()


async def test_rooms_seats_and_people_come_and_go(day: Exam) -> None:
    specialist = await day.open("specialist")
    async with day.house.store.begin() as session:
        room = await days.add_room(session, day_id=day.seeded.day, number="21", title="Кабинет химии")
        seat = await links.add_seat(
            session,
            day_id=day.seeded.day,
            room_id=room.id,
            kind=SeatKind.PARTICIPANT,
            last_name="Яшина",
            first_name="Ольга",
            patronymic="",
            at=MORNING,
        )
        row = await interviews.add(session, room_id=room.id, seat_id=seat.id, order=1, class_label="9Б")
    await day.house.hub.refresh(day.seeded.day)
    view = await specialist.view_where(lambda view: len(view["rooms"]) == 3)
    assert [person["name"] for person in view["rooms"][2]["people"]] == ["Яшина Ольга"]
    page = PageClient(await day.session.ws_connect(day.url(f"/j/{day.house.door.token(seat.id)}/ws")))
    assert (await page.hello())["type"] == "welcome"
    assert (await page.ask("offer", sdp="v=0"))["type"] == "answer"
    async with day.house.store.begin() as session:
        for table, key in ((tables.Interview, row.id), (tables.Seat, seat.id), (tables.Room, room.id)):
            await session.execute(delete(table).where(table.id == key))
    await day.house.hub.refresh(day.seeded.day)
    assert await page.closed() == connection.NOT_VALID
    await specialist.view_where(lambda view: len(view["rooms"]) == 2)
    assert str(room.id) not in day.node.conferences


async def test_who_is_taken_off_the_plan_is_told_to_wait_for_it(day: Exam) -> None:
    anna = await day.connected("anna")
    async with day.house.store.begin() as session:
        await session.execute(delete(tables.Interview).where(tables.Interview.id == day.interview("anna")))
    await day.house.hub.refresh(day.seeded.day)
    await anna.view_where(lambda view: view["phase"] == "unplanned")
    assert anna.types()[-2:].count("media.close") == 1
    assert (await anna.ask("join"))["code"] == "not_found"
    async with day.house.store.begin() as session:
        await interviews.add(
            session,
            room_id=day.seeded.rooms[0],
            seat_id=day.seat("anna"),
            order=1,
            class_label="9А",
        )
    await day.house.hub.refresh(day.seeded.day)
    await anna.view_where(lambda view: view["phase"] == "information")


async def test_a_no_show_of_the_boards_page_reaches_every_page(day: Exam) -> None:
    """«Н» set by a person outside the conference pages (D-25)."""
    examiner = await day.open("examiner")
    anna = await day.open("anna")
    organizer = day.live.places[day.seat("organizer")].row
    async with day.house.store.begin() as session:
        await interviews.step(session, day.interview("anna"), Step.NO_SHOW, by=organizer, at=MORNING)
    await day.house.hub.refresh(day.seeded.day)
    await anna.view_where(lambda view: view["phase"] == "no_show")
    await examiner.view_where(
        lambda view: (
            {person["interview"]: person["state"] for person in view["queue"]}[day.interview("anna")]
            == "no_show"
        )
    )


async def test_a_plan_changed_behind_the_servers_back_is_found_in_the_next_round(day: Exam) -> None:
    anna = await day.open("anna")
    async with day.house.store.begin() as session:
        await session.execute(
            update(tables.Seat).where(tables.Seat.id == day.seat("anna")).values(last_name="Новая")
        )
        await moves.move(session, {day.interview("anna"): Planned(day.seeded.rooms[1], 5)})
    await Rounds(day.house.hub).renew()
    assert day.row("anna").room_id == day.seeded.rooms[1]
    assert day.live.places[day.seat("anna")].row.last_name == "Новая"
    assert anna.close_code is None


async def test_refresh_of_a_day_that_is_not_live_does_nothing(day: Exam) -> None:
    await day.house.hub.refresh(10**6)
    assert list(day.house.hub.days) == [day.seeded.day]


# ── signed-in seats ────────────────────────────────────────────────────────────────────────────────


async def signed_in(day: Exam, name: str, person: int) -> None:
    """The seat of that name is opened by signing in."""
    async with day.house.store.begin() as session:
        session.add(
            tables.Person(
                id=person,
                last_name="Ф",
                first_name="И",
                patronymic="",
                position="",
                workplace="",
                employed=True,
                qualifications="",
                phone="",
                email="",
            )
        )
        await session.flush()
        await session.execute(
            update(tables.Seat)
            .where(tables.Seat.id == day.seat(name))
            .values(by_link=False, person_id=person)
        )
    await day.house.hub.refresh(day.seeded.day)


def served(day: Exam, person: int) -> TestServer:
    """The two routes, for a person who has signed in."""

    async def page(request: web.Request) -> web.Response:
        return await day.house.pages.seat_signed_in(request, person)

    async def socket(request: web.Request) -> web.WebSocketResponse:
        return await day.house.sockets.serve_signed_in(request, person)

    app = web.Application()
    app.add_routes([web.get("/seat/{seat}", page), web.get("/seat/{seat}/ws", socket)])
    return TestServer(app)


async def test_a_seat_to_sign_in_for_is_not_opened_by_a_link(day: Exam) -> None:
    await signed_in(day, "examiner", 5)
    async with day.session.get(day.url(f"/j/{day.token('examiner')}")) as response:
        text = await response.text()
        assert response.status == 403
    assert 'data-problem="login"' in text
    assert 'href="/login"' in text
    page = await day.socket("examiner")
    assert await page.closed() == connection.NOT_VALID


async def test_a_signed_in_person_opens_the_own_seat_and_no_other(day: Exam) -> None:
    await signed_in(day, "examiner", 5)
    seat = day.seat("examiner")
    async with served(day, 5) as own, day.session.get(own.make_url(f"/seat/{seat}")) as response:
        assert response.status == 200
        assert f"/seat/{seat}/ws" in await response.text()
        async with day.session.ws_connect(own.make_url(f"/seat/{seat}/ws")) as socket:
            hello = {"type": "hello", "id": 1, "version": 1, "page": "page-000001", "tab": "tab-000001"}
            await socket.send_json(hello)
            assert (await socket.receive_json())["seat"]["id"] == seat
    for person, name in ((6, "examiner"), (5, "expert")):
        with pytest.raises(NotFound):
            await day.house.door.open_signed_in(day.seat(name), person)
        async with (
            served(day, person) as strange,
            day.session.ws_connect(strange.make_url(f"/seat/{day.seat(name)}/ws")) as socket,
        ):
            await socket.receive()
            assert socket.close_code == connection.NOT_VALID


@pytest.mark.parametrize("days_later", [-1, 1])
async def test_a_signed_in_seat_opens_on_its_day_only(day: Exam, days_later: int) -> None:
    await signed_in(day, "examiner", 5)
    day.clock.move(days=days_later)
    kinds = {-1: "wrong_day", 1: "expired"}
    with pytest.raises(Exception, match=kinds[days_later]):
        await day.house.door.open_signed_in(day.seat("examiner"), 5)


async def test_a_revoked_seat_is_closed_to_its_signed_in_person_at_once(day: Exam) -> None:
    await signed_in(day, "examiner", 5)
    async with served(day, 5) as own:
        url = own.make_url(f"/seat/{day.seat('examiner')}/ws")
        page = PageClient(await day.session.ws_connect(url))
        assert (await page.hello())["type"] == "welcome"
        async with day.house.store.begin() as session:
            await links.revoke(session, day.seat("examiner"), MORNING)
        await day.house.hub.refresh(day.seeded.day)
        assert await page.closed() == connection.NOT_VALID


async def test_all_of_the_record_is_what_the_live_day_has(day: Exam) -> None:
    """Whatever was changed: the live day is the database's, and nothing of before is left."""
    await moved(day, "anna", 1)
    async with day.house.store.read() as session:
        assert await days.load_day(session, day.seeded.day) == day.live.day
    assert replace(day.live.places[day.seat("anna")].row, room_id=None) == replace(
        day.live.day.seat(day.seat("anna")), room_id=None
    )
