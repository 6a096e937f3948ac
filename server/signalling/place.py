"""The live side of a seat: which page holds it, what that page last said, and its media connections."""

from dataclasses import dataclass, field
from typing import Any

from server.store.link_devices import Devices
from server.store.records import SeatRow

from .connection import MOVED, Connection
from .limits import Bucket

ABSENT_SECONDS = 3.0
"""Without a word of the page and without a packet of its media so long a seat counts as absent; a reload takes less."""


@dataclass(slots=True, eq=False)
class Page:
    """One load of a page on one connection."""

    connection: Connection
    page: str
    tab: str
    seen: str = ""
    """The last view sent, without its time."""
    media: str | None = None
    """The conference in which the page was told to have media."""
    peer: str | None = None
    """The page's own media connection, newest."""


@dataclass(slots=True, eq=False)
class Place:
    """A seat as it is now. Everything here may be lost: what must not is in the database."""

    row: SeatRow
    holder: Page | None = None
    left_at: float = float("-inf")
    """When the last holder was heard last, on the monotonic clock."""
    alarms: set[str] = field(default_factory=set)
    """What the page reports: camera_lost, microphone_lost, page_hidden, microphone_muted, line_poor."""
    lost_plugs: set[str] = field(default_factory=set)
    """Plugs that fell silent during the conference, as the node says."""
    screen: bool | None = None
    """Whether the examiner's screen arrives at the node; None before anything was heard of it."""
    sharing: bool | None = None
    """Whether the examiner's page says that it shares its screen; its "no" counts at once (D-20)."""
    help: bool = False
    stats: dict[str, Any] = field(default_factory=dict)
    peers: dict[str, bool] = field(default_factory=dict)
    """Media connections on the node and whether each is connected."""
    silent: bool = False
    """Nothing comes of the connected one for seconds, as the node says; it may come back."""
    devices: Devices = field(default_factory=dict)
    """That opened the seat's link."""
    waiting: list[Connection] = field(default_factory=list)
    """Connections of other pages that were told `taken` and may still take the seat."""
    actions: Bucket = field(default_factory=lambda: Bucket(rate=5, burst=30))
    offers: Bucket = field(default_factory=lambda: Bucket(rate=1, burst=10))

    @property
    def id(self) -> str:
        return self.row.id

    @property
    def connected(self) -> bool:
        """Whether media is connected."""
        return any(self.peers.values())

    def present(self, now: float) -> bool:
        """Its page was heard of late, or its media is."""
        heard_at = self.left_at if self.holder is None else self.holder.connection.heard_at
        return (self.connected and not self.silent) or now - heard_at < ABSENT_SECONDS

    def forget_media(self) -> None:
        """The seat has media elsewhere from now on: what a node said of it before is about nothing there is."""
        self.peers.clear()
        self.lost_plugs.clear()
        self.silent = False
        self.screen = None

    def show_out(self, code: int) -> None:
        """Every page of the seat is closed, those that wait for it too."""
        for connection in (*self.waiting, *([self.holder.connection] if self.holder is not None else [])):
            connection.close(code)

    def send(self, message: dict[str, Any]) -> None:
        """To the page that holds the seat, if any."""
        if self.holder is not None:
            self.holder.connection.send(message)

    def expel(self, reason: str) -> None:
        """The page that holds the seat is told why it loses it, and closed."""
        if self.holder is not None:
            page = self.holder
            page.connection.send({"type": "lost", "reason": reason})
            page.connection.close(MOVED)
            self.release(page)

    def release(self, page: Page) -> bool:
        """The page is gone. False if another one holds the seat already."""
        if self.holder is not page:
            return False
        self.holder = None
        self.left_at = page.connection.heard_at
        self.alarms.clear()
        self.stats = {}
        return True

    def all_alarms(self) -> list[str]:
        """What the page and the node say, each kind once: for the staff, the page knows its own devices."""
        silent = {"voice": "microphone_lost", "camera": "camera_lost"}
        if "line_poor" in self.alarms:
            del silent["camera"]  # the page has taken it away, for the voice's sake
        return sorted(self.alarms | {silent[plug] for plug in self.lost_plugs if plug in silent})
