"""The load of a conference room, packet by packet, and the thread that plays it.

Every stream has a shape: so many frames a second, each of so many packets with a gap between them, as a browser paces
them. Voices and pictures go out when they are due; arrivals are read in turns of a few milliseconds, since their time
is the kernel's.
"""

import contextlib
import heapq
import itertools
import queue
import random
import select
import struct
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Self

import av

from bench.endpoint import MAGIC, TRAILER, Endpoint, Inlet

TURN = 0.004  # seconds between two looks for arrivals
UPKEEP = 0.1  # seconds between two upkeeps of an endpoint
SEND_TIME_ID, LEVEL_ID = 2, 1  # header extensions, as Chromium numbers them
DELTA = b"\x11\x02\x00" + bytes(16)  # begin of a VP8 frame that refers to others, a first partition of zeros
VIDEO_HEADER = struct.Struct(">BBHIIHHBBH")  # RTP with abs-send-time
AUDIO_HEADER = struct.Struct(">BBHIIHHBBHBBH")  # and with audio level


@dataclass(frozen=True, slots=True)
class Shape:
    """A stream: `frames` a second of `packets` of `size` bytes each, `gap` seconds apart."""

    name: str
    kind: str
    payload_type: int
    clock: int
    frames: float
    packets: int
    size: int
    gap: float = 0.0
    key_every: float = 0.0  # seconds; 0 for never


VOICE = Shape("voice", "audio", 111, 48_000, 50, 1, 80)
CAMERA = Shape("camera", "video", 96, 90_000, 29.75, 4, 1050, 0.003, 10.0)  # 119 packets/s, 1 Mbit/s
SCREEN = Shape("screen", "video", 96, 90_000, 9.5, 4, 987, 0.003, 10.0)  # 38 packets/s, 0.3 Mbit/s


@dataclass(frozen=True, slots=True)
class Slot:
    """One packet's place in its stream: when it is due, in which frame, as which of how many."""

    due: float
    frame: int
    index: int
    count: int
    key: bool

    @property
    def last(self) -> bool:
        return self.index == self.count - 1


class Pacer:
    """The slots of a stream from `start` on; the first frame, and one each `key_every`, is a key frame."""

    def __init__(self, shape: Shape, start: float, key_packets: int = 1) -> None:
        self.key_wanted = bool(shape.key_every)
        self._shape = shape
        self._start = start
        self._key_packets = key_packets
        self._next_key = start
        self._slots: list[Slot] = []
        self._frame = 0
        self._last_due = start

    def next(self) -> Slot:
        if not self._slots:
            self._begin()
        return self._slots.pop()

    def _begin(self) -> None:
        shape = self._shape
        begins = self._start + self._frame / shape.frames
        key = bool(shape.key_every) and (self.key_wanted or begins >= self._next_key)
        if key:
            self.key_wanted = False
            self._next_key = begins + shape.key_every
        count = self._key_packets if key else shape.packets
        for index in range(count):  # a large frame may last into the next one: packets keep their order
            self._last_due = max(self._last_due, begins + index * shape.gap)
            self._slots.append(Slot(self._last_due, self._frame, index, count, key))
        self._slots.reverse()
        self._frame += 1


