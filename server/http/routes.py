"""All addresses of the service."""

from aiohttp import web

from server.signalling.socket import Sockets

from .account import AccountPages
from .pages import Pages
from .seats import SignedInSeats
from .signin import SignIn, signin_routes
from .static import Static


def routes(
    pages: Pages, sockets: Sockets, static: Static, signin: SignIn, account: AccountPages
) -> list[web.RouteDef]:
    signed_in = SignedInSeats(pages, sockets)
    return [
        web.get("/", pages.landing),
        web.get("/j/{token}", pages.seat),
        web.get("/j/{token}/ws", sockets.serve),
        web.get("/seat/{seat}", signed_in.page),
        web.get("/seat/{seat}/ws", signed_in.socket),
        web.get("/static/{path:.+}", static.file),
        web.get("/healthz", pages.health),
        *signin_routes(signin, account),
    ]
