import asyncio
import io
import json
import os
import signal
import socket
import stat
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from aiohttp.test_utils import TestClient, TestServer

import media.usage
from media.conference import Conference
from media.layout import SeatKind
from media.node import MOST_EVENTS, Node
from media.settings import NodeSettings, read_settings
from tests.media.support import (
    DEADLINE,
    Client,
    NodeProcess,
    browser,
    eventually,
    node_process,
    pictures,
    pitch_at,
    quiet,
    recorded,
)

SEATS = {"p": "participant", "q": "participant", "x": "examiner", "e": "expert"}
ADMITTED = [
    ("p", "voice", "x", "participant-voice"),
    ("p", "camera", "x", "participant-camera"),
    ("x", "voice", "p", "staff-voice"),
    ("p", "voice", "e", "participant-voice"),
    ("x", "voice", "e", "examiner-voice"),
    ("p", "voice", "recorder", "participant-voice"),
    ("p", "camera", "recorder", "participant-camera"),
    ("x", "voice", "recorder", "examiner-voice"),
]
STEM = "2026-02-11_640001_aud-07_int-0003"
TARGET = {"interview": "i1", "directory": "2026-02-11", "stem": STEM, "part": 1}


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NodeProcess]:
    """One node for all tests that do not end it; each uses a conference of its own."""
    with node_process(tmp_path_factory.mktemp("node"), "--capacity", "100") as node:
        yield node


@pytest_asyncio.fixture
async def node(shared: NodeProcess) -> AsyncIterator[Client]:
    async with shared.client() as client:
        yield client


@pytest.fixture
def conference(request: pytest.FixtureRequest) -> str:
    return "".join(c if c.isalnum() else "-" for c in request.node.name)[:64]


def files(recordings: Path) -> dict[str, Path]:
    """The recorded tracks by the name of their jack."""
    found = sorted((recordings / "2026-02-11").glob("*.mkv"))
    return {path.name.removeprefix(f"{STEM}_").partition("_part-")[0]: path for path in found}


# the control API


async def test_the_greeting(shared: NodeProcess, node: Client, conference: str) -> None:
    await node.put(conference, SEATS)
    status, told = await node.call("GET", "/v1")
    assert status == 200
    assert (told["api"], told["node"], told["pid"], told["capacity"]) == (
        1,
        "node-7",
        shared.process.pid,
        100,
    )
    assert told["epoch"] == 1
    assert told["conferences"][conference] == await node.get(conference)


def test_nobody_else_may_speak_to_the_node(shared: NodeProcess) -> None:
    mode = shared.socket.stat().st_mode
    assert stat.S_ISSOCK(mode)
    assert stat.S_IMODE(mode) == 0o600
    assert stat.S_IMODE(shared.recordings.stat().st_mode) == 0o750
    pid = shared.socket.with_name("node.sock.pid").read_text()
    assert int(pid) == shared.process.pid


async def test_the_desired_state_is_reported_and_may_be_repeated(node: Client, conference: str) -> None:
    first = await node.put(conference, SEATS, ADMITTED, priority=["p", "x"], recording=TARGET)
    assert first["version"] == 1
    assert first["patches"] == sorted(list(patch) for patch in ADMITTED)
    assert first["seats"]["p"] == {"kind": "participant", "peer": None, "connected": False}
    assert len(first["jacks"]) == 5 + 5 + 4 + 7
    assert first["recording"] == {"interview": "i1", "part": 1, "files": []}
    node.versions[conference] -= 1
    assert await node.put(conference, SEATS, ADMITTED, priority=["p", "x"], recording=TARGET) == first
    assert await node.get(conference) == first
    second = await node.put(conference, {"x": "examiner"})
    assert (set(second["seats"]), second["patches"], second["recording"]) == ({"x"}, [], None)
    assert (await node.call("DELETE", f"/v1/conferences/{conference}"))[0] == 200
    assert (await node.call("GET", f"/v1/conferences/{conference}"))[0] == 404


