"""Every private name of aiortc, aioice and pylibsrtp that the node touches: that it exists, and what it does."""

import asyncio
import contextlib
import copy
import errno
import gc
import importlib.metadata
import inspect
import socket
import time
import tomllib
import weakref
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import aioice.ice
import pylibsrtp
import pytest
from aiortc import (
    RTCCertificate,
    RTCConfiguration,
    RTCDtlsTransport,
    RTCIceGatherer,
    RTCIceTransport,
    RTCPeerConnection,
    RTCSessionDescription,
)
from aiortc.rtcdtlstransport import RTCDtlsFingerprint, RTCDtlsParameters
from aiortc.rtcicetransport import RTCIceParameters
from aiortc.rtp import RtcpPacket, RtcpPsfbPacket, RtpPacket

from media import paths, rtcp, seams, stun
from media.clock import Clock
from media.layout import LAYOUTS, SeatKind
from media.paths import (
    MOST_REPORTERS,
    PATHS,
    RTCP_BYTES_PER_SECOND,
    RTCP_PER_SECOND,
    FastPath,
    PacketPath,
    PathKind,
    PlainPath,
)
from media.peer import Peer, PeerSettings
from media.plug import Plug
from media.rtp import ONE_BYTE
from media.seams import PortRangeLoop, Transport
from tests.media.support import ROOT, Browser, browser, eventually, key_frame, rtp_packet, tone

CERTIFICATE = RTCCertificate.generateCertificate()


# the names


@pytest.mark.parametrize("package", ["aiortc", "aioice", "pylibsrtp", "av"])
def test_the_installed_version_is_the_pinned_one(package: str) -> None:
    pinned = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    assert f"{package}=={importlib.metadata.version(package)}" in pinned


async def test_the_private_names_are_there() -> None:
    gatherer = RTCIceGatherer(iceServers=[])
    ice = RTCIceTransport(gatherer)
    dtls = RTCDtlsTransport(ice, [CERTIFICATE])
    connection = ice._connection
    assert isinstance(connection, aioice.ice.Connection)
    assert ice._role_set is False
    assert connection.ice_controlling is False
    assert connection._protocols == []
    assert connection._nominated == {}
    assert all(session is None for session in (dtls._rx_srtp, dtls._tx_srtp))
    assert dtls._role == "auto"
    dtls._set_role("client")
    assert dtls._role == "client"
    assert list(inspect.signature(aioice.ice.get_host_addresses).parameters) == ["use_ipv4", "use_ipv6"]
    assert list(inspect.signature(aioice.ice.StunProtocol.datagram_received).parameters) == [
        "self",
        "data",
        "addr",
    ]
    checked = inspect.signature(aioice.ice.Connection.check_incoming)
    assert list(checked.parameters) == ["self", "message", "addr", "protocol"]
    handed_on = inspect.signature(aioice.ice.Connection.data_received)
    assert list(handed_on.parameters) == ["self", "data", "component"]
    assert {"protocol", "remote_addr"} <= set(dir(aioice.ice.CandidatePair(None, None))) | {"protocol"}  # type: ignore[arg-type]
    assert "connection.check_incoming" not in inspect.getsource(aioice.ice), "it is looked up on the instance"
    assert "self.check_incoming(message, addr, protocol)" in inspect.getsource(
        aioice.ice.Connection.request_received
    )
    await ice.stop()


def test_srtp_refuses_what_does_not_fit_its_buffer() -> None:
    policy = pylibsrtp.Policy(key=bytes(30), ssrc_type=pylibsrtp.Policy.SSRC_ANY_OUTBOUND)
    session = pylibsrtp.Session(policy)
    with pytest.raises(ValueError, match="too long"):
        session.protect(bytes(1500))
    with pytest.raises(pylibsrtp.Error):
        session.protect(bytes(5))


# two peers


@dataclass
class Ends:
    """The node's transport and the browser's."""

    ice: RTCIceTransport
    dtls: RTCDtlsTransport
    node: Transport = field(init=False)
    rtp: list[bytes] = field(default_factory=list)
    rtcp: list[bytes] = field(default_factory=list)
    closed: list[bool] = field(default_factory=list)
    heard: list[bytes] = field(default_factory=list)
    time: float = 1000.0

    @property
    def address(self) -> tuple[str, int]:
        """Of the node."""
        pair = self.ice._connection._nominated[1]
        return pair.remote_addr[0], pair.remote_addr[1]

    async def send(self, seq: int, ssrc: int = 7) -> None:
        await self.dtls._send_rtp(rtp_packet(seq, seq, ssrc=ssrc))


