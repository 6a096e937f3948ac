"""What the node measures of each seat, and the bit rates it grants by policy: the exam comes first."""

from typing import Any

from .layout import SeatKind
from .peer import Peer

IN_CONFERENCE = {
    SeatKind.PARTICIPANT: 1_200_000,
    SeatKind.EXAMINER: 2_800_000,  # camera and screen
    SeatKind.ORGANIZER: 800_000,
    SeatKind.ASSISTANT: 800_000,
}
VOICE = 64_000  # bit/s that a voice takes at most, with its headers
SMALL = 150_000  # bit/s of a small picture; a listener whose line carries less gets the voices, and the exam paper
LARGER = 300_000  # bit/s at which his picture comes back
WAITING = 150_000  # the one who is next keeps a small picture warm


def bitrate_for(kind: SeatKind, in_conference: bool) -> int:
    """REMB towards a publisher of that kind, bit/s."""
    return IN_CONFERENCE.get(kind, WAITING) if in_conference else WAITING


class QualityMeter:
    """Turns counters into figures a second, per seat."""

    def __init__(self) -> None:
        self._before: dict[tuple[str, str], tuple[float, int]] = {}

    def measure(self, peer: Peer, now: float) -> dict[str, Any]:
        """The `seats` entry of a quality event (docs/NODE.md); rates are since the last call for this peer."""
        plugs = {}
        for name, plug in peer.plugs.items():
            reception = plug.reception
            then, octets = self._before.get((peer.id, name), (now, reception.octets))
            self._before[peer.id, name] = (now, reception.octets)
            rate = (reception.octets - octets) * 8 / 1000 / (now - then) if now > then else 0.0
            level = plug.take_level()
            plugs[name] = {
                "kbps": round(rate, 1),
                "loss": round(reception.fraction, 4),
                "jitter_ms": round(reception.jitter * 1000 / plug.clock_rate, 1),
                "level_dbfs": -level if level is not None else None,
                "age_ms": round((now - plug.last_arrival) * 1000) if plug.last_arrival is not None else None,
            }
        jacks = {
            name: {"loss": round(jack.loss, 4), "jitter_ms": round(jack.jitter_ms, 1)}
            for name, jack in peer.jacks.items()
            if jack.source is not None
        }
        trip = peer.rtt
        return {
            "rtt_ms": round(trip * 1000, 1) if trip is not None else None,
            "plugs": plugs,
            "jacks": jacks,
        }

    def forget(self, peer: Peer) -> None:
        """Drop what was kept for a connection that ended."""
        for name in peer.plugs:
            self._before.pop((peer.id, name), None)
