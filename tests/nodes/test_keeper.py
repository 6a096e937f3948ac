"""The keeper with real media nodes: started, found again, replaced, ended."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from media.control import Desired
from media.layout import SeatKind
from server.errors import NodeUnavailable
from server.nodes import client, process
from server.nodes import keeper as keeper_module
from server.nodes.client import NodeClient
from server.nodes.keeper import Keeper
from server.nodes.reports import Report
from server.settings import Settings

SECONDS = 60.0
DESIRED = Desired(version=1, seats={"p1": SeatKind.PARTICIPANT}, patches=[], priority=[])


class Heard:
    """A listener that keeps what it was told."""

    def __init__(self) -> None:
        self.live: list[tuple[str, dict[str, Report]]] = []
        self.events: list[dict[str, Any]] = []
        self.lost: list[tuple[str, frozenset[str]]] = []
        self._news = asyncio.Event()

    async def node_live(self, name: str, reports: dict[str, Report]) -> None:
        self.live.append((name, reports))
        self._news.set()

    async def node_event(self, name: str, event: dict[str, Any]) -> None:
        self.events.append(event)
        self._news.set()

    async def node_lost(self, name: str, conferences: frozenset[str]) -> None:
        self.lost.append((name, conferences))
        self._news.set()

    async def until(self, what: Callable[[], object]) -> None:
        async with asyncio.timeout(SECONDS):
            while not what():
                self._news.clear()
                await self._news.wait()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path, nodes=1, media_udp_ports=(46000, 46099), media_listen=("127.0.0.1",))


@pytest.fixture(autouse=True)
async def nothing_left(settings: Settings) -> AsyncIterator[None]:
    """No node outlives its test."""
    yield
    for socket in settings.run_dir.glob("*.sock"):
        pid = process.node_at(socket)
        if pid is not None:
            os.kill(pid, signal.SIGKILL)
            process.reap(pid)


def _alive(pid: int) -> bool:
    process.reap(pid)
    return Path(f"/proc/{pid}").exists()


async def test_nodes_are_started_placed_on_and_ended(settings: Settings) -> None:
    keeper, heard = Keeper(settings, 1), Heard()
    with pytest.raises(NodeUnavailable):
        keeper.place("7")
    await keeper.start(heard)
    await heard.until(lambda: len(heard.live) == 2)
    assert sorted(keeper.live) == ["node-1", "node-2"]
    pids = [node.pid for node in keeper.live.values()]
    assert all(os.getsid(pid) == pid for pid in pids)
    node = keeper.place("7")
    assert (await node.client.put("7", DESIRED)).version == 1
    assert keeper.place("7") is node
    await keeper.stop()
    assert not any(_alive(pid) for pid in pids)
    assert list(settings.run_dir.glob("*.sock")) == []


async def test_nodes_of_a_killed_server_are_found_again_with_their_conferences(settings: Settings) -> None:
    first = Keeper(settings, 1)
    await first.start(heard := Heard())
    await heard.until(lambda: len(heard.live) == 2)
    await first.place("7").client.put("7", DESIRED)
    pids = {name: node.pid for name, node in first.live.items()}
    await first.stop(leave_running=True)
    second = Keeper(settings, 2)
    await second.start(heard := Heard())
    await heard.until(lambda: len(heard.live) == 2)
    assert {name: node.pid for name, node in second.live.items()} == pids
    assert {name: list(reports) for name, reports in heard.live} == {"node-1": ["7"], "node-2": []}
    assert (node := second.node_of("7")) is not None
    assert node.name == "node-1"
    await second.stop()
    assert not any(_alive(pid) for pid in pids.values())


async def test_killed_node_is_noticed_at_once_and_replaced(settings: Settings) -> None:
    keeper, heard = Keeper(settings, 1), Heard()
    await keeper.start(heard)
    await heard.until(lambda: len(heard.live) == 2)
    node = keeper.place("7")
    await node.client.put("7", DESIRED)
    began = asyncio.get_running_loop().time()
    os.kill(node.pid, signal.SIGKILL)
    await heard.until(lambda: heard.lost)
    assert asyncio.get_running_loop().time() - began < 1.0
    assert heard.lost == [("node-1", frozenset({"7"}))]
    assert keeper.place("7").name == "node-2"
    await heard.until(lambda: len(heard.live) == 3)
    assert sorted(keeper.live) == ["node-1", "node-2"]
    assert keeper.live["node-1"].pid != node.pid
    await keeper.stop()


async def test_adopted_node_that_is_killed_is_noticed_too(settings: Settings) -> None:
    first = Keeper(settings, 1)
    await first.start(heard := Heard())
    await heard.until(lambda: len(heard.live) == 2)
    await first.stop(leave_running=True)
    second = Keeper(settings, 2)
    await second.start(heard := Heard())
    await heard.until(lambda: len(heard.live) == 2)
    os.kill(second.live["node-2"].pid, signal.SIGKILL)
    await heard.until(lambda: heard.lost == [("node-2", frozenset())])
    await heard.until(lambda: len(heard.live) == 3)
    await second.stop()


async def test_server_of_before_is_no_longer_obeyed(settings: Settings) -> None:
    keeper = Keeper(settings, 5)
    await keeper.start(heard := Heard())
    await heard.until(lambda: len(heard.live) == 2)
    node = keeper.place("7")
    await node.client.put("7", DESIRED)
    async with NodeClient(settings.run_dir / f"{node.name}.sock", epoch=4) as former:
        with pytest.raises(NodeUnavailable, match="stale_epoch"):
            await former.put("7", DESIRED)
        with pytest.raises(NodeUnavailable, match="stale_epoch"):
            await former.shutdown()
    await keeper.stop()


async def test_stale_socket_is_no_obstacle(settings: Settings) -> None:
    settings.run_dir.mkdir()
    (settings.run_dir / "node-1.sock").touch()
    (settings.run_dir / "node-1.sock.pid").write_text(str(os.getpid()))
    (settings.run_dir / "node-9.sock").touch()
    keeper = Keeper(settings, 1)
    await keeper.start(heard := Heard())
    await heard.until(lambda: len(heard.live) == 2)
    assert not (settings.run_dir / "node-9.sock").exists()
    await keeper.stop()


async def test_node_that_no_longer_answers_is_ended_and_replaced(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "EVENTS_HEARTBEAT_SECONDS", 0.5)
    monkeypatch.setattr(keeper_module, "PATIENCE", 1)
    keeper, heard = Keeper(settings, 1), Heard()
    await keeper.start(heard)
    await heard.until(lambda: len(heard.live) == 2)
    node = keeper.place("7")
    os.kill(node.pid, signal.SIGSTOP)
    await heard.until(lambda: heard.lost == [("node-1", frozenset({"7"}))])
    assert not _alive(node.pid)
    await keeper.stop()


def test_order_names_everything_a_node_needs(tmp_path: Path) -> None:
    order = process.Order(
        name="node-1",
        socket=tmp_path / "node-1.sock",
        log=tmp_path / "log",
        recordings=tmp_path / "recordings",
        udp_ports=(1, 2),
        listen=("10.0.0.1", "127.0.0.1"),
        announce="1.2.3.4",
    )
    command = " ".join(order.command())
    assert "--udp-ports 1-2 --listen 10.0.0.1,127.0.0.1 --announce 1.2.3.4" in command
