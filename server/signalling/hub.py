"""All live days: pages come and go here, and what happens on the nodes arrives here."""

import asyncio
import logging
from typing import Any

from server.door import Door
from server.errors import ExamError
from server.exam.seats import DAY_WIDE
from server.nodes.reports import Report
from server.store import days, journal
from server.store.records import Room, SeatRow

from . import events
from .conference import Conference
from .connection import NOT_VALID
from .day import LiveDay
from .place import Page, Place
from .services import Services
from .showing import Showing

log = logging.getLogger(__name__)


class Hub:
    """Started before the nodes and stopped after them."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self.showing = Showing(services.clock)
        self.days: dict[int, LiveDay] = {}
        self._loading = asyncio.Lock()

    @property
    def door(self) -> Door:
        return self.services.door

    async def start(self) -> None:
        """Loads the days that are today, so that nodes that are found again find their conferences."""
        async with self.services.store.read() as session:
            today = await days.today(session, self.services.clock.now())
        for day in today:
            await self.day(day)

    def in_conference(self) -> bool:
        """Whether somebody is being examined now."""
        return any(conference.current() is not None for conference in self._conferences())

    async def day(self, day_id: int) -> LiveDay:
        """The live day, loaded when it is first needed."""
        async with self._loading:
            if day_id not in self.days:
                self.days[day_id] = await self._load(day_id)
            return self.days[day_id]

    async def enter(self, token: str) -> tuple[LiveDay, Place]:
        """The seat of a link. Raises LinkProblem."""
        opened = await self.door.open(token)
        live = await self.day(opened.day.id)
        if opened.seat.id not in live.places:
            await self.renew(live)
        return live, live.places[opened.seat.id]

    async def room_of(self, seat: SeatRow) -> Room | None:
        """The room of a seat; None for seats of the whole day."""
        if seat.room_id is None:
            return None
        live = await self.day(seat.day_id)
        if seat.room_id not in live.conferences:
            await self.renew(live)
        return live.conference(seat.room_id).room

    async def gone(self, live: LiveDay, place: Place, page: Page) -> None:
        """A page's connection has ended."""
        if not place.release(page):
            return
        self.showing.show(live)
        row = live.day.interview_of(place.id)
        try:
            async with self.services.store.begin() as session:
                await live.write(session, "page.lost", row=row, room=place.row.room_id, seat=place.id)
        except ExamError as error:
            log.warning("the end of a page is not on record: %s", error)

    async def renew(self, live: LiveDay) -> None:
        """Seats that were added or revoked meanwhile: who is revoked is shown out at once."""
        async with self.services.store.read() as session:
            read = await days.load_day(session, live.day.id)
        changed = live.renew(read)
        for place in changed:
            if place.row.revoked_at is not None and place.holder is not None:
                place.holder.connection.close(NOT_VALID)
        if changed:
            for conference in live.conferences.values():
                await conference.apply()
            self.showing.show(live)

    # ── what the nodes tell (server.nodes.keeper.Listener) ─────────────────────────────────────────

    async def node_live(self, name: str, reports: dict[str, Report]) -> None:
        """A node answers: its conferences are taken up again, and those without a node come to one."""
        for conference_id, report in reports.items():
            conference = self._conference(conference_id)
            node = self.services.nodes.node_of(conference_id)
            if conference is None:
                log.warning("%s has conference %s of no day that is on; ended", name, conference_id)
                if node is not None:
                    try:
                        await node.client.end(conference_id)
                        self.services.nodes.release(conference_id)
                    except ExamError as error:
                        log.warning("conference %s is not ended: %s", conference_id, error)
            elif node is not None and node.name == name:
                await conference.adopt(node, report)
        await self.repair()
        self.show_all()

    async def node_event(self, name: str, event: dict[str, Any]) -> None:
        """One event of docs/NODE.md."""
        conference = self._conference(str(event.get("conference")))
        handle = events.HANDLERS.get(str(event.get("event")))
        if conference is not None and handle is not None:
            live = self._live_of(conference)
            if await handle(live, conference, event):
                self.showing.show(live)

    async def node_lost(self, name: str, conferences: frozenset[str]) -> None:
        """Its conferences go to another node; everybody is told to connect anew."""
        lost = [one for one in map(self._conference, sorted(conferences)) if one is not None]
        for conference in lost:
            live = self._live_of(conference)
            try:
                async with self.services.store.begin() as session:
                    await live.write(session, "node.lost", room=conference.room.id, data={"node": name})
            except ExamError as error:
                log.warning("the death of %s is not on record: %s", name, error)
        await asyncio.gather(*(conference.node_lost() for conference in lost))
        self.show_all()

    async def repair(self) -> None:
        """Conferences whose node does not have the wanted state are tried again."""
        dirty = [conference for conference in self._conferences() if conference.media.dirty]
        if dirty:
            await asyncio.gather(*(conference.apply() for conference in dirty))
            self.show_all()

    def show_all(self) -> None:
        for live in list(self.days.values()):
            self.showing.show(live)

    def _conferences(self) -> list[Conference]:
        return [one for live in self.days.values() for one in live.conferences.values()]

    def _conference(self, conference_id: str) -> Conference | None:
        return next((one for one in self._conferences() if one.id == conference_id), None)

    def _live_of(self, conference: Conference) -> LiveDay:
        return next(live for live in self.days.values() if live.day.id == conference.room.day_id)

    async def _load(self, day_id: int) -> LiveDay:
        async with self.services.store.read() as session:
            live = LiveDay(await days.load_day(session, day_id), self.services)
            raised = await journal.of_day(session, day_id, event="participant.help")
        for entry in raised:
            if entry.seat_id in live.places and entry.data is not None:
                live.places[entry.seat_id].help = bool(entry.data.get("on"))
        for conference in live.conferences.values():
            await conference.load_notes()
        log.info("day %d is live: %d seats", day_id, len(live.places))
        return live

    async def unload(self, live: LiveDay) -> None:
        """A day that is over: its conferences are ended and forgotten."""
        del self.days[live.day.id]
        for conference in live.conferences.values():
            node = self.services.nodes.node_of(conference.id)
            if node is not None:
                await node.client.end(conference.id)
                self.services.nodes.release(conference.id)

    def guests_gone(self, live: LiveDay, now: float, after: float) -> list[Place]:
        """Seats of the whole day that are in a conference, but whose page has been away so long."""
        return [
            place
            for place in live.places.values()
            if place.row.kind in DAY_WIDE
            and place.holder is None
            and now - place.left_at > after
            and live.media_of(place.row) is not None
        ]
