"""What every page of the office needs: its services, the frame around it, and the redirect after a change."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from server.clock import Clock
from server.http.access import Role, Viewer, viewer
from server.http.csrf import Csrf
from server.http.request import number_of
from server.http.templates import Templates
from server.settings import Settings
from server.signalling.hub import Hub
from server.store.database import Store
from server.store.records import ExamDay, School

from .fields import Fields
from .words import DONE, LABELS, date_words


@dataclass(frozen=True, slots=True)
class Desk:
    """Handed to every module of the office once, by the composition root."""

    store: Store
    hub: Hub
    clock: Clock
    settings: Settings
    templates: Templates
    secret: bytes
    csrf: Csrf

    def page(
        self,
        request: web.Request,
        template: str,
        context: Mapping[str, Any] | None = None,
        *,
        fields: Fields | None = None,
        status: int = 200,
    ) -> web.Response:
        """A page in the frame of the office. With `fields` it is a form shown again with its mistakes (422)."""
        who = viewer(request)
        frame: dict[str, Any] = {
            "viewer": who,
            "is_organizer": who.is_any(Role.ORGANIZER),
            "is_operator": who.is_any(Role.OPERATOR),
            "school": who.school,
            "day": who.day,
            "day_title": None if who.day is None else date_words(who.day.date),
            "csrf": self.csrf.token(request),
            "done": DONE.get(request.query.get("done", "")),
            "path": request.path,
            "values": {} if fields is None else fields.values,
            "errors": {} if fields is None else fields.errors,
            "labels": LABELS,
            "nav": (rows := navigation(who)),
            "here": nearest(rows, (context or {}).get("section", request.path)),
        }
        if fields is not None and not fields.valid and status == 200:
            status = 422
        return self.templates.page(template, frame | dict(context or {}), status=status)

    async def fields(self, request: web.Request) -> Fields:
        """The submitted form."""
        return Fields(await request.post())

    async def chosen(self, request: web.Request, name: str) -> frozenset[int]:
        """The ids whose boxes are ticked in the submitted form."""
        found = [str(one) for one in (await request.post()).getall(name, [])]
        return frozenset(number_of(one) for one in found)

    async def refresh(self, days: Iterable[int]) -> None:
        """What was committed of these days is shown on their pages at once."""
        for day in sorted(days):
            await self.hub.refresh(day)

    def local(self, at: datetime | None, school: School) -> datetime | None:
        """A moment by the school's clocks."""
        return None if at is None else at.astimezone(school.zone)

    def is_today(self, day: ExamDay, school: School) -> bool:
        now = self.clock.now()
        return now.astimezone(school.zone).date() == day.date or (day.opens_at <= now < day.closes_at)


def see(path: str, done: str = "", **query: str) -> web.HTTPSeeOther:
    """To raise after a change: the page that shows its result. `done` is a key of `words.DONE`."""
    pairs = ({"done": done} if done else {}) | query
    return web.HTTPSeeOther(f"{path}?{urlencode(pairs)}" if pairs else path)


@dataclass(frozen=True, slots=True)
class Item:
    title: str
    path: str


def navigation(who: Viewer) -> dict[str, list[Item]]:
    """The two rows of links: of the school and of the day; what the role may not open is not shown."""
    rows: dict[str, list[Item]] = {"school": [], "day": []}
    if who.is_any(Role.OPERATOR):
        rows["school"].append(Item("Школы", "/schools"))
    school = who.school.id if who.school is not None else who.account.school_id
    if who.is_any(Role.ORGANIZER) and school is not None:
        base = f"/schools/{school}"
        rows["school"] += [
            Item("Дни", f"{base}/days"),
            Item("Участники", f"{base}/participants"),
            Item("Сотрудники", f"{base}/staff"),
            Item("Школа", base),
        ]
    if who.day is not None:
        base = f"/days/{who.day.id}"
        for title, tail, roles in DAY_PAGES:
            if who.is_any(*roles):
                rows["day"].append(Item(title, base + tail))
    return rows


def nearest(rows: Mapping[str, list[Item]], path: str) -> frozenset[str]:
    """The addresses of the links that a page belongs to: in each row, the longest that the page's begins with."""
    above = [
        [item.path for item in items if f"{path}/".startswith(f"{item.path}/")] for items in rows.values()
    ]
    return frozenset(max(found, key=len) for found in above if found)


_IN_CHARGE = (Role.ORGANIZER, Role.HEAD)
DAY_PAGES: tuple[tuple[str, str, tuple[Role, ...]], ...] = (
    ("Ход дня", "", (*_IN_CHARGE, Role.SPECIALIST, Role.USHER)),
    ("Участники", "/participants", _IN_CHARGE),
    ("Комиссия", "/commission", _IN_CHARGE),
    ("План", "/plan", (*_IN_CHARGE, Role.SPECIALIST, Role.USHER)),
    ("Ссылки", "/links", (Role.ORGANIZER, Role.SPECIALIST)),
    ("Печать", "/print", (*_IN_CHARGE, Role.SPECIALIST)),
    ("Сроки", "/deadlines", _IN_CHARGE),
)
"""Title, tail of the address, and who sees it; the same as the matrix says (a test compares them)."""

UPLOAD_LIFE = timedelta(hours=1)
"""How long an uploaded file waits for its confirmation."""
