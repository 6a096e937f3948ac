"""Forms of other sites are refused.

A token in the form, or in the header X-CSRF-Token, belongs to the browser's cookie: of its login, and before there
is one, to a random cookie of its own. And the browser says itself whether another site sent the form: our pages
send no referrer, so `Origin` is often "null", and Sec-Fetch-Site decides where there is one.
"""

import hmac
import secrets
from urllib.parse import urlsplit

from aiohttp import web

from server.errors import Forbidden
from server.store.logins import digest_of

from .cookies import Cookies

FIELD = "csrf"
HEADER = "X-CSRF-Token"
_FORM, _WITH_FILE = "application/x-www-form-urlencoded", "multipart/form-data"
_LATE = "Страница устарела, ничего не изменилось. Попробуйте ещё раз."
_NEW_COOKIE = web.RequestKey("csrf.before", str)


class CrossSite(Forbidden):
    """The form came from another site, or from a page of another sign-in."""

    code = "csrf"
    text = _LATE


def token_for(secret: bytes, cookie: str) -> str:
    """The token that belongs to the value of a cookie."""
    return hmac.digest(secret, f"csrf|{digest_of(cookie)}".encode(), "sha256").hex()


class Csrf:
    """Gives tokens to pages and checks what comes back."""

    def __init__(self, secret: bytes, cookies: Cookies) -> None:
        self._secret = secret
        self._cookies = cookies

    def token(self, request: web.Request) -> str:
        """For the page that answers this request; `attach` its response."""
        cookie = self._cookie(request)
        if cookie is None:
            cookie = request[_NEW_COOKIE] = request.get(_NEW_COOKIE) or secrets.token_urlsafe(24)
        return token_for(self._secret, cookie)

    def attach(self, request: web.Request, response: web.StreamResponse) -> None:
        """The cookie the page's token belongs to, if it is a new one."""
        if _NEW_COOKIE in request:
            self._cookies.set(request, response, "before", request[_NEW_COOKIE])

    async def check(self, request: web.Request) -> None:
        """For every request that changes something. Raises CrossSite."""
        cookie = self._cookie(request)
        given = request.headers.get(HEADER) or await _in_form(request)
        right = "" if cookie is None else token_for(self._secret, cookie)
        if not right or not hmac.compare_digest(right.encode(), given.encode("utf-8", "replace")):
            raise CrossSite(detail="token")
        if not _from_here(request):
            raise CrossSite(detail="origin")

    def _cookie(self, request: web.Request) -> str | None:
        return self._cookies.get(request, "login") or self._cookies.get(request, "before")


async def _in_form(request: web.Request) -> str:
    """The field of a form; of other bodies nothing is read.

    A form that sends a file has the token in its address, so that no file is read before the token is right.
    """
    if request.content_type == _WITH_FILE:
        return request.query.get(FIELD, "")
    if request.content_type != _FORM:
        return ""
    value = (await request.post()).get(FIELD, "")
    return value if isinstance(value, str) else ""


def _from_here(request: web.Request) -> bool:
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site in {"same-origin", "none"}
    origin = request.headers.get("Origin", "null")
    return origin == "null" or urlsplit(origin).netloc == request.host
