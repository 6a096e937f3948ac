"""The pages: one template per kind of seat, opened by the link alone."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from aiohttp import web

from media.layout import SeatKind
from server.clock import Clock
from server.door import Opened
from server.errors import LinkProblem
from server.log import bound
from server.settings import Settings
from server.signalling.hub import Hub
from server.signalling.messages import VERSION
from server.store import days, journal
from server.store.database import Store
from server.store.records import Room, School

from . import headers
from .request import is_secure
from .templates import Templates

TEMPLATES: dict[SeatKind, str] = {
    SeatKind.PARTICIPANT: "participant.html",
    SeatKind.EXAMINER: "examiner.html",
    SeatKind.EXPERT: "listener.html",
    SeatKind.OBSERVER: "listener.html",
    SeatKind.SPECIALIST: "specialist.html",
    SeatKind.ORGANIZER: "third.html",
    SeatKind.ASSISTANT: "third.html",
}


class Pages:
    """Handlers of everything a person may open."""

    def __init__(
        self, store: Store, hub: Hub, clock: Clock, settings: Settings, templates: Templates
    ) -> None:
        self._store = store
        self._hub = hub
        self._clock = clock
        self._settings = settings
        self._templates = templates

    async def landing(self, request: web.Request) -> web.Response:
        """Says that a link is needed, and whom to call where one school alone has an exam today."""
        school = await self._school_of_today()
        context = {"school": school and school.name, "phone": school and school.phone}
        return self._templates.page("landing.html", context)

    async def seat(self, request: web.Request) -> web.Response:
        """The page of the link's seat. Raises LinkProblem. It shows what it learns on its WebSocket."""
        token = request.match_info["token"]
        return await self._page(request, await self._hub.door.open(token), f"/j/{token}/ws")

    async def seat_signed_in(self, request: web.Request, person_id: int) -> web.Response:
        """The page of `/seat/{seat}` for a person who has signed in. Raises NotFound or LinkProblem."""
        opened = await self._hub.door.open_signed_in(request.match_info["seat"], person_id)
        return await self._page(request, opened, f"/seat/{opened.seat.id}/ws")

    async def _page(self, request: web.Request, opened: Opened, socket: str) -> web.Response:
        with bound(seat=opened.seat.id, room=opened.seat.room_id):
            await self._record_opening(opened)
            room = None if opened.rehearsal else await self._hub.room_of(opened.seat)
            template = "rehearsal.html" if opened.rehearsal else TEMPLATES[opened.seat.kind]
            response = self._templates.page(template, self._context(request, socket, opened, room))
        response.headers["Permissions-Policy"] = headers.permissions(opened.seat.kind)
        return response

    async def health(self, request: web.Request) -> web.Response:
        """For the proxy and the container: the server answers and its database does too."""
        async with self._store.read() as session:
            await days.today(session, self._clock.now())
        return web.json_response({"ok": True}, headers={"Cache-Control": "no-store"})

    async def problem(
        self, kind: str, status: int, problem: LinkProblem | None = None, *, text: str | None = None
    ) -> web.Response:
        """A page that says in plain words what is wrong and what to do. `text` stands for the kind's own words."""
        known = await self._school_of_today() if problem is None and status < 500 else None
        context: dict[str, Any] = {
            "problem": kind,
            "school": None,
            "phone": None,
            "opens_at": None,
            "text": text,
        }
        if problem is not None:
            context |= {"school": problem.school, "phone": problem.phone, "opens_at": problem.opens_at}
        elif known is not None:
            context |= {"school": known.name, "phone": known.phone}
        return self._templates.page("problem.html", context, status=status)

    async def _record_opening(self, opened: Opened) -> None:
        """Every opening of a link is in the journal."""
        seat = opened.seat
        async with self._store.begin() as session:
            now = self._clock.now()
            await journal.append(
                session, "link.opened", at=now, day=seat.day_id, room=seat.room_id, seat=seat.id
            )

    def _context(
        self, request: web.Request, socket: str, opened: Opened, room: Room | None
    ) -> dict[str, Any]:
        school, seat = opened.school, opened.seat
        boot = {
            "kind": seat.kind.value,
            "name": seat.name,
            "ws": socket,
            "phone": school.phone,
            "school": school.name,
            "room": None if room is None else f"Аудитория {room.number}",
            "zone": school.timezone,
            "secure": is_secure(request, self._settings),
            "version": VERSION,
        }
        return {
            "boot": boot,
            "rehearsal": opened.rehearsal,
            "school": school.name,
            "phone": school.phone,
            "seat": {"kind": seat.kind.value, "name": seat.name},
            "day": _day(opened, school.zone),
        }

    async def _school_of_today(self) -> School | None:
        async with self._store.read() as session:
            today = await days.today(session, self._clock.now())
            if len(today) != 1:
                return None
            return (await days.load_header(session, today[0]))[0]


def _day(opened: Opened, zone: ZoneInfo) -> dict[str, Any]:
    """Dates and times as the school's clock shows them."""

    def local(at: datetime) -> datetime:
        return at.astimezone(zone)

    day = opened.day
    return {"date": day.date, "opens_at": local(day.opens_at), "starts_at": local(day.starts_at)}
