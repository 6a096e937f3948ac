import itertools
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiortc.rtp import RTCP_RTPFB_NACK, RtcpRtpfbPacket

from media import timing
from media.control import RecordingTarget
from media.livecheck import LiveCheck
from media.plug import Plug
from media.recorder import Recorder, RecorderEnvironment, Track
from media.writer import Writer
from tests.media.support import (
    HandClock,
    Wire,
    clip,
    eventually,
    make_plug,
    pictures,
    pitch_at,
    received,
    recorded,
    rtp_packet,
    tone,
    vp8_payloads,
)

TARGET = RecordingTarget("int-0003", "2026-02-11", "2026-02-11_640001_aud-07_int-0003", 1)


@dataclass
class Studio:
    """A recorder on a clock moved by hand, writing real files."""

    hand: HandClock
    environment: RecorderEnvironment
    events: list[dict[str, Any]] = field(default_factory=list)
    recorder: Recorder = field(init=False)

    def __post_init__(self) -> None:
        self.recorder = self.record(TARGET)

    def record(self, target: RecordingTarget) -> Recorder:
        return Recorder("room", target, self.environment, self.hand.clock, self.events.append)

    def file(self, jack: str) -> Path:
        return self.recorder.path(jack)

    def track(self, jack: str, source: Plug | None) -> Track:
        kind = "audio" if jack.endswith("voice") else "video"
        found = self.recorder.track(jack, kind, source)
        assert found is not None
        if source is not None:
            source.subscribers = (found,)
        return found

    def pass_time(self, seconds: float) -> None:
        """With the ticks that a conference gives twice a second."""
        for _ in range(round(seconds * 2)):
            self.hand.advance(0.5)
            self.recorder.tick(self.hand.now())

    async def close(self) -> None:
        await self.recorder.close()


@pytest_asyncio.fixture
async def studio(hand: HandClock, tmp_path: Path) -> AsyncIterator[Studio]:
    writer = Writer()
    yield Studio(hand, RecorderEnvironment(tmp_path, writer, LiveCheck(hand.now)))
    writer.stop()


class Speaker:
    """A microphone with a tone: 20 ms a packet."""

    def __init__(
        self, hand: HandClock, frequency: float = 440, first: int = 65_500, timestamp: int = 4_294_900_000
    ) -> None:
        self.hand, self.packets = hand, tone(frequency)
        self.plug, self.wire = make_plug(hand)
        self.first, self.timestamp, self.count = first, timestamp, 0

    def make(self) -> bytes:
        n = self.count
        self.count += 1
        return rtp_packet(self.first + n, self.timestamp + n * 960, self.packets[n % len(self.packets)])

    def take(self, data: bytes) -> None:
        self.plug.received(received(data, self.hand.now()))

    def speak(self, seconds: float) -> None:
        for _ in range(round(seconds * 50)):
            self.take(self.make())
            self.hand.advance(0.02)

    def hold(self, seconds: float) -> list[bytes]:
        """What is said meanwhile and does not arrive."""
        held = []
        for _ in range(round(seconds * 50)):
            held.append(self.make())
            self.hand.advance(0.02)
        return held


class Filmer:
    """A camera at ten pictures a second."""

    def __init__(self, hand: HandClock, width: int = 160, height: int = 120, size: int = 200) -> None:
        self.hand, self.frames, self.size = hand, clip(width=width, height=height), size
        self.plug, self.wire = make_plug(hand, "video")
        self.seq, self.count = 300, 0

    def make(self) -> list[bytes]:
        payloads = vp8_payloads(self.frames[self.count % len(self.frames)], self.size)
        packets = [
            rtp_packet(self.seq + n, self.count * 9000, p, payload_type=96, marker=n == len(payloads) - 1)
            for n, p in enumerate(payloads)
        ]
        self.seq += len(packets)
        self.count += 1
        return packets

    def take(self, *packets: bytes) -> None:
        for data in packets:
            self.plug.received(received(data, self.hand.now()))

    def show(self, count: int) -> None:
        for _ in range(count):
            self.take(*self.make())
            self.hand.advance(0.1)


def gaps(path: Path, normal: float = 0.02) -> list[tuple[float, float]]:
    """Where two frames of a file lie further apart than they should: from, to."""
    times = [at for at, _, _ in recorded(path)]
    pairs = itertools.pairwise(times)
    return [(round(a, 2), round(b, 2)) for a, b in pairs if abs(b - a - normal) > 0.005]


# files


