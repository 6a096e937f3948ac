import asyncio
import itertools
import random
import socket
from collections.abc import AsyncIterator, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.exam import free_udp_range
from bench.relay import CLEAR, HEADERS, Line, Relay, Weather
from tests.media.support import eventually

# a line, with a clock moved by hand

PART = st.floats(0, 1)
SECONDS = st.floats(0, 0.5)
WEATHERS = st.builds(
    Weather,
    loss=PART,
    burst=SECONDS,
    calm=SECONDS,
    delay=SECONDS,
    jitter=SECONDS,
    reorder=PART,
    late=SECONDS,
    duplicate=PART,
    rate=st.sampled_from([0.0, 64.0, 1000.0]),
    queue=SECONDS,
)
DATAGRAMS = st.lists(st.tuples(st.floats(0, 0.1), st.integers(1, 1500)), max_size=60)


def carried(line: Line, datagrams: Sequence[tuple[float, int]], now: float = 1000.0) -> list[list[float]]:
    """The departures of datagrams given by the pause before them and their size."""
    found = []
    for pause, size in datagrams:
        now += pause
        found.append(line.carry(now, size))
    return found


def even(count: int, every: float = 0.02, size: int = 100) -> list[tuple[float, int]]:
    return [(every, size)] * count


def moments(datagrams: Sequence[tuple[float, int]], now: float = 1000.0) -> list[float]:
    return list(itertools.accumulate((pause for pause, _ in datagrams), initial=now))[1:]


@given(DATAGRAMS)
def test_a_clear_line_lets_everything_out_at_once(datagrams: list[tuple[float, int]]) -> None:
    assert carried(Line(), datagrams) == [[moment] for moment in moments(datagrams)]


@given(WEATHERS, DATAGRAMS, st.integers())
def test_the_same_seed_gives_the_same_weather(
    weather: Weather, datagrams: list[tuple[float, int]], seed: int
) -> None:
    one, other = (Line(weather, random.Random(seed)) for _ in range(2))
    assert carried(one, datagrams) == carried(other, datagrams)
    assert one.counters == other.counters


@given(WEATHERS, DATAGRAMS, st.integers())
def test_every_datagram_is_accounted_for(
    weather: Weather, datagrams: list[tuple[float, int]], seed: int
) -> None:
    line = Line(weather, random.Random(seed))
    out = carried(line, datagrams)
    count = line.counters
    assert count.came == len(datagrams) == count.passed + count.lost + count.burst + count.full + count.cut
    assert sum(map(len, out)) == count.passed + count.duplicated


@given(WEATHERS, DATAGRAMS, st.integers())
def test_nothing_leaves_before_its_delay(
    weather: Weather, datagrams: list[tuple[float, int]], seed: int
) -> None:
    out = carried(Line(weather, random.Random(seed)), datagrams)
    for moment, departures in zip(moments(datagrams), out, strict=True):
        assert all(departure >= moment + weather.delay for departure in departures)


@given(st.floats(0, 0.5), st.floats(0, 0.5), DATAGRAMS)
def test_jitter_keeps_the_order_and_its_bounds(
    delay: float, jitter: float, datagrams: list[tuple[float, int]]
) -> None:
    out = [d for one in carried(Line(Weather(delay=delay, jitter=jitter)), datagrams) for d in one]
    assert out == sorted(out)
    assert all(d - m <= delay + jitter + 1e-6 for m, d in zip(moments(datagrams), out, strict=True))


@given(st.floats(16, 2000), st.floats(0, 1), DATAGRAMS)
def test_a_limited_line_never_passes_more_than_its_rate(
    rate: float, queue: float, datagrams: list[tuple[float, int]]
) -> None:
    line = Line(Weather(rate=rate, queue=queue))
    out = [
        (departures[0], size)
        for departures, (_, size) in zip(carried(line, datagrams), datagrams, strict=True)
        if departures
    ]
    for (before, _), (after, size) in itertools.pairwise(out):
        assert after - before >= (size + HEADERS) * 8 / 1000 / rate - 1e-6
    longest = queue + 1528 * 8 / 1000 / rate + 1e-6
    assert all(departure[0] - moment <= longest for moment, departure in _passed(line, datagrams))


def _passed(line: Line, datagrams: Sequence[tuple[float, int]]) -> list[tuple[float, list[float]]]:
    out = carried(line, datagrams, 2000.0)
    return [(moment, one) for moment, one in zip(moments(datagrams, 2000.0), out, strict=True) if one]


def test_a_full_queue_drops_what_comes() -> None:
    line = Line(Weather(rate=64, queue=0.3))
    carried(line, even(1000, 0.001, 972))  # 8 Mbit/s into 64 kbit/s: one datagram takes 125 ms
    assert line.counters.passed == 4 + 7
    assert line.counters.full == 1000 - 11


@pytest.mark.parametrize("part", [0.01, 0.05, 0.2, 1.0])
def test_the_part_that_is_lost(part: float) -> None:
    line = Line(Weather(loss=part))
    carried(line, even(20_000))
    assert line.counters.lost / 20_000 == pytest.approx(part, rel=0.1)


def test_bursts_come_after_every_calm() -> None:
    line = Line(Weather(burst=1, calm=2))
    passed = [bool(out) for out in carried(line, even(60, 0.1))]
    assert passed == ([True] * 20 + [False] * 10) * 2


