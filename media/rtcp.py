"""RTCP in both directions (RFC 3550, 4585): what the node reports, and how reception is measured."""

import itertools
from collections.abc import Iterable
from dataclasses import dataclass, field

from aiortc.rtp import (
    RTCP_PSFB_APP,
    RTCP_PSFB_PLI,
    RTCP_RTPFB_NACK,
    AnyRtcpPacket,
    RtcpPacket,
    RtcpPsfbPacket,
    RtcpReceiverInfo,
    RtcpRrPacket,
    RtcpRtpfbPacket,
    RtcpSenderInfo,
    RtcpSrPacket,
    pack_remb_fci,
    unpack_remb_fci,
)

RTCP_PSFB_FIR = 4


def parse(data: bytes) -> list[AnyRtcpPacket]:
    """The packets of a compound. ValueError for whatever is malformed."""
    try:
        return RtcpPacket.parse(data)
    except ValueError:
        raise
    except Exception as error:  # truncated bodies raise struct.error, IndexError and others
        raise ValueError(f"malformed RTCP: {type(error).__name__}") from error


def pli(sender: int, media: int) -> bytes:
    return bytes(RtcpPsfbPacket(fmt=RTCP_PSFB_PLI, ssrc=sender, media_ssrc=media))


def nack(sender: int, media: int, lost: Iterable[int]) -> bytes:
    """Ask for these extended numbers, ascending. One packet for each round of 2^16, as the library cannot wrap."""
    rounds = itertools.groupby(lost, key=lambda n: n >> 16)
    return b"".join(
        bytes(
            RtcpRtpfbPacket(
                fmt=RTCP_RTPFB_NACK, ssrc=sender, media_ssrc=media, lost=[n & 0xFFFF for n in numbers]
            )
        )
        for _, numbers in rounds
    )


def receiver_report(sender: int, reports: list[RtcpReceiverInfo]) -> bytes:
    return bytes(RtcpRrPacket(ssrc=sender, reports=reports))


def remb(sender: int, bitrate: int, ssrcs: list[int]) -> bytes:
    return bytes(
        RtcpPsfbPacket(fmt=RTCP_PSFB_APP, ssrc=sender, media_ssrc=0, fci=pack_remb_fci(bitrate, ssrcs))
    )


def told_remb(fci: bytes) -> int | None:
    """The bit rate of a REMB, None for another application's message. ValueError if it is malformed."""
    if fci[:4] != b"REMB":
        return None
    try:
        bitrate, _ = unpack_remb_fci(fci)
    except Exception as error:
        raise ValueError(f"malformed REMB: {type(error).__name__}") from error
    return int(bitrate)


def sender_report(ssrc: int, ntp: int, timestamp: int, packets: int, octets: int) -> bytes:
    return bytes(
        RtcpSrPacket(
            ssrc=ssrc,
            sender_info=RtcpSenderInfo(
                ntp_timestamp=ntp,
                rtp_timestamp=timestamp & 0xFFFF_FFFF,
                packet_count=packets & 0xFFFF_FFFF,
                octet_count=octets & 0xFFFF_FFFF,
            ),
        )
    )


@dataclass(slots=True)
class Reception:
    """Statistics of one received stream (RFC 3550, A.3 and A.8). Jitter is in timestamp units."""

    clock_rate: int
    packets: int = 0
    octets: int = 0
    jitter: float = 0.0
    first: int | None = None
    highest: int = 0
    _transit: float | None = None
    _timestamp: int | None = None
    _expected_prior: int = 0
    _received_prior: int = 0
    fraction: float = 0.0
    last_sr: int = 0
    last_sr_at: float = field(default=0.0)

    def received(self, seq: int, timestamp: int, size: int, arrival: float) -> None:
        """Count a packet that came in its own stream (not as a retransmission)."""
        self.packets += 1
        self.octets += size
        if self.first is None:
            self.first = self.highest = seq
        elif seq > self.highest:
            self.highest = seq
        if timestamp != self._timestamp:
            transit = arrival * self.clock_rate - timestamp
            if self._transit is not None:
                difference = abs(transit - self._transit)
                if difference < self.clock_rate * 10:  # a wrap or a jump of the timestamp is not jitter
                    self.jitter += (difference - self.jitter) / 16
            self._transit, self._timestamp = transit, timestamp

    def repaired(self, size: int) -> None:
        """Count a packet that came by retransmission: for the reports it stays lost (RFC 4588, 8)."""
        self.octets += size

    def report(self, ssrc: int, now: float, behind: float = 0.0) -> RtcpReceiverInfo:
        """The report block since the last one; also sets `fraction` (lost part, 0…1).

        `behind` is the part lost beyond the node, which the block tells if it is the greater.
        """
        expected = 0 if self.first is None else self.highest - self.first + 1
        interval = expected - self._expected_prior
        lost = interval - (self.packets - self._received_prior)
        self._expected_prior, self._received_prior = expected, self.packets
        self.fraction = lost / interval if interval > 0 and lost > 0 else 0.0
        total = max(-0x800000, min(expected - self.packets, 0x7FFFFF))
        delay = int((now - self.last_sr_at) * 65536) & 0xFFFF_FFFF if self.last_sr else 0
        return RtcpReceiverInfo(
            ssrc=ssrc,
            fraction_lost=min(255, int(max(self.fraction, behind) * 256)),
            packets_lost=total,
            highest_sequence=self.highest & 0xFFFF_FFFF,
            jitter=int(self.jitter) & 0xFFFF_FFFF,
            lsr=self.last_sr,
            dlsr=delay,
        )
