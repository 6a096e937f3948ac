"""The client of the control API against a small server that answers as told."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web

from media.control import Desired
from server.errors import NodeUnavailable, NotFound
from server.nodes.client import BadOffer, NodeClient, NodeFull, StaleEpoch, StaleVersion

DESIRED = Desired(version=3, seats={}, patches=[], priority=[])
REPORT = {
    "version": 3,
    "patches": [["a", "voice", "b", "staff-voice"]],
    "seats": {},
    "jacks": [],
    "recording": None,
}


class Told:
    """A node that answers what it was told to."""

    def __init__(self) -> None:
        self.status = 200
        self.body: object = REPORT
        self.seen: list[tuple[str, str, str | None, bytes]] = []

    async def answer(self, request: web.Request) -> web.Response:
        body = await request.read()
        self.seen.append((request.method, request.path, request.headers.get("X-Epoch"), body))
        return web.Response(status=self.status, text=json.dumps(self.body))


@pytest.fixture
async def told(tmp_path: Path) -> AsyncIterator[tuple[Told, NodeClient]]:
    node = Told()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", node.answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.UnixSite(runner, str(tmp_path / "node.sock")).start()
    async with NodeClient(tmp_path / "node.sock", epoch=7) as client:
        yield node, client
    await runner.cleanup()


async def test_desired_state_goes_out_with_the_epoch_and_the_report_comes_back(
    told: tuple[Told, NodeClient],
) -> None:
    node, client = told
    report = await client.put("12", DESIRED)
    assert report.patches == [("a", "voice", "b", "staff-voice")]
    method, path, epoch, body = node.seen[0]
    assert (method, path, epoch) == ("PUT", "/v1/conferences/12", "7")
    assert json.loads(body) == {"version": 3, "seats": {}, "patches": [], "priority": [], "recording": None}


@pytest.mark.parametrize(
    "status,code,error",
    [
        (409, "stale_epoch", StaleEpoch),
        (409, "stale_version", StaleVersion),
        (503, "full", NodeFull),
        (404, "no_conference", NotFound),
        (400, "bad_offer", BadOffer),
        (503, "no_ports", NodeUnavailable),
        (400, "bad_patch", NodeUnavailable),
        (500, "", NodeUnavailable),
    ],
)
async def test_errors_of_the_node_become_ours(
    told: tuple[Told, NodeClient], status: int, code: str, error: type[Exception]
) -> None:
    node, client = told
    node.status, node.body = status, {"error": code, "detail": "x"}
    with pytest.raises(error):
        await client.offer("12", "seat", "peer", "v=0")


async def test_answers_that_make_no_sense_are_a_node_that_cannot_be_used(
    told: tuple[Told, NodeClient],
) -> None:
    node, client = told
    node.body = {"version": "three"}
    with pytest.raises(NodeUnavailable):
        await client.conference("12")
    node.body = []
    with pytest.raises(NodeUnavailable):
        await client.report()
    with pytest.raises(NodeUnavailable):
        await anext(client.events())


async def test_node_that_is_not_there_is_unavailable(tmp_path: Path) -> None:
    async with NodeClient(tmp_path / "none.sock", epoch=1) as client:
        with pytest.raises(NodeUnavailable):
            await client.report()
    with pytest.raises(NodeUnavailable):
        await client.report()
