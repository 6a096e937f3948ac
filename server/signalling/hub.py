"""All live days: pages come and go here, and what happens on the nodes arrives here."""

import asyncio
import logging
from typing import Any

from server.door import Door, Opened
from server.errors import ExamError, LinkProblem, NotFound, Refused
from server.exam.seats import DAY_WIDE
from server.nodes.reports import Report
from server.store import days, journal, link_devices, links
from server.store.records import Day, Room, SeatRow

from . import events, steps
from .conference import Conference
from .connection import NOT_VALID
from .day import LiveDay
from .media import end
from .place import Page, Place
from .rehearsal import Rehearsal
from .rehearsals import Rehearsals
from .services import Services
from .showing import Showing

log = logging.getLogger(__name__)


class Hub:
    """Started before the nodes and stopped after them."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self.showing = Showing(services.clock)
        self.days: dict[int, LiveDay] = {}
        self.rehearsals = Rehearsals(services, self._conferences)
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

    async def enter(self, opened: Opened) -> tuple[LiveDay, Place]:
        """The live side of what the door opened, until `leave`. Raises LinkProblem if it was taken away since."""
        if opened.rehearsal:
            await self.start()
            return await self.rehearsals.enter(opened)
        live = await self.day(opened.day.id)
        if opened.seat.id not in live.places:
            await self.renew(live)
        place = live.places.get(opened.seat.id)
        if place is None:
            raise LinkProblem("foreign")
        return live, place

    async def leave(self, live: LiveDay) -> None:
        """A connection that had entered has ended; a rehearsal ends with its last one."""
        if isinstance(live, Rehearsal):
            await self.rehearsals.leave(live)

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
                await live.write(session, live.closed_event, row=row, room=place.row.room_id, seat=place.id)
        except ExamError as error:
            log.warning("the end of a page is not on record: %s", error)

    async def renew(self, live: LiveDay) -> None:
        """Looks whether the record was changed by others than the live day, and takes it over if so."""
        if await self._read(live) != live.day:
            await self.refresh(live.day.id)

    async def refresh(self, day_id: int) -> None:
        """A changed plan, already committed, becomes what the day is and what its pages show.

        Rooms, seats, interviews and their states are taken over with every room held, so no step is lost; whoever
        waits goes on waiting in the new room. A day that is not live is read when it is first needed.
        """
        async with self._loading:
            live = self.days.get(day_id)
        if live is None:
            return
        async with live.renewing:
            _show_out(live, await self._read(live))
            async with live.all_held():
                read = await self._read(live)
                _show_out(live, read)
                numbers = {seat.id: seat.link_number for seat in read.seats}
                replaced = [
                    place.id
                    for place in live.places.values()
                    if numbers.get(place.id, 0) > place.row.link_number
                ]
                gone = live.take_over(read)
                for conference in live.conferences.values():
                    await steps.settle_guests(live, conference)
                for conference in live.conferences.values():
                    await conference.apply()
                for seat_id in replaced:
                    await self._forget_link(live, live.places[seat_id])
        self.showing.show(live)
        for conference in gone:
            await end(self.services.nodes, conference.id)

    async def replace_link(
        self, day_id: int, seat_id: str, *, by: SeatRow | None = None, person: int | None = None
    ) -> str:
        """The token of a new link; pages of the old one are shown out at once, and the interview stays as it is.

        `by` is the seat it was done from, `person` who did it where that was a page of another kind. Raises NotFound,
        or Refused for a seat that has no link.
        """
        services = self.services
        async with services.store.begin() as session:
            seat = await links.seat_by_id(session, seat_id)
            if seat is None or seat.day_id != day_id:
                raise NotFound(detail="seat of the day")
            if not seat.by_link:
                raise Refused("no_link", "Это место открывается по логину, ссылки у него нет.")
            seat = await links.replace_link(session, seat_id)
            await journal.append(
                session,
                link_devices.REPLACED,
                at=services.clock.now(),
                day=day_id,
                room=seat.room_id,
                seat=None if by is None else by.id,
                data={"seat": seat_id, "number": seat.link_number, "person": person},
            )
        await self.refresh(day_id)
        await self.rehearsals.watch()
        return services.door.token(seat_id, seat.link_number)

    async def _forget_link(self, live: LiveDay, place: Place) -> None:
        """Nothing of the old link is left: neither its devices nor the media of its page, who may be a stranger."""
        place.devices = {}
        conference = live.media_of(place.row)
        if conference is not None:
            await conference.media.disconnect(place.id)
            place.forget_media()

    # ── what the nodes tell (server.nodes.keeper.Listener) ─────────────────────────────────────────

    async def node_live(self, name: str, reports: dict[str, Report]) -> None:
        """A node answers: its conferences are taken up again, and those without a node come to one."""
        for conference_id, report in reports.items():
            conference = self._conference(conference_id)
            node = self.services.nodes.node_of(conference_id)
            if conference is None:
                log.warning("%s has conference %s of no day that is on; ended", name, conference_id)
                await end(self.services.nodes, conference_id)
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
            if isinstance(live, Rehearsal) and event.get("event") == "quality":
                live.measured(event.get("seats") or {})
                self.showing.show(live)
            elif await handle(live, conference, event):
                self.showing.show(live)

    async def node_lost(self, name: str, conferences: frozenset[str]) -> None:
        """Its conferences go to another node; everybody is told to connect anew."""
        lost = [one for one in map(self._conference, sorted(conferences)) if one is not None]
        for conference in lost:
            live = self._live_of(conference)
            if isinstance(live, Rehearsal):
                continue
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
            await self.rehearsals.make_room(dirty)
            await asyncio.gather(*(conference.apply() for conference in dirty))
            self.show_all()

    def show_all(self) -> None:
        for live in self._all():
            self.showing.show(live)

    def _all(self) -> list[LiveDay]:
        return [*self.days.values(), *self.rehearsals.by_seat.values()]

    def _conferences(self) -> list[Conference]:
        """Those of exams."""
        return [one for live in self.days.values() for one in live.conferences.values()]

    def _conference(self, conference_id: str) -> Conference | None:
        every = (one for live in self._all() for one in live.conferences.values())
        return next((one for one in every if one.id == conference_id), None)

    def _live_of(self, conference: Conference) -> LiveDay:
        return next(live for live in self._all() if conference in live.conferences.values())

    async def _load(self, day_id: int) -> LiveDay:
        async with self.services.store.read() as session:
            live = LiveDay(await days.load_day(session, day_id), self.services)
            raised = await journal.of_day(session, day_id, event="participant.help")
            seen = await link_devices.of_day(session, day_id)
        for entry in raised:
            if entry.seat_id in live.places and entry.data is not None:
                live.places[entry.seat_id].help = bool(entry.data.get("on"))
        for seat_id in live.places.keys() & seen.keys():
            live.places[seat_id].devices = seen[seat_id]
        for conference in live.conferences.values():
            await conference.load_notes()
        log.info("day %d is live: %d seats", day_id, len(live.places))
        return live

    async def unload(self, live: LiveDay) -> None:
        """A day that is over: its conferences are ended and forgotten."""
        del self.days[live.day.id]
        for conference in live.conferences.values():
            await end(self.services.nodes, conference.id)

    async def _read(self, live: LiveDay) -> Day:
        async with self.services.store.read() as session:
            return await days.load_day(session, live.day.id)

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


def _show_out(live: LiveDay, read: Day) -> None:
    """Closes every page whose seat is no more, is revoked, or has another link than the page was opened by."""
    seats = {seat.id: seat for seat in read.seats}
    for place in live.places.values():
        seat = seats.get(place.id)
        if seat is None or seat.revoked_at is not None or seat.link_number != place.row.link_number:
            place.show_out(NOT_VALID)
