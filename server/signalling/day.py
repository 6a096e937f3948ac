"""One exam day, live: its record as the database has it, the places of its seats, the conferences of its rooms."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from server.errors import NotFound
from server.store import journal
from server.store.records import Day, InterviewRow, SeatRow

from .conference import Conference
from .place import Place
from .services import Services


class LiveDay:
    """The record is replaced after each transaction, never before: pages are shown what is committed."""

    opened_event, closed_event = "page.opened", "page.lost"
    """In the journal."""

    rehearsing = False
    """Whether it is a link's rehearsal on an earlier day instead."""

    def __init__(self, day: Day, services: Services) -> None:
        self.day = day
        self.services = services
        self.places = {seat.id: Place(seat) for seat in day.seats}
        self.conferences = {room.id: Conference(self, room, services) for room in day.rooms}
        self.renewing = asyncio.Lock()
        """Held while the record is read again: an older reading never replaces a newer one."""

    def interview(self, interview: int) -> InterviewRow:
        """Raises NotFound."""
        try:
            return self.day.interview(interview)
        except KeyError:
            raise NotFound(detail=f"interview {interview}") from None

    def conference(self, room: int) -> Conference:
        """Raises NotFound."""
        try:
            return self.conferences[room]
        except KeyError:
            raise NotFound(detail=f"room {room}") from None

    def put(self, row: InterviewRow) -> None:
        """What was committed of an interview becomes what pages are shown."""
        rows = tuple(row if known.id == row.id else known for known in self.day.interviews)
        self.day = replace(self.day, interviews=rows)

    @asynccontextmanager
    async def held(self, interview: int) -> AsyncIterator[tuple[Conference, InterviewRow]]:
        """The interview under its room's lock, wherever the plan has it by then. Raises NotFound."""
        while True:
            conference = self.conferences[self.interview(interview).room_id]
            async with conference.lock:
                row = self.interview(interview)
                if row.room_id == conference.room.id:
                    yield conference, row
                    return

    @asynccontextmanager
    async def all_held(self) -> AsyncIterator[None]:
        """Every room's lock: no step is between its transaction and what pages are shown of it."""
        async with AsyncExitStack() as stack:
            for _, conference in sorted(self.conferences.items()):
                await stack.enter_async_context(conference.lock)
            yield

    def take_over(self, read: Day) -> list[Conference]:
        """The record as it was read with all rooms held; the conferences of rooms that are no more.

        Whoever waits in another room now waits there; media follows when the conferences are applied.
        """
        self.day = read
        for seat in read.seats:
            place = self.places.get(seat.id)
            if place is None:
                self.places[seat.id] = Place(seat)
            else:
                if place.row.room_id != seat.room_id:
                    place.forget_media()
                place.row = seat
        for seat_id in self.places.keys() - {seat.id for seat in read.seats}:
            del self.places[seat_id]
        for room in read.rooms:
            if room.id in self.conferences:
                self.conferences[room.id].room = room
            else:
                self.conferences[room.id] = Conference(self, room, self.services)
        gone = self.conferences.keys() - {room.id for room in read.rooms}
        return [self.conferences.pop(room_id) for room_id in sorted(gone)]

    def media_of(self, seat: SeatRow) -> Conference | None:
        """The conference in which the seat may have media now."""
        if seat.room_id is not None:
            conference = self.conferences[seat.room_id]
            return conference if seat.id in conference.seats() else None
        return next((one for one in self.conferences.values() if one.guests.includes(seat.id)), None)

    async def write(
        self,
        session: AsyncSession,
        event: str,
        *,
        seat: str | None = None,
        row: InterviewRow | None = None,
        room: int | None = None,
        data: dict[str, Any] | None = None,
    ) -> None:
        """A row of the journal, at the clock's time."""
        await journal.append(
            session,
            event,
            at=self.services.clock.now(),
            day=self.day.id,
            room=room if row is None else row.room_id,
            interview=None if row is None else row.id,
            seat=seat,
            data=data,
        )
