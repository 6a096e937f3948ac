"""Every touch of a private name of aiortc, aioice and pylibsrtp, in one place.

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
import pylibsrtp
from aiortc import RTCCertificate, RTCDtlsTransport, RTCIceGatherer, RTCIceTransport
from aiortc.rtcdtlstransport import RTCDtlsParameters
from aiortc.rtcicetransport import RTCIceCandidate, RTCIceParameters

log = logging.getLogger(__name__)


class PortRangeLoop(asyncio.SelectorEventLoop):
    """An event loop whose datagram endpoints without a port take one of a range (aioice has no such option)."""

    def __init__(self, ports: range) -> None:
        super().__init__()
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


class Transport:
    """One bundled ICE + DTLS connection that carries SRTP, without aiortc's peer connection, tracks and codecs.

    Received RTP and RTCP come in the clear to `on_rtp(data)` and `on_rtcp(data)`, synchronously, for the SSRCs
    in `accepted` only: libsrtp keeps state per SSRC, so a stranger's must never reach it.
    """

    HANDSHAKE_LIMIT = 15.0  # seconds; ICE that cannot succeed would stay "checking" for ever
    MOST_REPORTERS = 64  # senders of RTCP: no offer names them, and libsrtp keeps state for each

    def __init__(
        self,
        certificate: RTCCertificate,
        on_rtp: Callable[[bytes], None],
        on_rtcp: Callable[[bytes], None],
        on_closed: Callable[[], None],
        now: Callable[[], float],
    ) -> None:
        self.accepted: set[int] = set()
        self._reporters: set[bytes] = set()
        self.last_seen = now()
        self.dropped = 0
        self._on_rtp = on_rtp
        self._on_rtcp = on_rtcp
        self._on_closed = on_closed
        self._now = now
        self._gatherer = RTCIceGatherer(iceServers=[])
        self._ice = RTCIceTransport(self._gatherer)
        self._ice._connection.ice_controlling = False
        self._ice._role_set = True
        self._dtls = RTCDtlsTransport(self._ice, [certificate])
        self._closed = False
        self._dtls.on("statechange", self._state_changed)
        self._ice.on("statechange", self._state_changed)

    async def gather(self) -> list[RTCIceCandidate]:
        """Bind the sockets and give the host candidates. OSError if none could be bound."""
        await self._gatherer.gather()
        candidates: list[RTCIceCandidate] = self._gatherer.getLocalCandidates()
        if not candidates:
            raise OSError("no address could be bound")
        self._take_over()
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
        return self._dtls.state == "connected"

    def _take_over(self) -> None:
        """Route media past aiortc: no queue, no task and no coroutine for a packet."""
        connection = self._ice._connection
        for protocol in connection._protocols:
            protocol.datagram_received = self._reader(protocol.datagram_received)  # type: ignore[method-assign, assignment]
        connection.check_incoming = self._witness(connection.check_incoming)  # type: ignore[method-assign]

    def _witness(self, original: Callable[..., None]) -> Callable[..., None]:
        def check_incoming(*check: Any) -> None:  # aioice calls it for authenticated requests only
            self.last_seen = self._now()
            original(*check)

        return check_incoming

    def _reader(self, original: Callable[[Any, Any], None]) -> Callable[[bytes, Any], None]:
        def datagram_received(data: bytes, address: Any) -> None:
            if not data or self._closed:
                return  # an empty datagram, from whomever, would end aiortc's reading task
            if not 127 < data[0] < 192:
                try:
                    original(data, address)
                except Exception:  # hostile STUN or DTLS must not end the socket's reader
                    self.dropped += 1
                return
            try:
                self._media(data)
            except Exception:  # one packet, never the connection (a malformed one may raise anything)
                self.dropped += 1

        return datagram_received

    def _media(self, data: bytes) -> None:
        if len(data) < 12:
            self.dropped += 1
            return
        if 192 <= data[1] <= 223:
            reporter = data[4:8]
            if reporter not in self._reporters and len(self._reporters) >= self.MOST_REPORTERS:
                self.dropped += 1
                return
            plain = self._dtls._rx_srtp.unprotect_rtcp(data)
            self._reporters.add(reporter)
            self.last_seen = self._now()
            self._on_rtcp(plain)
            return
        if int.from_bytes(data[8:12], "big") not in self.accepted:
            self.dropped += 1
            return
        plain = self._dtls._rx_srtp.unprotect(data)
        self.last_seen = self._now()
        self._on_rtp(plain)

    def send_rtp(self, plain: bytes) -> bytes | None:
        """Protect and send; what went out, or None if it could not be sent."""
        try:
            protected = self._dtls._tx_srtp.protect(plain)
        except (pylibsrtp.Error, ValueError):  # ValueError: longer than libsrtp's buffer
            self.dropped += 1
            return None
        self.send_protected(protected)
        return bytes(protected)

    def send_rtcp(self, plain: bytes) -> None:
        if self._closed or self._dtls._tx_srtp is None:
            return
        try:
            self.send_protected(self._dtls._tx_srtp.protect_rtcp(plain))
        except (pylibsrtp.Error, ValueError):
            self.dropped += 1

    def send_protected(self, data: bytes) -> None:
        """Send to the address nominated at this moment: ICE may have moved it since the last packet."""
        pair = self._ice._connection._nominated.get(1)
        if pair is not None and not self._closed:
            pair.protocol.transport.sendto(data, pair.remote_addr)

    @property
    def remote_address(self) -> tuple[str, int] | None:
        pair = self._ice._connection._nominated.get(1)
        return pair.remote_addr if pair is not None else None

    def _state_changed(self) -> None:
        if not self._closed and (
            "closed" in (self._dtls.state, self._ice.state) or self._ice.state == "failed"
        ):
            self._closed = True
            self._on_closed()

    async def close(self) -> None:
        self._closed = True
        await self._dtls.stop()
        await self._ice.stop()
