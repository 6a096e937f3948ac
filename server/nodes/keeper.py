"""The care of the media nodes: found again or started, watched, replaced; which conference is on which.

There is always one node more than work needs, empty and warm. A dead node is told to the listener with the
conferences it had; placing them anew is the listener's, because only it knows their desired state.
"""

import asyncio
import logging
import re
from collections.abc import Awaitable, Collection
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path

from media.control import API_VERSION
from server.errors import ExamError, NodeUnavailable
from server.settings import Settings

from . import process
from .client import NodeClient
from .placement import Load, choose
from .reports import NodeReport
from .telling import Listener, Telling

log = logging.getLogger(__name__)

START_SECONDS = 60.0
"""A node that does not answer so long after its launch is ended and launched again."""
START_PATIENCE = 20.0
"""So long the server waits for its first node before it serves without one."""
POLL_SECONDS = 0.05
PATIENCE = 3
"""Unanswered questions after which a node that is still a process counts as dead."""
HEALTHY_SECONDS = 30.0
"""A node that lived so long is started again at once, one that did not a little later each time."""
BACK_OFF_SECONDS = (0.0, 0.0, 0.5, 2.0, 5.0)
STOP_SECONDS = 10.0


@dataclass(slots=True)
class Node:
    """A live node."""

    name: str
    pid: int
    capacity: int
    client: NodeClient
    conferences: set[str] = field(default_factory=set)


