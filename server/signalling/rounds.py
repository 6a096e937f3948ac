"""What time does without anybody's command: presence, estimates, repair, guests who left, days that are over."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from types import TracebackType
from typing import Self

from media.layout import SeatKind
from server.errors import ExamError
from server.store import days

from . import steps
from .hub import Hub

log = logging.getLogger(__name__)

SHOW_SECONDS = 1.0
REPAIR_SECONDS = 1.0
RENEW_SECONDS = 5.0
GUEST_SECONDS = 10.0
"""A specialist or organizer whose page has been away so long is no longer in a conference."""


class Rounds:
    """Owns the hub's periodic tasks. An async context manager; its end waits for work that has begun."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._stop = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        for seconds, work in (
            (SHOW_SECONDS, self._show),
            (REPAIR_SECONDS, self._hub.repair),
            (RENEW_SECONDS, self.renew),
        ):
            name = f"round-{work.__name__.strip('_')}"
            self._tasks.append(asyncio.create_task(self._every(seconds, work), name=name))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        await asyncio.gather(*self._tasks)

    async def _show(self) -> None:
        self._hub.show_all()

    async def renew(self) -> None:
        """Revoked and added links, guests without a page, days that are over."""
        services = self._hub.services
        now, monotonic = services.clock.now(), services.clock.monotonic()
        async with services.store.read() as session:
            today = await days.today(session, now)
        await self._hub.rehearsals.watch()
        for live in list(self._hub.days.values()):
            await self._hub.renew(live)
            for place in self._hub.guests_gone(live, monotonic, GUEST_SECONDS):
                leave = steps.end_check if place.row.kind is SeatKind.SPECIALIST else steps.leave
                await leave(live, place.row)
                self._hub.showing.show(live)
            held = any(place.holder is not None for place in live.places.values())
            over = live.day.id not in today and now > live.day.day.closes_at
            if over and not held and all(one.current() is None for one in live.conferences.values()):
                await self._hub.unload(live)

    async def _every(self, seconds: float, work: Callable[[], Awaitable[None]]) -> None:
        """Again and again; a failure is logged and the next round comes all the same."""
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stop.wait(), seconds)
            if self._stop.is_set():
                return
            try:
                await work()
            except ExamError as error:
                log.warning("a round was not finished: %s", error)
            except Exception:
                log.exception("a round failed")
