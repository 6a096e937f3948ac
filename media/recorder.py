"""The recorder: a seat that writes every plug of the conference to a file of its own, untouched.

One file per plug, because in a common Matroska file a silent track blocks all the others. Beside each file lies the
raw timing of its packets, so that synchronisation can be done again afterwards. Packets are put in order here; all
writing is done by the writer's thread.
"""

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .alarms import Alarms
from .clock import Clock
from .control import RecordingTarget
from .livecheck import LiveCheck
from .plug import Plug
from .rtp import AUDIO_CLOCK, VIDEO_CLOCK, Packet
from .timing import TimingRecord
from .vp8 import descriptor_size, is_key_frame, starts_frame
from .writer import TrackFile, Writer

log = logging.getLogger(__name__)

REORDER_WAIT = 2.0  # seconds a missing packet is waited for; afterwards the track goes on without it
REBASE = 0.5  # seconds between a track's own time and the wall clock at which it is set right
DELAY_WINDOW = (
    2.0  # seconds in which the least delay is taken: a network may hold packets up, but not all of them
)


@dataclass(frozen=True, slots=True)
class RecorderEnvironment:
    """What all recorders of a node share."""

    root: Path
    writer: Writer
    live_check: LiveCheck


@dataclass(slots=True)
class Track:
    """One plug's file. Time zero of all tracks of a part is the same moment, `started` (monotonic seconds)."""

    name: str
    kind: str
    file: TrackFile
    started: float
    clock: Clock
    source: Plug | None = None
    packets: int = 0
    octets: int = 0
    lost: int = 0
    late: int = 0  # of these, came after all, into the side file
    skipped_frames: int = 0
    last_arrival: float | None = None
    switched: float = 0.0  # monotonic seconds of the last change of source
    position: float = 0.0  # seconds of the last written frame
    drift: float = 0.0  # seconds the track's own time is ahead of the wall clock
    checked: set[Path] = field(default_factory=set)  # the file, and those in which it began
    _waiting: dict[int, Packet] = field(default_factory=dict)
    _next: int | None = None
    _first: int = 0  # number of this source with which the recording began
    _base: tuple[float, int] | None = None  # seconds since `started`, RTP timestamp (extended by differences)
    _least_delay: float | None = None  # seconds, of this window
    _window: float = 0.0
    _last_pts: int = -1
    _frame: list[bytes] = field(default_factory=list)
    _frame_time: int | None = None
    _frame_broken: bool = False
    _had_key: bool = False

    @property
    def rate(self) -> int:
        return AUDIO_CLOCK if self.kind == "audio" else VIDEO_CLOCK

    def switch(self, source: Plug | None) -> None:
        """Take another plug; what waited of the former one is written first."""
        if source is self.source:
            return
        self.flush()
        self.source = source
        self.switched = self.clock.now()
        self.last_arrival = None
        self._next = source.newest + 1 if source is not None and source.newest else None
        self._first = self._next or 0
        self._base = None
        self._least_delay = None
        self._had_key = False  # the new source's pictures mean nothing on top of the former one's
        self._frame, self._frame_time, self._frame_broken = [], None, False
        if source is not None and self.kind == "video":
            source.request_key_frame(at_once=True)

    # in order

    def forward(self, packet: Packet, plug: Plug) -> None:
        if plug is not self.source:
            return
        if self.last_arrival is not None and packet.arrival - self.last_arrival > DELAY_WINDOW:
            self.flush()
            self._begin(packet)  # it paused; whether its own clock went on does not matter
        self.packets += 1
        self.octets += packet.end - packet.start
        self.last_arrival = packet.arrival
        self.file.timing(TimingRecord.packed(packet, plug.ssrc, packet.arrival - self.started))
        if self._next is None:
            self._next = packet.seq  # what was overtaken by it goes to the side file
        if packet.seq == self._next and not self._waiting:
            self._next += 1
            self._write(packet)
            return
        if packet.seq < self._next:
            if packet.seq >= self._first:  # what is older was said before the switch
                self.late += 1
                record = TimingRecord.of(packet, plug.ssrc, packet.arrival - self.started)
                self.file.late(record, packet.payload)
            return
        self._waiting[packet.seq] = packet
        self._release(packet.arrival)

    def _release(self, now: float) -> None:
        while self._waiting:
            assert self._next is not None
            packet = self._waiting.pop(self._next, None)
            if packet is None:
                oldest = min(self._waiting)
                if now - self._waiting[oldest].arrival < REORDER_WAIT and len(self._waiting) < 2048:
                    return
                self._missed(oldest - self._next)
                self._next = oldest
                continue
            self._next += 1
            self._write(packet)

    def _missed(self, count: int) -> None:
        self.lost += count
        if self.kind == "video":
            self._frame_broken = True
            if self.source is not None:
                self.source.request_key_frame()

    def tick(self, now: float) -> None:
        self._release(now)

    def flush(self) -> None:
        """Write all that waits, gaps or not."""
        while self._waiting:
            oldest = min(self._waiting)
            if self._next is not None and oldest > self._next:
                self._missed(oldest - self._next)
            self._next = oldest + 1
            self._write(self._waiting.pop(oldest))

    # to frames

    def _write(self, packet: Packet) -> None:
        if packet.start == packet.end:
            return  # padding only: nothing of the voice or picture, and no loss
        if self.kind == "audio":
            self._put(packet.payload, packet, True)
            return
        try:
            begins = starts_frame(packet.data, packet.start)
            body = packet.start + descriptor_size(packet.data, packet.start, packet.end)
        except (ValueError, IndexError):
            return
        if packet.timestamp != self._frame_time:
            if self._frame and not self._frame_broken:
                self.skipped_frames += 1
            self._frame, self._frame_time, self._frame_broken = [], packet.timestamp, not begins
        self._frame.append(packet.data[body : packet.end])
        if packet.marker:
            if self._frame_broken:
                self.skipped_frames += 1
            else:
                frame = b"".join(self._frame)
                key = is_key_frame(frame)
                if key or self._had_key:
                    self._had_key = True
                    self._put(frame, packet, key)
            self._frame, self._frame_time, self._frame_broken = [], None, False

    def _put(self, data: bytes, packet: Packet, key: bool) -> None:
        arrived = packet.arrival - self.started
        if self._base is None:
            self._begin(packet)
        assert self._base is not None
        seconds, timestamp = self._base
        ahead = (packet.timestamp - timestamp) & 0xFFFF_FFFF
        at = seconds + (ahead if ahead < 0x8000_0000 else ahead - 0x1_0000_0000) / self.rate
        self._measure(arrived - at, arrived)
        if abs(self.drift) > REBASE:
            at = max(arrived, self.position)
            self._least_delay, self.drift = None, 0.0
            self.file.timing(bytes(TimingRecord.rebase(packet, at)))
        self._base = (at, packet.timestamp)
        self.position = max(self.position, at)
        pts = max(round(at * 1000), self._last_pts + 1)
        self._last_pts = pts
        self.file.frame(data, pts, key)

    def _begin(self, packet: Packet) -> None:
        """Count the track's time anew, from this packet and its arrival."""
        self._base = (max(packet.arrival - self.started, self.position), packet.timestamp)
        self._least_delay, self.drift = None, 0.0

    def _measure(self, delay: float, arrived: float) -> None:
        """Note how much later than its own time a packet came. Ahead of the wall clock is certain at once, behind
        it only when every packet of the window is."""
        if self._least_delay is None:
            self._least_delay, self._window = delay, arrived
        self._least_delay = min(self._least_delay, delay)
        if -self._least_delay > REBASE:
            self.drift = -self._least_delay
        elif arrived - self._window >= DELAY_WINDOW:
            self.drift, self._least_delay = -self._least_delay, None


