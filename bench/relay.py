"""A bad line on demand: a UDP relay between browsers and a media node, for tests and benches.

It listens on the node's port numbers at the address the node announces, and gives every client a socket of its own
towards the node. What becomes of a datagram is decided by a `Line` for each direction: pure, its clock and its
randomness come from outside. Lines may be changed, cut and healed at any moment.
"""

import asyncio
import contextlib
import heapq
import itertools
import random
import socket
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Self

HEADERS = 28  # bytes of IPv4 and UDP, which a limited line carries as well
MOST_AT_ONCE = 64  # datagrams read from a socket before others have their turn
Address = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Weather:
    """What a line does to datagrams. Times in seconds, probabilities from 0 to 1, rate in kbit/s (0: no limit).

    A burst of loss lasts `burst` after every `calm`. Jitter alone keeps the order; a reordered datagram comes up to
    `late` after those behind it. `queue` is the longest wait before a limited line drops what comes.
    """

    loss: float = 0.0
    burst: float = 0.0
    calm: float = 0.0
    delay: float = 0.0
    jitter: float = 0.0
    reorder: float = 0.0
    late: float = 0.03
    duplicate: float = 0.0
    rate: float = 0.0
    queue: float = 0.3


CLEAR = Weather()


@dataclass(slots=True)
class Counters:
    """Datagrams of a line: those that came, what became of them, and copies added."""

    came: int = 0
    passed: int = 0
    lost: int = 0
    burst: int = 0
    full: int = 0
    cut: int = 0
    reordered: int = 0
    duplicated: int = 0


class Line:
    """One direction. `carry` says when a datagram comes out; nothing here waits or sends."""

    def __init__(self, weather: Weather = CLEAR, chance: random.Random | None = None) -> None:
        self.counters = Counters()
        self.cut = False
        self._chance = chance or random.Random(0)
        self._weather = weather
        self._since: float | None = None  # the weather's first datagram
        self._free = 0.0  # when the limited line has sent all that waits
        self._latest = 0.0  # departure of the last datagram in order

    @property
    def weather(self) -> Weather:
        return self._weather

    @weather.setter
    def weather(self, weather: Weather) -> None:
        self._weather, self._since = weather, None

    def carry(self, now: float, size: int) -> list[float]:
        """When a datagram of `size` bytes that comes at `now` leaves: no time if it is lost, two if it is doubled."""
        weather, count, chance = self._weather, self.counters, self._chance
        count.came += 1
        if self._since is None:
            self._since = now
        if self.cut:
            count.cut += 1
            return []
        if weather.burst and (now - self._since) % (weather.calm + weather.burst) >= weather.calm:
            count.burst += 1
            return []
        if weather.loss and chance.random() < weather.loss:
            count.lost += 1
            return []
        sent = now
        if weather.rate:
            begins = max(now, self._free)
            if begins - now > weather.queue:
                count.full += 1
                return []
            sent = self._free = begins + (size + HEADERS) * 8 / 1000 / weather.rate
        leaves = sent + weather.delay + (chance.random() * weather.jitter if weather.jitter else 0.0)
        if weather.reorder and chance.random() < weather.reorder:
            count.reordered += 1
            leaves = max(leaves, self._latest) + chance.random() * weather.late
        else:
            leaves = self._latest = max(leaves, self._latest)
        count.passed += 1
        if weather.duplicate and chance.random() < weather.duplicate:
            count.duplicated += 1
            return [leaves, leaves]
        return [leaves]


