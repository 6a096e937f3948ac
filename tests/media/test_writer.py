import asyncio
import json
import logging
import os
import resource
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import av
import pytest

from media import timing, writer
from media.timing import TimingRecord
from media.writer import Writer
from tests.media.support import (
    ROOT,
    clip,
    eventually,
    pictures,
    pitch,
    recorded,
    samples_of,
    tone,
)

HEADER = json.dumps({"track": "voice"})


@pytest.fixture
def writing() -> Iterator[Writer]:
    one = Writer()
    yield one
    one.stop()


def ffprobe(path: Path) -> "subprocess.CompletedProcess[str]":
    command = ["ffprobe", "-v", "error", "-show_entries", "stream=codec_name,channels:format=duration"]
    return subprocess.run([*command, "-of", "json", str(path)], capture_output=True, check=True, text=True)


def frames(track: writer.TrackFile, packets: tuple[bytes, ...], start: int = 0, step: int = 20) -> None:
    for n, data in enumerate(packets):
        track.frame(data, start + n * step, True)


async def test_a_voice_is_written_untouched(tmp_path: Path, writing: Writer) -> None:
    track = writing.open(tmp_path / "a" / "b" / "voice.mkv", "audio", HEADER)
    frames(track, tone(440), start=1500)
    record = TimingRecord(timing.MARKED, 7, 8, 9, 10)
    track.timing(bytes(record))
    await writing.close([track])
    written = recorded(track.path)
    assert tuple(data for _, data, _ in written) == tone(440)
    assert [at for at, _, _ in written] == pytest.approx([1.5 + 0.02 * n for n in range(100)], abs=0.001)
    assert pitch(samples_of(data for _, data, _ in written)) == pytest.approx(440, abs=2)
    header, records = timing.read(track.path.with_suffix(".timing").read_bytes())
    assert (header, records) == (HEADER.encode(), [record])
    probed = ffprobe(track.path)
    assert probed.stderr == ""
    found = json.loads(probed.stdout)
    assert found["streams"] == [{"codec_name": "opus", "channels": 1}]
    assert float(found["format"]["duration"]) == pytest.approx(3.5, abs=0.05)


async def test_pictures_are_written_with_their_size_and_key_frames(tmp_path: Path, writing: Writer) -> None:
    track = writing.open(tmp_path / "camera.mkv", "video", HEADER)
    for n, data in enumerate(clip(width=320, height=240)):
        track.frame(data, n * 100, n == 0)
    await writing.close([track])
    with av.open(str(track.path)) as container:
        stream = container.streams.video[0]
        assert (stream.codec_context.name, stream.width, stream.height) == ("vp8", 320, 240)
    assert [key for _, _, key in recorded(track.path)] == [True] + [False] * 19
    assert pictures(track.path) == 20


async def test_nothing_is_written_over_an_existing_file(tmp_path: Path, writing: Writer) -> None:
    (tmp_path / "voice.mkv").write_bytes(b"a former recording")
    (tmp_path / "voice-2.timing").write_bytes(b"a former timing")
    track = writing.open(tmp_path / "voice.mkv", "audio", HEADER)
    frames(track, tone(440))
    await writing.close([track])
    assert track.path.name == "voice-3.mkv"
    assert (tmp_path / "voice.mkv").read_bytes() == b"a former recording"
    assert len(recorded(track.path)) == 100
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        "voice-2.timing",
        "voice-3.mkv",
        "voice-3.timing",
        "voice.mkv",
    ]


@pytest.mark.parametrize("kind", ["audio", "video"])
async def test_a_track_without_a_frame_leaves_no_file(tmp_path: Path, writing: Writer, kind: str) -> None:
    track = writing.open(tmp_path / "silent.mkv", kind, HEADER)
    await writing.close([track])
    assert list(tmp_path.iterdir()) == []
    assert track.failing is None


async def test_stopping_closes_everything(tmp_path: Path) -> None:
    one = Writer()
    tracks = [one.open(tmp_path / f"{n}.mkv", "audio", HEADER) for n in range(3)]
    for track in tracks:
        frames(track, tone(440))
    one.stop()
    assert [len(recorded(track.path)) for track in tracks] == [100] * 3


