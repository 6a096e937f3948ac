"""What the handlers of the staff's pages share: reading a form, a page with a token, going on."""

import re
from typing import Any

from aiohttp import web

from server.errors import BadMessage, ExamError, TooSoon, http_status

from .csrf import CrossSite, Csrf
from .templates import Templates

AFTER_SIGN_IN = "/office"
_OWN_PATH = re.compile(r"/(?![/\\])[^\\\x00-\x20\x7f]{0,500}")


class Forms:
    """Renders pages whose forms come back to us."""

    def __init__(self, templates: Templates, csrf: Csrf) -> None:
        self._templates = templates
        self.csrf = csrf

    def page(
        self, request: web.Request, template: str, *, error: ExamError | None = None, **context: Any
    ) -> web.Response:
        """The page; with an error it says so, and its status is the error's (422 for a plain refusal)."""
        status = 200 if error is None else _status(error)
        values = {"error": error, "csrf": self.csrf.token(request), **context}
        response = self._templates.page(template, values, status=status)
        if isinstance(error, TooSoon):
            response.headers["Retry-After"] = str(error.seconds)
        self.csrf.attach(request, response)
        return response

    async def read(self, request: web.Request) -> dict[str, str]:
        """The fields of a form of ours. Raises CrossSite."""
        await self.csrf.check(request)
        return {name: value for name, value in (await request.post()).items() if isinstance(value, str)}

    async def read_json(self, request: web.Request) -> dict[str, Any]:
        """An object sent by a script of ours. Raises CrossSite, BadMessage."""
        await self.csrf.check(request)
        try:
            value = await request.json()
        except ValueError:
            raise BadMessage(detail="json") from None
        if not isinstance(value, dict):
            raise BadMessage(detail="json")
        return value


def own_path(text: str | None) -> str:
    """Where to go after signing in: a path of this server; for anything else, the office."""
    return text if text and _OWN_PATH.fullmatch(text) else AFTER_SIGN_IN


def go(path: str) -> web.Response:
    """On to another page, with GET."""
    return web.Response(status=303, headers={"Location": path, "Cache-Control": "no-store"})


def refused_json(error: ExamError) -> web.Response:
    body = {"code": error.code, "text": error.text}
    return web.json_response(body, status=_status(error), headers={"Cache-Control": "no-store"})


def _status(error: ExamError) -> int:
    status = http_status(error)
    return 422 if status == 409 and not isinstance(error, CrossSite) else status