class Departures:
    """Calls due at their times, those of one moment in the order they came (an event loop promises no order)."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = itertools.count()
        self._timer: asyncio.TimerHandle | None = None

    def at(self, when: float, call: Callable[[], None]) -> None:
        if not self._due and when <= self._loop.time():
            call()
            return
        heapq.heappush(self._due, (when, next(self._numbers), call))
        if self._timer is None or when < self._timer.when():
            self._arm()

    def _arm(self) -> None:
        self.clear_timer()
        if self._due:
            self._timer = self._loop.call_at(self._due[0][0], self._run)

    def _run(self) -> None:
        now = self._loop.time()
        while self._due and self._due[0][0] <= now:
            heapq.heappop(self._due)[2]()
        self._arm()

    def clear_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


class Client:
    """One address of a browser at one port of the node, with its own socket towards it."""

    def __init__(self, relay: "Relay", door: socket.socket, address: Address, port: int) -> None:
        self.address = address
        self._relay = relay
        self._door = door
        self._node = (relay.node, port)
        self._socket = self._open()

    def _open(self) -> socket.socket:
        made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        made.setblocking(False)
        made.bind((self._relay.source, 0))
        made.connect(self._node)
        self._relay.loop.add_reader(made, self._read, made)
        return made

    def move(self) -> None:
        """Come to the node from another address from now on, as after a change of network."""
        former, self._socket = self._socket, self._open()
        self._forget(former)

    def _read(self, source: socket.socket) -> None:
        for _ in range(MOST_AT_ONCE):
            try:
                data = source.recv(65536)
            except OSError:  # nothing more, or the node has closed its port
                return
            self._relay.carry(self._relay.down, data, self._deliver)

    def _deliver(self, data: bytes) -> None:
        with contextlib.suppress(OSError):
            self._door.sendto(data, self.address)

    def send(self, data: bytes) -> None:
        with contextlib.suppress(OSError):
            self._socket.send(data)

    def _forget(self, former: socket.socket) -> None:
        self._relay.loop.remove_reader(former)
        former.close()

    def close(self) -> None:
        self._forget(self._socket)


class Relay:
    """Relays `ports` of `listen` to the same ports of `node`; use `async with`.

    `up` (to the node) and `down` are shared by all clients, like the line of a household. Two people on different
    lines need two relays on different addresses.
    """

    def __init__(
        self, listen: str, node: str, ports: range, *, seed: int = 0, source: str | None = None
    ) -> None:
        self.listen = listen
        self.node = node
        self.source = source or listen
        self.up = Line(chance=random.Random(f"up {seed}"))
        self.down = Line(chance=random.Random(f"down {seed}"))
        self.clients: dict[tuple[Address, int], Client] = {}
        self.loop = asyncio.get_running_loop()
        self._ports = ports
        self._doors: list[socket.socket] = []
        self._departures = Departures(self.loop)

    async def __aenter__(self) -> Self:
        try:
            for port in self._ports:
                door = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                self._doors.append(door)
                door.setblocking(False)
                door.bind((self.listen, port))
                self.loop.add_reader(door, self._read, door, port)
        except OSError:
            self.close()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._departures.clear_timer()
        for client in self.clients.values():
            client.close()
        self.clients.clear()
        for door in self._doors:
            self.loop.remove_reader(door)
            door.close()
        self._doors.clear()

    def weather(self, up: Weather, down: Weather | None = None) -> None:
        """Change both directions, to the same weather if only one is given."""
        self.up.weather, self.down.weather = up, up if down is None else down

    def cut(self, off: bool = True) -> None:
        """Cut both directions, or heal them."""
        self.up.cut = self.down.cut = off

    def move(self, source: str | None = None) -> None:
        """All clients come to the node from other ports, and from another address if one is given."""
        self.source = source or self.source
        for client in self.clients.values():
            client.move()

    def counters(self) -> dict[str, dict[str, int]]:
        return {"up": asdict(self.up.counters), "down": asdict(self.down.counters)}

    def _read(self, door: socket.socket, port: int) -> None:
        for _ in range(MOST_AT_ONCE):
            try:
                data, address = door.recvfrom(65536)
            except OSError:  # nothing more, or a browser has closed its port
                return
            client = self.clients.get((address, port))
            if client is None:
                client = self.clients[address, port] = Client(self, door, address, port)
            self.carry(self.up, data, client.send)

    def carry(self, line: Line, data: bytes, send: Callable[[bytes], None]) -> None:
        """Let a datagram out of the line at its times."""
        for when in line.carry(self.loop.time(), len(data)):
            self._departures.at(when, lambda: send(data))


# Before the page loads: a browser on the same machine would find the node past the relay.
_ONLY_THROUGH = """
{
  const original = RTCPeerConnection.prototype.setRemoteDescription;
  RTCPeerConnection.prototype.setRemoteDescription = function (description) {
    const lines = description.sdp.split("\\r\\n");
    const kept = lines.filter((line) => !line.startsWith("a=candidate:") || line.includes(" ADDRESS "));
    return original.call(this, {type: description.type, sdp: kept.join("\\r\\n")});
  };
}
"""


def only_through(address: str) -> str:
    """An init script: of the node's candidates the page takes those of this address alone."""
    return _ONLY_THROUGH.replace("ADDRESS", address)
