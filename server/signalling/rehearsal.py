"""A rehearsal: one seat on an earlier day, with a real node, and nothing of the exam day.

It has the seat, a conference of its own without patches, and no interview: no state changes, nobody hears or sees
anybody, nothing is recorded. An exam comes first: a node is used only while every room of today keeps its place.
"""

import secrets
from collections import deque
from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from media.layout import SeatKind
from server.errors import NodeUnavailable
from server.exam import rehearsal as rules
from server.exam.rehearsal import Line, Rehearsed, Second
from server.store import rehearsals
from server.store.records import Day, InterviewRow, SeatRow

from .conference import Conference
from .day import LiveDay
from .media import RoomMedia, Wanted
from .services import LiveNode, Nodes, Services

REMEMBERED = 120
"""Seconds of measurements kept since the person was asked to speak."""
EARLIER = timedelta(minutes=10)
"""So long before the own time the link is to be opened on the day."""


class SpareNodes:
    """The nodes as a rehearsal may use them: only what the exams of today leave."""

    def __init__(self, nodes: Nodes, kept: Callable[[], int]) -> None:
        self._nodes = nodes
        self._kept = kept

    def node_of(self, conference: str) -> LiveNode | None:
        return self._nodes.node_of(conference)

    def place(self, conference: str, *, avoid: Collection[str] = ()) -> LiveNode:
        if self._nodes.node_of(conference) is None and not self.have_room():
            raise NodeUnavailable(detail="what is left is kept for exams")
        return self._nodes.place(conference, avoid=avoid)

    def release(self, conference: str) -> None:
        self._nodes.release(conference)

    def room_left(self) -> int:
        return self._nodes.room_left() - self._kept()

    def have_room(self) -> bool:
        return self.room_left() > 0


class RehearsalConference(Conference):
    """One seat alone on a node."""

    def __init__(self, live: LiveDay, seat: SeatRow, services: Services, spare: SpareNodes) -> None:
        super().__init__(live, live.day.rooms[0], services)
        self._kind = seat.kind
        self._seat = seat.id
        self.spare = spare
        # Of its own each time: the end of an earlier one of this seat may still be on its way to the node.
        name = f"rehearsal-{seat.id}-{secrets.token_hex(4)}"
        self.media = RoomMedia(name, spare, self._alone, self._new_part, self._learn)

    def current(self) -> InterviewRow | None:
        return None

    def seats(self) -> dict[str, SeatKind]:
        return {self._seat: self._kind}

    def _alone(self) -> Wanted:
        return Wanted(seats=self.seats(), patches=frozenset(), priority=[], interview=None)


class Rehearsal(LiveDay):
    """The one seat of a coming day, as its page needs it."""

    opened_event, closed_event = rehearsals.OPENED, rehearsals.CLOSED

    def __init__(self, day: Day, seat: SeatRow, services: Services, kept: Callable[[], int]) -> None:
        room = day.room(seat.room_id or 0)
        own = day.interview_of(seat.id)
        super().__init__(replace(day, rooms=(room,), seats=(seat,), interviews=()), services)
        self.seat = seat
        self.planned_at = day.day.starts_at if own is None else own.interview.planned_at or day.day.starts_at
        self.pages = 0
        """Connections that are in this rehearsal; with the last one it ends."""
        self.busy_at = services.clock.monotonic()
        """When its page had a media connection last."""
        self.result: Rehearsed | None = None
        self._seconds: deque[Second] = deque(maxlen=REMEMBERED)
        self.conference_alone = RehearsalConference(self, seat, services, SpareNodes(services.nodes, kept))
        self.conferences = {room.id: self.conference_alone}

    @property
    def come_at(self) -> datetime:
        """When to open the link on the day."""
        return max(self.day.day.opens_at, self.planned_at - EARLIER)

    @property
    def testable(self) -> bool:
        """Whether the connection can be tested: it is on a node, or there is room for it."""
        conference = self.conference_alone
        on_node = self.services.nodes.node_of(conference.id) is not None
        return on_node or conference.spare.have_room()

    @property
    def connected(self) -> bool:
        place = self.places[self.seat.id]
        return place.connected and not place.silent

    def listen(self) -> None:
        """What was measured before counts no more: now the person speaks."""
        self._seconds.clear()
        self.result = None

    def measured(self, seats: dict[str, Any]) -> None:
        """A `quality` event of the node (docs/NODE.md)."""
        told = seats.get(self.seat.id)
        if not isinstance(told, dict):
            return
        plugs = told.get("plugs") or {}
        voice, camera = plugs.get("voice") or {}, plugs.get("camera") or {}
        self._seconds.append(
            Second(
                voice_dbfs=voice.get("level_dbfs"),
                voice_loss=voice.get("loss") or 0.0,
                picture_kbps=camera.get("kbps") or 0.0,
                rtt_ms=told.get("rtt_ms"),
            )
        )

    def line(self) -> Line | None:
        """The connection by now; None where there was no node to test it with."""
        if not self.testable:
            return None
        return Line(connected=self.connected, seconds=tuple(self._seconds))

    def heard(self) -> bool:
        """Whether the voice arrives at the server."""
        loudest = Line(seconds=tuple(self._seconds)).voice_dbfs
        return loudest is not None and loudest >= rules.HEARD_DBFS