@pytest.fixture(params=["fast", "fast, by the loop's own turns", "plain"])
def path(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> PathKind:
    """Every way a packet may take. All tests of a connection are run with each."""
    name, _, loops_turns = request.param.partition(",")
    if loops_turns:
        monkeypatch.setattr("media.paths.PacketSelector", type("Another", (), {}))
    return PATHS[name]


def send(path: PacketPath, plain: bytes) -> bytes | None:
    return path.send(plain[:12], plain[12:])


class Elsewhere:
    """A further address of the browser, of which nothing is answered until `answers`."""

    def __init__(self, browser: aioice.ice.Connection, node: aioice.ice.Connection) -> None:
        self._browser, self._node = browser, node
        self._user = f"{node.local_username}:{browser.local_username}".encode()
        self._to = node.local_candidates[0].host, node.local_candidates[0].port
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((self._to[0], 0))
        self.socket.setblocking(False)

    def check(self, *more: tuple[int, bytes]) -> None:
        attributes = [
            (stun.USERNAME, self._user),
            (stun.CONTROLLING, bytes(8)),
            (stun.PRIORITY, bytes(4)),
            *more,
        ]
        password = self._node.local_password.encode()
        self.socket.sendto(stun.message(stun.REQUEST, bytes(12), attributes, password), self._to)

    def answers(self) -> None:
        """Answer the node's own checks."""
        with contextlib.suppress(BlockingIOError):
            while True:
                kind, transaction = stun.kind_of(self.socket.recv(2000)) or (0, b"")
                if kind == stun.REQUEST:
                    mapped = [(stun.MAPPED, stun.mapped(self._to, transaction))]
                    password = self._browser.local_password.encode()
                    self.socket.sendto(stun.message(stun.RESPONSE, transaction, mapped, password), self._to)


@contextlib.asynccontextmanager
async def pair(
    path: PathKind, before: Callable[[aioice.ice.Connection, aioice.ice.Connection], None] | None = None
) -> AsyncIterator[Ends]:
    """A connection between a node and a browser, over loopback. `before` the two connect it takes both."""
    gatherer = RTCIceGatherer(iceServers=[])
    ice = RTCIceTransport(gatherer)
    ice._connection.ice_controlling = True
    dtls = RTCDtlsTransport(ice, [RTCCertificate.generateCertificate()])
    dtls._set_role("client")
    ends = Ends(ice, dtls)
    faults: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, fault: faults.append(fault))

    def got(data: bytes, arrival: float) -> None:
        if data.endswith(b"raise"):
            raise RuntimeError("a fault in a hook")
        ends.rtp.append(data)

    node = Transport(
        CERTIFICATE,
        path,
        lambda data, arrival: ends.rtcp.append(data),
        lambda: ends.closed.append(True),
        lambda: ends.time,
    )
    ends.node = node
    node.path.routes[(7).to_bytes(4, "big")] = got

    async def heard(data: bytes, arrival_time_ms: int = 0) -> None:
        ends.heard.append(data)

    dtls._handle_rtp_data = heard  # type: ignore[method-assign]
    dtls._handle_rtcp_data = heard  # type: ignore[method-assign]
    try:
        candidates = await node.gather()
        await gatherer.gather()
        for candidate in candidates:
            await ice.addRemoteCandidate(candidate)
        await ice.addRemoteCandidate(None)
        their_dtls = dtls.getLocalParameters()
        their_dtls.role = "client"
        if before is not None:
            before(gatherer._connection, node._ice._connection)

        async def call() -> None:
            await ice.start(node.ice_parameters)
            await dtls.start(node.dtls_parameters)

        calling = asyncio.create_task(call())
        assert await node.connect(gatherer.getLocalParameters(), their_dtls)
        await calling
        yield ends
        assert not faults
    finally:
        await node.close()
        await dtls.stop()
        await ice.stop()


@pytest.mark.usefixtures("loopback")
async def test_media_flows_both_ways_past_the_library(path: PathKind) -> None:
    async with pair(path) as ends:
        assert ends.dtls._ssl is not None
        assert ends.dtls._ssl.get_selected_srtp_profile() == b"SRTP_AEAD_AES_128_GCM"
        await ends.send(5)
        await eventually(lambda: ends.rtp)
        assert ends.rtp == [rtp_packet(5, 5, ssrc=7)]
        await ends.dtls._send_rtp(rtcp.pli(1, 2))
        await eventually(lambda: ends.rtcp)
        assert ends.rtcp == [rtcp.pli(1, 2)]
        protected = send(ends.node.path, rtp_packet(9, 9, ssrc=3))
        assert protected is not None
        assert protected[:12] == rtp_packet(9, 9, ssrc=3)[:12]
        assert protected != rtp_packet(9, 9, ssrc=3)
        ends.node.path.send_rtcp(rtcp.pli(3, 4))
        await eventually(lambda: len(ends.heard) == 2)
        assert ends.heard == [rtp_packet(9, 9, ssrc=3), rtcp.pli(3, 4)]
        assert ends.node.remote_address == (
            "127.0.0.1",
            ends.ice._connection._nominated[1].local_addr[1],
        )
        assert ends.node.path.dropped == 0
        assert not ends.closed


