"""All rehearsals that are on: begun with the first page of a seat, ended with its last, and never in an exam's way."""

import asyncio
import logging
from collections.abc import Callable, Sequence

from server.door import Opened
from server.store import days, link_devices, links

from .conference import Conference
from .connection import NOT_VALID, RESTART
from .media import end
from .place import Place
from .rehearsal import Rehearsal
from .services import Services

log = logging.getLogger(__name__)


IDLE_SECONDS = 60.0
"""Without a media connection so long a page that is left open gives its place on the node to others."""


class Rehearsals:
    """Part of the hub. `exams` are the conferences of the live days."""

    def __init__(self, services: Services, exams: Callable[[], Sequence[Conference]]) -> None:
        self.by_seat: dict[str, Rehearsal] = {}
        self._services = services
        self._exams = exams
        self._loading = asyncio.Lock()

    async def enter(self, opened: Opened) -> tuple[Rehearsal, Place]:
        """The seat's rehearsal for one more page, until `leave`."""
        rehearsal = await self._rehearsal(opened)
        rehearsal.pages += 1
        return rehearsal, rehearsal.places[opened.seat.id]

    async def leave(self, rehearsal: Rehearsal) -> None:
        rehearsal.pages -= 1
        if rehearsal.pages == 0:
            del self.by_seat[rehearsal.seat.id]
            await end(self._services.nodes, rehearsal.conference_alone.id)

    async def watch(self) -> None:
        """Ends those whose day has come or whose link is not valid now, and takes the node from those who are idle."""
        now, monotonic = self._services.clock.now(), self._services.clock.monotonic()
        for live in list(self.by_seat.values()):
            async with self._services.store.read() as session:
                seat = await links.seat_by_id(session, live.seat.id)
            place, number = live.places[live.seat.id], live.seat.link_number
            if seat is None or seat.revoked_at is not None or seat.link_number != number:
                place.show_out(NOT_VALID)
            elif now.astimezone(live.day.school.zone).date() >= live.day.day.date:
                place.show_out(RESTART)
            elif place.peers:
                live.busy_at = monotonic
            elif monotonic - live.busy_at > IDLE_SECONDS:
                await self._take_node(live)

    async def make_room(self, dirty: Sequence[Conference]) -> None:
        """An exam comes first: rehearsals give their places on the nodes up where conferences have none."""
        nodes = self._services.nodes
        lacking = sum(1 for one in dirty if nodes.node_of(one.id) is None) - nodes.room_left()
        for rehearsal in list(self.by_seat.values()):
            if lacking <= 0:
                return
            if nodes.node_of(rehearsal.conference_alone.id) is not None:
                log.info("a rehearsal makes room for an exam")
                await self._take_node(rehearsal)
                lacking -= 1

    async def _take_node(self, rehearsal: Rehearsal) -> None:
        """Nothing of it is on a node any more; its page's next offer may begin anew."""
        await end(self._services.nodes, rehearsal.conference_alone.id)
        rehearsal.conference_alone.media.lost()
        rehearsal.places[rehearsal.seat.id].forget_media()

    async def _rehearsal(self, opened: Opened) -> Rehearsal:
        async with self._loading:
            seat = opened.seat
            if seat.id not in self.by_seat:
                async with self._services.store.read() as session:
                    day = await days.load_day(session, seat.day_id)
                    seen = await link_devices.of_day(session, seat.day_id)
                begun = Rehearsal(day, seat, self._services, self._kept_for_exams)
                begun.places[seat.id].devices = seen.get(seat.id, {})
                self.by_seat[seat.id] = begun
            return self.by_seat[seat.id]

    def _kept_for_exams(self) -> int:
        """Rooms of the live days that are on no node yet."""
        return sum(1 for one in self._exams() if self._services.nodes.node_of(one.id) is None)
