"""The media node: its conferences and their control API (docs/NODE.md)."""

import asyncio
import contextlib
import json
import logging
import os
import weakref
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import WSCloseCode, WSMsgType, web

from . import seams, usage
from .clock import Clock
from .conference import Conference
from .control import API_VERSION, BadMessage, Desired, SeatOffer, decode
from .livecheck import LiveCheck
from .paths import PATHS
from .peer import PeerSettings
from .recorder import RecorderEnvironment
from .sdp import BadOffer
from .settings import NodeSettings
from .strain import Strain
from .writer import Writer

log = logging.getLogger(__name__)

MOST_EVENTS = 1000  # waiting for one listener; a server that does not read is let go
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class ControlError(Exception):
    """A refusal of the control API: an HTTP status and a code."""

    def __init__(self, status: int, code: str, detail: str = "") -> None:
        super().__init__(code)
        self.status = status
        self.body = {"error": code, "detail": detail}


class Node:
    """All conferences of this process. `serve` runs until `stop_requested` or orphaned for too long."""

    def __init__(self, settings: NodeSettings) -> None:
        self.settings = settings
        self.epoch = 0
        self.conferences: dict[str, Conference] = {}
        self.stop_requested = asyncio.Event()
        self._clock = Clock()
        self._peer_settings = PeerSettings(
            seams.NodeCertificate.generateCertificate(), settings.announce, PATHS[settings.packet_path]
        )
        self._writer = Writer()
        self._live_check = LiveCheck(self._clock.now)
        self._recording = RecorderEnvironment(settings.recordings, self._writer, self._live_check)
        self._listeners: dict[asyncio.Queue[dict[str, Any]], web.WebSocketResponse] = {}
        self._lettings_go: set[asyncio.Task[Any]] = set()
        # A lock is there as long as somebody holds it or waits for it: names of conferences are without number.
        self._locks: weakref.WeakValueDictionary[str, asyncio.Lock] = weakref.WeakValueDictionary()
        self._last_contact = self._clock.now()
        self._strain = Strain()

    # control API

    def application(self) -> web.Application:
        app = web.Application(middlewares=[self._middleware], client_max_size=1 << 20)
        app.router.add_get("/v1", self._greeting)
        app.router.add_get("/v1/events", self._events)
        app.router.add_get("/v1/usage", self._usage)
        app.router.add_post("/v1/shutdown", self._shutdown)
        app.router.add_get("/v1/conferences/{conference}", self._get)
        app.router.add_put("/v1/conferences/{conference}", self._put)
        app.router.add_delete("/v1/conferences/{conference}", self._delete)
        app.router.add_post("/v1/conferences/{conference}/seats/{seat}/offer", self._offer)
        app.router.add_delete("/v1/conferences/{conference}/seats/{seat}", self._disconnect)
        return app

    @web.middleware
    async def _middleware(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        self._last_contact = self._clock.now()
        try:
            if request.method != "GET":
                self._check_epoch(request)
            return await handler(request)
        except ControlError as error:
            return web.json_response(error.body, status=error.status)
        except BadMessage as error:
            return web.json_response({"error": "bad_message", "detail": str(error)}, status=400)

    def _check_epoch(self, request: web.Request) -> None:
        try:
            epoch = int(request.headers["X-Epoch"])
        except (KeyError, ValueError):
            raise ControlError(400, "no_epoch") from None
        if epoch < self.epoch:
            raise ControlError(409, "stale_epoch", str(self.epoch))
        if epoch > self.epoch:
            self.epoch = epoch
            for conference in self.conferences.values():
                conference.version = -1  # a new epoch counts its versions anew

    async def _greeting(self, request: web.Request) -> web.Response:
        return web.json_response(
            {
                "api": API_VERSION,
                "node": self.settings.name,
                "pid": os.getpid(),
                "epoch": self.epoch,
                "capacity": self.settings.capacity,
                "late_ms": round(self._strain.late * 1000, 1),
                "picture_share": round(self._strain.share, 2),
                "conferences": {c.id: c.report() for c in self.conferences.values()},
            }
        )

    async def _usage(self, request: web.Request) -> web.Response:
        return web.json_response(usage.taken())

    def _conference(self, request: web.Request) -> Conference:
        conference = self.conferences.get(request.match_info["conference"])
        if conference is None:
            raise ControlError(404, "no_conference")
        return conference

    async def _get(self, request: web.Request) -> web.Response:
        return web.json_response(self._conference(request).report())

    async def _put(self, request: web.Request) -> web.Response:
        name = request.match_info["conference"]
        desired = decode(await request.read(), Desired)
        try:
            desired.check()
        except ValueError as error:
            raise ControlError(400, "bad_patch", str(error)) from error
        async with self._lock(name):
            self._check_epoch(request)  # a newer server may have come while this one waited
            conference = self.conferences.get(name)
            if conference is None:
                if len(self.conferences) >= self.settings.capacity:
                    raise ControlError(503, "full", f"{self.settings.capacity} conferences")
                if self._strain.strained:
                    raise ControlError(503, "full", f"late by {self._strain.late:.2f} s")
                conference = self.conferences[name] = Conference(
                    name, self._peer_settings, self._recording, self._clock, self._emit
                )
            if desired.version < conference.version:
                raise ControlError(409, "stale_version", str(conference.version))
            await conference.apply(desired)
            return web.json_response(conference.report())

    async def _delete(self, request: web.Request) -> web.Response:
        name = self._conference(request).id
        async with self._lock(name):
            self._check_epoch(request)  # as in _put
            conference = self.conferences.pop(name, None)  # by now it may be another one
            if conference is not None:
                await conference.close()
        return web.json_response({})

    async def _offer(self, request: web.Request) -> web.Response:
        offer = decode(await request.read(), SeatOffer)
        try:
            answer = await self._conference(request).offer(request.match_info["seat"], offer.peer, offer.sdp)
        except KeyError:
            raise ControlError(404, "no_seat") from None
        except BadOffer as error:
            raise ControlError(400, "bad_offer", str(error)) from error
        except OSError as error:
            raise ControlError(503, "no_ports", str(error)) from error
        return web.json_response({"sdp": answer})

    async def _disconnect(self, request: web.Request) -> web.Response:
        try:
            await self._conference(request).disconnect(request.match_info["seat"])
        except KeyError:
            raise ControlError(404, "no_seat") from None
        return web.json_response({})

    async def _shutdown(self, request: web.Request) -> web.Response:
        self.stop_requested.set()
        return web.json_response({})

    async def _events(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(heartbeat=5.0)
        await socket.prepare(request)
        standing = [event for conference in self.conferences.values() for event in conference.standing()]
        events: asyncio.Queue[dict[str, Any]] = asyncio.Queue(MOST_EVENTS + len(standing))
        for event in standing:
            events.put_nowait(event)
        self._listeners[events] = socket

        async def send() -> None:
            while True:
                await socket.send_str(json.dumps(await events.get()))

        sender = asyncio.create_task(send(), name="events")
        try:
            async for message in socket:
                if message.type is WSMsgType.ERROR:
                    break
        finally:
            self._listeners.pop(events, None)
            sender.cancel()
            with contextlib.suppress(asyncio.CancelledError, ConnectionError):
                await sender
        return socket

    def _emit(self, event: dict[str, Any]) -> None:
        for events in list(self._listeners):
            try:
                events.put_nowait(event)
            except asyncio.QueueFull:  # it must notice, and read everything anew
                self._let_go(self._listeners.pop(events))

    def _let_go(self, socket: web.WebSocketResponse) -> None:
        task = asyncio.create_task(socket.close(code=WSCloseCode.TRY_AGAIN_LATER), name="let go")
        self._lettings_go.add(task)
        task.add_done_callback(self._lettings_go.discard)

    def _lock(self, name: str) -> asyncio.Lock:
        lock = self._locks.get(name)
        if lock is None:
            lock = self._locks[name] = asyncio.Lock()
        return lock

    # life

    async def serve(self) -> None:
        """Serve the control API until told to stop; a node without a server records on, then closes properly."""
        seams.listen_on(self.settings.listen)
        self.settings.recordings.mkdir(parents=True, exist_ok=True, mode=0o750)
        self.settings.socket.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.settings.socket.unlink(missing_ok=True)
        self._live_check.start()
        runner = web.AppRunner(
            self.application(), access_log=None, handle_signals=False, shutdown_timeout=3.0
        )
        await runner.setup()
        mask = os.umask(0o177)
        try:
            await web.UnixSite(runner, str(self.settings.socket)).start()
        finally:
            os.umask(mask)
        pid = self.settings.socket.with_name(self.settings.socket.name + ".pid")
        pid.write_text(f"{os.getpid()}\n")
        ticking = asyncio.create_task(self._tick(), name="tick")
        log.info("node %s listens on %s", self.settings.name, ", ".join(self.settings.listen))
        try:
            await self.stop_requested.wait()
        finally:
            ticking.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await ticking
            for conference in list(self.conferences.values()):
                await conference.close()
            await self._live_check.stop()
            for socket in list(self._listeners.values()):
                await socket.close(code=WSCloseCode.GOING_AWAY)
            await runner.cleanup()
            await asyncio.to_thread(self._writer.stop)
            self.settings.socket.unlink(missing_ok=True)
            pid.unlink(missing_ok=True)

    async def _tick(self) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time()
        half = 0
        while True:
            due = max(due + 0.5, loop.time())
            await asyncio.sleep(due - loop.time())
            self._strain.note(loop.time() - due)
            half += 1
            now = self._clock.now()
            for conference in list(self.conferences.values()):
                try:
                    conference.tick(now)
                    if half % 2 == 0:
                        conference.second(now, self._strain.share)
                except Exception:  # one conference's fault must not stop the clock of the others
                    log.exception("x tick of conference %s", conference.id)
            if self._listeners:
                self._last_contact = now
            elif now - self._last_contact > self.settings.orphan_seconds:
                log.warning("x no server for %.0f s, closing", self.settings.orphan_seconds)
                self.stop_requested.set()