@pytest.mark.usefixtures("loopback")
async def test_the_very_bytes_sent_again_are_not_heard_twice(path: PathKind) -> None:
    async with pair(path) as ends:
        protected = send(ends.node.path, rtp_packet(9, 9, ssrc=3))
        assert protected is not None
        ends.node.path.resend(protected)
        send(ends.node.path, rtp_packet(10, 10, ssrc=3))
        await eventually(lambda: len(ends.heard) == 2)
        assert [data[3] for data in ends.heard] == [9, 10], "the receiver's SRTP drops the repeat"


@pytest.mark.usefixtures("loopback")
async def test_what_is_too_long_is_not_sent_and_harms_nothing(path: PathKind) -> None:
    async with pair(path) as ends:
        assert send(ends.node.path, rtp_packet(1, 1, bytes(2000), ssrc=3)) is None
        ends.node.path.send_rtcp(bytes([0x80, 200]) + bytes(2000))
        assert ends.node.path.dropped == 2
        assert send(ends.node.path, rtp_packet(2, 2, ssrc=3)) is not None


@pytest.mark.usefixtures("loopback")
async def test_the_end_of_the_browser_is_the_end_of_the_connection(
    path: PathKind,
) -> None:
    async with pair(path) as ends:
        await ends.dtls.stop()
        await eventually(lambda: ends.closed)
        assert ends.closed == [True]
        assert send(ends.node.path, rtp_packet(2, 2)) is None or ends.node._closed


@pytest.mark.usefixtures("loopback")
async def test_a_closed_connection_sends_and_takes_nothing(path: PathKind) -> None:
    async with pair(path) as ends:
        await ends.node.close()
        await ends.node.close()
        ends.node.path.send_rtcp(rtcp.pli(1, 2))
        ends.node.path.resend(b"\x80" + bytes(20))
        assert ends.node.remote_address is None
        assert not ends.closed, "its owner knows"


# hostile datagrams


def strangers_garbage() -> list[bytes]:
    stun = aioice.stun.Message(
        message_method=aioice.stun.Method.BINDING, message_class=aioice.stun.Class.REQUEST
    )
    forged = aioice.stun.Message(
        message_method=aioice.stun.Method.BINDING, message_class=aioice.stun.Class.REQUEST
    )
    forged.attributes["USERNAME"] = "a:b"
    forged.attributes["PRIORITY"] = 1
    forged.add_message_integrity(b"wrong")
    return [
        b"",
        b"\x00",
        bytes(stun),
        bytes(stun)[:19],
        bytes(forged),
        bytes(forged)[:-3],
        b"\x00\x01\xff\xff" + bytes(16),
        b"\x01\x01\x00\x00\x21\x12\xa4\x42" + bytes(12),  # an answer to nothing
        b"\x14",
        b"\x16\xfe\xfd" + bytes(40),
        b"\x15\xfe\xfd" + bytes(8) + b"\x00\x02\x02\x28",  # a fatal alert in the clear
        b"\x17\xfe\xfd\x00\x01" + bytes(60),
        b"\x3f" + bytes(1400),
        b"\x80",
        b"\x80\xc8",
        b"\x80\x6f" + bytes(9),
        rtp_packet(1, 1, ssrc=7),
        rtp_packet(1, 1, ssrc=8),
        b"\x80\xc8\x00\x06" + bytes(30),
        b"\xbf\xcd" + bytes(100),
        b"\xff" * 50,
        bytes(1472),
    ]


@pytest.mark.usefixtures("loopback")
@pytest.mark.parametrize("stranger", [True, False], ids=["another socket", "the peer's own socket"])
async def test_garbage_neither_raises_nor_closes_nor_counts_as_a_sign_of_life(
    path: PathKind, stranger: bool
) -> None:
    async with pair(path) as ends:
        before = ends.node.path.last_seen
        ends.time = 2000.0
        own = ends.ice._connection._nominated[1].protocol.transport
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
            for data in strangers_garbage():
                if stranger:
                    other.sendto(data, ends.address)
                else:
                    own.sendto(data, ends.address)
        dropped = ends.node.path.dropped
        await asyncio.sleep(0)
        assert ends.node.path.last_seen == before
        await ends.send(1)
        await eventually(lambda: ends.rtp)
        assert ends.rtp == [rtp_packet(1, 1, ssrc=7)]
        assert ends.node.path.last_seen == 2000.0
        assert ends.node.path.dropped > dropped
        assert not ends.closed
        assert send(ends.node.path, rtp_packet(3, 3, ssrc=3)) is not None
        await eventually(lambda: ends.heard)


