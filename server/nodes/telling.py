"""Who is told of what happens on the nodes, and how: to the end, and without harm to the nodes' care."""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any, Protocol

from .reports import Report

log = logging.getLogger(__name__)


class Listener(Protocol):
    """Who is told; `server.signalling.hub.Hub`."""

    async def node_live(self, name: str, reports: dict[str, Report]) -> None:
        """A node answers (again); these are the conferences it has."""

    async def node_event(self, name: str, event: dict[str, Any]) -> None:
        """One event of docs/NODE.md."""

    async def node_lost(self, name: str, conferences: frozenset[str]) -> None:
        """A node is dead; these conferences are on no node now."""


class Telling:
    """Tells one listener. Its failures are logged; a cancelled caller waits for what has begun.

    The listener may be in the middle of a transaction, which is never torn.
    """

    def __init__(self, listener: Listener) -> None:
        self._listener = listener

    async def live(self, name: str, reports: dict[str, Report]) -> None:
        await self._finish(name, self._listener.node_live(name, reports))

    async def event(self, name: str, event: dict[str, Any]) -> None:
        await self._finish(name, self._listener.node_event(name, event))

    async def lost(self, name: str, conferences: frozenset[str]) -> None:
        await self._finish(name, self._listener.node_lost(name, conferences))

    async def _finish(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work, name=f"{name}-told")
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError:
            await asyncio.gather(task, return_exceptions=True)
            raise
        except Exception:
            log.exception("news of %s was not digested", name)
