"""The writing thread of a node: Matroska files of single tracks, crash-safe, synced together once a second.

Frames are handed over without waiting and taken in turns: a thread that woke for each of them would cost the packets
more than the writing does. A full disk or a broken file never reaches the event loop: the track's file
is marked as failing, what comes meanwhile is kept in memory for a while, and the track goes on in a further file
as soon as one can be written again.
"""

import contextlib
import itertools
import logging
import os
import threading
import time
from asyncio import AbstractEventLoop, Future, get_running_loop
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import BinaryIO

import av

from .timing import TimingRecord, late_record
from .vp8 import frame_size

log = logging.getLogger(__name__)

# A cluster goes to the file as a whole: at most 400 ms of a killed process are lost.
MUXER_OPTIONS = {"flush_packets": "1", "cluster_time_limit": "400", "reserve_index_space": "16384"}
MILLISECOND = Fraction(1, 1000)
TURN = 0.1  # seconds between two turns of the thread
SYNC_EVERY = 1.0
BESIDE_EVERY = 10  # rounds after which timing and late packets are synced as well
RETRY_EVERY = 2.0
KEPT_ITEMS = 20_000  # more than two minutes of a voice or camera with its timing, while the disk is full

Frame = tuple[bytes, int, bool]  # data, pts in milliseconds, whether it is a key frame


@dataclass(frozen=True, slots=True)
class Late:
    """A record of the side file (media/timing.py)."""

    data: bytes


class _Sink:
    """What a muxer writes to. A short write is an error (the muxer would not notice); `size` grows with each one."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("xb", buffering=0)
        self.seek, self.tell = self._file.seek, self._file.tell
        self.fileno, self.close = self._file.fileno, self._file.close
        self.size = 0

    @property
    def closed(self) -> bool:
        return self._file.closed

    def write(self, data: bytes) -> int:
        done = 0
        while done < len(data):
            done += self._file.write(memoryview(data)[done:])
        self.size += done
        return done


@dataclass(slots=True, eq=False)
class TrackFile:
    """A track's file as the event loop sees it. `failing` is the error of the last attempt to write, or None."""

    path: Path
    kind: str
    header: str
    _handed: deque[object]
    failing: str | None = None
    dropped: int = 0
    _stem: str = ""
    _kept: deque[Frame | bytes | Late] = field(
        default_factory=deque
    )  # frames and timing, while it is failing
    _unsure: list[Frame] = field(default_factory=list)  # frames in the muxer's open cluster
    _size: tuple[int, int] = (640, 480)
    _on_disk: bool = False  # a cluster is
    _retry_at: float = 0.0
    _file: _Sink | None = None
    _timing: BinaryIO | None = None
    _late: BinaryIO | None = None
    _container: "av.container.OutputContainer | None" = None
    _stream: "av.stream.Stream | None" = None

    def __post_init__(self) -> None:
        self._stem = self.path.stem

    def frame(self, data: bytes, pts: int, key: bool) -> None:
        """Hand over a frame; `pts` in milliseconds since the part's start."""
        self._handed.append((self, (data, pts, key)))

    def timing(self, record: bytes) -> None:
        """Hand over a packed `TimingRecord`."""
        self._handed.append((self, record))

    def late(self, record: TimingRecord, payload: bytes) -> None:
        """Hand over what came when its place in the file had been passed."""
        self._handed.append((self, Late(late_record(record, payload))))


@dataclass(slots=True)
class _Close:
    files: list[TrackFile]
    loop: AbstractEventLoop
    done: "Future[None]"


