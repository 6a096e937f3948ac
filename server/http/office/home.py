"""`/office`: where somebody lands after signing in. The places of today first, then the days to come."""

from dataclasses import dataclass
from typing import Any

from aiohttp import web

from media.layout import SeatKind
from server.exam.people import ROLE_NAMES, CommissionRole
from server.http.access import Role, Viewer, viewer
from server.store import days, participants, staff
from server.store.records import ExamDay, School

from .desk import Desk
from .due import dues_of
from .regions import profile_of
from .words import clock, date_words, short_date


@dataclass(frozen=True, slots=True)
class Step:
    """One of the first things an organizer does, and where."""

    title: str
    text: str
    path: str
    done: bool


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
            dues = [due for one in found if _in_charge(who, one) for due in await self._dues(session, one)]
            beginning = [] if found else await self._beginning(session, who)
        now = self.desk.clock.now()
        context = {
            "dues": dues,
            "beginning": beginning,
            "today": [one for one in found if one["is_today"]],
            "later": [one for one in found if not one["is_today"] and one["day"].closes_at > now],
            "past": [one for one in reversed(found) if not one["is_today"] and one["day"].closes_at <= now],
        }
        return self.desk.page(request, "office/home.html", context)

    async def _beginning(self, session: Any, who: Viewer) -> list[Step]:
        """What a school without a day does first, in order; empty for who organizes no school."""
        school_id = who.account.school_id
        if school_id is None or not who.is_any(Role.ORGANIZER):
            return []
        school = await days.school_of(session, school_id)
        base = f"/schools/{school_id}"
        return [
            Step("Выбрать регион", "От него зависят даты и сроки.", base, done=school.profile is not None),
            Step(
                "Внести участников",
                "Списком из электронного журнала или по одному.",
                f"{base}/participants",
                done=bool(await participants.of_school(session, school_id)),
            ),
            Step(
                "Внести сотрудников",
                "Собеседников, экспертов, технического специалиста.",
                f"{base}/staff",
                done=len(await staff.persons(session, school_id)) > 1,
            ),
            Step(
                "Назначить день", "Список дня, комиссия, план и ссылки — в нём.", f"{base}/days", done=False
            ),
        ]

    async def _dues(self, session: Any, one: dict[str, Any]) -> list[dict[str, Any]]:
        """What is overdue or due today around a day, for who is in charge of it."""
        day, school = one["day"], one["school"]
        profile = profile_of(self.desk.settings, school.profile)
        if profile is None:
            return []
        found = await dues_of(session, day, school, profile, self.desk.clock.now())
        return [{"due": due, "day": day.id, "title": short_date(day.date)} for due in found.pressing]

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


def _in_charge(who: Viewer, one: dict[str, Any]) -> bool:
    """Whether the viewer organizes the day: by standing, or in its commission."""
    own = who.is_any(Role.ORGANIZER) and who.account.school_id == one["school"].id
    return own or ROLE_NAMES[CommissionRole.ORGANIZER] in one["roles"]
