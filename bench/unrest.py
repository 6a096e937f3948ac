"""Rooms in which somebody always comes or goes: conferences, interviews, and what may happen to a connection.

A room holds one conference after the other, a conference one interview after the other. Between two of these come the
troubles of `Exam`, drawn from one deck for all rooms, so that each happens before any happens again.
"""

import asyncio
import contextlib
import itertools
import math
import random
import secrets
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.endpoint import Endpoint, Inlet
from bench.load import Load, Outlet, Shape
from bench.servers import PATCHES, RECORDED, Connection, Ours
from media.layout import SeatKind

SETTLE = 0.5  # seconds after a change until its voices count as undisturbed
UNDER_WAY = 5  # packets of a voice that may not have come yet
DRAIN = 5.0  # seconds until they must have
EXAMINER, EXPERT = "e", "x"
WAITING = 2  # participants who wait when a conference begins
INTERVIEWS = (2, 5)  # of a conference: least and most
TROUBLES_EACH = 4  # of an interview
SILENT = 3.0  # seconds until one who vanished is back


class Voices:
    """Counts the packets of voices that nobody disturbs: each that was sent must come.

    `lost` are numbers left out between packets that came, `missing` what did not come at the end of a voice.
    """

    def __init__(self) -> None:
        self.packets = self.lost = self.missing = 0
        self._open: dict[tuple[Outlet, Inlet], tuple[int, int, int]] = {}

    def begin(self, pairs: Iterable[tuple[Outlet, Inlet]]) -> None:
        """From now on these count; those that do already go on."""
        for outlet, inlet in pairs:
            self._open.setdefault((outlet, inlet), (outlet.packets, inlet.packets, inlet.lost))

    async def end(self, *connections: Connection) -> None:
        """Something is about to happen to these connections; returns when what was under way has come."""
        outlets = {outlet for connection in connections for outlet in connection.outlets.values()}
        inlets = {inlet for connection in connections for inlet in connection.inlets.values()}
        theirs = [pair for pair in self._open if pair[0] in outlets or pair[1] in inlets]
        for _ in range(round(DRAIN / 0.02)):
            if not any(self._behind(pair) for pair in theirs):
                break
            await asyncio.sleep(0.02)
        for pair in theirs:
            self.missing += self._behind(pair)
            _, came, lost = self._open.pop(pair)
            self.packets += pair[1].packets - came
            self.lost += pair[1].lost - lost

    def _behind(self, pair: tuple[Outlet, Inlet]) -> int:
        outlet, inlet = pair
        sent, came, _ = self._open[pair]
        return max(0, outlet.packets - sent - (inlet.packets - came) - UNDER_WAY)


@dataclass(slots=True)
class Tape:
    """What was recorded, of interviews that have ended."""

    files: int = 0
    octets: int = 0
    lost: int = 0  # packets of voices