async def test_an_older_version_is_refused(node: Client, conference: str) -> None:
    for version, expected in [(5, 200), (4, 409), (5, 200), (6, 200)]:
        body = {"version": version, "seats": {}, "patches": []}
        status, told = await node.call("PUT", f"/v1/conferences/{conference}", body)
        assert status == expected
        if status == 409:
            assert told == {"error": "stale_version", "detail": "5"}


@pytest.mark.parametrize(
    "patches",
    [
        [["p", "voice", "x", "nothing"]],
        [["p", "screen", "x", "participant-camera"]],
        [["p", "voice", "x", "participant-camera"]],
        [["p", "voice", "nobody", "participant-voice"]],
        [["nobody", "voice", "x", "participant-voice"]],
        [["e", "voice", "x", "participant-voice"]],
        [["p", "voice", "x", "participant-voice"], ["q", "voice", "x", "participant-voice"]],
        [["p", "voice", "recorder", "staff-voice"]],
        [["recorder", "voice", "x", "participant-voice"]],
    ],
)
async def test_a_patch_that_cannot_be_is_refused_and_changes_nothing(
    node: Client, conference: str, patches: list[list[str]]
) -> None:
    before = await node.put(conference, SEATS, ADMITTED)
    body = {"version": 99, "seats": SEATS, "patches": patches}
    status, told = await node.call("PUT", f"/v1/conferences/{conference}", body)
    assert (status, told["error"]) == (400, "bad_patch")
    assert told["detail"]
    assert await node.get(conference) == before


GOOD: dict[str, Any] = {"version": 1, "seats": {}, "patches": []}


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        {},
        {**GOOD, "version": -1},
        {**GOOD, "version": "1"},
        {**GOOD, "seats": {"p": "king"}},
        {**GOOD, "seats": {"a/b": "expert"}},
        {**GOOD, "seats": {"a\n": "expert"}},
        {**GOOD, "patches": [["p", "voice", "x"]]},
        {**GOOD, "more": 1},
        {**GOOD, "recording": {**TARGET, "directory": "../.."}},
        {**GOOD, "recording": {**TARGET, "stem": "a/b"}},
        {**GOOD, "recording": {**TARGET, "stem": ""}},
        {**GOOD, "recording": {**TARGET, "part": 0}},
        {**GOOD, "recording": {**TARGET, "interview": "x" * 65}},
    ],
)
async def test_a_message_of_another_shape_is_refused(node: Client, conference: str, body: object) -> None:
    status, told = await node.call("PUT", f"/v1/conferences/{conference}", body)
    assert (status, told["error"]) == (400, "bad_message")
    assert (await node.call("GET", f"/v1/conferences/{conference}"))[0] == 404


async def test_broken_json_and_a_body_too_large(node: Client, conference: str) -> None:
    path, headers = f"/v1/conferences/{conference}", {"X-Epoch": "1"}
    torn = b'{"version": 1, "seats": {}, "patches": [], "priority": ["\xff"]}'
    for data, expected in [(b"{", 400), (b"\xff\xfe", 400), (torn, 400), (b"", 400), (b" " * (2 << 20), 413)]:
        async with node.http.put(path, data=io.BytesIO(data), headers=headers) as answer:
            assert answer.status == expected
            if expected == 413 and answer.connection is not None and answer.connection.transport is not None:
                answer.connection.transport.abort()  # its other half is unsent and would keep the socket open


async def test_what_is_not_there_is_told(node: Client, conference: str) -> None:
    offer = {"peer": "a", "sdp": "v=0"}
    nowhere = f"/v1/conferences/{conference}"
    assert await node.call("GET", nowhere) == (404, {"error": "no_conference", "detail": ""})
    assert (await node.call("DELETE", nowhere))[1]["error"] == "no_conference"
    assert (await node.call("POST", f"{nowhere}/seats/p/offer", offer))[1]["error"] == "no_conference"
    await node.put(conference, SEATS)
    assert await node.call("POST", f"{nowhere}/seats/z/offer", offer) == (
        404,
        {"error": "no_seat", "detail": ""},
    )
    assert await node.call("DELETE", f"{nowhere}/seats/z") == (404, {"error": "no_seat", "detail": ""})
    assert (await node.call("GET", "/v2"))[0] == 404


