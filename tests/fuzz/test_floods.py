"""A node's conference in which one seat floods and two others talk: packets are counted, every one arrives."""

import contextlib
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import pytest
import pytest_asyncio

from media import rtcp
from media.layout import SeatKind
from tests.fuzz.shapes import rtcp_packet, signed
from tests.media.support import Browser, Client, NodeProcess, browser, eventually, node_process, rtp_packet

pytestmark = pytest.mark.usefixtures("loopback")

SEATS = {"p": "participant", "x": "examiner", "q": "participant"}
PATCHES = [
    ("p", "voice", "x", "participant-voice"),
    ("x", "voice", "p", "staff-voice"),
    ("x", "voice", "q", "staff-voice"),
    ("q", "voice", "x", "third-voice"),
]
WORDS = 30
BURST = 120  # datagrams of a flood between two words

Offering = Callable[[str], Awaitable[str]]
Flood = Callable[[Browser, str, int], bytes]


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NodeProcess]:
    with node_process(tmp_path_factory.mktemp("node"), "--capacity", "100") as node:
        yield node


@pytest_asyncio.fixture
async def node(shared: NodeProcess) -> AsyncIterator[Client]:
    async with shared.client() as client:
        yield client


def protected(page: Browser, plain: bytes) -> bytes:
    session = page.dtls._tx_srtp
    return bytes(session.protect_rtcp(plain) if 192 <= plain[1] <= 223 else session.protect(plain))


def own_voice(page: Browser, answer: str, number: int) -> bytes:
    return protected(page, rtp_packet(number, number * 960, bytes(80), ssrc=page.ssrcs["voice"]))


def leaping_voice(page: Browser, answer: str, number: int) -> bytes:
    """Every packet leaves thousands missing."""
    return protected(page, rtp_packet(number * 4001, number * 960, bytes(80), ssrc=page.ssrcs["voice"]))


def replays(page: Browser, answer: str, number: int) -> bytes:
    return b"\x80\x6f" + bytes(6) + page.ssrcs["voice"].to_bytes(4, "big") + bytes(100)


def nacks(page: Browser, answer: str, number: int) -> bytes:
    """As many numbers as a datagram holds."""
    asked = struct.pack(">II", 1, page.jack_ssrc("staff-voice")) + struct.pack(">HH", 0x1234, 0xFFFF) * 330
    return protected(page, rtcp_packet(205, 1, asked))


def plis(page: Browser, answer: str, number: int) -> bytes:
    return protected(page, rtcp.pli(1, page.jack_ssrc("staff-camera")) * 90)


def reports(page: Browser, answer: str, number: int) -> bytes:
    return protected(page, rtcp_packet(203, 31, bytes(124)) * 8)


def requests(page: Browser, answer: str, number: int) -> bytes:
    """Signed by the page's own key."""
    told = {
        name: line
        for line in answer.splitlines()
        for name in ("ice-ufrag", "ice-pwd")
        if f"a={name}:" in line
    }
    node_name, key = (told[name].partition(":")[2] for name in ("ice-ufrag", "ice-pwd"))
    theirs = page.ice.iceGatherer.getLocalParameters().usernameFragment
    return signed(f"{node_name}:{theirs}", key, struct.pack(">HHI", 0x0024, 4, number))


def unsigned_requests(page: Browser, answer: str, number: int) -> bytes:
    return signed("a:b", "x" * 22, struct.pack(">HHI", 0x0024, 4, number))


def records(page: Browser, answer: str, number: int) -> bytes:
    return b"\x17\xfe\xfd\x00\x01" + number.to_bytes(6, "big") + b"\x00\x40" + bytes(64)


FLOODS: list[Flood] = [
    own_voice,
    leaping_voice,
    replays,
    nacks,
    plis,
    reports,
    requests,
    unsigned_requests,
    records,
]


def answering(offer: Offering, answers: dict[str, str], seat: str) -> Offering:
    """The same, and the answer is kept."""

    async def send(sdp: str) -> str:
        answers[seat] = await offer(sdp)
        return answers[seat]

    return send


def connected(told: list[dict[str, Any]], conference: str) -> set[str]:
    """The seats of which the node's events say so."""
    of_seats = [event for event in told if (event["event"], event["conference"]) == ("seat", conference)]
    return {event["seat"] for event in of_seats if event["state"] == "connected"}


@pytest.mark.parametrize("flood", FLOODS, ids=lambda flood: flood.__name__)
async def test_a_flooding_seat_costs_the_others_no_packet(node: Client, flood: Flood) -> None:
    conference = flood.__name__
    await node.put(conference, SEATS, PATCHES)
    answers: dict[str, str] = {}

    async with contextlib.AsyncExitStack() as stack:
        pages: dict[str, Browser] = {}
        for seat, kind in SEATS.items():
            offer = answering(node.offer(conference, seat, f"peer-{seat}"), answers, seat)
            pages[seat] = await stack.enter_async_context(browser(SeatKind(kind), offer))
        told = await stack.enter_async_context(node.events())
        await eventually(lambda: connected(told, conference) == set(SEATS))  # the node is the last to know
        for number in range(WORDS):
            for again in range(BURST):
                data = flood(pages["p"], answers["p"], number * BURST + again)
                with contextlib.suppress(ConnectionError):  # its own connection may not live through it
                    await pages["p"].ice._send(data)
            word = b"word %d" % number
            for seat in "xq":
                await pages[seat].send("voice", word, number * 960)
            for seat, jack in (("q", "staff-voice"), ("x", "third-voice")):
                heard = pages[seat].heard[jack].packets
                # Word by word, lest the flood that x is made to hear fills the socket of this very process.
                await eventually(lambda heard=heard, word=word: heard and heard[-1].payload == word)  # type: ignore[misc]
                assert len(heard) == number + 1
        report = await node.get(conference)
        assert all(report["seats"][seat]["connected"] for seat in "xq")
    assert (await node.call("DELETE", f"/v1/conferences/{conference}"))[0] == 200