class House:
    """All rooms on one node. `counts` says how often what happened."""

    def __init__(
        self, server: Ours, load: Load, shapes: Mapping[str, Shape], interview: float, chance: random.Random
    ) -> None:
        self.server = server
        self.load = load
        self.shapes = shapes
        self.chance = chance
        self.counts: Counter[str] = Counter()
        self.voices = Voices()
        self.tape = Tape()
        self.exams: set[Exam] = set()
        self.ending = asyncio.Event()
        self.everything = asyncio.Event()  # has happened at least once
        self.late = 0.0
        self._pace = interview / (TROUBLES_EACH + 1)
        self._deck: list[str] = []
        self._names = itertools.count(1)

    async def room(self, number: int) -> None:
        """Conferences one after the other until the end."""
        await self.pause(self.chance.uniform(0, self._pace))
        while not self.ending.is_set():
            exam = Exam(self, f"room-{number}-{next(self._names)}")
            self.exams.add(exam)
            await exam.begin()
            for _ in range(self.chance.randint(*INTERVIEWS)):
                await exam.admit()
                for _ in range(TROUBLES_EACH):
                    await self.pause(self._pace * self.chance.uniform(0.5, 1.5))
                    if not self.ending.is_set():
                        await self._trouble(exam)
                await self.pause(self._pace)
                if self.ending.is_set():
                    break
            await exam.end()
            self.exams.discard(exam)

    async def _trouble(self, exam: "Exam") -> None:
        if not self._deck:
            self._deck = list(TROUBLES)
            self.chance.shuffle(self._deck)
        name = self._deck.pop()
        self.counts[name] += 1
        await TROUBLES[name](exam)
        if self.counts["servers"] and all(self.counts[trouble] for trouble in TROUBLES):
            self.everything.set()

    async def pause(self, seconds: float) -> None:
        """Let time pass, not beyond the end."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.ending.wait(), seconds)

    # the server

    async def new_servers(self, every: float) -> None:
        """Again and again another server takes over, and listeners break off."""
        while not self.ending.is_set():
            await self.pause(every)
            if self.ending.is_set():
                return
            await self._break_off()
            await self.server.deafen()
            old = self.server.epoch
            self.server.epoch += 1
            self.server.listen()
            self.counts["servers"] += 1
            for exam in list(self.exams):
                await exam.apply()
            headers = {"X-Epoch": str(old)}
            async with self.server.http.delete("/v1/conferences/none", headers=headers) as reply:
                if reply.status != 409:
                    raise RuntimeError(f"an old server's command: {reply.status}")

    async def _break_off(self) -> None:
        listener = await self.server.http.ws_connect("/v1/events", max_msg_size=0)
        with contextlib.suppress(TimeoutError):
            await listener.receive(timeout=5.0)
        connection = listener._conn
        if connection is not None and connection.transport is not None:
            connection.transport.abort()
        await listener.close()
        self.counts["listeners_broken_off"] += 1

    # connections

    async def connect(self, exam: "Exam", seat: str, peer: str, *, answering: bool = True) -> Connection:
        made = await self.server.connect(
            exam.name, seat, exam.seats[seat], peer, self.shapes, answering=answering
        )
        self.server.rooms[0].endpoints.append(made.endpoint)
        if answering:
            await self.server.until(lambda: made.endpoint.connected, f"{exam.name} {seat} does not connect")
            self.counts["joins"] += 1
        return made

    def play(self, connection: Connection) -> None:
        self.late = max(self.late, self.load.late)  # which begins anew
        self.load.play([*connection.outlets.values()], math.inf)

    async def drop(self, endpoints: Sequence[Endpoint]) -> None:
        """Close ports."""
        await asyncio.to_thread(self.load.remove, endpoints)
        for endpoint in endpoints:
            self.server.rooms[0].endpoints.remove(endpoint)


class Exam:
    """One conference: examiner and expert stay, participants wait, are admitted one by one, and go."""

    def __init__(self, house: House, name: str) -> None:
        self.name = name
        self.seats: dict[str, SeatKind] = {}
        self._house = house
        self._live: dict[str, Connection] = {}
        self._gone: list[Endpoint] = []  # ports that stay taken, without a word
        self._current: str | None = None
        self._target: dict[str, Any] | None = None
        self._version = 0
        self._numbers = itertools.count(1)
        self._applying = asyncio.Lock()
        self._ended = False

    async def apply(self) -> None:
        """Tell the node how it should be."""
        async with self._applying:
            if self._ended:
                return
            self._version += 1
            state = {
                "version": self._version,
                "seats": self.seats,
                "patches": self._patches() if self._current is not None else [],
                "priority": [EXAMINER, *([self._current] if self._current is not None else [])],
                "recording": self._target,
            }
            await self._house.server.call("PUT", f"/v1/conferences/{self.name}", state)

    def _patches(self) -> list[list[str | None]]:
        return [[self._current if part == "p" else part for part in patch] for patch in (*PATCHES, *RECORDED)]

    @property
    def _waiting(self) -> list[str]:
        return [seat for seat in self._live if seat not in (EXAMINER, EXPERT, self._current)]

    # the course of a conference

    async def begin(self) -> None:
        self._house.counts["conferences"] += 1
        self.seats = {EXAMINER: SeatKind.EXAMINER, EXPERT: SeatKind.EXPERT}
        await self.apply()
        for seat in (EXAMINER, EXPERT):
            await self._connect(seat)
        for _ in range(WAITING):
            await self.waiting_comes()

    async def admit(self) -> None:
        """An interview ends, if there was one, and the next begins: one change of state."""
        if not self._waiting:
            await self.waiting_comes()
        former, target = self._current, self._target
        await self._end_of_part()
        self._current = self._waiting[0]
        stem = f"{self.name}_{next(self._numbers)}"
        self._target = {"interview": stem, "directory": self.name, "stem": stem, "part": 1}
        self._house.play(self._live[self._current])
        await self.apply()
        self._house.counts["interviews"] += 1
        await self._forget(former, target)
        await self._watch()

    async def end(self) -> None:
        """Everybody leaves, or is left behind by the node."""
        house = self._house
        former, target = self._current, self._target
        await self._end_of_part()
        self._current = self._target = None
        await self.apply()
        await self._forget(former, target)
        if house.chance.random() < 0.5:
            for connection in self._live.values():
                house.load.run(connection.endpoint.leave)
        async with self._applying:
            self._ended = True
            await house.server.call("DELETE", f"/v1/conferences/{self.name}")
        house.counts["leaves"] += len(self._live)
        await house.drop([*self._gone, *(connection.endpoint for connection in self._live.values())])
        folder = house.server.folder / "recordings" / self.name
        await asyncio.to_thread(folder.rmdir)  # nothing is left in it

    async def _end_of_part(self) -> None:
        await self._house.voices.end(*self._live.values())
        if self._target is not None:
            report = await self._house.server.call("GET", f"/v1/conferences/{self.name}")
            files = report["recording"]["files"]
            self._house.tape.lost += sum(file["lost"] for file in files if "-voice_" in file["name"])

    async def _forget(self, seat: str | None, target: dict[str, Any] | None) -> None:
        """The participant of an ended interview goes, and its recording is deleted."""
        if seat is None or target is None:
            return
        await self._go(seat)
        folder = self._house.server.folder / "recordings" / self.name
        files, octets = await asyncio.to_thread(erase, folder, target["stem"])
        self._house.tape.files += files
        self._house.tape.octets += octets

    async def _watch(self) -> None:
        """The voices count from now on, in a moment."""
        await asyncio.sleep(SETTLE)
        pairs = [
            (self._live[source].outlets[plug], self._live[seat].inlets[jack])
            for source, plug, seat, jack in ((self._seat(s), p, self._seat(t), j) for s, p, t, j in PATCHES)
            if plug == "voice" and self._there(source) and self._there(seat)
        ]
        self._house.voices.begin(pairs)

    def _there(self, seat: str) -> bool:
        return seat in self._live and not self._live[seat].endpoint.closed

    def _seat(self, name: str) -> str:
        return self._current or "" if name == "p" else name

    # connections

    async def _connect(self, seat: str) -> None:
        """A connection on a seat; a former one goes on until it is connected, and is then closed by the node."""
        house = self._house
        former = self._live.get(seat)
        if former is not None:
            await house.voices.end(former)
        made = await house.connect(self, seat, f"{seat}-{next(self._numbers)}")
        self._live[seat] = made
        if seat in (EXAMINER, self._current):
            house.play(made)
        if former is not None:
            house.counts["reconnections"] += 1
            if former.endpoint not in self._gone:
                await house.server.until(lambda: former.endpoint.closed, f"{self.name} {seat} is still there")
                await house.drop([former.endpoint])
            await self._watch()

    async def _go(self, seat: str) -> None:
        """Leave in one of the ways in which one may leave."""
        house = self._house
        connection = self._live.pop(seat)
        await house.voices.end(connection)
        way = house.chance.choice(("closed", "broken_off", "disconnected", "dismissed"))
        if way == "closed":
            house.load.run(connection.endpoint.leave)
        elif way == "broken_off":
            await house.drop([connection.endpoint])
        elif way == "disconnected":
            await house.server.call("DELETE", f"/v1/conferences/{self.name}/seats/{seat}")
        del self.seats[seat]
        await self.apply()
        if way != "broken_off":
            await house.server.until(lambda: connection.endpoint.closed, f"{self.name} {seat} is not closed")
            await house.drop([connection.endpoint])
        house.counts["leaves"] += 1

    async def _vanish(self, seat: str) -> None:
        connection = self._live[seat]
        await self._house.voices.end(connection)
        connection.endpoint.vanish()
        self._gone.append(connection.endpoint)
        self._house.counts["vanished"] += 1

    # troubles

    async def participant_reconnects(self) -> None:
        await self._connect(self._seat("p"))

    async def examiner_reconnects(self) -> None:
        await self._connect(EXAMINER)

    async def expert_reconnects(self) -> None:
        await self._connect(EXPERT)

    async def participant_vanishes(self) -> None:
        """Is back in a moment, and the recording goes on in a further part."""
        await self._vanish(self._seat("p"))
        await self._house.pause(SILENT)
        await self.next_part()
        await self._connect(self._seat("p"))

    async def waiting_comes(self) -> None:
        seat = f"p{next(self._numbers)}"
        self.seats[seat] = SeatKind.PARTICIPANT
        await self.apply()
        await self._connect(seat)

    async def waiting_leaves(self) -> None:
        if not self._waiting:
            await self.waiting_comes()
        await self._go(self._waiting[-1])

    async def waiting_vanishes(self) -> None:
        """For good; its seat stays until the conference ends, and the node finds out by itself."""
        if not self._waiting:
            await self.waiting_comes()
        seat = self._waiting[-1]
        await self._vanish(seat)
        del self._live[seat]

    async def waiting_returns(self) -> None:
        """The server disconnects a seat, which comes again."""
        if not self._waiting:
            await self.waiting_comes()
        seat = self._waiting[-1]
        connection = self._live.pop(seat)
        await self._house.server.call("DELETE", f"/v1/conferences/{self.name}/seats/{seat}")
        await self._house.server.until(
            lambda: connection.endpoint.closed, f"{self.name} {seat} is not closed"
        )
        await self._house.drop([connection.endpoint])
        self._house.counts["leaves"] += 1
        await self._connect(seat)

    async def offer_without_connection(self) -> None:
        seat = f"p{next(self._numbers)}"
        self.seats[seat] = SeatKind.PARTICIPANT
        await self.apply()
        await self._offer_only(seat)

    async def successor_without_connection(self) -> None:
        """The seats' living connections must not notice, so their voices go on to count."""
        await self._offer_only(self._seat("p"))
        await self._offer_only(EXAMINER)

    async def _offer_only(self, seat: str) -> None:
        made = await self._house.connect(self, seat, f"{seat}-{next(self._numbers)}", answering=False)
        await self._house.drop([made.endpoint])
        self._house.counts["never_connected"] += 1

    async def malformed(self) -> None:
        """What no browser would send, to the ports of those who talk; their voices go on to count."""
        for seat in (self._seat("p"), EXAMINER, EXPERT):
            endpoint = self._live[seat].endpoint

            def act(endpoint: Endpoint = endpoint) -> None:
                for data in garbage(self._house.chance):
                    endpoint.send_raw(data)
                    self._house.counts["malformed_datagrams"] += 1
                for data in broken_reports(self._house.chance):
                    endpoint.send_rtcp(data)
                    self._house.counts["malformed_datagrams"] += 1

            await asyncio.to_thread(self._house.load.run, act)

    async def next_part(self) -> None:
        assert self._target is not None
        await self._end_of_part()
        self._target = {**self._target, "part": self._target["part"] + 1}
        await self.apply()
        self._house.counts["parts"] += 1
        await self._watch()


