"""Conferences and nodes: what happens to media when a node or the server dies, and when nobody is there to answer."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from media.layout import SeatKind
from server.errors import NodeUnavailable, StoreFull
from server.exam.audibility import patches
from server.nodes.reports import Report
from server.signalling import cast
from server.signalling.cast import Guests
from server.signalling.day import LiveDay
from server.store import links, tables
from tests.signalling.house import Exam, MemoryNode, MemoryNodes, S, Seeded, exam


@pytest.fixture
async def two(seeded: Seeded, tmp_path: Path) -> AsyncIterator[Exam]:
    """The day with a working node and a spare."""
    nodes = MemoryNodes(MemoryNode("node-1", 11), MemoryNode("node-2", 12))
    async with exam(seeded, tmp_path, nodes=nodes) as running:
        yield running


def _room(day: Exam, room: int = 0) -> str:
    return str(day.seeded.rooms[room])


async def test_death_of_the_node_brings_everybody_back_on_the_spare_with_the_next_part(two: Exam) -> None:
    first, spare = two.nodes.nodes
    examiner, expert = await two.connected("examiner"), await two.connected("expert")
    anna, boris = await two.waiting("anna", "boris")
    await anna.ask("offer", sdp="v=0")
    await examiner.ask("admit")
    part = first.conferences[_room(two)].recording
    assert part is not None
    assert part.part == 1
    first.alive = False
    await two.house.hub.node_lost("node-1", frozenset({_room(two)}))
    for page in (examiner, expert, anna, boris):
        await page.until(lambda message: message["type"] == "media.reconnect")
    moved = spare.conferences[_room(two)]
    assert moved.recording is not None
    assert moved.recording.part == 2
    assert set(moved.patches) == set(first.conferences[_room(two)].patches)
    assert (await anna.ask("offer", sdp="v=0"))["type"] == "answer"


async def test_without_any_node_states_still_change_and_media_follows(day: Exam) -> None:
    day.node.alive = False
    examiner = await day.open("examiner")
    (anna,) = await day.waiting("anna")
    refused = await anna.ask("offer", sdp="v=0")
    assert (refused["type"], refused["code"]) == ("refused", "node_unavailable")
    assert (await examiner.ask("admit"))["type"] == "done"
    assert anna.views()[-1]["phase"] == "interview"
    assert examiner.views()[-1]["recording"]["on"] is False
    ((_, counted),) = day.journal("media.counters")
    assert counted["known"] is False
    day.node.alive = True
    await day.house.hub.node_live("node-1", {})
    await anna.until(lambda message: message["type"] == "media.reconnect")
    await examiner.view_where(lambda view: view["recording"]["on"])
    assert (day.seat("anna"), "voice", day.seat("examiner"), "participant-voice") in day.patches()


async def test_restarted_server_takes_up_the_conference_without_changing_anything(
    seeded: Seeded, tmp_path: Path
) -> None:
    nodes = MemoryNodes()
    node = nodes.nodes[0]
    async with exam(seeded, tmp_path, nodes=nodes) as day:
        examiner = await day.connected("examiner")
        (anna,) = await day.waiting("anna")
        peer = (await anna.ask("offer", sdp="v=0"))["peer"]
        await examiner.ask("admit")
        await examiner.ask("begin")
        await anna.ask("help", on=True)
        await examiner.ask("say", text="Записка")
        before = node.conferences[_room(day)]
        shown = anna.views()[-1]
    async with exam(seeded, tmp_path, nodes=nodes, keep=True) as day:
        report = await node.conference(_room(day))
        await day.house.hub.node_live("node-1", {_room(day): report})
        after = node.conferences[_room(day)]
        assert (after.seats, after.patches, after.recording) == (
            before.seats,
            before.patches,
            before.recording,
        )
        again = await day.socket("anna")
        assert (await again.hello("page-anna-1", "tab-anna-1", peer=peer))["media"] == "keep"
        assert again.views()[-1] == shown
        examiner = await day.open("examiner")
        assert examiner.views()[-1]["notes"][0]["text"] == "Записка"
        assert (await examiner.ask("finish"))["type"] == "done"
        assert day.state("anna") is S.FINISHED


async def test_restarted_server_finds_a_check_and_a_visit_again(seeded: Seeded, tmp_path: Path) -> None:
    nodes = MemoryNodes()
    node = nodes.nodes[0]
    async with exam(seeded, tmp_path, nodes=nodes) as day:
        await day.connected("examiner")
        await day.waiting("boris")
        specialist, organizer = await day.open("specialist"), await day.open("organizer")
        await specialist.ask("check", interview=day.interview("boris"))
        await organizer.ask("enter", room=day.seeded.rooms[0])
        before = node.conferences[_room(day)]
    async with exam(seeded, tmp_path, nodes=nodes, keep=True) as day:
        await day.house.hub.node_live("node-1", {_room(day): await node.conference(_room(day))})
        after = node.conferences[_room(day)]
        assert (after.seats, after.patches) == (before.seats, before.patches)
        specialist = await day.open("specialist")
        assert specialist.views()[-1]["check"]["interview"] == day.interview("boris")


async def test_conference_of_no_day_that_is_on_is_ended(day: Exam) -> None:
    day.nodes.placed["999"] = day.node
    await day.house.hub.node_live("node-1", {"999": Report(version=1, patches=[], seats={})})
    assert "999" not in day.nodes.placed


async def test_foreign_conference_that_cannot_be_ended_keeps_no_other_from_being_taken_up(
    day: Exam, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def silent(*_: Any) -> None:
        raise NodeUnavailable

    monkeypatch.setattr(MemoryNode, "end", silent)
    room = _room(day)
    day.nodes.placed |= {"999": day.node, room: day.node}
    empty = Report(version=1, patches=[], seats={})
    await day.house.hub.node_live("node-1", {"999": empty, room: empty})
    assert room in day.node.conferences


async def test_connection_told_again_is_no_news(day: Exam) -> None:
    """A node tells a new listener what holds; what was heard before is not put on record twice."""
    examiner = await day.connected("examiner")
    peer = next(iter(day.live.places[day.seat("examiner")].peers))
    event = {"event": "seat", "conference": _room(day), "seat": day.seat("examiner"), "peer": peer}
    for _ in range(2):
        await day.house.hub.node_event("node-1", {**event, "state": "connected"})
    assert len(day.journal("media.seat")) == 1
    await day.house.hub.node_event("node-1", {**event, "state": "closed"})
    await examiner.until(lambda message: message["type"] == "media.reconnect")
    assert len(day.journal("media.seat")) == 2


async def test_page_whose_connection_ended_is_told_to_connect_again(day: Exam) -> None:
    anna = await day.open("anna")
    old = (await anna.ask("offer", sdp="v=0"))["peer"]
    new = (await anna.ask("offer", sdp="v=0"))["peer"]
    event = {"event": "seat", "conference": _room(day), "seat": day.seat("anna")}
    await day.house.hub.node_event("node-1", {**event, "peer": new, "state": "connected"})
    await day.house.hub.node_event("node-1", {**event, "peer": old, "state": "closed"})
    await anna.ask("stats", data={})
    assert "media.reconnect" not in anna.types()
    await day.house.hub.node_event("node-1", {**event, "peer": new, "state": "failed"})
    await anna.until(lambda message: message["type"] == "media.reconnect")


async def test_private_check_is_patched_journalled_shown_and_not_recorded(day: Exam) -> None:
    await day.connected("examiner")
    specialist = await day.open("specialist")
    _, boris = await day.waiting("anna", "boris")
    refused = await specialist.ask("offer", sdp="v=0", room=day.seeded.rooms[0])
    assert refused["code"] == "no_media"
    await specialist.ask("check", interview=day.interview("boris"))
    assert day.patches() == {
        (day.seat("specialist"), "voice", day.seat("boris"), "staff-voice"),
        (day.seat("boris"), "voice", day.seat("specialist"), "participant-voice"),
        (day.seat("boris"), "camera", day.seat("specialist"), "participant-camera"),
    }
    assert day.node.conferences[_room(day)].recording is None
    view = await boris.view_where(lambda view: view["check"])
    assert view["encoders"] is True
    assert (await specialist.ask("offer", sdp="v=0", room=day.seeded.rooms[1]))["code"] == "no_media"
    assert (await specialist.ask("offer", sdp="v=0", room=day.seeded.rooms[0]))["type"] == "answer"
    await specialist.ask("check", interview=None)
    await specialist.until(lambda message: message["type"] == "media.close")
    assert day.patches() == set()
    assert [event for event, _ in day.journal() if event.startswith("check")] == ["check.start", "check.stop"]


async def test_check_ends_when_its_participant_is_admitted(day: Exam) -> None:
    examiner = await day.connected("examiner")
    specialist = await day.open("specialist")
    await day.waiting("anna")
    await specialist.ask("check", interview=day.interview("anna"))
    await specialist.ask("offer", sdp="v=0", room=day.seeded.rooms[0])
    await examiner.ask("admit")
    await specialist.until(lambda message: message["type"] == "media.close")
    assert specialist.views()[-1]["check"] is None
    assert not any(day.seat("specialist") in patch for patch in day.patches())
    events = [event for event, _ in day.journal()]
    assert events.index("check.stop") > events.index("interview.admit")


async def test_check_moves_to_another_room_with_a_new_connection(day: Exam) -> None:
    await day.connected("examiner2")
    specialist = await day.open("specialist")
    await day.waiting("anna", "gleb")
    await specialist.ask("check", interview=day.interview("anna"))
    await specialist.ask("offer", sdp="v=0", room=day.seeded.rooms[0])
    await specialist.ask("check", interview=day.interview("gleb"))
    await specialist.until(lambda message: message["type"] == "media.close")
    assert specialist.views()[-1]["check"]["room"] == day.seeded.rooms[1]
    assert day.seat("specialist") not in day.node.conferences[_room(day)].seats
    assert day.seat("specialist") in day.node.conferences[_room(day, 1)].seats


async def test_two_specialists_do_not_check_in_one_room(day: Exam) -> None:
    first, second = await day.open("specialist"), await day.open("specialist2")
    await day.waiting("anna", "boris")
    await first.ask("check", interview=day.interview("anna"))
    assert (await second.ask("check", interview=day.interview("boris")))["code"] == "check_taken"


async def test_organizer_enters_is_the_third_person_and_leaves(day: Exam) -> None:
    examiner, organizer = await day.connected("examiner"), await day.open("organizer")
    (anna,) = await day.waiting("anna")
    await examiner.ask("admit")
    assert anna.views()[-1]["third"] is False
    await organizer.ask("enter", room=day.seeded.rooms[0])
    await anna.view_where(lambda view: view["third"])
    assert (await examiner.view_where(lambda view: view["third"]))["third"]["kind"] == "organizer"
    assert (day.seat("organizer"), "voice", day.seat("anna"), "third-voice") in day.patches()
    other = await day.open("organizer2")
    assert (await other.ask("enter", room=day.seeded.rooms[0]))["code"] == "third_taken"
    await organizer.ask("leave")
    await anna.view_where(lambda view: not view["third"])
    assert not any("third" in patch[3] for patch in day.patches())


async def test_assistant_is_the_third_person_only_while_the_own_participant_is_inside(day: Exam) -> None:
    examiner, helper = await day.connected("examiner"), await day.connected("helper")
    organizer = await day.open("organizer")
    (anna,) = await day.waiting("anna")
    await examiner.ask("admit")
    assert helper.views()[-1]["current"] is False
    assert not any(day.seat("helper") in patch for patch in day.patches())
    for command in ("begin", "finish"):
        await examiner.ask(command)
    await organizer.ask("enter", room=day.seeded.rooms[0])
    (vera,) = await day.waiting("vera")
    await examiner.ask("admit")
    assert (await vera.view_where(lambda view: view["phase"] == "interview"))["third"] is True
    assert helper.views()[-1]["current"] is True
    assert (day.seat("helper"), "camera", day.seat("examiner"), "third-camera") in day.patches()
    assert organizer.views()[-1]["entered"] is None
    assert (await organizer.ask("enter", room=day.seeded.rooms[0]))["code"] == "third_taken"
    assert anna.views()[-1]["third"] is False


async def test_node_is_told_nothing_it_knows_already(day: Exam) -> None:
    await day.connected("examiner")
    count = len(day.node.puts)
    await day.connected("expert")
    await day.connected("anna")
    day.house.hub.show_all()
    assert len(day.node.puts) == count
    versions = [desired.version for _, desired in day.node.puts]
    assert versions == sorted(set(versions))


async def test_recorder_alarms_reach_examiner_and_specialist_only(day: Exam) -> None:
    examiner, specialist = await day.connected("examiner"), await day.open("specialist")
    (anna,) = await day.waiting("anna")
    await examiner.ask("admit")
    seen = len(anna.views())
    event = {"event": "recorder", "conference": _room(day), "interview": "1", "track": "participant-voice"}
    await day.house.hub.node_event("node-1", {**event, "alarm": "silence", "on": True, "detail": "8 с"})
    alarm = {"track": "participant-voice", "alarm": "silence", "detail": "8 с"}
    await examiner.view_where(lambda view: view["recording"]["alarms"] == [alarm])
    await specialist.view_where(lambda view: view["alarms"])
    await day.house.hub.node_event("node-1", {**event, "alarm": "silence", "on": False, "detail": ""})
    await examiner.view_where(lambda view: view["recording"]["alarms"] == [])
    await anna.ask("stats", data={})
    assert len(anna.views()) == seen


async def test_silent_plug_in_the_conference_is_an_alarm_and_before_it_is_not(day: Exam) -> None:
    examiner = await day.connected("examiner")
    (anna,) = await day.waiting("anna")
    event = {"event": "plug", "conference": _room(day), "seat": day.seat("anna"), "plug": "voice"}
    await day.house.hub.node_event("node-1", {**event, "state": "lost"})
    await examiner.ask("admit")
    assert examiner.views()[-1]["current"]["alarms"] == []
    await day.house.hub.node_event("node-1", {**event, "state": "lost"})
    await examiner.view_where(lambda view: view["current"]["alarms"] == ["microphone_lost"])
    assert anna.views()[-1]["alarms"] == []
    await day.house.hub.node_event("node-1", {**event, "state": "live"})
    await examiner.view_where(lambda view: view["current"]["alarms"] == [])


async def test_screen_that_is_taken_away_is_gone_at_once(day: Exam) -> None:
    """D-20: the examiner's page says it; the node, which waits for silence, only confirms."""
    examiner = await day.connected("examiner")
    (anna,) = await day.waiting("anna")
    await examiner.ask("admit")
    assert anna.views()[-1]["screen"] is None
    event = {"event": "plug", "conference": _room(day), "seat": day.seat("examiner"), "plug": "screen"}

    async def node_says(state: str) -> None:
        await day.house.hub.node_event("node-1", {**event, "state": state})
        await anna.ask("stats", data={})

    await examiner.ask("screen", on=True)
    await node_says("live")
    assert anna.views()[-1]["screen"] is True
    before = day.dump()
    await examiner.ask("screen", on=False)
    assert (await anna.view_where(lambda view: view["screen"] is False))["phase"] == "interview"
    assert day.dump() == before

    # Packets that were on their way bring nothing back, and silence that was heard late hides nothing new.
    await node_says("live")
    assert anna.views()[-1]["screen"] is False
    await node_says("lost")
    await examiner.ask("screen", on=True)
    await anna.view_where(lambda view: view["screen"] is None)
    await node_says("live")
    assert anna.views()[-1]["screen"] is True
    seen = len(anna.views())
    await examiner.ask("screen", on=True)
    await anna.ask("stats", data={})
    assert len(anna.views()) == seen


