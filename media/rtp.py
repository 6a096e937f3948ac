"""RTP headers (RFC 3550, RFC 8285) read and rewritten without touching the payload."""

import struct
from dataclasses import dataclass

HEADER = struct.Struct(">BBHII")
_TIMED = struct.Struct(">BBHIIHHBBH")  # with abs-send-time
_TIMED_LEVEL = struct.Struct(">BBHIIHHBBHBBH")  # and with audio level
_LEVEL = struct.Struct(">BBHIIHHBBH")  # with audio level alone

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
    `key` says that the packet begins a VP8 key frame; `send_time` is the node's abs-send-time for it.
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
    send_time: int = 0

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
class Incoming:
    """What one connection negotiated for one plug; payload type of retransmissions None and level id 0 for none."""

    ssrc: int
    payload_type: int
    rtx_payload_type: int | None
    level_id: int


@dataclass(frozen=True, slots=True)
class Outgoing:
    """What one connection negotiated for one jack: its SSRC, payload type and extension ids (0 for none)."""

    ssrc: int
    payload_type: int
    send_time_id: int
    level_id: int

    def head(self, packet: Packet, seq: int, timestamp: int, marker: bool, send_time: int) -> bytes:
        """The header with which a packet goes out: all but its payload and padding.

        `send_time` is the 24-bit abs-send-time at sending; no extension of the publisher is copied but the audio
        level. `seq` has 16 bits, `timestamp` 32.
        """
        first = 0x90 | (packet.data[0] & 0x20)
        second = self.payload_type | 0x80 if marker else self.payload_type
        send_time_id, level = self.send_time_id, packet.level
        if send_time_id:
            tag = (send_time_id << 4) | 2
            if level is None or not self.level_id:
                return _TIMED.pack(
                    first,
                    second,
                    seq,
                    timestamp,
                    self.ssrc,
                    ONE_BYTE,
                    1,
                    tag,
                    send_time >> 16,
                    send_time & 0xFFFF,
                )
            block = (ONE_BYTE, 2, tag, send_time >> 16, send_time & 0xFFFF, self.level_id << 4, level, 0)
            return _TIMED_LEVEL.pack(first, second, seq, timestamp, self.ssrc, *block)
        if level is not None and self.level_id:
            return _LEVEL.pack(
                first, second, seq, timestamp, self.ssrc, ONE_BYTE, 1, self.level_id << 4, level, 0
            )
        return HEADER.pack(first & 0xEF, second, seq, timestamp, self.ssrc)


class Sequence:
    """Extends 16-bit sequence numbers and refuses what came before.

    Twice the same number must never be forwarded: the second time its extension block would differ, and two
    contents under one SSRC and sequence number give SRTP's keystream away.
    """

    WINDOW = 2048  # numbers behind the highest that may still come
    BEFORE = 64  # numbers before the very first that may

    def __init__(self) -> None:
        self.highest: int | None = None  # extended: it never wraps
        self._absent = 0  # a bit for each number from `_base` on that lies below the highest and did not come
        self._base = 0

    def take(self, seq: int) -> int | None:
        """The extended number nearest to the highest one so far; None if it came already or is too old to tell."""
        highest = self.highest
        if highest is None:
            self.highest = first = 0x10000 | seq
            self._base, self._absent = first - self.BEFORE, (1 << self.BEFORE) - 1
            return first
        ahead = (seq - highest) & 0xFFFF
        if ahead == 1:
            self.highest = highest = highest + 1
            return highest
        if ahead < 0x8000:
            if not ahead:
                return None
            self.highest = newest = highest + ahead
            oldest = newest - self.WINDOW + 1
            if oldest > self._base:
                self._absent >>= oldest - self._base
                self._base = oldest
            oldest = max(highest + 1, oldest)
            self._absent |= ((1 << (newest - oldest)) - 1) << (oldest - self._base)
            return newest
        extended = highest + ahead - 0x10000
        place = extended - self._base
        if place < 0 or extended <= highest - self.WINDOW or not self._absent >> place & 1:
            return None
        self._absent ^= 1 << place
        return extended
