"""The servers that are compared, started, filled with rooms, and ended: what they share, and our media node.

They run pinned to one core, on the machine's own address, and talk to the same endpoints.
"""

import asyncio
import contextlib
import itertools
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import aiohttp
import psutil

from bench import offers
from bench.endpoint import Endpoint, Identity, Inlet
from bench.load import CAMERA, SCREEN, VOICE, Load, Outlet, Room, Shape, key_frame
from bench.offers import Section
from media.layout import LAYOUTS, RECORDER_SEAT, SeatKind

ROOT = Path(__file__).resolve().parent.parent
WITHIN = 30.0  # seconds for a server to answer, or for a room to be connected

# Who hears whom in the conference: plug of a person → jacks of the others.
PATCHES = (
    ("p", "voice", "e", "participant-voice"),
    ("p", "camera", "e", "participant-camera"),
    ("e", "voice", "p", "staff-voice"),
    ("e", "camera", "p", "staff-camera"),
    ("e", "screen", "p", "screen"),
    ("p", "voice", "x", "participant-voice"),
    ("p", "camera", "x", "participant-camera"),
    ("e", "voice", "x", "examiner-voice"),
    ("e", "camera", "x", "examiner-camera"),
    ("e", "screen", "x", "examiner-screen"),
)
RECORDED = (
    ("p", "voice", RECORDER_SEAT, "participant-voice"),
    ("p", "camera", RECORDER_SEAT, "participant-camera"),
    ("e", "voice", RECORDER_SEAT, "examiner-voice"),
    ("e", "camera", RECORDER_SEAT, "examiner-camera"),
    ("e", "screen", RECORDER_SEAT, "examiner-screen"),
)
SHAPES = {"voice": VOICE, "camera": CAMERA, "screen": SCREEN}
LISTENERS = 2  # of each stream: the other one and the expert


@dataclass(slots=True, eq=False)
class Connection:
    """A seat's connection: what it sends by plug, what it receives by jack."""

    endpoint: Endpoint
    outlets: dict[str, Outlet]
    inlets: dict[str, Inlet] = field(default_factory=dict)


def ssrcs() -> Iterable[int]:
    return itertools.count(secrets.randbelow(1 << 30) | 1, 2)


def processor_seconds(pids: Iterable[int]) -> float:
    """User and system time of processes, to the nanosecond (their CPU clocks; see clock_getcpuclockid)."""
    total = 0.0
    for pid in pids:
        with contextlib.suppress(OSError):  # a child that has ended
            total += time.clock_gettime((~pid << 3) | 2)
    return total


class Server(Protocol):
    """A running server and the rooms on it."""

    name: str
    recorder: bool
    rooms: list[Room]

    async def start(self) -> None: ...
    async def add(self, count: int) -> None:
        """Connect further rooms; returns when media can flow."""

    async def stop(self) -> None: ...
    def pids(self) -> list[int]: ...


class Hosted:
    """What both have in common: a process, on its core if one is given, endpoints on the load's."""

    def __init__(self, folder: Path, host: str, core: int | None, who: Identity, load: Load) -> None:
        self.rooms: list[Room] = []
        self.folder = folder
        self.host = host
        self._core = core
        self._who = who
        self._load = load
        self._process: subprocess.Popen[bytes] | None = None
        self._ssrcs = iter(ssrcs())
        self._key = key_frame()
        self._http: aiohttp.ClientSession | None = None
        folder.mkdir(parents=True)

    @property
    def http(self) -> aiohttp.ClientSession:
        assert self._http is not None
        return self._http

    def spawn(self, command: list[str]) -> None:
        before = os.sched_getaffinity(0)
        # Inherited by the process and by all of its children.
        os.sched_setaffinity(0, before if self._core is None else {self._core})
        try:
            with (self.folder / "log").open("wb") as log:
                self._process = subprocess.Popen(
                    command,
                    cwd=ROOT,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                )
        finally:
            os.sched_setaffinity(0, before)

    def check(self) -> None:
        self._load.check()
        if self._process is None or self._process.poll() is not None:
            raise RuntimeError(f"the server has ended:\n{(self.folder / 'log').read_text()[-3000:]}")

    def pids(self) -> list[int]:
        assert self._process is not None
        children = psutil.Process(self._process.pid).children(recursive=True)
        return [self._process.pid, *(child.pid for child in children)]

    def endpoint(self) -> Endpoint:
        made = Endpoint(self.host, self._who)
        self._load.add(made)
        return made

    def outlet(self, endpoint: Endpoint, shape: Shape, ssrc: int) -> Outlet:
        return Outlet(endpoint, shape, ssrc, LISTENERS, self._key if shape.key_every else b"")

    def begin(self, endpoint: Endpoint, text: str, first_jack: int, *, controlling: bool = True) -> None:
        """Take the other end's description; its sections from `first_jack` on are received."""
        theirs = offers.read(text)
        for section in theirs.sections[first_jack:]:
            endpoint.inlets[section.ssrcs[0].to_bytes(4, "big")] = Inlet(section.kind)
        endpoint.begin(
            theirs.ufrag, theirs.password, theirs.address, controlling=controlling, active=theirs.passive
        )

    async def until(self, condition: Any, what: str) -> None:
        end = time.monotonic() + WITHIN
        while not condition():
            self.check()
            if time.monotonic() > end:
                raise TimeoutError(f"{what}:\n{(self.folder / 'log').read_text()[-3000:]}")
            await asyncio.sleep(0.01)

    async def connected(self, room: Room) -> None:
        await self.until(lambda: all(endpoint.connected for endpoint in room.endpoints), "not connected")

    async def end(self) -> None:
        endpoints = [endpoint for room in self.rooms for endpoint in room.endpoints]
        await asyncio.to_thread(self._load.remove, endpoints)
        if self._http is not None:
            await self._http.close()
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            try:
                await asyncio.to_thread(self._process.wait, WITHIN)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()


