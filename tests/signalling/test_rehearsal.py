"""A participant's link on an earlier day: everything is tried out, and nothing of the exam day is touched."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from server.errors import Forbidden
from server.exam.rehearsal import Outcome, Problem
from server.signalling import acts_rehearsal, connection
from server.signalling.commands import COMMANDS, obey
from server.signalling.desk import Desk
from server.signalling.rehearsal import Rehearsal
from server.signalling.rounds import Rounds
from server.store import days, interviews, links, rehearsals, tables
from server.store.links import add_seat
from tests.signalling.house import (
    MORNING,
    PEOPLE,
    Exam,
    HandClock,
    MemoryNode,
    MemoryNodes,
    S,
    Seeded,
    exam,
)
from tests.signalling.test_commands import COMMAND

GOOD = {"camera": "ok", "microphone": "ok", "detail": {"browser": "chrome", "system": "android"}}


@pytest.fixture
async def eve(seeded: Seeded, tmp_path: Path) -> AsyncIterator[Exam]:
    """The day before the exam."""
    async with exam(seeded, tmp_path, clock=HandClock(MORNING - timedelta(days=1))) as running:
        yield running


def rehearsal(eve: Exam, name: str = "anna") -> Rehearsal:
    return eve.house.hub.rehearsals.by_seat[eve.seat(name)]


async def connected(eve: Exam, name: str = "anna") -> Any:
    """A rehearsing page with media that stands."""
    page = await eve.open(name)
    answer = await page.ask("offer", sdp="v=0")
    assert answer["type"] == "answer"
    event = {"event": "seat", "seat": eve.seat(name), "peer": answer["peer"], "state": "connected"}
    conference = rehearsal(eve, name).conference_alone.id
    await eve.house.hub.node_event("node-1", {**event, "conference": conference})
    return page


async def speak(eve: Exam, name: str = "anna", *, dbfs: float | None = -30.0, kbps: float = 300.0) -> None:
    """A second of the node's measurements."""
    plugs = {"voice": {"level_dbfs": dbfs, "loss": 0.0}, "camera": {"kbps": kbps}}
    seats = {eve.seat(name): {"rtt_ms": 30.0, "plugs": plugs}}
    conference = rehearsal(eve, name).conference_alone.id
    await eve.house.hub.node_event("node-1", {"event": "quality", "conference": conference, "seats": seats})


async def results(eve: Exam) -> dict[str, rehearsals.LastRehearsal]:
    async with eve.house.store.read() as session:
        return await rehearsals.last_of_day(session, eve.seeded.day)


async def test_a_rehearsal_tests_everything_and_the_result_is_on_record(eve: Exam) -> None:
    page = await connected(eve)
    assert page.views()[-1]["phase"] == "rehearsal"
    assert page.views()[-1]["encoders"] is True
    assert page.views()[-1]["come_at"] == (MORNING - timedelta(minutes=10)).timestamp() * 1000
    assert (await results(eve))[eve.seat("anna")].outcome is None, "opened, and not gone through"
    await page.ask("listen")
    await speak(eve)
    await page.view_where(lambda view: view["heard"])
    assert (await page.ask("devices", **GOOD))["type"] == "done"
    assert page.views()[-1]["result"] == {"outcome": "ready", "problems": []}
    last = (await results(eve))[eve.seat("anna")]
    assert (last.outcome, last.problems) == (Outcome.READY, ())
    assert last.report is not None
    assert last.report["line"] == {
        "connected": True,
        "voice_dbfs": -30.0,
        "picture_kbps": 300.0,
        "rtt_ms": 30.0,
        "loss": 0.0,
    }
    assert last.report["browser"] == "chrome"


async def test_silence_that_arrives_fails_whatever_the_page_says(eve: Exam) -> None:
    page = await connected(eve)
    await speak(eve)
    await page.ask("listen")
    for _ in range(5):
        await speak(eve, dbfs=-127.0)
    await page.ask("devices", **GOOD)
    assert page.views()[-1]["result"] == {"outcome": "unfit", "problems": ["voice_lost"]}
    assert (await results(eve))[eve.seat("anna")].problems == (Problem.VOICE_LOST,)


async def test_a_page_without_a_connection_is_not_ready(eve: Exam) -> None:
    page = await eve.open("anna")
    await page.ask("devices", **GOOD)
    assert page.views()[-1]["result"] == {"outcome": "unfit", "problems": ["connection"]}


async def test_the_last_result_counts_and_outlives_another_opening(eve: Exam) -> None:
    page = await connected(eve)
    await page.ask("devices", camera="denied", microphone="silent", detail={})
    await page.ask("listen")
    await speak(eve)
    await page.ask("devices", **GOOD)
    await page.close()
    await eve.open("anna", page="page-anna-2")
    assert (await results(eve))[eve.seat("anna")].outcome is Outcome.READY