async def test_offers_once_a_second_are_never_refused_for_their_number(day: Exam) -> None:
    """A page tries again every second for as long as there is no node, however long that is."""
    examiner = await day.open("examiner")
    day.node.alive = False
    for _ in range(60):
        day.clock.move(seconds=1)
        assert (await examiner.ask("offer", sdp="v=0"))["code"] == "node_unavailable"
    day.node.alive = True
    day.clock.move(seconds=1)
    assert (await examiner.ask("offer", sdp="v=0"))["type"] == "answer"


async def test_quality_reaches_specialists_with_what_the_page_measures(day: Exam) -> None:
    specialist, examiner = await day.open("specialist"), await day.connected("examiner")
    await examiner.ask("stats", data={"loss": 0.5, "unknown": "is not passed on"})
    measured = {day.seat("examiner"): {"rtt_ms": 20, "plugs": {}, "jacks": {}}, "stranger": {}}
    await day.house.hub.node_event(
        "node-1", {"event": "quality", "conference": _room(day), "seats": measured}
    )
    told = await specialist.until(lambda message: message["type"] == "quality")
    assert told["seats"] == {
        day.seat("examiner"): {"rtt_ms": 20, "plugs": {}, "jacks": {}, "page": {"loss": 0.5}}
    }
    assert "quality" not in examiner.types()