TROUBLES: dict[str, Callable[[Exam], Awaitable[None]]] = {
    action.__name__: action
    for action in (
        Exam.participant_reconnects,
        Exam.examiner_reconnects,
        Exam.expert_reconnects,
        Exam.participant_vanishes,
        Exam.waiting_comes,
        Exam.waiting_leaves,
        Exam.waiting_vanishes,
        Exam.waiting_returns,
        Exam.offer_without_connection,
        Exam.successor_without_connection,
        Exam.malformed,
        Exam.next_part,
    )
}


def garbage(chance: random.Random) -> list[bytes]:
    """Datagrams that are, at first sight, STUN, DTLS, RTP, RTCP, nothing, or too long."""
    noise = chance.randbytes
    cookie = b"\x21\x12\xa4\x42"
    return [
        b"",
        b"\x00",
        noise(1),
        noise(1400),
        b"\x00\x01\x00\x08" + cookie + noise(20),
        b"\x01\x01\x00\x00" + cookie + noise(12),
        b"\x16\xfe\xfd" + noise(60),
        b"\x15\xfe\xfd\x00\x01" + noise(10),
        b"\x80\x6f",
        b"\x90\x6f" + noise(40),
        b"\x80\xc8\x00\x06" + noise(24),
    ]


def broken_reports(chance: random.Random) -> list[bytes]:
    """RTCP that is properly protected and means nothing."""
    sender = secrets.token_bytes(4)
    return [
        b"\x9f\xc8\xff\xff" + sender + chance.randbytes(20),
        b"\x81\xcd\x00\x03" + sender + chance.randbytes(8),
        b"\x8f\xce\x00\x02" + sender + chance.randbytes(4),
        b"\x81\xc9\x00\x07" + sender + chance.randbytes(24),
    ]


def erase(folder: Path, stem: str) -> tuple[int, int]:
    """Delete the files of an interview: how many recordings, how many bytes in all."""
    files = octets = 0
    for path in list(folder.glob(f"{stem}_*")):
        files += path.suffix == ".mkv"
        octets += path.stat().st_size
        path.unlink()
    return files, octets
