"""The page of one's own account: password, printed codes, TOTP, passkeys, signed-in browsers."""

import re
from typing import Any

from aiohttp import web

from server.entrance import Entrance
from server.errors import ExamError, NotFound, Refused
from server.own_account import OwnAccount
from server.store import days
from server.store.database import Store
from server.store.records import SignedIn

from .forms import Forms, go, refused_json
from .logins import Logins

DONE = {
    "password": "Пароль изменён. Другие браузеры вышли из вашей учётной записи.",
    "codes": "Новый лист с кодами действует, прежний можно выбросить.",
    "totp": "Коды из приложения подключены.",
    "totp-off": "Коды из приложения отключены.",
    "passkey": "Ключ доступа добавлен.",
    "passkey-off": "Ключ доступа удалён.",
    "others": "Все другие браузеры вышли из вашей учётной записи.",
}
_BROWSERS = (
    ("YaBrowser/", "Яндекс Браузер"),
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrom", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    (r"Windows", "Windows"),
    (r"Android", "Android"),
    (r"iPhone|iPad", "iOS"),
    (r"Mac OS X", "macOS"),
    (r"Linux", "Linux"),
)


class AccountPages:
    def __init__(
        self, own: OwnAccount, entrance: Entrance, logins: Logins, forms: Forms, store: Store
    ) -> None:
        self._own = own
        self._entrance = entrance
        self._logins = logins
        self._forms = forms
        self._store = store

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/account", self.show),
            web.post("/account/password", self.change_password),
            web.post("/account/codes", self.new_codes),
            web.post("/account/codes/keep", self.keep_codes),
            web.get("/account/totp", self.new_totp),
            web.post("/account/totp", self.add_totp),
            web.post("/account/totp/remove", self.remove_totp),
            web.post("/account/passkeys/options", self.passkey_options),
            web.post("/account/passkeys", self.add_passkey),
            web.post("/account/passkeys/{id:[0-9]{1,9}}/remove", self.remove_passkey),
            web.post("/account/logins/end", self.leave_others),
        ]

    async def show(self, request: web.Request) -> web.Response:
        signed = await self._signed(request)
        return await self._page(request, signed, done=DONE.get(request.query.get("done", "")))

    async def change_password(self, request: web.Request) -> web.Response:
        signed = await self._signed(request)
        try:
            form = await self._forms.read(request)
            if form.get("new") != form.get("again"):
                raise Refused("password_differs", "Новые пароли не совпадают. Введите один и тот же дважды.")
            who = self._logins.trier(request, signed.account.login)
            await self._own.change_password(signed, who, form.get("old", ""), form.get("new", ""))
        except ExamError as error:
            return await self._page(request, signed, error=error, at="password")
        return go("/account?done=password")

    async def new_codes(self, request: web.Request) -> web.Response:
        """The sheet is shown; it becomes valid when it is kept."""
        signed = await self._signed(request)
        try:
            form = await self._forms.read(request)
            who = self._logins.trier(request, signed.account.login)
            await self._entrance.confirm(who, form.get("password", ""))
        except ExamError as error:
            return await self._page(request, signed, error=error, at="codes")
        return self._codes_page(request, signed)

    async def keep_codes(self, request: web.Request) -> web.Response:
        signed = await self._signed(request)
        form = await self._forms.read(request)
        try:
            if "kept" not in form:
                raise Refused("sheet_not_kept", "Лист не подтверждён: действуют прежние коды.")
            await self._entrance.keep_sheet(signed, form.get("ticket", ""))
        except ExamError as error:
            return await self._page(request, signed, error=error, at="codes")
        return go("/account?done=codes")

    async def new_totp(self, request: web.Request) -> web.Response:
        return self._totp_page(request, await self._signed(request))

    async def add_totp(self, request: web.Request) -> web.Response:
        signed, ticket = await self._signed(request), ""
        try:
            form = await self._forms.read(request)
            ticket = form.get("ticket", "")
            who = self._logins.trier(request, signed.account.login)
            await self._own.add_totp(signed, who, ticket, form.get("code", ""), form.get("password", ""))
        except ExamError as error:
            return self._totp_page(request, signed, ticket=ticket, error=error)
        return go("/account?done=totp")

    async def remove_totp(self, request: web.Request) -> web.Response:
        signed = await self._signed(request)
        await self._forms.read(request)
        try:
            await self._own.remove_totp(signed)
        except ExamError as error:
            return await self._page(request, signed, error=error, at="totp")
        return go("/account?done=totp-off")

    async def passkey_options(self, request: web.Request) -> web.Response:
        try:
            signed = await self._signed(request)
            sent = await self._forms.read_json(request)
            who = self._logins.trier(request, signed.account.login)
            asked = await self._own.ask_passkey(signed, who, str(sent.get("password", "")))
        except ExamError as error:
            return refused_json(error)
        return web.json_response(
            {"options": asked.options, "ticket": asked.ticket}, headers={"Cache-Control": "no-store"}
        )

    async def add_passkey(self, request: web.Request) -> web.Response:
        try:
            signed = await self._signed(request)
            sent = await self._forms.read_json(request)
            title = str(sent.get("title", "")).strip() or describe(request.headers.get("User-Agent", ""))
            await self._own.add_passkey(signed, sent.get("answer"), str(sent.get("ticket", "")), title)
        except ExamError as error:
            return refused_json(error)
        return web.json_response({"go": "/account?done=passkey"}, headers={"Cache-Control": "no-store"})

    async def remove_passkey(self, request: web.Request) -> web.Response:
        signed = await self._signed(request)
        await self._forms.read(request)
        try:
            await self._own.remove_passkey(signed, int(request.match_info["id"]))
        except NotFound:
            pass  # removed already, in another tab
        except ExamError as error:
            return await self._page(request, signed, error=error, at="passkeys")
        return go("/account?done=passkey-off")

    async def leave_others(self, request: web.Request) -> web.Response:
        signed = await self._signed(request)
        await self._forms.read(request)
        await self._own.leave_others(signed)
        return go("/account?done=others")

    async def _signed(self, request: web.Request) -> SignedIn:
        """Redirects to the sign-in who is not signed in with both factors."""
        signed = await self._logins.viewer_login(request)
        if signed is None or not signed.complete:
            raise web.HTTPSeeOther("/login?next=/account", headers={"Cache-Control": "no-store"})
        return signed

    async def _page(
        self,
        request: web.Request,
        signed: SignedIn,
        *,
        error: ExamError | None = None,
        at: str = "",
        done: str | None = None,
    ) -> web.Response:
        """`at`: the section the error belongs to."""
        seen = await self._own.overview(signed)
        zone = None
        if seen.account.school_id is not None:
            async with self._store.read() as session:
                zone = (await days.school_of(session, seen.account.school_id)).zone
        browsers: list[dict[str, Any]] = [
            {
                "title": describe(row.agent),
                "since": row.created_at.astimezone(zone),
                "here": row.id == signed.login_id,
            }
            for row in seen.logins
        ]
        return self._forms.page(
            request,
            "account.html",
            error=error,
            at=at,
            done=done,
            account=seen.account,
            keys=[
                {"id": key.id, "title": key.title, "since": key.created_at.astimezone(zone)}
                for key in seen.passkeys
            ],
            browsers=browsers,
            passkeys=self._entrance.passkeys.work_at(request.url.host or ""),
        )

    def _codes_page(self, request: web.Request, signed: SignedIn) -> web.Response:
        sheet, ticket = self._entrance.sheet(signed.account)
        return self._forms.page(
            request,
            "codes.html",
            sheet=sheet,
            ticket=ticket,
            account=signed.account,
            action="/account/codes/keep",
            next="/account",
            first=False,
        )

    def _totp_page(
        self, request: web.Request, signed: SignedIn, *, ticket: str = "", error: ExamError | None = None
    ) -> web.Response:
        return self._forms.page(
            request, "totp.html", error=error, new=self._own.new_totp(signed, ticket), account=signed.account
        )


def describe(agent: str) -> str:
    """A browser in two words: «Firefox, Windows»."""
    browser = next((name for mark, name in _BROWSERS if mark in agent), "Браузер")
    system = next((name for mark, name in _SYSTEMS if re.search(mark, agent)), "")
    return f"{browser}, {system}" if system else browser