class Recorder:
    """The recording of one interview's part on this node. `emit` takes the control API's recorder events."""

    def __init__(
        self,
        conference: str,
        target: RecordingTarget,
        environment: RecorderEnvironment,
        clock: Clock,
        emit: Callable[[dict[str, Any]], None],
    ) -> None:
        self.target = target
        self._conference = conference
        self._environment = environment
        self._clock = clock
        self._emit = emit
        self._started = clock.now()
        self._folder = environment.root / target.directory
        self._tracks: dict[str, Track] = {}
        self._alarms = Alarms()
        self._last_check = self._started

    def path(self, jack: str) -> Path:
        """The file of a jack (D-22: date, school code and room are in the stem)."""
        return self._folder / f"{self.target.stem}_{jack}_part-{self.target.part}.mkv"

    def track(self, jack: str, kind: str, source: Plug | None) -> Track | None:
        """The track of a jack, pointed at its source; None while there was never one."""
        track = self._tracks.get(jack)
        if track is None:
            if source is None:
                return None
            path = self.path(jack)
            header = json.dumps(
                {
                    "interview": self.target.interview,
                    "part": self.target.part,
                    "track": jack,
                    "kind": kind,
                    "clock_rate": AUDIO_CLOCK if kind == "audio" else VIDEO_CLOCK,
                    "started": self._clock.wall(self._started),
                }
            )
            file = self._environment.writer.open(path, kind, header)
            track = self._tracks[jack] = Track(jack, kind, file, self._started, self._clock)
        track.switch(source)
        return track

    def tick(self, now: float) -> None:
        """Let go of packets that waited long enough; check what was written; raise and clear alarms."""
        for track in self._tracks.values():
            track.tick(now)
        check = self._environment.live_check
        if now - self._last_check >= check.EVERY:
            self._last_check = now
            for track in self._tracks.values():
                track.checked.add(track.file.path)
                check.ask(track.file.path, track.kind)
        for change in self._alarms.update(self._tracks.values(), self._environment, now):
            self._emit(self._event(change))

    def standing(self) -> list[dict[str, Any]]:
        """The events of the alarms that are on."""
        return [self._event(alarm) for alarm in self._alarms.standing()]

    def _event(self, change: dict[str, Any]) -> dict[str, Any]:
        return {
            "event": "recorder",
            "conference": self._conference,
            "interview": self.target.interview,
            **change,
        }

    def report(self) -> dict[str, Any]:
        return {
            "interview": self.target.interview,
            "part": self.target.part,
            "files": [
                {
                    "name": f"{self.target.directory}/{track.file.path.name}",
                    "packets": track.packets,
                    "bytes": track.octets,
                    "lost": track.lost,
                    "seconds": round(track.position, 3),
                }
                for track in self._tracks.values()
            ],
        }

    async def close(self) -> None:
        """Write what waits and close the files; returns when they are on disk."""
        for track in self._tracks.values():
            track.flush()
            track.source = None
            for path in track.checked:
                self._environment.live_check.forget(path)
        await self._environment.writer.close([track.file for track in self._tracks.values()])
