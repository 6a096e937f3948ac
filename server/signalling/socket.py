"""The WebSocket of a page, from the door to its end."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from aiohttp import web

from server.door import Opened
from server.errors import BadMessage, ExamError, Forbidden, LinkProblem, NotFound, websocket_close
from server.log import bound

from . import messages
from .commands import obey
from .connection import BAD_MESSAGE, NOT_VALID, RESTART, Connection
from .day import LiveDay
from .desk import Desk
from .greeting import Greeting
from .hub import Hub
from .place import Page, Place
from .visitor import Visitor, visitor

log = logging.getLogger(__name__)

HELLO_SECONDS = 10.0
CLOSE_SECONDS = 1.0


class Sockets:
    """Serves `/j/{token}/ws`, and `/seat/{seat}/ws` for those who have signed in."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._open: set[Connection] = set()
        self._stopping = False

    async def serve(self, request: web.Request) -> web.WebSocketResponse:
        """The page of a link: works until it is gone."""
        return await self._serve(request, lambda: self._hub.door.open(request.match_info["token"]))

    async def serve_signed_in(self, request: web.Request, person_id: int) -> web.WebSocketResponse:
        """The page of `/seat/{seat}`, for a person who has signed in."""
        return await self._serve(
            request, lambda: self._hub.door.open_signed_in(request.match_info["seat"], person_id)
        )

    async def _serve(
        self, request: web.Request, door: Callable[[], Awaitable[Opened]]
    ) -> web.WebSocketResponse:
        """Checks the origin, goes through the door, and works until the page is gone."""
        require_own_origin(request, self._hub.services.settings.public_url)
        socket = web.WebSocketResponse(
            autoping=False, timeout=CLOSE_SECONDS, max_msg_size=messages.FRAME_LIMIT, compress=False
        )
        await socket.prepare(request)
        async with Connection(socket, request, self._hub.services.clock) as connection:
            try:
                opened = await door()
                live, place = await self._hub.enter(opened)
            except ExamError as error:
                # A page whose link is bad gives up; after anything else it comes back by itself.
                log.info("not let in: %s", error)
                connection.close(NOT_VALID if isinstance(error, LinkProblem | NotFound) else RESTART)
                await connection.flushed()
                return socket
            self._open.add(connection)
            try:
                with bound(seat=place.id, room=place.row.room_id):
                    if self._stopping:
                        connection.close(RESTART)
                    trusted = self._hub.services.settings.trust_proxy
                    seen = visitor(request, trust_proxy=trusted)
                    await self._attend(live, place, connection, opened, seen)
                    await connection.flushed()
            except Exception:
                log.exception("a page's connection failed")
                connection.drop()
            finally:
                self._open.discard(connection)
                await self._hub.leave(live)
        return socket

    async def close(self) -> None:
        """The server stops: every page is told, and comes back by itself."""
        self._stopping = True
        for connection in list(self._open):
            connection.close(RESTART)
        await asyncio.sleep(0)

    async def _attend(
        self, live: LiveDay, place: Place, connection: Connection, opened: Opened, seen: Visitor
    ) -> None:
        greeting = Greeting(live, place, connection, self._hub.showing, opened.seat.link_number, seen)
        page: Page | None = None
        commands = connection.commands()
        try:
            first = await asyncio.wait_for(anext(commands, None), HELLO_SECONDS)
            if first is not None:
                page = await self._greet(greeting, connection, first)
            async for command in commands:
                if page is None:
                    page = await self._greet(greeting, connection, command)
                else:
                    await self._work(Desk(live, place, page, self._hub), connection, command)
        except TimeoutError:
            connection.close(BAD_MESSAGE)
        finally:
            greeting.leave()
            if page is None and place.holder is not None and place.holder.connection is connection:
                page = place.holder
            if page is not None:
                await self._hub.gone(live, place, page)

    async def _greet(
        self, greeting: Greeting, connection: Connection, command: messages.Command
    ) -> Page | None:
        try:
            return await greeting.hear(command)
        except Exception as error:
            answer_error(connection, command, error)
            return None

    async def _work(self, desk: Desk, connection: Connection, command: messages.Command) -> None:
        """One command, one answer. A page that lost its seat meanwhile is no longer obeyed."""
        if desk.place.holder is not desk.page:
            return
        try:
            body = await obey(desk, command)
        except Exception as error:
            answer_error(connection, command, error)
        else:
            connection.send({"type": body["type"], "re": command.id, **body})


def answer_error(connection: Connection, command: messages.Command, error: Exception) -> None:
    """The one place where exceptions become answers or close codes."""
    if not isinstance(error, ExamError):
        log.error("%s failed", type(command).__name__, exc_info=error)
        error = ExamError()
    elif not isinstance(error, BadMessage):
        log.info("%s refused: %s", type(command).__name__, error)
    close = websocket_close(error)
    if close is not None:
        log.warning("%s closes the connection: %s", type(command).__name__, error)
        connection.close(close)
        return
    connection.send({"type": "refused", "re": command.id, "code": error.code, "text": error.text})


def require_own_origin(request: web.Request, public_url: str) -> None:
    """A page of another site must not open our WebSocket in somebody's browser. Raises Forbidden."""
    origin = request.headers.get("Origin")
    if origin is None:
        return
    host = urlsplit(origin).netloc.lower()
    if host not in {request.host.lower(), urlsplit(public_url).netloc.lower()}:
        raise Forbidden(detail="a WebSocket from another origin")