async def test_a_file_is_named_by_day_school_room_and_interview(studio: Studio, tmp_path: Path) -> None:
    speaker = Speaker(studio.hand)
    studio.track("participant-voice", speaker.plug)
    speaker.speak(1)
    report = studio.recorder.report()
    await studio.close()
    name = "2026-02-11_640001_aud-07_int-0003_participant-voice_part-1"
    folder = tmp_path / "2026-02-11"
    assert sorted(p.name for p in folder.iterdir()) == [f"{name}.mkv", f"{name}.timing"]
    assert (report["interview"], report["part"]) == ("int-0003", 1)
    (file,) = report["files"]
    assert file["name"] == f"2026-02-11/{name}.mkv"
    assert (file["packets"], file["lost"]) == (50, 0)
    assert file["seconds"] == pytest.approx(0.98, abs=0.01)
    assert file["bytes"] == sum(len(data) for _, data, _ in recorded(folder / f"{name}.mkv"))


async def test_every_packet_is_in_the_timing_file(studio: Studio) -> None:
    speaker = Speaker(studio.hand)
    studio.hand.advance(1)
    studio.track("examiner-voice", speaker.plug)
    speaker.speak(1)
    await studio.close()
    header, records = timing.read(studio.file("examiner-voice").with_suffix(".timing").read_bytes())
    told = json.loads(header)
    assert told == {
        "interview": "int-0003",
        "part": 1,
        "track": "examiner-voice",
        "kind": "audio",
        "clock_rate": 48000,
        "started": 1_770_000_000.0,
    }
    assert [r.seq & 0xFFFF for r in records] == [(65_500 + n) & 0xFFFF for n in range(50)]
    assert [r.microseconds / 1e6 for r in records] == pytest.approx(
        [1 + n * 0.02 for n in range(50)], abs=1e-4
    )
    assert {r.ssrc for r in records} == {speaker.plug.ssrc}


async def test_a_further_part_is_a_file_of_its_own(studio: Studio) -> None:
    speaker = Speaker(studio.hand)
    studio.track("participant-voice", speaker.plug)
    speaker.speak(1)
    first = studio.file("participant-voice")
    await studio.close()
    studio.recorder = studio.record(RecordingTarget(TARGET.interview, TARGET.directory, TARGET.stem, 2))
    studio.track("participant-voice", speaker.plug)
    speaker.speak(1)
    await studio.close()
    second = studio.file("participant-voice")
    assert second.name.endswith("_part-2.mkv")
    assert len(recorded(first)) == len(recorded(second)) == 50


async def test_one_silent_track_blocks_nothing(studio: Studio) -> None:
    speaker, camera = Speaker(studio.hand), Filmer(studio.hand)
    screen, _ = make_plug(studio.hand, "video")
    studio.track("participant-voice", speaker.plug)
    studio.track("participant-camera", camera.plug)
    studio.track("examiner-screen", screen)
    camera.show(4)  # and is switched off
    speaker.speak(20)
    voice = studio.file("participant-voice")
    await eventually(lambda: voice.exists() and voice.stat().st_size > 50_000)
    await studio.close()
    assert len(recorded(studio.file("participant-voice"))) == 1000
    assert len(recorded(studio.file("participant-camera"))) == 4
    assert not studio.file("examiner-screen").exists()


async def test_an_unpatched_track_is_no_file(studio: Studio) -> None:
    assert studio.recorder.track("third-voice", "audio", None) is None
    assert studio.recorder.report()["files"] == []
    await studio.close()
    assert not studio.file("third-voice").exists()


# order and time


async def test_the_tones_are_at_their_times(studio: Studio) -> None:
    one, two = Speaker(studio.hand, 440), Speaker(studio.hand, 880, 7, 12345)
    studio.hand.advance(2)
    studio.track("participant-voice", one.plug)
    one.speak(2)
    studio.track("participant-voice", None)
    studio.hand.advance(3)
    studio.track("participant-voice", two.plug)
    two.speak(2)
    await studio.close()
    path = studio.file("participant-voice")
    assert gaps(path) == [(3.98, 7.0)]
    assert recorded(path)[0][0] == pytest.approx(2.0, abs=0.002)
    assert pitch_at(path, 2.5) == pytest.approx(440, abs=5)
    assert pitch_at(path, 7.5) == pytest.approx(880, abs=5)
    assert pitch_at(path, 4.1) == 0


async def test_tracks_of_a_part_share_their_time_zero(studio: Studio) -> None:
    speaker, camera = Speaker(studio.hand), Filmer(studio.hand)
    studio.track("participant-voice", speaker.plug)
    speaker.speak(5)
    studio.track("participant-camera", camera.plug)
    camera.show(3)
    await studio.close()
    assert recorded(studio.file("participant-camera"))[0][0] == pytest.approx(5.0, abs=0.01)