async def test_a_bad_offer_is_told_with_its_reason(node: Client, conference: str) -> None:
    await node.put(conference, SEATS)
    path = f"/v1/conferences/{conference}/seats/p/offer"
    status, told = await node.call("POST", path, {"peer": "a", "sdp": "v=0"})
    assert (status, told["error"]) == (400, "bad_offer")
    assert "media sections" in told["detail"]
    assert (await node.call("POST", path, {"peer": "a b", "sdp": ""}))[1]["error"] == "bad_message"


# media


async def test_who_hears_which_tone_and_what_is_recorded(
    shared: NodeProcess, node: Client, conference: str
) -> None:
    p_at, q_at, x_at = 440, 1320, 880
    await node.put(conference, SEATS)
    async with (
        browser(SeatKind.PARTICIPANT, node.offer(conference, "p", "peer-p")) as p,
        browser(SeatKind.PARTICIPANT, node.offer(conference, "q", "peer-q")) as q,
        browser(SeatKind.EXAMINER, node.offer(conference, "x", "peer-x")) as x,
        browser(SeatKind.EXPERT, node.offer(conference, "e", "peer-e")) as e,
    ):
        for page, frequency in ((p, p_at), (q, q_at), (x, x_at)):
            page.speak(frequency)
        p.show()
        await quiet(0.5)
        assert not any(page.heard for page in (p, q, x, e)), "before admission there is not a packet"
        target = {**TARGET, "directory": "tones"}
        await node.put(conference, SEATS, ADMITTED, priority=["p", "x"], recording=target)
        admitted = time.monotonic()
        await eventually(lambda: len(e.heard["examiner-voice"].packets) > 60)
        await eventually(lambda: len(x.heard["participant-voice"].packets) > 60)
        await eventually(lambda: x.heard["participant-voice"].reports)
        assert p.heard["staff-voice"].pitch() == pytest.approx(x_at, abs=10)
        assert x.heard["participant-voice"].pitch() == pytest.approx(p_at, abs=10)
        assert e.heard["participant-voice"].pitch() == pytest.approx(p_at, abs=10)
        assert e.heard["examiner-voice"].pitch() == pytest.approx(x_at, abs=10)
        assert not q.heard
        first = x.heard["participant-voice"].packets[0]
        assert first.arrival - admitted < 2
        await eventually(lambda: len(x.heard["participant-camera"].packets) > 10)

        # The next participant takes the place of the first.
        nexts = [tuple("q" if part == "p" else part for part in patch) for patch in ADMITTED]
        now = {**target, "interview": "i2", "stem": f"{STEM}-next"}
        await node.put(conference, SEATS, nexts, recording=now)  # type: ignore[arg-type]
        await quiet(0.3)  # what was under way
        switched, heard = len(x.heard["participant-voice"].packets), len(p.heard["staff-voice"].packets)
        await eventually(lambda: len(x.heard["participant-voice"].packets) > switched + 40)
        assert x.heard["participant-voice"].pitch() == pytest.approx(q_at, abs=10)
        assert q.heard["staff-voice"].pitch() == pytest.approx(x_at, abs=10)
        assert len(p.heard["staff-voice"].packets) == heard
        came = len(x.heard["participant-voice"].packets)
        report = await node.get(conference)
        counts = {(j["seat"], j["jack"]): j["packets"] for j in report["jacks"]}
        assert counts["q", "staff-camera"] == counts["p", "staff-camera"] == 0
        assert counts["x", "participant-voice"] >= came
        tracks = {file["name"].split("_")[-2] for file in report["recording"]["files"] if file["packets"]}
        assert tracks == {"participant-voice", "examiner-voice"}, "the other has no camera"
        await node.put(conference, SEATS)

    folder = shared.recordings / "tones"
    voice = folder / f"{STEM}_participant-voice_part-1.mkv"
    after = folder / f"{STEM}-next_participant-voice_part-1.mkv"
    assert pitch_at(voice, 0.5) == pytest.approx(p_at, abs=10)
    assert pitch_at(after, 0.3) == pytest.approx(q_at, abs=10)
    assert pitch_at(folder / f"{STEM}_examiner-voice_part-1.mkv", 0.5) == pytest.approx(x_at, abs=10)
    assert pictures(folder / f"{STEM}_participant-camera_part-1.mkv") > 5
    assert len(list(folder.glob("*.mkv"))) == len(list(folder.glob("*.timing"))) == 5