def key_frame(width: int = 640, height: int = 360) -> bytes:
    """A real VP8 key frame with some detail: a recorder's live check decodes it."""
    encoder = av.CodecContext.create("libvpx", "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuv420p"
    encoder.framerate = Fraction(30)
    encoder.bit_rate = 1_000_000
    encoder.options = {"deadline": "realtime", "lag-in-frames": "0"}
    picture = av.VideoFrame(width, height, "yuv420p")
    chance = random.Random(1)
    for plane in picture.planes:
        size = plane.buffer_size
        blocks = [bytes([chance.randrange(256)]) * 40 for _ in range(size // 40 + 1)]
        plane.update(b"".join(blocks)[:size])
    picture.pts = 0
    return b"".join(bytes(packet) for packet in [*encoder.encode(picture), *encoder.encode(None)])


class Outlet:
    """A stream that is sent: `listeners` receive each of its packets."""

    def __init__(self, endpoint: Endpoint, shape: Shape, ssrc: int, listeners: int, key: bytes = b"") -> None:
        self.shape = shape
        self.endpoint = endpoint
        self.listeners = listeners
        self.packets = 0
        self.octets = 0
        self.pacer = Pacer(shape, 0.0)
        self._ssrc = ssrc
        self._sequence = random.Random(ssrc).randrange(0x4000)
        self._epoch = time.monotonic()
        body = random.Random(ssrc + 1).randbytes(shape.size)
        self._body = DELTA + body if shape.kind == "video" else b"\x78" + body[: shape.size - 1]
        self._key = key or body
        self._time = 0
        endpoint.senders[ssrc] = self._state
        if shape.key_every:
            endpoint.on_pli[ssrc] = self._pli

    def start(self, at: float) -> None:
        room = self.shape.size - 5  # descriptor
        self.pacer = Pacer(self.shape, at, -(-len(self._key) // room))

    def _pli(self) -> None:
        self.pacer.key_wanted = True

    def _state(self) -> tuple[int, int, int]:
        return round((time.monotonic() - self._epoch) * self.shape.clock), self.packets, self.octets

    def send(self, slot: Slot, frame_time: float) -> None:
        shape = self.shape
        second = shape.payload_type | (0x80 if slot.last and shape.kind == "video" else 0)
        timestamp = round((frame_time - self._epoch) * shape.clock) & 0xFFFF_FFFF
        sequence = self._sequence & 0xFFFF
        self._sequence += 1
        send_time = round(time.time() * (1 << 18)) & 0xFF_FFFF
        tag = (SEND_TIME_ID << 4) | 2
        common = (tag, send_time >> 16, send_time & 0xFFFF)
        begin = (0x90, second, sequence, timestamp, self._ssrc, 0xBEDE)
        if shape.kind == "audio":
            header = AUDIO_HEADER.pack(*begin, 2, *common, LEVEL_ID << 4, 20, 0)
        else:
            header = VIDEO_HEADER.pack(*begin, 1, *common)
        payload = self._payload(slot)
        self.packets += 1
        self.octets += len(payload)
        self.endpoint.send_rtp(header + payload)

    def _payload(self, slot: Slot) -> bytes:
        shape = self.shape
        if shape.kind == "audio":
            return self._body[: shape.size - TRAILER.size] + TRAILER.pack(MAGIC, time.time_ns())
        picture = 0x8000 | (slot.frame & 0x7FFF)
        descriptor = bytes((0x80 | (0x10 if slot.index == 0 else 0), 0x80, picture >> 8, picture & 0xFF))
        room = shape.size - 5
        if slot.key:
            return descriptor + self._key[slot.index * room : (slot.index + 1) * room]
        return descriptor + self._body[: room + 1 - TRAILER.size] + TRAILER.pack(MAGIC, time.time_ns())


@dataclass(slots=True, eq=False)
class Room:
    """One room's connections: those that send or receive, and the seats that wait."""

    outlets: list[Outlet] = field(default_factory=list)
    endpoints: list[Endpoint] = field(default_factory=list)

    @property
    def inlets(self) -> list[Inlet]:
        return [inlet for endpoint in self.endpoints for inlet in endpoint.inlets.values()]


class Load:
    """The thread that sends and receives for all endpoints; use `with`."""

    def __init__(self) -> None:
        self.late = 0.0  # the most that a packet went out after it was due, in seconds
        self._epoll = select.epoll()
        self._endpoints: dict[int, Endpoint] = {}
        self._orders: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._due: list[tuple[float, int, Callable[[float], None]]] = []
        self._numbers = itertools.count()
        self._until = 0.0
        self._ended = False
        self._fault: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="load", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended = True
        self._thread.join()
        self._epoll.close()

    def check(self) -> None:
        """Raise what ended the thread."""
        if self._fault is not None:
            raise RuntimeError("the load has ended") from self._fault

    def add(self, endpoint: Endpoint) -> None:
        self._orders.put(lambda: self._add(endpoint))

    def remove(self, endpoints: Iterable[Endpoint]) -> None:
        """Close endpoints; returns when they are."""

        def act() -> None:
            for endpoint in endpoints:
                if self._endpoints.pop(endpoint.socket.fileno(), None) is not None:
                    self._epoll.unregister(endpoint.socket.fileno())
                endpoint.close()

        self.run(act)

    def run(self, order: Callable[[], None]) -> None:
        """Have the thread do something to endpoints; returns when it is done."""
        done = threading.Event()
        self._orders.put(order)
        self._orders.put(done.set)
        while not done.wait(0.1):
            self.check()

    def play(self, outlets: list[Outlet], seconds: float) -> None:
        """Begin to send the streams, for so long; their phases are spread."""

        def act() -> None:
            now = time.monotonic() + 0.02
            self.late = 0.0
            self._until = now + seconds
            chance = random.Random(len(outlets))
            for outlet in outlets:
                start = now + chance.random() / outlet.shape.frames
                outlet.start(start)
                self._plan(outlet, start)

        self._orders.put(act)

    # the thread

    def _add(self, endpoint: Endpoint) -> None:
        self._endpoints[endpoint.socket.fileno()] = endpoint
        self._epoll.register(endpoint.socket.fileno(), select.EPOLLIN)
        self._upkeep(endpoint, time.monotonic())

    def _push(self, due: float, call: Callable[[float], None]) -> None:
        heapq.heappush(self._due, (due, next(self._numbers), call))

    def _upkeep(self, endpoint: Endpoint, now: float) -> None:
        if not endpoint.closed:
            endpoint.upkeep(now)
            self._push(now + UPKEEP, lambda now: self._upkeep(endpoint, now))

    def _plan(self, outlet: Outlet, start: float) -> None:
        slot = outlet.pacer.next()
        frames = outlet.shape.frames
        until = self._until

        def send(now: float) -> None:
            nonlocal slot
            self.late = max(self.late, now - slot.due)
            if not outlet.endpoint.connected:
                return
            outlet.send(slot, start + slot.frame / frames)
            slot = outlet.pacer.next()
            if slot.due < until:
                self._push(slot.due, send)

        self._push(slot.due, send)

    def _run(self) -> None:
        try:
            while not self._ended:
                self._turn()
        except BaseException as error:
            self._fault = error

    def _turn(self) -> None:
        with contextlib.suppress(queue.Empty):
            while True:
                self._orders.get_nowait()()
        end = time.monotonic() + TURN
        while (now := time.monotonic()) < end:
            if self._due and self._due[0][0] <= now:
                heapq.heappop(self._due)[2](now)
            else:
                time.sleep(max(0.0, min(end, self._due[0][0] if self._due else end) - now))
        endpoints = self._endpoints
        for descriptor, _ in self._epoll.poll(0, max(1, len(endpoints))):
            endpoints[descriptor].read()