async def test_revoked_seat_is_shown_out_and_loses_its_patches(day: Exam) -> None:
    examiner = await day.connected("examiner")
    (anna,) = await day.waiting("anna")
    await examiner.ask("admit")
    async with day.house.store.begin() as session:
        await links.revoke(session, day.seat("anna"), day.clock.now())
    await day.house.hub.renew(day.live)
    assert await anna.closed() == 4003
    assert not any(day.seat("anna") in patch for patch in day.patches())
    again = await day.socket("anna")
    assert await again.closed() == 4003


async def test_patches_on_the_node_are_always_those_of_the_pure_function(day: Exam) -> None:
    examiner, specialist = await day.connected("examiner"), await day.open("specialist")
    await day.waiting("anna", "boris")

    def expected() -> set[tuple[str, str, str, str]]:
        conference = day.live.conferences[day.seeded.rooms[0]]
        state = cast.state_of(day.live.day, day.seeded.rooms[0], conference.guests)
        return {(*plug, *jack) for plug, jack in patches(state)}

    await specialist.ask("check", interview=day.interview("boris"))
    for command in ("admit", "send_back", "admit", "begin", "finish", "admit"):
        await examiner.ask(command)
        assert day.patches() == expected(), command
        assert day.node.conferences[_room(day)].seats[day.seat("expert")] is SeatKind.EXPERT


