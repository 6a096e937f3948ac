"""Our cookies: which there are, what they are called, and how long they stay.

By HTTPS the names begin with `__Host-`, so that no other site and no subdomain can set them. Without it, on the
machine itself, browsers refuse such names, and the plain ones are used.
"""

from typing import Literal

from aiohttp import web

from server.access.devices import LIFE
from server.settings import Settings

from .request import is_https

Name = Literal["login", "device", "before"]
"""login: the token of a signed-in browser. device: known device. before: what CSRF tokens hang on before that."""

_STAYS: dict[Name, int | None] = {"login": None, "device": int(LIFE.total_seconds()), "before": None}
"""Seconds; None: until the browser is closed."""


class Cookies:
    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def get(self, request: web.Request, name: Name) -> str | None:
        return request.cookies.get(self._name(request, name)) or None

    def set(self, request: web.Request, response: web.StreamResponse, name: Name, value: str) -> None:
        response.set_cookie(
            self._name(request, name),
            value,
            max_age=_STAYS[name],
            path="/",
            secure=is_https(request, self._settings),
            httponly=True,
            samesite="Lax",
        )

    def drop(self, request: web.Request, response: web.StreamResponse, name: Name) -> None:
        secure = is_https(request, self._settings)
        response.del_cookie(self._name(request, name), path="/", secure=secure, httponly=True, samesite="Lax")

    def _name(self, request: web.Request, name: Name) -> str:
        return f"__Host-{name}" if is_https(request, self._settings) else name
