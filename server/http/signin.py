"""The pages of signing in and out: /login, /login/second, /login/codes, /invitation, /logout."""

from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from server.entrance import Entered, Entrance
from server.errors import ExamError, Refused
from server.settings import Settings
from server.store.records import SignedIn

from .account import AccountPages
from .forms import Forms, go, own_path, refused_json
from .logins import Logins
from .request import is_secure


class SignIn:
    def __init__(self, entrance: Entrance, logins: Logins, forms: Forms, settings: Settings) -> None:
        self._entrance = entrance
        self._logins = logins
        self._forms = forms
        self._settings = settings

    async def login(self, request: web.Request) -> web.Response:
        signed = await self._logins.viewer_login(request)
        if signed is not None and signed.complete:
            return go(own_path(request.query.get("next")))
        return self._login_page(request, request.query.get("next"))

    async def give_password(self, request: web.Request) -> web.Response:
        login, following = "", request.query.get("next")
        try:
            form = await self._forms.read(request)
            login, following = form.get("login", ""), form.get("next")
            self._need_secure(request)
            who = self._logins.trier(request, login)
            entered = await self._entrance.password(who, form.get("password", ""), _agent(request))
        except ExamError as error:
            return self._login_page(request, following, login=login, error=error)
        first = entered.account.awaits_first_codes
        return self._on(request, entered, "/login/codes" if first else "/login/second", following)

    async def second(self, request: web.Request) -> web.Response:
        signed = await self._logins.viewer_login(request)
        if signed is None:
            return go(_with_next("/login", request.query.get("next")))
        if signed.complete:
            return go(own_path(request.query.get("next")))
        if signed.account.awaits_first_codes:
            return go(_with_next("/login/codes", request.query.get("next")))
        return self._second_page(request, signed, request.query.get("next"))

    async def give_second(self, request: web.Request) -> web.Response:
        signed = await self._logins.viewer_login(request)
        if signed is None or signed.complete:
            return go(_with_next("/login", request.query.get("next")))
        following = request.query.get("next")
        try:
            form = await self._forms.read(request)
            following = form.get("next")
            who = self._logins.trier(request, signed.account.login)
            entered = await self._entrance.second(signed, who, form.get("code", ""))
        except ExamError as error:
            return self._second_page(request, signed, following, error=error)
        return self._on(request, entered, own_path(following))

    async def first_codes(self, request: web.Request) -> web.Response:
        """The first sheet: signing in ends when it is kept."""
        signed = await self._logins.viewer_login(request)
        if signed is None or signed.complete or not signed.account.awaits_first_codes:
            return go(_with_next("/login/second", request.query.get("next")))
        return self._codes_page(request, signed, request.query.get("next"))

    async def keep_first_codes(self, request: web.Request) -> web.Response:
        signed = await self._logins.viewer_login(request)
        if signed is None or signed.complete:
            return go(_with_next("/login/second", request.query.get("next")))
        following = request.query.get("next")
        try:
            form = await self._forms.read(request)
            following = form.get("next")
            if "kept" not in form:
                raise Refused(
                    "sheet_kept", "Отметьте, что лист с кодами у вас. Ниже новый лист, прежний выбросьте."
                )
            entered = await self._entrance.keep_sheet(signed, form.get("ticket", ""))
        except ExamError as error:
            if not signed.account.awaits_first_codes:
                return go(_with_next("/login/second", following))
            return self._codes_page(request, signed, following, error=error)
        return go(own_path(following)) if entered is None else self._on(request, entered, own_path(following))

    async def invitation(self, request: web.Request) -> web.Response:
        return self._invitation_page(request)

    async def accept_invitation(self, request: web.Request) -> web.Response:
        """The code first; then, with the code, the new password."""
        context: dict[str, Any] = {}
        try:
            form = await self._forms.read(request)
            self._need_secure(request)
            code = form.get("code", "")
            account, purpose = await self._entrance.invitation(code)
            context = {"code": code, "login": account.login, "name": account.name, "purpose": purpose}
            if "password" not in form:
                return self._invitation_page(request, **context)
            if form["password"] != form.get("again"):
                raise Refused("password_differs", "Пароли не совпадают. Введите один и тот же пароль дважды.")
            entered = await self._entrance.accept(code, form["password"], _agent(request))
        except ExamError as error:
            return self._invitation_page(request, error=error, **context)
        return self._on(request, entered, "/login/codes")

    async def logout(self, request: web.Request) -> web.Response:
        await self._forms.read(request)
        signed = await self._logins.viewer_login(request)
        if signed is not None:
            await self._entrance.leave(signed)
        response = go("/login")
        self._logins.take(request, response)
        return response

    async def passkey_options(self, request: web.Request) -> web.Response:
        try:
            await self._forms.read_json(request)
            asked = await self._entrance.ask_passkey(await self._halfway(request))
        except ExamError as error:
            return refused_json(error)
        return web.json_response(
            {"options": asked.options, "ticket": asked.ticket}, headers={"Cache-Control": "no-store"}
        )

    async def give_passkey(self, request: web.Request) -> web.Response:
        try:
            sent = await self._forms.read_json(request)
            entered = await self._entrance.passkey(
                await self._halfway(request), sent.get("answer"), str(sent.get("ticket", "")), _agent(request)
            )
        except ExamError as error:
            return refused_json(error)
        following = sent.get("next")
        path = own_path(following if isinstance(following, str) else None)
        response = web.json_response({"go": path}, headers={"Cache-Control": "no-store"})
        self._logins.give(request, response, entered)
        return response

    async def _halfway(self, request: web.Request) -> SignedIn | None:
        """The login that waits for its second factor, if there is one."""
        signed = await self._logins.viewer_login(request)
        return None if signed is None or signed.complete else signed

    def _on(
        self, request: web.Request, entered: Entered, path: str, following: str | None = None
    ) -> web.Response:
        response = go(_with_next(path, following))
        self._logins.give(request, response, entered)
        return response

    def _need_secure(self, request: web.Request) -> None:
        """Raises Refused: nobody's password goes over the network in the clear."""
        if not is_secure(request, self._settings):
            raise Refused("insecure", "Войти можно только по защищённому адресу: он начинается с https.")

    def _login_page(
        self,
        request: web.Request,
        following: str | None,
        *,
        login: str = "",
        error: ExamError | None = None,
    ) -> web.Response:
        return self._forms.page(
            request,
            "login.html",
            error=error,
            login=login,
            next=own_path(following),
            passkeys=self._entrance.passkeys.work_at(request.url.host or ""),
            secure=is_secure(request, self._settings),
        )

    def _second_page(
        self, request: web.Request, signed: SignedIn, following: str | None, error: ExamError | None = None
    ) -> web.Response:
        account = signed.account
        usable = account.passkeys > 0 and self._entrance.passkeys.work_at(request.url.host or "")
        return self._forms.page(
            request,
            "second.html",
            error=error,
            account=account,
            next=own_path(following),
            passkeys=usable,
        )

    def _codes_page(
        self, request: web.Request, signed: SignedIn, following: str | None, error: ExamError | None = None
    ) -> web.Response:
        sheet, ticket = self._entrance.sheet(signed.account)
        return self._forms.page(
            request,
            "codes.html",
            error=error,
            sheet=sheet,
            ticket=ticket,
            account=signed.account,
            action="/login/codes",
            next=own_path(following),
            first=True,
        )

    def _invitation_page(
        self, request: web.Request, *, error: ExamError | None = None, **context: Any
    ) -> web.Response:
        known = {"code": "", "login": None, "name": "", "purpose": "invitation"}
        secure = is_secure(request, self._settings)
        return self._forms.page(request, "invitation.html", error=error, secure=secure, **(known | context))


def signin_routes(signin: SignIn, account: AccountPages) -> list[web.RouteDef]:
    return [
        web.get("/login", signin.login),
        web.post("/login", signin.give_password),
        web.get("/login/second", signin.second),
        web.post("/login/second", signin.give_second),
        web.get("/login/codes", signin.first_codes),
        web.post("/login/codes", signin.keep_first_codes),
        web.post("/login/passkey/options", signin.passkey_options),
        web.post("/login/passkey", signin.give_passkey),
        web.get("/invitation", signin.invitation),
        web.post("/invitation", signin.accept_invitation),
        web.post("/logout", signin.logout),
        *account.routes(),
    ]


def _agent(request: web.Request) -> str:
    return request.headers.get("User-Agent", "")


def _with_next(path: str, following: str | None) -> str:
    """The path with where to go afterwards, if that is not the office anyway."""
    target = own_path(following)
    return path if following is None or target == own_path(None) else f"{path}?{urlencode({'next': target})}"