async def test_no_expert_hears_or_sees_an_interview_that_is_scored_from_the_record(day: Exam) -> None:
    """D-21, Saratov 7.4: the expert's place stays connected and empty; examiner, observer and record have all of it."""
    async with day.house.store.begin() as session:
        row = await session.get_one(tables.Interview, day.interview("anna"))
        row.scheme = 2
    await day.house.hub.refresh(day.seeded.day)
    examiner, expert = await day.connected("examiner"), await day.connected("expert")
    observer = await day.connected("observer")
    await day.waiting("anna", "boris")

    def heard_by(seat: str) -> set[str]:
        return {patch[0] for patch in day.patches() if patch[2] == day.seat(seat)}

    for command in ("admit", "begin"):
        await examiner.ask(command)
        assert heard_by("expert") == set()
        assert heard_by("observer") == {day.seat("anna"), day.seat("examiner")}
        assert expert.views()[-1]["current"] is None
        assert observer.views()[-1]["current"]["interview"] == day.interview("anna")
    await examiner.ask("finish")
    await examiner.ask("admit")
    assert heard_by("expert") == {day.seat("boris"), day.seat("examiner")}
    assert expert.views()[-1]["current"]["interview"] == day.interview("boris")


async def test_death_of_the_node_is_survived_though_the_journal_cannot_be_written(
    two: Exam, monkeypatch: pytest.MonkeyPatch
) -> None:
    examiner = await two.connected("examiner")
    first, spare = two.nodes.nodes

    async def full(*_: Any, **__: Any) -> None:
        raise StoreFull

    first.alive = False
    with monkeypatch.context() as broken:
        broken.setattr(LiveDay, "write", full)
        await two.house.hub.node_lost("node-1", frozenset({_room(two)}))
    await examiner.until(lambda message: message["type"] == "media.reconnect")
    assert _room(two) in spare.conferences


