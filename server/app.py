"""The composition root: everything is made here, handed to what needs it, started and stopped in order."""

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiohttp import web

from server.access.passkeys import Passkeys
from server.access.passwords import Passwords
from server.clock import Clock, SystemClock
from server.door import Door
from server.entrance import Entrance
from server.http.access import admitted
from server.http.account import AccountPages
from server.http.cookies import Cookies
from server.http.csrf import Csrf
from server.http.forms import Forms
from server.http.logins import Logins
from server.http.matrix import MATRIX
from server.http.middleware import guarded, logged
from server.http.office.desk import Desk
from server.http.office.home import Home
from server.http.office.routes_day import day_routes
from server.http.office.routes_people import people_routes
from server.http.pages import Pages
from server.http.routes import routes
from server.http.signin import SignIn
from server.http.static import Static
from server.http.templates import Templates
from server.nodes.keeper import Keeper
from server.own_account import OwnAccount
from server.settings import Settings
from server.signalling.hub import Hub
from server.signalling.rounds import Rounds
from server.signalling.services import Nodes, Services
from server.signalling.socket import Sockets
from server.store.database import Store

log = logging.getLogger(__name__)

REQUEST_LIMIT = 64 * 1024
"""Bytes of a request's body; forms are small."""


@dataclass(frozen=True, slots=True)
class House:
    """The running service."""

    app: web.Application
    hub: Hub
    pages: Pages
    sockets: Sockets
    store: Store
    door: Door
    secret: bytes


def compose(store: Store, nodes: Nodes, settings: Settings, clock: Clock) -> House:
    """All parts, connected; nothing is started. The store is open."""
    door = Door(store, settings.secret(), clock)
    hub = Hub(Services(store=store, clock=clock, door=door, nodes=nodes, settings=settings))
    sockets = Sockets(hub)
    templates = Templates()
    pages = Pages(store, hub, clock, settings, templates)
    secret, cookies = settings.secret(), Cookies(settings)
    csrf, logins = Csrf(secret, cookies), Logins(store, secret, clock, settings, cookies)
    signin, account = _staff_pages(store, settings, clock, Forms(templates, csrf), logins)
    desk = Desk(store, hub, clock, settings, templates, secret, csrf)
    app = web.Application(
        middlewares=[logged(), guarded(pages), admitted(MATRIX, store, logins, csrf)],
        client_max_size=REQUEST_LIMIT,
    )
    app.add_routes(routes(pages, sockets, Static(), signin, account))
    app.add_routes([web.get("/office", Home(desk).show), *people_routes(desk), *day_routes(desk)])
    return House(app=app, hub=hub, pages=pages, sockets=sockets, store=store, door=door, secret=secret)


def _staff_pages(
    store: Store, settings: Settings, clock: Clock, forms: Forms, logins: Logins
) -> tuple[SignIn, AccountPages]:
    """Signing in, and one's own account."""
    secret, passwords = settings.secret(), Passwords()
    entrance = Entrance(store, secret, clock, passwords, Passkeys(secret, settings.public_url))
    own = OwnAccount(store, secret, clock, passwords, entrance)
    return SignIn(entrance, logins, forms, settings), AccountPages(own, entrance, logins, forms, store)


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
