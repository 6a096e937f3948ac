import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiortc import RTCCertificate
from aiortc.rtp import RtcpSrPacket

from media import rtcp
from media.conference import GONE_AFTER, SILENT_AFTER, Conference
from media.control import Desired, RecordingTarget
from media.layout import SeatKind
from media.livecheck import LiveCheck
from media.paths import PATHS
from media.peer import PeerSettings
from media.quality import SMALL, WAITING
from media.recorder import RecorderEnvironment
from media.sdp import BadOffer
from media.seams import Transport
from media.writer import TrackFile, Writer
from tests.media.support import (
    Browser,
    HandClock,
    browser,
    clip,
    delta_frame,
    eventually,
    key_frame,
    quiet,
    recorded,
    tone,
    vp8_payloads,
)

pytestmark = pytest.mark.usefixtures("loopback")
CERTIFICATE = RTCCertificate.generateCertificate()
SEATS = {
    "p": SeatKind.PARTICIPANT,
    "q": SeatKind.PARTICIPANT,
    "x": SeatKind.EXAMINER,
    "e": SeatKind.EXPERT,
}
ADMITTED = [
    ("p", "voice", "x", "participant-voice"),
    ("p", "camera", "x", "participant-camera"),
    ("x", "voice", "p", "staff-voice"),
]
HEARD = [("p", "voice", "e", "participant-voice"), ("p", "camera", "e", "participant-camera")]
TAPED = [("p", "voice", "recorder", "participant-voice"), ("p", "camera", "recorder", "participant-camera")]


@dataclass
class Room:
    """A conference with real connections, on a clock moved by hand."""

    hand: HandClock
    conference: Conference
    environment: RecorderEnvironment
    events: list[dict[str, Any]]
    version: int = 0
    numbers: dict[tuple[int, str], int] = field(default_factory=dict)

    async def apply(
        self,
        patches: list[tuple[str, str, str, str]],
        recording: RecordingTarget | None = None,
        seats: dict[str, SeatKind] | None = None,
        priority: list[str] | None = None,
    ) -> None:
        self.version += 1
        desired = Desired(self.version, SEATS if seats is None else seats, patches, priority or [], recording)
        desired.check()
        await self.conference.apply(desired)

    @contextlib.asynccontextmanager
    async def page(self, seat: str, peer: str | None = None) -> AsyncIterator[Browser]:
        """A connected page on a seat."""

        async def offer(sdp: str) -> str:
            return await self.conference.offer(seat, peer or f"peer-{seat}", sdp)

        async with browser(SEATS[seat], offer) as page:
            await eventually(lambda: self.peer(seat) == (peer or f"peer-{seat}"))
            yield page

    def peer(self, seat: str) -> str | None:
        found: str | None = self.conference.report()["seats"][seat]["peer"]
        return found

    def states(self, seat: str) -> list[tuple[str, str]]:
        return [(e["peer"], e["state"]) for e in self.events if e["event"] == "seat" and e["seat"] == seat]

    async def say(self, page: Browser, *words: bytes, plug: str = "voice") -> None:
        """The next packets of a plug; returns when the node has them."""
        seat = next(
            s for s in self.conference.seats.values() if s.peer and s.peer.plugs and self.is_of(s.peer, page)
        )
        assert seat.peer is not None
        reception = seat.peer.plugs[plug].reception
        before = reception.packets
        for word in words:
            number = self.numbers[id(page), plug] = self.numbers.get((id(page), plug), 0) + 1
            await page.send(plug, word, number * 960, marker=plug != "voice")
        await eventually(lambda: reception.packets == before + len(words))

    @staticmethod
    def is_of(peer: Any, page: Browser) -> bool:
        local = page.ice._connection._nominated[1].local_addr
        return bool(peer._transport.remote_address == local)

    def second(self) -> None:
        self.hand.advance(1)
        self.conference.tick(self.hand.now())
        self.conference.second(self.hand.now())


