"""`/schools/{school}/days`: the dates that the region's rules give, and the days that the school has appointed."""

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from aiohttp import web

from scheduling.calendar import NoSuchDate, WorkingDays, transfers_known
from server.errors import Refused
from server.exam.profile import Profile
from server.http.access import viewer
from server.store import daybook, days, journal, sittings
from server.store.records import ExamDay, School

from .dates_words import date_rules, distance, exam_year
from .day_times import LASTS, OPENS_BEFORE, Times, read_times
from .desk import Desk, see
from .fields import Fields
from .regions import profile_of
from .words import clock, date_words

START = time(9)


@dataclass(frozen=True, slots=True)
class DayList:
    desk: Desk

    async def show(self, request: web.Request) -> web.Response:
        return await self._page(request, None)

    async def change(self, request: web.Request) -> web.Response:
        """A new day of the school."""
        who = viewer(request)
        fields = await self.desk.fields(request)
        times = _times(fields, who.here)
        if times is None:
            return await self._page(request, fields)
        day, moments = times
        try:
            async with self.desk.store.begin() as session:
                if any(one.date == day for one in await days.of_school(session, who.here.id)):
                    raise Refused("day_taken", "На эту дату день уже назначен.")
                made = await days.add_day(
                    session,
                    school_id=who.here.id,
                    date=day,
                    opens_at=moments.opens_at,
                    starts_at=moments.starts_at,
                    closes_at=moments.closes_at,
                )
                data = {"by": who.account.id, "date": day.isoformat()}
                await journal.append(
                    session, "day.appointed", at=self.desk.clock.now(), day=made.id, data=data
                )
        except Refused as problem:
            fields.wrong("date", problem.text)
            return await self._page(request, fields)
        raise see(f"/days/{made.id}/participants", "day_added")

    async def _page(self, request: web.Request, fields: Fields | None) -> web.Response:
        who = viewer(request)
        school = who.here
        profile = profile_of(self.desk.settings, school.profile)
        today = self.desk.clock.now().astimezone(school.zone).date()
        async with self.desk.store.read() as session:
            working = await daybook.working_days(session, school.id)
            listed = [
                await self._row(session, one, school, today)
                for one in await days.of_school(session, school.id)
            ]
        start = START if profile is None else profile.start
        context = {
            "proposed": _proposed(profile, exam_year(today), working, listed, today),
            "profile": profile,
            "year": exam_year(today),
            "start": start.strftime("%H:%M"),
            "days": sorted(listed, key=lambda one: one["date"], reverse=True),
            "values": _values(fields, start),
        }
        return self.desk.page(request, "office/days.html", context, fields=fields)

    async def _row(self, session: Any, day: ExamDay, school: School, today: date) -> dict[str, Any]:
        whole = await days.load_day(session, day.id)
        listed = await sittings.of_day(session, day.id)
        return {
            "id": day.id,
            "date": day.date,
            "title": date_words(day.date),
            "away": distance(day.date, today),
            "tone": "live" if day.date == today else "plain" if day.date < today else "good",
            "starts": clock(self.desk.local(day.starts_at, school)),
            "participants": len(listed),
            "rooms": len([room for room in whole.rooms if room.closed_at is None]),
            "planned": len(whole.interviews),
        }


def _values(fields: Fields | None, start: time) -> dict[str, str]:
    """What the form shows: what was sent, or the times the region's rules give (C-04)."""
    begins = datetime.combine(date(2000, 1, 1), start)
    usual = {
        "start": start.strftime("%H:%M"),
        "opens": (begins - OPENS_BEFORE).strftime("%H:%M"),
        "closes": (begins + LASTS).strftime("%H:%M"),
    }
    return usual if fields is None else usual | fields.values


def _times(fields: Fields, school: School) -> tuple[date, Times] | None:
    """The date with its moments at the school; None where something is wrong."""
    day = fields.date("date", required=True)
    if day is not None and not 2019 <= day.year <= 2100:
        fields.wrong("date", "Проверьте год.")
    times = None if day is None else read_times(fields, day, school)
    return None if day is None or times is None else (day, times)


def _proposed(
    profile: Profile | None, year: int, working: WorkingDays, listed: list[dict[str, Any]], today: date
) -> dict[str, Any]:
    """The dates of the year by the region's rule, each with its words, or why there are none (C-01)."""
    found: dict[str, Any] = {"dates": [], "problem": "", "source": "", "transfers": True}
    if profile is None:
        found["problem"] = "Даты подскажет регион: выберите его в настройках школы."
        return found
    schedule = profile.dates.schedule()
    found["source"], found["transfers"] = profile.dates.source, transfers_known(year)
    try:
        dates = schedule.in_year(year, working)
    except NoSuchDate as problem:
        found["problem"] = str(problem)
        return found
    taken = {one["date"]: one["id"] for one in listed}
    found["dates"] = [
        {
            "iso": day.isoformat(),
            "title": date_words(day),
            "rule": rule,
            "kind": "Основной срок" if number == 0 else "Дополнительный срок",
            "id": taken.get(day),
            "past": day < today,
            "off": not working.is_working(day),
        }
        for number, (day, rule) in enumerate(zip(dates.all, date_rules(schedule), strict=False))
    ]
    return found