async def test_nothing_of_the_exam_day_changes(eve: Exam) -> None:
    before = eve.dump()
    page = await connected(eve)
    await page.ask("listen")
    await speak(eve)
    await page.ask("devices", **GOOD)
    for command in ("join", "informed", "help"):
        fields = {"informed": {"agree": True}, "help": {"on": True}}.get(command, {})
        assert (await page.ask(command, **fields))["code"] == "forbidden"
    after = eve.dump()
    assert {table: rows for table, rows in after.items() if table != "journal"} == {
        table: rows for table, rows in before.items() if table != "journal"
    }
    events = {event for event, _ in eve.journal()}
    assert events == {"link.device", "rehearsal.opened", "rehearsal.done"}
    assert eve.house.hub.days == {}, "the day itself is not live yet"
    for _, desired in eve.node.puts:
        assert (desired.patches, desired.recording) == ([], None)
        assert list(desired.seats) == [eve.seat("anna")]


async def test_only_the_commands_of_a_rehearsal_are_obeyed(eve: Exam) -> None:
    """Whatever the kind of the seat may do on the day."""
    await connected(eve)
    live = rehearsal(eve)
    place = live.places[eve.seat("anna")]
    assert place.holder is not None
    desk = Desk(live, place, place.holder, eve.house.hub)
    before = eve.dump()
    for make in COMMAND.values():
        command = make(eve)
        if type(command) in COMMANDS.keys() - acts_rehearsal.COMMANDS.keys():
            with pytest.raises(Forbidden):
                await obey(desk, command)
    assert eve.dump() == before


async def test_two_who_rehearse_are_never_in_one_conference(eve: Exam) -> None:
    await connected(eve, "anna")
    await connected(eve, "boris")
    seats = [set(desired.seats) for desired in eve.node.conferences.values()]
    assert sorted(seats, key=str) == sorted([{eve.seat("anna")}, {eve.seat("boris")}], key=str)


async def test_it_ends_on_the_node_when_the_page_leaves(eve: Exam) -> None:
    page = await connected(eve)
    assert len(eve.node.conferences) == 1
    await page.close()
    for _ in range(1000):
        if not eve.nodes.placed:
            break
        await asyncio.sleep(0.01)
    assert eve.house.hub.rehearsals.by_seat == {}
    assert eve.node.conferences == {}


async def test_a_page_left_open_gives_the_node_up_and_may_begin_anew(eve: Exam) -> None:
    page = await connected(eve)
    event = {"event": "seat", "seat": eve.seat("anna"), "state": "closed"}
    place = rehearsal(eve).places[eve.seat("anna")]
    conference = rehearsal(eve).conference_alone.id
    await Rounds(eve.house.hub).renew()
    eve.clock.move(seconds=61)
    await Rounds(eve.house.hub).renew()
    assert conference in eve.node.conferences, "it is in use"
    for peer in list(place.peers):
        await eve.house.hub.node_event("node-1", {**event, "peer": peer, "conference": conference})
    await Rounds(eve.house.hub).renew()
    assert conference in eve.node.conferences
    eve.clock.move(seconds=61)
    await Rounds(eve.house.hub).renew()
    assert eve.node.conferences == {}
    assert eve.nodes.placed == {}
    assert (await page.ask("offer", sdp="v=0"))["type"] == "answer"


async def test_an_assistant_may_rehearse_and_the_staff_may_not(eve: Exam) -> None:
    assert (await eve.open("helper")).views()[-1]["phase"] == "rehearsal"
    for name in set(PEOPLE) - {"anna", "boris", "vera", "gleb", "helper"}:
        assert await (await eve.socket(name)).closed() == connection.NOT_VALID


async def test_on_the_day_the_same_link_is_the_real_thing(day: Exam) -> None:
    page = await day.open("anna")
    assert page.views()[-1]["phase"] == "information"
    assert (await page.ask("listen"))["code"] == "not_now"
    assert day.house.hub.rehearsals.by_seat == {}


async def test_a_rehearsal_ends_when_the_day_has_come(eve: Exam) -> None:
    page = await connected(eve)
    eve.clock.move(hours=15, minutes=1)
    await Rounds(eve.house.hub).renew()
    assert await page.closed() == connection.RESTART
    again = await eve.open("anna", page="page-anna-2")
    assert again.views()[-1]["phase"] == "early"


async def test_a_link_replaced_meanwhile_ends_the_rehearsal(eve: Exam) -> None:
    page = await connected(eve)
    async with eve.house.store.begin() as session:
        await links.replace_link(session, eve.seat("anna"))
    await Rounds(eve.house.hub).renew()
    assert await page.closed() == connection.NOT_VALID


