"""A browser's end of one connection, cheap enough to hold a thousand: its own UDP socket, ICE between known addresses,
DTLS by OpenSSL, SRTP by libsrtp.

Packets are protected one by one; received media is counted by its clear header, and only a sample is decrypted.
The moment of arrival is the kernel's, so that a late reader measures nothing of itself.
"""

import contextlib
import datetime
import hashlib
import secrets
import socket
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from aiortc.rtp import (
    RTCP_PSFB_PLI,
    RtcpPacket,
    RtcpPsfbPacket,
    RtcpReceiverInfo,
    RtcpRrPacket,
    RtcpSenderInfo,
    RtcpSrPacket,
)
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from OpenSSL import SSL
from pylibsrtp import Error, Policy, Session

from media import stun

SO_TIMESTAMPNS = 35  # Linux; not in Python's socket module
TIMESPEC = struct.Struct("@qq")
CHECK_EVERY = 2.5  # seconds between two connectivity checks, as Chromium's
REPORT_EVERY = 1.0
NTP_EPOCH = 2_208_988_800
SAMPLE = 8  # of so many packets of a stream one is decrypted
MAGIC = b"\xc0\xffee"  # before the time of sending at the end of a payload
TRAILER = struct.Struct(">4sQ")  # magic, time.time_ns()

# Name for OpenSSL, profile of libsrtp, length of key and salt.
SUITES = {
    "gcm": (b"SRTP_AEAD_AES_128_GCM", Policy.SRTP_PROFILE_AEAD_AES_128_GCM, 16, 12),
    "sha1": (b"SRTP_AES128_CM_SHA1_80", Policy.SRTP_PROFILE_AES128_CM_SHA1_80, 16, 14),
}


@dataclass(frozen=True)
class Identity:
    """A certificate, one for all endpoints of a run, and the one SRTP suite they accept."""

    context: SSL.Context
    fingerprint: str
    suite: str


def identity(suite: str) -> Identity:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "bench")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=30))
        .sign(key, hashes.SHA256())
    )
    context = SSL.Context(SSL.DTLS_METHOD)
    context.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT, lambda *_: True)
    context.use_certificate(certificate)
    context.use_privatekey(key)
    context.set_tlsext_use_srtp(SUITES[suite][0])
    digest = hashlib.sha256(certificate.public_bytes(serialization.Encoding.DER)).hexdigest().upper()
    return Identity(context, ":".join(digest[i : i + 2] for i in range(0, 64, 2)), suite)


@dataclass(slots=True, eq=False)
class Inlet:
    """A received stream. `delays` are nanoseconds from sending to arrival, of the sampled packets."""

    kind: str
    packets: int = 0
    delays: list[int] = field(default_factory=list)
    highest: int = 0  # sequence number on the wire, of the last sample
    lost: int = 0  # numbers left out between samples