async def test_disorder_and_repairs_are_put_in_order(studio: Studio) -> None:
    speaker = Speaker(studio.hand)
    studio.track("participant-voice", speaker.plug)
    speaker.speak(1)
    held = speaker.hold(0.1)
    speaker.speak(1.2)
    for data in reversed(held):
        speaker.take(data)
        speaker.take(data)
    speaker.speak(1)
    await studio.close()
    path = studio.file("participant-voice")
    assert gaps(path) == []
    assert [data for _, data, _ in recorded(path)] == [speaker.packets[n % 100] for n in range(speaker.count)]
    assert studio.recorder.report()["files"][0]["lost"] == 0
    assert any(isinstance(p, RtcpRtpfbPacket) and p.fmt == RTCP_RTPFB_NACK for p in speaker.wire.rtcp)


async def test_a_packet_that_never_comes_is_waited_for_two_seconds(studio: Studio) -> None:
    speaker = Speaker(studio.hand)
    track = studio.track("participant-voice", speaker.plug)
    speaker.speak(1)
    lost = speaker.hold(0.06)
    speaker.speak(1.9)
    assert track.position == pytest.approx(0.98, abs=0.01)
    speaker.speak(0.2)
    assert track.position == pytest.approx(3.1, abs=0.1)
    for data in lost:
        speaker.take(data)  # too late for the file, not for what lies beside it
    speaker.speak(0.5)
    await studio.close()
    path = studio.file("participant-voice")
    assert gaps(path) == [(0.98, 1.06)], "the gap keeps its length"
    assert studio.recorder.report()["files"][0]["lost"] == 3
    records = timing.read(path.with_suffix(".timing").read_bytes())[1]
    assert len(records) == speaker.count
    _, late = timing.read_late(path.with_suffix(".late").read_bytes())
    assert [payload for _, payload in late] == list(speaker.packets[50:53])
    assert [record.timestamp for record, _ in late] == [
        (4_294_900_000 + n * 960) & 0xFFFF_FFFF for n in (50, 51, 52)
    ]


async def test_what_is_repaired_after_a_burst_is_in_its_place(studio: Studio) -> None:
    speaker = Speaker(studio.hand)
    track = studio.track("participant-voice", speaker.plug)
    speaker.speak(1)
    lost = speaker.hold(2.4)
    speaker.speak(0.1)
    for data in lost:
        speaker.take(data)
    speaker.speak(3)
    await studio.close()
    assert gaps(studio.file("participant-voice")) == []
    assert track.drift == pytest.approx(0.0, abs=0.05)


async def test_the_last_packets_are_written_though_one_is_missing(studio: Studio) -> None:
    speaker = Speaker(studio.hand)
    studio.track("participant-voice", speaker.plug)
    speaker.speak(1)
    speaker.hold(0.02)
    speaker.speak(0.5)
    await studio.close()
    assert len(recorded(studio.file("participant-voice"))) == 75


async def test_silence_after_a_gap_is_let_go_by_the_tick(studio: Studio) -> None:
    speaker = Speaker(studio.hand)
    track = studio.track("participant-voice", speaker.plug)
    speaker.speak(1)
    speaker.hold(0.02)
    speaker.speak(0.2)
    studio.pass_time(2.5)
    assert track.position == pytest.approx(1.2, abs=0.03)
    await studio.close()


async def test_a_network_that_holds_packets_up_moves_nothing(studio: Studio) -> None:
    speaker = Speaker(studio.hand)
    track = studio.track("participant-voice", speaker.plug)
    speaker.speak(3)
    for data in speaker.hold(0.9):
        speaker.take(data)
    speaker.speak(5)
    await studio.close()
    assert gaps(studio.file("participant-voice")) == []
    assert abs(track.drift) < 0.05


async def test_a_clock_that_jumped_ahead_is_set_right_at_once(studio: Studio) -> None:
    speaker = Speaker(studio.hand)
    track = studio.track("participant-voice", speaker.plug)
    speaker.speak(1)
    speaker.timestamp += 48_000 * 10
    speaker.speak(1)
    await studio.close()
    assert track.position == pytest.approx(1.98, abs=0.03)
    records = timing.read(studio.file("participant-voice").with_suffix(".timing").read_bytes())[1]
    assert [r.kind for r in records].count(timing.REBASED) == 1


async def test_a_clock_that_stays_behind_is_set_right_within_two_windows(studio: Studio) -> None:
    speaker = Speaker(studio.hand)
    track = studio.track("participant-voice", speaker.plug)
    speaker.speak(1)
    speaker.timestamp -= 48_000
    speaker.speak(6)
    await studio.close()
    assert track.position == pytest.approx(6.98, abs=0.03)
    assert track.drift == pytest.approx(0, abs=0.03)


