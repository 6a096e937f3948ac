"""A jack: one stream that a seat receives. It has its own SSRC for ever and runs on over a change of its source."""

import secrets
from collections import deque

from . import rtcp
from .clock import Clock
from .paths import Sender
from .plug import Plug
from .rtp import AUDIO_CLOCK, VIDEO_CLOCK, Outgoing, Packet

CACHE = 128  # protected packets kept to answer a NACK where there is no RTX; a power of two
EARLY = 512  # packets kept before a key frame whose begin was lost and may yet be repaired
LEAP = 1000  # numbers; a listener's SRTP guesses the rollover, and must never have to guess across more
RTX_PER_NACK = 64
RTX_PER_SECOND = 512  # a listener that asks for everything again must not cost the others
LATE_VOICE = 10  # packets of 20 ms a repaired voice packet may come late and still be heard


class Jack:
    """The jack `name` of a connection. `out` are its packets, `again` their retransmissions (RFC 4588), if any.

    `hidden` marks the jacks of seats that no publisher may notice: their wishes go nowhere (MEDIA.md, secrecy).
    A voice is repaired by the very bytes that went out, a picture from its plug's packets.
    """

    def __init__(
        self,
        name: str,
        kind: str,
        out: Outgoing,
        again: Outgoing | None,
        hidden: bool,
        wire: Sender,
        clock: Clock,
    ) -> None:
        self.name = name
        self.kind = kind
        self.hidden = hidden
        self.held = False
        self.packets = 0
        self.octets = 0
        self.loss = 0.0
        self.jitter_ms = 0.0
        self.rtt: float | None = None
        self._voice = kind == "audio"
        self._out = out
        self._again = again
        self._rtx_seq = secrets.randbelow(0x8000)
        self._wire = wire
        self._clock = clock
        self._rate = AUDIO_CLOCK if kind == "audio" else VIDEO_CLOCK
        self._source: Plug | None = None
        self._running = False  # the source's first packet (key frame for video) has gone out
        self._first_seq = 0  # of the source; what is older was sent before the switch
        self._seq_offset = 0
        self._time_offset = 0
        self._last_seq = 0x10000 | secrets.randbelow(
            0x8000
        )  # begins below 32768: libsrtp guesses the rollover
        self._last_time = secrets.randbits(31)
        self._last_sent = 0.0
        self._resends_since = 0.0
        self._resends = 0
        self._cache: list[bytes | None] = [None] * (CACHE if again is None else 0)
        self._early: deque[Packet] = deque(maxlen=EARLY)

    @property
    def ssrc(self) -> int:
        return self._out.ssrc

    @property
    def source(self) -> Plug | None:
        return self._source

    @property
    def told_loss(self) -> float:
        """The listener's loss as its publisher may know it."""
        return 0.0 if self.hidden else self.loss

    def switch(self, source: Plug | None) -> None:
        """Listen to another plug (None for silence). Nothing older than the switch goes out afterwards."""
        if source is self._source:
            return
        self._source = source
        self._running = False
        self._cache = [None] * len(self._cache)
        self._early.clear()
        self._first_seq = source.newest + 1 if source is not None else 0
        if source is not None and self.kind == "video" and not self.hidden:
            source.request_key_frame(at_once=True)

    def hold(self, held: bool) -> None:
        """Keep the picture back from a listener whose line carries the voices only, or let it go on."""
        if held is self.held:
            return
        self.held = held
        self._running = False
        self._early.clear()
        if not held and self._source is not None:
            self._first_seq = self._source.newest + 1
            if not self.hidden:
                self._source.request_key_frame(at_once=True)

    def forward(self, packet: Packet, plug: Plug) -> None:
        """Send the packet on, rewritten. Before the first key frame of a video source nothing goes out."""
        if plug is not self._source or packet.seq < self._first_seq or self.held:
            return
        if self._running and packet.seq + self._seq_offset - self._last_seq > LEAP:
            self._leapt(plug)
        if not self._voice:
            if not self._running:
                self._wait(packet)
                return
        elif plug.newest - packet.seq > LATE_VOICE:
            return  # repaired for the record; a listener would only learn to wait longer for everything
        elif not self._running:
            if packet.start == packet.end:
                return
            self._begin(packet)
        self._put(packet)

    def _leapt(self, plug: Plug) -> None:
        """The publisher's numbers leapt, or much was lost: the jack's own go on without a hole, as at a switch."""
        self._running = False
        self._cache = [None] * len(self._cache)
        if not self._voice and not self.hidden:
            plug.request_key_frame()

    def _wait(self, packet: Packet) -> None:
        """A picture begins with a key frame."""
        if packet.start == packet.end:
            return
        if not packet.key:
            self._early.append(packet)
            return
        self._begin(packet)
        self._put(packet)
        behind = sorted((p for p in self._early if p.seq > packet.seq), key=lambda p: p.seq)
        self._early.clear()
        for late in behind:  # the key frame's begin came last, by retransmission
            late.send_time = packet.send_time
            self._put(late)

    def _put(self, packet: Packet) -> None:
        seq = packet.seq + self._seq_offset
        timestamp = (packet.timestamp + self._time_offset) & 0xFFFF_FFFF
        marker = packet.marker or (self._voice and packet.seq == self._first_seq)
        head = self._out.head(packet, seq & 0xFFFF, timestamp, marker, packet.send_time)
        protected = self._wire.send(head, packet.data[packet.start :])
        if protected is None:
            return
        self.packets += 1
        self.octets += packet.end - packet.start
        if seq >= self._last_seq:
            self._last_seq, self._last_time, self._last_sent = seq, timestamp, packet.arrival
        if self._cache:
            self._cache[seq & (CACHE - 1)] = protected

    def _begin(self, packet: Packet) -> None:
        """Continue the jack's own numbers from this packet on; its time goes on by the wall clock."""
        elapsed = packet.arrival - self._last_sent if self._last_sent else 0.0
        step = max(round(elapsed * self._rate), 1)
        self._seq_offset = self._last_seq + 1 - packet.seq
        self._time_offset = self._last_time + step - packet.timestamp
        self._first_seq = packet.seq
        self._running = True

    # feedback from the browser that listens

    def key_frame_requested(self) -> None:
        if self._source is not None and not self.hidden:
            self._source.request_key_frame()

    def lost(self, numbers: list[int]) -> None:
        """Answer a NACK from the cache; what is no longer there is not asked upstream.

        Nor is a voice answered late: after a hole of a second its listener would wait a second longer for everything.
        """
        now = self._clock.now()
        if now - self._resends_since >= 1.0:
            self._resends_since, self._resends = now, 0
        for number in numbers[:RTX_PER_NACK]:
            if self._resends >= RTX_PER_SECOND:
                return
            if self._again is None:
                sent = self._cache[number & (CACHE - 1)]
                late = self._voice and (self._last_seq - number) & 0xFFFF > LATE_VOICE
                if sent is not None and (sent[2] << 8) | sent[3] == number & 0xFFFF and not late:
                    self._wire.resend(sent)  # the same protected bytes: no second content under one number
                    self._resends += 1
            elif self._running and self._source is not None:
                packet = self._source.kept((number - self._seq_offset) & 0xFFFF)
                if packet is not None and packet.seq >= self._first_seq:
                    self._retransmit(self._again, number & 0xFFFF, packet, now)
                    self._resends += 1

    def _retransmit(self, again: Outgoing, number: int, packet: Packet, now: float) -> None:
        timestamp = (packet.timestamp + self._time_offset) & 0xFFFF_FFFF
        send_time = self._clock.send_time(now)
        head = again.head(packet, self._rtx_seq & 0xFFFF, timestamp, packet.marker, send_time)
        self._wire.send(head + number.to_bytes(2, "big"), packet.data[packet.start :])
        self._rtx_seq += 1

    def receiver_report(self, fraction: int, jitter: int, lsr: int, dlsr: int, now: float) -> None:
        """The listener's view of this jack; sets loss (0…1), jitter and round trip (seconds)."""
        self.loss = fraction / 256
        self.jitter_ms = jitter * 1000 / self._rate
        if lsr:
            middle = (self._clock.ntp(now) >> 16) & 0xFFFF_FFFF
            trip = ((middle - lsr - dlsr) & 0xFFFF_FFFF) / 65536
            if trip < 60:
                self.rtt = trip

    def report(self, now: float) -> None:
        """Send the sender report of this moment; a silent jack sends none."""
        if self._source is None or not self._running:
            return
        timestamp = self._source.timestamp_at(now)
        if timestamp is None:
            return
        self._wire.send_rtcp(
            rtcp.sender_report(
                self.ssrc, self._clock.ntp(now), timestamp + self._time_offset, self.packets, self.octets
            )
        )