class Endpoint:
    """One connection. The other end is told `ufrag`, `password`, `address` and takes the DTLS client's part."""

    def __init__(self, host: str, who: Identity) -> None:
        self.ufrag = secrets.token_hex(4)
        self.password = secrets.token_hex(12)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setblocking(False)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self.socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self.socket.bind((host, 0))
        self.address: tuple[str, int] = self.socket.getsockname()
        self.inlets: dict[bytes, Inlet] = {}  # by SSRC as on the wire
        self.on_pli: dict[int, Callable[[], None]] = {}  # by SSRC of what is sent
        self.senders: dict[int, Callable[[], tuple[int, int, int]]] = {}  # SSRC → RTP time, packets, octets
        self.connected = False
        self.closed = False
        self.unsent = 0
        self._identity = who
        self._ssl = SSL.Connection(who.context)
        self._ssl.set_accept_state()
        self._active = False
        self._secured = False
        self._answered = False
        self._remote: tuple[str, int] | None = None
        self._request: tuple[list[tuple[int, bytes]], bytes] = ([], b"")
        self._next_check = self._next_report = 0.0
        self._transaction = b""
        self._tx: Session | None = None
        self._rx: Session | None = None
        self._ssrc = secrets.randbits(31) | 1

    def begin(
        self,
        ufrag: str,
        password: str,
        remote: tuple[str, int],
        *,
        controlling: bool = True,
        active: bool = False,
    ) -> None:
        """Connect to the other end; `upkeep` and `datagram` do the rest. `active` begins the DTLS handshake."""
        self._active = active
        if active:
            self._ssl.set_connect_state()
        role = (stun.CONTROLLING if controlling else stun.CONTROLLED, secrets.token_bytes(8))
        nominate = [(stun.USE_CANDIDATE, b"")] if controlling else []
        username = f"{ufrag}:{self.ufrag}".encode()
        priority = struct.pack(">I", 1_853_824_767)
        attributes = [(stun.USERNAME, username), (stun.PRIORITY, priority), role, *nominate]
        self._request = (attributes, password.encode())
        self._remote = remote
        self.socket.connect(remote)

    # out

    def send_rtp(self, plain: bytes) -> None:
        assert self._tx is not None
        self._send(self._tx.protect(plain))

    def send_rtcp(self, plain: bytes) -> None:
        assert self._tx is not None
        self._send(self._tx.protect_rtcp(plain))

    def send_raw(self, data: bytes) -> None:
        """Any bytes at all, as they are."""
        self._send(data)

    def _send(self, data: bytes) -> None:
        try:
            self.socket.send(data)
        except (
            OSError
        ):  # a full buffer or a closed port; what did not arrive is found missing at the receivers
            self.unsent += 1

    def upkeep(self, now: float) -> None:
        """Several times a second: connectivity checks, DTLS retransmissions, RTCP."""
        if self._remote is None or self.closed:
            return
        if now >= self._next_check:
            self._next_check = now + (CHECK_EVERY if self._answered else 0.1)
            self._transaction = secrets.token_bytes(12)
            attributes, password = self._request
            self._send(stun.message(stun.REQUEST, self._transaction, attributes, password))
        if not self._secured:
            with contextlib.suppress(SSL.Error):
                self._ssl.DTLSv1_handle_timeout()
            self._flush()
        elif now >= self._next_report:
            self._next_report = now + REPORT_EVERY
            self._report()

    def _report(self) -> None:
        assert self._tx is not None
        wall = time.time()
        for ssrc, state in self.senders.items():
            timestamp, packets, octets = state()
            if packets:
                info = RtcpSenderInfo(
                    ntp_timestamp=int((wall + NTP_EPOCH) * 2**32),
                    rtp_timestamp=timestamp & 0xFFFF_FFFF,
                    packet_count=packets,
                    octet_count=octets,
                )
                self._send(self._tx.protect_rtcp(bytes(RtcpSrPacket(ssrc=ssrc, sender_info=info))))
        blocks = [
            RtcpReceiverInfo(
                ssrc=int.from_bytes(ssrc, "big"),
                fraction_lost=0,
                packets_lost=0,
                highest_sequence=inlet.highest,
                jitter=0,
                lsr=0,
                dlsr=0,
            )
            for ssrc, inlet in self.inlets.items()
            if inlet.packets
        ]
        if blocks:
            self._send(self._tx.protect_rtcp(bytes(RtcpRrPacket(ssrc=self._ssrc, reports=blocks))))

    # in

    def read(self) -> None:
        """Take what has come; after `vanish` without a look at it."""
        receive = self.socket.recvmsg
        inlets = self.inlets
        for _ in range(16):
            try:
                data, ancillary, _, _ = receive(2048, 64)
            except OSError:  # nothing more
                return
            if self.closed:
                continue
            if len(data) > 12 and 127 < data[0] < 192 and not 192 <= data[1] <= 223:
                inlet = inlets.get(data[8:12])
                if inlet is None:
                    continue
                inlet.packets += 1
                if inlet.packets % SAMPLE == 0:
                    self._sample(inlet, data, ancillary)
            elif data:
                self._other(data)

    def _sample(self, inlet: Inlet, data: bytes, ancillary: list[tuple[int, int, bytes]]) -> None:
        assert self._rx is not None
        number = data[2] << 8 | data[3]
        if inlet.packets > SAMPLE:
            inlet.lost += ((number - inlet.highest) & 0xFFFF) - SAMPLE
        inlet.highest = number
        try:
            plain = self._rx.unprotect(data)
        except Error:
            return
        magic, sent = TRAILER.unpack_from(plain, len(plain) - TRAILER.size)
        for level, kind, value in ancillary:
            if magic == MAGIC and level == socket.SOL_SOCKET and kind == SO_TIMESTAMPNS:
                seconds, nanoseconds = TIMESPEC.unpack_from(value)
                inlet.delays.append(seconds * 1_000_000_000 + nanoseconds - sent)

    def _other(self, data: bytes) -> None:
        if data[0] < 4:
            self._stun(data)
        elif 19 < data[0] < 64:
            self._dtls(data)
        elif 127 < data[0] < 192 and self._rx is not None and self.on_pli:
            with contextlib.suppress(Error, ValueError):
                for packet in RtcpPacket.parse(self._rx.unprotect_rtcp(data)):
                    if isinstance(packet, RtcpPsfbPacket) and packet.fmt == RTCP_PSFB_PLI:
                        self.on_pli.get(packet.media_ssrc, lambda: None)()

    def _stun(self, data: bytes) -> None:
        found = stun.kind_of(data)
        if found is None or self._remote is None:
            return
        kind, transaction = found
        if kind == stun.REQUEST:
            attributes = [(stun.MAPPED, stun.mapped(self._remote, transaction))]
            self._send(stun.message(stun.RESPONSE, transaction, attributes, self.password.encode()))
        elif kind == stun.RESPONSE and transaction == self._transaction:
            if self._active and not self._answered:
                self._dtls(b"")
            self._answered = True

    def _dtls(self, data: bytes) -> None:
        try:
            if data:
                self._ssl.bio_write(data)
            if self._secured:
                self._ssl.recv(2048)
            else:
                self._ssl.do_handshake()
                self._keys()
        except SSL.WantReadError:
            pass
        except SSL.Error:
            self.closed = True
        self._flush()

    def _flush(self) -> None:
        with contextlib.suppress(SSL.Error):
            while True:
                self._send(self._ssl.bio_read(1500))

    def _keys(self) -> None:
        name, profile, key, salt = SUITES[self._identity.suite]
        if self._ssl.get_selected_srtp_profile() != name:
            self.closed = True
            return
        material = self._ssl.export_keying_material(b"EXTRACTOR-dtls_srtp", 2 * (key + salt))
        client = material[:key] + material[2 * key : 2 * key + salt]
        server = material[key : 2 * key] + material[2 * key + salt :]
        if self._active:
            client, server = server, client
        self._tx = Session(Policy(key=server, ssrc_type=Policy.SSRC_ANY_OUTBOUND, srtp_profile=profile))
        self._rx = Session(Policy(key=client, ssrc_type=Policy.SSRC_ANY_INBOUND, srtp_profile=profile))
        self._secured = self.connected = True

    def leave(self) -> None:
        """Say good-bye, as a page that is closed does."""
        with contextlib.suppress(SSL.Error):
            self._ssl.shutdown()
        self._flush()
        self.vanish()

    def vanish(self) -> None:
        """Neither send nor answer any more; the port stays taken until `close`."""
        self.closed = True
        self.connected = False

    def close(self) -> None:
        self.closed = True
        self.connected = False
        self.socket.close()
