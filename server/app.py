"""The composition root: everything is made here, handed to what needs it, started and stopped in order."""

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiohttp import web

from server.clock import Clock, SystemClock
from server.door import Door
from server.http.middleware import guarded, logged
from server.http.pages import Pages
from server.http.routes import routes
from server.http.static import Static
from server.http.templates import Templates
from server.nodes.keeper import Keeper
from server.settings import Settings
from server.signalling.hub import Hub
from server.signalling.rounds import Rounds
from server.signalling.services import Nodes, Services
from server.signalling.socket import Sockets
from server.store.database import Store

log = logging.getLogger(__name__)

REQUEST_LIMIT = 64 * 1024
"""Bytes of a request's body; pages send none."""


@dataclass(frozen=True, slots=True)
class House:
    """The running service."""

    app: web.Application
    hub: Hub
    pages: Pages
    sockets: Sockets
    store: Store
    door: Door


def compose(store: Store, nodes: Nodes, settings: Settings, clock: Clock) -> House:
    """All parts, connected; nothing is started. The store is open."""
    door = Door(store, settings.secret(), clock)
    hub = Hub(Services(store=store, clock=clock, door=door, nodes=nodes, settings=settings))
    sockets = Sockets(hub)
    pages = Pages(store, hub, clock, settings, Templates())
    app = web.Application(middlewares=[logged(), guarded(pages)], client_max_size=REQUEST_LIMIT)
    app.add_routes(routes(pages, sockets, Static()))
    return House(app=app, hub=hub, pages=pages, sockets=sockets, store=store, door=door)


@asynccontextmanager
async def running(
    settings: Settings, clock: Clock | None = None, *, on_kept: Callable[[], None] | None = None
) -> AsyncIterator[House]:
    """The service with its nodes: started, and stopped at the end.

    An exam that is going on is not interrupted: then the nodes are left running for the next server to find, and
    `on_kept` is called.
    """
    clock = clock or SystemClock()
    async with Store(settings.database_url) as store:
        keeper = Keeper(settings, await store.next_epoch())
        house = compose(store, keeper, settings, clock)
        await house.hub.start()
        try:
            await keeper.start(house.hub)
            async with Rounds(house.hub):
                yield house
        finally:
            keep = house.hub.in_conference()
            await house.sockets.close()
            await keeper.stop(leave_running=keep)
            if keep and on_kept is not None:
                on_kept()
