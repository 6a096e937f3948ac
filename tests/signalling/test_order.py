"""First the database with its journal, then the node, then the pages; and nothing at all where the first fails."""

import asyncio
from typing import Any

import pytest

from media.control import Desired
from server.errors import StoreFull
from server.exam.interview import Step
from server.nodes.reports import Report
from server.signalling import steps
from server.store import interviews
from tests.signalling.house import Exam, MemoryNode, S


async def test_step_is_on_record_before_the_node_is_told_and_the_node_before_the_pages(
    day: Exam, monkeypatch: pytest.MonkeyPatch
) -> None:
    examiner = await day.connected("examiner")
    (anna,) = await day.waiting("anna")
    seen: list[tuple[list[str], str]] = []
    put = MemoryNode.put

    async def watched(node: MemoryNode, room: str, desired: Desired) -> Report:
        seen.append(([event for event, _ in day.journal()][-3:], anna.views()[-1]["phase"]))
        return await put(node, room, desired)

    monkeypatch.setattr(MemoryNode, "put", watched)
    await examiner.ask("admit")
    await anna.view_where(lambda view: view["phase"] == "interview")
    assert seen == [(["interview.admit", "media.counters", "recording.part"], "waiting")]


async def test_step_that_cannot_be_kept_is_not_taken(day: Exam, monkeypatch: pytest.MonkeyPatch) -> None:
    examiner = await day.connected("examiner")
    (anna,) = await day.waiting("anna")
    before, puts, views = day.dump(), len(day.node.puts), len(anna.views())

    async def full(*_: Any, **__: Any) -> None:
        raise StoreFull

    with monkeypatch.context() as broken:
        broken.setattr(steps, "_count", full)
        refused = await examiner.ask("admit")
    assert (refused["type"], refused["code"]) == ("refused", "store_full")
    await anna.ask("stats", data={})
    assert (day.dump(), len(day.node.puts), len(anna.views())) == (before, puts, views)
    assert day.state("anna") is S.WAITING
    assert (await examiner.ask("admit"))["type"] == "done"


async def test_voices_go_on_while_the_recording_waits_for_the_database(
    day: Exam, monkeypatch: pytest.MonkeyPatch
) -> None:
    examiner = await day.connected("examiner")
    (anna,) = await day.waiting("anna")

    async def full(*_: Any, **__: Any) -> int:
        raise StoreFull

    with monkeypatch.context() as broken:
        broken.setattr(interviews, "new_recording_part", full)
        assert (await examiner.ask("admit"))["type"] == "done"
        assert (await anna.ask("offer", sdp="v=0"))["type"] == "answer"
    await anna.view_where(lambda view: view["phase"] == "interview")
    assert (await examiner.view_where(lambda view: view["current"]))["recording"]["on"] is False
    desired = day.node.conferences[str(day.seeded.rooms[0])]
    assert desired.recording is None
    assert (day.seat("anna"), "voice", day.seat("examiner"), "participant-voice") in day.patches()
    await day.house.hub.repair()
    await examiner.view_where(lambda view: view["recording"]["on"])


async def test_step_that_is_taken_is_shown_though_its_counters_cannot_be_kept(
    day: Exam, monkeypatch: pytest.MonkeyPatch
) -> None:
    examiner = await day.connected("examiner")
    (anna,) = await day.waiting("anna")
    await examiner.ask("admit")
    await examiner.ask("begin")

    async def full(*_: Any, **__: Any) -> None:
        raise StoreFull

    with monkeypatch.context() as broken:
        broken.setattr(steps, "_count", full)
        assert (await examiner.ask("finish"))["type"] == "done"
    await anna.ask("stats", data={})
    assert anna.views()[-1]["phase"] == "finished"


async def test_step_that_waited_for_its_turn_begins_from_the_newest_state(day: Exam) -> None:
    await day.connected("examiner")
    await day.waiting("anna")
    conference = day.live.conferences[day.seeded.rooms[0]]
    by = {name: day.live.places[day.seat(name)].row for name in ("examiner", "organizer")}
    async with conference.lock:
        turns = [
            asyncio.create_task(steps.admit(day.live, conference, None, by["examiner"])),
            asyncio.create_task(steps.take(day.live, day.interview("anna"), Step.REMOVE, by["organizer"])),
        ]
        await asyncio.sleep(0)
    await asyncio.gather(*turns)
    assert day.state("anna") is S.REMOVED
    assert [data["when"] for _, data in day.journal("media.counters")] == ["admission", "end"]