async def test_events_tell_of_seats_plugs_and_quality(node: Client, conference: str) -> None:
    async with node.events() as events:
        await node.put(conference, SEATS, [("p", "voice", "e", "participant-voice")])

        def told(kind: str) -> list[dict[str, Any]]:
            return [e for e in events if e["event"] == kind and e["conference"] == conference]

        async with (
            browser(SeatKind.EXPERT, node.offer(conference, "e", "peer-e")),
            browser(SeatKind.PARTICIPANT, node.offer(conference, "p", "peer-p")) as p,
        ):
            p.speak(440)
            await eventually(lambda: told("plug"))
            assert told("plug")[0] == {
                "event": "plug",
                "conference": conference,
                "seat": "p",
                "plug": "voice",
                "state": "live",
            }

            def rates() -> list[float]:
                seats = [e["seats"]["p"] for e in told("quality") if "p" in e["seats"]]
                return [seat["plugs"]["voice"]["kbps"] for seat in seats]

            await eventually(lambda: any(rate > 10 for rate in rates()))
            quality = told("quality")[-1]["seats"]
            assert quality["p"]["plugs"]["voice"]["loss"] == 0
            assert "participant-voice" in quality["e"]["jacks"]
            await p.silence()
            await eventually(lambda: told("plug")[-1]["state"] == "lost")

        def states() -> list[tuple[str, str, str]]:
            """Without the moments in which nothing came of a peer that listens only."""
            known = [(e["seat"], e["peer"], e["state"]) for e in told("seat") if e["state"] != "silent"]
            return list(dict.fromkeys(known))

        await eventually(lambda: len(states()) == 4)
        assert states()[:2] == [("e", "peer-e", "connected"), ("p", "peer-p", "connected")]
        assert sorted(states()[2:]) == [("e", "peer-e", "closed"), ("p", "peer-p", "closed")]