@pytest_asyncio.fixture(params=sorted(PATHS))
async def room(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Room]:
    hand, writer = HandClock(), Writer()
    environment = RecorderEnvironment(tmp_path, writer, LiveCheck(hand.now))
    events: list[dict[str, Any]] = []
    settings = PeerSettings(CERTIFICATE, None, PATHS[request.param])
    conference = Conference("room", settings, environment, hand.clock, events.append)
    made = Room(hand, conference, environment, events)
    await made.apply([])
    yield made
    await conference.close()
    writer.stop()


def words(page: Browser, jack: str) -> list[bytes]:
    return [packet.payload for packet in page.heard[jack].packets]


def reports(page: Browser) -> int:
    return sum(isinstance(packet, RtcpSrPacket) for packet in page.rtcp)


# who hears whom


async def test_the_waiting_hear_nothing_and_are_heard_by_nobody(room: Room) -> None:
    async with room.page("p") as p, room.page("q") as q, room.page("x") as x, room.page("e") as e:
        for page in (p, q, x):
            await page.send_report("voice", 0)
            await room.say(page, b"one", b"two")
        for _ in range(3):
            room.second()
        await quiet(0.1)
        assert all(not page.heard for page in (p, q, x, e))
        assert all(reports(page) == 0 for page in (p, q, x, e))
        assert all(jack["packets"] == 0 for jack in room.conference.report()["jacks"])


async def test_a_patch_is_heard_and_its_end_is_silence(room: Room) -> None:
    async with room.page("p") as p, room.page("q") as q, room.page("x") as x, room.page("e") as e:
        await room.apply(ADMITTED + HEARD)
        await room.say(p, b"p1", b"p2")
        await room.say(x, b"x1")
        await room.say(q, b"q1")
        await eventually(lambda: words(x, "participant-voice") and words(p, "staff-voice"))
        await eventually(lambda: len(words(e, "participant-voice")) == 2)
        await room.apply([])
        await room.say(p, b"p3")
        await room.say(x, b"x2")
        await room.apply([("q", "voice", "x", "participant-voice")])
        await room.say(p, b"p4")
        await room.say(q, b"q2")
        await eventually(lambda: len(words(x, "participant-voice")) == 3)
        assert words(x, "participant-voice") == [b"p1", b"p2", b"q2"]
        assert words(p, "staff-voice") == [b"x1"]
        assert words(e, "participant-voice") == [b"p1", b"p2"]
        assert not q.heard
        numbers = [packet.seq for packet in x.heard["participant-voice"].packets]
        assert numbers == [numbers[0], numbers[0] + 1, numbers[0] + 2]
        counts = {
            (j["seat"], j["jack"]): (j["packets"], j["bytes"]) for j in room.conference.report()["jacks"]
        }
        assert counts["x", "participant-voice"] == (3, 6)
        assert counts["e", "participant-voice"] == (2, 4)
        assert counts["q", "staff-voice"] == (0, 0)


async def test_the_camera_of_the_former_participant_is_never_shown_for_the_next(room: Room) -> None:
    async with room.page("p") as p, room.page("q") as q, room.page("x") as x:
        await room.apply(ADMITTED)
        await eventually(lambda: p.plis["camera"] == 1)
        await room.say(p, key_frame(body=b"p"), delta_frame(b"p"), plug="camera")
        await room.apply([("q", "camera", "x", "participant-camera")])
        await eventually(lambda: q.plis["camera"] == 1)
        await room.say(p, key_frame(body=b"p"), plug="camera")
        await room.say(q, delta_frame(b"q"), key_frame(body=b"q"), delta_frame(b"q"), plug="camera")
        await eventually(lambda: len(words(x, "participant-camera")) == 4)
        assert b"".join(word[-1:] for word in words(x, "participant-camera")) == b"ppqq"


