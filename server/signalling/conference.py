"""One room's live conference: its guests, notes, alarms and media."""

import asyncio
from typing import TYPE_CHECKING, Any

from media.control import RecordingTarget
from media.layout import RECORDER_SEAT, SeatKind
from server.exam.audibility import CHECKED, patches
from server.nodes.reports import Report
from server.store import interviews, journal, notes
from server.store.records import InterviewRow, Note, Room

from . import cast
from .cast import Guests
from .media import RoomMedia, Wanted
from .place import Place
from .services import LiveNode, Services

if TYPE_CHECKING:
    from .day import LiveDay

NOTES_SHOWN = 50


class Conference:
    """The live side of a room. Steps of one room follow one another under `lock`."""

    def __init__(self, live: "LiveDay", room: Room, services: Services) -> None:
        self.room = room
        self.lock = asyncio.Lock()
        self.guests = Guests()
        self.notes: tuple[Note, ...] = ()
        self.recorder_alarms: dict[tuple[str, str], str] = {}
        """(track, alarm) → detail."""
        self._live = live
        self._services = services
        self._reconnect: set[str] | None = set()
        """Seats whose pages are told to connect anew once a node has the conference; None: all of them."""
        self.media = RoomMedia(str(room.id), services.nodes, self._wanted, self._new_part, self._learn)

    @property
    def id(self) -> str:
        return self.media.conference

    def current(self) -> InterviewRow | None:
        """The interview in the conference."""
        return cast.current(self._live.day, self.room.id)

    def seats(self) -> dict[str, SeatKind]:
        """Who may have media here now."""
        return cast.seats(self._live.day, self.room.id, self.guests)

    async def load_notes(self) -> None:
        async with self._services.store.read() as session:
            self.notes = await notes.last(session, self.room.id, NOTES_SHOWN)

    def add_note(self, note: Note) -> None:
        self.notes = (*self.notes, note)[-NOTES_SHOWN:]

    # ── media ──────────────────────────────────────────────────────────────────────────────────────

    async def apply(self) -> Report | None:
        """Brings the node up to date; pages that wait for a node are told to connect once there is one."""
        report = await self.media.apply()
        if report is not None and self._reconnect != set():
            due, self._reconnect = self._reconnect, set()
            for seat in self.seats():
                if due is None or seat in due:
                    self._live.places[seat].send({"type": "media.reconnect"})
        return report

    async def offer(self, place: Place, peer: str, sdp: str) -> str:
        """The answer to a page's offer; where no node can give one now, the page is told later to try again."""
        try:
            answer = await self.media.offer(place.id, peer, sdp)
        except Exception:
            if self.media.dirty and self._reconnect is not None:
                # Told once a node has the conference again.
                self._reconnect.add(place.id)
            raise
        carrying = {one: True for one, connected in place.peers.items() if connected}
        place.peers = {peer: False} | carrying
        return answer

    async def adopt(self, node: LiveNode, report: Report) -> None:
        """The node has this conference: everything known of it before is what it reports now, and tells anew."""
        if not self.media.started:
            self.guests = self._guests_in(report)
        self.recorder_alarms.clear()
        for seat in report.seats:
            if seat in self._live.places:
                self._live.places[seat].screen = None
        self.media.adopt(node, report, self._target)
        await self.apply()

    async def node_lost(self) -> None:
        """Everybody back on another node, by themselves."""
        for seat in self.seats():
            self._live.places[seat].peers.clear()
        self.recorder_alarms.clear()
        self._reconnect = None
        self.media.lost()
        await self.apply()

    def _wanted(self) -> Wanted:
        day, room = self._live.day, self.room.id
        seats = self.seats()
        known = {*seats, RECORDER_SEAT}
        inside = self.current()
        return Wanted(
            seats=seats,
            patches=frozenset(
                (plug, jack)
                for plug, jack in patches(cast.state_of(day, room, self.guests))
                if plug[0] in known and jack[0] in known
            ),
            priority=[seat for seat in cast.priority(day, room, self.guests) if seat in seats],
            interview=None if inside is None else inside.id,
        )

    async def _new_part(self, interview: int, node: str) -> RecordingTarget:
        """The next part of the recording, in database and journal before the node hears of it (D-22)."""
        row = self._live.day.interview(interview)
        now = self._services.clock.now()
        stem = cast.recording(self._live.day, row, 1).stem
        async with self._services.store.begin() as session:
            part = await interviews.new_recording_part(session, row.id, node, stem, at=now)
            await journal.append(
                session,
                "recording.part",
                at=now,
                day=self._live.day.id,
                room=self.room.id,
                interview=row.id,
                data={"part": part, "node": node, "stem": stem},
            )
        self.recorder_alarms.clear()
        return cast.recording(self._live.day, row, part)

    def _target(self, interview: int, part: int) -> RecordingTarget:
        return cast.recording(self._live.day, self._live.day.interview(interview), part)

    def _learn(self, report: Report) -> None:
        """The node's word on who is connected."""
        for seat, told in report.seats.items():
            place = self._live.places.get(seat)
            if place is not None:
                pending = {peer: False for peer, connected in place.peers.items() if not connected}
                connected = {} if told.peer is None else {told.peer: told.connected}
                place.peers = pending | connected

    def _guests_in(self, report: Report) -> Guests:
        """Who was in for a check, or had entered, when the server before this one ended.

        A step that it put on record without telling the node counts: it ends the check and the visit as always.
        """
        kinds = {seat: told.kind for seat, told in report.seats.items() if seat in self._live.places}
        organizer = next((seat for seat, kind in kinds.items() if kind == SeatKind.ORGANIZER), None)
        inside = self.current()
        if inside is not None and inside.assistant_seat_id is not None:
            organizer = None
        rows = self._live.day.in_room(self.room.id)
        waiting = {row.seat_id for row in rows if row.interview.state in CHECKED}
        for source, plug, target, jack in report.patches:
            checking = kinds.get(source) == SeatKind.SPECIALIST and target in waiting
            if checking and (plug, jack) == ("voice", "staff-voice"):
                return Guests(check=(source, target), organizer=organizer)
        return Guests(organizer=organizer)

    def recorder_event(self, event: dict[str, Any]) -> None:
        """An alarm of the recorder's live check, on or off; one of a recording that has ended is late."""
        inside = self.current()
        if inside is None or str(inside.id) != event.get("interview"):
            return
        key = (str(event.get("track", "")), str(event.get("alarm", "")))
        if event.get("on"):
            self.recorder_alarms[key] = str(event.get("detail", ""))
        else:
            self.recorder_alarms.pop(key, None)
