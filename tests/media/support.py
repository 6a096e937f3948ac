"""What the tests of the media plane share: a clock moved by hand, real media, and a browser's end of a connection.

The browser is aiortc's own ICE and DTLS with an offer that Chromium made; it sends and receives single packets, so a
test decides about every one of them.
"""

import asyncio
import contextlib
import functools
import heapq
import itertools
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import types
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any
from unittest import mock

import aiohttp
import av
import numpy
from aiortc import RTCCertificate, RTCDtlsTransport, RTCIceGatherer, RTCIceTransport
from aiortc.rtp import (
    RTCP_PSFB_PLI,
    RTCP_RTPFB_NACK,
    AnyRtcpPacket,
    RtcpPacket,
    RtcpPsfbPacket,
    RtcpRtpfbPacket,
    RtcpSenderInfo,
    RtcpSrPacket,
)
from aiortc.sdp import SessionDescription

import media.plug
from media.clock import Clock
from media.jack import Jack
from media.layout import LAYOUTS, SeatKind
from media.plug import Plug, SenderClock
from media.rtp import HEADER, Incoming, Outgoing, Packet, parse

ROOT = Path(__file__).parents[2]
OFFERS = Path(__file__).parent / "offers"
DEADLINE = 20.0  # seconds; a test that waits so long has failed


# time


class Timer:
    """What `HandClock.call_later` gives."""

    def __init__(self, when: float, callback: Callable[[], None]) -> None:
        self.when = when
        self.callback: Callable[[], None] | None = callback

    def cancel(self) -> None:
        self.callback = None


class HandClock:
    """Time that moves only when a test says so, with the one method of an event loop that plugs use."""

    def __init__(self, start: float = 1000.0) -> None:
        self.time = start
        self.clock = Clock(self.now, lambda: 1_770_000_000.0)
        self._timers: list[tuple[float, int, Timer]] = []
        self._numbers = itertools.count()

    def now(self) -> float:
        return self.time

    def call_later(self, delay: float, callback: Callable[[], None]) -> Timer:
        timer = Timer(self.time + delay, callback)
        heapq.heappush(self._timers, (timer.when, next(self._numbers), timer))
        return timer

    def advance(self, seconds: float) -> None:
        """Move on, running the timers that fall due at their times."""
        until = self.time + seconds
        while self._timers and self._timers[0][0] <= until:
            self.time, _, timer = heapq.heappop(self._timers)
            callback, timer.callback = timer.callback, None
            if callback is not None:
                callback()
        self.time = until


@contextlib.contextmanager
def hand_clock() -> Iterator[HandClock]:
    """A clock moved by hand, on which plugs set their timers."""
    clock = HandClock()
    loop = types.SimpleNamespace(get_running_loop=lambda: clock)
    with mock.patch.object(media.plug, "asyncio", loop):
        yield clock


async def eventually(condition: Callable[[], object], seconds: float = DEADLINE) -> None:
    """Wait until it is so."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come about"
        await asyncio.sleep(0.01)


def eventually_now(condition: Callable[[], object], seconds: float = DEADLINE) -> None:
    """`eventually` without an event loop."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.01)


async def quiet(seconds: float) -> None:
    """Time in which something must not happen: there is no condition to wait for."""
    await asyncio.sleep(seconds)


# packets


