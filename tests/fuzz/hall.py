"""A node's conference in this process, with two connected pages, into which anybody's datagrams can be thrown.

One page is the attacked and attacking participant, the other an examiner; a stranger has a socket of his own. A
`Lodger` lets plain functions use one hall many times.
"""

import asyncio
import contextlib
import gc
import itertools
import socket
import tempfile
import types
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Iterator
from typing import Any, Self

import aioice.ice
import pylibsrtp
from aiohttp.test_utils import TestClient, TestServer

from media import seams
from media.conference import Conference
from media.layout import SeatKind
from media.node import Node
from media.settings import read_settings
from tests.fuzz.shapes import signed
from tests.media.support import DEADLINE, Browser, eventually, rtp_packet

SEATS = {"p": "participant", "x": "examiner"}
PATCHES = [("p", "voice", "x", "participant-voice"), ("x", "voice", "p", "staff-voice")]
HEARS = {"p": ("x", "participant-voice"), "x": ("p", "staff-voice")}

# kinds of records: who sends what
STRANGER, OWN, RTP, RTCP, STRANGER_SIGNED, OWN_SIGNED, MISSIGNED = range(7)
UNAUTHENTICATED = {STRANGER, OWN, MISSIGNED}
SSRC_NAMES = (
    b"Sv0p",
    b"Sc0p",
    b"Jv0s",
    b"Jc0s",
)  # in bodies: SSRCs of his voice and camera, of two of his jacks


@contextlib.contextmanager
def on_loopback() -> Iterator[None]:
    """ICE gathers the loopback address alone."""
    before = aioice.ice.get_host_addresses
    seams.listen_on(["127.0.0.1"])
    try:
        yield
    finally:
        aioice.ice.get_host_addresses = before


class Hall:
    """The conference and its pages; `throw` sends, `talk` makes sure that both still hear each other."""

    def __init__(self) -> None:
        self.pages: dict[str, Browser] = {}
        self.node: Node
        self._words = itertools.count(1)
        self._stranger = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._stranger.bind(("127.0.0.9", 0))
        self._stranger.setblocking(False)
        self._answer = ""
        self._client: TestClient[Any, Any]
        self._numbers: dict[tuple[str, bytes], int] = {}
        self.before = 0  # entries of the conference's containers when it was opened
        self._folder = tempfile.TemporaryDirectory(prefix="hall-")

    @property
    def conference(self) -> Conference:
        return self.node.conferences["hall"]

    @property
    def connected(self) -> bool:
        return all(seat["connected"] for seat in self.conference.report()["seats"].values())

    async def open(self, before_connecting: Callable[[str], Awaitable[None]] | None = None) -> Self:
        """`before_connecting` is called with each seat whose offer has been answered."""
        with on_loopback():
            options = ["--socket", "unused", "--recordings", self._folder.name, "--listen", "127.0.0.1"]
            self.node = Node(read_settings(options))
            self._client = TestClient(TestServer(self.node.application()))
            await self._client.start_server()
            desired = {"version": 1, "seats": SEATS, "patches": PATCHES}
            await self._ask("PUT", "/v1/conferences/hall", desired)
            for seat in SEATS:
                page = self.pages[seat] = Browser(SeatKind(SEATS[seat]))
                body = {"peer": seat, "sdp": await page.offer()}
                answer = await self._ask("POST", f"/v1/conferences/hall/seats/{seat}/offer", body)
                if seat == "p":
                    self._answer = str(answer["sdp"])
                if before_connecting is not None:
                    await before_connecting(seat)
                await page.connect(answer["sdp"])
            await eventually(lambda: self.connected)
        self._ssrcs = {
            SSRC_NAMES[0]: self.pages["p"].ssrcs["voice"].to_bytes(4, "big"),
            SSRC_NAMES[1]: self.pages["p"].ssrcs["camera"].to_bytes(4, "big"),
            SSRC_NAMES[2]: self.pages["p"].jack_ssrc("staff-voice").to_bytes(4, "big"),
            SSRC_NAMES[3]: self.pages["p"].jack_ssrc("staff-camera").to_bytes(4, "big"),
        }
        await self.talk()
        self.before = entries(self.conference)
        return self

    async def _ask(self, method: str, path: str, body: object) -> Any:
        async with self._client.request(method, path, json=body, headers={"X-Epoch": "1"}) as answer:
            assert answer.status == 200, await answer.text()
            return await answer.json()

    def _line(self, name: str) -> str:
        """The value of an attribute in the answer to the participant."""
        return next(
            line.partition(":")[2] for line in self._answer.splitlines() if line.startswith(f"a={name}:")
        )

    @property
    def address(self) -> tuple[str, int]:
        """Where the node listens to the participant."""
        candidate = self._line("candidate").split()
        return candidate[4], int(candidate[5])

    def request(self, attributes: bytes, key: str | None = None) -> bytes:
        theirs = self.pages["p"].ice.iceGatherer.getLocalParameters().usernameFragment
        return signed(f"{self._line('ice-ufrag')}:{theirs}", key or self._line("ice-pwd"), attributes)

    def from_stranger(self, data: bytes) -> None:
        with contextlib.suppress(BlockingIOError, OSError):
            self._stranger.sendto(data, self.address)
        with contextlib.suppress(BlockingIOError):
            while self._stranger.recv(2048):
                pass

    async def throw(self, thrown: Iterable[tuple[int, bytes]]) -> None:
        """Send records: raw, protected or signed as their kind says."""
        page = self.pages["p"]
        for kind, body in thrown:
            for name, ssrc in self._ssrcs.items():
                body = body.replace(name, ssrc)
            with contextlib.suppress(pylibsrtp.Error, ValueError, ConnectionError, OSError):
                match kind:
                    case 0:
                        self.from_stranger(body)
                    case 1:
                        await page.ice._send(body)
                    case 2 if len(body) >= 12:
                        await page.send_raw(self._next("p", body))
                    case 3 if len(body) >= 8 and 192 <= body[1] <= 223:
                        await page.ice._send(page.dtls._tx_srtp.protect_rtcp(body))
                    case 4:
                        self.from_stranger(self.request(body))
                    case 5:
                        await page.ice._send(self.request(body))
                    case _:
                        self.from_stranger(self.request(body, "x" * 22))
            await asyncio.sleep(0)

    def _next(self, seat: str, packet: bytes) -> bytes:
        """The packet with the next sequence number of its source, as libsrtp sends none twice."""
        source = seat, packet[8:12]
        number = self._numbers[source] = (self._numbers.get(source, 0) + 1) & 0xFFFF
        return packet[:2] + number.to_bytes(2, "big") + packet[4:]

    async def talk(self) -> None:
        """Each says a word until the other has heard it: what a flood of this second cuts off is said again."""
        word = b"word %d" % next(self._words)
        for seat, (listener, jack) in HEARS.items():
            page, heard = self.pages[seat], self.pages[listener].heard[jack]
            async with asyncio.timeout(DEADLINE):
                while not any(packet.payload == word for packet in heard.packets):
                    ssrc, payload_type = page.ssrcs["voice"], page.types["voice"]
                    await page.send_raw(
                        self._next(seat, rtp_packet(0, 0, word, ssrc=ssrc, payload_type=payload_type))
                    )
                    await asyncio.sleep(0.002)
        for page in self.pages.values():
            page.rtcp.clear()
            page.rtx.clear()
            for each in page.heard.values():
                each.packets.clear()

    async def close(self) -> None:
        for page in self.pages.values():
            await page.close()
        await self._ask("DELETE", "/v1/conferences/hall", None)
        await self._client.close()
        self.node._writer.stop()
        self._stranger.close()
        self._folder.cleanup()


