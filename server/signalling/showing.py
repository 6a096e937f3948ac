"""Sends views: to each page its own, and only when it differs from the last one that page was sent."""

import logging
from collections.abc import Callable
from datetime import datetime

from media.layout import SeatKind
from server.clock import Clock
from server.exam.seats import DAY_WIDE
from server.store.records import SeatRow

from . import collect, messages
from .day import LiveDay
from .facts import AssistantFacts
from .place import Page, Place
from .rehearsal import Rehearsal
from .views import participant as participant_views
from .views import rehearsal as rehearsal_views
from .views import staff as staff_views
from .views.parts import View, ms

log = logging.getLogger(__name__)


def _participant(live: LiveDay, seat: SeatRow, now: datetime) -> View:
    row = live.day.interview_of(seat.id)
    facts = collect.unplanned(live) if row is None else collect.participant(live, row, now)
    return participant_views.participant(facts, now)


def _assistant(live: LiveDay, seat: SeatRow, now: datetime) -> View:
    return participant_views.assistant(_assistant_facts(live, seat))


def _examiner(live: LiveDay, seat: SeatRow, now: datetime) -> View:
    return staff_views.examiner(collect.room(live, live.conference(seat.room_id or 0), seat.kind))


def _listener(live: LiveDay, seat: SeatRow, now: datetime) -> View:
    return staff_views.listener(collect.listener(live, live.conference(seat.room_id or 0), seat.kind))


def _specialist(live: LiveDay, seat: SeatRow, now: datetime) -> View:
    return staff_views.specialist(collect.house(live, seat))


def _organizer(live: LiveDay, seat: SeatRow, now: datetime) -> View:
    return staff_views.organizer(collect.house(live, seat))


def _rehearsal(live: Rehearsal) -> View:
    return rehearsal_views.rehearsal(
        planned_at=live.planned_at,
        come_at=live.come_at,
        testable=live.testable,
        heard=live.heard(),
        result=live.result,
    )


VIEWS: dict[SeatKind, Callable[[LiveDay, SeatRow, datetime], View]] = {
    SeatKind.PARTICIPANT: _participant,
    SeatKind.EXAMINER: _examiner,
    SeatKind.EXPERT: _listener,
    SeatKind.OBSERVER: _listener,
    SeatKind.SPECIALIST: _specialist,
    SeatKind.ORGANIZER: _organizer,
    SeatKind.ASSISTANT: _assistant,
}


class Showing:
    """Shows days to their pages."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def show(self, live: LiveDay) -> None:
        """Every page of the day gets its view if it changed. One page's fault harms no other."""
        now = self._clock.now()
        for place in live.places.values():
            if place.holder is not None:
                try:
                    self.show_page(live, place, place.holder, now)
                except Exception:
                    log.exception("no view for seat %s", place.id)

    def show_page(self, live: LiveDay, place: Place, page: Page, now: datetime) -> None:
        """Media that this seat no longer has is closed first, then comes the view."""
        self._follow_media(live, place, page)
        view = (
            _rehearsal(live) if isinstance(live, Rehearsal) else VIEWS[place.row.kind](live, place.row, now)
        )
        text = messages.encode(view)
        if text != page.seen:
            page.seen = text
            page.connection.send({**view, "now": ms(now)})

    def _follow_media(self, live: LiveDay, place: Place, page: Page) -> None:
        """Tells the page to close media it may no longer have, or to connect if it may again."""
        conference = live.media_of(place.row)
        having = None if conference is None else conference.id
        if page.media == having:
            return
        if having is not None and place.row.kind not in DAY_WIDE:
            page.media = having
            page.connection.send({"type": "media.reconnect"})
        elif page.media is not None:
            page.media = None
            page.connection.send({"type": "media.close"})


def _assistant_facts(live: LiveDay, seat: SeatRow) -> AssistantFacts:
    """An assistant whose participant was taken off the list is shown an empty room."""
    row = live.day.interview_of(seat.id)
    if row is not None:
        return collect.assistant(live, row)
    return AssistantFacts(
        room=live.day.room(seat.room_id or 0),
        school=live.day.school.name,
        phone=live.day.school.phone,
        opens_at=live.day.day.opens_at,
        over=True,
    )
