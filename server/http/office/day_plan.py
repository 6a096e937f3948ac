"""`/days/{day}/plan`: settings, the draft with its explanation, corrections by hand, approval, late changes.

Whatever is changed is a draft first. Nothing of the day changes before it is approved.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncSession

from scheduling.correction import move
from scheduling.plan import Habits, Order, Pause, PlanProblem, make_plan
from scheduling.replan import replan
from server.errors import NotFound, Refused
from server.exam.people import IN_ROOM, CommissionRole
from server.exam.profile import Profile
from server.http.access import Role, Viewer, viewer
from server.store import daybook, journal, plans, rooms, staff
from server.store.plan_inputs import load_book

from . import drafts
from .commission_view import conflicts_of
from .desk import Desk, see
from .drafts import Kept
from .fields import Fields
from .plan_view import PlanView
from .regions import profile_of

DONE = {
    "make": "drafted",
    "drop": "draft_dropped",
    "undo": "undone",
    "move": "moved",
    "ill": "drafted",
    "lost": "drafted",
    "apply": "applied",
}


@dataclass(frozen=True, slots=True)
class DayPlan:
    desk: Desk

    async def show(self, request: web.Request) -> web.Response:
        return await self._page(request, None)

    async def change(self, request: web.Request) -> web.Response:
        """One change of the draft, or its approval. A script is answered with the board and a sentence."""
        who = viewer(request)
        fields = await self.desk.fields(request)
        action = fields.text("action")
        if action not in DONE:
            raise NotFound(detail="action of the plan")
        told = request.headers.get("Accept", "").startswith("application/json")
        try:
            await self._act(who, action, fields)
        except (PlanProblem, Refused) as problem:
            text = problem.text if isinstance(problem, Refused) else str(problem)
            fields.wrong(_field(action), text)
        if told:
            return await self._board(request, fields)
        if not fields.valid:
            return await self._page(request, fields)
        raise see(f"/days/{who.today.id}/plan", DONE[action])

    async def _act(self, who: Viewer, action: str, fields: Fields) -> None:
        profile = profile_of(self.desk.settings, who.here.profile)
        async with self.desk.store.begin() as session:
            kept = drafts.read(await daybook.plan_of(session, who.today.id), who.today, who.here, profile)
            if action == "apply":
                kept = await self._apply(session, who, kept, profile)
            elif action in ("ill", "lost"):
                kept = await self._late(session, who, kept, profile, action, fields)
            elif action == "make":
                kept = await self._make(session, who, kept, profile, fields)
            elif action == "move":
                kept = await self._move(session, who, kept, profile, fields)
            else:
                kept = kept.undone() if action == "undo" else kept.settled()
            if fields.valid:
                await daybook.set_plan(session, who.today.id, kept.as_json())
        if action in ("apply", "lost") and fields.valid:
            await self.desk.hub.refresh(who.today.id)

    async def _make(
        self, session: AsyncSession, who: Viewer, kept: Kept, profile: Profile | None, fields: Fields
    ) -> Kept:
        """A whole new plan; where some have begun, only the others are planned anew."""
        habits = _habits(fields, kept.habits)
        if habits is None:
            return kept
        book = await load_book(session, who.today.id, profile)
        if not book.sittings:
            raise Refused("nobody_sits", "В списке дня никого нет. Сначала выберите участников.")
        wrong = [one.text for one in conflicts_of(book, planned=False) if one.blocking]
        if wrong:
            raise Refused("commission_conflicts", f"Комиссия собрана с ошибками: {wrong[0]}")
        if not book.in_role(CommissionRole.EXAMINER):
            raise Refused(
                "no_examiner", "В комиссии нет собеседника. Назначьте его и закрепите за аудиторией."
            )
        view = PlanView.of(book, replace(kept, habits=habits))
        if book.fixed:
            fixed = [one for one in view.force.appointments if one.participant in book.fixed]
            plan = replan(
                replace(view.force, appointments=tuple(fixed)), view.inputs, self._now(who), book.fixed
            )
        else:
            plan = make_plan(view.inputs)
        return replace(kept, habits=habits).changed(plan)

    async def _move(
        self, session: AsyncSession, who: Viewer, kept: Kept, profile: Profile | None, fields: Fields
    ) -> Kept:
        """One participant to another room, to a time or to a place in its order."""
        participant = fields.integer("participant", 1, 2**31 - 1)
        room = fields.integer("room", 1, 2**31 - 1)
        position = fields.integer("position", 1, 1000, default=0) or None
        clock = fields.time("at", required=position is None)
        if participant is None or room is None or not fields.valid:
            return kept
        view = PlanView.of(await load_book(session, who.today.id, profile), kept)
        at = None if clock is None else datetime.combine(who.today.date, clock, who.here.zone)
        done = move(
            view.shown, view.inputs, participant, room, at=at, position=position, settled=view.book.fixed
        )
        return kept.changed(done.plan)

    async def _late(
        self,
        session: AsyncSession,
        who: Viewer,
        kept: Kept,
        profile: Profile | None,
        action: str,
        fields: Fields,
    ) -> Kept:
        """An ill examiner or expert, a lost room: noted at once; who is affected gets a new place in a draft."""
        now = self.desk.clock.now()
        if action == "lost":
            room = fields.integer("room", 1, 2**31 - 1)
            if room is None:
                return kept
            await rooms.set_closed(session, who.today.id, room, now)
            await journal.append(session, "room.closed", at=now, day=who.today.id, room=room)
        else:
            member = fields.integer("member", 1, 2**31 - 1)
            substitute = fields.integer("substitute", 0, 2**31 - 1, default=0)
            if member is None:
                return kept
            await self._substitute(session, who, member, substitute or 0, now)
        book = await load_book(session, who.today.id, profile)
        view = PlanView.of(book, kept)
        plan = replan(view.shown, view.inputs, self._now(who), book.fixed)
        return kept.changed(plan)

    async def _substitute(
        self, session: AsyncSession, who: Viewer, member_id: int, substitute: int, now: datetime
    ) -> None:
        """The member is away from now on; somebody else takes over the role and the room, if one is named."""
        listed = await staff.members(session, who.today.id)
        gone = next((one for one in listed if one.id == member_id), None)
        if gone is None:
            raise NotFound(detail="member of the day's commission")
        await staff.set_away(session, who.today.id, member_id, now)
        data = {"member": member_id, "role": gone.role.value, "by": who.account.id}
        await journal.append(session, "member.away", at=now, day=who.today.id, data=data)
        if not substitute:
            return
        known = next((one for one in listed if one.person.id == substitute and one.role is gone.role), None)
        if known is not None:
            await staff.place_member(session, who.today.id, known.id, gone.room_id)
        else:
            await staff.appoint(
                session, day_id=who.today.id, person_id=substitute, role=gone.role, room_id=gone.room_id
            )

    async def _apply(self, session: AsyncSession, who: Viewer, kept: Kept, profile: Profile | None) -> Kept:
        book = await load_book(session, who.today.id, profile)
        view = PlanView.of(book, kept)
        if kept.draft is None:
            raise Refused("no_draft", "Утверждать нечего: черновика нет.")
        if view.blocking:
            raise Refused("plan_conflicts", f"Сначала исправьте: {view.blocking[0].text}")
        schemes = {one.person.id: book.scheme(one.person.id) for one in book.sittings}
        now = self.desk.clock.now()
        await plans.apply(session, who.today.id, view.shown, now, schemes=schemes, by=who.account.id)
        return kept.settled()

    def _now(self, who: Viewer) -> datetime:
        """The moment by the school's clocks; before the day nothing is too late."""
        return self.desk.clock.now().astimezone(who.here.zone)

    async def _view(self, who: Viewer) -> PlanView:
        profile = profile_of(self.desk.settings, who.here.profile)
        async with self.desk.store.read() as session:
            book = await load_book(session, who.today.id, profile)
        return PlanView.of(book, drafts.read(book.day.day.plan_settings, who.today, who.here, profile))

    async def _page(self, request: web.Request, fields: Fields | None) -> web.Response:
        who = viewer(request)
        view = await self._view(who)
        async with self.desk.store.read() as session:
            people = await staff.persons(session, who.here.id)
        values = _values(view.kept.habits) | ({} if fields is None else fields.values)
        context = view.context() | {
            "commission": conflicts_of(view.book, planned=False),
            "values": values,
            "may_change": who.is_any(Role.ORGANIZER),
            "members": [
                {"id": one.id, "title": f"{one.person.person.name.short}, ауд. {_number(view, one.room_id)}"}
                for one in view.book.members
                if one.role in (CommissionRole.EXAMINER, CommissionRole.EXPERT)
                and one.away_from is None
                and one.room_id is not None
            ],
            "substitutes": [
                {"id": one.id, "name": str(one.person.name)}
                for one in people
                if not any(
                    member.person.id == one.id and member.role in IN_ROOM and member.room_id is not None
                    for member in view.book.members
                )
            ],
            "begun": self.desk.is_today(who.today, who.here),
        }
        return self.desk.page(request, "office/day_plan.html", context, fields=fields)

    async def _board(self, request: web.Request, fields: Fields) -> web.Response:
        """For the script: the board as it is now, and what to say."""
        who = viewer(request)
        context = (await self._view(who)).context()
        board = self.desk.templates.page(
            "office/day_plan_board.html",
            context | {"csrf": self.desk.csrf.token(request), "may_change": True, "errors": {}, "values": {}},
        )
        said = next(iter(fields.errors.values()), "")
        if not said:
            count = len(context["conflicts"])
            said = "Готово, противоречий нет." if not count else f"Готово. Противоречий: {count}."
        body = {"ok": fields.valid, "said": said, "board": board.text}
        return web.json_response(
            body, status=200 if fields.valid else 422, headers={"Cache-Control": "no-store"}
        )


