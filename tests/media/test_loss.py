"""The media plane on bad lines: a node, real connections, and a relay that loses and delays between them."""

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from bench.exam import free_udp_range
from bench.relay import CLEAR, Relay, Weather
from media.layout import SeatKind
from media.vp8 import is_key_frame
from tests.media.support import (
    Browser,
    Client,
    Heard,
    NodeProcess,
    browser,
    delta_frame,
    eventually,
    key_frame,
    node_process,
    quiet,
    recorded,
    vp8_payloads,
)

pytestmark = pytest.mark.usefixtures("loopback")
NODE, RELAY = "127.0.0.2", "127.0.0.3"
SEATS = {"p": "participant", "x": "examiner"}
VOICE = [("p", "voice", "x", "participant-voice"), ("p", "voice", "recorder", "participant-voice")]
CAMERA = [("p", "camera", "x", "participant-camera"), ("p", "camera", "recorder", "participant-camera")]


@pytest.fixture(scope="module")
def ports() -> range:
    first, last = free_udp_range(40)
    return range(first, last + 1)


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory, ports: range) -> Iterator[NodeProcess]:
    options = ["--listen", NODE, "--announce", RELAY, "--udp-ports", f"{ports[0]}-{ports[-1]}"]
    with node_process(tmp_path_factory.mktemp("node"), *options, "--capacity", "100") as running:
        yield running


@pytest_asyncio.fixture
async def client(node: NodeProcess) -> AsyncIterator[Client]:
    async with node.client() as made:
        yield made


@pytest_asyncio.fixture
async def relay(ports: range) -> AsyncIterator[Relay]:
    async with Relay(RELAY, NODE, ports, seed=3) as running:
        yield running


@pytest.fixture
def conference(request: pytest.FixtureRequest) -> str:
    return str(request.node.name)[:64]


def target(conference: str) -> dict[str, object]:
    return {"interview": "i", "directory": conference, "stem": "loss", "part": 1}


def track(node: NodeProcess, conference: str, jack: str) -> Path:
    return node.recordings / conference / f"loss_{jack}_part-1.mkv"


@contextlib.asynccontextmanager
async def seat(client: Client, conference: str, name: str, address: str) -> AsyncIterator[Browser]:
    """A page that takes of the node's candidates those of one address only."""
    offer = client.offer(conference, name, name)

    async def through(sdp: str) -> str:
        lines = (await offer(sdp)).splitlines(keepends=True)
        return "".join(line for line in lines if "a=candidate" not in line or f" {address} " in line)

    async with browser(SeatKind(SEATS[name]), through) as page:
        yield page


def pauses(path: Path) -> list[int]:
    """Milliseconds between the frames of a recorded voice."""
    return [round((b - a) * 1000) for (a, *_), (b, *_) in itertools.pairwise(recorded(path))]


def delay(heard: Heard, last: int = 25) -> float:
    """The least of a voice's last packets: their arrival less their own time, seconds and a constant."""
    return min(packet.arrival - packet.timestamp / 48_000 for packet in heard.packets[-last:])


async def test_with_5_percent_loss_and_100_ms_the_recorded_voice_has_no_gap(
    node: NodeProcess, client: Client, relay: Relay, conference: str
) -> None:
    await client.put(conference, SEATS, VOICE, recording=target(conference))
    async with seat(client, conference, "p", RELAY) as participant:
        participant.speak(440)
        await eventually(lambda: relay.up.counters.passed > 25)
        relay.weather(Weather(loss=0.05, delay=0.1))
        before = relay.up.counters.lost
        await eventually(lambda: relay.up.counters.lost - before >= 10)
        relay.weather(CLEAR)
        await quiet(0.6)
        assert participant.resent["voice"] >= 8
    await client.call("DELETE", f"/v1/conferences/{conference}")
    assert set(pauses(track(node, conference, "participant-voice"))) == {20}


async def test_delay_does_not_grow_after_loss(
    node: NodeProcess, client: Client, relay: Relay, conference: str
) -> None:
    await client.put(conference, SEATS, VOICE)
    async with (
        seat(client, conference, "p", RELAY) as participant,
        seat(client, conference, "x", NODE) as examiner,
    ):
        participant.speak(440)
        heard = examiner.heard["participant-voice"]
        await eventually(lambda: len(heard.packets) > 25)
        before = delay(heard)
        relay.weather(Weather(loss=0.3, delay=0.05))
        await eventually(lambda: relay.up.counters.lost >= 20)
        relay.weather(CLEAR)
        came = len(heard.packets)
        await eventually(lambda: len(heard.packets) > came + 40)
        assert delay(heard) - before < 0.05


async def encode(page: Browser) -> None:
    """A camera that makes a key frame at first and when it is asked to."""
    seen = -1
    for n in itertools.count():
        asked, seen = page.plis["camera"] > seen, page.plis["camera"]
        payload = vp8_payloads(key_frame() if asked else delta_frame())[0]
        await page.send("camera", payload, n * 4500, marker=True)
        await asyncio.sleep(0.05)


async def test_a_key_frame_is_asked_for_until_it_comes(
    node: NodeProcess, client: Client, relay: Relay, conference: str
) -> None:
    await client.put(conference, SEATS)
    async with (
        seat(client, conference, "p", RELAY) as participant,
        seat(client, conference, "x", NODE) as examiner,
    ):
        encoding = asyncio.create_task(encode(participant))
        await eventually(lambda: relay.up.counters.passed > 20)
        relay.weather(CLEAR, Weather(loss=1.0))  # no request reaches the participant
        await client.put(conference, SEATS, CAMERA)
        heard = examiner.heard["participant-camera"]
        await quiet(0.8)
        assert not participant.plis["camera"]
        assert not heard.packets
        relay.weather(CLEAR)
        await eventually(lambda: heard.packets, 2.0)
        assert is_key_frame(heard.packets[0].payload[1:])
        encoding.cancel()


async def test_a_large_key_frame_survives_loss(
    node: NodeProcess, client: Client, relay: Relay, conference: str
) -> None:
    frame = key_frame(640, 480, bytes(range(256)) * 1300)
    payloads = vp8_payloads(frame)
    assert len(payloads) > 300
    await client.put(conference, SEATS, CAMERA, recording=target(conference))
    async with (
        seat(client, conference, "p", RELAY) as participant,
        seat(client, conference, "x", NODE) as examiner,
    ):
        relay.weather(Weather(loss=0.1, delay=0.03))
        for number, payload in enumerate(payloads):
            await participant.send("camera", payload, 9000, marker=payload is payloads[-1])
            if number % 8 == 0:
                await asyncio.sleep(0.004)  # as a browser paces it
        heard = examiner.heard["participant-camera"]
        for later in range(3):  # what follows tells of a loss at the end
            await participant.send(
                "camera", vp8_payloads(delta_frame())[0], 18_000 + later * 9000, marker=True
            )
            await asyncio.sleep(0.05)
        relay.weather(CLEAR)
        await participant.send("camera", vp8_payloads(delta_frame())[0], 45_000, marker=True)
        await eventually(lambda: [p.marker for p in heard.packets].count(True) == 5)
        first = min(heard.packets, key=lambda p: p.timestamp).timestamp
        await eventually(lambda: sum(p.timestamp == first for p in heard.packets) == len(payloads))
        assert participant.resent["camera"] > 20
    await client.call("DELETE", f"/v1/conferences/{conference}")
    _, *kept = recorded(track(node, conference, "participant-camera"))[0]
    assert kept == [frame, True]
