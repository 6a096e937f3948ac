"""A conference on this node: its seats, the patches between them, its recorder.

It applies a desired state given from outside and decides nothing about who may hear whom.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from .clock import Clock
from .control import Desired, RecordingTarget
from .estimate import Downlink
from .layout import LAYOUTS, RECORDER_SEAT, SeatKind
from .peer import HIDDEN, Peer, PeerSettings
from .plug import Plug, Subscriber
from .quality import LARGER, SMALL, VOICE, WAITING, QualityMeter, bitrate_for
from .recorder import Recorder, RecorderEnvironment

log = logging.getLogger(__name__)

Emit = Callable[[dict[str, Any]], None]
LOST_AFTER = 1.0  # seconds without RTP after which a plug that was live counts as lost
SILENT_AFTER = 3.0  # seconds without any authentic packet after which a connection is marked
GONE_AFTER = 30.0  # and after which it is closed; its browser may have slept, or changed its network
CARRYING = 0.5  # seconds without media after which a connection need not be waited for
SUCCESSION = 1.0  # seconds a connected successor has until its first media
KEY_FRAME_EVERY = 4.0  # seconds; the recorder's request, for which hidden seats wait as well


@dataclass(slots=True)
class Seat:
    """A seat and its connection. `pending` is a newer connection that does not carry media yet.

    `silent` says that nothing authentic came of the connection for `SILENT_AFTER`.
    """

    id: str
    kind: SeatKind
    peer: Peer | None = None
    pending: Peer | None = None
    silent: bool = False
    leaving: bool = False
    sent_before: dict[str, tuple[int, int]] = field(default_factory=dict)  # by former connections
    live: set[str] = field(default_factory=set)


class Conference:
    """One conference. `emit` takes events of the control API."""

    def __init__(
        self,
        conference_id: str,
        settings: PeerSettings,
        recording: RecorderEnvironment,
        clock: Clock,
        emit: Emit,
    ) -> None:
        self.id = conference_id
        self.version = -1
        self.seats: dict[str, Seat] = {}
        self.patches: frozenset[tuple[str, str, str, str]] = frozenset()
        self.priority: frozenset[str] = frozenset()
        self.recorder: Recorder | None = None
        self._settings = settings
        self._recording = recording
        self._clock = clock
        self._emit = emit
        self._quality = QualityMeter()
        self._share = 1.0
        self._tasks: set[asyncio.Task[None]] = set()

    # desired state

    async def apply(self, desired: Desired) -> None:
        """Make the conference what is desired; the same state again changes nothing."""
        self.version = desired.version
        # Who hears whom comes first: neither a disk nor a connection that is being closed may delay a silence.
        self.patches = frozenset(desired.patches)
        former = self._record(desired.recording)
        self._rewire()
        leaving = [seat for seat in self.seats.values() if desired.seats.get(seat.id) != seat.kind]
        for seat in leaving:
            seat.leaving = True
        for seat in leaving:
            await self.disconnect(seat.id)
            self.seats.pop(seat.id, None)
        for seat_id, kind in desired.seats.items():
            if seat_id not in self.seats:
                self.seats[seat_id] = Seat(seat_id, kind)
        raised = self.priority ^ frozenset(desired.priority)
        self.priority = frozenset(desired.priority)
        now = self._clock.now()
        for seat in self.seats.values():
            if seat.id in raised and seat.peer is not None:
                seat.peer.report(now, self._bitrate(seat))
        if former is not None:
            await former.close()

    def _record(self, target: RecordingTarget | None) -> Recorder | None:
        """Take the recorder of another target; the former one, if it is to be closed."""
        former = self.recorder
        if former is not None and former.target == target:
            return None
        self.recorder = (
            Recorder(self.id, target, self._recording, self._clock, self._emit)
            if target is not None
            else None
        )
        return former

    def _rewire(self) -> None:
        """Point every jack at the plug it is patched to, and tell every plug who listens."""
        wanted = {(seat, jack): (source, plug) for source, plug, seat, jack in self.patches}
        listeners: dict[Plug, list[Subscriber]] = {}

        def source_of(seat: str, jack: str) -> Plug | None:
            source, name = wanted.get((seat, jack), ("", ""))
            peer = self.seats[source].peer if source in self.seats else None
            return peer.plugs.get(name) if peer is not None else None

        # Silence first: a plug must never for a moment reach a jack of its former and of its new patch.
        pairs = [
            (jack, source_of(seat.id, jack.name))
            for seat in self.seats.values()
            if seat.peer is not None
            for jack in seat.peer.jacks.values()
        ]
        for jack, source in pairs:
            if source is None:
                jack.switch(None)
            else:
                listeners.setdefault(source, []).append(jack)
        if self.recorder is not None:
            for slot in LAYOUTS[SeatKind.RECORDER].jacks:
                source = source_of(RECORDER_SEAT, slot.name)
                track = self.recorder.track(slot.name, slot.kind, source)
                if track is not None and source is not None:
                    listeners.setdefault(source, []).append(track)
        for seat in self.seats.values():
            if seat.peer is not None:
                for plug in seat.peer.plugs.values():
                    plug.subscribers = tuple(listeners.get(plug, ()))
        for jack, source in pairs:
            if source is not None:
                jack.switch(source)

    # connections

    async def offer(self, seat_id: str, peer_id: str, sdp: str) -> str:
        """Answer the offer of a seat's page. KeyError for an unknown seat, BadOffer, OSError without ports.

        The older connection of the seat goes on until the new one carries media.
        """
        seat = self.seats[seat_id]
        if seat.leaving:
            raise KeyError(seat_id)
        peer = Peer(peer_id, seat_id, seat.kind, self._settings, self._clock, self)
        try:
            answer = await peer.accept(sdp)
        except BaseException:
            await peer.close()
            raise
        if self.seats.get(seat_id) is not seat or seat.leaving:
            await peer.close()
            raise KeyError(seat_id)
        former, seat.pending = seat.pending, peer
        if former is not None:
            self._close_later(former)
        return answer

    def peer_connected(self, peer: Peer) -> None:
        seat = self.seats.get(peer.seat)
        if seat is None or seat.pending is not peer:
            self._close_later(peer)
            return
        now = self._clock.now()
        peer.report(now, self._bitrate(seat))  # the first report sets the publisher's pace at once
        former = seat.peer
        if former is None or former.last_media is None or now - former.last_media > CARRYING:
            self._succeed(seat, peer)
        else:  # made before broken: who speaks is heard by the former connection until the new one carries
            asyncio.get_running_loop().call_later(SUCCESSION, self.peer_carries, peer)

    def peer_carries(self, peer: Peer) -> None:
        seat = self.seats.get(peer.seat)
        if seat is not None and seat.pending is peer and peer.connected:
            self._succeed(seat, peer)

    def _succeed(self, seat: Seat, peer: Peer) -> None:
        former, seat.peer, seat.pending = seat.peer, peer, None
        if former is not None:
            self._keep_counts(seat, former)
        seat.live.clear()
        seat.silent = False
        self._rewire()
        self._tell(peer, "connected")
        if former is not None:
            self._close_later(former)

    def peer_closed(self, peer: Peer) -> None:
        seat = self.seats.get(peer.seat)
        if seat is not None and seat.pending is peer:
            seat.pending = None
            self._tell(peer, "failed")
        elif seat is not None and seat.peer is peer:
            self._keep_counts(seat, peer)
            seat.peer = None
            self._tell(peer, "closed")
            if seat.pending is not None and seat.pending.connected:
                self._succeed(seat, seat.pending)
            else:
                self._rewire()
        self._quality.forget(peer)
        self._close_later(peer)

    async def disconnect(self, seat_id: str) -> None:
        """Close the seat's connections. KeyError for an unknown seat."""
        seat = self.seats[seat_id]
        for peer in (seat.pending, seat.peer):
            if peer is not None:
                await peer.close()

    def _close_later(self, peer: Peer) -> None:
        task = asyncio.create_task(peer.close(), name=f"close {peer.id}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _keep_counts(self, seat: Seat, peer: Peer) -> None:
        for name, jack in peer.jacks.items():
            packets, octets = seat.sent_before.get(name, (0, 0))
            seat.sent_before[name] = (packets + jack.packets, octets + jack.octets)

    def _tell(self, peer: Peer, state: str) -> None:
        self._emit(self._seat_event(peer, state))

    def _seat_event(self, peer: Peer, state: str) -> dict[str, Any]:
        return {"event": "seat", "conference": self.id, "seat": peer.seat, "peer": peer.id, "state": state}

    def _bitrate(self, seat: Seat) -> int:
        return max(WAITING, round(bitrate_for(seat.kind, seat.id in self.priority) * self._share))

    # time

    def tick(self, now: float) -> None:
        """Twice a second: key frames for the recorder, plugs that fell silent."""
        taped = {(source, plug) for source, plug, seat, _ in self.patches if seat == RECORDER_SEAT}
        for seat in self.seats.values():
            peer = seat.peer
            if peer is None:
                continue
            self._watch(seat, peer, now)
            for name, plug in peer.plugs.items():
                live = plug.last_arrival is not None and now - plug.last_arrival < LOST_AFTER
                if live != (name in seat.live):
                    (seat.live.add if live else seat.live.discard)(name)
                    self._emit(self._plug_event(seat, name))
                recorded = (seat.id, name) in taped  # whether or not there is a file to write to
                if (
                    recorded
                    and plug.kind == "video"
                    and live
                    and now - plug.last_key_frame >= KEY_FRAME_EVERY
                ):
                    plug.request_key_frame()
        if self.recorder is not None:
            self.recorder.tick(now)

    def _watch(self, seat: Seat, peer: Peer, now: float) -> None:
        """Mark a connection of which nothing comes; much later close it."""
        silence = now - peer.last_seen
        if (silence > SILENT_AFTER) != seat.silent:
            seat.silent = not seat.silent
            self._tell(peer, "silent" if seat.silent else "connected")
        if silence > GONE_AFTER:
            self._close_later(peer)

    def _plug_event(self, seat: Seat, plug: str) -> dict[str, Any]:
        state = "live" if plug in seat.live else "lost"
        return {"event": "plug", "conference": self.id, "seat": seat.id, "plug": plug, "state": state}

    def standing(self) -> list[dict[str, Any]]:
        """The events that still hold, for a listener that comes late: connections, their plugs, alarms that are on."""
        seats = [
            self._seat_event(seat.peer, "silent" if seat.silent else "connected")
            for seat in self.seats.values()
            if seat.peer is not None
        ]
        plugs = [
            self._plug_event(seat, name)
            for seat in self.seats.values()
            if seat.peer is not None
            for name, plug in seat.peer.plugs.items()
            if plug.last_arrival is not None
        ]
        return seats + plugs + (self.recorder.standing() if self.recorder is not None else [])

    def second(self, now: float, share: float = 1.0) -> None:
        """Once a second: reports to publishers and listeners, quality to the server.

        `share` of the policy's bit rates is granted: less than all while the node cannot carry it.
        """
        self._share = share
        most = self._pictures(now)
        for seat in self.seats.values():
            if seat.peer is not None:
                seat.peer.report(now, min(self._bitrate(seat), most.get(seat.id, self._bitrate(seat))))
        seats = {
            seat.id: self._quality.measure(seat.peer, now)
            for seat in self.seats.values()
            if seat.peer is not None
        }
        if seats:
            self._emit({"event": "quality", "conference": self.id, "seats": seats})

    def _pictures(self, now: float) -> dict[str, int]:
        """What the lines of those who take part carry of each publisher's pictures, bit/s, where it is little.

        No publisher is brought below a small picture for a listener's sake: it is kept back from him alone. Hidden
        seats and the recorder have no say: nobody may see by his own picture that they are there.
        """
        shown: dict[str, set[str]] = {}
        voices: dict[str, int] = {}
        here = {seat.id: seat.kind for seat in self.seats.values() if not seat.leaving}
        for source, plug, listener, _ in self.patches:
            if source not in here or listener not in here or here[listener] in HIDDEN:
                continue  # the recorder; or seats come and go at this moment
            if LAYOUTS[here[source]].plug(plug).kind == "video":
                shown.setdefault(listener, set()).add(source)
            else:
                voices[listener] = voices.get(listener, 0) + 1
        most: dict[str, int] = {}
        for seat in self.seats.values():
            if seat.id not in shown and seat.kind not in HIDDEN and seat.peer is not None:
                seat.peer.downlink = Downlink()  # the next picture shows what the line carries by then
                for jack in seat.peer.jacks.values():
                    jack.hold(False)
        for listener, sources in shown.items():
            peer = self.seats[listener].peer
            if peer is None:
                continue
            wanted = {source: self._bitrate(self.seats[source]) for source in sources}
            spoken = VOICE * voices.get(listener, 0)
            octets = sum(jack.octets for jack in peer.jacks.values())
            peer.downlink.second(now, octets, spoken + sum(wanted.values()))
            left = peer.downlink.most - spoken if peer.downlink.most is not None else None
            for jack in peer.jacks.values():
                if jack.kind == "video" and (jack.source is None or jack.source.name != "screen"):
                    jack.hold(left is not None and left < (LARGER if jack.held else SMALL))
            if left is None:
                continue
            for source, bitrate in wanted.items():
                part = max(SMALL, round(left * bitrate / sum(wanted.values())))
                most[source] = min(most.get(source, part), part)
        return most

    def report(self) -> dict[str, Any]:
        """The conference as it is, for the control API (docs/NODE.md)."""
        jacks = []
        for seat in self.seats.values():
            for jack in LAYOUTS[seat.kind].jacks:
                packets, octets = seat.sent_before.get(jack.name, (0, 0))
                if seat.peer is not None:
                    packets += seat.peer.jacks[jack.name].packets
                    octets += seat.peer.jacks[jack.name].octets
                jacks.append({"seat": seat.id, "jack": jack.name, "packets": packets, "bytes": octets})
        return {
            "version": self.version,
            "patches": sorted(list(patch) for patch in self.patches),
            "seats": {
                seat.id: {
                    "kind": str(seat.kind),
                    "peer": seat.peer.id if seat.peer is not None else None,
                    "connected": seat.peer is not None,
                }
                for seat in self.seats.values()
            },
            "jacks": jacks,
            "recording": self.recorder.report() if self.recorder is not None else None,
        }

    async def close(self) -> None:
        """End the conference: connections closed, files closed properly."""
        for seat in self.seats.values():
            seat.leaving = True  # an offer under way must not bring a connection that nobody ends
        for seat_id in list(self.seats):
            await self.disconnect(seat_id)
        self.seats.clear()
        former = self._record(None)
        if former is not None:
            await former.close()
        if self._tasks:
            await asyncio.wait(self._tasks)