async def test_after_a_pause_the_voice_goes_on_by_the_wall_clock(studio: Studio) -> None:
    speaker = Speaker(studio.hand)
    studio.track("participant-voice", speaker.plug)
    speaker.speak(1)
    studio.pass_time(4)  # its own clock stands still meanwhile
    speaker.speak(1)
    await studio.close()
    assert gaps(studio.file("participant-voice")) == [(0.98, 5.0)]


async def test_padding_is_neither_written_nor_a_loss(studio: Studio) -> None:
    speaker = Speaker(studio.hand)
    studio.track("participant-voice", speaker.plug)
    speaker.speak(1)
    for _ in range(5):
        speaker.first += 1
        padding = rtp_packet(speaker.first + speaker.count - 1, speaker.timestamp, b"", padding=200)
        speaker.take(padding)
    padded = bytearray(speaker.make())
    padded[0] |= 0x20
    speaker.take(bytes(padded) + b"\0\0\0\4")
    speaker.hand.advance(0.02)
    speaker.speak(1)
    await studio.close()
    assert [data for _, data, _ in recorded(studio.file("participant-voice"))] == [
        speaker.packets[n % 100] for n in range(101)
    ]
    assert studio.recorder.report()["files"][0]["lost"] == 0


async def test_what_was_said_before_the_switch_is_not_recorded(studio: Studio) -> None:
    speaker = Speaker(studio.hand)
    speaker.speak(1)
    private = speaker.make()
    speaker.take(speaker.make())
    studio.track("participant-voice", speaker.plug)
    speaker.take(private)
    speaker.speak(1)
    await studio.close()
    assert len(recorded(studio.file("participant-voice"))) == 50
    assert not studio.file("participant-voice").with_suffix(".late").exists()


# pictures


async def test_pictures_are_put_together_from_their_packets(studio: Studio) -> None:
    camera = Filmer(studio.hand)
    studio.track("participant-camera", camera.plug)
    camera.show(20)
    await studio.close()
    path = studio.file("participant-camera")
    assert tuple(data for _, data, _ in recorded(path)) == clip()
    assert gaps(path, 0.1) == []
    assert pictures(path) == 20


async def test_a_camera_is_asked_for_a_key_frame_and_recorded_from_it_on(studio: Studio) -> None:
    camera = Filmer(studio.hand)
    camera.make()
    studio.track("participant-camera", camera.plug)
    assert camera.wire.plis == 1
    camera.show(5)
    camera.count = 0
    camera.show(5)
    await studio.close()
    written = recorded(studio.file("participant-camera"))
    assert [key for _, _, key in written] == [True, False, False, False, False]


async def test_a_broken_picture_is_left_out_and_a_key_frame_asked_for(studio: Studio) -> None:
    camera = Filmer(studio.hand, size=20)
    studio.track("participant-camera", camera.plug)
    camera.show(5)
    packets = camera.make()
    assert len(packets) > 1
    camera.take(*packets[:-1])
    asked = camera.wire.plis
    camera.hand.advance(0.1)
    camera.show(3)
    studio.pass_time(2.5)
    camera.show(4)
    await studio.close()
    written = [data for _, data, _ in recorded(studio.file("participant-camera"))]
    frames = list(clip())
    assert written == frames[:5] + frames[6:13]
    assert camera.wire.plis > asked


async def test_another_camera_begins_with_its_own_key_frame(studio: Studio) -> None:
    one, two = Filmer(studio.hand), Filmer(studio.hand, 320, 240)
    studio.track("third-camera", one.plug)
    one.show(5)
    two.make()
    studio.track("third-camera", two.plug)
    two.show(5)
    two.count = 0
    two.show(5)
    await studio.close()
    written = [data for _, data, _ in recorded(studio.file("third-camera"))]
    assert written == [*clip()[:5], *clip(width=320, height=240)[:5]]


async def test_hostile_pictures_write_nothing(studio: Studio) -> None:
    camera = Filmer(studio.hand)
    track = studio.track("participant-camera", camera.plug)
    camera.show(1)
    for payload in (b"\x90", b"\x90\x80", b"\xff\xff", b"\x10", b"\x10\xff"):
        camera.take(rtp_packet(camera.seq, camera.count * 9000, payload, marker=True))
        camera.seq += 1
        camera.count += 1
    assert not camera.plug.faults
    assert track.lost == 0
    await studio.close()
    assert recorded(studio.file("participant-camera"))[0][1] == clip()[0]


def test_the_wire_of_these_tests_is_the_publishers(hand: HandClock) -> None:
    assert isinstance(Speaker(hand).wire, Wire)