async def test_a_late_listener_is_told_what_holds(node: Client, conference: str) -> None:
    await node.put(conference, SEATS)
    async with node.events() as first, browser(SeatKind.PARTICIPANT, node.offer(conference, "p", "one")) as p:
        p.speak(440)

        def live(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
            return [e for e in events if e["event"] == "plug" and e["conference"] == conference]

        await eventually(lambda: live(first))
        async with node.events() as late:
            await eventually(lambda: live(late))
            assert live(late) == live(first)


async def test_a_second_connection_of_a_seat_replaces_the_first_when_it_is_connected(
    node: Client, conference: str
) -> None:
    await node.put(conference, SEATS, [("p", "voice", "x", "participant-voice")])
    async with (
        browser(SeatKind.PARTICIPANT, node.offer(conference, "p", "peer-p")) as p,
        browser(SeatKind.EXAMINER, node.offer(conference, "x", "one")) as one,
    ):
        p.speak(440)
        await eventually(lambda: len(one.heard["participant-voice"].packets) > 10)
        async with browser(SeatKind.EXAMINER, node.offer(conference, "x", "two")) as two:
            await eventually(lambda: len(two.heard["participant-voice"].packets) > 25)
            await eventually(lambda: one.dtls.state == "closed")
            assert (await node.get(conference))["seats"]["x"]["peer"] == "two"
            last, first = (
                one.heard["participant-voice"].packets[-1],
                two.heard["participant-voice"].packets[0],
            )
            assert first.arrival - last.arrival < 0.5


async def test_seats_are_disconnected_by_command_and_by_desire(node: Client, conference: str) -> None:
    await node.put(conference, SEATS)
    async with (
        browser(SeatKind.PARTICIPANT, node.offer(conference, "p", "peer-p")) as p,
        browser(SeatKind.PARTICIPANT, node.offer(conference, "q", "peer-q")) as q,
        browser(SeatKind.EXPERT, node.offer(conference, "e", "peer-e")) as e,
    ):
        assert (await node.call("DELETE", f"/v1/conferences/{conference}/seats/p"))[0] == 200
        await eventually(lambda: p.dtls.state == "closed")
        assert (await node.get(conference))["seats"]["p"]["connected"] is False
        await node.put(conference, {seat: kind for seat, kind in SEATS.items() if seat != "q"})
        await eventually(lambda: q.dtls.state == "closed")
        assert (await node.call("DELETE", f"/v1/conferences/{conference}"))[0] == 200
        await eventually(lambda: e.dtls.state == "closed")


async def test_nothing_is_written_over_an_existing_recording(
    shared: NodeProcess, node: Client, conference: str
) -> None:
    folder = shared.recordings / "existing"
    folder.mkdir()
    path = folder / f"{STEM}_participant-voice_part-1.mkv"
    path.write_bytes(b"a former recording")
    async with browser_in(node, conference, "p") as p:
        target = {**TARGET, "directory": "existing"}
        await node.put(conference, SEATS, ADMITTED, recording=target)
        p.speak(440)
        while not any(f["packets"] > 20 for f in (await node.get(conference))["recording"]["files"]):
            await quiet(0.05)
        await node.put(conference, SEATS)
    assert path.read_bytes() == b"a former recording"
    assert len(recorded(folder / f"{STEM}_participant-voice_part-1-2.mkv")) > 10


def browser_in(node: Client, conference: str, seat: str) -> Any:
    """A page on a seat of a conference that is made first."""

    async def offer(sdp: str) -> str:
        if not node.versions[conference]:
            await node.put(conference, SEATS)
        return await node.offer(conference, seat, f"peer-{seat}")(sdp)

    return browser(SeatKind(SEATS[seat]), offer)


# what the process takes


async def test_usage_grows_with_a_connection_and_falls_when_it_has_gone(tmp_path: Path) -> None:
    with node_process(tmp_path) as process:
        async with process.client() as node:

            async def used() -> dict[str, Any]:
                status, told = await node.call("GET", "/v1/usage")
                assert status == 200
                return dict(told)

            async def counted() -> tuple[int, ...]:
                told = await used()
                return tuple(told[name] for name in ("tasks", "files", "sockets", "threads"))

            before = await counted()
            async with browser_in(node, "c", "p") as p:
                p.speak(440)
                p.show()
                await node.put("c", SEATS, ADMITTED, recording=TARGET)
                await recorded_for(node, "c", 0.2)
                during = await used()
                assert during["tasks"] > before[0]
                assert during["files"] >= before[1] + 2, "a recording and its timing"
                assert during["sockets"] == before[2] + 2, "the library's, and one connected to the browser"
                assert during["threads"] >= 2, "the writer has one of its own"
                assert during["rss_mib"] > 20
                assert 0 < during["cpu_seconds"] < 600
                assert (await node.call("DELETE", "/v1/conferences/c"))[0] == 200
            async with asyncio.timeout(DEADLINE):
                while await counted() != before:
                    await quiet(0.05)


def test_descriptors_are_unknown_where_there_is_no_proc(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    found = media.usage.descriptors()
    assert found is not None
    assert found[0] >= 3
    monkeypatch.setattr(media.usage, "DESCRIPTORS", tmp_path / "none")
    assert media.usage.descriptors() is None


# epochs, room, ports


async def test_an_older_servers_commands_are_refused(tmp_path: Path) -> None:
    with node_process(tmp_path) as process:
        async with process.client(epoch=5) as node:
            path, body = "/v1/conferences/c", {**GOOD, "version": 7}
            async with node.http.put(path, json=body) as answer:
                assert (answer.status, (await answer.json())["error"]) == (400, "no_epoch")
            async with node.http.put(path, json=body, headers={"X-Epoch": "new"}) as answer:
                assert (answer.status, (await answer.json())["error"]) == (400, "no_epoch")
            assert (await node.call("PUT", path, body))[0] == 200
            for method, where in [
                ("PUT", path),
                ("DELETE", path),
                ("POST", f"{path}/seats/p/offer"),
                ("DELETE", f"{path}/seats/p"),
                ("POST", "/v1/shutdown"),
            ]:
                assert await node.call(method, where, body, epoch=4) == (
                    409,
                    {"error": "stale_epoch", "detail": "5"},
                )
            assert (await node.get("c"))["version"] == 7
            assert (await node.call("PUT", path, GOOD))[1]["error"] == "stale_version"
            assert (await node.call("PUT", path, GOOD, epoch=6))[0] == 200, "a new server counts anew"
            assert (await node.call("PUT", path, body, epoch=5))[1]["error"] == "stale_epoch"
            status, told = await node.call("GET", "/v1")
            assert (status, told["epoch"]) == (200, 6)


async def test_a_full_node_takes_no_further_conference_but_every_return(tmp_path: Path) -> None:
    with node_process(tmp_path, "--capacity", "1", "--udp-ports", "1-1") as process:
        async with process.client() as node:
            await node.put("one", SEATS)
            assert (await node.call("PUT", "/v1/conferences/two", GOOD))[0] == 503
            assert (await node.call("PUT", "/v1/conferences/two", GOOD))[1]["error"] == "full"
            await node.put("one", SEATS)
            assert (await node.call("DELETE", "/v1/conferences/one"))[0] == 200
            assert (await node.call("PUT", "/v1/conferences/two", GOOD))[0] == 200


async def test_a_node_that_does_not_keep_up_takes_no_further_conference(tmp_path: Path) -> None:
    arguments = ["--socket", str(tmp_path / "s"), "--recordings", str(tmp_path), "--listen", "127.0.0.1"]
    node = Node(read_settings(arguments))
    async with TestClient(TestServer(node.application())) as client:

        async def put(name: str) -> int:
            answer = await client.put(f"/v1/conferences/{name}", json=GOOD, headers={"X-Epoch": "1"})
            return answer.status

        assert await put("one") == 200
        for _ in range(10):
            node._strain.note(0.5)
        assert await put("two") == 503
        assert await put("one") == 200, "those that are there are always served"
        told = await (await client.get("/v1")).json()
        assert told["late_ms"] == 500
        assert told["picture_share"] < 1
        await client.delete("/v1/conferences/one", headers={"X-Epoch": "1"})
    await asyncio.to_thread(node._writer.stop)


async def test_without_a_free_port_an_offer_is_refused(tmp_path: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        with node_process(tmp_path, "--udp-ports", f"{port}-{port}") as process:
            async with process.client() as node:
                await node.put("c", SEATS)
                sdp = (Path(__file__).parent / "offers" / "participant-chromium.sdp").read_text()
                status, told = await node.call(
                    "POST", "/v1/conferences/c/seats/p/offer", {"peer": "a", "sdp": sdp}
                )
                assert (status, told["error"]) == (503, "no_ports")


# the end of a node


def duration(path: Path) -> float:
    """As the file itself tells it, which only a properly closed one does."""
    command = ["ffprobe", "-v", "error", "-show_entries", "format=duration", "-of", "json", str(path)]
    done = subprocess.run(command, capture_output=True, check=True, text=True)
    assert done.stderr == ""
    return float(json.loads(done.stdout)["format"].get("duration", 0.0))


async def recorded_for(node: Client, conference: str, seconds: float) -> None:
    """Wait until every track of the recording is that long."""
    for _ in range(int(DEADLINE / 0.05)):
        _, report = await node.call("GET", f"/v1/conferences/{conference}")
        if min((file["seconds"] for file in report["recording"]["files"]), default=0.0) >= seconds:
            return
        await asyncio.sleep(0.05)
    raise AssertionError(f"the recording is not {seconds} s long")


@pytest.mark.parametrize("way", ["SIGTERM", "shutdown", "orphan"])
async def test_a_node_that_ends_closes_its_files(tmp_path: Path, way: str) -> None:
    with node_process(tmp_path, "--orphan-minutes", "0.02" if way == "orphan" else "30") as process:
        async with process.client() as node, browser_in(node, "c", "p") as p:
            p.speak(440)
            p.show()
            async with node.events() as events:
                await node.put("c", SEATS, ADMITTED, recording=TARGET)
                await eventually(lambda: sum(e["event"] == "quality" for e in events) >= 2)
                await recorded_for(node, "c", 1.6)
                assert process.process.poll() is None, "with its server attached a node is no orphan"
                started = time.monotonic()
                if way == "SIGTERM":
                    process.process.send_signal(signal.SIGTERM)
                elif way == "shutdown":
                    assert (await node.call("POST", "/v1/shutdown"))[0] == 200
            if way != "orphan":
                assert await asyncio.to_thread(process.process.wait, DEADLINE) == 0
            else:
                await eventually(lambda: process.process.poll() is not None)
                assert process.process.returncode == 0
                assert time.monotonic() - started > 1.0
            assert time.monotonic() - started < 12
            await eventually(lambda: p.dtls.state == "closed")
        assert not process.socket.exists()
        assert not process.socket.with_name("node.sock.pid").exists()
        tracks = files(process.recordings)
        assert set(tracks) == {"participant-voice", "participant-camera"}
        assert duration(tracks["participant-voice"]) > 1.5
        assert duration(tracks["participant-camera"]) > 1.5
        assert pictures(tracks["participant-camera"]) > 10


async def test_a_listener_keeps_the_shutdown_waiting_for_nothing(tmp_path: Path) -> None:
    with node_process(tmp_path) as process:
        async with process.client() as node, node.http.ws_connect("/v1/events") as listener:
            started = time.monotonic()
            assert (await node.call("POST", "/v1/shutdown"))[0] == 200
            message = await listener.receive(DEADLINE)
            assert message.type in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED)
            assert await asyncio.to_thread(process.process.wait, DEADLINE) == 0
            assert time.monotonic() - started < 12


async def test_a_killed_node_leaves_readable_recordings(tmp_path: Path) -> None:
    with node_process(tmp_path) as process:
        async with process.client() as node, browser_in(node, "c", "p") as p:
            p.speak(440)
            p.show()
            await node.put("c", SEATS, ADMITTED, recording=TARGET)
            seconds = 0.0
            while seconds < 3:
                await asyncio.sleep(0.1)
                (voice,) = [
                    f["seconds"]
                    for f in (await node.get("c"))["recording"]["files"]
                    if "participant-voice" in f["name"]
                ] or [0.0]
                seconds = voice
            await asyncio.to_thread(process.kill)
        tracks = files(process.recordings)
        voice_at = [at for at, _, _ in recorded(tracks["participant-voice"])]
        assert voice_at[-1] > seconds - 1.0
        assert pitch_at(tracks["participant-voice"], 1.0) == pytest.approx(440, abs=10)
        assert recorded(tracks["participant-camera"])[-1][0] > seconds - 1.5
        assert pictures(tracks["participant-camera"]) > 10
        assert process.process.returncode == -signal.SIGKILL

        # Its place is taken by another one, which must not be kept away by what was left behind.
        assert process.socket.exists()
        with node_process(tmp_path) as other:
            async with other.client() as node:
                assert (await node.call("GET", "/v1"))[0] == 200


# in this process


def settings(folder: Path) -> NodeSettings:
    return read_settings(
        ["--socket", str(folder / "s"), "--recordings", str(folder), "--listen", "127.0.0.1"]
    )


async def test_a_listener_that_does_not_keep_up_is_let_go(tmp_path: Path) -> None:
    node = Node(settings(tmp_path))
    async with TestClient(TestServer(node.application())) as client:
        async with client.ws_connect("/v1/events") as slow:
            await eventually(lambda: node._listeners)
            for n in range(MOST_EVENTS + 5):
                node._emit({"n": n})
            assert not node._listeners
            heard = []
            while (message := await slow.receive()).type is aiohttp.WSMsgType.TEXT:
                heard.append(json.loads(message.data)["n"])
            assert message.type is aiohttp.WSMsgType.CLOSE
            assert heard == list(range(len(heard)))
    node._writer.stop()


async def test_a_command_overtaken_by_a_newer_server_is_refused(tmp_path: Path) -> None:
    node = Node(settings(tmp_path))
    async with TestClient(TestServer(node.application())) as client:

        async def put(version: int, epoch: int) -> int:
            headers = {"X-Epoch": str(epoch)}
            async with client.put(
                "/v1/conferences/c", json={**GOOD, "version": version}, headers=headers
            ) as answer:
                return answer.status

        assert await put(50, 1) == 200
        async with node._lock("c"):
            old = asyncio.create_task(put(60, 1))
            await eventually(lambda: node._locks["c"]._waiters)
            new = asyncio.create_task(put(1, 2))
            await eventually(lambda: node.epoch == 2)
        assert (await old, await new) == (409, 200)
        assert node.conferences["c"].version == 1
        async with node._lock("d"):
            old = asyncio.create_task(put_new(client, "d", 2))
            await eventually(lambda: node._locks["d"]._waiters)
            assert await put(2, 3) == 200
        assert await old == 409
        assert "d" not in node.conferences, "what is refused leaves no conference behind"
    node._writer.stop()


async def put_new(client: TestClient[Any, Any], name: str, epoch: int) -> int:
    async with client.put(f"/v1/conferences/{name}", json=GOOD, headers={"X-Epoch": str(epoch)}) as answer:
        return answer.status


async def test_names_of_conferences_that_have_ended_are_not_kept(tmp_path: Path) -> None:
    node = Node(settings(tmp_path))
    async with TestClient(TestServer(node.application())) as client:
        for n in range(5):
            assert await put_new(client, f"c{n}", 1) == 200
            async with client.delete(f"/v1/conferences/c{n}", headers={"X-Epoch": "1"}) as answer:
                assert answer.status == 200
        assert not node.conferences
        assert not node._locks
    node._writer.stop()


async def test_what_takes_the_place_of_a_deleted_conference_is_closed_as_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = []
    close = Conference.close

    async def noted(conference: Conference) -> None:
        closed.append(conference)
        await close(conference)

    monkeypatch.setattr(Conference, "close", noted)
    node = Node(settings(tmp_path))
    async with TestClient(TestServer(node.application())) as client:

        async def delete() -> int:
            async with client.delete("/v1/conferences/c", headers={"X-Epoch": "1"}) as answer:
                return answer.status

        assert await put_new(client, "c", 1) == 200
        async with node._lock("c"):
            tasks: list[asyncio.Task[int]] = []

            def all_wait() -> bool:
                return len(node._locks["c"]._waiters or ()) == len(tasks)

            for command in (delete(), put_new(client, "c", 1), delete()):
                tasks.append(asyncio.create_task(command))
                await eventually(all_wait)
        assert [await task for task in tasks] == [200, 200, 200]
        assert not node.conferences
        assert len({id(one) for one in closed}) == 2
    node._writer.stop()


def test_settings_from_the_command_line(tmp_path: Path) -> None:
    command = f"--socket s --recordings {tmp_path} --udp-ports 40000-40009 --listen 127.0.0.1,::1"
    more = "--announce 203.0.113.5 --orphan-minutes 0.5 --capacity 3"
    found = read_settings([*command.split(), *more.split()])
    assert found.ports == range(40000, 40010)
    assert found.listen == ("127.0.0.1", "::1")
    assert (found.announce, found.orphan_seconds, found.capacity) == ("203.0.113.5", 30.0, 3)
    plain = settings(tmp_path)
    assert (plain.announce, plain.name, plain.orphan_seconds) == (None, "node-1", 1800)
    automatic = read_settings(["--socket", "s", "--recordings", "r"])
    assert automatic.listen


@pytest.mark.parametrize(
    "option", [["--udp-ports", "5-4"], ["--udp-ports", "0-9"], ["--udp-ports", "x"], ["--listen", "here"]]
)
def test_settings_that_cannot_be_are_refused(
    tmp_path: Path, option: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        read_settings(["--socket", "s", "--recordings", str(tmp_path), *option])
    assert option[0] in capsys.readouterr().err


def test_nothing_of_these_tests_is_left_running() -> None:
    mine = subprocess.run(
        ["ps", "--ppid", str(os.getpid()), "-o", "args="], capture_output=True, text=True, check=False
    ).stdout
    assert mine.count("-m media ") <= 1, "the shared node alone"
