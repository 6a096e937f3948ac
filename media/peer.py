"""A peer: one browser's connection on a seat, with the plugs and jacks of the seat's layout."""

import asyncio
import contextlib
import secrets
from dataclasses import dataclass
from typing import Protocol

from aiortc import RTCCertificate
from aiortc.rtp import (
    RTCP_PSFB_APP,
    RTCP_PSFB_PLI,
    RTCP_RTPFB_NACK,
    RtcpPsfbPacket,
    RtcpReceiverInfo,
    RtcpRrPacket,
    RtcpRtpfbPacket,
    RtcpSrPacket,
)

from . import rtcp
from .clock import Clock
from .estimate import Downlink, Estimate
from .jack import Jack
from .layout import LAYOUTS, SeatKind
from .paths import FastPath, PathKind
from .plug import Plug, SenderClock
from .rtp import Incoming, Outgoing
from .sdp import JackSource, Section, candidates_for, parse_offer, write_answer
from .seams import Transport

IDLE_REPORT = 4.0  # seconds between two reports to a publisher from whom nothing comes
MOST_IN_COMPOUND = 32  # packets of one RTCP datagram that are looked at
HIDDEN = frozenset({SeatKind.EXPERT, SeatKind.OBSERVER})


class PeerOwner(Protocol):
    def peer_connected(self, peer: "Peer") -> None: ...
    def peer_carries(self, peer: "Peer") -> None:
        """Its first media came."""

    def peer_closed(self, peer: "Peer") -> None: ...


@dataclass(frozen=True, slots=True)
class PeerSettings:
    """What all connections of a node share. `announce` is the address behind which the node stands, if any."""

    certificate: RTCCertificate
    announce: str | None
    path: PathKind = FastPath


