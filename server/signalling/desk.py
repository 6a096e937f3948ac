"""Where a command is worked on: the seat it came from, its page, and the day around it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from media.layout import SeatKind
from server.errors import Forbidden, NotFound
from server.store.records import InterviewRow, SeatRow

from .conference import Conference
from .day import LiveDay
from .place import Page, Place
from .services import Services
from .showing import Showing

if TYPE_CHECKING:
    from .hub import Hub


@dataclass(frozen=True, slots=True)
class Desk:
    """Handed to every handler."""

    live: LiveDay
    place: Place
    page: Page
    hub: "Hub"

    @property
    def showing(self) -> Showing:
        return self.hub.showing

    @property
    def services(self) -> Services:
        return self.live.services

    @property
    def seat(self) -> SeatRow:
        return self.place.row

    @property
    def kind(self) -> SeatKind:
        return self.place.row.kind

    def own_interview(self) -> InterviewRow:
        """The participant's. Raises NotFound."""
        row = self.live.day.interview_of(self.seat.id)
        if row is None:
            raise NotFound(detail="interview of the seat")
        return row

    def room(self, named: int | None = None) -> Conference:
        """The seat's own room, or the one a seat of the whole day named. Raises Forbidden or NotFound."""
        if self.seat.room_id is None:
            if named is None:
                raise NotFound("room_missing", "Укажите аудиторию.")
            return self.live.conference(named)
        if named not in {None, self.seat.room_id}:
            raise Forbidden(detail="another room")
        return self.live.conference(self.seat.room_id)

    def interview(self, interview: int) -> InterviewRow:
        """An interview of the seat's room, or of the day for a seat of the whole day. Raises NotFound."""
        row = self.live.interview(interview)
        if self.seat.room_id not in {None, row.room_id}:
            raise NotFound(detail="interview of another room")
        return row

    def show(self) -> None:
        """Everybody's view, to those for whom it changed."""
        self.showing.show(self.live)
