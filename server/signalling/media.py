"""One room's media: the wanted state brought to a node and kept there, whatever dies in between.

A step that cannot reach a node is not undone: the conference stays `dirty` and is brought up to date as soon as a node
is live. The node is told whole states, never differences.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from media.control import Desired, RecordingTarget
from media.layout import SeatKind
from server.errors import ExamError, NodeUnavailable, NotFound, StoreError
from server.exam.audibility import Patch
from server.nodes.client import NodeFull
from server.nodes.reports import Report, same

from .services import LiveNode, Nodes

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the rules want of the room now."""

    seats: dict[str, SeatKind]
    patches: frozenset[Patch]
    priority: list[str]
    interview: int | None
    """Whose interview is to be recorded."""


NewPart = Callable[[int, str], Awaitable[RecordingTarget]]
"""(interview, node) → the next part of its recording, already in the database (D-22)."""


class RoomMedia:
    """Desired state, its version, and the recording's part on one life of one node."""

    def __init__(
        self,
        conference: str,
        nodes: Nodes,
        wanted: Callable[[], Wanted],
        new_part: NewPart,
        learn: Callable[[Report], None],
    ) -> None:
        self.conference = conference
        self.started = False
        """Somebody has asked for media: from now on the conference is on a node."""
        self.dirty = False
        """The node does not have the wanted state."""
        self._nodes = nodes
        self._wanted = wanted
        self._new_part = new_part
        self._learn = learn
        self._turn = asyncio.Lock()
        self._version = 0
        self._applied: Desired | None = None
        self._life: tuple[str, int] | None = None
        """Name and process of the node that has `_applied`."""
        self._recording: tuple[int, RecordingTarget, tuple[str, int]] | None = None
        self._report: Report | None = None

    @property
    def recording(self) -> bool:
        """Whether a node is recording as wanted."""
        return self._recording is not None and not self.dirty

    async def apply(self) -> Report | None:
        """Brings a node to the wanted state and returns its report; None while no node can be reached."""
        async with self._turn:
            return await self._apply()

    async def report(self) -> Report | None:
        """What the node counts now; None if it cannot be asked."""
        node = self._nodes.node_of(self.conference)
        if node is None:
            return None
        try:
            return await node.client.conference(self.conference)
        except ExamError as error:
            log.warning("conference %s: %s", self.conference, error)
            return None

    async def offer(self, seat: str, peer: str, sdp: str) -> str:
        """The answer to a page's offer. Raises NodeUnavailable, or Refused for an offer that makes no sense."""
        self.started = True
        await self.apply()
        try:
            try:
                return await self._ready_node().client.offer(self.conference, seat, peer, sdp)
            except NotFound:
                # The node forgot the conference or has never heard of the seat: it is told everything again.
                async with self._turn:
                    self._applied = None
                    await self._apply()
                return await self._ready_node().client.offer(self.conference, seat, peer, sdp)
        except NodeUnavailable:
            self.dirty = True
            raise

    async def disconnect(self, seat: str) -> None:
        """Closes the media connections of a seat, where there are any."""
        node = self._nodes.node_of(self.conference)
        if node is None:
            return
        try:
            await node.client.disconnect(self.conference, seat)
        except ExamError as error:
            log.warning("conference %s: seat %s is not disconnected: %s", self.conference, seat, error)

    def adopt(self, node: LiveNode, report: Report, target: Callable[[int, int], RecordingTarget]) -> None:
        """A node has the conference (found again after a restart of the server, or its events were interrupted)."""
        life = (node.name, node.pid)
        self.started = True
        self._learn(report)
        if self._life == life:
            return
        self._life, self._applied, self.dirty = life, None, True
        recorded = report.recording
        if recorded is not None and recorded.interview.isdecimal():
            interview = int(recorded.interview)
            self._recording = (interview, target(interview, recorded.part), life)

    def lost(self) -> None:
        """The node is dead and nothing of it is left."""
        self._life = self._applied = self._report = None
        self.dirty = True

    def _ready_node(self) -> LiveNode:
        node = self._nodes.node_of(self.conference)
        if node is None or self._applied is None:
            raise NodeUnavailable(detail=f"conference {self.conference} is on no node")
        return node

    async def _apply(self) -> Report | None:
        wanted = self._wanted()
        if self._recording is not None and self._recording[0] != wanted.interview:
            self._recording = None
        if not self.started and wanted.interview is None:
            return None
        self.started = self.dirty = True
        avoid: set[str] = set()
        while True:
            try:
                node = self._nodes.place(self.conference, avoid=avoid)
            except NodeUnavailable as error:
                log.warning("conference %s: %s", self.conference, error)
                return None
            try:
                report = await self._put(node, wanted)
            except NodeFull:
                log.warning("conference %s: %s is full", self.conference, node.name)
                avoid.add(node.name)
                self._nodes.release(self.conference)
                continue
            except ExamError as error:
                log.warning("conference %s: %s", self.conference, error)
                return None
            # Voices first: without a part in the database they go on unrecorded, and it is tried again.
            self.dirty = wanted.interview is not None and self._recording is None
            return report

    async def _put(self, node: LiveNode, wanted: Wanted) -> Report:
        life = (node.name, node.pid)
        desired = Desired(
            version=self._version + 1,
            seats=wanted.seats,
            patches=sorted((*plug, *jack) for plug, jack in wanted.patches),
            priority=wanted.priority,
            recording=await self._part(wanted.interview, life),
        )
        if self._report is not None and self._life == life and same(desired, self._applied):
            return self._report
        self._version += 1
        self._applied = None
        report = await node.client.put(self.conference, desired)
        self._applied, self._life, self._report = desired, life, report
        self._learn(report)
        return report

    async def _part(self, interview: int | None, life: tuple[str, int]) -> RecordingTarget | None:
        """The same part as long as interview and node live; a new number at each start and each node."""
        if interview is None:
            return None
        if self._recording is None or self._recording[2] != life:
            self._recording = None
            try:
                self._recording = (interview, await self._new_part(interview, life[0]), life)
            except StoreError as error:
                log.error("conference %s is not recorded: %s", self.conference, error)
                return None
        return self._recording[1]


async def end(nodes: Nodes, conference: str) -> None:
    """Ends a conference that nothing needs any more, where there is a node that has it."""
    node = nodes.node_of(conference)
    if node is None:
        return
    try:
        await node.client.end(conference)
        nodes.release(conference)
    except ExamError as error:
        log.warning("conference %s is not ended: %s", conference, error)
