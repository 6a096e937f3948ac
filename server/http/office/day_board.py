"""`/days/{day}`: how the day goes. Opening the conference (D-05), «Н» (D-25), who of the staff has come (C-05)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncSession

from media.layout import SeatKind
from scheduling.terms import Kind
from scheduling.wording import minutes
from server.errors import Refused
from server.exam.interview import BEFORE_CONFERENCE, InterviewState, Step
from server.exam.profile import Profile
from server.http.access import Role, Viewer, viewer
from server.http.request import number_of
from server.store import daybook, days, interviews, journal, sittings, staff
from server.store.plan_inputs import Book, load_book
from server.store.records import Day, SeatRow

from .board_view import Presence, person_view, report, room_view, staff_view
from .desk import Desk, see
from .due import dues_of
from .fields import Fields
from .regions import profile_of
from .words import clock

OPENS_BEFORE = timedelta(minutes=10)
"""When the conference is opened, where the profile says nothing else (D-05)."""


def _nobody(_seat: str) -> bool:
    """A day that is not on has no pages."""
    return False


@dataclass(frozen=True, slots=True)
class DayBoard:
    desk: Desk

    async def show(self, request: web.Request) -> web.Response:
        return await self._page(request, "office/day.html", None)

    async def fragment(self, request: web.Request) -> web.Response:
        """The board alone, for the script of the page."""
        return await self._page(request, "office/day_board.html", None)

    async def open(self, request: web.Request) -> web.Response:
        """The technical specialist opens the conference, not sooner than its time (D-05)."""
        who = viewer(request)
        now, profile = self.desk.clock.now(), profile_of(self.desk.settings, who.here.profile)
        fields = await self.desk.fields(request)
        due = who.today.starts_at - before_start(profile)
        if now < due:
            fields.wrong("open", f"Открыть конференцию можно с {clock(self.desk.local(due, who.here))}.")
            return await self._page(request, "office/day.html", fields)
        async with self.desk.store.begin() as session:
            if await daybook.set_opened(session, who.today.id, now):
                late = max(0, int((now - due).total_seconds() // 60))
                data = {"by": who.account.id, "late_minutes": late}
                await journal.append(session, "conference.opened", at=now, day=who.today.id, data=data)
        raise see(f"/days/{who.today.id}", "opened")

    async def absent(self, request: web.Request) -> web.Response:
        """«Н» with its reason, or taken back. The interview follows in the same transaction."""
        who = viewer(request)
        fields = await self.desk.fields(request)
        sitting_id = number_of(request.match_info["sitting"])
        undo = fields.flag("undo")
        reason = fields.text("reason", limit=500)
        valid = {"yes": True, "no": False}.get(fields.text("valid"))
        if fields.valid:
            try:
                async with self.desk.store.begin() as session:
                    if undo:
                        await self._present(session, who, sitting_id)
                    else:
                        await self._absent(session, who, sitting_id, reason, valid)
            except Refused as problem:
                fields.wrong(f"absent-{sitting_id}", problem.text)
        if not fields.valid:
            return await self._page(request, "office/day.html", fields)
        await self.desk.hub.refresh(who.today.id)
        raise see(f"/days/{who.today.id}", "present" if undo else "absent")

    async def arrived(self, request: web.Request) -> web.Response:
        """A member of the commission has come to work, or the mark is taken back."""
        who = viewer(request)
        fields = await self.desk.fields(request)
        now, undo = self.desk.clock.now(), fields.flag("undo")
        member = number_of(request.match_info["member"])
        async with self.desk.store.begin() as session:
            await staff.set_arrived(session, who.today.id, member, None if undo else now)
            data = {"member": member, "by": who.account.id}
            event = "member.arrival_undone" if undo else "member.arrived"
            await journal.append(session, event, at=now, day=who.today.id, data=data)
        raise see(f"/days/{who.today.id}", "arrived")

    async def _absent(
        self, session: AsyncSession, who: Viewer, sitting_id: int, reason: str, valid: bool | None
    ) -> None:
        now, day = self.desk.clock.now(), await days.load_day(session, who.today.id)
        sitting = await sittings.mark_absent(
            session, day.id, sitting_id, at=now, by=who.account.login, reason=reason, valid=valid
        )
        row = None if sitting.seat_id is None else day.interview_of(sitting.seat_id)
        if row is not None and row.interview.state in BEFORE_CONFERENCE:
            await interviews.step(session, row.id, Step.NO_SHOW, by=_acting(day, who), at=now)
        data = {"sitting": sitting_id, "valid": valid, "by": who.account.id}
        await journal.append(session, "sitting.absent", at=now, day=day.id, data=data)

    async def _present(self, session: AsyncSession, who: Viewer, sitting_id: int) -> None:
        now, day = self.desk.clock.now(), await days.load_day(session, who.today.id)
        sitting = await sittings.unmark_absent(session, day.id, sitting_id)
        row = None if sitting.seat_id is None else day.interview_of(sitting.seat_id)
        if row is not None and row.interview.state is InterviewState.NO_SHOW:
            by = _acting(day, who)
            await interviews.step(
                session, row.id, Step.REVERSE, by=by, at=now, reason="Отметка «Н» снята: участник на месте."
            )
        data = {"sitting": sitting_id, "by": who.account.id}
        await journal.append(session, "sitting.present", at=now, day=day.id, data=data)

    async def _page(self, request: web.Request, template: str, fields: Fields | None) -> web.Response:
        who = viewer(request)
        now, profile = self.desk.clock.now(), profile_of(self.desk.settings, who.here.profile)
        async with self.desk.store.read() as session:
            book = await load_book(session, who.today.id, profile)
            dues = await dues_of(session, book.day.day, who.here, profile, now)
        present = await self._presence(book)
        people = [person_view(book, one, now, present) for one in book.sittings]
        context: dict[str, Any] = {
            "rooms": [room_view(book, room, now, present) for room in book.day.rooms if _used(book, room.id)],
            "people": people,
            "late": [one for one in people if one["late"]],
            "staff": staff_view(book, present),
            "report": report(book),
            "absentees": [one for one in people if one["absent"]],
            "dues": dues.pressing,
            "opening": self._opening(book, who, profile, now),
            "now": clock(now.astimezone(who.here.zone)),
            "is_today": self.desk.is_today(who.today, who.here),
            "may_mark": who.is_any(Role.ORGANIZER, Role.USHER),
            "may_arrive": who.is_any(Role.ORGANIZER),
            "may_see_deadlines": who.is_any(Role.ORGANIZER, Role.HEAD),
            "may_print": who.is_any(Role.ORGANIZER, Role.HEAD, Role.SPECIALIST),
        }
        return self.desk.page(request, template, context, fields=fields)

    async def _presence(self, book: Book) -> Presence:
        """Pages are known of a day that is on; another day is not taken into memory for being looked at."""
        if not self.desk.is_today(book.day.day, book.day.school):
            return _nobody
        live = await self.desk.hub.day(book.day.id)
        now = self.desk.clock.monotonic()
        return lambda seat: seat in live.places and live.places[seat].present(now)

    def _opening(self, book: Book, who: Viewer, profile: Profile | None, now: datetime) -> dict[str, Any]:
        """What to say of the conference, and whether it can be opened now (D-05)."""
        day, school = book.day.day, book.day.school
        due = day.starts_at - before_start(profile)
        opened = day.conference_opened_at
        late = int((now - due).total_seconds() // 60)
        return {
            "opened": clock(self.desk.local(opened, school)),
            "due": clock(self.desk.local(due, school)),
            "can": opened is None
            and due <= now < day.closes_at
            and who.is_any(Role.ORGANIZER, Role.SPECIALIST),
            "late": minutes(late) if opened is None and late > 0 and now < day.closes_at else "",
        }


def before_start(profile: Profile | None) -> timedelta:
    """How long before the start the conference is opened (D-05)."""
    term = None if profile is None else profile.terms().get(Kind.CONFERENCE)
    return OPENS_BEFORE if term is None or term.before_start is None else term.before_start


def _used(book: Book, room_id: int) -> bool:
    room = book.day.room(room_id)
    return room.closed_at is None or bool(book.day.in_room(room_id))


def _acting(day: Day, who: Viewer) -> SeatRow:
    """The organizer's seat a step is taken with: the own one, else that of the day."""
    seats = [one for one in day.seats if one.kind is SeatKind.ORGANIZER and one.revoked_at is None]
    own = [one for one in seats if one.person_id == who.account.person_id]
    if not seats:
        raise Refused("no_organizer", "В этом дне нет ответственного организатора. Назначьте его в комиссии.")
    return (own or seats)[0]
