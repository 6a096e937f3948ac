import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st

from media.livecheck import Checker, LiveCheck, header_size, vint, whole_clusters
from media.writer import TrackFile, Writer
from tests.media.support import clip, eventually, tone


@pytest.fixture
def writing() -> Iterator[Writer]:
    one = Writer()
    yield one
    one.stop()


@pytest_asyncio.fixture
async def live() -> AsyncIterator[LiveCheck]:
    check = LiveCheck(time.monotonic)
    check.start()
    yield check
    await check.stop()


def speak(track: TrackFile, packets: tuple[bytes, ...], start: int) -> None:
    for n, data in enumerate(packets):
        track.frame(data, start + n * 20, True)


async def on_disk(track: TrackFile, more_than: int) -> int:
    await eventually(lambda: track.path.exists() and track.path.stat().st_size > more_than)
    return track.path.stat().st_size


# reading back


async def test_only_what_came_since_the_last_check_is_decoded(tmp_path: Path, writing: Writer) -> None:
    track = writing.open(tmp_path / "voice.mkv", "audio", "{}")
    checker = Checker()
    seconds = 0.0
    levels = []
    for start, packets in enumerate((tone(440), tone(440, amplitude=0.0), tone(440, amplitude=0.01))):
        speak(track, packets, start * 2000)
        await asyncio.sleep(0)
        size = (start + 1) * 2.0 - 0.5
        found = checker.check(str(track.path), "audio")
        while seconds + found["seconds"] < size:
            seconds += found["seconds"]
            await asyncio.sleep(0.01)
            found = checker.check(str(track.path), "audio")
        seconds += found["seconds"]
        levels.append(found["level"])
        assert not found["error"]
    await writing.close([track])
    assert seconds <= 6.0
    nothing = checker.check(str(track.path), "audio")
    assert nothing["error"] == ""


def whole(path: Path, amplitude: float) -> dict[str, object]:
    writer = Writer()
    track = writer.open(path, "audio", "{}")
    speak(track, tone(440, amplitude=amplitude), 0)
    writer.stop()
    return Checker().check(str(path), "audio")


def test_a_tone_has_its_level_and_silence_has_none(tmp_path: Path) -> None:
    loud = whole(tmp_path / "loud.mkv", 0.3)
    quiet = whole(tmp_path / "quiet.mkv", 0.003)
    silent = whole(tmp_path / "silent.mkv", 0.0)
    assert loud["level"] == pytest.approx(-15.5, abs=1)  # 0.3 of full scale, RMS
    assert quiet["level"] == pytest.approx(-53.5, abs=2)
    assert isinstance(silent["level"], float)
    assert silent["level"] < -80
    assert loud["seconds"] == pytest.approx(2.0, abs=0.1)


def test_the_key_frames_of_a_camera_are_decoded(tmp_path: Path) -> None:
    writer = Writer()
    track = writer.open(tmp_path / "camera.mkv", "video", "{}")
    for n in range(3):
        for k, data in enumerate(clip()):
            track.frame(data, n * 2000 + k * 100, k == 0)
    writer.stop()
    found = Checker().check(str(track.path), "video")
    assert found["error"] == ""
    assert 3 <= found["frames"] < 20, "not every picture, which would cost a core"


def test_a_broken_file_is_a_finding(tmp_path: Path) -> None:
    path = tmp_path / "voice.mkv"
    whole(path, 0.3)
    data = bytearray(path.read_bytes())
    start = header_size(bytes(data[:65536]))
    for position in range(start + 20, len(data), 3):
        data[position] ^= 0xFF
    path.write_bytes(bytes(data))
    checker = Checker()
    found = checker.check(str(path), "audio")
    assert found["error"] or found["seconds"] < 1.5
    assert "FileNotFoundError" in checker.check(str(tmp_path / "none.mkv"), "audio")["error"]


