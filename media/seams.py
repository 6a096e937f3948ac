"""Every touch of a private name of aiortc, aioice and pylibsrtp: connections here, packets in `paths`.

The versions are pinned exactly; `tests/media/test_seams.py` fails when one of these moves.
"""

import asyncio
import errno
import ipaddress
import logging
import random
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

import aioice.ice
import ifaddr
from aiortc import RTCCertificate, RTCDtlsTransport, RTCIceGatherer, RTCIceTransport
from aiortc.rtcdtlstransport import SRTP_PROFILES, RTCDtlsParameters
from aiortc.rtcicetransport import RTCIceCandidate, RTCIceParameters
from OpenSSL import SSL

from .paths import PacketPath, PacketSelector, PathKind, Taker

log = logging.getLogger(__name__)


class PortRangeLoop(asyncio.SelectorEventLoop):
    """An event loop whose datagram endpoints without a port take one of a range (aioice has no such option)."""

    def __init__(self, ports: range) -> None:
        super().__init__(PacketSelector())
        self._ports = ports

    async def create_datagram_endpoint(  # type: ignore[override]
        self, protocol_factory: Any, local_addr: Any = None, **options: Any
    ) -> Any:
        if local_addr is None or local_addr[1] != 0 or not self._ports:
            return await super().create_datagram_endpoint(protocol_factory, local_addr=local_addr, **options)
        first = random.randrange(len(self._ports))  # in turn they would count the connections of others
        for step in range(len(self._ports)):
            port = self._ports[(first + step) % len(self._ports)]
            try:
                return await super().create_datagram_endpoint(
                    protocol_factory, local_addr=(local_addr[0], port), **options
                )
            except OSError as error:
                if error.errno not in (errno.EADDRINUSE, errno.EACCES):
                    raise
        raise OSError(f"no free UDP port in {self._ports.start}-{self._ports.stop - 1}")


def machine_addresses() -> list[str]:
    """The machine's own addresses that others can reach; the loopback one if there is no other."""
    found: list[str] = []
    for adapter in ifaddr.get_adapters():
        for ip in adapter.ips:
            if isinstance(ip.ip, str):
                found.append(ip.ip)
            elif ip.ip[2] == 0:  # scope 0: not link-local
                found.append(ip.ip[0])
    reachable = []
    for text in found:
        address = ipaddress.ip_address(text)
        if not (address.is_loopback or address.is_link_local):
            reachable.append(text)
    return reachable or ["127.0.0.1"]


def listen_on(addresses: Sequence[str]) -> None:
    """Let ICE gather exactly these addresses (aioice knows no bind address and skips the loopback one)."""
    chosen = list(addresses)
    aioice.ice.get_host_addresses = lambda use_ipv4, use_ipv6: chosen


class NodeCertificate(RTCCertificate):
    """The certificate of all connections, with one OpenSSL context for them: it is larger than a connection."""

    _context: SSL.Context | None = None

    def _create_ssl_context(self, srtp_profiles: Any) -> SSL.Context:
        if self._context is None:
            self._context = super()._create_ssl_context(srtp_profiles)
            self._context.set_session_cache_mode(SSL.SESS_CACHE_OFF)  # it would keep them all, for nobody
        return self._context


# The quickest first: 256 bits more would protect nothing that 128 do not.
SUITES = sorted(SRTP_PROFILES, key=lambda profile: profile.openssl_profile != b"SRTP_AEAD_AES_128_GCM")


async def _nothing() -> None:
    """In place of aioice's consent checks: the browser's own, every 2.5 s, say as much, and whoever closes a silent
    connection (`last_seen`) need not wait for thirty seconds."""


def _say_nothing(*refusal: Any) -> None:
    """In place of aioice's error responses: to a stranger every answer is one too many."""


