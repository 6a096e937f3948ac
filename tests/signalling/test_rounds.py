"""What time does by itself: guests who left, days that are over, work that fails once."""

import asyncio

import pytest

from media.layout import SeatKind
from server.errors import StoreBusy
from server.signalling import rounds
from server.signalling.rounds import Rounds
from server.store import links
from tests.signalling.house import Exam


async def test_guests_whose_pages_are_gone_leave_the_conference(day: Exam) -> None:
    specialist, organizer = await day.open("specialist"), await day.open("organizer")
    await day.waiting("anna")
    await specialist.ask("check", interview=day.interview("anna"))
    await organizer.ask("enter", room=day.seeded.rooms[0])
    guests = day.live.conferences[day.seeded.rooms[0]].guests
    await specialist.close()
    await organizer.close()
    await asyncio.sleep(0.05)
    day.clock.move(seconds=5)
    await Rounds(day.house.hub).renew()
    assert day.live.conferences[day.seeded.rooms[0]].guests == guests
    day.clock.move(seconds=6)
    await Rounds(day.house.hub).renew()
    assert day.live.conferences[day.seeded.rooms[0]].guests == type(guests)()
    events = [event for event, _ in day.journal()]
    assert {"check.stop", "organizer.leave"} <= set(events)


async def test_day_that_is_over_is_ended_once_everybody_has_left(day: Exam) -> None:
    anna = await day.connected("anna")
    assert day.node.conferences
    day.clock.move(days=1)
    await Rounds(day.house.hub).renew()
    assert day.house.hub.days
    await anna.close()
    await asyncio.sleep(0.05)
    await Rounds(day.house.hub).renew()
    assert day.house.hub.days == {}
    assert day.node.conferences == {}


async def test_seat_added_during_the_day_is_let_in(day: Exam) -> None:
    async with day.house.store.begin() as session:
        seat = await links.add_seat(
            session,
            day_id=day.seeded.day,
            room_id=day.seeded.rooms[0],
            kind=SeatKind.EXPERT,
            last_name="Новый",
            first_name="Эксперт",
            patronymic="",
            at=day.clock.now(),
        )
    day.seeded.seats["new"] = seat.id
    page = await day.open("new")
    assert page.views()[-1]["room"]["number"] == "07"
    del day.seeded.seats["new"]


async def test_round_that_fails_is_followed_by_the_next(day: Exam, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = 0
    again = asyncio.Event()

    async def failing() -> None:
        nonlocal calls
        calls += 1
        if calls == 1:
            raise StoreBusy
        if calls == 2:
            raise RuntimeError("once")
        again.set()

    for name in ("SHOW_SECONDS", "REPAIR_SECONDS", "RENEW_SECONDS"):
        monkeypatch.setattr(rounds, name, 0.01)
    monkeypatch.setattr(day.house.hub, "repair", failing)
    failing.__name__ = "repair"
    async with Rounds(day.house.hub):
        await asyncio.wait_for(again.wait(), 5)