async def test_the_page_of_a_rehearsal_is_not_the_exams(eve: Exam) -> None:
    async with eve.session.get(eve.url(f"/j/{eve.token('anna')}")) as response:
        text = await response.text()
        assert response.status == 200
        assert "camera=(self), microphone=(self)" in response.headers["Permissions-Policy"]
    assert "rehearsal.js" in text
    assert 'id="join"' in text, "the device test is the one of the day"
    assert eve.house.hub.days == {}


# ── an exam comes first ────────────────────────────────────────────────────────────────────────────


async def tomorrow(day: Exam) -> str:
    """The link of a participant of another day, which is tomorrow."""
    async with day.house.store.begin() as session:
        school = (await days.load_header(session, day.seeded.day))[0]
        other = await days.add_day(
            session,
            school_id=school.id,
            date=MORNING.date() + timedelta(days=1),
            opens_at=MORNING + timedelta(days=1),
            starts_at=MORNING + timedelta(days=1),
            closes_at=MORNING + timedelta(days=1, hours=8),
        )
        room = await days.add_room(session, day_id=other.id, number="07", title="Кабинет")
        kind = PEOPLE["anna"][0]
        seat = await add_seat(
            session,
            day_id=other.id,
            room_id=room.id,
            kind=kind,
            last_name="Завтрашний",
            first_name="Олег",
            patronymic="",
            at=MORNING,
        )
        await interviews.add(session, room_id=room.id, seat_id=seat.id, order=1, class_label="9А")
    day.seeded.seats["oleg"] = seat.id
    return seat.id


async def test_a_rehearsal_beside_another_days_exam_does_not_touch_it(day: Exam) -> None:
    examiner = await day.connected("examiner")
    (anna,) = await day.waiting("anna")
    await examiner.ask("admit")
    await anna.view_where(lambda view: view["phase"] == "interview")
    views, patches = len(examiner.views()), day.patches(0)
    await tomorrow(day)
    page = await connected(day, "oleg")
    await speak(day, "oleg")
    await page.ask("devices", **GOOD)
    assert page.views()[-1]["result"]["outcome"] == "ready"
    assert day.patches(0) == patches
    assert len(examiner.views()) == views
    assert list(day.house.hub.days) == [day.seeded.day]
    assert day.state("anna") is S.ADMITTED


async def full_house(seeded: Seeded, tmp_path: Path, capacity: int) -> Any:
    return exam(seeded, tmp_path, nodes=MemoryNodes(MemoryNode(capacity=capacity)))


async def test_what_the_rooms_of_today_need_is_never_given_to_a_rehearsal(
    seeded: Seeded, tmp_path: Path
) -> None:
    """Two rooms, room for two on the nodes: nothing is left, though no room has begun."""
    async with await full_house(seeded, tmp_path, 2) as day:
        await tomorrow(day)
        page = await day.open("oleg")
        assert page.views()[-1]["testable"] is False
        assert (await page.ask("offer", sdp="v=0"))["code"] == "node_unavailable"
        await page.ask("devices", **GOOD)
        assert page.views()[-1]["result"] == {"outcome": "untested", "problems": []}
        await page.ask("devices", camera="ok", microphone="silent", detail={})
        assert page.views()[-1]["result"]["outcome"] == "unfit", "the local part is done"
        await day.connected("examiner")
        await day.connected("examiner2")
        assert len(day.node.conferences) == 2


async def test_a_rehearsal_takes_what_is_left_and_gives_it_up_for_an_exam(
    seeded: Seeded, tmp_path: Path
) -> None:
    async with await full_house(seeded, tmp_path, 3) as day:
        await tomorrow(day)
        await day.connected("examiner")
        page = await connected(day, "oleg")
        assert page.views()[-1]["testable"] is True
        day.node.capacity = 2
        assert (await (await day.open("examiner2")).ask("offer", sdp="v=0"))["code"] == "node_unavailable"
        await day.house.hub.repair()
        rooms = {str(room) for room in day.seeded.rooms}
        assert set(day.node.conferences) == rooms
        await page.view_where(lambda view: not view["testable"])


async def test_the_own_time_of_the_plan_is_what_the_page_names(eve: Exam) -> None:
    async with eve.house.store.begin() as session:
        await session.execute(
            update(tables.Interview)
            .where(tables.Interview.id == eve.interview("anna"))
            .values(planned_at=MORNING + timedelta(minutes=20))
        )
    view = (await eve.open("anna")).views()[-1]
    assert view["planned_at"] == (MORNING + timedelta(minutes=20)).timestamp() * 1000
    assert view["come_at"] == (MORNING + timedelta(minutes=10)).timestamp() * 1000