def test_reordered_datagrams_come_after_those_behind_them() -> None:
    line = Line(Weather(reorder=0.1, late=0.05, delay=0.1))
    out = [d for one in carried(line, even(2000, 0.001)) for d in one]
    overtaken = sum(later < earlier for earlier, later in itertools.pairwise(out))
    assert line.counters.reordered == pytest.approx(200, rel=0.3)
    assert overtaken > 100
    assert max(d - m for m, d in zip(moments(even(2000, 0.001)), out, strict=True)) < 0.2


def test_doubled_datagrams_leave_twice() -> None:
    line = Line(Weather(duplicate=0.5))
    assert {len(one) for one in carried(line, even(100))} == {1, 2}


def test_a_cut_line_passes_nothing_until_healed() -> None:
    line = Line()
    line.cut = True
    assert carried(line, even(3)) == [[], [], []]
    line.cut = False
    assert all(carried(line, even(3), 2000.0))
    assert (line.counters.cut, line.counters.passed) == (3, 3)


def test_weather_may_change_at_any_moment_without_disorder() -> None:
    line = Line(Weather(delay=0.4))
    first = line.carry(1000.0, 100)
    line.weather = CLEAR
    assert line.carry(1000.1, 100) == first, "not before the one in front of it"
    assert line.carry(1000.5, 100) == [1000.5]


# the relay


class Echo(asyncio.DatagramProtocol):
    """A node that says back what it hears, and notes from where."""

    def __init__(self) -> None:
        self.came: list[tuple[bytes, tuple[str, int]]] = []
        self.transport: asyncio.DatagramTransport

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]
        self.transport = transport

    def datagram_received(self, data: bytes, address: tuple[str, int]) -> None:
        self.came.append((data, address))
        self.transport.sendto(data.upper(), address)


class Ear:
    """A browser's socket."""

    def __init__(self, relay: Relay, port: int) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setblocking(False)
        self.socket.connect((relay.listen, port))

    async def hear(self) -> bytes:
        async with asyncio.timeout(5):
            return await asyncio.get_running_loop().sock_recv(self.socket, 100)

    async def ask(self, data: bytes) -> bytes:
        self.socket.send(data)
        return await self.hear()


@pytest.fixture
def ports() -> range:
    first, last = free_udp_range(2)
    return range(first, last + 1)


@pytest.fixture
async def nodes(ports: range) -> AsyncIterator[list[Echo]]:
    loop, made = asyncio.get_running_loop(), []
    for port in ports:
        _, protocol = await loop.create_datagram_endpoint(Echo, local_addr=("127.0.0.2", port))
        made.append(protocol)
    yield made
    for node in made:
        node.transport.close()
    await asyncio.sleep(0)


@pytest.fixture
async def relay(ports: range, nodes: list[Echo]) -> AsyncIterator[Relay]:
    async with Relay("127.0.0.3", "127.0.0.2", ports) as running:
        yield running


@pytest.fixture
async def ears(relay: Relay, ports: range) -> AsyncIterator[list[Ear]]:
    made = [Ear(relay, port) for port in ports]
    yield made
    for ear in made:
        ear.socket.close()


async def test_every_client_has_its_own_way_to_its_port(
    relay: Relay, ears: list[Ear], nodes: list[Echo]
) -> None:
    assert [await ear.ask(word) for ear, word in zip(ears, (b"one", b"two"), strict=True)] == [b"ONE", b"TWO"]
    assert [[data for data, _ in node.came] for node in nodes] == [[b"one"], [b"two"]]
    assert nodes[0].came[0][1] != nodes[1].came[0][1]
    assert len(relay.clients) == 2
    assert relay.counters()["down"]["passed"] == 2


async def test_after_a_move_the_client_comes_from_elsewhere(
    relay: Relay, ears: list[Ear], nodes: list[Echo]
) -> None:
    await ears[0].ask(b"one")
    relay.move("127.0.0.5")
    assert await ears[0].ask(b"two") == b"TWO"
    (_, before), (_, after) = nodes[0].came
    assert after[0] == "127.0.0.5"
    assert before != after


async def test_a_cut_line_is_silent_both_ways(relay: Relay, ears: list[Ear], nodes: list[Echo]) -> None:
    relay.cut()
    ears[0].socket.send(b"lost")

    await eventually(lambda: relay.up.counters.cut)
    relay.cut(False)
    assert await ears[0].ask(b"back") == b"BACK"
    assert [data for data, _ in nodes[0].came] == [b"back"]


async def test_delayed_datagrams_keep_their_order_and_their_time(
    relay: Relay, ears: list[Ear], nodes: list[Echo]
) -> None:
    relay.weather(Weather(delay=0.05), CLEAR)
    loop = asyncio.get_running_loop()
    before = loop.time()
    words = [b"%d" % n for n in range(50)]
    for word in words:
        ears[0].socket.send(word)
    assert [await ears[0].hear() for _ in words] == words
    assert loop.time() - before >= 0.05


async def test_a_relay_leaves_nothing_behind(ports: range, nodes: list[Echo]) -> None:
    for _ in range(2):
        async with Relay("127.0.0.3", "127.0.0.2", ports) as relay:
            ear = Ear(relay, ports[0])
            relay.weather(Weather(delay=5), CLEAR)
            ear.socket.send(b"never")
            await eventually(lambda: relay.up.counters.passed)
            ear.socket.close()
    assert not nodes[0].came


async def test_a_taken_port_is_told(ports: range) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.3", ports[1]))
        with pytest.raises(OSError, match="in use"):
            async with Relay("127.0.0.3", "127.0.0.2", ports):
                pass
