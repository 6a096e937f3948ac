"""The packet path: how SRTP gets from a connection's socket to its plugs, and from jacks to its socket.

`PacketPath` is all that the node asks of one, so that another, a native one too, can take the place. There are two:

- `FastPath` reads the sockets itself and calls libsrtp on one buffer: no task, no coroutine, no needless copy.
- `PlainPath` leaves reading to aiortc and uses the public calls of pylibsrtp: slower, and the fallback should a new
  version of a library move what the fast one touches.

Both take the same tests. Whatever a packet brings about, it concerns this packet alone.
"""

import asyncio
import contextlib
import errno
import select
import selectors
import socket
from collections.abc import Callable
from typing import Any, Protocol

import pylibsrtp
from aiortc import RTCDtlsTransport
from pylibsrtp._binding import ffi, lib  # type: ignore[import-not-found]

from . import stun

Taker = Callable[[bytes, float], None]  # of a packet in the clear and the monotonic second of its arrival

RTCP_PER_SECOND, RTCP_BYTES_PER_SECOND = 300, 40_000  # parsing costs more than forwarding
MOST_REPORTERS = 64  # senders of RTCP: no offer names them, and libsrtp keeps state for each
PACKETS_PER_SECOND = 3000  # a connection's ceiling; a pupil's voice and camera are ≈ 170


class Sender(Protocol):
    """What a jack needs of a connection."""

    def send(self, head: bytes, payload: bytes) -> bytes | None:
        """Protect and send a packet of header and payload; what went out, or None if it could not be sent."""

    def resend(self, protected: bytes) -> None:
        """Send again what went out before."""

    def send_rtcp(self, plain: bytes) -> None:
        """Protect and send RTCP."""


class PacketPath(Sender, Protocol):
    """One connection's packets. `routes` has a taker for each SSRC (4 bytes) that the offer named, and no other.

    libsrtp keeps state per SSRC, so a stranger's must never reach it. RTCP goes to `on_rtcp`.
    """

    routes: dict[bytes, Taker]
    last_seen: float  # monotonic seconds of the last authenticated packet
    last_media: float | None  # the same of RTP alone; None before the first
    dropped: int  # packets refused, malformed, unauthenticated, or that could not be sent

    def watch(self, protocol: Any) -> None:
        """Take over the datagrams of one of aioice's sockets."""

    def start(self) -> None:
        """The handshake is done: media flows from now on."""

    def stop(self) -> None:
        """Nothing is taken or sent any more."""


def _nobody(data: bytes, arrival: float) -> None:
    """Takes what comes to a path that has stopped."""


class _Path:
    """What both have in common: who may send how much, and where to send."""

    def __init__(self, dtls: RTCDtlsTransport, on_rtcp: Taker, now: Callable[[], float]) -> None:
        self.routes: dict[bytes, Taker] = {}
        self.last_seen = now()
        self.last_media: float | None = None
        self.dropped = 0
        self._dtls = dtls
        self._nominated = dtls.transport._connection._nominated
        self._on_rtcp = on_rtcp
        self._now = now
        self._running = False
        self._reporters: set[bytes] = set()
        self._second = 0.0
        self._in_second = 0
        self._reports_second = 0.0
        self._reports = 0
        self._report_bytes = 0

    def start(self) -> None:
        self._running = True

    def stop(self) -> None:
        self._running = False
        self.routes.clear()
        self._on_rtcp = _nobody

    def _too_many(self, now: float) -> bool:
        if now - self._second >= 1.0:
            self._second, self._in_second = now, 0
        self._in_second += 1
        return self._in_second > PACKETS_PER_SECOND

    def _may_report(self, sender: bytes) -> bool:
        return sender in self._reporters or len(self._reporters) < MOST_REPORTERS

    def _take_rtcp(self, data: bytes, now: float) -> None:
        """An authenticated report."""
        self._reporters.add(data[4:8])
        self.last_seen = now
        if now - self._reports_second >= 1.0:
            self._reports_second, self._reports, self._report_bytes = now, 0, 0
        self._reports += 1
        self._report_bytes += len(data)
        if self._reports <= RTCP_PER_SECOND and self._report_bytes <= RTCP_BYTES_PER_SECOND:
            self._on_rtcp(data, now)
        else:
            self.dropped += 1

    def _take_rtp(self, data: bytes, now: float) -> None:
        """An authenticated packet of an SSRC with a route."""
        self.last_seen = self.last_media = now
        if not self._too_many(now):
            self.routes[data[8:12]](data, now)


