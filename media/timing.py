"""Raw timing beside a recorded track: one record for every packet received, so that sync can be redone offline.

The file begins with a line of JSON (interview, part, track, clock_rate, `started` as Unix seconds), then records of
24 bytes, big endian: kind (1: packet, 2: packet with the RTP marker, 3: time set right), 3 bytes zero, SSRC (4),
extended sequence number (4), RTP timestamp (4), microseconds since `started` (8). In kind 3 the last field is the
track's new position at that packet.

A packet that comes when its place in the track has been passed goes to the side file, `.late`, for merging: the same
first line, then for each packet its record, the length of its payload (2) and the payload.
"""

import struct
from typing import NamedTuple, Self

from .rtp import Packet

RECORD = struct.Struct(">B3xIIIQ")

PACKET, MARKED, REBASED = 1, 2, 3


class TimingRecord(NamedTuple):
    kind: int
    ssrc: int
    seq: int
    timestamp: int
    microseconds: int

    @classmethod
    def of(cls, packet: Packet, ssrc: int, seconds: float) -> Self:
        return cls(*RECORD.unpack(cls.packed(packet, ssrc, seconds)))

    @staticmethod
    def packed(packet: Packet, ssrc: int, seconds: float) -> bytes:
        """`bytes` of a packet's record, for every one that comes."""
        kind = MARKED if packet.marker else PACKET
        return RECORD.pack(kind, ssrc, packet.seq & 0xFFFF_FFFF, packet.timestamp, max(0, int(seconds * 1e6)))

    @classmethod
    def rebase(cls, packet: Packet, seconds: float) -> Self:
        return cls(REBASED, 0, packet.seq & 0xFFFF_FFFF, packet.timestamp, max(0, int(seconds * 1e6)))

    def __bytes__(self) -> bytes:
        return RECORD.pack(*self)


def read(data: bytes) -> tuple[bytes, list[TimingRecord]]:
    """The header line and all whole records of a timing file; a torn last record is left out."""
    header, _, body = data.partition(b"\n")
    whole = len(body) - len(body) % RECORD.size
    return header, [TimingRecord(*fields) for fields in RECORD.iter_unpack(body[:whole])]


def late_record(record: TimingRecord, payload: bytes) -> bytes:
    return bytes(record) + len(payload).to_bytes(2, "big") + payload


def read_late(data: bytes) -> tuple[bytes, list[tuple[TimingRecord, bytes]]]:
    """The header line and all whole packets of a side file; a torn last one is left out."""
    header, _, body = data.partition(b"\n")
    found = []
    at = 0
    while (start := at + RECORD.size + 2) <= len(body):
        at = start + int.from_bytes(body[start - 2 : start], "big")
        if at > len(body):
            break
        record = TimingRecord(*RECORD.unpack_from(body, start - RECORD.size - 2))
        found.append((record, body[start:at]))
    return header, found