async def test_check_that_was_ended_does_not_come_back_from_the_nodes_report(day: Exam) -> None:
    """The node could not be told; what it still has is not what is wanted."""
    specialist = await day.open("specialist")
    await day.waiting("boris")
    await specialist.ask("check", interview=day.interview("boris"))
    await specialist.ask("offer", sdp="v=0")
    assert day.patches()
    old = await day.node.conference(_room(day))
    day.node.alive = False
    assert (await specialist.ask("check", interview=None))["type"] == "done"
    day.node.alive = True
    await day.house.hub.node_live("node-1", {_room(day): old})
    assert day.patches() == set()
    assert specialist.views()[-1]["check"] is None


async def test_guests_who_left_with_a_step_do_not_come_back_with_the_next_server(
    seeded: Seeded, tmp_path: Path
) -> None:
    """The server died when the admission was on record and the node not yet told."""
    nodes = MemoryNodes()
    node = nodes.nodes[0]
    async with exam(seeded, tmp_path, nodes=nodes) as day:
        examiner = await day.connected("examiner")
        await day.waiting("vera")
        specialist, organizer = await day.open("specialist"), await day.open("organizer")
        await specialist.ask("check", interview=day.interview("vera"))
        await organizer.ask("enter", room=day.seeded.rooms[0])
        before = node.conferences[_room(day)]
        await examiner.ask("admit")
        wanted = day.patches()
    node.conferences[_room(day)] = before
    async with exam(seeded, tmp_path, nodes=nodes, keep=True) as day:
        await day.house.hub.node_live("node-1", {_room(day): await node.conference(_room(day))})
        assert day.patches() == wanted
        assert day.live.conferences[day.seeded.rooms[0]].guests == Guests()


