"""A link that is opened on another device is noticed, told calmly, and can be replaced without losing anything."""

import re
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from server.errors import NotFound, Refused
from server.signalling import connection
from server.signalling.visitor import network_of
from server.store import link_devices, tables
from tests.signalling.house import Exam, PageClient, S, Seeded, exam

PHONE = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/130.0 Mobile Safari/537.36"
LAPTOP = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/130.0 YaBrowser/24.10 Safari/537.36"


async def opened(
    day: Exam, device: str | None, *, name: str = "anna", agent: str = PHONE, **header: str
) -> Any:
    """A page of that device; the answer to its greeting is `greeted`."""
    socket = await day.session.ws_connect(
        day.url(f"/j/{day.token(name)}/ws"), headers={"User-Agent": agent, **header}
    )
    page = PageClient(socket)
    day.pages.append(page)
    number = len(day.pages)
    await page.ask(
        "hello", version=1, page=f"page-{number:08}", tab=f"tab-{number:08}", device=device, peer=None
    )
    return page


def seen(view: dict[str, Any], day: Exam, name: str = "anna") -> Any:
    """What the wall says of the participant's other device."""
    people = [person for room in view["rooms"] for person in room["people"]]
    return next(person["other_device"] for person in people if person["interview"] == day.interview(name))


def events(day: Exam) -> list[str]:
    return [event for event, _ in day.journal() if event.startswith("link.")]


async def test_a_second_device_is_told_to_the_specialist_and_kept_from_nobody(day: Exam) -> None:
    specialist, examiner = await day.open("specialist"), await day.open("examiner")
    first = await opened(day, "device-phone")
    assert seen(specialist.views()[-1], day) is None, "the first one is the participant's"
    second = await opened(day, "device-laptop", agent=LAPTOP)
    assert second.types()[0] == "taken"
    view = await specialist.view_where(lambda view: seen(view, day) is not None)
    assert seen(view, day) == {
        "at": round(day.clock.now().timestamp() * 1000),
        "browser": "Яндекс Браузер",
        "system": "Windows",
        "same_network": True,
        "beside": True,
    }
    assert {"room": day.seeded.rooms[0], "interview": day.interview("anna"), "kind": "other_device"} in view[
        "alarms"
    ]
    assert (await second.ask("take"))["type"] == "welcome", "a child's own change of device works"
    await first.closed()
    assert all("other_device" not in person for person in examiner.views()[-1]["queue"])
    assert not any("other_device" in str(message) for message in (*first.all, *second.all))
    assert events(day) == ["link.device", "link.other_device"]


async def test_reloads_tabs_and_reconnects_of_one_device_are_no_alarm(day: Exam) -> None:
    specialist = await day.open("specialist")
    for _ in range(3):
        page = await opened(day, "device-phone")
        await page.close()
    for _ in range(2):
        await opened(day, "device-phone")
    await specialist.ask("stats", data={})
    assert seen(specialist.views()[-1], day) is None
    assert events(day) == ["link.device"]


async def test_a_device_that_comes_after_the_first_has_left_is_noticed_too(day: Exam) -> None:
    specialist = await day.open("specialist")
    await (await opened(day, "device-phone")).close()
    await opened(day, "device-laptop", agent=LAPTOP)
    view = await specialist.view_where(lambda view: seen(view, day) is not None)
    assert day.journal("link.other_device")[0][1]["same_network"] is True
    assert seen(view, day)["browser"] == "Яндекс Браузер"


async def test_another_network_is_named_and_a_known_devices_is_no_alarm(
    seeded: Seeded, tmp_path: Path
) -> None:
    async with exam(seeded, tmp_path, trust_proxy=True) as day:
        specialist = await day.open("specialist")
        forwarded = "X-Forwarded-For"
        await (await opened(day, "device-phone", **{forwarded: "203.0.113.7"})).close()
        await (await opened(day, "device-phone", **{forwarded: "198.51.100.9"})).close()
        assert events(day) == ["link.device", "link.other_network"], "from Wi-Fi to the mobile network"
        await (await opened(day, "device-2", **{forwarded: "10.0.0.1, 203.0.113.99"})).close()
        await specialist.view_where(lambda view: seen(view, day) and seen(view, day)["same_network"])
        await opened(day, "device-3", **{forwarded: "192.0.2.1"})
        await specialist.view_where(lambda view: seen(view, day) and not seen(view, day)["same_network"])


