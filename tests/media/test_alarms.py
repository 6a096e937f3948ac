import itertools
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from media import alarms
from media.control import RecordingTarget
from media.livecheck import LiveCheck
from media.plug import Plug
from media.recorder import Recorder, RecorderEnvironment, Track
from media.writer import Writer
from tests.media.support import HandClock, make_plug, received, rtp_packet


@dataclass
class Watch:
    """A recorder with one voice, whose live check is told what it found."""

    hand: HandClock
    recorder: Recorder
    check: LiveCheck
    plug: Plug
    track: Track
    events: list[dict[str, Any]]
    seq: int = 0
    on: dict[tuple[str, str], str] = field(default_factory=dict)

    def speak(self, seconds: float, *, ahead: float = 0.0) -> None:
        """`ahead` is how many seconds its own clock is ahead of the packets' arrival."""
        for n in range(round(seconds * 50)):
            timestamp = round((self.seq * 0.02 + ahead) * 48_000)
            self.plug.received(received(rtp_packet(self.seq, timestamp), self.hand.now()))
            self.seq += 1
            self.hand.advance(0.02)
            if n % 25 == 24:
                self.tick()

    def wait(self, seconds: float) -> None:
        for _ in range(round(seconds * 2)):
            self.hand.advance(0.5)
            self.tick()

    def tick(self) -> None:
        self.recorder.tick(self.hand.now())
        for event in self.events:
            assert event["event"] == "recorder"
            assert (event["conference"], event["interview"]) == ("room", "i1")
            key = event["track"], event["alarm"]
            assert event["on"] != (key in self.on), "only changes are told"
            if event["on"]:
                self.on[key] = event["detail"]
            else:
                del self.on[key]
        self.events.clear()

    def found(self, level: float = -20.0, *, size: int = 1000, seconds: float = 5.0, error: str = "") -> None:
        self.check._found(
            {
                "path": str(self.track.file.path),
                "bytes": size,
                "seconds": seconds,
                "level": level,
                "error": error,
            }
        )


@pytest_asyncio.fixture
async def watch(hand: HandClock, tmp_path: Path) -> AsyncIterator[Watch]:
    writer, check = Writer(), LiveCheck(hand.now)
    environment = RecorderEnvironment(tmp_path, writer, check)
    events: list[dict[str, Any]] = []
    recorder = Recorder(
        "room", RecordingTarget("i1", "day", "stem", 1), environment, hand.clock, events.append
    )
    plug, _ = make_plug(hand)
    track = recorder.track("participant-voice", "audio", plug)
    assert track is not None
    plug.subscribers = (track,)
    yield Watch(hand, recorder, check, plug, track, events)
    await recorder.close()
    writer.stop()


VOICE = "participant-voice"


async def test_a_well_recorded_voice_raises_no_alarm(watch: Watch) -> None:
    for _ in range(10):
        watch.speak(5)
        watch.found()
    assert watch.on == {}


async def test_a_voice_without_packets_for_three_seconds_stalls(watch: Watch) -> None:
    watch.wait(2.5)
    assert watch.on == {}
    watch.wait(1)
    assert watch.on == {(VOICE, "stall"): "4 s"}
    watch.speak(1)
    assert watch.on == {}
    watch.wait(3.5)
    assert (VOICE, "stall") in watch.on


async def test_a_voice_that_is_not_patched_may_be_silent(watch: Watch) -> None:
    watch.speak(1)
    watch.track.switch(None)
    watch.wait(60)
    assert watch.on == {}
    watch.track.switch(watch.plug)
    watch.wait(2)
    assert watch.on == {}, "time counts from the patch"


async def test_a_file_that_does_not_grow_stalls(watch: Watch) -> None:
    watch.speak(6)
    watch.found()
    watch.speak(7)
    watch.found(size=0, seconds=0)
    assert watch.on == {}
    watch.speak(2)
    assert watch.on == {(VOICE, "stall"): "file"}
    watch.found()
    watch.speak(1)
    assert watch.on == {}


async def test_a_file_that_does_not_decode_stalls(watch: Watch) -> None:
    watch.speak(6)
    watch.found(error="InvalidDataError: broken")
    watch.speak(1)
    assert watch.on == {(VOICE, "stall"): "InvalidDataError: broken"}
    watch.found()
    watch.speak(1)
    assert watch.on == {}


async def test_digital_silence_where_speech_is_due(watch: Watch) -> None:
    watch.speak(6)
    for _ in range(3):
        watch.speak(5)
        watch.found(-95.0)
    assert watch.on == {}
    watch.speak(1)
    assert watch.on == {(VOICE, "silence"): "-95 dBFS"}
    watch.found(-60.0)
    watch.speak(1)
    assert watch.on == {}, "a quiet room is not silence"


async def test_silence_of_a_former_patch_does_not_count(watch: Watch) -> None:
    watch.speak(10)
    watch.found(-95.0)
    watch.track.switch(None)
    watch.wait(60)
    watch.track.switch(watch.plug)
    watch.speak(5)
    assert watch.on == {}
    watch.speak(15)
    assert (VOICE, "silence") in watch.on


@pytest.mark.parametrize("drift", [0.3, -0.3])
async def test_a_track_off_by_more_than_a_fifth_of_a_second_drifts(watch: Watch, drift: float) -> None:
    watch.speak(3)
    watch.speak(4, ahead=drift)
    assert watch.on == {(VOICE, "drift"): f"{drift:+.2f} s"}
    watch.speak(5)
    assert watch.on == {}


async def test_a_file_that_cannot_be_written(watch: Watch) -> None:
    watch.speak(1)
    watch.track.file.failing = "No space left on device"
    watch.speak(1)
    assert watch.on == {(VOICE, "write"): "No space left on device"}
    watch.track.file.failing = None
    watch.speak(1)
    assert watch.on == {}


async def test_a_disk_that_runs_full_is_told_once_for_all(
    watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(alarms, "LEAST_FREE", 1 << 62)
        watch.speak(1)
        ((key, detail),) = watch.on.items()
        assert key == ("", "disk")
        assert detail.endswith(" MiB")
    watch.speak(1)
    assert watch.on == {}


async def test_a_disk_that_is_gone_is_an_alarm_as_well(watch: Watch) -> None:
    gone = RecorderEnvironment(Path("/nowhere/at/all"), watch.recorder._environment.writer, watch.check)
    (change,) = alarms.Alarms().update([], gone, watch.hand.now())
    assert (change["track"], change["alarm"], change["on"]) == ("", "disk", True)


async def test_a_check_is_asked_for_every_five_seconds(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[float] = []
    monkeypatch.setattr(watch.check, "ask", lambda path, kind: asked.append(watch.hand.now()))
    watch.speak(17)
    assert [b - a for a, b in itertools.pairwise(asked)] == pytest.approx([5.0] * 2, abs=0.6)