async def test_word_on_the_screen_ends_with_the_connection_it_was_about(day: Exam) -> None:
    """An examiner who reloads while sharing leaves no picture that is said to be shared."""
    examiner = await day.connected("examiner")
    (anna,) = await day.waiting("anna")
    await examiner.ask("admit")
    event = {"conference": _room(day), "seat": day.seat("examiner")}
    for news in (
        {"event": "seat", "peer": "new", "state": "connected"},
        {"event": "seat", "peer": "new", "state": "closed"},
    ):
        await day.house.hub.node_event(
            "node-1", {**event, "event": "plug", "plug": "screen", "state": "live"}
        )
        await anna.view_where(lambda view: view["screen"] is True)
        await day.house.hub.node_event("node-1", {**event, **news})
        await anna.view_where(lambda view: view["screen"] is None)


async def test_late_alarm_of_a_recording_that_ended_is_not_shown(day: Exam) -> None:
    examiner = await day.connected("examiner")
    await day.waiting("anna")
    await examiner.ask("admit")
    await examiner.ask("begin")
    await examiner.ask("finish")
    event = {"event": "recorder", "conference": _room(day), "interview": str(day.interview("anna"))}
    alarm = {"track": "participant-voice", "alarm": "stall", "on": True, "detail": "4 s"}
    await day.house.hub.node_event("node-1", {**event, **alarm})
    await examiner.ask("stats", data={})
    assert examiner.views()[-1]["recording"]["alarms"] == []
    assert day.journal("recorder.alarm")


async def test_what_was_said_before_a_break_of_the_events_is_said_anew(day: Exam) -> None:
    """Whether an alarm ended, or a screen was taken away meanwhile, only the node knows: it tells all again."""
    examiner = await day.connected("examiner")
    (anna,) = await day.waiting("anna")
    await examiner.ask("admit")
    base = {"conference": _room(day)}
    alarm = {"event": "recorder", "interview": str(day.interview("anna")), "track": "", "alarm": "disk"}
    screen = {"event": "plug", "seat": day.seat("examiner"), "plug": "screen", "state": "live"}
    await day.house.hub.node_event("node-1", {**base, **alarm, "on": True, "detail": "1 MiB"})
    await day.house.hub.node_event("node-1", {**base, **screen})
    await examiner.view_where(lambda view: view["recording"]["alarms"])
    await day.house.hub.node_live("node-1", {_room(day): await day.node.conference(_room(day))})
    await examiner.view_where(lambda view: view["recording"]["alarms"] == [])
    await anna.view_where(lambda view: view["screen"] is None)


async def test_freed_seat_loses_its_media_at_once(day: Exam) -> None:
    """Whoever held it may not be willing to close the connection."""
    specialist = await day.open("specialist")
    anna = await day.connected("anna")
    assert day.seat("anna") in day.node.peers
    assert (await specialist.ask("free_seat", seat=day.seat("anna")))["type"] == "done"
    assert await anna.closed() == 4001
    assert day.seat("anna") not in day.node.peers
