"""`python -m server` as a process with real media nodes: started, killed, started again, told to stop."""

import asyncio
import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from media.layout import SeatKind
from server.nodes import process
from server.nodes.client import NodeClient
from tests.signalling.house import PageClient

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 60.0


class Service:
    """The server as a process on its own data folder."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.links: dict[str, list[dict[str, str]]] = {}
        self._process: subprocess.Popen[str] | None = None

    def _spawn(self, links: Path) -> subprocess.Popen[str]:
        environment = {
            **{name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG"}},
            "DATA_DIR": str(self.data),
            "DEMO": "1",
            "DEMO_LINKS": str(links),
            "PORT": "0",
            "NODES": "1",
            "MEDIA_UDP_PORTS": "46100-46199",
            "MEDIA_LISTEN": "127.0.0.1",
        }
        with (self.data / "server.log").open("a") as errors:
            return subprocess.Popen(
                [sys.executable, "-W", "error", "-m", "server"],
                cwd=ROOT,
                env=environment,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )

    async def start(self) -> None:
        links = self.data / "links.json"
        links.unlink(missing_ok=True)
        self._process = self._spawn(links)
        for _ in range(int(SECONDS / 0.05)):
            if links.exists():
                break
            assert self._process.poll() is None, (self.data / "server.log").read_text()
            await asyncio.sleep(0.05)
        self.links = json.loads(links.read_text())

    def end(self, number: signal.Signals) -> str:
        """Ends it and returns what it printed."""
        assert self._process is not None
        self._process.send_signal(number)
        printed, _ = self._process.communicate(timeout=SECONDS)
        return printed

    def nodes(self) -> dict[str, int]:
        found = {
            socket.stem: process.node_at(socket) for socket in sorted((self.data / "run").glob("*.sock"))
        }
        return {name: pid for name, pid in found.items() if pid is not None}

    async def two_nodes(self) -> dict[str, int]:
        for _ in range(int(SECONDS / 0.05)):
            if len(self.nodes()) == 2:
                break
            await asyncio.sleep(0.05)
        return self.nodes()

    def journal(self) -> list[str]:
        with closing(sqlite3.connect(self.data / "exam.sqlite3")) as connection:
            return [event for (event,) in connection.execute("SELECT event FROM journal ORDER BY id")]

    @asynccontextmanager
    async def page(self, role: str, number: int = 0) -> AsyncIterator[PageClient]:
        url = self.links[role][number]["url"]
        async with aiohttp.ClientSession() as session:
            page = PageClient(await session.ws_connect(f"{url}/ws"))
            welcome = await page.hello(f"page-{role}-{number}-1", f"tab-{role}-{number}-1")
            assert welcome["type"] == "welcome"
            await page.ask("stats", data={})
            yield page
            await page.close()


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    service = Service(tmp_path)
    yield service
    if service._process is not None and service._process.poll() is None:
        service.end(signal.SIGKILL)
    for pid in service.nodes().values():
        os.kill(pid, signal.SIGKILL)


async def _report(service: Service, name: str) -> Any:
    async with NodeClient(service.data / "run" / f"{name}.sock", epoch=0) as client:
        return await client.report()


async def test_killed_server_leaves_the_exam_alone_and_takes_it_up_again(service: Service) -> None:
    await service.start()
    nodes = await service.two_nodes()
    async with service.page("participant") as anna, service.page("examiner") as examiner:
        await anna.ask("informed", agree=True)
        await anna.ask("join")
        assert (await examiner.ask("admit"))["type"] == "done"
        assert (await examiner.ask("begin"))["type"] == "done"
        shown = anna.views()[-1]
        service.end(signal.SIGKILL)
    before = await _report(service, "node-1")
    assert before.conferences["1"].recording is not None

    await service.start()
    assert service.nodes() == nodes
    after = await _report(service, "node-1")
    assert after.epoch > before.epoch
    for one, other in ((before.conferences["1"], after.conferences["1"]),):
        assert sorted(one.patches) == sorted(other.patches)
        assert one.seats == other.seats
        assert one.recording.part == other.recording.part
    async with service.page("participant") as anna, service.page("examiner") as examiner:
        assert {**anna.views()[-1], "now": 0} == {**shown, "now": 0}
        assert examiner.views()[-1]["current"]["state"] == "exam"

        printed = service.end(signal.SIGTERM)
        assert "узлы связи оставлены" in printed
        assert await anna.closed() == 1012
        assert service.nodes() == nodes

    await service.start()
    async with service.page("examiner") as examiner:
        assert (await examiner.ask("finish"))["type"] == "done"
    service.end(signal.SIGTERM)
    assert service.nodes() == {}
    assert [
        event for event in service.journal() if event.startswith(("interview", "media", "recording"))
    ] == [
        "interview.connect",
        "interview.join_queue",
        "interview.admit",
        "media.counters",
        "recording.part",
        "interview.begin",
        "interview.finish",
        "media.counters",
    ]
    assert "Traceback" not in (service.data / "server.log").read_text()


async def test_killed_node_costs_one_reconnection_and_the_next_part(service: Service) -> None:
    await service.start()
    nodes = await service.two_nodes()
    async with service.page("participant") as anna, service.page("examiner") as examiner:
        await anna.ask("informed", agree=True)
        await anna.ask("join")
        await examiner.ask("admit")
        os.kill(nodes["node-1"], signal.SIGKILL)
        for page in (anna, examiner):
            await page.until(lambda message: message["type"] == "media.reconnect")
        moved = (await _report(service, "node-2")).conferences["1"]
        assert moved.recording.part == 2
        assert [seat.kind for seat in moved.seats.values()].count(SeatKind.PARTICIPANT) == 6
        assert anna.views()[-1]["phase"] == "interview"
        assert (await examiner.ask("begin"))["type"] == "done"
    assert (await service.two_nodes())["node-1"] != nodes["node-1"]
    service.end(signal.SIGKILL)
