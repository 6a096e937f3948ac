"""`/days/{day}/times`: when the links open, when the day begins and when it ends, put right after the appointment."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from aiohttp import web

from server.http.access import viewer
from server.store import daybook, journal
from server.store.records import School

from .desk import Desk, see
from .fields import Fields
from .words import clock

OPENS_BEFORE = timedelta(hours=1)
LASTS = timedelta(hours=9)


@dataclass(frozen=True, slots=True)
class Times:
    """A day's date at the school, and its moments, aware."""

    date: date
    opens_at: datetime
    starts_at: datetime
    closes_at: datetime


def read_times(fields: Fields, day: date, school: School) -> Times | None:
    """The moments by the school's clocks; None where something is wrong. The usual ones where a field is empty."""
    start = fields.time("start", required=True)
    opens, closes = fields.time("opens"), fields.time("closes")
    if start is None or not fields.valid:
        return None
    starts_at = _at(day, start, school)
    times = Times(
        date=day,
        opens_at=starts_at - OPENS_BEFORE if opens is None else _at(day, opens, school),
        starts_at=starts_at,
        closes_at=starts_at + LASTS if closes is None else _at(day, closes, school),
    )
    if times.opens_at > starts_at:
        fields.wrong("opens", "Страницы участников открываются не позже начала.")
    if times.closes_at <= starts_at:
        fields.wrong("closes", "День заканчивается позже начала.")
    return None if fields.errors else times


def _at(day: date, clock: time, school: School) -> datetime:
    return datetime.combine(day, clock, school.zone)


@dataclass(frozen=True, slots=True)
class DayTimes:
    desk: Desk

    async def show(self, request: web.Request) -> web.Response:
        who = viewer(request)
        day, local = who.today, self.desk.local
        shown = Fields(
            {
                "start": clock(local(day.starts_at, who.here)),
                "opens": clock(local(day.opens_at, who.here)),
                "closes": clock(local(day.closes_at, who.here)),
            }
        )
        return self.desk.page(request, "office/day_times.html", fields=shown)

    async def save(self, request: web.Request) -> web.Response:
        """The date stays, and so do the times of the plan: they are planned anew by whoever wants it."""
        who, fields = viewer(request), await self.desk.fields(request)
        times = read_times(fields, who.today.date, who.here)
        if times is None:
            return self.desk.page(request, "office/day_times.html", fields=fields)
        async with self.desk.store.begin() as session:
            await daybook.set_times(
                session,
                who.today.id,
                opens_at=times.opens_at,
                starts_at=times.starts_at,
                closes_at=times.closes_at,
            )
            data = {
                "by": who.account.id,
                "opens": times.opens_at.isoformat(),
                "starts": times.starts_at.isoformat(),
                "closes": times.closes_at.isoformat(),
            }
            await journal.append(session, "day.times", at=self.desk.clock.now(), day=who.today.id, data=data)
        await self.desk.refresh([who.today.id])
        raise see(f"/schools/{who.here.id}/days", "saved")