async def test_nothing_that_tells_of_a_person_is_in_the_journal_in_clear(day: Exam) -> None:
    await opened(day, "device-phone")
    await opened(day, "device-laptop", name="boris")
    await opened(day, "device-phone", name="boris")
    told = str(day.journal())
    assert "device-phone" not in told
    assert "127.0.0" not in told
    marks = [data["device"] for event, data in day.journal() if event in {"link.device", "link.other_device"}]
    assert len(set(marks)) == 3, "one device on two links has two marks"


async def test_this_is_the_participant(day: Exam) -> None:
    specialist = await day.open("specialist")
    await opened(day, "device-phone")
    await opened(day, "device-laptop")
    assert (await specialist.ask("own_device", interview=day.interview("anna")))["type"] == "done"
    assert seen(specialist.views()[-1], day) is None
    await opened(day, "device-laptop")
    await specialist.ask("stats", data={})
    assert seen(specialist.views()[-1], day) is None, "it is known from now on"
    again = await specialist.ask("own_device", interview=day.interview("anna"))
    assert again["code"] == "not_now"
    await opened(day, "device-third")
    await specialist.view_where(lambda view: seen(view, day) is not None)
    assert events(day).count("link.acknowledged") == 1


async def test_the_alarm_outlives_the_server(day: Exam) -> None:
    specialist = await day.open("specialist")
    await opened(day, "device-phone")
    await opened(day, "device-laptop")
    await specialist.view_where(lambda view: seen(view, day) is not None)
    day.house.hub.days.clear()
    again = await day.open("specialist", page="page-specialist-2")
    assert seen(again.views()[-1], day) is not None
    async with day.house.store.read() as session:
        known = (await link_devices.of_day(session, day.seeded.day))[day.seat("anna")]
    assert [one.known for one in known.values()] == [True, False]


async def test_a_browser_that_keeps_nothing_is_told_apart_by_what_is_known_of_it(day: Exam) -> None:
    await (await opened(day, None)).close()
    await (await opened(day, None)).close()
    assert events(day) == ["link.device"]
    await opened(day, None, agent=LAPTOP)
    assert events(day) == ["link.device", "link.other_device"]


async def test_whoever_makes_up_devices_does_not_fill_the_journal(day: Exam) -> None:
    for number in range(60):
        await (await opened(day, f"device-{number:04}")).close()
    assert len(events(day)) <= 21


# ── a new link ─────────────────────────────────────────────────────────────────────────────────────


async def test_a_replaced_link_shows_its_pages_out_and_keeps_the_state(day: Exam) -> None:
    specialist = await day.open("specialist")
    (anna,) = await day.waiting("anna")
    await anna.ask("offer", sdp="v=0")
    old = day.token("anna")
    waiting = await opened(day, "device-stranger")
    assert waiting.types()[0] == "taken"
    answer = await specialist.ask("replace_link", interview=day.interview("anna"))
    assert answer["type"] == "link"
    assert answer["qr"].startswith("data:image/svg+xml")
    assert await anna.closed() == connection.NOT_VALID
    assert await waiting.closed() == connection.NOT_VALID
    assert day.seat("anna") not in day.node.peers, "the media of the old page is cut as well"
    async with day.session.get(day.url(f"/j/{old}")) as response:
        assert response.status == 410
        assert 'data-problem="revoked"' in await response.text()
    new = re.fullmatch(r"http://127\.0\.0\.1:8080/j/(.{34})", answer["url"])
    assert new is not None
    assert new[1] != old
    page = PageClient(await day.session.ws_connect(day.url(f"/j/{new[1]}/ws")))
    day.pages.append(page)
    assert (await page.hello("page-anna-9", "tab-anna-9"))["type"] == "welcome"
    await page.view_where(lambda view: view["phase"] == "waiting")
    assert day.state("anna") is S.WAITING
    assert seen(specialist.views()[-1], day) is None, "its first device is the participant's"
    assert ("link.replaced", {"seat": day.seat("anna"), "number": 1, "person": None}) in day.journal()