def test_an_empty_or_begun_file_is_no_finding(tmp_path: Path) -> None:
    path = tmp_path / "voice.mkv"
    path.write_bytes(b"")
    assert Checker().check(str(path), "audio")["error"] == ""
    complete = tmp_path / "whole.mkv"
    whole(complete, 0.3)
    data = complete.read_bytes()
    checker = Checker()
    for size in (100, header_size(data), header_size(data) + 7, header_size(data) + 300):
        path.write_bytes(data[:size])
        assert checker.check(str(path), "audio") == {
            "path": str(path), "bytes": 0, "seconds": 0.0, "level": 0.0, "frames": 0, "error": "",
        }  # fmt: skip
    path.write_bytes(data)
    assert checker.check(str(path), "audio")["seconds"] > 1.5


@given(st.binary(max_size=60), st.integers(0, 60))
def test_whatever_is_in_a_file_is_read_without_going_back(data: bytes, position: int) -> None:
    try:
        end = whole_clusters(data, position)
    except ValueError:
        return
    assert position <= end <= max(position, len(data))
    try:
        vint(data, 0, keep_marker=True)
    except (ValueError, IndexError):
        pass


# the process


async def test_the_process_finds_the_level_and_the_growth(
    tmp_path: Path, writing: Writer, live: LiveCheck
) -> None:
    track = writing.open(tmp_path / "voice.mkv", "audio", "{}")
    silent = writing.open(tmp_path / "silent.mkv", "audio", "{}")
    speak(track, tone(440), 0)
    speak(silent, tone(440, amplitude=0.0), 0)
    await on_disk(track, 17000)
    await writing.close([track, silent])
    assert live.state(track.path) is None

    def checked(path: Path) -> bool:
        live.ask(path, "audio")
        state = live.state(path)
        return state is not None and bool(state.checks) and state.level != 0.0

    await eventually(lambda: checked(track.path) and checked(silent.path))
    loud, quiet = live.state(track.path), live.state(silent.path)
    assert loud is not None
    assert quiet is not None
    assert loud.level == pytest.approx(-15.5, abs=2)
    assert loud.silent_since is None
    assert quiet.level < -80
    assert quiet.silent_since is not None
    live.forget(track.path)
    assert live.state(track.path) is None
    # The process has forgotten the file too: asked again it reads it from its beginning.
    await eventually(lambda: checked(track.path))


async def test_a_broken_file_is_told_and_the_others_are_checked_on(
    tmp_path: Path, writing: Writer, live: LiveCheck
) -> None:
    track = writing.open(tmp_path / "voice.mkv", "audio", "{}")
    speak(track, tone(440), 0)
    await writing.close([track])

    def ready() -> bool:
        live.ask(tmp_path / "none.mkv", "audio")
        live.ask(track.path, "audio")
        broken, well = live.state(tmp_path / "none.mkv"), live.state(track.path)
        return broken is not None and well is not None and bool(broken.error and well.checks)

    await eventually(ready)
    well = live.state(track.path)
    assert well is not None
    assert well.error == ""


async def test_a_killed_process_is_started_again(
    tmp_path: Path, live: LiveCheck, caplog: pytest.LogCaptureFixture
) -> None:
    await eventually(lambda: live._process is not None)
    assert live._process is not None
    first = live._process.pid
    path = tmp_path / "none.mkv"
    live.ask(path, "audio")
    os.kill(first, signal.SIGKILL)
    await eventually(lambda: live._process is not None and live._process.pid != first)

    def again() -> bool:
        live.ask(path, "audio")
        state = live.state(path)
        return state is not None and state.checks > 0

    await eventually(again)
    assert "starting it again" in caplog.text


async def test_a_process_that_cannot_be_started_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("media.livecheck.sys.executable", str(tmp_path / "nothing"))
    monkeypatch.setattr(LiveCheck, "AGAIN", 0.01)
    check = LiveCheck(time.monotonic)
    check.start()
    await eventually(lambda: "cannot be started" in caplog.text)
    monkeypatch.undo()
    await eventually(lambda: check._process is not None)
    await check.stop()


async def test_the_process_ends_with_the_node() -> None:
    check = LiveCheck(time.monotonic)
    check.start()
    await eventually(lambda: check._process is not None)
    process = check._process
    assert process is not None
    await check.stop()
    assert process.returncode == 0