class Keeper:
    """Keeps `settings.nodes` working nodes and one spare. Started and stopped once."""

    def __init__(self, settings: Settings, epoch: int) -> None:
        self._settings = settings
        self._epoch = epoch
        self._live: dict[str, Node] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._settled: dict[int, asyncio.Event] = {}
        self._any_live = asyncio.Event()

    @property
    def live(self) -> dict[str, Node]:
        return dict(self._live)

    async def start(self, listener: Listener, *, patience: float = START_PATIENCE) -> None:
        """Finds the nodes of an earlier server, starts those that are missing, returns when one is live.

        Without a live node after `patience` seconds the server serves all the same: states change, media
        follows.
        """
        telling = Telling(listener)
        self._settings.run_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        count = self._settings.nodes + 1
        found = filter(None, map(_index, self._settings.run_dir.glob("node-*.sock")))
        for index in sorted({*range(1, count + 1), *found}):
            self._settled[index] = asyncio.Event()
            tend = self._tend(index, telling, permanent=index <= count)
            self._tasks.append(asyncio.create_task(tend, name=f"keeper-{index}"))
        await asyncio.gather(*(settled.wait() for settled in self._settled.values()))
        try:
            await asyncio.wait_for(self._any_live.wait(), patience)
        except TimeoutError:
            log.warning("no media node is live yet; serving without")

    async def stop(self, *, leave_running: bool = False) -> None:
        """Ends the care, and the nodes too unless they are to go on without us."""
        for task in self._tasks:
            task.cancel()
        nodes = list(self._live.values())
        if not leave_running:
            await asyncio.gather(*(self._end(node) for node in nodes))
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()

    def node_of(self, conference: str) -> Node | None:
        """The live node that has the conference."""
        return next((node for node in self._live.values() if conference in node.conferences), None)

    def place(self, conference: str, *, avoid: Collection[str] = ()) -> Node:
        """The node of the conference, chosen now if it has none. Raises NodeUnavailable."""
        node = self.node_of(conference)
        if node is not None and node.name not in avoid:
            return node
        loads = {name: Load(len(node.conferences), node.capacity) for name, node in self._live.items()}
        chosen = choose(loads, avoid)
        if chosen is None:
            raise NodeUnavailable(detail="no live node has room")
        self.release(conference)
        self._live[chosen].conferences.add(conference)
        return self._live[chosen]

    def release(self, conference: str) -> None:
        """Forgets where the conference is."""
        for node in self._live.values():
            node.conferences.discard(conference)

    def room_left(self) -> int:
        """How many conferences more the live nodes take."""
        return sum(max(0, node.capacity - len(node.conferences)) for node in self._live.values())

    # ── one node slot ──────────────────────────────────────────────────────────────────────────────

    async def _tend(self, index: int, telling: Telling, *, permanent: bool) -> None:
        """Keeps the node of one slot alive for as long as the server lives."""
        failures = 0
        while True:
            started = asyncio.get_running_loop().time()
            try:
                await self._live_through(index, telling, permanent=permanent)
            except (NodeUnavailable, OSError) as error:
                log.error("node-%d did not come up: %s", index, error)
            finally:
                self._settled[index].set()
            if not permanent:
                return
            failures = 0 if asyncio.get_running_loop().time() - started > 30 else failures + 1
            await asyncio.sleep(
                BACK_OFF_SECONDS[min(failures, len(BACK_OFF_SECONDS) - 1)] if failures > 1 else 0
            )

    async def _live_through(self, index: int, telling: Telling, *, permanent: bool) -> None:
        """One life of a node: adopted or launched, followed until it is dead, reported as lost."""
        async with AsyncExitStack() as stack:
            client = await stack.enter_async_context(NodeClient(self._socket(index), self._epoch))
            report = await self._adopt(index, client)
            if report is not None and not permanent and not report.conferences:
                await client.shutdown()
                return
            if report is None:
                self._settled[index].set()
                if not permanent:
                    self._socket(index).unlink(missing_ok=True)
                    return
                report = await self._launch(index, client)
            alive = stack.enter_context(process.watched(report.pid))
            node = Node(f"node-{index}", report.pid, report.capacity, client, set(report.conferences))
            self._live[node.name] = node
            log.info("%s is live, pid %d, conferences %s", node.name, node.pid, sorted(node.conferences))
            try:
                await telling.live(node.name, report.conferences)
                self._any_live.set()
                self._settled[index].set()
                await self._follow(node, alive, telling)
            finally:
                del self._live[node.name]
            log.error("%s is dead, conferences %s", node.name, sorted(node.conferences))
            await telling.lost(node.name, frozenset(node.conferences))

    async def _adopt(self, index: int, client: NodeClient) -> NodeReport | None:
        """The node of an earlier server in this slot, if it lives and speaks our version."""
        socket = self._socket(index)
        pid = process.node_at(socket)
        for _ in range(PATIENCE):
            if not socket.exists():
                break
            try:
                report = await client.report()
            except NodeUnavailable:
                if pid is None:
                    break
                continue
            except ExamError as error:
                log.warning("node-%d: %s", index, error)
                break
            if report.api == API_VERSION:
                log.info("node-%d found, pid %d", index, report.pid)
                return report
            break
        if pid is not None:
            with process.watched(pid) as left_over:
                left_over.kill()
                await _within(STOP_SECONDS, left_over.dead.wait())
        return None

    async def _launch(self, index: int, client: NodeClient) -> NodeReport:
        """Starts the node of this slot and waits for its first answer. Raises NodeUnavailable."""
        order = self._order(index)
        pid = process.launch(order)
        deadline = asyncio.get_running_loop().time() + START_SECONDS
        with process.watched(pid) as started:
            try:
                while asyncio.get_running_loop().time() < deadline and not started.dead.is_set():
                    if order.socket.exists():
                        with suppress(NodeUnavailable):
                            return await client.report()
                    await asyncio.sleep(POLL_SECONDS)
            except asyncio.CancelledError:
                started.kill()
                raise
            started.kill()
        raise NodeUnavailable(detail=f"{order.name} does not answer; see {order.log}")

    async def _follow(self, node: Node, alive: process.Process, telling: Telling) -> None:
        """Returns when the node is dead: its process ended, or it no longer answers and was ended."""
        death = asyncio.create_task(alive.dead.wait(), name=f"{node.name}-death")
        try:
            while not alive.dead.is_set():
                events = asyncio.create_task(self._listen(node, telling), name=f"{node.name}-events")
                try:
                    await asyncio.wait({events, death}, return_when=asyncio.FIRST_COMPLETED)
                finally:
                    events.cancel()
                    await asyncio.gather(events, return_exceptions=True)
                if not alive.dead.is_set() and not await self._answers(node, alive, telling):
                    alive.kill()
                    await _within(STOP_SECONDS, alive.dead.wait())
                    return
        finally:
            death.cancel()
            await asyncio.gather(death, return_exceptions=True)

    async def _listen(self, node: Node, telling: Telling) -> None:
        """Hands the node's events to the listener until their stream ends."""
        try:
            async for event in node.client.events():
                await telling.event(node.name, event)
        except NodeUnavailable as error:
            log.warning("%s: %s", node.name, error)

    async def _answers(self, node: Node, alive: process.Process, telling: Telling) -> bool:
        """Whether the node still answers after its events ended; what it reports replaces what was missed."""
        for _ in range(PATIENCE):
            if alive.dead.is_set():
                return False
            try:
                report = await node.client.report()
            except NodeUnavailable:
                await asyncio.sleep(POLL_SECONDS)
                continue
            node.conferences |= set(report.conferences)
            await telling.live(node.name, report.conferences)
            return True
        return False

    async def _end(self, node: Node) -> None:
        with process.watched(node.pid) as ending:
            # Its own client ends with its care.
            async with NodeClient(node.client.socket, self._epoch) as client:
                try:
                    await client.shutdown()
                except ExamError as error:
                    # It may be gone before it has answered.
                    log.debug("%s: %s", node.name, error)
            if not await _within(STOP_SECONDS, ending.dead.wait()):
                ending.kill()
                await _within(1.0, ending.dead.wait())

    def _socket(self, index: int) -> Path:
        return self._settings.run_dir / f"node-{index}.sock"

    def _order(self, index: int) -> process.Order:
        low, high = self._settings.media_udp_ports
        count = self._settings.nodes + 1
        size = (high - low + 1) // count
        first = low + size * (index - 1)
        return process.Order(
            name=f"node-{index}",
            socket=self._socket(index),
            log=self._settings.log_dir / f"node-{index}.log",
            recordings=self._settings.recordings_dir,
            udp_ports=(first, first + size - 1),
            listen=self._settings.media_listen,
            announce=self._settings.media_announce,
            capacity=self._settings.media_capacity,
            packet_path=self._settings.media_packet_path,
        )


def _index(path: Path) -> int | None:
    match = re.fullmatch(r"node-([1-9][0-9]{0,2})\.sock", path.name)
    return int(match[1]) if match else None


async def _within(seconds: float, work: Awaitable[object]) -> bool:
    """Whether it was done in time."""
    try:
        await asyncio.wait_for(work, seconds)
    except TimeoutError:
        return False
    return True