async def test_a_page_that_was_on_its_way_with_the_old_link_does_not_get_the_seat(day: Exam) -> None:
    late = await day.socket("anna")
    await day.house.hub.replace_link(day.seeded.day, day.seat("anna"))
    await late.socket.send_json(
        {"type": "hello", "id": 1, "version": 1, "page": "page-000001", "tab": "tab-000001"}
    )
    assert await late.closed() == connection.NOT_VALID
    assert day.live.places[day.seat("anna")].holder is None


async def test_in_the_middle_of_the_exam_the_participant_comes_back_into_the_conference(day: Exam) -> None:
    examiner = await day.connected("examiner")
    (anna,) = await day.waiting("anna")
    await examiner.ask("admit")
    await examiner.ask("begin")
    token = await day.house.hub.replace_link(day.seeded.day, day.seat("anna"), person=7)
    assert await anna.closed() == connection.NOT_VALID
    page = PageClient(await day.session.ws_connect(day.url(f"/j/{token}/ws")))
    day.pages.append(page)
    assert (await page.hello("page-anna-9", "tab-anna-9"))["media"] == "connect"
    await page.view_where(lambda view: view["phase"] == "interview")
    assert day.state("anna") is S.EXAM
    assert day.journal("link.replaced")[0][1]["person"] == 7


async def test_only_links_of_the_day_are_replaced(day: Exam) -> None:
    with pytest.raises(NotFound):
        await day.house.hub.replace_link(day.seeded.day, "foreign-seat")
    with pytest.raises(NotFound):
        await day.house.hub.replace_link(day.seeded.day + 1, day.seat("anna"))
    async with day.house.store.begin() as session:
        await session.execute(
            update(tables.Seat).where(tables.Seat.id == day.seat("examiner")).values(by_link=False)
        )
    with pytest.raises(Refused):
        await day.house.hub.replace_link(day.seeded.day, day.seat("examiner"))


async def test_a_link_of_another_day_is_replaced_without_making_it_live(day: Exam) -> None:
    day.clock.move(days=-1)
    day.house.hub.days.clear()
    page = await day.open("anna")
    assert page.views()[-1]["phase"] == "rehearsal"
    token = await day.house.hub.replace_link(day.seeded.day, day.seat("anna"))
    assert await page.closed() == connection.NOT_VALID
    assert day.house.hub.days == {}
    again = PageClient(await day.session.ws_connect(day.url(f"/j/{token}/ws")))
    day.pages.append(again)
    assert (await again.hello("page-anna-9", "tab-anna-9"))["type"] == "welcome"


async def test_a_device_of_the_rehearsal_is_known_on_the_day(day: Exam) -> None:
    day.clock.move(days=-1)
    day.house.hub.days.clear()
    await (await opened(day, "device-phone")).close()
    day.clock.move(days=1)
    specialist = await day.open("specialist")
    await opened(day, "device-phone")
    assert seen(specialist.views()[-1], day) is None
    await opened(day, "device-laptop")
    await specialist.view_where(lambda view: seen(view, day) is not None)
    assert events(day) == ["link.device", "link.other_device"]


async def test_devices_of_one_family_at_the_rehearsal_are_no_alarm_on_the_day_but_another_network_is(
    seeded: Seeded, tmp_path: Path
) -> None:
    async with exam(seeded, tmp_path, trust_proxy=True) as day:
        day.clock.move(days=-1)
        day.house.hub.days.clear()
        for device, address in (("phone", "203.0.113.7"), ("laptop", "203.0.113.8"), ("friend", "192.0.2.1")):
            await (await opened(day, f"device-{device}", **{"X-Forwarded-For": address})).close()
        assert events(day) == ["link.device", "link.device", "link.other_device"]
        day.clock.move(days=1)
        specialist = await day.open("specialist")
        assert seen(specialist.views()[-1], day)["same_network"] is False


@pytest.mark.parametrize(
    "address, network",
    [
        ("203.0.113.7", "203.0.113.0/24"),
        ("::ffff:203.0.113.7", "203.0.113.0/24"),
        ("2001:db8:1:2::5", "2001:db8:1::/48"),
        ("no address", ""),
        ("", ""),
    ],
)
def test_the_network_of_an_address(address: str, network: str) -> None:
    assert network_of(address) == network