async def test_the_same_state_again_changes_nothing(room: Room) -> None:
    target = RecordingTarget("i1", "day", "stem", 1)
    async with room.page("p") as p, room.page("x") as x:
        await room.apply(ADMITTED + TAPED, target)
        await room.say(p, b"p1")
        await room.say(p, key_frame(), plug="camera")
        plis, recorder, before = p.plis["camera"], room.conference.recorder, len(room.events)
        for _ in range(3):
            await room.apply(ADMITTED + TAPED, target)
        await room.say(p, b"p2")
        await eventually(lambda: len(words(x, "participant-voice")) == 2)
        assert [packet.marker for packet in x.heard["participant-voice"].packets] == [True, False]
        assert p.plis["camera"] == plis
        assert room.conference.recorder is recorder
        assert len(room.events) == before


async def test_a_silence_waits_for_no_disk(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    writer, written = room.environment.writer, asyncio.Event()
    close = writer.close

    async def slow(files: list[TrackFile]) -> None:
        await written.wait()
        await close(files)

    monkeypatch.setattr(writer, "close", slow)
    async with room.page("p") as p, room.page("x") as x:
        await room.apply(ADMITTED + TAPED, RecordingTarget("i1", "day", "stem", 1))
        await room.say(p, b"p1")
        await eventually(lambda: words(x, "participant-voice"))
        ending = asyncio.create_task(room.apply([]))
        await asyncio.sleep(0)
        await room.say(p, b"p2", b"p3")
        assert not ending.done()
        written.set()
        await ending
        await quiet(0.05)
        assert words(x, "participant-voice") == [b"p1"]


# secrecy


async def test_a_publisher_notices_nothing_of_a_hidden_seat(room: Room) -> None:
    async with room.page("p") as p, room.page("x"), room.page("e") as e:
        await room.apply(ADMITTED + HEARD + TAPED, RecordingTarget("i1", "day", "stem", 1))
        await eventually(lambda: p.plis["camera"] >= 1)
        await room.say(p, key_frame(), delta_frame(), plug="camera")
        await eventually(lambda: len(words(e, "participant-camera")) == 2)
        asked, said = p.plis["camera"], len(p.rtcp)
        camera, voice = e.jack_ssrc("participant-camera"), e.jack_ssrc("participant-voice")
        number = e.heard["participant-camera"].packets[0].seq
        room.hand.advance(1)  # the limiter of requests has nothing against one more
        for _ in range(20):
            await e.send_raw(rtcp.pli(1, camera))
            await e.send_raw(rtcp.nack(1, camera, [number, number + 500]))
            await e.send_raw(rtcp.nack(1, voice, [1, 2, 3]))
            await e.send_raw(rtcp.remb(1, 30_000, [camera, voice]))
        await eventually(lambda: len(e.rtx) == 20)
        room.hand.advance(1)
        await quiet(0.6)  # a request held back by the limiter would go out now
        assert (p.plis["camera"], len(p.rtcp)) == (asked, said)


async def test_the_recorder_asks_for_a_key_frame_every_four_seconds(room: Room) -> None:
    async with room.page("p") as p:
        await room.apply(TAPED, RecordingTarget("i1", "day", "stem", 1))
        await eventually(lambda: p.plis["camera"] == 1)
        await room.say(p, key_frame(), plug="camera")
        for second in range(1, 9):
            room.hand.advance(1)
            await room.say(p, delta_frame(), plug="camera")
            room.conference.tick(room.hand.now())
            if second % 4 == 0:
                await eventually(lambda expected=1 + second // 4: p.plis["camera"] == expected)  # type: ignore[misc]
                await room.say(p, key_frame(), plug="camera")
        assert p.plis["camera"] == 3


async def test_a_hidden_seat_gets_its_key_frames_though_nothing_can_be_recorded(room: Room) -> None:
    """Its own requests go nowhere, so the recorder's place in the patches counts, not its file."""
    async with room.page("p") as p:
        await room.apply(TAPED)
        await room.say(p, key_frame(), plug="camera")
        asked = p.plis["camera"]
        for _ in range(4):
            room.hand.advance(1)
            await room.say(p, delta_frame(), plug="camera")
            room.conference.tick(room.hand.now())
        await eventually(lambda: p.plis["camera"] == asked + 1)


# connections


async def test_a_new_connection_takes_over_without_a_hole(room: Room) -> None:
    async with room.page("p") as p, room.page("x", "first") as old:
        await room.apply(ADMITTED)
        await room.say(p, b"p1")
        await eventually(lambda: words(old, "participant-voice"))
        fresh = Browser(SeatKind.EXAMINER)
        answer = await room.conference.offer("x", "second", await fresh.offer())
        await room.say(p, b"p2")
        await eventually(lambda: len(words(old, "participant-voice")) == 2)
        assert room.peer("x") == "first", "the old one goes on until the new one is connected"
        await fresh.connect(answer)
        await eventually(lambda: room.peer("x") == "second")
        await room.say(p, b"p3")
        await eventually(lambda: words(fresh, "participant-voice"))
        assert words(fresh, "participant-voice") == [b"p3"]
        await eventually(lambda: old.dtls.state == "closed")
        assert room.states("x") == [("first", "connected"), ("second", "connected")]
        counts = {(j["seat"], j["jack"]): j["packets"] for j in room.conference.report()["jacks"]}
        assert counts["x", "participant-voice"] == 3, "counted over all connections of the seat"
        await fresh.close()


async def test_the_voice_of_a_returned_participant_is_heard_again(room: Room) -> None:
    async with room.page("x") as x:
        async with room.page("p", "first") as old:
            await room.apply(ADMITTED)
            await room.say(old, b"p1")
            async with room.page("p", "second") as new:
                await room.say(new, b"p2")
                await eventually(lambda: len(words(x, "participant-voice")) == 2)
                numbers = [packet.seq for packet in x.heard["participant-voice"].packets]
                assert numbers[1] == numbers[0] + 1


async def test_who_speaks_is_heard_by_the_old_connection_until_the_new_one_carries(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("media.conference.SUCCESSION", 60.0)
    async with room.page("x") as x, room.page("p", "first") as old:
        await room.apply(ADMITTED)
        await room.say(old, b"one")
        new = Browser(SeatKind.PARTICIPANT)
        await new.connect(await room.conference.offer("p", "second", await new.offer()))
        successor = room.conference.seats["p"].pending
        assert successor is not None
        await eventually(lambda: successor.connected)
        assert room.peer("p") == "first"
        await room.say(old, b"two")
        await new.send("voice", b"three", 960)
        await eventually(lambda: len(words(x, "participant-voice")) == 3)
        assert words(x, "participant-voice") == [b"one", b"two", b"three"], "its very first packet is heard"
        assert room.peer("p") == "second"
        await eventually(lambda: old.dtls.state == "closed")
        await new.close()


async def test_a_successor_that_brings_no_media_takes_over_all_the_same(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("media.conference.SUCCESSION", 0.2)
    async with room.page("p", "first") as old:
        await room.apply(ADMITTED)
        await room.say(old, b"one")
        async with room.page("p", "second"):
            assert room.states("p")[-1] == ("second", "connected")


async def test_a_successor_takes_over_at_once_when_the_old_connection_ends(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("media.conference.SUCCESSION", 60.0)
    async with room.page("p", "first") as old:
        await room.apply(ADMITTED)
        await room.say(old, b"one")
        new = Browser(SeatKind.PARTICIPANT)
        await new.connect(await room.conference.offer("p", "second", await new.offer()))
        await old.close()
        await eventually(lambda: room.peer("p") == "second")
        await new.close()


async def test_a_connection_of_which_nothing_comes_is_marked_and_may_come_back(room: Room) -> None:
    async with room.page("x") as x, room.page("p") as p:
        await room.apply(ADMITTED)
        await room.say(p, b"one")
        room.hand.advance(SILENT_AFTER)
        room.conference.tick(room.hand.now())
        assert room.states("p") == [("peer-p", "connected")]
        room.hand.advance(0.1)
        for _ in range(2):
            room.conference.tick(room.hand.now())
        assert room.states("p")[1:] == [("peer-p", "silent")], "said once"
        assert ("peer-p", "silent") in [
            (e["peer"], e["state"]) for e in room.conference.standing() if "peer" in e
        ]
        await room.say(p, b"two")
        assert words(x, "participant-voice")[-1:] == [b"two"] or await heard(x, b"two")
        room.conference.tick(room.hand.now())
        assert room.states("p")[2:] == [("peer-p", "connected")]


async def heard(page: Browser, word: bytes) -> bool:
    await eventually(lambda: word in words(page, "participant-voice"))
    return True


async def test_a_connection_that_stays_silent_is_closed_in_the_end(room: Room) -> None:
    async with room.page("p") as p:
        room.hand.advance(GONE_AFTER + 1)
        room.conference.tick(room.hand.now())
        await eventually(lambda: room.peer("p") is None)
        assert room.states("p") == [("peer-p", "connected"), ("peer-p", "silent"), ("peer-p", "closed")]
        await eventually(lambda: p.dtls.state == "closed")


async def test_only_those_who_take_part_lower_a_picture_by_their_lines(room: Room) -> None:
    """The examiner's line is poor, and the expert's is worse: of that nobody learns."""
    async with room.page("p") as p, room.page("x") as x, room.page("e") as e:
        await room.apply([*ADMITTED, *HEARD], priority=["p", "x"])
        peer = room.conference.seats["p"].peer
        assert peer is not None
        await room.say(p, key_frame(), plug="camera")

        async def second(examiner: int | None, expert: int) -> int:
            """The bit rate granted after a second of a picture of 1 Mbit/s."""
            for page, told in ((x, examiner), (e, expert)):
                if told is not None:
                    await page.send_raw(rtcp.remb(1, told, [7]))
                    seat = room.conference.seats["x" if page is x else "e"].peer
                    assert seat is not None
                    await eventually(lambda: seat.downlink._told == told)  # noqa: B023
            await room.say(p, *[b"\x11" + bytes(1000)] * 125, plug="camera")
            room.second()
            return peer.bitrate

        assert await second(1_500_000, 100_000) == 1_200_000
        assert await second(None, 100_000) == 1_200_000
        assert await second(400_000, 100_000) == 400_000 * 0.9 - 64_000
        assert await second(None, 100_000) > 400_000 * 0.9 - 64_000
        assert await second(100_000, 100_000) == SMALL, "no less for a listener's sake"
        jacks = {seat: room.conference.seats[seat].peer.jacks["participant-camera"] for seat in "xe"}  # type: ignore[union-attr]
        assert jacks["x"].held, "his line carries the voice"
        assert not jacks["e"].held
        shown, asked = jacks["x"].packets, p.plis["camera"]
        await second(None, 100_000)
        assert jacks["x"].packets == shown
        listener = room.conference.seats["x"].peer
        assert listener is not None
        await room.apply([], priority=["p", "x"])
        room.second()
        assert not jacks["x"].held, "the next interview begins anew"
        await room.apply([*ADMITTED, *HEARD], priority=["p", "x"])
        await eventually(lambda: p.plis["camera"] > asked)
        await room.say(p, key_frame(), plug="camera")
        assert jacks["x"].packets == shown + 1


async def test_a_publisher_of_whom_nothing_comes_is_told_the_same_seldom(room: Room) -> None:
    async with room.page("p") as p:
        await eventually(lambda: p.rtcp)
        told = len(p.rtcp)

        def reports() -> int:
            return (len(p.rtcp) - told) // 2  # a receiver report and a REMB each

        for _ in range(4):
            room.second()
        await eventually(lambda: reports() == 1)
        await room.apply([], priority=["p"])
        await eventually(lambda: reports() == 2)
        for _ in range(2):
            await room.say(p, b"word")
            before = reports()
            room.second()
            await eventually(lambda: reports() == before + 1)  # noqa: B023 - waited for within the turn


async def test_a_node_under_strain_asks_publishers_for_less(room: Room) -> None:
    async with room.page("p") as p:
        await room.apply(ADMITTED, priority=["p"])
        peer = room.conference.seats["p"].peer
        assert peer is not None
        room.hand.advance(1)
        room.conference.second(room.hand.now(), 0.5)
        assert peer.bitrate == 600_000
        room.hand.advance(1)
        room.conference.second(room.hand.now(), 0.01)
        assert peer.bitrate == WAITING, "no publisher's page takes it for a poor line"
        await eventually(lambda: p.rtcp)


async def test_a_connection_that_fails_leaves_the_old_one_alone(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with room.page("p") as p, room.page("x", "first") as x:
        monkeypatch.setattr(Transport, "HANDSHAKE_LIMIT", 0.1)
        page = Browser(SeatKind.EXAMINER)
        await room.conference.offer("x", "never-comes", await page.offer())
        await eventually(lambda: ("never-comes", "failed") in room.states("x"))
        assert room.peer("x") == "first"
        await room.apply(ADMITTED)
        await room.say(p, b"p1")
        await eventually(lambda: words(x, "participant-voice"))
        await page.close()


async def test_of_two_new_connections_the_later_one_counts(room: Room) -> None:
    early, late = Browser(SeatKind.EXAMINER), Browser(SeatKind.EXAMINER)
    await room.conference.offer("x", "early", await early.offer())
    answer = await room.conference.offer("x", "late", await late.offer())
    await late.connect(answer)
    await eventually(lambda: room.peer("x") == "late")
    assert room.states("x") == [("late", "connected")]
    await early.close()
    await late.close()


async def test_a_page_that_leaves_is_told_and_its_plugs_are_silent(room: Room) -> None:
    async with room.page("x") as x:
        async with room.page("p") as p:
            await room.apply(ADMITTED)
            await room.say(p, b"p1")
        await eventually(lambda: room.peer("p") is None)
        assert room.states("p") == [("peer-p", "connected"), ("peer-p", "closed")]
        assert words(x, "participant-voice") == [b"p1"]
        assert room.conference.seats["x"].peer is not None
        assert all(jack.source is None for jack in room.conference.seats["x"].peer.jacks.values())


async def test_a_seat_no_longer_desired_is_disconnected(room: Room) -> None:
    async with room.page("p") as p, room.page("q") as q:
        await room.apply([], seats={s: k for s, k in SEATS.items() if s != "p"})
        await eventually(lambda: p.dtls.state == "closed")
        assert "p" not in room.conference.report()["seats"]
        assert q.dtls.state == "connected"
        assert room.states("p")[-1] == ("peer-p", "closed")
        with pytest.raises(KeyError):
            await room.conference.offer("p", "again", "v=0")


async def test_a_seat_that_is_being_disconnected_takes_no_offer(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with room.page("p") as p:
        peer = room.conference.seats["p"].peer
        assert peer is not None
        going = asyncio.Event()
        close = peer.close

        async def slow() -> None:
            await going.wait()
            await close()

        monkeypatch.setattr(peer, "close", slow)
        next_one = {"x": SeatKind.EXAMINER, "n": SeatKind.PARTICIPANT}
        patch = ("n", "camera", "x", "participant-camera")
        removal = asyncio.create_task(room.apply([patch], seats=next_one))
        await asyncio.sleep(0)
        fresh = Browser(SeatKind.PARTICIPANT)
        try:
            with pytest.raises(KeyError):
                await room.conference.offer("p", "late", await fresh.offer())
            room.second()  # time goes on meanwhile
        finally:
            going.set()
        await removal
        await eventually(lambda: p.dtls.state == "closed")
        await fresh.close()


async def test_a_seat_of_another_kind_is_another_seat(room: Room) -> None:
    async with room.page("q") as q:
        await room.apply([], seats={**SEATS, "q": SeatKind.ASSISTANT})
        await eventually(lambda: q.dtls.state == "closed")
        assert room.conference.report()["seats"]["q"] == {
            "kind": "assistant",
            "peer": None,
            "connected": False,
        }


async def test_a_seat_removed_in_the_middle_of_an_offer_is_not_answered(room: Room) -> None:
    page = Browser(SeatKind.PARTICIPANT)
    sdp = await page.offer()
    offering = asyncio.create_task(room.conference.offer("p", "late", sdp))
    await asyncio.sleep(0)
    await room.apply([], seats={"x": SeatKind.EXAMINER})
    with pytest.raises(KeyError):
        await offering
    await page.close()


async def test_a_bad_offer_harms_nobody(room: Room) -> None:
    async with room.page("p") as p:
        with pytest.raises(BadOffer):
            await room.conference.offer("p", "bad", "v=0")
        assert room.peer("p") == "peer-p"
        assert p.dtls.state == "connected"


async def test_closing_closes_everything_and_may_be_repeated(room: Room) -> None:
    waiting = Browser(SeatKind.EXAMINER)
    async with room.page("p") as p:
        await room.conference.offer("x", "pending", await waiting.offer())
        await room.apply(TAPED, RecordingTarget("i1", "day", "stem", 1))
        await room.say(p, *tone(440)[:20])
        await room.conference.close()
        await eventually(lambda: p.dtls.state == "closed")
        await room.conference.close()
        assert room.conference.report()["seats"] == {}
        assert not room.conference._tasks
        names = {task.get_name() for task in asyncio.all_tasks()}
        assert not {name for name in names if name.startswith(("close ", "connect "))}
        assert len(recorded(room.environment.root / "day" / "stem_participant-voice_part-1.mkv")) == 20
    await waiting.close()


# recording


async def test_the_next_recording_begins_where_the_former_ends(room: Room) -> None:
    async with room.page("p") as p:
        await room.apply(TAPED, RecordingTarget("i1", "day", "one", 1))
        packets = tone(440)
        for packet in packets[:50]:
            await room.say(p, packet)
            room.hand.advance(0.02)
        switching = asyncio.create_task(room.apply(TAPED, RecordingTarget("i2", "day", "two", 1)))
        await asyncio.sleep(0)
        for packet in packets[50:]:
            await room.say(p, packet)
            room.hand.advance(0.02)
        await switching
        await room.apply([])
    first, second = (
        [
            data
            for _, data, _ in recorded(room.environment.root / "day" / f"{stem}_participant-voice_part-1.mkv")
        ]
        for stem in ("one", "two")
    )
    assert first + second == list(packets)
    assert len(first) == 50


async def test_the_recorders_pictures_are_the_senders(room: Room) -> None:
    async with room.page("p") as p:
        await room.apply(TAPED, RecordingTarget("i1", "day", "stem", 1))
        for n, frame in enumerate(clip()):
            for payload in vp8_payloads(frame):
                await p.send("camera", payload, n * 9000, marker=True)
            room.hand.advance(0.1)
        plug = room.conference.seats["p"].peer.plugs["camera"]  # type: ignore[union-attr]
        await eventually(lambda: plug.reception.packets == len(clip()))
        report = room.conference.report()["recording"]
        await room.apply([])
    assert (report["interview"], report["part"]) == ("i1", 1)
    path = room.environment.root / "day" / "stem_participant-camera_part-1.mkv"
    assert tuple(data for _, data, _ in recorded(path)) == clip()


# told to the server


async def test_a_plug_is_live_while_its_packets_come(room: Room) -> None:
    async with room.page("p") as p:
        await room.say(p, b"p1")
        room.conference.tick(room.hand.now())
        room.hand.advance(0.9)
        room.conference.tick(room.hand.now())
        room.hand.advance(0.2)
        room.conference.tick(room.hand.now())
        await room.say(p, b"p2")
        room.conference.tick(room.hand.now())
        told = [(e["seat"], e["plug"], e["state"]) for e in room.events if e["event"] == "plug"]
        assert told == [("p", "voice", "live"), ("p", "voice", "lost"), ("p", "voice", "live")]


async def test_what_holds_can_be_told_again(room: Room) -> None:
    """For a listener that comes late: a server that was restarted, or whose events were interrupted."""
    async with room.page("p") as p, room.page("x") as x:
        assert room.conference.standing() == [e for e in room.events if e["event"] == "seat"]
        await room.apply(TAPED, RecordingTarget("i1", "day", "stem", 1))
        await room.say(p, b"p1")
        room.conference.tick(room.hand.now())
        room.hand.advance(4)
        await room.say(x, b"x1")
        room.conference.tick(room.hand.now())
        plugs = [(e["seat"], e["plug"], e["state"]) for e in room.events if e["event"] == "plug"]
        assert plugs == [("p", "voice", "live"), ("p", "voice", "lost"), ("x", "voice", "live")]
        alarms = [e for e in room.events if e["event"] == "recorder" and e["track"] == "participant-voice"]
        assert [(e["alarm"], e["on"]) for e in alarms] == [("stall", True)]
        standing = room.conference.standing()
        plugs = [(e["seat"], e["plug"], e["state"]) for e in standing if e["event"] == "plug"]
        assert plugs == [("p", "voice", "lost"), ("x", "voice", "live")]
        assert [
            e for e in standing if e["event"] == "recorder" and e["track"] == "participant-voice"
        ] == alarms


async def test_the_quality_of_every_connected_seat_is_told_each_second(room: Room) -> None:
    async with room.page("p") as p, room.page("e"):
        await room.apply([("p", "voice", "e", "participant-voice")])
        room.second()
        await room.say(p, *[bytes(100)] * 50)
        room.second()
        event = [e for e in room.events if e["event"] == "quality"][-1]
        assert event["conference"] == "room"
        assert set(event["seats"]) == {"p", "e"}
        voice = event["seats"]["p"]["plugs"]["voice"]
        assert voice["kbps"] == pytest.approx(50 * 112 * 8 / 1000, abs=0.1)
        assert (voice["loss"], voice["level_dbfs"], voice["age_ms"]) == (0, None, 1000)
        assert event["seats"]["p"]["plugs"]["camera"]["age_ms"] is None
        assert event["seats"]["p"]["rtt_ms"] is None
        assert event["seats"]["e"]["plugs"] == {}
        assert set(event["seats"]["e"]["jacks"]) == {"participant-voice"}


async def test_the_granted_bit_rate_follows_the_priority(room: Room) -> None:
    async with room.page("p") as p:
        seat = room.conference.seats["p"]
        assert seat.peer is not None
        assert seat.peer.bitrate == 150_000
        await eventually(lambda: len(p.rtcp) == 2)
        await room.apply([], priority=["p"])
        assert seat.peer.bitrate == 1_200_000
        await eventually(lambda: len(p.rtcp) == 4, 2)
        await room.apply([])
        assert seat.peer.bitrate == 150_000


async def test_reports_flow_only_where_media_does(room: Room) -> None:
    async with room.page("p") as p, room.page("x") as x, room.page("e") as e:
        await room.apply(ADMITTED)
        await p.send_report("voice", 0)
        await room.say(p, b"p1")
        start = time.monotonic()
        while not reports(x) and time.monotonic() < start + 10:
            room.second()
            await asyncio.sleep(0.02)
        assert {packet.ssrc for packet in x.heard["participant-voice"].reports} == {
            x.jack_ssrc("participant-voice")
        }
        assert reports(e) == reports(p) == 0
        assert not x.heard["participant-camera"].reports
