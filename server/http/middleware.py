"""Around every request: its id, its line in the log, its headers, and the one place where errors become statuses."""

import logging
import secrets
import time
from collections.abc import Awaitable, Callable

from aiohttp import web
from aiohttp.typedefs import Middleware

from server.errors import ExamError, LinkProblem, http_status
from server.log import bound

from . import headers
from .pages import Pages

log = logging.getLogger(__name__)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def logged() -> Middleware:
    """One line per request. The route's pattern stands for the path, which may hold a link's token."""

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        with bound(request=secrets.token_hex(4)):
            started = time.perf_counter()
            status = 500
            try:
                response = await handler(request)
                status = response.status
                return response
            finally:
                resource = request.match_info.route.resource
                route = "?" if resource is None else resource.canonical
                took = (time.perf_counter() - started) * 1000
                log.info("< %s %s %d %.0f ms", request.method, route, status, took)

    return middleware


def guarded(pages: Pages) -> Middleware:
    """Errors become problem pages in plain words, and every response gets the security headers."""

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            response = await handler(request)
        except LinkProblem as problem:
            log.info("link refused: %s", problem)
            response = await pages.problem(problem.kind, http_status(problem), problem)
        except ExamError as error:
            log.info("request refused: %s", error)
            response = await _refusal(pages, request, error)
        except web.HTTPException as error:
            if error.status < 400:
                raise
            response = await _problem(pages, error.status)
            if "Allow" in error.headers:
                response.headers["Allow"] = error.headers["Allow"]
        except Exception:
            log.exception("request failed")
            response = await _problem(pages, 500)
        if not response.prepared:
            headers.add(response.headers)
        return response

    return middleware


_OWN_PAGES = {"sign_in": "sign_in", "csrf": "stale", "forbidden": "forbidden"}
"""Errors by their code that have words of their own."""


async def _refusal(pages: Pages, request: web.Request, error: ExamError) -> web.Response:
    """To staff the error's own words; a participant with a link is told what to do and no more."""
    status = http_status(error)
    if request.path == "/" or request.path.startswith(("/j/", "/static/")):
        return await _problem(pages, status)
    try:
        if status in {404, 405}:
            return await pages.problem("missing", status)
        kind = _OWN_PAGES.get(error.code, "refused")
        return await pages.problem(kind, status, text=error.text if kind == "refused" else None)
    except Exception:
        log.exception("no page for the problem")
        return web.Response(text="Неполадка. Попробуйте ещё раз.", status=500)


async def _problem(pages: Pages, status: int) -> web.Response:
    try:
        return await pages.problem("not_found" if status in {404, 405} else "error", status)
    except Exception:
        log.exception("no page for the problem")
        return web.Response(text="Неполадка. Попробуйте ещё раз.", status=500)
