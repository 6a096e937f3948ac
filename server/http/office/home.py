"""`/office`: where somebody lands after signing in. The places of today first, then the days to come."""

from dataclasses import dataclass
from typing import Any

from aiohttp import web

from media.layout import SeatKind
from server.exam.people import ROLE_NAMES
from server.http.access import Role, viewer
from server.store import days, staff
from server.store.records import ExamDay, School

from .desk import Desk
from .words import clock, date_words


@dataclass(frozen=True, slots=True)
class Home:
    desk: Desk

    async def show(self, request: web.Request) -> web.Response:
        """A person's seats of today, the days of the commission, and for an organizer those of the school."""
        who = viewer(request)
        async with self.desk.store.read() as session:
            ids = set(await staff.days_of(session, who.account.person_id))
            if who.is_any(Role.ORGANIZER) and who.account.school_id is not None:
                ids |= {one.id for one in await days.of_school(session, who.account.school_id)}
            found = [await self._day(session, who.account.person_id, one) for one in sorted(ids)]
        now = self.desk.clock.now()
        context = {
            "today": [one for one in found if one["is_today"]],
            "later": [one for one in found if not one["is_today"] and one["day"].closes_at > now],
            "past": [one for one in reversed(found) if not one["is_today"] and one["day"].closes_at <= now],
        }
        return self.desk.page(request, "office/home.html", context)

    async def _day(self, session: Any, person_id: int, day_id: int) -> dict[str, Any]:
        day = await days.load_day(session, day_id)
        roles = await staff.roles_of(session, day_id, person_id)
        rooms = {room.id: room.number for room in day.rooms}
        seats = [seat for seat in day.seats if seat.person_id == person_id and seat.revoked_at is None]
        return {
            "day": day.day,
            "school": day.school,
            "title": date_words(day.day.date),
            "starts": clock(self.desk.local(day.day.starts_at, day.school)),
            "is_today": self._is_today(day.day, day.school),
            "roles": sorted(ROLE_NAMES[role] for role in roles),
            "seats": [
                {
                    "id": seat.id,
                    "kind": seat.kind,
                    "room": rooms.get(seat.room_id or 0, ""),
                    "needs_camera": seat.kind is SeatKind.EXAMINER,
                }
                for seat in seats
            ],
        }

    def _is_today(self, day: ExamDay, school: School) -> bool:
        return self.desk.is_today(day, school)