class Writer:
    """Owns the thread. `open` and `TrackFile.frame` may be called from the event loop at any time."""

    def __init__(self) -> None:
        self._handed: deque[object] = deque()
        self._urgent = threading.Event()
        self._files: list[TrackFile] = []
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
        self._thread.start()

    def open(self, path: Path, kind: str, header: str) -> TrackFile:
        """A new track; `header` is the JSON line of its timing file."""
        track = TrackFile(path, kind, header, self._handed)
        self._hand(track)
        return track

    async def close(self, files: list[TrackFile]) -> None:
        """Close the tracks; returns when they are whole on disk."""
        loop = get_running_loop()
        done: Future[None] = loop.create_future()
        self._hand(_Close(files, loop, done))
        await done

    def stop(self) -> None:
        """Close everything and end the thread."""
        self._hand(None)
        self._thread.join()

    def _hand(self, item: object) -> None:
        """Hand over what somebody waits for."""
        self._handed.append(item)
        self._urgent.set()

    # in the thread

    def _run(self) -> None:
        synced, rounds = time.monotonic(), 0
        handed = self._handed
        while True:
            self._urgent.wait(TURN)
            self._urgent.clear()
            while handed:
                item = handed.popleft()
                if isinstance(item, tuple):
                    self._take(*item)
                elif isinstance(item, TrackFile):
                    self._files.append(item)
                    self._guard(item, self._open)
                elif isinstance(item, _Close):
                    for track in item.files:
                        self._guard(track, self._finish)
                    with contextlib.suppress(RuntimeError):  # the loop may be gone
                        item.loop.call_soon_threadsafe(_resolve, item.done)
                else:
                    for track in list(self._files):
                        self._guard(track, self._finish)
                    return
            now = time.monotonic()
            if now - synced >= SYNC_EVERY:
                synced = now
                rounds += 1
                for track in self._files:
                    self._guard(track, self._sync)
                    if rounds % BESIDE_EVERY == 0:
                        self._guard(track, self._sync_beside)
                    if track.failing is not None and now >= track._retry_at:
                        self._guard(track, self._resume)

    def _guard(self, track: TrackFile, action: Callable[[TrackFile], None]) -> None:
        try:
            action(track)
        except Exception as error:  # whatever the disk or the muxer raises concerns this track alone
            self._failed(track, error)

    def _failed(self, track: TrackFile, error: Exception) -> None:
        log.error("x recording of %s: %s", track.path.name, error)
        track.failing = str(error)
        track._retry_at = time.monotonic() + RETRY_EVERY
        track._kept.extendleft(reversed(track._unsure))
        self._abandon(track)

    def _abandon(self, track: TrackFile) -> None:
        """Let go of a file that cannot be written; what is in it stays readable, and nothing empty stays behind."""
        container, track._container, track._stream = track._container, None, None
        opened, track._unsure = track._file is not None, []
        if container is not None:
            with contextlib.suppress(Exception):
                container.close()
        for handle in (track._file, track._timing, track._late):
            if handle is not None:
                with contextlib.suppress(OSError):
                    handle.close()
        track._file = track._timing = track._late = None
        if opened and not track._on_disk:
            track.path.unlink(missing_ok=True)
            for beside in (".timing", ".late"):
                track.path.with_suffix(beside).unlink(missing_ok=True)

    def _open(self, track: TrackFile) -> None:
        folder = track.path.parent
        folder.mkdir(parents=True, exist_ok=True, mode=0o750)
        names = (f"{track._stem}{f'-{n}' if n > 1 else ''}.mkv" for n in itertools.count(1))
        paths = (folder / name for name in names)
        # never over another recording
        endings = (".mkv", ".timing", ".late")
        track.path = next(p for p in paths if not any(p.with_suffix(e).exists() for e in endings))
        track._file, track._on_disk = _Sink(track.path), False
        track._timing = track.path.with_suffix(".timing").open("xb")
        track._timing.write(track.header.encode() + b"\n")
        track._timing.flush()
        track._container = av.open(track._file, "w", format="matroska", options=MUXER_OPTIONS)
        if track.kind == "audio":
            # The encoder stays idle; it supplies OpusHead, without which the track cannot be declared.
            track._stream = track._container.add_stream("libopus", rate=48000, layout="mono")
            track._stream.time_base = MILLISECOND

    def _resume(self, track: TrackFile) -> None:
        """Go on in a further file, beginning with what was kept."""
        self._open(track)
        while track._kept:
            item = track._kept.popleft()
            self._write(track, item)
        track.failing = None

    def _take(self, track: TrackFile, item: Frame | bytes | Late) -> None:
        if track._container is None:
            track._kept.append(item)
            if len(track._kept) > KEPT_ITEMS:
                track._kept.popleft()
                track.dropped += 1
            return
        try:
            self._write(track, item)
        except Exception as error:  # see _guard
            self._failed(track, error)

    def _write(self, track: TrackFile, item: Frame | bytes | Late) -> None:
        if isinstance(item, Late):
            if track._late is None:
                track._late = track.path.with_suffix(".late").open("xb")
                track._late.write(track.header.encode() + b"\n")
            track._late.write(item.data)
        elif isinstance(item, bytes):
            assert track._timing is not None
            track._timing.write(item)
        else:
            self._mux(track, *item)

    @staticmethod
    def _mux(track: TrackFile, data: bytes, pts: int, key: bool) -> None:
        assert track._container is not None
        assert track._file is not None
        size, first = track._file.size, not track._unsure and not track._on_disk
        track._unsure.append((data, pts, key))
        if track.kind == "video":
            track._size = frame_size(data) or track._size
        if track._stream is None:
            width, height = track._size
            track._stream = track._container.add_mux_stream("vp8", width=width, height=height)
            track._stream.time_base = MILLISECOND
        packet = av.Packet(data)
        packet.pts = packet.dts = pts
        packet.time_base = MILLISECOND
        packet.stream = track._stream
        packet.is_keyframe = key
        track._container.mux_one(packet)
        if (
            track._file.size > size and not first
        ):  # a cluster went out; the muxer holds two frames back at most
            track._on_disk = True
            del track._unsure[:-2]

    @staticmethod
    def _sync(track: TrackFile) -> None:
        """The track itself to the disk; what lies beside it out of this process, which may be killed."""
        for beside in (track._timing, track._late):
            if beside is not None:
                beside.flush()
        if track._file is not None:
            os.fdatasync(track._file.fileno())

    @staticmethod
    def _sync_beside(track: TrackFile) -> None:
        for beside in (track._timing, track._late):
            if beside is not None:
                os.fdatasync(beside.fileno())

    def _finish(self, track: TrackFile) -> None:
        if track in self._files:
            self._files.remove(track)
        if track._container is None and track._kept:
            self._resume(track)  # the last chance of what was kept
        container, track._container = track._container, None
        if container is not None and track._file is not None:
            container.close()
            track._on_disk = track._file.size > 0
            self._sync(track)
            self._sync_beside(track)
        self._abandon(track)


def _resolve(done: "Future[None]") -> None:
    if not done.done():
        done.set_result(None)
