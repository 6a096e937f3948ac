"""Codes on paper: accounts made, invited and reset by those in charge. A code is shown once, on the page that answers
the request, and is kept nowhere."""

from dataclasses import dataclass
from typing import Literal

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncSession

from server.access.proposal import proposed
from server.store import accounts, one_time
from server.store.records import Account, Standing
from server.store.staff import PersonRow

from .desk import Desk

Kind = Literal["invitation", "reset", "codes"]


@dataclass(frozen=True, slots=True)
class Issued:
    """What is on the paper."""

    kind: Kind
    name: str
    login: str
    codes: tuple[str, ...]


TITLES: dict[Kind, str] = {
    "invitation": "Приглашение",
    "reset": "Код для входа вместо забытого пароля",
    "codes": "Одноразовые коды для входа",
}


async def new_account(
    session: AsyncSession,
    desk: Desk,
    person: PersonRow,
    standing: Standing | None,
    *,
    login: str = "",
    by: int,
) -> Issued:
    """An account with its invitation; the login is proposed from the name where none is given. Raises Refused."""
    now = desk.clock.now()
    account = await accounts.create_account(
        session, person.id, login or await free_login(session, person), standing, now
    )
    code = await accounts.invite(session, desk.secret, account.id, now, by=by)
    return Issued("invitation", account.name, account.login, (code,))


async def free_login(session: AsyncSession, person: PersonRow) -> str:
    """A login from the name that nobody has."""
    taken: set[str] = set()
    name = person.person.name
    while True:
        login = proposed(name.last, name.first, name.patronymic, taken)
        if await accounts.account_by_login(session, login) is None:
            return login
        taken.add(login)


async def invite(session: AsyncSession, desk: Desk, account: Account, *, by: int) -> Issued:
    code = await accounts.invite(session, desk.secret, account.id, desk.clock.now(), by=by)
    return Issued("invitation", account.name, account.login, (code,))


async def reset(session: AsyncSession, desk: Desk, account: Account, *, by: int) -> Issued:
    """A locked-out person is back with it at once."""
    code = await accounts.reset(session, desk.secret, account.id, desk.clock.now(), by=by)
    return Issued("reset", account.name, account.login, (code,))


async def sheet(session: AsyncSession, desk: Desk, account: Account) -> Issued:
    """A sheet of codes of the second factor; the sheet before is void."""
    codes = await one_time.new_codes(session, desk.secret, account.id, desk.clock.now())
    return Issued("codes", account.name, account.login, codes)


def page(desk: Desk, request: web.Request, issued: Issued, *, back: str) -> web.Response:
    """The paper: big letters, a print stylesheet, and the way back."""
    life = one_time.CODE_LIFE["second_factor" if issued.kind == "codes" else issued.kind]
    context = {
        "issued": issued,
        "title": TITLES[issued.kind],
        "days": life.days,
        "hours": int(life.total_seconds() // 3600),
        "address": f"{desk.settings.public_url}/invitation",
        "login_address": f"{desk.settings.public_url}/login",
        "back": back,
    }
    return desk.page(request, "office/code.html", context)
