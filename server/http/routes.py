"""All addresses of the service."""

from aiohttp import web

from server.signalling.socket import Sockets

from .account import AccountPages
from .pages import Pages
from .signin import SignIn, signin_routes
from .static import Static


def routes(
    pages: Pages, sockets: Sockets, static: Static, signin: SignIn, account: AccountPages
) -> list[web.RouteDef]:
    return [
        web.get("/", pages.landing),
        web.get("/j/{token}", pages.seat),
        web.get("/j/{token}/ws", sockets.serve),
        web.get("/static/{path:.+}", static.file),
        web.get("/healthz", pages.health),
        *signin_routes(signin, account),
    ]
