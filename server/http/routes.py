"""All addresses of the service."""

from aiohttp import web

from server.signalling.socket import Sockets

from .pages import Pages
from .static import Static


def routes(pages: Pages, sockets: Sockets, static: Static) -> list[web.RouteDef]:
    return [
        web.get("/", pages.landing),
        web.get("/j/{token}", pages.seat),
        web.get("/j/{token}/ws", sockets.serve),
        web.get("/static/{path:.+}", static.file),
        web.get("/healthz", pages.health),
    ]
