"""A plug: one stream that a seat sends, as the node receives it.

It extends sequence numbers, refuses duplicates, asks again for what is missing, asks for key frames within limits,
and hands every packet once to the jacks patched to it.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from typing import Protocol

from . import rtcp
from .clock import Clock, ntp_seconds
from .rtcp import Reception
from .rtp import AUDIO_CLOCK, VIDEO_CLOCK, Incoming, Packet, Sequence, parse
from .vp8 import starts_key_frame

log = logging.getLogger(__name__)

PLI_INTERVAL = 0.5  # seconds between two requests for a key frame, whoever asks
NACK_DELAY = 0.02  # seconds that reordering is given before a packet is asked for
NACK_REPEAT = 0.1  # seconds between two questions, until a round trip has been measured
NACK_SOONEST = 0.04  # however short the round trip
NACK_LIFE = 2.0  # seconds after which a packet is given up
NACK_MOST = 128  # packets missing at once: of a voice the newest; a picture with more needs a key frame
LOST_BEHIND = 0.09  # of a listener's loss this much is told: above 0.1 Chromium lowers its bit rate
TRIPS = 8  # answers of which the quickest is the round trip
PAUSE = 2.0  # seconds without a packet after which a stream's timestamps may go on from anywhere
OFFSET_LIFE = 30.0  # seconds a measurement of the publisher's clock counts
MOST_PACKETS = {"audio": 400, "video": 1500}  # a second; a voice has 50, and bursts after a stall
MOST_OCTETS = {"audio": 50_000, "video": 1_000_000}  # a second
KEPT = 256  # packets of a picture kept to answer its listeners' NACKs, ≈ 2 s of a camera; a power of two


class Subscriber(Protocol):
    def forward(self, packet: Packet, plug: "Plug") -> None: ...


class SenderClock:
    """The publisher's NTP clock on the node's: the least delay of its sender reports within half a minute.

    Shared by all plugs of a connection, so that voice and camera of a person stay on one timeline.
    """

    def __init__(self) -> None:
        self._samples: list[tuple[float, float]] = []

    def note(self, ntp: float, arrival: float) -> None:
        self._samples = [s for s in self._samples if arrival - s[0] < OFFSET_LIFE]
        self._samples.append((arrival, arrival - ntp))

    @property
    def offset(self) -> float | None:
        """Node's monotonic seconds less the publisher's NTP seconds; None before the first report."""
        return min(delay for _, delay in self._samples) if self._samples else None


class Plug:
    """The stream `name` of a seat's connection. `feedback` sends RTCP to its publisher.

    `heard(timestamp, arrival)` is told of each packet of a voice that came in its own stream.
    """

    def __init__(
        self,
        name: str,
        kind: str,
        incoming: Incoming,
        sender_clock: SenderClock,
        feedback: Callable[[bytes], object],
        feedback_ssrc: int,
        clock: Clock,
        heard: Callable[[int, float], None] | None = None,
    ) -> None:
        self.name = name
        self.kind = kind
        self.ssrc = incoming.ssrc
        self.clock_rate = AUDIO_CLOCK if kind == "audio" else VIDEO_CLOCK
        self.reception = Reception(self.clock_rate)
        self.clock = sender_clock
        self.subscribers: tuple[Subscriber, ...] = ()
        self.newest = 0  # the highest extended sequence number so far, 0 before the first packet
        self.malformed = 0
        self.last_arrival: float | None = None
        self.last_key_frame = 0.0
        self.plis = 0
        self.faults = 0
        self.level: int | None = None  # loudest −dBov since it was last taken
        self._feedback = feedback
        self._feedback_ssrc = feedback_ssrc
        self._incoming = incoming
        self._clock = clock
        self._now = clock.now
        self._heard = heard
        self._most_packets, self._most_octets = MOST_PACKETS[kind], MOST_OCTETS[kind]
        self._second = 0.0
        self._packets = 0
        self._octets = 0
        self._sequence = Sequence()
        self._kept: list[Packet | None] = [None] * (KEPT if kind == "video" else 0)
        self._report: tuple[float, int] | None = None  # publisher's NTP seconds, RTP timestamp
        self._last_pli = -PLI_INTERVAL
        self._pli_timer: asyncio.TimerHandle | None = None
        self._key_frame_wanted = False
        self._missing: dict[int, tuple[float, float, float]] = {}  # seq → noticed, first and last asked
        self._trips: deque[float] = deque(maxlen=TRIPS)
        self._nack_timer: asyncio.TimerHandle | None = None
        self._nack_at = 0.0

    # media

    def media(self, data: bytes, arrival: float) -> None:
        """A packet on the stream's own SSRC, in the clear."""
        try:
            packet, payload_type, _ = parse(data, arrival, self._incoming.level_id)
        except ValueError:
            self.malformed += 1
            return
        if payload_type != self._incoming.payload_type:
            return
        if self._heard is not None:
            self._heard(packet.timestamp, arrival)
        self.received(packet)

    def retransmission(self, data: bytes, arrival: float) -> None:
        """A packet on the SSRC of its retransmissions (RFC 4588); padding-only probes come there and end here."""
        try:
            packet, payload_type, _ = parse(data, arrival)
        except ValueError:
            self.malformed += 1
            return
        start = packet.start + 2
        if payload_type != self._incoming.rtx_payload_type or start >= packet.end:
            return
        packet.seq = (data[start - 2] << 8) | data[start - 1]
        packet.start = start
        self.received(packet, repaired=True)

    def received(self, packet: Packet, repaired: bool = False) -> None:
        """A packet of this stream came; `repaired` if by retransmission."""
        seq = self._sequence.take(packet.seq)
        if seq is None:
            return
        packet.seq = seq
        arrival = packet.arrival
        size = len(packet.data)
        if arrival - self._second >= 1.0:
            self._second, self._packets, self._octets = arrival, 0, 0
        self._packets += 1
        self._octets += size
        if self._packets > self._most_packets or self._octets > self._most_octets:
            return  # its listeners' lines are not its publisher's to fill
        before = self.newest
        if seq > before:
            self.newest = seq
            if seq > before + 1 and before:
                self._note_gap(before + 1, seq, arrival)
        else:
            missing = self._missing.pop(seq, None)
            if missing is not None and missing[1]:
                repaired = True  # a voice is repaired in its own stream
                self._trips.append(arrival - missing[1])
        if repaired:
            self.reception.repaired(size)
        else:
            self.reception.received(seq, packet.timestamp, size, arrival)
        if self.last_arrival is not None and arrival - self.last_arrival > PAUSE:
            self._report = None  # whether the stream's clock went on meanwhile its next report tells
        self.last_arrival = arrival
        packet.send_time = self._clock.send_time(arrival)
        if self._kept:
            kept = self._kept[seq & (KEPT - 1)]
            if kept is None or kept.seq < seq:
                self._kept[seq & (KEPT - 1)] = packet
            if starts_key_frame(packet.data, packet.start, packet.end):
                packet.key = True
                self.last_key_frame = arrival
                self._key_frame_wanted = False
        elif packet.level is not None and (self.level is None or packet.level < self.level):
            self.level = packet.level
        for subscriber in self.subscribers:
            try:
                subscriber.forward(packet, self)
            except Exception:  # a fault of one listener must not reach the others
                self.faults += 1
                if self.faults == 1:
                    log.exception("x forwarding of %s", self.name)

    def kept(self, number: int) -> Packet | None:
        """The packet of a picture with this 16-bit number, if it is one of the last."""
        packet = self._kept[number & (KEPT - 1)]
        return packet if packet is not None and packet.seq & 0xFFFF == number else None

    def take_level(self) -> int | None:
        """The loudest −dBov since the last call, None if nothing came."""
        level, self.level = self.level, None
        return level

    @property
    def lost_behind(self) -> float:
        """The part of a voice (0…1) that its worst listener misses: the browser's FEC is for him as well."""
        if self.kind != "audio":
            return 0.0
        worst = max((getattr(listener, "told_loss", 0.0) for listener in self.subscribers), default=0.0)
        return min(worst, LOST_BEHIND)

    # key frames

    def request_key_frame(self, *, at_once: bool = False) -> None:
        """Ask the publisher for a key frame, repeated until one comes.

        Limited to one request in 500 ms; `at_once` (a switch of source) goes past the limit.
        """
        if self.kind != "video":
            return
        now = self._now()
        self._key_frame_wanted = True
        if at_once or now - self._last_pli >= PLI_INTERVAL:
            self._send_pli(now)
        self._arm_pli()

    def _arm_pli(self) -> None:
        if self._pli_timer is None:
            loop = asyncio.get_running_loop()
            self._pli_timer = loop.call_later(PLI_INTERVAL, self._repeat_pli)

    def _repeat_pli(self) -> None:
        self._pli_timer = None
        now = self._now()
        if not self._key_frame_wanted or all(getattr(one, "hidden", False) for one in self.subscribers):
            return
        if now - self._last_pli >= PLI_INTERVAL * 0.9:
            self._send_pli(now)
        self._arm_pli()

    def _send_pli(self, now: float) -> None:
        self._last_pli = now
        self.plis += 1
        self._feedback(rtcp.pli(self._feedback_ssrc, self.ssrc))

    # loss

    def _note_gap(self, first: int, seq: int, arrival: float) -> None:
        """Everything from `first` to before `seq` is missing; 0 stands for not yet asked."""
        if self.kind == "video" and len(self._missing) + seq - first > NACK_MOST:
            self._missing.clear()
            self.request_key_frame()
            return
        for lost in range(max(first, seq - NACK_MOST), seq):
            self._missing[lost] = (arrival, 0.0, 0.0)
        while len(self._missing) > NACK_MOST:
            del self._missing[next(iter(self._missing))]
        self._ask_in(NACK_DELAY)

    def _ask_in(self, seconds: float) -> None:
        at = self._now() + seconds
        if self._nack_timer is not None:
            if self._nack_at <= at:
                return
            self._nack_timer.cancel()
        self._nack_at = at
        self._nack_timer = asyncio.get_running_loop().call_later(seconds, self._ask_again)

    @property
    def round_trip(self) -> float:
        """Seconds in which an answer to a NACK may come."""
        return max(NACK_SOONEST, min(self._trips, default=NACK_REPEAT))

    def _ask_again(self) -> None:
        self._nack_timer = None
        now = self._now()
        given_up = [seq for seq, (noticed, _, _) in self._missing.items() if now - noticed > NACK_LIFE]
        for seq in given_up:
            del self._missing[seq]
        if given_up:
            self.request_key_frame()
        if not self._missing:
            return
        pause = self.round_trip
        due, soonest = [], now + pause
        for seq, (noticed, asked, again) in self._missing.items():
            at = again + pause if again else noticed + NACK_DELAY
            if at <= now + 0.001:
                due.append(seq)
                self._missing[seq] = (noticed, asked or now, now)
            else:
                soonest = min(soonest, at)
        if due:
            self._feedback(rtcp.nack(self._feedback_ssrc, self.ssrc, sorted(due)))
        self._ask_in(soonest - now)

    # time

    def sender_report(self, ntp: int, timestamp: int, arrival: float) -> None:
        """The publisher's clock: its 64-bit NTP time of an RTP timestamp."""
        seconds = ntp_seconds(ntp)
        self._report = (seconds, timestamp)
        self.clock.note(seconds, arrival)
        self.reception.last_sr = (ntp >> 16) & 0xFFFF_FFFF
        self.reception.last_sr_at = arrival

    def timestamp_at(self, moment: float) -> int | None:
        """The publisher's RTP timestamp at a monotonic moment of the node; None before its first report."""
        offset = self.clock.offset
        if self._report is None or offset is None:
            return None
        seconds, timestamp = self._report
        return timestamp + round((moment - offset - seconds) * self.clock_rate)

    def close(self) -> None:
        self.subscribers = ()
        self._kept = [None] * len(self._kept)
        for timer in (self._pli_timer, self._nack_timer):
            if timer is not None:
                timer.cancel()
        self._pli_timer = self._nack_timer = None
        self._missing.clear()
