"""A seat of somebody who signed in: the same page and the same WebSocket as by a link."""

from dataclasses import dataclass

from aiohttp import web

from server.signalling.socket import Sockets

from .access import viewer
from .pages import Pages


@dataclass(frozen=True, slots=True)
class SignedInSeats:
    """`/seat/{seat}`; only for the person whose seat it is."""

    pages: Pages
    sockets: Sockets

    async def page(self, request: web.Request) -> web.Response:
        return await self.pages.seat_signed_in(request, viewer(request).account.person_id)

    async def socket(self, request: web.Request) -> web.StreamResponse:
        return await self.sockets.serve_signed_in(request, viewer(request).account.person_id)
