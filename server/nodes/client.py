"""The control API of one media node over its Unix socket: short time-outs, foreign errors mapped here only.

Every request that changes something carries the epoch of this server, so that a server from before is no longer
obeyed.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import quote

import aiohttp
import msgspec

from media.control import Desired
from server.errors import NodeUnavailable, NotFound, Refused

from .reports import Answer, NodeError, NodeReport, Report

REQUEST_SECONDS = 2.0
"""A node answers within milliseconds; one that does not is treated as one that cannot."""
OFFER_SECONDS = 8.0
"""An answer needs the node's candidates: with a TURN server out of reach that takes a while."""
EVENTS_HEARTBEAT_SECONDS = 4.0

T = TypeVar("T")


class NodeFull(NodeUnavailable):
    """The node refuses one more conference."""


class StaleEpoch(NodeUnavailable):
    """The node obeys a later server."""


class StaleVersion(NodeUnavailable):
    """The node already knows a later desired state of this epoch."""


class BadOffer(Refused):
    """The node cannot make sense of a browser's offer."""

    code = "bad_offer"
    text = "Браузер не смог установить связь. Обновите страницу."


class NodeClient:
    """A connection pool to one node. Use as an async context manager."""

    def __init__(self, socket: Path, epoch: int) -> None:
        self.socket = socket
        self._epoch = epoch
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            base_url="http://node",
            connector=aiohttp.UnixConnector(str(self.socket), limit=32),
            headers={"X-Epoch": str(self._epoch)},
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def report(self, *, timeout: float = REQUEST_SECONDS) -> NodeReport:
        return _decoded(await self._request("GET", "/v1", timeout=timeout), NodeReport)

    async def conference(self, conference: str) -> Report:
        return _decoded(await self._request("GET", _path(conference)), Report)

    async def put(self, conference: str, desired: Desired) -> Report:
        """Brings the conference to that state; the same state again changes nothing."""
        body = msgspec.json.encode(desired)
        return _decoded(await self._request("PUT", _path(conference), body=body), Report)

    async def offer(self, conference: str, seat: str, peer: str, sdp: str) -> str:
        """The answer to a browser's offer. Raises BadOffer for one that makes no sense."""
        path = f"{_path(conference)}/seats/{quote(seat, safe='')}/offer"
        body = json.dumps({"peer": peer, "sdp": sdp}).encode()
        return _decoded(await self._request("POST", path, body=body, timeout=OFFER_SECONDS), Answer).sdp

    async def disconnect(self, conference: str, seat: str) -> None:
        """Closes the connections of a seat."""
        await self._request("DELETE", f"{_path(conference)}/seats/{quote(seat, safe='')}")

    async def end(self, conference: str) -> None:
        """Ends a conference and closes its files."""
        await self._request("DELETE", _path(conference))

    async def shutdown(self) -> None:
        """Asks the node to close its files and exit."""
        await self._request("POST", "/v1/shutdown")

    async def events(self) -> AsyncIterator[dict[str, Any]]:
        """What happens on the node, until the connection ends. NodeUnavailable where it cannot begin."""
        session = self._open_session()
        try:
            async with asyncio.timeout(REQUEST_SECONDS):
                socket = await session.ws_connect(
                    "/v1/events", heartbeat=EVENTS_HEARTBEAT_SECONDS, max_msg_size=4 * 1024 * 1024, compress=0
                )
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise NodeUnavailable(detail=f"events: {type(error).__name__}") from error
        async with socket:
            async for message in socket:
                if message.type is aiohttp.WSMsgType.TEXT:
                    event = json.loads(message.data)
                    if isinstance(event, dict):
                        yield event

    def _open_session(self) -> aiohttp.ClientSession:
        if self._session is None:
            raise NodeUnavailable(detail="the client is closed")
        return self._session

    async def _request(
        self, method: str, path: str, *, body: bytes | None = None, timeout: float = REQUEST_SECONDS
    ) -> bytes:
        """One request; the border where the node's errors become ours."""
        headers = {"Content-Type": "application/json"} if body is not None else {}
        try:
            async with (
                asyncio.timeout(timeout),
                self._open_session().request(
                    method, path, data=body, headers=headers, timeout=aiohttp.ClientTimeout()
                ) as response,
            ):
                content = await response.read()
                status = response.status
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise NodeUnavailable(detail=f"{method} {path}: {type(error).__name__}") from error
        if status >= 400:
            raise _error(status, content, f"{method} {path}")
        return content


def _decoded(content: bytes, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(content, type=kind)
    except msgspec.MsgspecError as error:
        raise NodeUnavailable(detail=f"{kind.__name__}: {error}") from error


def _path(conference: str) -> str:
    return f"/v1/conferences/{quote(conference, safe='')}"


def _error(status: int, content: bytes, what: str) -> Exception:
    try:
        told = msgspec.json.decode(content, type=NodeError)
    except msgspec.MsgspecError:
        told = NodeError()
    detail = f"{what}: {status} {told.error} {told.detail or ''}".strip()
    if told.error == "stale_epoch":
        return StaleEpoch(detail=detail)
    if told.error == "stale_version":
        return StaleVersion(detail=detail)
    if told.error == "full":
        return NodeFull(detail=detail)
    if told.error == "bad_offer":
        return BadOffer(detail=detail)
    if status == 404:
        return NotFound(detail=detail)
    return NodeUnavailable(detail=detail)
