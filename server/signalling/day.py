"""One exam day, live: its record as the database has it, the places of its seats, the conferences of its rooms."""

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

    def __init__(self, day: Day, services: Services) -> None:
        self.day = day
        self.services = services
        self.places = {seat.id: Place(seat) for seat in day.seats}
        self.conferences = {room.id: Conference(self, room, services) for room in day.rooms}

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

    def renew(self, read: Day) -> list[Place]:
        """Takes seats, rooms and new interviews from the record read again; the places that changed.

        Interviews known here stay as they are: a step may have been committed since the record was read.
        """
        known = {row.id: row for row in self.day.interviews}
        self.day = replace(read, interviews=tuple(known.get(row.id, row) for row in read.interviews))
        changed: list[Place] = []
        for seat in read.seats:
            place = self.places.get(seat.id)
            if place is None:
                place = self.places[seat.id] = Place(seat)
                changed.append(place)
            elif place.row != seat:
                place.row = seat
                changed.append(place)
        for room in read.rooms:
            if room.id not in self.conferences:
                self.conferences[room.id] = Conference(self, room, self.services)
        return changed

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
