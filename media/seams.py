"""Every touch of a private name of aiortc, aioice and pylibsrtp: connections here, packets in `paths`.

The versions are pinned exactly; `tests/media/test_seams.py` fails when one of these moves.
"""

import asyncio
import errno
import ipaddress
import logging
import random
from collections.abc import Callable, Sequence
from typing import Any

import aioice.ice
import ifaddr
from aiortc import RTCCertificate, RTCDtlsTransport, RTCIceGatherer, RTCIceTransport
from aiortc.rtcdtlstransport import RTCDtlsParameters
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


async def _nothing() -> None:
    """In place of aioice's consent checks: the browser's own, every 2.5 s, say as much, and whoever closes a silent
    connection (`last_seen`) need not wait for thirty seconds."""


class Transport:
    """One bundled ICE + DTLS connection that carries SRTP, without aiortc's peer connection, tracks and codecs.

    Media goes by `path`, whose takers are called synchronously with what came, in the clear.
    """

    HANDSHAKE_LIMIT = 15.0  # seconds; ICE that cannot succeed would stay "checking" for ever
    MOST_UNREAD = 64  # datagrams that wait for the handshake; aioice would keep any number

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
        self.path: PacketPath = path(self._dtls, on_rtcp, now)
        self.unread = 0  # datagrams beyond those
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
        connection.data_received = self._doorkeeper(connection.data_received)  # type: ignore[method-assign, assignment]
        connection.query_consent = _nothing  # type: ignore[method-assign]
        for protocol in connection._protocols:
            self.path.watch(protocol)
        return candidates

    @property
    def ice_parameters(self) -> RTCIceParameters:
        return self._gatherer.getLocalParameters()

    @property
    def dtls_parameters(self) -> RTCDtlsParameters:
        return self._dtls.getLocalParameters()

    async def connect(self, ice: RTCIceParameters, dtls: RTCDtlsParameters) -> bool:
        """Wait for the browser's checks and the handshake; True once media can flow."""
        self._dtls._set_role("server" if dtls.role == "client" else "client")
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
        def check_incoming(*check: Any) -> None:  # aioice calls it for authenticated requests only
            self.path.last_seen = self._now()
            original(*check)

        return check_incoming

    def _doorkeeper(self, original: Callable[[bytes, int], None]) -> Callable[[bytes, int], None]:
        waiting = self._ice._connection._queue

        def data_received(data: bytes, component: int) -> None:
            if waiting.qsize() < self.MOST_UNREAD:
                original(data, component)
            else:
                self.unread += 1

        return data_received

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
        await self._dtls.stop()
        await self._ice.stop()