async def test_what_was_handed_over_is_on_disk_within_half_a_second_of_it(
    tmp_path: Path, writing: Writer
) -> None:
    track = writing.open(tmp_path / "voice.mkv", "audio", HEADER)
    frames(track, tone(440))
    await eventually(lambda: track.path.exists() and b"\x1f\x43\xb6\x75" in track.path.read_bytes())

    def readable() -> int:
        with av.open(str(track.path)) as container:
            return sum(1 for packet in container.demux() if packet.size)

    await eventually(lambda: readable() >= 75)
    await writing.close([track])


# failures


async def test_a_broken_track_harms_no_other(
    tmp_path: Path, writing: Writer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(writer, "RETRY_EVERY", 0.05)
    monkeypatch.setattr(writer, "SYNC_EVERY", 0.05)
    caplog.set_level(logging.CRITICAL)
    (tmp_path / "blocked").write_bytes(b"not a folder")
    broken = writing.open(tmp_path / "blocked" / "voice.mkv", "audio", HEADER)
    well = writing.open(tmp_path / "well.mkv", "audio", HEADER)
    frames(broken, tone(440))
    frames(well, tone(880))
    await eventually(lambda: broken.failing)
    assert well.failing is None
    (tmp_path / "blocked").unlink()
    await eventually(lambda: broken.failing is None)
    frames(broken, tone(440), start=2000)
    await writing.close([broken, well])
    assert [data for _, data, _ in recorded(broken.path)] == list(tone(440) * 2), "nothing was lost"
    assert len(recorded(well.path)) == 100


async def test_what_was_kept_is_tried_once_more_at_the_end(
    tmp_path: Path, writing: Writer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(writer, "RETRY_EVERY", 1000.0)
    caplog.set_level(logging.CRITICAL)
    (tmp_path / "blocked").write_bytes(b"not a folder")
    track = writing.open(tmp_path / "blocked" / "voice.mkv", "audio", HEADER)
    frames(track, tone(440))
    track.timing(bytes(TimingRecord(1, 2, 3, 4, 5)))
    await eventually(lambda: track.failing)
    (tmp_path / "blocked").unlink()
    await writing.close([track])
    assert len(recorded(track.path)) == 100
    assert len(timing.read(track.path.with_suffix(".timing").read_bytes())[1]) == 1


async def test_what_is_kept_is_bounded(
    tmp_path: Path, writing: Writer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(writer, "KEPT_ITEMS", 30)
    caplog.set_level(logging.CRITICAL)
    (tmp_path / "blocked").write_bytes(b"not a folder")
    track = writing.open(tmp_path / "blocked" / "voice.mkv", "audio", HEADER)
    frames(track, tone(440))
    await writing.close([track])
    assert track.dropped == 70
    assert track.failing is not None


FULL = """
    # The disk fills up in the middle of a track and has space again later, by the limit of the size of files.
    import asyncio, json, logging, resource, sys, time
    from pathlib import Path
    from media import writer
    logging.disable()
    writer.RETRY_EVERY = writer.SYNC_EVERY = 0.05
    sys.path.insert(0, ".")
    from tests.media.support import clip, tone

    async def main(folder, kind):
        one = writer.Writer()
        track = one.open(folder / "track.mkv", kind, "{}")
        small = one.open(folder / "small.mkv", "audio", "{}")
        items = [(d, n * 20, True) for n, d in enumerate(tone(440))]
        if kind == "video":
            items = [(d, n * 100, n == 0) for n, d in enumerate(clip())]
        def limit(size):
            resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
        def until(condition):
            end = time.monotonic() + 30
            while not condition():
                assert time.monotonic() < end
                time.sleep(0.01)
        third = len(items) // 3
        small.frame(*items[0]) if kind == "audio" else small.frame(tone(440)[0], 0, True)
        for item in items[:third]:
            track.frame(*item)
        until(lambda: track._file is not None and track._on_disk)
        limit(100)
        for item in items[third:2 * third]:
            track.frame(*item)
        until(lambda: track.failing)
        for _ in range(4):  # several vain attempts
            at = track._retry_at
            until(lambda: track._retry_at != at)
        detail = track.failing
        limit(resource.RLIM_INFINITY)
        until(lambda: track.failing is None)
        for item in items[2 * third:]:
            track.frame(*item)
        await one.close([track, small])
        one.stop()
        print(json.dumps({"detail": detail, "count": len(items), "small": small.failing}))

    asyncio.run(main(Path(sys.argv[1]), sys.argv[2]))
"""


@pytest.mark.parametrize("kind", ["audio", "video"])
def test_a_full_disk_costs_no_frame_and_litters_no_files(tmp_path: Path, kind: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(FULL), str(tmp_path), kind],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert "too large" in found["detail"]
    assert found["small"] is None
    names = sorted(p.name for p in tmp_path.iterdir())
    assert names == [
        "small.mkv",
        "small.timing",
        "track-2.mkv",
        "track-2.timing",
        "track.mkv",
        "track.timing",
    ]
    first, second = recorded(tmp_path / "track.mkv"), recorded(tmp_path / "track-2.mkv")
    every = tone(440) if kind == "audio" else clip()
    together = {at: data for at, data, _ in (*first, *second)}
    assert tuple(data for _, data in sorted(together.items())) == every
    assert len(first) + len(second) <= len(every) + 3, "at the seam a few frames are in both"
    assert [at for at, _, _ in second] == sorted(at for at, _, _ in second)
    if kind == "video":
        with av.open(str(tmp_path / "track-2.mkv")) as container:
            assert container.streams.video[0].width == 160


def test_a_really_full_file_system_is_survived(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("mounting a small file system needs root; the limit of file sizes is tested anyway")
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(tmp_path)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("mounting is not permitted here; the limit of file sizes is tested anyway")
    try:
        asyncio.run(fill(tmp_path))
    finally:
        subprocess.run(["umount", "-l", str(tmp_path)], check=True)


async def fill(folder: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(writer, "RETRY_EVERY", 0.05)
        patch.setattr(writer, "SYNC_EVERY", 0.05)
        patch.setattr(writer.log, "disabled", True)
        one = Writer()
        track = one.open(folder / "voice.mkv", "audio", HEADER)
        ballast = folder / "ballast"
        frames(track, tone(440))
        await eventually(lambda: track._on_disk)
        with ballast.open("wb", buffering=0) as handle:
            try:
                while handle.write(bytes(4096)):
                    pass
            except OSError:
                pass
        frames(track, tone(880), start=2000)
        frames(track, tone(880), start=4000)
        await eventually(lambda: track.failing)
        assert "No space" in str(track.failing)
        first_try = track._retry_at
        await eventually(lambda: track._retry_at > first_try + 0.2)
        ballast.unlink()
        await eventually(lambda: track.failing is None)
        await one.close([track])
        one.stop()
        names = sorted(p.name for p in folder.glob("*.mkv"))
        assert names == ["voice-2.mkv", "voice.mkv"]
        together = {at: data for name in names for at, data, _ in recorded(folder / name)}
        assert [data for _, data in sorted(together.items())] == list(tone(440) + tone(880) * 2)


def test_the_limit_of_this_process_is_untouched() -> None:
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY


# timing


def test_a_torn_timing_record_is_left_out() -> None:
    records = [TimingRecord(n % 3 + 1, n, n * 2, n * 3, n * 4) for n in range(5)]
    whole = b"header\n" + b"".join(map(bytes, records))
    assert timing.read(whole) == (b"header", records)
    assert timing.read(whole[:-1]) == (b"header", records[:-1])
    assert timing.read(b"header\n") == (b"header", [])


def test_a_torn_packet_of_the_side_file_is_left_out() -> None:
    packets = [(TimingRecord(1, n, n * 2, n * 3, n * 4), b"voice" * n) for n in range(4)]
    whole = b"header\n" + b"".join(timing.late_record(*packet) for packet in packets)
    assert timing.read_late(whole) == (b"header", packets)
    assert timing.read_late(whole[:-1]) == (b"header", packets[:-1])
    assert timing.read_late(whole[:-17]) == (b"header", packets[:-1])
    assert timing.read_late(b"header\n") == (b"header", [])


async def test_late_packets_lie_beside_the_file(tmp_path: Path, writing: Writer) -> None:
    track = writing.open(tmp_path / "voice.mkv", "audio", HEADER)
    frames(track, tone(440))
    record = TimingRecord(timing.PACKET, 7, 8, 9, 10)
    track.late(record, b"too late")
    await writing.close([track])
    found = timing.read_late(track.path.with_suffix(".late").read_bytes())
    assert found == (HEADER.encode(), [(record, b"too late")])


async def test_late_packets_alone_are_no_recording(tmp_path: Path, writing: Writer) -> None:
    track = writing.open(tmp_path / "voice.mkv", "audio", HEADER)
    track.late(TimingRecord(timing.PACKET, 7, 8, 9, 10), b"too late")
    await writing.close([track])
    assert list(tmp_path.iterdir()) == []