def _field(action: str) -> str:
    """Beside which field a refusal is told."""
    return {"make": "start", "move": "participant", "ill": "member", "lost": "room"}.get(action, "plan")


def _number(view: PlanView, room_id: int | None) -> str:
    return next((room.number for room in view.book.day.rooms if room.id == room_id), "—")


def _habits(fields: Fields, known: Habits) -> Habits | None:
    """The settings of the form; None where something is wrong, told beside the fields."""
    start, end = fields.time("start", required=True), fields.time("latest_end", required=True)
    preparation = fields.integer("preparation", 0, 60, default=known.preparation)
    rest = fields.integer("staff_break", 0, 240, default=known.staff_break)
    work = fields.integer("work_most", 0, 1440, default=known.work_most)
    per_hour = fields.integer("per_hour", 1, 60, default=0)
    lunch, length = fields.time("lunch"), fields.integer("lunch_minutes", 1, 240, default=30)
    order = fields.choice("order", Order) or known.order
    if start is None or end is None or not fields.valid:
        return None
    day, zone = known.start.date(), known.start.tzinfo
    try:
        return Habits(
            start=datetime.combine(day, start, zone),
            latest_end=datetime.combine(day, end, zone),
            preparation=preparation or 0,
            staff_break=rest or 0,
            work_most=work or 0,
            lunch=None if lunch is None else Pause(datetime.combine(day, lunch, zone), length or 30),
            order=order,
            per_hour=per_hour or None,
            step=known.step,
        )
    except PlanProblem as problem:
        fields.wrong("latest_end", str(problem))
        return None


def _values(habits: Habits) -> dict[str, Any]:
    return {
        "start": habits.start.strftime("%H:%M"),
        "latest_end": habits.latest_end.strftime("%H:%M"),
        "preparation": str(habits.preparation),
        "staff_break": str(habits.staff_break),
        "work_most": str(habits.work_most),
        "per_hour": "" if habits.per_hour is None else str(habits.per_hour),
        "lunch": "" if habits.lunch is None else habits.lunch.starts_at.strftime("%H:%M"),
        "lunch_minutes": "30" if habits.lunch is None else str(habits.lunch.minutes),
        "order": habits.order.value,
    }