class Peer:
    """One connection. `accept` answers the offer; media flows once `connected`."""

    def __init__(
        self, peer_id: str, seat: str, kind: SeatKind, settings: PeerSettings, clock: Clock, owner: PeerOwner
    ) -> None:
        self.id = peer_id
        self.seat = seat
        self.kind = kind
        self.connected = False
        self.closed = False
        self._malformed_rtcp = 0
        self.plugs: dict[str, Plug] = {}
        self.jacks: dict[str, Jack] = {}
        self.bitrate = 0  # REMB to the publisher, bit/s; 0 before the first
        self._settings = settings
        self._clock = clock
        self._owner = owner
        self._transport = Transport(
            settings.certificate, settings.path, self._rtcp, self._transport_closed, clock.now
        )
        self._path = self._transport.path
        self._sender_clock = SenderClock()
        self.downlink = Downlink()
        self._estimate = Estimate()
        self._feedback_ssrc = secrets.randbits(31) | 1
        self._plugs_by_ssrc: dict[int, Plug] = {}
        self._jacks_by_ssrc: dict[int, Jack] = {}
        self._said: tuple[int, float | None] | None = None  # bit rate and last media of the latest report
        self._said_at = 0.0
        self._task: asyncio.Task[None] | None = None
        self._closing: asyncio.Task[None] | None = None

    @property
    def last_seen(self) -> float:
        """Monotonic seconds of the last authenticated packet."""
        return self._path.last_seen

    @property
    def last_media(self) -> float | None:
        """The same of RTP alone; None before the first."""
        return self._path.last_media

    async def accept(self, text: str) -> str:
        """Answer the browser's offer and begin to connect. BadOffer if it is not this seat's; OSError without ports."""
        offer = parse_offer(text, LAYOUTS[self.kind])
        candidates = await self._transport.gather()
        sources: dict[str, JackSource] = {}
        for section in offer.sections:
            if section.plug:
                self._add_plug(section)
            else:
                sources[section.name] = self._add_jack(section)
        self._task = asyncio.create_task(self._connect(offer.ice, offer.dtls), name=f"connect {self.id}")
        return write_answer(
            offer,
            sources,
            self._transport.ice_parameters,
            self._transport.dtls_parameters,
            candidates_for(candidates, self._settings.announce),
            secrets.token_hex(8),
        )

    def _add_plug(self, section: Section) -> None:
        assert section.ssrc is not None
        plug = Plug(
            section.name,
            section.kind,
            Incoming(section.ssrc, section.payload_type, section.rtx_payload_type, section.level_id),
            self._sender_clock,
            self._path.send_rtcp,
            self._feedback_ssrc,
            self._clock,
            self._estimate.arrived if section.kind == "audio" else None,
        )
        self.plugs[section.name] = plug
        self._plugs_by_ssrc[section.ssrc] = plug
        route = section.ssrc.to_bytes(4, "big")

        def first(data: bytes, arrival: float) -> None:
            self._path.routes[route] = plug.media
            self._owner.peer_carries(self)  # first, so that even this packet is heard
            plug.media(data, arrival)

        self._path.routes[route] = first
        if section.rtx_ssrc is not None:
            self._path.routes[section.rtx_ssrc.to_bytes(4, "big")] = plug.retransmission

    def _add_jack(self, section: Section) -> JackSource:
        source = JackSource(secrets.randbits(31) | 1, secrets.randbits(31) | 1)
        again = None
        if section.rtx_payload_type is not None:
            again = Outgoing(source.rtx_ssrc, section.rtx_payload_type, section.send_time_id, 0)
        jack = Jack(
            section.name,
            section.kind,
            Outgoing(source.ssrc, section.payload_type, section.send_time_id, section.level_id),
            again,
            self.kind in HIDDEN,
            self._path,
            self._clock,
        )
        self.jacks[section.name] = jack
        self._jacks_by_ssrc[source.ssrc] = jack
        return source

    async def _connect(self, ice: object, dtls: object) -> None:
        if await self._transport.connect(ice, dtls):  # type: ignore[arg-type]
            self.connected = True
            self._owner.peer_connected(self)
        else:
            self._transport_closed()

    def _transport_closed(self) -> None:
        if not self.closed:
            self.closed = True
            self.connected = False
            for plug in self.plugs.values():
                plug.close()
            self._owner.peer_closed(self)

    # media in

    @property
    def malformed(self) -> int:
        """Packets that were authentic and yet none."""
        return self._malformed_rtcp + sum(plug.malformed for plug in self.plugs.values())

    def _rtcp(self, data: bytes, now: float) -> None:
        try:
            packets = rtcp.parse(data)
        except ValueError:
            self._malformed_rtcp += 1
            return
        for packet in packets[:MOST_IN_COMPOUND]:
            if isinstance(packet, RtcpSrPacket):
                plug = self._plugs_by_ssrc.get(packet.ssrc)
                if plug is not None:
                    info = packet.sender_info
                    plug.sender_report(info.ntp_timestamp, info.rtp_timestamp, now)
                self._reports(packet.reports, now)
            elif isinstance(packet, RtcpRrPacket):
                self._reports(packet.reports, now)
            elif isinstance(packet, RtcpPsfbPacket):
                if packet.fmt == RTCP_PSFB_PLI:
                    self._wants_key_frame(packet.media_ssrc)
                elif packet.fmt == RTCP_PSFB_APP:
                    self._told(packet.fci)
                elif packet.fmt == rtcp.RTCP_PSFB_FIR and len(packet.fci) >= 4:
                    self._wants_key_frame(int.from_bytes(packet.fci[:4], "big"))
            elif isinstance(packet, RtcpRtpfbPacket) and packet.fmt == RTCP_RTPFB_NACK:
                jack = self._jacks_by_ssrc.get(packet.media_ssrc)
                if jack is not None:
                    jack.lost(packet.lost)

    def _told(self, fci: bytes) -> None:
        try:
            remb = rtcp.told_remb(fci)
        except ValueError:
            self._malformed_rtcp += 1
            return
        if remb is not None:
            self.downlink.told(remb)

    def _wants_key_frame(self, ssrc: int) -> None:
        jack = self._jacks_by_ssrc.get(ssrc)
        if jack is not None:
            jack.key_frame_requested()

    def _reports(self, reports: list[RtcpReceiverInfo], now: float) -> None:
        for block in reports:
            jack = self._jacks_by_ssrc.get(block.ssrc)
            if jack is not None:
                jack.receiver_report(block.fraction_lost, block.jitter, block.lsr, block.dlsr, now)

    # media out

    def report(self, now: float, bitrate: int) -> None:
        """Send receiver reports and REMB to the publisher, sender reports to the listener.

        `bitrate` is what the policy grants, bit/s; a line that carries less is granted less.
        """
        if not self.connected:
            return
        if self.plugs and not self._idle(now, bitrate):
            blocks = [
                plug.reception.report(plug.ssrc, now, plug.lost_behind)
                for plug in self.plugs.values()
                if plug.last_arrival
            ]
            video = [plug.ssrc for plug in self.plugs.values() if plug.kind == "video"]
            compound = rtcp.receiver_report(self._feedback_ssrc, blocks)
            octets = sum(plug.reception.octets for plug in self.plugs.values())
            lost = max(plug.reception.fraction for plug in self.plugs.values() if plug.kind == "audio")
            self.bitrate = self._estimate.limit(now, octets, lost, bitrate)
            if video:
                compound += rtcp.remb(self._feedback_ssrc, self.bitrate, video)
            self._path.send_rtcp(compound)
        for jack in self.jacks.values():
            jack.report(now)

    def _idle(self, now: float, bitrate: int) -> bool:
        """Whether there is nothing to tell: a waiting publisher sends no media, and there are many."""
        said, self._said = self._said, (bitrate, self.last_media)
        if said != self._said or now - self._said_at >= IDLE_REPORT:
            self._said_at = now
            return False
        return True

    @property
    def rtt(self) -> float | None:
        """Round trip in seconds, from the listener's reports; None if nothing is being sent to it."""
        trips = [jack.rtt for jack in self.jacks.values() if jack.rtt is not None and jack.source is not None]
        return min(trips) if trips else None

    async def close(self) -> None:
        """End the connection; idempotent."""
        self._transport_closed()
        if self._task is not None and self._task is not asyncio.current_task():
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        if self._closing is None:
            self._closing = asyncio.create_task(self._transport.close(), name=f"close {self.id}")
        await asyncio.shield(self._closing)
