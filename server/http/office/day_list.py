"""`/schools/{school}/days`: the dates that the region's rules give, and the days that the school has appointed."""

from dataclasses import asdict, dataclass
from datetime import date, datetime, time
from typing import Any

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncSession

from scheduling.calendar import NoSuchDate, WorkingDays, transfers_known
from server.errors import NotFound, Refused
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
MOST = 2**31 - 1


@dataclass(frozen=True, slots=True)
class DayList:
    desk: Desk

    async def show(self, request: web.Request) -> web.Response:
        return await self._page(request, None)

    async def change(self, request: web.Request) -> web.Response:
        """A new day of the school; with `day` another date and time of one that has no plan yet."""
        who = viewer(request)
        fields = await self.desk.fields(request)
        moved = fields.integer("day", 0, MOST, default=0) or 0
        now = self.desk.clock.now()
        times = _times(fields, who.here, now.astimezone(who.here.zone).date())
        if times is None or not fields.valid:
            return await self._page(request, fields)
        try:
            async with self.desk.store.begin() as session:
                listed = await days.of_school(session, who.here.id)
                if any(one.date == times.date and one.id != moved for one in listed):
                    raise Refused("day_taken", "На эту дату день уже назначен.")
                if moved and moved not in {one.id for one in listed}:
                    raise NotFound(detail="a day of the school")
                day_id = moved or await self._add(session, who.here, times)
                if moved:
                    await days.move_day(session, moved, **asdict(times))
                data = {"by": who.account.id, "date": times.date.isoformat()}
                kind = "day.moved" if moved else "day.appointed"
                await journal.append(session, kind, at=now, day=day_id, data=data)
        except Refused as problem:
            fields.wrong("date", problem.text)
            return await self._page(request, fields)
        await self.desk.refresh([moved] if moved else [])
        if moved:
            raise see(f"/schools/{who.here.id}/days", "saved")
        raise see(f"/days/{day_id}/participants", "day_added")

    async def _add(self, session: AsyncSession, school: School, times: Times) -> int:
        return (await days.add_day(session, school_id=school.id, **asdict(times))).id

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


def _times(fields: Fields, school: School, today: date) -> Times | None:
    """The date with its moments at the school; None where something is wrong."""
    day = fields.date("date", required=True)
    if day is not None and day < today:
        fields.wrong("date", "Эта дата уже прошла. Проверьте год.")
    if day is not None and day.year > today.year + 2:
        fields.wrong("date", "Проверьте год.")
    return None if day is None else read_times(fields, day, school)


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
