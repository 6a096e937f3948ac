"""One WebSocket: a bounded queue out, limits in, and a heartbeat of our own.

A slow page is dropped and nobody waits for it; a flooding one is closed with 4429. Pings are answered by the reader,
so a page whose command takes long is not taken for dead.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

from aiohttp import WSMessage, WSMsgType, web

from server.clock import Clock
from server.errors import BadMessage, ExamError, Flood, websocket_close

from . import messages
from .limits import Bucket

log = logging.getLogger(__name__)

HEARTBEAT_SECONDS = 1.0
"""Without any frame so long a ping goes out: whether somebody is there must be known within 3 s."""
SILENCE_SECONDS = 6.0
"""Without any frame so long the socket is dead. TCP on a poor line may be silent for some seconds, and live on."""
STALL_SECONDS = 2.0
"""When this process itself was held up so long, what came meanwhile is read before anybody is judged."""
PROBE_SECONDS = 1.0
OUT_LIMIT = 256
"""Messages waiting for a page; one more and the page is dropped."""
OUT_BYTES_LIMIT = 2 * 1024 * 1024
IN_LIMIT = 64
"""Commands waiting to be worked on."""
RATE, BURST = 30.0, 60.0
"""Messages per second, sustained and at once."""
CLOSE_SECONDS = 1.0
MEASURED = frozenset({WSMsgType.TEXT, WSMsgType.BINARY, WSMsgType.PING, WSMsgType.PONG})
"""A page need not be asked for a pong, and thousands of them fit into one read."""

MOVED, NOT_VALID, FLOOD, BAD_MESSAGE, RESTART = 4001, 4003, 4429, 4400, 1012


class Connection:
    """A prepared WebSocket in use. An async context manager that owns its reader, writer and heartbeat."""

    def __init__(self, socket: web.WebSocketResponse, request: web.Request, clock: Clock) -> None:
        self._socket = socket
        self._request = request
        self._clock = clock
        self._out: asyncio.Queue[str | int] = asyncio.Queue()
        self._out_bytes = 0
        self._in: asyncio.Queue[messages.AnyCommand | None] = asyncio.Queue()
        self._tasks: list[asyncio.Task[None]] = []
        self._probes: dict[bytes, asyncio.Event] = {}
        self._probe = 0
        self._closing = False
        self.heard_at = clock.monotonic()
        """When the last frame came, on the monotonic clock."""

    async def __aenter__(self) -> Self:
        self._tasks = [
            asyncio.create_task(self._write(), name="page-writer"),
            asyncio.create_task(self._read(), name="page-reader"),
            asyncio.create_task(self._beat(), name="page-heartbeat"),
        ]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing = True
        if not self._socket.closed:
            with suppress(Exception):
                await asyncio.wait_for(self._socket.close(), CLOSE_SECONDS)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def closing(self) -> bool:
        return self._closing

    def send(self, message: dict[str, Any]) -> None:
        """Queues a message; never waits. A page that does not take its messages is dropped."""
        self.send_text(messages.encode(message))

    def send_text(self, text: str) -> None:
        if self._closing:
            return
        self._out_bytes += len(text)
        if self._out.qsize() >= OUT_LIMIT or self._out_bytes > OUT_BYTES_LIMIT:
            log.warning("page too slow: %d messages, %d bytes waiting", self._out.qsize(), self._out_bytes)
            self.drop()
            return
        self._out.put_nowait(text)

    def close(self, code: int) -> None:
        """Closes after what is queued has gone out; the reading side ends at once."""
        if self._closing:
            return
        self._closing = True
        self._out.put_nowait(code)
        self._in.put_nowait(None)

    def drop(self) -> None:
        """Ends the connection without another word."""
        self._closing = True
        self._in.put_nowait(None)
        if self._request.transport is not None:
            self._request.transport.abort()

    async def commands(self) -> AsyncIterator[messages.AnyCommand]:
        """The page's commands in their order, until the connection ends."""
        while (command := await self._in.get()) is not None:
            yield command

    async def flushed(self) -> None:
        """Returns when a close asked for has gone out, or cannot."""
        if self._closing and self._tasks:
            await asyncio.wait({self._tasks[0]}, timeout=CLOSE_SECONDS)

    async def probe(self) -> bool:
        """Whether the other side answers a ping within a second."""
        self._probe += 1
        mark = b"probe-%d" % self._probe
        answered = self._probes[mark] = asyncio.Event()
        try:
            await asyncio.wait_for(self._socket.ping(mark), PROBE_SECONDS)
            await asyncio.wait_for(answered.wait(), PROBE_SECONDS)
        except (TimeoutError, ConnectionError, RuntimeError):
            return False
        finally:
            del self._probes[mark]
        return True

    # ── tasks ──────────────────────────────────────────────────────────────────────────────────────

    async def _write(self) -> None:
        while True:
            item = await self._out.get()
            try:
                if isinstance(item, int):
                    await self._socket.close(code=item)
                    return
                self._out_bytes -= len(item)
                await self._socket.send_str(item)
            except (ConnectionError, RuntimeError):
                self.drop()
                return

    async def _read(self) -> None:
        bucket = Bucket(RATE, BURST, self._clock.monotonic())
        try:
            while not self._closing:
                frame = await self._socket.receive()
                self.heard_at = self._clock.monotonic()
                if not await self._digest(frame, bucket):
                    return
        except ExamError as error:
            log.warning("closing the page's connection: %s", error)
            self.close(websocket_close(error) or BAD_MESSAGE)
        finally:
            self._in.put_nowait(None)

    async def _digest(self, frame: WSMessage, bucket: Bucket) -> bool:
        """Whether to read on. Raises BadMessage or Flood."""
        if frame.type in MEASURED and not bucket.take(self.heard_at):
            raise Flood
        if frame.type is WSMsgType.PONG:
            if event := self._probes.get(bytes(frame.data)):
                event.set()
            return True
        if frame.type is WSMsgType.PING:
            with suppress(ConnectionError, RuntimeError):
                await self._socket.pong(frame.data)
            return True
        if frame.type is WSMsgType.BINARY:
            raise BadMessage(detail="a binary frame")
        if frame.type is not WSMsgType.TEXT:
            return False
        command = messages.decode(frame.data)
        if isinstance(command, messages.Ping):
            now = round(self._clock.now().timestamp() * 1000)
            self.send({"type": "pong", "re": command.id, "t": command.t, "now": now})
            return True
        if self._in.qsize() >= IN_LIMIT:
            raise Flood
        self._in.put_nowait(command)
        return True

    async def _beat(self) -> None:
        """Notices a socket whose other side is gone without a word."""
        loop = asyncio.get_running_loop()
        while not self._closing:
            slept = loop.time()
            await asyncio.sleep(HEARTBEAT_SECONDS / 2)
            if loop.time() - slept > STALL_SECONDS:
                continue
            silent = self._clock.monotonic() - self.heard_at
            if silent > SILENCE_SECONDS:
                log.info("page silent for %.1f s, dropped", silent)
                self.drop()
            elif silent > HEARTBEAT_SECONDS:
                with suppress(ConnectionError, RuntimeError, TimeoutError):
                    await asyncio.wait_for(self._socket.ping(), HEARTBEAT_SECONDS / 2)