class Transport:
    """One bundled ICE + DTLS connection that carries SRTP, without aiortc's peer connection, tracks and codecs.

    Media goes by `path`, whose takers are called synchronously with what came, in the clear.
    """

    HANDSHAKE_LIMIT = 15.0  # seconds; ICE that cannot succeed would stay "checking" for ever
    MOST_UNREAD = 64  # datagrams that wait for the handshake; aioice would keep any number
    MOST_PAIRS = 16  # of addresses, the browser's and ours
    LONGEST = 1500  # bytes of a datagram
    DTLS_PER_SECOND = 20  # datagrams of an established connection

    def __init__(
        self,
        certificate: RTCCertificate,
        path: PathKind,
        on_rtcp: Taker,
        on_closed: Callable[[], None],
        now: Callable[[], float],
    ) -> None:
        self._on_closed = on_closed
        self._now = now
        self._gatherer = RTCIceGatherer(iceServers=[])
        self._ice = RTCIceTransport(self._gatherer)
        self._ice._connection.ice_controlling = False
        self._ice._role_set = True
        self._dtls = RTCDtlsTransport(self._ice, [certificate])
        self._dtls._srtp_profiles = SUITES
        self.path: PacketPath = path(self._dtls, on_rtcp, now)
        self.refused = 0  # datagrams that went no further
        self._vouched: deque[tuple[str, int]] = deque(
            maxlen=self.MOST_PAIRS
        )  # addresses of authenticated checks
        self._second = 0.0
        self._in_second = 0
        self._closed = False
        self._dtls.on("statechange", self._state_changed)
        self._ice.on("statechange", self._state_changed)

    async def gather(self) -> list[RTCIceCandidate]:
        """Bind the sockets and give the host candidates. OSError if none could be bound."""
        await self._gatherer.gather()
        candidates: list[RTCIceCandidate] = self._gatherer.getLocalCandidates()
        if not candidates:
            raise OSError("no address could be bound")
        connection = self._ice._connection
        connection.check_incoming = self._witness(connection.check_incoming)  # type: ignore[method-assign]
        connection.data_received = self._data_alone(connection.data_received)  # type: ignore[method-assign, assignment]
        connection.respond_error = _say_nothing  # type: ignore[method-assign, assignment]
        connection.query_consent = _nothing  # type: ignore[method-assign]
        for protocol in connection._protocols:
            protocol.datagram_received = self._guarded(protocol.datagram_received)  # type: ignore[method-assign, assignment]
            self.path.watch(protocol)
        return candidates

    @property
    def ice_parameters(self) -> RTCIceParameters:
        return self._gatherer.getLocalParameters()

    @property
    def dtls_parameters(self) -> RTCDtlsParameters:
        return self._dtls.getLocalParameters()

    async def connect(self, ice: RTCIceParameters, dtls: RTCDtlsParameters) -> bool:
        """Wait for the browser's checks and the handshake; True once media can flow.

        The node is the handshake's server: so it has the choice of the SRTP suite, AES-GCM where the browser has it,
        and the browser repeats what is lost, after 50 ms where OpenSSL would wait for a second.
        """
        self._dtls._set_role("server")
        try:
            async with asyncio.timeout(self.HANDSHAKE_LIMIT):
                await self._ice.start(ice)
                if self._ice.state != "completed":
                    return False
                await self._dtls.start(dtls)
        except TimeoutError:
            return False
        except Exception:  # whatever a hostile handshake brings about concerns this connection alone
            log.exception("x handshake")
            return False
        if self._dtls.state != "connected":
            return False
        self.path.start()
        return True

    def _witness(self, original: Callable[..., None]) -> Callable[..., None]:
        """aioice calls this for authenticated requests only."""
        connection = self._ice._connection

        def check_incoming(message: Any, address: tuple[str, int], protocol: Any) -> None:
            self.path.last_seen = self._now()
            if address not in self._vouched:
                if len(connection._check_list) >= self.MOST_PAIRS:
                    self._forget_a_pair()
                self._vouched.append(address)
            for pair in connection._check_list:
                if pair.task is not None and pair.task.done():
                    # Another pair was nominated meanwhile, and aioice left this one for ever "in progress".
                    pair.task, pair.state = None, pair.State.FAILED
            original(message, address, protocol)

        return check_incoming

    def _forget_a_pair(self) -> None:
        """The least that is not in use: aioice keeps any number, and whoever has the key can make them."""
        connection = self._ice._connection
        nominated = connection._nominated.values()
        pair = next(pair for pair in reversed(connection._check_list) if pair not in nominated)
        if pair.task is not None:
            pair.task.cancel()
        connection._check_list.remove(pair)
        if pair.remote_candidate in connection._remote_candidates:
            connection._remote_candidates.remove(pair.remote_candidate)

    def _data_alone(self, original: Callable[[bytes, int], None]) -> Callable[[bytes, int], None]:
        """What is nearly STUN aioice would hand on as data, and keep until somebody reads it."""

        def data_received(data: bytes, component: int) -> None:
            if data[0] < 20:
                self.refused += 1
            else:
                original(data, component)

        return data_received

    def _guarded(self, original: Callable[[bytes, Any], None]) -> Callable[[bytes, Any], None]:
        """What may reach aioice and, in its unbounded queue, aiortc: STUN, and DTLS of an address that STUN knows."""
        waiting = self._ice._connection._queue

        def datagram_received(data: bytes, address: Any) -> None:
            first = data[0] if 0 < len(data) <= self.LONGEST else 255
            if (
                first < 4
                or 127 < first < 192
                or (
                    19 < first < 64
                    and address[:2] in self._vouched
                    and waiting.qsize() < self.MOST_UNREAD
                    and (self._dtls.state != "connected" or self._may_still(first))
                )
            ):
                original(data, address)
            else:
                self.refused += 1

        return datagram_received

    def _may_still(self, first: int) -> bool:
        """Whether DTLS may come of an established connection: its end, and what was repeated, but no data."""
        now = self._now()
        if now - self._second >= 1.0:
            self._second, self._in_second = now, 0
        self._in_second += 1
        return first != 23 and self._in_second <= self.DTLS_PER_SECOND

    @property
    def remote_address(self) -> tuple[str, int] | None:
        pair = self._ice._connection._nominated.get(1)
        return pair.remote_addr if pair is not None else None

    def _state_changed(self) -> None:
        if not self._closed and (
            "closed" in (self._dtls.state, self._ice.state) or self._ice.state == "failed"
        ):
            self._closed = True
            self.path.stop()
            self._on_closed()

    async def close(self) -> None:
        self._closed = True
        self.path.stop()
        connection = self._ice._connection
        protocols = list(connection._protocols)
        await self._dtls.stop()
        await self._ice.stop()
        # What hangs together in circles would wait for the collector, and that hardly ever comes by.
        self._on_closed = _say_nothing
        self._dtls.remove_all_listeners()
        self._ice.remove_all_listeners()
        for name in ("check_incoming", "data_received", "respond_error", "query_consent"):
            connection.__dict__.pop(name, None)
        connection._check_list.clear()
        for protocol in protocols:
            protocol.__dict__.pop("datagram_received", None)