class Ours(Hosted):
    """`python -m media` with everything that production has on, its event listener included."""

    name = "ours"

    def __init__(self, *common: Any, recorder: bool = False, waiting: int = 12) -> None:
        super().__init__(*common)
        self.recorder = recorder
        self.epoch = 1
        self._waiting = waiting
        self._events: asyncio.Task[None] | None = None

    async def start(self) -> None:
        path = self.folder / "node.sock"
        command = [sys.executable, "-m", "media", "--socket", str(path), "--listen", self.host]
        command += ["--recordings", str(self.folder / "recordings"), "--capacity", "1000"]
        self.spawn([*command, "--udp-ports", "10000-29999"])
        await self.until(lambda: (self.folder / "node.sock.pid").exists(), "the node does not answer")
        self.attach()
        await self.until(lambda: len(self.pids()) > 1, "no live check")
        await asyncio.sleep(1.0)

    def attach(self) -> None:
        """A client, and its event listener."""
        connector = aiohttp.UnixConnector(str(self.folder / "node.sock"), limit=0)
        self._http = aiohttp.ClientSession(connector=connector, base_url="http://node")
        self.listen()

    def listen(self) -> None:
        """Attach the event listener."""
        self._events = asyncio.create_task(self._listen())

    async def _listen(self) -> None:
        async with self.http.ws_connect("/v1/events", max_msg_size=0) as events:
            async for message in events:
                self.heard(message.data)

    def heard(self, event: str) -> None:
        """An event came; nobody wants to know."""

    async def call(self, method: str, path: str, body: object = None) -> Any:
        headers = {"X-Epoch": str(self.epoch)}
        async with self.http.request(method, path, json=body, headers=headers) as reply:
            content = await reply.json()
            if reply.status != 200:
                raise RuntimeError(f"{method} {path}: {content}")
            return content

    async def add(self, count: int) -> None:
        for _ in range(count):
            await self._add()

    async def _add(self) -> None:
        room = Room()
        name = f"room-{len(self.rooms)}"
        waiting = {f"w{n}": SeatKind.PARTICIPANT for n in range(self._waiting)}
        seats = {"p": SeatKind.PARTICIPANT, "e": SeatKind.EXAMINER, "x": SeatKind.EXPERT, **waiting}
        state: dict[str, object] = {"seats": seats, "priority": ["p", "e"]}
        await self.call("PUT", f"/v1/conferences/{name}", {"version": 1, "patches": [], **state})
        self.rooms.append(room)
        for seat, kind in seats.items():
            shapes = SHAPES if seat in ("p", "e") else None
            connection = await self.connect(name, seat, kind, f"{name}-{seat}", shapes)
            room.endpoints.append(connection.endpoint)
            room.outlets += connection.outlets.values()
        await self.connected(room)
        patches = [*PATCHES, *(RECORDED if self.recorder else ())]
        recording = {"interview": name, "directory": "bench", "stem": name, "part": 1}
        state |= {"patches": patches, "recording": recording if self.recorder else None}
        await self.call("PUT", f"/v1/conferences/{name}", {"version": 2, **state})

    async def connect(
        self,
        conference: str,
        seat: str,
        kind: SeatKind,
        peer: str,
        shapes: Mapping[str, Shape] | None,
        *,
        answering: bool = True,
    ) -> Connection:
        """Make an offer on a seat and begin to connect; with `answering` false nothing comes of it.

        Without `shapes` the seat will never send.
        """
        endpoint = self.endpoint()
        layout = LAYOUTS[kind]
        numbers = [next(self._ssrcs) for _ in layout.plugs]
        sections = [Section(plug.kind, ssrc) for plug, ssrc in zip(layout.plugs, numbers, strict=True)]
        sections += [Section(jack.kind) for jack in layout.jacks]
        made = Connection(endpoint, {})
        if shapes is not None:
            for plug, ssrc in zip(layout.plugs, numbers, strict=True):
                made.outlets[plug.name] = self.outlet(endpoint, shapes[plug.name], ssrc)
        text = offers.offer(endpoint, self._who.fingerprint, sections)
        path = f"/v1/conferences/{conference}/seats/{seat}/offer"
        answer = await self.call("POST", path, {"peer": peer, "sdp": text})
        if answering:
            self.begin(endpoint, answer["sdp"], len(layout.plugs))
            made.inlets = dict(
                zip((jack.name for jack in layout.jacks), endpoint.inlets.values(), strict=True)
            )
        return made

    async def deafen(self) -> None:
        """Take the event listener away."""
        if self._events is not None:
            self._events.cancel()
            await asyncio.gather(self._events, return_exceptions=True)

    async def stop(self) -> None:
        await self.deafen()
        await self.end()