class PlainPath(_Path):
    """aiortc reads and pylibsrtp's sessions protect (FORWARDING.md, C2)."""

    def watch(self, protocol: Any) -> None:
        original = protocol.datagram_received

        def datagram_received(data: bytes, address: Any) -> None:
            if not data:
                return  # it would end aiortc's reading task
            if 127 < data[0] < 192 and not self._running:
                return  # media before the handshake would wait in a queue without an end
            try:
                original(data, address)
            except Exception:  # hostile STUN or DTLS must not end the socket's reader
                self.dropped += 1

        protocol.datagram_received = datagram_received

    def start(self) -> None:
        super().start()
        self._dtls._rx_srtp = _Guard(self, self._dtls._rx_srtp)  # type: ignore[assignment]
        self._dtls._handle_rtp_data = self._handle_rtp_data  # type: ignore[method-assign]
        self._dtls._handle_rtcp_data = self._handle_rtcp_data  # type: ignore[method-assign]

    async def _handle_rtp_data(self, data: bytes, arrival_time_ms: int) -> None:
        try:
            self._take_rtp(data, self._now())
        except Exception:
            self.dropped += 1

    async def _handle_rtcp_data(self, data: bytes) -> None:
        try:
            self._take_rtcp(data, self._now())
        except Exception:
            self.dropped += 1

    def send(self, head: bytes, payload: bytes) -> bytes | None:
        if not self._running:
            return None
        try:
            protected = bytes(self._dtls._tx_srtp.protect(head + payload))
        except (pylibsrtp.Error, ValueError):  # ValueError: longer than libsrtp's buffer
            self.dropped += 1
            return None
        self.resend(protected)
        return protected

    def resend(self, protected: bytes) -> None:
        pair = self._nominated.get(1)  # read at each sending: ICE may have moved it since the last packet
        if pair is not None and self._running:
            pair.protocol.transport.sendto(protected, pair.remote_addr)

    def send_rtcp(self, plain: bytes) -> None:
        if not self._running:
            return
        try:
            protected = self._dtls._tx_srtp.protect_rtcp(plain)
        except (pylibsrtp.Error, ValueError):
            self.dropped += 1
            return
        self.resend(bytes(protected))


class _Refused(pylibsrtp.Error):
    """aiortc takes it as what libsrtp did not authenticate."""

    def __init__(self) -> None:
        Exception.__init__(self, "refused")


class _Guard:
    """A receiving session that lets nothing reach libsrtp but what may."""

    def __init__(self, path: PlainPath, session: pylibsrtp.Session) -> None:
        self._path = path
        self._session = session

    def unprotect(self, data: bytes) -> bytes:
        return self._open(data, len(data) >= 12 and data[8:12] in self._path.routes, self._session.unprotect)

    def unprotect_rtcp(self, data: bytes) -> bytes:
        return self._open(data, self._path._may_report(data[4:8]), self._session.unprotect_rtcp)

    def _open(self, data: bytes, may: bool, unprotect: Callable[[bytes], bytes]) -> bytes:
        try:
            if may and self._path._running:
                return bytes(unprotect(data))
        except Exception as error:
            self._path.dropped += 1
            raise _Refused from error
        self._path.dropped += 1
        raise _Refused


RECEIVE_BUFFER = 1 << 20  # bytes, as far as the system lets us: large key frames come at once
MOST_EVENTS = 256  # descriptors looked at in one turn


class PacketSelector(selectors.EpollSelector):
    """A selector that hands datagrams to their readers itself, without a turn of the event loop for each."""

    def __init__(self) -> None:
        super().__init__()
        self._readers: dict[int, Callable[[], None]] = {}

    def take(self, fd: int, read: Callable[[], None]) -> None:
        """From now on `read()` is called when there is something at this registered descriptor."""
        self._readers[fd] = read

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        key = super().unregister(fileobj)
        self._readers.pop(key.fd, None)
        return key

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        keys, readers, ready = self.get_map(), self._readers, []
        try:
            events = self._selector.poll(timeout if timeout is None else max(timeout, 0.0), MOST_EVENTS)  # type: ignore[attr-defined]
        except InterruptedError:
            return []
        for fd, event in events:
            read = readers.get(fd)
            if read is not None and event & ~select.EPOLLOUT:
                read()
                event &= select.EPOLLOUT
            if event and fd in keys:
                key = keys[fd]
                mask = (event & ~select.EPOLLIN and selectors.EVENT_WRITE) | (
                    event & ~select.EPOLLOUT and selectors.EVENT_READ
                )
                if mask & key.events:
                    ready.append((key, mask & key.events))
        return ready