@pytest.mark.usefixtures("loopback")
async def test_authenticated_stun_is_a_sign_of_life(path: PathKind) -> None:
    async with pair(path) as ends:
        ends.time = 3000.0
        connection = ends.ice._connection
        nominated = connection._nominated[1]
        request = connection.build_request(nominated, nominate=False)
        assert connection.remote_password is not None
        await nominated.protocol.request(
            request, nominated.remote_addr, integrity_key=connection.remote_password.encode()
        )
        assert ends.node.path.last_seen == 3000.0


def count_unprotected(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Grows with each packet that reaches libsrtp, by whichever path."""
    calls: list[int] = []
    session, srtp = pylibsrtp.Session.unprotect, paths._unprotect

    def directly(*arguments: Any) -> Any:
        calls.append(1)
        return srtp(*arguments)

    def unprotect(self: pylibsrtp.Session, data: bytes) -> bytes:
        calls.append(1)
        return session(self, data)

    monkeypatch.setattr(paths, "_unprotect", directly)
    monkeypatch.setattr(pylibsrtp.Session, "unprotect", unprotect)
    return calls


@pytest.mark.usefixtures("loopback")
async def test_an_ssrc_that_no_offer_named_never_reaches_srtp(
    path: PathKind, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with pair(path) as ends:
        calls = count_unprotected(monkeypatch)
        for ssrc in range(100, 200):
            await ends.send(1, ssrc)
        await ends.send(1)
        await eventually(lambda: ends.rtp)
        assert len(calls) == 1
        assert ends.node.path.dropped == 100


@pytest.mark.usefixtures("loopback")
async def test_the_senders_of_rtcp_are_bounded(path: PathKind) -> None:
    async with pair(path) as ends:
        for ssrc in range(1, 200):
            await ends.dtls._send_rtp(rtcp.pli(ssrc, 7))
        await ends.dtls._send_rtp(rtcp.pli(1, 8))
        await eventually(lambda: ends.rtcp and ends.rtcp[-1] == rtcp.pli(1, 8))
        assert len(ends.rtcp) == MOST_REPORTERS + 1


@pytest.mark.usefixtures("loopback")
async def test_reports_have_a_ceiling_in_number_and_in_bytes(path: PathKind) -> None:
    async with pair(path) as ends:
        for _ in range(RTCP_PER_SECOND + 50):
            await ends.dtls._send_rtp(rtcp.pli(1, 7))
        await eventually(lambda: ends.node.path.dropped == 50)
        assert len(ends.rtcp) == RTCP_PER_SECOND
        ends.time += 1
        full = rtcp.nack(1, 7, range(0, 5000, 17))
        for _ in range(50):
            await ends.dtls._send_rtp(full)
        await eventually(lambda: ends.node.path.dropped >= 50 + 50 - RTCP_BYTES_PER_SECOND // len(full))
        assert len(ends.rtcp) == RTCP_PER_SECOND + RTCP_BYTES_PER_SECOND // len(full)
        ends.time += 1
        await ends.dtls._send_rtp(rtcp.pli(1, 9))
        await eventually(lambda: ends.rtcp[-1] == rtcp.pli(1, 9))


@pytest.mark.usefixtures("loopback")
async def test_a_fault_in_a_hook_costs_one_packet(path: PathKind) -> None:
    async with pair(path) as ends:
        await ends.dtls._send_rtp(rtp_packet(1, 1, b"raise", ssrc=7))
        await ends.send(2)
        await eventually(lambda: ends.rtp)
        assert ends.node.path.dropped == 1
        assert not ends.closed


@pytest.mark.usefixtures("loopback")
async def test_media_before_the_handshake_is_kept_by_nobody(path: PathKind) -> None:
    transport = Transport(CERTIFICATE, path, lambda data, arrival: None, lambda: None, time.monotonic)
    port = (await transport.gather())[0].port
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        for number in range(300):
            stranger.sendto(rtp_packet(number, number, ssrc=7), ("127.0.0.1", port))
            stranger.sendto(b"\x16\xfe\xfd" + bytes(40), ("127.0.0.1", port))
            stranger.sendto(b"\x00\x01" + bytes(40), ("127.0.0.1", port))  # nearly STUN
            if number % 50 == 49:
                await asyncio.sleep(0.01)
    await eventually(lambda: transport.refused >= 600)
    assert not transport._ice._connection._queue.qsize()
    await transport.close()


@pytest.mark.usefixtures("loopback")
async def test_packets_follow_the_pair_that_ice_has_nominated(path: PathKind) -> None:
    async with pair(path) as ends:
        assert send(ends.node.path, rtp_packet(1, 1, ssrc=3))
        await eventually(lambda: len(ends.heard) == 1)
        nominated = ends.node._ice._connection._nominated
        now = nominated[1]
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as elsewhere:
            elsewhere.bind(("127.0.0.1", 0))
            other = copy.copy(now)
            other.remote_candidate = copy.copy(now.remote_candidate)
            other.remote_candidate.port = elsewhere.getsockname()[1]
            nominated[1] = other
            protected = send(ends.node.path, rtp_packet(2, 2, ssrc=3))
            elsewhere.settimeout(5)
            assert elsewhere.recv(2000) == protected
        nominated[1] = now
        assert send(ends.node.path, rtp_packet(3, 3, ssrc=3))
        await eventually(lambda: len(ends.heard) == 2)


@pytest.mark.usefixtures("loopback")
async def test_a_pair_that_was_second_at_first_can_be_nominated_later(path: PathKind) -> None:
    """A telephone has Wi-Fi and a network of its own: the check of one is under way when the other is nominated."""
    ways: list[Elsewhere] = []

    def other_way(browser: aioice.ice.Connection, node: aioice.ice.Connection) -> None:
        ways.append(Elsewhere(browser, node))
        ways[0].check()

    async with pair(path, other_way) as ends:
        (way,) = ways
        with way.socket:
            here = way.socket.getsockname()
            left = [pair for pair in ends.node._ice._connection._check_list if pair.remote_addr == here]
            assert [(pair.state.name, pair.task is not None) for pair in left] == [("IN_PROGRESS", True)]
            assert ends.node.remote_address != here

            def moved() -> bool:
                way.check((stun.USE_CANDIDATE, b""))
                way.answers()
                return bool(ends.node.remote_address == here)

            await eventually(moved)


@pytest.mark.usefixtures("loopback")
async def test_the_nominated_address_has_a_socket_of_its_own_and_others_are_heard_all_the_same() -> None:
    async with pair(FastPath) as ends:
        path = ends.node.path
        assert isinstance(path, FastPath)
        assert send(path, rtp_packet(1, 1, ssrc=3))
        await eventually(lambda: ends.heard)
        own = path._connected
        assert own is not None
        page = ends.ice._connection._nominated[1].protocol.transport
        assert own.getsockname() == ends.address
        assert own.getpeername() == page.get_extra_info("sockname")
        await ends.send(1)
        await eventually(lambda: len(ends.rtp) == 1)
        with socket.socket(
            socket.AF_INET, socket.SOCK_DGRAM
        ) as elsewhere:  # the browser from another address
            assert ends.dtls._tx_srtp is not None
            elsewhere.sendto(ends.dtls._tx_srtp.protect(rtp_packet(2, 2, ssrc=7)), ends.address)
            await eventually(lambda: len(ends.rtp) == 2)
        with (
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other,
            pytest.raises(OSError, match="in use"),
        ):
            other.bind(ends.address)
    assert path._connected is None
    assert own.fileno() == -1


@pytest.mark.usefixtures("loopback")
async def test_without_a_socket_of_its_own_packets_go_by_the_librarys(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with pair(FastPath) as ends:
        path = ends.node.path
        assert isinstance(path, FastPath)

        def refuse(pair: Any) -> socket.socket:
            raise OSError(errno.EMFILE, "too many open files")

        monkeypatch.setattr(path, "_connect", refuse)
        path._pair = None
        assert send(path, rtp_packet(1, 1, ssrc=3))
        await eventually(lambda: ends.heard)
        await ends.send(1)
        await eventually(lambda: ends.rtp)


@pytest.mark.usefixtures("loopback")
async def test_checks_of_the_nominated_pair_are_answered_without_the_library() -> None:
    async with pair(FastPath) as ends:
        node = ends.node._ice._connection
        taken: list[bytes] = []
        nominated = ends.ice._connection._nominated[1]
        node_protocol = node._nominated[1].protocol
        original = node_protocol.receiver.request_received
        node_protocol.receiver.request_received = lambda *a: (taken.append(b""), original(*a))  # type: ignore[method-assign, func-returns-value, assignment]
        before = ends.node.path.last_seen
        ends.time += 50
        for nominate in (False, True, False):
            request = ends.ice._connection.build_request(nominated, nominate=nominate)
            assert ends.ice._connection.remote_password is not None
            response, _ = await nominated.protocol.request(
                request, nominated.remote_addr, integrity_key=ends.ice._connection.remote_password.encode()
            )
            assert response.attributes["XOR-MAPPED-ADDRESS"] == nominated.local_addr
        assert not taken
        assert ends.node.path.last_seen == before + 50


# gathering


def test_connections_take_ports_of_the_range_and_give_them_back(loopback: None) -> None:
    async def scenario() -> None:
        def transport() -> Transport:
            return Transport(CERTIFICATE, FastPath, print, lambda: None, time.monotonic)

        transports = [transport() for _ in range(3)]
        ports = [(await t.gather())[0].port for t in transports]
        assert sorted(ports) == list(ports_free)
        beyond = transport()
        with pytest.raises(OSError, match="no address"):
            await beyond.gather()
        await beyond.close()
        await transports[1].close()
        again = transport()
        assert (await again.gather())[0].port == ports[1]
        for t in (again, *transports):
            await t.close()

    ports_free = three_free_ports()
    with asyncio.Runner(loop_factory=lambda: PortRangeLoop(ports_free)) as runner:
        runner.run(scenario())


def test_a_port_does_not_tell_how_many_connected_before() -> None:
    """A participant sees his own ports; their order would count the others, hidden ones too."""

    async def scenario() -> list[int]:
        loop = asyncio.get_running_loop()
        opened = [
            (await loop.create_datagram_endpoint(asyncio.DatagramProtocol, local_addr=("127.0.0.1", 0)))[0]
            for _ in range(8)
        ]
        ports = [transport.get_extra_info("sockname")[1] for transport in opened]
        for transport in opened:
            transport.close()
        return ports

    with asyncio.Runner(loop_factory=lambda: PortRangeLoop(range(30_000, 32_000))) as runner:
        ports = runner.run(scenario())
    assert all(30_000 <= port < 32_000 for port in ports)
    assert sorted(ports) != ports


def three_free_ports() -> range:
    for first in range(47_000, 60_000, 3):
        with contextlib.ExitStack() as stack:
            try:
                for port in range(first, first + 3):
                    probe = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
                    probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return range(first, first + 3)
    raise AssertionError("no free ports")


def test_the_loop_leaves_named_ports_and_other_errors_alone() -> None:
    async def scenario() -> None:
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(
            asyncio.DatagramProtocol, local_addr=("127.0.0.1", taken)
        )
        transport.close()
        with pytest.raises(OSError) as caught:
            await loop.create_datagram_endpoint(asyncio.DatagramProtocol, local_addr=("192.0.2.7", 0))
        assert caught.value.errno == errno.EADDRNOTAVAIL

    taken = three_free_ports().start
    with asyncio.Runner(loop_factory=lambda: PortRangeLoop(range(1, 2))) as runner:
        runner.run(scenario())


async def test_ice_gathers_exactly_the_addresses_to_listen_on(loopback: None) -> None:
    seams.listen_on(["127.0.0.1", "127.0.0.2"])
    transport = Transport(CERTIFICATE, FastPath, print, lambda: None, time.monotonic)
    assert [(c.ip, c.type) for c in await transport.gather()] == [
        ("127.0.0.1", "host"),
        ("127.0.0.2", "host"),
    ]
    await transport.close()
    seams.listen_on(["192.0.2.7"])
    nowhere = Transport(CERTIFICATE, FastPath, print, lambda: None, time.monotonic)
    with pytest.raises(OSError, match="no address"):
        await nowhere.gather()
    await nowhere.close()


def test_the_machines_addresses_are_addresses_others_can_reach() -> None:
    found = seams.machine_addresses()
    assert found
    assert len(set(found)) == len(found)
    assert found == ["127.0.0.1"] or not any(a.startswith(("127.", "169.254.", "fe80", "::1")) for a in found)


# connections that do not come about


@pytest.mark.usefixtures("loopback")
async def test_a_browser_that_never_comes_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Transport, "HANDSHAKE_LIMIT", 0.2)
    transport = Transport(CERTIFICATE, FastPath, print, lambda: None, time.monotonic)
    await transport.gather()
    started = time.monotonic()
    parameters = RTCDtlsParameters(fingerprints=CERTIFICATE.getFingerprints(), role="auto")
    assert not await transport.connect(RTCIceParameters("abcd", "p" * 22), parameters)
    assert 0.1 < time.monotonic() - started < 2
    await transport.close()


@pytest.mark.usefixtures("loopback")
@pytest.mark.parametrize("fingerprint", [("sha-256", ":".join(["00"] * 32)), ("md5", "00:11")])
async def test_another_certificate_than_the_offered_one_is_refused(fingerprint: tuple[str, str]) -> None:
    gatherer = RTCIceGatherer(iceServers=[])
    ice = RTCIceTransport(gatherer)
    ice._connection.ice_controlling = True
    dtls = RTCDtlsTransport(ice, [RTCCertificate.generateCertificate()])
    dtls._set_role("client")
    node = Transport(CERTIFICATE, FastPath, print, lambda: None, time.monotonic)
    for candidate in await node.gather():
        await ice.addRemoteCandidate(candidate)
    await ice.addRemoteCandidate(None)
    await gatherer.gather()

    async def call() -> None:
        await ice.start(node.ice_parameters)
        await dtls.start(node.dtls_parameters)

    calling = asyncio.create_task(call())
    parameters = RTCDtlsParameters(fingerprints=[RTCDtlsFingerprint(*fingerprint)], role="auto")
    assert not await node.connect(gatherer.getLocalParameters(), parameters)
    await node.close()
    await calling
    await dtls.stop()
    await ice.stop()


# a whole peer


@dataclass
class Owner:
    connected: list[Peer] = field(default_factory=list)
    carrying: list[Peer] = field(default_factory=list)
    closed: list[Peer] = field(default_factory=list)

    def peer_connected(self, peer: Peer) -> None:
        self.connected.append(peer)

    def peer_carries(self, peer: Peer) -> None:
        self.carrying.append(peer)

    def peer_closed(self, peer: Peer) -> None:
        self.closed.append(peer)


def make_peer(kind: SeatKind, announce: str | None = None, path: PathKind = FastPath) -> tuple[Peer, Owner]:
    owner = Owner()
    return Peer("p", "seat", kind, PeerSettings(CERTIFICATE, announce, path), Clock(), owner), owner


def path_of(peer: Peer) -> FastPath | PlainPath:
    assert isinstance(peer._path, FastPath | PlainPath)
    return peer._path


@contextlib.asynccontextmanager
async def called(kind: SeatKind, path: PathKind) -> AsyncIterator[tuple[Peer, Owner, Browser]]:
    """A connected peer and its page."""
    peer, owner = make_peer(kind, path=path)
    try:
        async with browser(kind, peer.accept) as page:
            await eventually(lambda: peer.connected)
            yield peer, owner, page
    finally:
        await peer.close()
        await peer.close()


@pytest.mark.usefixtures("loopback")
async def test_a_librarys_own_peer_connection_is_answered_and_heard() -> None:
    """aiortc's RTCPeerConnection as the browser, its transceivers in the layout's order."""
    peer, owner = make_peer(SeatKind.PARTICIPANT)
    page = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    for plug in LAYOUTS[SeatKind.PARTICIPANT].plugs:
        page.addTransceiver(plug.kind, direction="sendonly")
    for receiving in LAYOUTS[SeatKind.PARTICIPANT].jacks:
        page.addTransceiver(receiving.kind, direction="recvonly")
    heard: list[RtpPacket] = []
    try:
        await page.setLocalDescription(await page.createOffer())
        answer = await peer.accept(page.localDescription.sdp)
        await page.setRemoteDescription(RTCSessionDescription(answer, "answer"))
        await eventually(lambda: owner.connected and page.connectionState == "connected")
        transceivers = page.getTransceivers()
        dtls = transceivers[0].sender.transport
        voice = transceivers[0].sender._ssrc
        payload_type = peer.plugs["voice"]._incoming.payload_type
        for number, payload in enumerate(tone(440)[:5]):
            await dtls._send_rtp(
                rtp_packet(number, number * 960, payload, ssrc=voice, payload_type=payload_type)
            )
        await eventually(lambda: peer.plugs["voice"].reception.packets == 5)

        async def hear(packet: RtpPacket, arrival_time_ms: int) -> None:
            heard.append(packet)

        transceivers[2].receiver._handle_rtp_packet = hear  # type: ignore[method-assign]
        jack = peer.jacks["staff-voice"]
        jack.switch(peer.plugs["voice"])
        peer.plugs["voice"].subscribers = (jack,)
        await dtls._send_rtp(rtp_packet(5, 4800, b"again", ssrc=voice, payload_type=payload_type))
        await eventually(lambda: heard)
        assert (heard[0].payload, heard[0].ssrc, heard[0].marker) == (b"again", jack.ssrc, 1)
        assert heard[0].sequence_number < 0x8001
    finally:
        await page.close()
        await peer.close()
    assert owner.closed == [peer]


@pytest.mark.usefixtures("loopback")
async def test_the_announced_address_comes_first_in_the_answer() -> None:
    peer, _ = make_peer(SeatKind.EXPERT, announce="203.0.113.9")
    page = Browser(SeatKind.EXPERT)
    answer = await peer.accept(await page.offer())
    candidates = [line.split()[4] for line in answer.splitlines() if line.startswith("a=candidate")]
    assert candidates == ["203.0.113.9", "127.0.0.1"] * len(LAYOUTS[SeatKind.EXPERT].jacks)
    await peer.close()
    await page.close()


@pytest.mark.usefixtures("loopback")
async def test_hostile_packets_of_the_peer_itself_cost_only_themselves(path: PathKind) -> None:
    async with called(SeatKind.PARTICIPANT, path) as (peer, owner, page):
        voice, camera = page.ssrcs["voice"], page.ssrcs["camera"]
        own = [ssrc.to_bytes(4, "big") for ssrc in (voice, camera)]
        rtx = next(int.from_bytes(s, "big") for s in peer._path.routes if s not in own)
        hostile = [
            rtp_packet(1, 1, ssrc=voice, extension=(ONE_BYTE, b"\x1f\x01")),
            rtp_packet(2, 2, ssrc=voice, extension=(0x1000, b"\x01\xff\x00")),
            rtp_packet(4, 4, ssrc=voice, payload_type=1),
            rtp_packet(5, 5, b"", ssrc=camera, payload_type=96),
            rtp_packet(6, 6, b"\xff", ssrc=camera, payload_type=96),
            rtp_packet(7, 7, b"\x90\x80", ssrc=camera, payload_type=96),
            rtp_packet(8, 8, b"", ssrc=rtx, payload_type=97),
            rtp_packet(9, 9, b"\x00", ssrc=rtx, payload_type=97),
            rtp_packet(10, 10, b"\x00\x05", ssrc=rtx, payload_type=97, padding=200),
            rtp_packet(11, 11, b"\x00\x05\x10", ssrc=rtx, payload_type=96),
            bytes(rtcp.pli(1, 99)),
            rtcp.nack(1, 99, range(40)),
            b"\x81\xc8\x00\x06" + bytes(24),
            b"\x9f\xc9\x00\x01" + bytes(4),
            b"\x84\xce\x00\x02" + bytes(8),
            b"\x81\xcd\x00\x02" + bytes(8),
            b"\x8f\xce\x00\x05" + bytes(8) + b"REMB\xff\x00\x00\x00" + bytes(4),
            b"\x80\xcb\x00\x00" + bytes(4),
            b"\x81\xca\x00\x02" + bytes(4) + b"\x01\xff\x00\x00",
        ]
        for data in hostile:
            await page.send_raw(data)
        await page.send_raw(rtp_packet(50, 50, b"well", ssrc=voice))
        plug = peer.plugs["voice"]
        await eventually(lambda: plug.newest & 0xFFFF == 50)
        assert not owner.closed
        assert peer.connected
        assert not plug.faults


@pytest.mark.usefixtures("loopback")
async def test_a_flood_is_cut_off_and_the_next_second_is_heard_again(
    path: PathKind, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("media.paths.PACKETS_PER_SECOND", 50)
    async with called(SeatKind.PARTICIPANT, path) as (peer, _, page):
        path_of(peer)._second = peer._clock.now()
        for number in range(200):
            await page.send_raw(rtp_packet(number, number, ssrc=page.ssrcs["voice"]))
        reception = peer.plugs["voice"].reception
        await eventually(lambda: path_of(peer)._in_second >= 200)
        assert reception.packets == 50
        path_of(peer)._second -= 1
        await page.send_raw(rtp_packet(200, 200, ssrc=page.ssrcs["voice"]))
        await eventually(lambda: reception.packets == 51)


@pytest.mark.usefixtures("loopback")
async def test_the_first_word_to_a_publisher_is_his_bit_rate(path: PathKind) -> None:
    async with called(SeatKind.PARTICIPANT, path) as (peer, _, page):
        peer.report(peer._clock.now(), 1_200_000)
        await eventually(lambda: page.rtcp)
        kinds = [type(p).__name__ for p in page.rtcp]
        assert kinds == ["RtcpRrPacket", "RtcpPsfbPacket"]
        remb = page.rtcp[1]
        assert isinstance(remb, RtcpPsfbPacket)
        assert len(RtcpPacket.parse(bytes(remb))) == 1


@pytest.mark.usefixtures("loopback")
async def test_a_bad_offer_leaves_no_socket_behind() -> None:
    peer, owner = make_peer(SeatKind.EXPERT)
    with pytest.raises(ValueError):
        await peer.accept("v=0")
    await peer.close()
    assert owner.closed == [peer]


@pytest.mark.usefixtures("loopback")
async def test_what_a_closed_connection_held_is_gone_without_the_collector(path: PathKind) -> None:
    """A node collects seldom, and hundreds come and go in a day; each holds pictures of two seconds."""

    async def come_and_go() -> "weakref.ref[Plug]":
        async with called(SeatKind.EXAMINER, path) as (peer, owner, page):
            plug = peer.plugs["camera"]
            await page.send("camera", key_frame(), 0)
            await eventually(lambda: plug.newest)
        for noted in (owner.connected, owner.carrying, owner.closed):
            noted.clear()
        return weakref.ref(plug)

    gc.collect()
    gc.disable()
    try:
        left = await come_and_go()
        await eventually(lambda: left() is None)
    finally:
        gc.enable()