OURS = ("media.", "aioice.", "aiortc.")
CONTAINERS = (dict, list, set, frozenset, tuple, deque)
LEAVES = (
    str,
    bytes,
    bytearray,
    int,
    float,
    type(None),
    type,
    types.ModuleType,
    types.FunctionType,
    asyncio.AbstractEventLoop,
)


def entries(root: object) -> int:
    """How many entries all containers have together that can be reached from an object of the media plane."""
    seen: set[int] = {id(root)}
    waiting: list[object] = [root]
    count = 0
    while waiting:
        thing = waiting.pop()
        if isinstance(thing, CONTAINERS):
            count += len(thing)
            inner: Iterable[object] = thing.values() if isinstance(thing, dict) else thing
        elif isinstance(thing, types.MethodType):
            inner = (thing.__self__,)
        elif type(thing).__module__.startswith(OURS) or isinstance(thing, asyncio.Queue):
            inner = gc.get_referents(thing)
        else:
            continue
        for value in inner:
            if id(value) not in seen and not isinstance(value, LEAVES):
                seen.add(id(value))
                waiting.append(value)
    return count


class Lodger:
    """The hall that is open on an event loop of its own, for functions that are no coroutines.

    The loop stands still between two uses: aioice draws random numbers, which would not be hypothesis's own.
    """

    def __init__(self) -> None:
        self._runner: asyncio.Runner | None = None
        self._hall: Hall | None = None

    def run(self, coroutine: Coroutine[Any, Any, Any]) -> None:
        if self._runner is None:
            self._runner = asyncio.Runner()
        self._runner.run(coroutine)

    def open(self) -> Hall:
        """The hall, opened unless it is."""
        if self._hall is None:
            hall = Hall()
            self.run(hall.open())
            self._hall = hall
        return self._hall

    def leave(self) -> None:
        """Close the hall; the next one is a new one."""
        hall, self._hall = self._hall, None
        if hall is not None:
            self.run(hall.close())

    def close(self) -> None:
        self.leave()
        if self._runner is not None:
            self._runner.close()
            self._runner = None


LODGER = Lodger()