def rtp_packet(
    seq: int,
    timestamp: int,
    payload: bytes = b"voice",
    *,
    ssrc: int = 1,
    payload_type: int = 111,
    marker: bool = False,
    extension: tuple[int, bytes] | None = None,
    padding: int = 0,
    csrcs: Iterable[int] = (),
) -> bytes:
    """The bytes of an RTP packet. `extension` is the profile and its content, padded here."""
    sources = b"".join(c.to_bytes(4, "big") for c in csrcs)
    first = 0x80 | (0x10 if extension else 0) | (0x20 if padding else 0) | len(sources) // 4
    block = b""
    if extension:
        content = extension[1] + bytes(-len(extension[1]) % 4)
        block = extension[0].to_bytes(2, "big") + (len(content) // 4).to_bytes(2, "big") + content
    tail = bytes(padding - 1) + bytes([padding]) if padding else b""
    second = payload_type | (0x80 if marker else 0)
    header = HEADER.pack(first, second, seq & 0xFFFF, timestamp & 0xFFFF_FFFF, ssrc)
    return header + sources + block + payload + tail


def wrap_rtx(plain: bytes, ssrc: int, payload_type: int, seq: int) -> bytes:
    """A retransmission (RFC 4588) of a packet: its own SSRC and sequence, the original number in front."""
    packet, _, _ = parse(plain, 0.0)
    first, second, original, timestamp, _ = HEADER.unpack_from(plain)
    header = HEADER.pack(first, (second & 0x80) | payload_type, seq, timestamp, ssrc)
    again = (header, plain[12 : packet.start], original.to_bytes(2, "big"), plain[packet.start :])
    return b"".join(again)


def received(data: bytes, arrival: float, level_id: int = 0) -> Packet:
    return parse(data, arrival, level_id)[0]


def key_frame(width: int = 160, height: int = 120, body: bytes = b"key") -> bytes:
    """The begin of a VP8 key frame; not a picture, but all that forwarding looks at."""
    size = width.to_bytes(2, "little") + height.to_bytes(2, "little")
    return b"\x10\x00\x00\x9d\x01\x2a" + size + body


def delta_frame(body: bytes = b"delta") -> bytes:
    return b"\x11" + body


def vp8_payloads(frame: bytes, size: int = 1100) -> list[bytes]:
    """A frame as RTP payloads (RFC 7741, without the optional fields)."""
    pieces = [frame[i : i + size] for i in range(0, len(frame), size)] or [b""]
    return [(b"\x10" if n == 0 else b"\x00") + piece for n, piece in enumerate(pieces)]


# real media


@functools.cache
def tone(frequency: float, seconds: float = 2.0, amplitude: float = 0.3) -> tuple[bytes, ...]:
    """Opus packets of 20 ms each."""
    encoder = av.CodecContext.create("libopus", "w")
    assert isinstance(encoder, av.AudioCodecContext)
    encoder.rate, encoder.layout, encoder.format = 48000, "mono", "s16"
    encoder.bit_rate = 32000
    samples = numpy.arange(round(seconds * 48000))
    wave = (amplitude * 32767 * numpy.sin(2 * numpy.pi * frequency * samples / 48000)).astype(numpy.int16)
    packets = []
    for start in range(0, len(wave) - 959, 960):
        frame = av.AudioFrame.from_ndarray(wave[None, start : start + 960], format="s16", layout="mono")
        frame.sample_rate, frame.pts = 48000, start
        packets += [bytes(packet) for packet in encoder.encode(frame)]
    return tuple(packets)


def samples_of(payloads: Iterable[bytes]) -> "numpy.ndarray[Any, numpy.dtype[numpy.float64]]":
    """The decoded samples (−1…1) of Opus packets."""
    decoder = av.CodecContext.create("libopus", "r")
    assert isinstance(decoder, av.AudioCodecContext)
    resampler = av.AudioResampler(format="s16", layout="mono", rate=48000)
    pieces = [numpy.zeros(0)]
    for payload in payloads:
        for frame in decoder.decode(av.Packet(payload)):
            pieces += [piece.to_ndarray()[0] / 32768 for piece in resampler.resample(frame)]
    return numpy.concatenate(pieces)


def pitch(samples: "numpy.ndarray[Any, numpy.dtype[numpy.float64]]") -> float:
    """The strongest frequency in Hz, 0 for silence."""
    if len(samples) < 4800 or numpy.sqrt(numpy.mean(samples**2)) < 0.001:
        return 0.0
    spectrum = numpy.abs(numpy.fft.rfft(samples * numpy.hanning(len(samples))))
    return float(numpy.argmax(spectrum) * 48000 / len(samples))


@functools.cache
def clip(frames: int = 20, width: int = 160, height: int = 120) -> tuple[bytes, ...]:
    """VP8 frames, the first a key frame and no other."""
    encoder = av.CodecContext.create("libvpx", "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuv420p"
    encoder.framerate, encoder.bit_rate, encoder.gop_size = Fraction(10), 200_000, 1000
    encoder.options = {"deadline": "good", "cpu-used": "5", "lag-in-frames": "0", "auto-alt-ref": "0"}
    found = []
    for n in range(frames):
        picture = numpy.zeros((height * 3 // 2, width), numpy.uint8) + 128
        picture[:height, (n * 7) % width :] = 60 + n * 5
        frame = av.VideoFrame.from_ndarray(picture, format="yuv420p")
        frame.pts = n
        found += [bytes(packet) for packet in encoder.encode(frame)]
    found += [bytes(packet) for packet in encoder.encode(None)]
    assert len(found) == frames
    assert not found[0][0] & 1
    return tuple(found)


# a plug and a jack without a network


class Wire:
    """The sending side of a jack: notes what is protected and refuses a second content for a number."""

    def __init__(self) -> None:
        self.cut = False  # nothing can be sent
        self.sent: list[bytes] = []  # in the clear
        self.resent: list[bytes] = []
        self.rtcp: list[AnyRtcpPacket] = []
        self.contents: dict[bytes, bytes] = {}

    def send(self, head: bytes, payload: bytes) -> bytes | None:
        plain = head + payload
        if self.cut:
            return None
        number = plain[2:4] + plain[8:12]
        assert self.contents.setdefault(number, plain) == plain, "two contents under one SSRC and number"
        self.sent.append(plain)
        return plain + b"protected"

    def resend(self, protected: bytes) -> None:
        assert protected.removesuffix(b"protected") in self.contents.values()
        self.resent.append(protected)

    def send_rtcp(self, data: bytes) -> None:
        self.rtcp += RtcpPacket.parse(data)

    @property
    def packets(self) -> list[Packet]:
        return [received(data, 0.0, 1) for data in self.sent]

    @property
    def plis(self) -> int:
        return sum(isinstance(p, RtcpPsfbPacket) and p.fmt == RTCP_PSFB_PLI for p in self.rtcp)


def make_plug(hand: HandClock, kind: str = "audio", clock: SenderClock | None = None) -> tuple[Plug, Wire]:
    """A plug and what its publisher is sent."""
    wire = Wire()
    name = "voice" if kind == "audio" else "camera"
    incoming = Incoming(77, 111 if kind == "audio" else 96, None if kind == "audio" else 97, 1)
    return Plug(name, kind, incoming, clock or SenderClock(), wire.send_rtcp, 5, hand.clock), wire


def make_jack(
    hand: HandClock, kind: str = "audio", *, hidden: bool = False, rtx: bool | None = None, ssrc: int = 900
) -> tuple[Jack, Wire]:
    """A jack and what its listener is sent."""
    wire = Wire()
    out = Outgoing(ssrc, 111 if kind == "audio" else 96, 2, 1 if kind == "audio" else 0)
    again = Outgoing(ssrc + 1, 97, 2, 0) if (kind == "video" if rtx is None else rtx) else None
    return Jack("jack", kind, out, again, hidden, wire, hand.clock), wire


def connect(plug: Plug, *jacks: Jack) -> None:
    """Patch as a conference does."""
    plug.subscribers = jacks
    for jack in jacks:
        jack.switch(plug)


# a browser


def chromium_offer(kind: SeatKind) -> str:
    return (OFFERS / f"{kind}-chromium.sdp").read_text()


@dataclass
class Heard:
    """What came on a jack."""

    packets: list[Packet] = field(default_factory=list)
    reports: list[RtcpSrPacket] = field(default_factory=list)

    def pitch(self, last: int = 25) -> float:
        """Of the last packets in Hz."""
        return pitch(samples_of(p.payload for p in self.packets[-last:]))


class Browser:
    """A page's connection: Chromium's offer, aiortc's transports, packets by hand or played in real time."""

    def __init__(self, kind: SeatKind) -> None:
        self.kind = kind
        self.heard: dict[str, Heard] = defaultdict(Heard)
        self.rtcp: list[AnyRtcpPacket] = []
        self.rtx: list[bytes] = []
        self.plis: dict[str, int] = defaultdict(int)
        self.ssrcs: dict[str, int] = {}  # of plugs
        self.types: dict[str, int] = {}
        self._jacks: dict[int, str] = {}
        self._rtx_jacks: set[int] = set()
        self._counts: dict[str, int] = defaultdict(int)
        self.resent: dict[str, int] = defaultdict(int)  # answers to the node's NACKs
        self._rtx_plugs: dict[str, int] = {}
        self._rtx_count = itertools.count()
        self._sent: dict[tuple[str, int], tuple[bytes, bytes]] = {}  # plain and protected
        self._tasks: list[asyncio.Task[None]] = []
        self._certificate = RTCCertificate.generateCertificate()
        self._gatherer = RTCIceGatherer(iceServers=[])
        self.ice = RTCIceTransport(self._gatherer)
        self.ice._connection.ice_controlling = True
        self.dtls = RTCDtlsTransport(self.ice, [self._certificate])
        self.dtls._set_role("client")

    async def offer(self) -> str:
        """Chromium's offer with this connection's own credentials."""
        await self._gatherer.gather()
        ice = self._gatherer.getLocalParameters()
        print256 = next(f for f in self.dtls.getLocalParameters().fingerprints if f.algorithm == "sha-256")
        text = chromium_offer(self.kind)
        text = re.sub("a=ice-ufrag:.*", f"a=ice-ufrag:{ice.usernameFragment}", text)
        text = re.sub("a=ice-pwd:.*", f"a=ice-pwd:{ice.password}", text)
        text = re.sub("a=fingerprint:.*", f"a=fingerprint:sha-256 {print256.value}", text)
        sections = SessionDescription.parse(text).media
        for plug, section in zip(LAYOUTS[self.kind].plugs, sections, strict=False):
            self.ssrcs[plug.name] = section.ssrc[0].ssrc
            self.types[plug.name] = 111 if plug.kind == "audio" else 96
            if plug.kind == "video":
                self._rtx_plugs[plug.name] = section.ssrc[1].ssrc
        return "\r\n".join(text.splitlines()) + "\r\n"

    async def connect(self, answer: str) -> None:
        """Take the node's answer; returns when media can flow."""
        layout = LAYOUTS[self.kind]
        session = SessionDescription.parse(answer)
        for jack, section in zip(layout.jacks, session.media[len(layout.plugs) :], strict=True):
            self._jacks[section.ssrc[0].ssrc] = jack.name
            self._rtx_jacks |= {description.ssrc for description in section.ssrc[1:]}
        first = session.media[0]
        for candidate in first.ice_candidates:
            await self.ice.addRemoteCandidate(candidate)
        await self.ice.addRemoteCandidate(None)
        self.dtls._handle_rtp_data = self._rtp  # type: ignore[method-assign]
        self.dtls._handle_rtcp_data = self._rtcp  # type: ignore[method-assign]
        assert first.ice is not None
        assert first.dtls is not None
        async with asyncio.timeout(DEADLINE):
            await self.ice.start(first.ice)
            await self.dtls.start(first.dtls)
        assert self.dtls.state == "connected"

    async def _rtp(self, data: bytes, arrival_time_ms: int) -> None:
        packet, _, ssrc = parse(data, time.monotonic(), 1)
        if ssrc in self._rtx_jacks:
            self.rtx.append(data)
        else:
            self.heard[self._jacks[ssrc]].packets.append(packet)

    async def _rtcp(self, data: bytes) -> None:
        for packet in RtcpPacket.parse(data):
            self.rtcp.append(packet)
            if isinstance(packet, RtcpSrPacket):
                self.heard[self._jacks[packet.ssrc]].reports.append(packet)
            elif isinstance(packet, RtcpPsfbPacket) and packet.fmt == RTCP_PSFB_PLI:
                for name, ssrc in self.ssrcs.items():
                    if ssrc == packet.media_ssrc:
                        self.plis[name] += 1
            elif isinstance(packet, RtcpRtpfbPacket) and packet.fmt == RTCP_RTPFB_NACK:
                for name, ssrc in self.ssrcs.items():
                    if ssrc == packet.media_ssrc:
                        await self._resend(name, packet.lost)

    async def _resend(self, plug: str, lost: list[int]) -> None:
        """Answer a NACK as Chromium does: a voice by the same packet, a picture by RTX."""
        for number in lost:
            if (plug, number) not in self._sent:
                continue
            plain, protected = self._sent[plug, number]
            self.resent[plug] += 1
            if plug in self._rtx_plugs:
                again = wrap_rtx(plain, self._rtx_plugs[plug], 97, next(self._rtx_count) & 0xFFFF)
                protected = self.dtls._tx_srtp.protect(again)
            with contextlib.suppress(ConnectionError):
                await self.ice._send(protected)

    def jack_ssrc(self, name: str) -> int:
        return next(ssrc for ssrc, jack in self._jacks.items() if jack == name)

    async def send(self, plug: str, payload: bytes, timestamp: int, *, marker: bool = False) -> None:
        """The next packet of a plug."""
        seq = self._counts[plug]
        self._counts[plug] += 1
        ssrc, payload_type = self.ssrcs[plug], self.types[plug]
        plain = rtp_packet(seq, timestamp, payload, ssrc=ssrc, payload_type=payload_type, marker=marker)
        protected = self.dtls._tx_srtp.protect(plain)
        self._sent[plug, seq & 0xFFFF] = plain, protected
        with contextlib.suppress(ConnectionError):
            await self.ice._send(protected)

    async def send_raw(self, data: bytes) -> None:
        """RTP or RTCP of any bytes, properly protected."""
        await self.dtls._send_rtp(data)

    async def send_report(self, plug: str, timestamp: int) -> None:
        """A sender report of this moment."""
        ntp = int((time.time() + 2_208_988_800) * 2**32)
        info = RtcpSenderInfo(
            ntp_timestamp=ntp, rtp_timestamp=timestamp & 0xFFFF_FFFF, packet_count=0, octet_count=0
        )
        await self.dtls._send_rtp(bytes(RtcpSrPacket(ssrc=self.ssrcs[plug], sender_info=info)))

    async def _speak(self, plug: str, packets: tuple[bytes, ...]) -> None:
        start = time.monotonic()
        for n in itertools.count():
            await asyncio.sleep(max(0.0, start + n * 0.02 - time.monotonic()))
            await self.send(plug, packets[n % len(packets)], n * 960, marker=n == 0)
            if n % 25 == 0:
                with contextlib.suppress(ConnectionError):
                    await self.send_report(plug, n * 960)

    async def _show(self, plug: str, frames: tuple[bytes, ...]) -> None:
        start, next_frame, seen = time.monotonic(), 0, 0
        for n in itertools.count():
            await asyncio.sleep(max(0.0, start + n * 0.1 - time.monotonic()))
            if self.plis[plug] > seen:  # as an encoder does: the next picture is a key frame
                seen, next_frame = self.plis[plug], 0
            payloads = vp8_payloads(frames[next_frame % len(frames)])
            next_frame += 1
            for payload in payloads:
                await self.send(plug, payload, n * 9000, marker=payload is payloads[-1])

    def speak(self, frequency: float, plug: str = "voice") -> None:
        """Send a tone until closed."""
        self._tasks.append(asyncio.create_task(self._speak(plug, tone(frequency))))

    def show(self, plug: str = "camera", width: int = 160, height: int = 120) -> None:
        """Send moving pictures until closed."""
        self._tasks.append(asyncio.create_task(self._show(plug, clip(width=width, height=height))))

    async def silence(self) -> None:
        """Stop playing."""
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def close(self) -> None:
        await self.silence()
        await self.dtls.stop()
        await self.ice.stop()


@contextlib.asynccontextmanager
async def browser(kind: SeatKind, offer: Callable[[str], Awaitable[str]]) -> AsyncIterator[Browser]:
    """A connected page; `offer` brings the offer to the node and its answer back."""
    page = Browser(kind)
    try:
        await page.connect(await offer(await page.offer()))
        yield page
    finally:
        await page.close()


# a node


def free_ports(count: int) -> str:
    """A range of UDP ports of which the first is free, for `--udp-ports`."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        first = min(int(probe.getsockname()[1]), 65535 - count)
    return f"{first}-{first + count - 1}"


@dataclass
class NodeProcess:
    """`python -m media` and a client of its control API."""

    process: "subprocess.Popen[bytes]"
    socket: Path
    recordings: Path
    log: Path

    @contextlib.asynccontextmanager
    async def client(self, epoch: int = 1) -> AsyncIterator["Client"]:
        connector = aiohttp.UnixConnector(str(self.socket))
        async with aiohttp.ClientSession(connector=connector, base_url="http://node") as http:
            yield Client(http, epoch)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(DEADLINE)


@contextlib.contextmanager
def node_process(folder: Path, *options: str) -> Iterator[NodeProcess]:
    """A running node; ended by SIGTERM unless it has ended by then."""
    path, recordings, log = folder / "node.sock", folder / "recordings", folder / "node.log"
    command = [sys.executable, "-W", "error", "-m", "media", "--socket", str(path), "--name", "node-7"]
    command += ["--recordings", str(recordings), "--listen", "127.0.0.1", "--udp-ports", free_ports(200)]
    with log.open("ab") as output:
        process = subprocess.Popen([*command, *options], cwd=ROOT, stderr=output, start_new_session=True)
    node = NodeProcess(process, path, recordings, log)
    pid = path.with_name("node.sock.pid")

    def started() -> bool:
        return pid.exists() and pid.read_text() == f"{process.pid}\n"

    try:
        eventually_now(lambda: started() or process.poll() is not None)
        assert process.poll() is None, log.read_text()
        yield node
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(DEADLINE)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
                raise
    said = log.read_text()
    assert "Traceback" not in said, said
    assert "Exception ignored" not in said, said


class Client:
    """The control API as the server uses it."""

    def __init__(self, http: aiohttp.ClientSession, epoch: int) -> None:
        self.http = http
        self.epoch = epoch
        self.versions: dict[str, int] = defaultdict(int)

    async def call(
        self, method: str, path: str, body: object = None, *, epoch: int | None = None
    ) -> tuple[int, Any]:
        headers = {"X-Epoch": str(self.epoch if epoch is None else epoch)}
        async with self.http.request(method, path, json=body, headers=headers) as answer:
            text = await answer.text()
            return answer.status, json.loads(text) if text[:1] in "{[" else text

    async def get(self, conference: str) -> Any:
        status, report = await self.call("GET", f"/v1/conferences/{conference}")
        assert status == 200
        return report

    async def put(
        self,
        conference: str,
        seats: dict[str, str],
        patches: Iterable[tuple[str, str, str, str]] = (),
        **more: Any,
    ) -> Any:
        """A further version of the desired state."""
        self.versions[conference] += 1
        body = {
            "version": self.versions[conference],
            "seats": seats,
            "patches": [list(patch) for patch in patches],
            **more,
        }
        status, report = await self.call("PUT", f"/v1/conferences/{conference}", body)
        assert status == 200, report
        return report

    def offer(self, conference: str, seat: str, peer: str) -> Callable[[str], Awaitable[str]]:
        """What `browser` takes."""

        async def send(sdp: str) -> str:
            path = f"/v1/conferences/{conference}/seats/{seat}/offer"
            status, answer = await self.call("POST", path, {"peer": peer, "sdp": sdp})
            assert status == 200, answer
            return str(answer["sdp"])

        return send

    @contextlib.asynccontextmanager
    async def events(self) -> AsyncIterator[list[dict[str, Any]]]:
        """A list that fills with the node's events."""
        found: list[dict[str, Any]] = []
        async with self.http.ws_connect("/v1/events") as ws:

            async def read() -> None:
                while (message := await ws.receive()).type is aiohttp.WSMsgType.TEXT:
                    found.append(json.loads(message.data))

            task = asyncio.create_task(read())
            try:
                yield found
            finally:
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task


# recordings


def recorded(path: Path) -> list[tuple[float, bytes, bool]]:
    """Seconds, data and whether it is a key frame of every frame in a file."""
    with av.open(str(path)) as container:
        return [
            (float(packet.pts * packet.time_base), bytes(packet), packet.is_keyframe)
            for packet in container.demux()
            if packet.size and packet.pts is not None and packet.time_base is not None
        ]


def pitch_at(path: Path, second: float, length: float = 0.4) -> float:
    """The pitch of a recorded voice at a time of its file."""
    frames = recorded(path)
    return pitch(samples_of(data for at, data, _ in frames if second <= at < second + length))


def pictures(path: Path) -> int:
    """How many pictures of a recorded video decode."""
    with av.open(str(path)) as container:
        return sum(1 for _ in container.decode(video=0))
