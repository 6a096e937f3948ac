"""The login cookie: whom it signs in, and giving it out."""

from aiohttp import web

from server.access import devices
from server.access.names import normal
from server.access.throttle import Trier
from server.clock import Clock
from server.entrance import Entered
from server.settings import Settings
from server.store import accounts, logins
from server.store.database import Store
from server.store.logins import digest_of
from server.store.records import SignedIn

from .cookies import Cookies
from .request import client_address


class Logins:
    def __init__(
        self, store: Store, secret: bytes, clock: Clock, settings: Settings, cookies: Cookies
    ) -> None:
        self._store = store
        self._secret = secret
        self._clock = clock
        self._settings = settings
        self._cookies = cookies

    async def viewer_login(self, request: web.Request) -> SignedIn | None:
        """Whom the request's cookie signs in, complete or not; notes that the browser was seen."""
        token = self._cookies.get(request, "login")
        if token is None:
            return None
        now = self._clock.now()
        async with self._store.read() as session:
            signed = await accounts.by_login(session, digest_of(token), now)
        if signed is not None and logins.is_stale(signed, now):
            async with self._store.begin() as session:
                await logins.touch(session, signed.login_id, now)
        return signed

    def trier(self, request: web.Request, login: str) -> Trier:
        """Who tries to sign in with this login, or to change the account."""
        name, cookie = normal(login), self._cookies.get(request, "device")
        return Trier(
            name,
            client_address(request, self._settings),
            devices.known(self._secret, cookie, name, self._clock.now()),
        )

    def give(self, request: web.Request, response: web.StreamResponse, entered: Entered) -> None:
        """The cookie of the login; once it is complete, the browser is a known device of the account."""
        self._cookies.set(request, response, "login", entered.token)
        self._cookies.drop(request, response, "before")
        if entered.complete:
            device = devices.with_login(
                self._secret,
                self._cookies.get(request, "device"),
                entered.account.login,
                self._clock.now(),
            )
            self._cookies.set(request, response, "device", device)

    def take(self, request: web.Request, response: web.StreamResponse) -> None:
        self._cookies.drop(request, response, "login")
