"""RTP headers (RFC 3550, RFC 8285) read and rewritten without touching the payload."""

import struct
from dataclasses import dataclass

HEADER = struct.Struct(">BBHII")
_EXT_VIDEO = struct.Struct(">HHBBH")
_EXT_AUDIO = struct.Struct(">HHBBHBBH")
_EXT_LEVEL = struct.Struct(">HHBBH")

ONE_BYTE = 0xBEDE

VIDEO_CLOCK = 90_000
AUDIO_CLOCK = 48_000

URI_ABS_SEND_TIME = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"
URI_AUDIO_LEVEL = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"


@dataclass(slots=True)
class Packet:
    """One received packet, in the clear.

    `seq` is the extended (never wrapping) sequence number of its source; `start:end` is the payload without
    padding; `level` is −dBov (0 loud … 127 silent) of the audio level extension; `arrival` is monotonic seconds;
    `key` says that the packet begins a VP8 key frame.
    """

    data: bytes
    seq: int
    timestamp: int
    marker: bool
    start: int
    end: int
    level: int | None
    arrival: float
    key: bool = False

    @property
    def payload(self) -> bytes:
        return self.data[self.start : self.end]

    @property
    def padded(self) -> bool:
        return bool(self.data[0] & 0x20)


def parse(data: bytes, arrival: float, level_id: int = 0) -> tuple[Packet, int, int]:
    """The packet (its `seq` still 16 bits), its payload type and its SSRC. ValueError if it is malformed.

    `level_id` is the negotiated id of the audio level extension, 0 for none.
    """
    size = len(data)
    if size < 12:
        raise ValueError("RTP packet is shorter than its header")
    first, second, seq, timestamp, ssrc = HEADER.unpack_from(data)
    if first >> 6 != 2:
        raise ValueError("RTP version is not 2")
    start = 12 + 4 * (first & 0x0F)
    level = None
    if first & 0x10:
        if size < start + 4:
            raise ValueError("RTP extension header is truncated")
        profile = (data[start] << 8) | data[start + 1]
        extension_end = start + 4 + 4 * ((data[start + 2] << 8) | data[start + 3])
        if extension_end > size:
            raise ValueError("RTP extension is truncated")
        if level_id and profile == ONE_BYTE:
            level = _audio_level(data, start + 4, extension_end, level_id)
        start = extension_end
    end = size
    if first & 0x20:
        padding = data[-1]
        if padding == 0 or start + padding > size:
            raise ValueError("RTP padding is malformed")
        end -= padding
    if start > size:
        raise ValueError("RTP packet is truncated")
    packet = Packet(data, seq, timestamp, bool(second & 0x80), start, end, level, arrival)
    return packet, second & 0x7F, ssrc


def _audio_level(data: bytes, position: int, end: int, wanted: int) -> int | None:
    while position < end:
        byte = data[position]
        if byte == 0:
            position += 1
            continue
        if byte >> 4 == 15:
            return None
        if byte >> 4 == wanted and position + 1 < end:
            return data[position + 1] & 0x7F
        position += 2 + (byte & 0x0F)
    return None


@dataclass(frozen=True, slots=True)
class Outgoing:
    """What one connection negotiated for one jack: its SSRC, payload type and extension ids (0 for none)."""

    ssrc: int
    payload_type: int
    send_time_id: int
    level_id: int


def rewrite(packet: Packet, out: Outgoing, seq: int, timestamp: int, marker: bool, send_time: int) -> bytes:
    """The packet as it goes out: a new header, this connection's own extensions, the payload untouched.

    `send_time` is the 24-bit abs-send-time at sending; no extension of the publisher is copied but the audio level.
    """
    first = 0x80 | (packet.data[0] & 0x20)
    second = out.payload_type | (0x80 if marker else 0)
    level = packet.level
    body = packet.data[packet.start :]
    if out.send_time_id:
        tag = (out.send_time_id << 4) | 2
        if out.level_id and level is not None:
            extension = _EXT_AUDIO.pack(
                ONE_BYTE, 2, tag, send_time >> 16, send_time & 0xFFFF, out.level_id << 4, level, 0
            )
        else:
            extension = _EXT_VIDEO.pack(ONE_BYTE, 1, tag, send_time >> 16, send_time & 0xFFFF)
    elif out.level_id and level is not None:
        extension = _EXT_LEVEL.pack(ONE_BYTE, 1, out.level_id << 4, level, 0)
    else:
        return HEADER.pack(first, second, seq, timestamp, out.ssrc) + body
    return HEADER.pack(first | 0x10, second, seq, timestamp, out.ssrc) + extension + body


def wrap_rtx(plain: bytes, ssrc: int, payload_type: int, seq: int) -> bytes:
    """A retransmission (RFC 4588) of an outgoing packet: its own SSRC and sequence, the original number in front."""
    first, second, original, timestamp, _ = HEADER.unpack_from(plain)
    start = 12 + 4 * (first & 0x0F)
    if first & 0x10:
        start += 4 + 4 * ((plain[start + 2] << 8) | plain[start + 3])
    header = HEADER.pack(first, (second & 0x80) | payload_type, seq, timestamp, ssrc)
    return b"".join((header, plain[12:start], original.to_bytes(2, "big"), plain[start:]))


class Sequence:
    """Extends 16-bit sequence numbers and refuses what was seen before.

    Twice the same number must never be forwarded: the second time its extension block would differ, and two
    contents under one SSRC and sequence number give SRTP's keystream away.
    """

    WINDOW = 2048

    def __init__(self) -> None:
        self.highest: int | None = None
        self._seen = 0

    def extend(self, seq: int) -> int:
        """The extended number nearest to the highest one seen."""
        if self.highest is None:
            return 0x10000 | seq
        delta = (seq - self.highest) & 0xFFFF
        return self.highest + (delta if delta < 0x8000 else delta - 0x10000)

    def accept(self, extended: int) -> bool:
        """Note the number; False if it came before or is too old to tell."""
        if self.highest is None:
            self.highest, self._seen = extended, 1
            return True
        ahead = extended - self.highest
        if ahead > 0:
            self._seen = ((self._seen << ahead) | 1) & ((1 << self.WINDOW) - 1) if ahead < self.WINDOW else 1
            self.highest = extended
            return True
        if -ahead >= self.WINDOW:
            return False
        bit = 1 << -ahead
        if self._seen & bit:
            return False
        self._seen |= bit
        return True
