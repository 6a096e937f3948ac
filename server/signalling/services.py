"""What signalling works with, handed in once by the composition root."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol

from media.control import Desired
from server.clock import Clock
from server.door import Door
from server.nodes.reports import Report
from server.settings import Settings
from server.store.database import Store


class Control(Protocol):
    """The control API of one node; `server.nodes.client.NodeClient`."""

    async def conference(self, conference: str) -> Report: ...
    async def put(self, conference: str, desired: Desired) -> Report: ...
    async def offer(self, conference: str, seat: str, peer: str, sdp: str) -> str: ...
    async def disconnect(self, conference: str, seat: str) -> None: ...
    async def end(self, conference: str) -> None: ...


class LiveNode(Protocol):
    """A live node; name and pid together tell one life of a node from the next."""

    @property
    def name(self) -> str: ...
    @property
    def pid(self) -> int: ...
    @property
    def client(self) -> Control: ...


class Nodes(Protocol):
    """Which conference is on which node; `server.nodes.keeper.Keeper`."""

    def node_of(self, conference: str) -> LiveNode | None: ...
    def place(self, conference: str, *, avoid: Collection[str] = ()) -> LiveNode: ...
    def release(self, conference: str) -> None: ...
    def room_left(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Services:
    """Store, clock, door, nodes and settings."""

    store: Store
    clock: Clock
    door: Door
    nodes: Nodes
    settings: Settings
