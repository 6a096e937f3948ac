"""`/schools/{school}/staff`: the cards of those who work at exams, and how each of them signs in."""

from dataclasses import dataclass
from typing import Any

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncSession

from server.errors import Forbidden, NotFound, Refused
from server.exam.people import QUALIFICATION_NAMES
from server.http.access import Role, Viewer, viewer
from server.http.request import number_of
from server.store import accounts, following, journal, logins, participants, staff
from server.store.participants import ParticipantRow
from server.store.records import Account, Standing
from server.store.staff import PersonRow

from . import issuing
from .desk import Desk, see
from .fields import Fields
from .staff_card import differences, form_of, line_of, matches, read_person, version


@dataclass(frozen=True, slots=True)
class StaffPages:
    desk: Desk

    async def show(self, request: web.Request) -> web.Response:
        """Everybody of the school by name, found by a part of it, with whether they can sign in."""
        school = viewer(request).here
        query = request.query.get("q", "").strip()[:100]
        shown = request.query.get("show", "")
        async with self.desk.store.read() as session:
            people = await staff.persons(session, school.id, archived=shown == "archived")
            held = {one.person_id: one for one in await accounts.accounts_of_school(session, school.id)}
        if shown == "archived":
            people = tuple(one for one in people if one.archived_at is not None)
        found = [one for one in people if matches(one, query)]
        context = {
            "rows": [line_of(one, held.get(one.id)) for one in found],
            "query": query,
            "shown": shown,
            "total": len(people),
        }
        return self.desk.page(request, "office/staff.html", context)

    async def new(self, request: web.Request) -> web.Response:
        return await self._card(request, None, Fields({"employed": "1"}))

    async def add(self, request: web.Request) -> web.Response:
        who, fields = viewer(request), await self.desk.fields(request)
        person = read_person(fields)
        if not fields.valid:
            return await self._card(request, None, fields)
        async with self.desk.store.begin() as session:
            row = await staff.add_person(session, who.here.id, person)
            await self._journal(session, "staff.added", who, row.id)
        raise see(f"/schools/{who.here.id}/staff/{row.id}", "added")

    async def edit(self, request: web.Request) -> web.Response:
        row = await self._load(request)
        return await self._card(request, row, Fields(form_of(row)))

    async def save(self, request: web.Request) -> web.Response:
        """The card replaced. One that was changed meanwhile is shown again with what was typed, and said so."""
        who, fields = viewer(request), await self.desk.fields(request)
        person = read_person(fields)
        row = await self._load(request)
        if not fields.valid:
            return await self._card(request, row, fields)
        async with self.desk.store.begin() as session:
            now = await staff.load_person(session, who.here.id, row.id)
            stale, days = fields.values.get("version", "") != version(now), frozenset[int]()
            if not stale:
                await staff.change_person(session, who.here.id, row.id, person)
                await self._journal(session, "staff.changed", who, row.id)
                days = await following.person_changed(session, row.id, self.desk.clock.now())
        if stale:
            fields.values["version"] = version(now)
            return await self._card(request, now, fields, stale=differences(now, fields))
        await self.desk.refresh(days)
        raise see(f"/schools/{who.here.id}/staff", "saved")

    async def archive(self, request: web.Request) -> web.Response:
        """Put aside, with the account disabled; or taken back, with the account still disabled."""
        who, fields = viewer(request), await self.desk.fields(request)
        row = await self._load(request)
        back = fields.flag("back")
        now = self.desk.clock.now()
        async with self.desk.store.begin() as session:
            account = await accounts.account_of_person(session, row.id)
            if account is not None and not back:
                _require_other(who, account)
                await accounts.disable(session, account.id, now, by=who.account.id)
            await staff.archive_person(session, who.here.id, row.id, at=None if back else now)
            await self._journal(session, "staff.restored" if back else "staff.archived", who, row.id)
        raise see(f"/schools/{who.here.id}/staff", "restored" if back else "removed")

    async def account(self, request: web.Request) -> web.Response:
        """What those in charge do with somebody's account; codes are shown on the page that answers."""
        who, fields = viewer(request), await self.desk.fields(request)
        row = await self._load(request)
        action = fields.text("action")
        path = f"/schools/{who.here.id}/staff/{row.id}"
        issued = None
        try:
            async with self.desk.store.begin() as session:
                if action == "create":
                    issued = await self._create(session, who, row, fields)
                else:
                    issued = await self._act(session, who, row, action)
        except Refused as refusal:
            fields.wrong("login" if action == "create" else "account", refusal.text)
            form = Fields(form_of(row) | {"login": fields.values.get("login", "")})
            form.errors = fields.errors
            return await self._card(request, row, form)
        if issued is not None:
            return issuing.page(self.desk, request, issued, back=path)
        raise see(path, "saved")

    async def _create(
        self, session: AsyncSession, who: Viewer, row: PersonRow, fields: Fields
    ) -> issuing.Issued:
        if row.archived_at is not None:
            raise Refused("person_archived", "Карточка отложена. Сначала верните её.")
        standing: Standing | None = "organizer" if fields.flag("organizer") else None
        login = fields.text("login", limit=64)
        return await issuing.new_account(session, self.desk, row, standing, login=login, by=who.account.id)

    async def _act(
        self, session: AsyncSession, who: Viewer, row: PersonRow, action: str
    ) -> issuing.Issued | None:
        account = await accounts.account_of_person(session, row.id)
        if account is None:
            raise NotFound(detail="account of the person")
        by, now = who.account.id, self.desk.clock.now()
        _require_other(who, account)
        if action == "invite":
            return await issuing.invite(session, self.desk, account, by=by)
        if action == "reset":
            return await issuing.reset(session, self.desk, account, by=by)
        if action == "codes":
            await self._journal_of_account(session, "account.codes_given", who, account)
            return await issuing.sheet(session, self.desk, account)
        if action == "disable":
            await accounts.disable(session, account.id, now, by=by)
        elif action == "enable":
            if row.archived_at is not None:
                raise Refused("person_archived", "Карточка отложена. Сначала верните её.")
            await accounts.enable(session, account.id, now, by=by)
        elif action == "sign_out":
            await logins.revoke_all(session, account.id, now)
            await self._journal_of_account(session, "account.signed_out", who, account)
        else:
            raise NotFound(detail="action with an account")
        return None

    async def _load(self, request: web.Request) -> PersonRow:
        number = number_of(request.match_info["person"])
        async with self.desk.store.read() as session:
            return await staff.load_person(session, viewer(request).here.id, number)

    async def _journal(self, session: AsyncSession, event: str, who: Viewer, person_id: int) -> None:
        await journal.append(
            session, event, at=self.desk.clock.now(), day=None,
            data={"school": who.here.id, "person": person_id, "by": who.account.id},
        )  # fmt: skip

    async def _journal_of_account(
        self, session: AsyncSession, event: str, who: Viewer, account: Account
    ) -> None:
        data = {"account": account.id, "by": who.account.id}
        await journal.append(session, event, at=self.desk.clock.now(), day=None, data=data)

    async def _card(
        self, request: web.Request, row: PersonRow | None, fields: Fields, *, stale: list[str] | None = None
    ) -> web.Response:
        who = viewer(request)
        account: Account | None = None
        children: tuple[ParticipantRow, ...] = ()
        signed_in, proposal = 0, ""
        if row is not None:
            async with self.desk.store.read() as session:
                account = await accounts.account_of_person(session, row.id)
                children = await participants.by_ids(session, row.kin)
                if account is None:
                    proposal = await issuing.free_login(session, row)
                else:
                    signed_in = len(await logins.logins_of(session, account.id, self.desk.clock.now()))
        fields.values.setdefault("login", proposal)
        context: dict[str, Any] = {
            "row": row,
            "account": account,
            "signed_in": signed_in,
            "own": account is not None and account.id == who.account.id,
            "above": account is not None and _is_above(who, account),
            "children": [str(one.participant.name) for one in children],
            "qualifications": [(one.value, title) for one, title in QUALIFICATION_NAMES.items()],
            "stale": stale,
        }
        status = 409 if stale is not None else 200
        return self.desk.page(request, "office/person.html", context, fields=fields, status=status)


def _require_other(who: Viewer, account: Account) -> None:
    """Nobody acts here on the own account, nor an organizer on an operator's."""
    if _is_above(who, account):
        raise Forbidden(detail="an operator's account")
    if account.id == who.account.id:
        raise Refused(
            "own_account", "Это ваша учётная запись: управляйте ею на странице «Моя учётная запись»."
        )


def _is_above(who: Viewer, account: Account) -> bool:
    return account.standing == "operator" and not who.is_any(Role.OPERATOR)
