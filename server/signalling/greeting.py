"""Who holds a seat: hello, the question «Продолжить здесь?», taking over, and the welcome."""

import logging
from typing import Any

from media.layout import LAYOUTS
from server.errors import BadMessage, LinkProblem, Refused
from server.exam.interview import InterviewState, Step

from . import devices, ice, messages, steps
from .connection import MOVED, Connection
from .day import LiveDay
from .place import Page, Place
from .showing import Showing
from .visitor import Visitor

log = logging.getLogger(__name__)

WAITING_LIMIT = 4
"""Pages of one seat that may wait to take it; the oldest gives way."""


class Greeting:
    """One connection before it holds its seat."""

    def __init__(
        self,
        live: LiveDay,
        place: Place,
        connection: Connection,
        showing: Showing,
        link_number: int,
        visitor: Visitor,
    ) -> None:
        self._live = live
        self._place = place
        self._connection = connection
        self._showing = showing
        self._link_number = link_number
        """How often the link had been replaced when it was opened."""
        self._visitor = visitor
        self._hello: messages.Hello | None = None

    async def hear(self, command: messages.Command) -> Page | None:
        """The page once it holds the seat; None while it was told `taken`. Raises ExamError."""
        match command:
            case messages.Hello() if self._hello is None:
                if command.version != messages.VERSION:
                    raise Refused("version", "Страница устарела. Обновите её.")
                self._hello = command
                if await devices.notice(self._live, self._place, self._visitor, command.device):
                    self._showing.show(self._live)
                if await self._is_taken(command):
                    self._wait()
                    self._connection.send({"type": "taken", "re": command.id})
                    return None
                return await self._seat(command, command.id)
            case messages.Take() if self._hello is not None:
                return await self._seat(self._hello, command.id)
            case _:
                raise BadMessage(detail=f"{type(command).__name__} before the welcome")

    def leave(self) -> None:
        """The connection ended or holds the seat: it no longer waits."""
        if self._connection in self._place.waiting:
            self._place.waiting.remove(self._connection)

    async def _is_taken(self, hello: messages.Hello) -> bool:
        """Whether another living page holds the seat.

        The same page comes back on a new socket without a question. A reload keeps its tab: its former page is
        asked for a sign of life, because a dead socket may not have been noticed yet.
        """
        while (holder := self._place.holder) is not None:
            if holder.page == hello.page:
                return False
            if holder.tab != hello.tab or await holder.connection.probe():
                if self._place.holder is holder:
                    return True
            elif self._place.holder is holder:
                holder.connection.drop()
                self._place.release(holder)
        return False

    def _wait(self) -> None:
        waiting = self._place.waiting
        waiting.append(self._connection)
        while len(waiting) > WAITING_LIMIT:
            waiting.pop(0).close(MOVED)

    async def _seat(self, hello: messages.Hello, re: int) -> Page:
        """Puts the page on the seat; from the former holder's end to the welcome nothing comes between."""
        place, former = self._place, self._place.holder
        if place.row.revoked_at is not None or self._link_number < place.row.link_number:
            raise LinkProblem("revoked")
        self.leave()
        page = Page(self._connection, page=hello.page, tab=hello.tab)
        if former is not None and former.page == hello.page:
            former.connection.drop()
        elif former is not None:
            place.expel("moved")
        place.holder = page
        conference = self._live.media_of(place.row)
        if conference is not None:
            page.media = conference.id
        keep = conference is not None and hello.peer is not None and place.peers.get(hello.peer, False)
        if keep:
            page.peer = hello.peer
        media = "none" if conference is None else "keep" if keep else "connect"
        log.info("< hello, media %s", media)
        page.connection.send(self._welcome(re, media, None if conference is None else conference.room.id))
        self._showing.show(self._live)
        await self._connect(page)
        return page

    def _welcome(self, re: int, media: str, conference: int | None) -> dict[str, Any]:
        seat, services = self._place.row, self._live.services
        layout, now = LAYOUTS[seat.kind], services.clock.now()
        settings = services.settings
        return {
            "type": "welcome",
            "re": re,
            "version": messages.VERSION,
            "now": round(now.timestamp() * 1000),
            "seat": {"id": seat.id, "kind": seat.kind.value, "name": seat.name},
            "layout": {
                "plugs": [{"name": plug.name, "kind": plug.kind} for plug in layout.plugs],
                "jacks": [{"name": j.name, "kind": j.kind, "person": j.person} for j in layout.jacks],
            },
            "ice_servers": ice.servers(settings.turn_urls, settings.turn_secret, seat.id, now),
            "media": media,
            "conference": seat.room_id if conference is None else conference,
        }

    async def _connect(self, page: Page) -> None:
        """The page on the seat is put on record; an invited participant is one who tests from now on."""
        live, place = self._live, self._place
        row = live.day.interview_of(place.id)
        async with live.services.store.begin() as session:
            await live.write(session, live.opened_event, row=row, room=place.row.room_id, seat=place.id)
        own = row is not None and row.seat_id == place.id
        if own and row is not None and row.interview.state is InterviewState.INVITED:
            try:
                await steps.take(live, row.id, Step.CONNECT, place.row)
            except Refused:
                # The step was taken meanwhile by the page that held the seat before.
                log.info("already connected")
            self._showing.show(live)
