"""`/days/{day}/participants`: who sits on the day, how each is scored, and what is still lacking."""

from dataclasses import dataclass
from typing import Any

from aiohttp import web

from server.errors import Refused
from server.exam.profile import Profile
from server.exam.profile_parts import Form
from server.http.access import Role, viewer
from server.store import journal, participants, plans, sittings
from server.store.participants import ParticipantRow
from server.store.plan_inputs import Book, load_book
from server.store.sittings import SittingRow

from .desk import Desk, see
from .fields import Fields
from .regions import profile_of
from .sitting_words import FORM_NAMES, GROUND_NAMES, PLACE_NAMES, missing, right_to_sit, scheme_words
from .words import clock


@dataclass(frozen=True, slots=True)
class Filter:
    """Which of those who are not on the list are offered; empty: all of them."""

    class_label: str = ""
    form: str = ""
    again: str = ""

    @classmethod
    def of(cls, request: web.Request) -> "Filter":
        query = request.query
        return cls(query.get("class", ""), query.get("form", ""), query.get("again", ""))

    def lets(self, one: dict[str, Any]) -> bool:
        return (
            self.class_label in ("", one["class"])
            and self.form in ("", one["form"])
            and self.again in ("", "yes" if one["again"] else "no")
        )


@dataclass(frozen=True, slots=True)
class DayPeople:
    desk: Desk

    async def show(self, request: web.Request) -> web.Response:
        return await self._page(request, None)

    async def change(self, request: web.Request) -> web.Response:
        who = viewer(request)
        fields = await self.desk.fields(request)
        path = f"/days/{who.today.id}/participants"
        if fields.text("action") == "withdraw":
            try:
                await self._withdraw(request, fields)
            except Refused as problem:
                fields.wrong("sitting", problem.text)
                return await self._page(request, fields)
            raise see(path, "withdrawn")
        ids = await self.desk.chosen(request, "who")
        if not ids:
            fields.wrong("who", "Отметьте хотя бы одного участника.")
            return await self._page(request, fields)
        try:
            await self._enroll(request, ids)
        except Refused as problem:
            fields.wrong("who", problem.text)
            return await self._page(request, fields)
        raise see(path, "enrolled")

    async def _enroll(self, request: web.Request, ids: frozenset[int]) -> None:
        who = viewer(request)
        profile = profile_of(self.desk.settings, who.here.profile)
        async with self.desk.store.begin() as session:
            for person in await participants.by_ids(session, ids):
                right = right_to_sit(profile, person, who.today.date)
                if not right.allowed and person.school_id == who.here.id:
                    raise Refused("no_right", f"{person.participant.name.short}: {right.text}")
            count = await sittings.enroll(session, who.today.id, ids)
            await journal.append(
                session,
                "sittings.enrolled",
                at=self.desk.clock.now(),
                day=who.today.id,
                data={"count": count, "by": who.account.id},
            )

    async def _withdraw(self, request: web.Request, fields: Fields) -> None:
        """Off the list, out of the plan, and the link is closed."""
        who = viewer(request)
        sitting_id = fields.integer("sitting", 1, 2**31 - 1) or 0
        now = self.desk.clock.now()
        async with self.desk.store.begin() as session:
            sitting = await sittings.load(session, who.today.id, sitting_id)
            await plans.unplan(session, who.today.id, sitting.person.id, now)
            await sittings.withdraw(session, who.today.id, sitting_id)
            data = {"participant": sitting.person.id, "by": who.account.id}
            await journal.append(session, "sittings.withdrawn", at=now, day=who.today.id, data=data)
        await self.desk.hub.refresh(who.today.id)

    async def _page(self, request: web.Request, fields: Fields | None) -> web.Response:
        who = viewer(request)
        profile = profile_of(self.desk.settings, who.here.profile)
        async with self.desk.store.read() as session:
            book = await load_book(session, who.today.id, profile)
            everybody = await participants.of_school(session, who.here.id)
        listed = [self._sitting(book, one) for one in book.sittings]
        taken = {one.person.id for one in book.sittings}
        free = [_candidate(one, profile, who.today.date) for one in everybody if one.id not in taken]
        chosen = Filter.of(request)
        context = {
            "listed": listed,
            "lacking": len([one for one in listed if one["missing"]]),
            "second": len([one for one in listed if one["scheme"] == "схема 2"]),
            "free": [one for one in free if chosen.lets(one)],
            "all_free": len(free),
            "classes": list(dict.fromkeys(one["class"] for one in free)),
            "filter": chosen,
            "may_change": who.is_any(Role.ORGANIZER),
        }
        return self.desk.page(request, "office/day_participants.html", context, fields=fields)

    def _sitting(self, book: Book, sitting: SittingRow) -> dict[str, Any]:
        person, one = sitting.person, sitting.person.participant
        title, reason, tone = scheme_words(book.schemes[person.id])
        row = book.interview(sitting)
        place = ""
        if row is not None:
            at = clock(self.desk.local(row.interview.planned_at, book.day.school))
            place = f"{at}, ауд. {book.day.room(row.room_id).number}".lstrip(", ")
        return {
            "id": sitting.id,
            "person": person.id,
            "name": str(one.name),
            "class": one.class_label,
            "form": FORM_NAMES[one.form],
            "about": GROUND_NAMES[one.ground]
            if one.form is Form.DISTANCE and one.ground
            else PLACE_NAMES[one.place],
            "more_time": one.more_time,
            "scheme": title,
            "reason": reason,
            "tone": tone,
            "missing": missing(person),
            "place": place,
            "absent": sitting.absence is not None,
        }


def _candidate(person: ParticipantRow, profile: Profile | None, day: Any) -> dict[str, Any]:
    """One who may be put on the list, with what the rules say of another sitting (C-07)."""
    one = person.participant
    right = right_to_sit(profile, person, day)
    return {
        "id": person.id,
        "name": str(one.name),
        "class": one.class_label,
        "form": one.form.value,
        "form_name": FORM_NAMES[one.form],
        "more_time": one.more_time,
        "allowed": right.allowed,
        "again": right.again,
        "text": right.text,
        "missing": missing(person),
    }
