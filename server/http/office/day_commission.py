"""`/days/{day}/commission`: rooms of the day, who works in which role and room, and the orders that approved it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncSession

from server.errors import NotFound, Refused
from server.exam.people import IN_ROOM, CommissionRole
from server.http.access import Role, Viewer, viewer
from server.store import journal, rooms, staff
from server.store.plan_inputs import load_book
from server.store.staff import Order

from .commission_view import conflicts_of, crews, groups, role_options
from .desk import Desk, see
from .fields import Fields
from .regions import profile_of

MOST = 2**31 - 1


@dataclass(frozen=True, slots=True)
class DayCommission:
    desk: Desk

    async def show(self, request: web.Request) -> web.Response:
        return await self._page(request, None)

    async def change(self, request: web.Request) -> web.Response:
        who = viewer(request)
        fields = await self.desk.fields(request)
        action = fields.text("action")
        act = ACTIONS.get(action)
        if act is None:
            raise NotFound(detail="action of the commission")
        now, done = self.desk.clock.now(), ""
        try:
            async with self.desk.store.begin() as session:
                done = await act(self, session, who, fields)
                if fields.valid:
                    data = {"action": action, "by": who.account.id}
                    await journal.append(session, "commission.changed", at=now, day=who.today.id, data=data)
        except Refused as problem:
            fields.wrong(FIELD_OF[action], problem.text)
        if not fields.valid:
            return await self._page(request, fields)
        await self.desk.hub.refresh(who.today.id)
        raise see(f"/days/{who.today.id}/commission", done)

    async def _add_room(self, session: AsyncSession, who: Viewer, fields: Fields) -> str:
        number, title = fields.text("number", required=True, limit=20), fields.text("title", limit=100)
        if fields.valid:
            await rooms.add(session, who.today.id, number=number, title=title)
        return "added"

    async def _rename_room(self, session: AsyncSession, who: Viewer, fields: Fields) -> str:
        room = fields.integer("room", 1, MOST)
        number, title = fields.text("number", required=True, limit=20), fields.text("title", limit=100)
        if room is not None and fields.valid:
            await rooms.rename(session, who.today.id, room, number=number, title=title)
        return "saved"

    async def _close_room(self, session: AsyncSession, who: Viewer, fields: Fields) -> str:
        room = fields.integer("room", 1, MOST)
        if room is not None:
            at = None if fields.flag("open") else self.desk.clock.now()
            await rooms.set_closed(session, who.today.id, room, at)
        return "restored" if fields.flag("open") else "removed"

    async def _appoint(self, session: AsyncSession, who: Viewer, fields: Fields) -> str:
        role = fields.choice("role", CommissionRole, required=True)
        person = fields.integer("person", 1, MOST)
        room = fields.integer("room", 0, MOST, default=0)
        helped = fields.integer("participant", 0, MOST, default=0)
        if role is None or person is None or not fields.valid:
            return ""
        if role is CommissionRole.ASSISTANT and not helped:
            fields.wrong("participant", "Выберите, кому помогает ассистент.")
            return ""
        await staff.appoint(
            session,
            day_id=who.today.id,
            person_id=person,
            role=role,
            room_id=(room or None) if role in IN_ROOM else None,
            participant_id=(helped or None) if role is CommissionRole.ASSISTANT else None,
        )
        return "added"

    async def _place(self, session: AsyncSession, who: Viewer, fields: Fields) -> str:
        member, room = fields.integer("member", 1, MOST), fields.integer("room", 0, MOST, default=0)
        if member is not None:
            await staff.place_member(session, who.today.id, member, room or None)
        return "saved"

    async def _dismiss(self, session: AsyncSession, who: Viewer, fields: Fields) -> str:
        member = fields.integer("member", 1, MOST)
        if member is not None:
            await staff.dismiss(session, who.today.id, member)
        return "removed"

    async def _away(self, session: AsyncSession, who: Viewer, fields: Fields) -> str:
        member = fields.integer("member", 1, MOST)
        if member is not None:
            at = None if fields.flag("back") else self.desk.clock.now()
            await staff.set_away(session, who.today.id, member, at)
        return "saved"

    async def _approve(self, session: AsyncSession, who: Viewer, fields: Fields) -> str:
        """Number and date of the order; an empty form takes it back (C-03)."""
        kind: Literal["conducting", "checking"] = (
            "checking" if fields.text("kind") == "checking" else "conducting"
        )
        number, day = fields.text(f"{kind}-number", limit=50), fields.date(f"{kind}-date")
        if bool(number) != (day is not None) and fields.valid:
            fields.wrong(f"{kind}-number", "Нужны и номер, и дата приказа.")
        if fields.valid:
            order = None if day is None else Order(kind, number, day)
            await staff.approve(session, who.today.id, order, kind)
        return "saved"

    async def _page(self, request: web.Request, fields: Fields | None) -> web.Response:
        who = viewer(request)
        async with self.desk.store.read() as session:
            book = await load_book(session, who.today.id, profile_of(self.desk.settings, who.here.profile))
            people = await staff.persons(session, who.here.id)
            orders = await staff.orders(session, who.today.id)
        found = conflicts_of(book)
        named = {one.person.id for one in book.members}
        context = {
            "rooms": book.day.rooms,
            "open_rooms": [room for room in book.day.rooms if room.closed_at is None],
            "groups": groups(book, found),
            "crews": crews(book),
            "conflicts": [one for one in found if not named.intersection(one.persons)],
            "personal": any(named.intersection(one.persons) for one in found),
            "blocking": len([one for one in found if one.blocking]),
            "role_options": role_options(),
            "people": [
                {
                    "id": one.id,
                    "title": f"{one.person.name}"
                    + (f" — {one.person.position}" if one.person.position else ""),
                }
                for one in people
            ],
            "sittings": [
                {
                    "id": one.person.id,
                    "title": f"{one.person.participant.name}, {one.person.participant.class_label}",
                }
                for one in book.sittings
            ],
            "values": {
                f"{order.kind}-{part}": value
                for order in orders
                for part, value in (("number", order.number), ("date", order.approved_on.isoformat()))
            }
            | ({} if fields is None else fields.values),
            "may_change": who.is_any(Role.ORGANIZER),
            "action": "" if fields is None else fields.text("action"),
        }
        return self.desk.page(request, "office/day_commission.html", context, fields=fields)


Act = Callable[[DayCommission, AsyncSession, Viewer, Fields], Awaitable[str]]
ACTIONS: dict[str, Act] = {
    "add_room": DayCommission._add_room,
    "rename_room": DayCommission._rename_room,
    "close_room": DayCommission._close_room,
    "appoint": DayCommission._appoint,
    "place": DayCommission._place,
    "dismiss": DayCommission._dismiss,
    "away": DayCommission._away,
    "approve": DayCommission._approve,
}
FIELD_OF = {
    "add_room": "number",
    "rename_room": "number",
    "close_room": "room",
    "appoint": "person",
    "place": "member",
    "dismiss": "member",
    "away": "member",
    "approve": "conducting-number",
}
"""Beside which field a refusal is told."""