# One buffer for all that comes and one for all that goes: a node has one thread for packets, and what is hot stays hot.
_ROOM = 2048
_MOST = _ROOM - 160  # before libsrtp's trailer
_IN = ffi.new("char[]", _ROOM)
_IN_BUFFER = ffi.buffer(_IN)  # its slices are bytes
_IN_VIEW = memoryview(_IN_BUFFER).cast("B")
_OUT = ffi.new("char[]", _ROOM)
_OUT_BUFFER = ffi.buffer(_OUT)
_LENGTH = ffi.new("int *")
_unprotect, _protect = lib.srtp_unprotect, lib.srtp_protect


def _nowhere(data: bytes) -> None:
    raise OSError(errno.EDESTADDRREQ, "no pair is nominated")


class FastPath(_Path):
    """Reads its sockets itself, a datagram at a wake-up, and calls libsrtp on one buffer (FORWARDING.md, C3d).

    To the nominated address it talks by a socket of the same port that is connected to it: the kernel then looks up
    route and address once, and hands that socket what comes from there. Everybody else is heard by aioice's own, so
    a browser may come from another address at any time.
    """

    def __init__(self, dtls: RTCDtlsTransport, on_rtcp: Taker, now: Callable[[], float]) -> None:
        super().__init__(dtls, on_rtcp, now)
        self._rx: Any = None  # libsrtp's sessions
        self._tx: Any = None
        self._loop: Any = asyncio.get_running_loop()
        self._pair: Any = None  # the pair for which the following are
        self._put: Callable[[bytes], object] = _nowhere
        self._connected: socket.socket | None = None
        self._others: dict[
            Any, Callable[[bytes, Any], None]
        ] = {}  # by aioice's protocol: who takes STUN and DTLS

    def start(self) -> None:
        super().start()
        self._rx = self._dtls._rx_srtp._srtp[0]
        self._tx = self._dtls._tx_srtp._srtp[0]

    def stop(self) -> None:
        super().stop()
        self._others.clear()
        self._disconnect()
        self._put = _nowhere

    def watch(self, protocol: Any) -> None:
        transport = protocol.transport
        self._others[protocol] = protocol.datagram_received
        receive = transport._sock.recvfrom_into

        def read() -> None:
            try:
                size, address = receive(_IN_VIEW)
            except (BlockingIOError, InterruptedError):
                return
            except OSError as error:  # what ICMP told of an address
                protocol.error_received(error)
                return
            self._received(size, protocol, address)

        if isinstance(self._loop._selector, PacketSelector):
            self._loop._selector.take(transport._sock_fd, read)
        else:
            self._loop._remove_reader(transport._sock_fd)
            self._loop._add_reader(transport._sock_fd, read)

    def _received(self, size: int, protocol: Any, address: Any) -> None:
        """A datagram, in the buffer."""
        if not size:
            return
        try:
            if 127 < _IN_VIEW[0] < 192:
                if self._running:
                    self._take(size)
            elif not self._checked(_IN_BUFFER[0:size], protocol, address):
                others = self._others.get(protocol)
                if others is not None:
                    others(_IN_BUFFER[0:size], address)
        except Exception:  # one datagram, never the connection: hostile ones raise whatever they find
            self.dropped += 1

    def _checked(self, data: bytes, protocol: Any, address: Any) -> bool:
        """Whether it was one of the nominated pair's checks, which is answered."""
        pair: Any = self._nominated.get(1)
        if data[0] > 3 or pair is None or pair.protocol is not protocol or address[:2] != pair.remote_addr:
            return False
        connection = self._dtls.transport._connection
        user = f"{connection.local_username}:{connection.remote_username}".encode()
        said = stun.answer(data, pair.remote_addr, user, connection.local_password.encode())
        if said is None:
            return False
        self.last_seen = self._now()
        protocol.transport.sendto(said, address)
        return True

    def _take(self, size: int) -> None:
        view = _IN_VIEW
        if size < 12:
            self.dropped += 1
            return
        now = self._now()
        if 192 <= view[1] <= 223:
            _LENGTH[0] = size
            if not self._may_report(_IN_BUFFER[4:8]) or lib.srtp_unprotect_rtcp(self._rx, _IN, _LENGTH):
                self.dropped += 1
                return
            self._take_rtcp(_IN_BUFFER[0 : _LENGTH[0]], now)
            return
        taker = self.routes.get(_IN_BUFFER[8:12])
        if taker is None:
            self.dropped += 1
            return
        _LENGTH[0] = size
        if _unprotect(self._rx, _IN, _LENGTH):
            self.dropped += 1
            return
        self.last_seen = self.last_media = now
        if now - self._second >= 1.0:
            self._second, self._in_second = now, 0
        self._in_second += 1
        if self._in_second <= PACKETS_PER_SECOND:
            taker(_IN_BUFFER[0 : _LENGTH[0]], now)

    def send(self, head: bytes, payload: bytes) -> bytes | None:
        plain = head + payload
        size = len(plain)
        if not self._running or size > _MOST:
            self.dropped += 1
            return None
        _OUT_BUFFER[0:size] = plain
        _LENGTH[0] = size
        if _protect(self._tx, _OUT, _LENGTH):
            self.dropped += 1
            return None
        protected: bytes = _OUT_BUFFER[0 : _LENGTH[0]]
        self.resend(protected)
        return protected

    def resend(self, protected: bytes) -> None:
        if not self._running:
            return
        if self._nominated.get(1) is not self._pair:
            self._point()
        try:
            self._put(protected)
        except OSError as error:
            self._failed(error, protected)

    def _point(self) -> None:
        """Take the pair that ICE has nominated: it may have moved since the last packet."""
        pair: Any = self._nominated.get(1)
        before, self._pair = self._pair, pair
        self._put = _nowhere
        if pair is None:
            return
        if before is not None and before.protocol is not pair.protocol:
            self._disconnect()
        try:
            self._put = self._connect(pair).send
        except OSError:
            aioices, address = pair.protocol.transport._sock, pair.remote_addr
            self._put = lambda protected: aioices.sendto(protected, address)

    def _connect(self, pair: Any) -> socket.socket:
        """The socket for this pair alone. The port stays ours: who binds one of the range does so exclusively."""
        if self._connected is None:
            aioices, protocol = pair.protocol.transport._sock, pair.protocol
            aioices.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # only now, when the port is bound
            made = socket.socket(aioices.family, socket.SOCK_DGRAM)
            try:
                made.setblocking(False)
                made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
                made.bind(aioices.getsockname())
                made.connect(pair.remote_addr)
                with contextlib.suppress(BlockingIOError):
                    while True:  # from whomever, between the two
                        made.recv_into(_IN_VIEW)
            except BaseException:
                made.close()
                raise
            self._connected = made
            receive = made.recv_into

            def read() -> None:
                try:
                    size = receive(_IN_VIEW)
                except OSError:  # nothing there after all, or what ICMP told of the address
                    return
                self._received(size, protocol, self._pair.remote_addr if self._pair is not None else ("", 0))

            self._loop.add_reader(made, read)
            if isinstance(self._loop._selector, PacketSelector):
                self._loop._selector.take(made.fileno(), read)
        else:
            self._connected.connect(pair.remote_addr)
        return self._connected

    def _disconnect(self) -> None:
        if self._connected is not None:
            self._loop.remove_reader(self._connected)
            self._connected.close()
            self._connected = None

    def _failed(self, error: OSError, protected: bytes) -> None:
        if isinstance(error, BlockingIOError) and self._pair is not None:
            self._pair.protocol.transport.sendto(protected, self._pair.remote_addr)  # asyncio waits for room
            return
        try:  # what the kernel told was of an earlier packet, which has gone; this one has not been tried
            self._put(protected)
        except OSError:
            self.dropped += 1

    def send_rtcp(self, plain: bytes) -> None:
        size = len(plain)
        if not self._running or size > _MOST:
            self.dropped += size > _MOST
            return
        _OUT_BUFFER[0:size] = plain
        _LENGTH[0] = size
        if lib.srtp_protect_rtcp(self._tx, _OUT, _LENGTH):
            self.dropped += 1
            return
        self.resend(_OUT_BUFFER[0 : _LENGTH[0]])


PathKind = type[PlainPath] | type[FastPath]
PATHS: dict[str, PathKind] = {"fast": FastPath, "plain": PlainPath}
