"""Who holds a seat: second tab, second device, reload, a socket that died unnoticed, a seat that is freed."""

import asyncio

import pytest

from server.signalling import connection
from tests.signalling.house import Exam, S


async def test_second_device_is_asked_and_the_first_is_told(day: Exam) -> None:
    first = await day.open("anna")
    second = await day.socket("anna")
    assert await second.hello("page-anna-2", "tab-anna-2") == {"type": "taken", "re": 1}
    assert first.types().count("lost") == 0
    assert (await second.ask("take"))["type"] == "welcome"
    assert await first.until(lambda message: message["type"] == "lost") == {"type": "lost", "reason": "moved"}
    assert await first.closed() == connection.MOVED
    assert (await second.ask("help", on=True))["type"] == "done"


async def test_same_page_on_a_new_socket_needs_no_question(day: Exam) -> None:
    first = await day.open("anna")
    second = await day.socket("anna")
    assert (await second.hello("page-anna-1", "tab-anna-1"))["type"] == "welcome"
    await first.closed()
    assert "lost" not in first.types()


async def test_reload_beside_a_living_page_is_asked(day: Exam) -> None:
    await day.open("anna")
    copied_tab = await day.socket("anna")
    assert (await copied_tab.hello("page-anna-2", "tab-anna-1"))["type"] == "taken"


async def test_reload_takes_over_from_a_socket_that_no_longer_answers(day: Exam) -> None:
    deaf = await day.session.ws_connect(day.url(f"/j/{day.token('anna')}/ws"), autoping=False)
    hello = {"type": "hello", "id": 1, "version": 1, "page": "page-anna-1", "tab": "tab-anna-1", "peer": None}
    await deaf.send_json(hello)
    assert (await deaf.receive_json())["type"] == "welcome"
    reloaded = await day.socket("anna")
    assert (await reloaded.hello("page-anna-2", "tab-anna-1"))["type"] == "welcome"
    await deaf.close()


async def test_page_that_closed_frees_its_seat_at_once(day: Exam) -> None:
    first = await day.open("anna")
    await first.close()
    await asyncio.sleep(0.05)
    assert (await day.open("anna", page="page-anna-2", tab="tab-anna-2")).types()[0] == "welcome"


async def test_take_after_the_holder_left(day: Exam) -> None:
    first = await day.open("anna")
    second = await day.socket("anna")
    assert (await second.hello("page-anna-2", "tab-anna-2"))["type"] == "taken"
    await first.close()
    assert (await second.ask("take"))["type"] == "welcome"


async def test_only_so_many_pages_may_wait_for_a_seat(day: Exam) -> None:
    await day.open("anna")
    waiting = []
    for number in range(5):
        page = await day.socket("anna")
        await page.hello(f"page-anna-1{number}", f"tab-anna-1{number}")
        waiting.append(page)
    assert await waiting[0].closed() == connection.MOVED
    assert (await waiting[-1].ask("take"))["type"] == "welcome"


async def test_specialist_frees_a_seat(day: Exam) -> None:
    specialist = await day.open("specialist")
    anna = await day.open("anna")
    assert (await specialist.ask("free_seat", seat=day.seat("anna")))["type"] == "done"
    assert await anna.until(lambda message: message["type"] == "lost") == {"type": "lost", "reason": "freed"}
    assert await anna.closed() == connection.MOVED
    assert (await day.open("anna", page="page-anna-2", tab="tab-anna-2")).types()[0] == "welcome"


@pytest.mark.parametrize("state", list(S))
async def test_reload_at_every_step_shows_the_same_view(day: Exam, state: S) -> None:
    await day.open("examiner")
    first = await day.open("anna")
    await day.put_state("anna", state)
    day.house.hub.show_all()
    await first.ask("stats", data={})
    shown = first.views()[-1]
    await first.close()
    again = await day.open("anna", page="page-anna-2", tab="tab-anna-1")
    assert again.views()[-1] == shown or state is S.INVITED
    assert (again.all[0]["media"] == "none") == (state in {S.FINISHED, S.NO_SHOW, S.REMOVED})


async def test_page_with_a_living_connection_keeps_it(day: Exam) -> None:
    first = await day.open("anna")
    peer = (await first.ask("offer", sdp="v=0"))["peer"]
    await day.house.hub.node_event(
        "node-1",
        {
            "event": "seat",
            "conference": str(day.seeded.rooms[0]),
            "seat": day.seat("anna"),
            "peer": peer,
            "state": "connected",
        },
    )
    again = await day.socket("anna")
    assert (await again.hello("page-anna-1", "tab-anna-1", peer=peer))["media"] == "keep"
    reloaded = await day.socket("anna")
    assert (await reloaded.hello("page-anna-1", "tab-anna-1", peer="unknown-peer"))["media"] == "connect"


async def test_a_seat_is_absent_when_neither_page_nor_media_is_heard(day: Exam) -> None:
    """The socket is open still, and the connection as well: its other end may be back at any moment."""
    examiner, anna = await day.open("examiner"), await day.open("anna")
    peer = (await anna.ask("offer", sdp="v=0"))["peer"]
    event = {"event": "seat", "conference": str(day.seeded.rooms[0]), "seat": day.seat("anna"), "peer": peer}
    place = day.live.places[day.seat("anna")]
    assert place.holder is not None

    async def told(state: str) -> None:
        await day.house.hub.node_event("node-1", {**event, "state": state})

    await told("connected")
    place.holder.connection.heard_at -= 4
    await told("silent")
    await examiner.view_where(lambda view: not view["queue"][0]["present"])
    assert place.connected, "only marked"
    await day.house.hub.node_event("node-1", {**event, "peer": "another", "state": "failed"})
    assert place.silent, "an attempt to replace it came to nothing"
    await told("connected")
    await examiner.view_where(lambda view: view["queue"][0]["present"])
    await told("silent")
    await examiner.view_where(lambda view: not view["queue"][0]["present"])
    await anna.ask("help", on=True)
    await examiner.view_where(lambda view: view["queue"][0]["present"])


async def test_presence_ends_three_seconds_after_the_page(day: Exam) -> None:
    examiner = await day.open("examiner")
    anna = await day.open("anna")
    await examiner.view_where(lambda view: view["queue"][0]["present"])
    await anna.close()
    await asyncio.sleep(0.05)
    day.house.hub.show_all()
    assert examiner.views()[-1]["queue"][0]["present"] is True
    day.clock.move(seconds=3)
    day.house.hub.show_all()
    await examiner.view_where(lambda view: not view["queue"][0]["present"])


async def test_alarms_end_with_the_page_that_raised_them(day: Exam) -> None:
    examiner = await day.open("examiner")
    anna = await day.open("anna")
    await anna.ask("alarm", kind="camera_lost", on=True)
    assert anna.views()[-1]["alarms"] == ["camera_lost"]
    await examiner.view_where(lambda view: view["queue"][0]["alarms"] == ["camera_lost"])
    await anna.close()
    await examiner.view_where(lambda view: view["queue"][0]["alarms"] == [])


async def test_version_of_another_day_is_refused(day: Exam) -> None:
    page = await day.socket("anna")
    answer = await page.ask("hello", version=2, page="page-000001", tab="tab-000001")
    assert (answer["type"], answer["code"]) == ("refused", "version")
