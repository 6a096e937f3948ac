"""`/days/{day}/deadlines`: what is due when around the day, what is met, and what the region has not said."""

from dataclasses import dataclass
from datetime import date

from aiohttp import web

from scheduling.terms import Event, Kind
from server.errors import NotFound
from server.http.access import Role, viewer
from server.store import daybook, journal

from .desk import Desk, see
from .due import EVENT_OF, dues_of
from .fields import Fields
from .regions import profile_of
from .zones import ZONES

MARKED = {kind.value for kind in Kind if kind is not Kind.START} | {Event.PROTOCOLS.value}


@dataclass(frozen=True, slots=True)
class DayDeadlines:
    desk: Desk

    async def show(self, request: web.Request) -> web.Response:
        return await self._page(request, None)

    async def change(self, request: web.Request) -> web.Response:
        """A deadline is met on a day, or the mark is taken back."""
        who = viewer(request)
        fields = await self.desk.fields(request)
        kind = fields.text("kind")
        if kind not in MARKED:
            raise NotFound(detail="kind of deadline")
        undo, now = fields.flag("undo"), self.desk.clock.now()
        on = None if undo else fields.date(f"on-{kind}", required=True)
        if on is not None:
            self._check(kind, on, request, fields)
        if not fields.valid:
            return await self._page(request, fields)
        async with self.desk.store.begin() as session:
            await daybook.mark(session, who.today.id, kind, on, at=now, by=who.account.person_id)
            data = {"kind": kind, "on": None if on is None else on.isoformat(), "by": who.account.id}
            await journal.append(session, "deadline.marked", at=now, day=who.today.id, data=data)
        raise see(f"/days/{who.today.id}/deadlines", "deadline_undone" if undo else "deadline_done")

    def _check(self, kind: str, day: date, request: web.Request, fields: Fields) -> None:
        """Nothing is met in the future, and what others are counted from not before the exam."""
        who = viewer(request)
        today = self.desk.clock.now().astimezone(who.here.zone).date()
        counted = {one.value for one in EVENT_OF} | {Event.PROTOCOLS.value}
        if day > today:
            fields.wrong(f"on-{kind}", "Эта дата ещё не наступила.")
        elif kind in counted and day < who.today.date:
            fields.wrong(f"on-{kind}", "Это бывает не раньше дня собеседования.")

    async def _page(self, request: web.Request, fields: Fields | None) -> web.Response:
        who = viewer(request)
        now = self.desk.clock.now()
        profile = profile_of(self.desk.settings, who.here.profile)
        async with self.desk.store.read() as session:
            dues = await dues_of(session, who.today, who.here, profile, now)
        context = {
            "dues": dues,
            "today": now.astimezone(who.here.zone).date().isoformat(),
            "zone": dict(ZONES).get(who.here.timezone, who.here.timezone).split(" — ")[0],
            "may_change": who.is_any(Role.ORGANIZER),
        }
        return self.desk.page(request, "office/day_deadlines.html", context, fields=fields)
