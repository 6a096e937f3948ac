"""A small exam day for tests: SQLite, real WebSockets, a node made of memory, a clock moved by hand."""

import asyncio
import shutil
import sqlite3
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self

import aiohttp
import msgspec
from aiohttp import web

from media.control import Desired
from media.layout import SeatKind
from server.app import House, compose
from server.errors import NodeUnavailable, NotFound
from server.exam.interview import IN_CONFERENCE, InterviewState
from server.nodes.client import BadOffer
from server.nodes.reports import JackReport, RecordingReport, Report, SeatReport
from server.settings import Settings
from server.signalling.commands import obey
from server.signalling.connection import Connection
from server.signalling.day import LiveDay
from server.signalling.desk import Desk
from server.signalling.place import Page
from server.store import days, interviews
from server.store.database import Store
from server.store.links import add_seat
from server.store.records import InterviewRow

S = InterviewState
MORNING = datetime(2026, 2, 11, 6, 0, tzinfo=UTC)
"""09:00 in Moscow, when the exam begins; the day opens half an hour before."""
TIMEOUT = 20.0


class HandClock:
    """Stands still until it is moved. `moved` are told by how many seconds."""

    def __init__(self, at: datetime = MORNING) -> None:
        self._at = at
        self.moved: list[Callable[[float], None]] = []

    def now(self) -> datetime:
        return self._at

    def monotonic(self) -> float:
        return (self._at - MORNING).total_seconds() + 1000.0

    def move(self, **by: float) -> None:
        step = timedelta(**by)
        self._at += step
        for tell in self.moved:
            tell(step.total_seconds())


@dataclass
class MemoryNode:
    """A media node made of memory: keeps what it was told, answers any offer but «bad»."""

    name: str = "node-1"
    pid: int = 1
    capacity: int = 12
    alive: bool = True
    conferences: dict[str, Desired] = field(default_factory=dict)
    puts: list[tuple[str, Desired]] = field(default_factory=list)
    packets: dict[tuple[str, str], int] = field(default_factory=dict)
    peers: dict[str, tuple[str, bool]] = field(default_factory=dict)

    @property
    def client(self) -> Self:
        return self

    def _check(self) -> None:
        if not self.alive:
            raise NodeUnavailable(detail="dead")

    async def conference(self, conference: str) -> Report:
        self._check()
        desired = self.conferences.get(conference)
        if desired is None:
            raise NotFound(detail="conference")
        target = desired.recording
        return Report(
            version=desired.version,
            patches=desired.patches,
            seats={
                seat: SeatReport(kind.value, *self.peers.get(seat, (None, False)))
                for seat, kind in desired.seats.items()
            },
            jacks=[
                JackReport(seat, jack, count, 0)
                for (seat, jack), count in self.packets.items()
                if seat in desired.seats
            ],
            recording=None if target is None else RecordingReport(target.interview, target.part),
        )

    async def put(self, conference: str, desired: Desired) -> Report:
        self._check()
        desired.check()
        self.conferences[conference] = desired
        self.puts.append((conference, desired))
        return await self.conference(conference)

    async def offer(self, conference: str, seat: str, peer: str, sdp: str) -> str:
        self._check()
        if seat not in self.conferences[conference].seats:
            raise NotFound(detail="seat")
        if sdp == "bad":
            raise BadOffer
        self.peers[seat] = (peer, True)
        return f"answer to {len(sdp)} characters"

    async def disconnect(self, conference: str, seat: str) -> None:
        self._check()
        self.peers.pop(seat, None)

    async def end(self, conference: str) -> None:
        self._check()
        self.conferences.pop(conference, None)


class MemoryNodes:
    """Places everything on the first node that lives."""

    def __init__(self, *nodes: MemoryNode) -> None:
        self.nodes = list(nodes) or [MemoryNode()]
        self.placed: dict[str, MemoryNode] = {}

    def node_of(self, conference: str) -> MemoryNode | None:
        node = self.placed.get(conference)
        return node if node is not None and node.alive else None

    def place(self, conference: str, *, avoid: Collection[str] = ()) -> MemoryNode:
        node = self.node_of(conference)
        if node is None:
            node = next(
                (
                    one
                    for one in self.nodes
                    if one.alive and one.name not in avoid and self.count(one) < one.capacity
                ),
                None,
            )
        if node is None:
            raise NodeUnavailable(detail="no node")
        self.placed[conference] = node
        return node

    def release(self, conference: str) -> None:
        self.placed.pop(conference, None)

    def count(self, node: MemoryNode) -> int:
        return sum(1 for placed in self.placed.values() if placed is node)

    def room_left(self) -> int:
        return sum(node.capacity - self.count(node) for node in self.nodes if node.alive)


PEOPLE: dict[str, tuple[SeatKind, int | None]] = {
    "examiner": (SeatKind.EXAMINER, 1),
    "expert": (SeatKind.EXPERT, 1),
    "observer": (SeatKind.OBSERVER, 1),
    "anna": (SeatKind.PARTICIPANT, 1),
    "boris": (SeatKind.PARTICIPANT, 1),
    "vera": (SeatKind.PARTICIPANT, 1),
    "helper": (SeatKind.ASSISTANT, 1),
    "examiner2": (SeatKind.EXAMINER, 2),
    "expert2": (SeatKind.EXPERT, 2),
    "gleb": (SeatKind.PARTICIPANT, 2),
    "specialist": (SeatKind.SPECIALIST, None),
    "specialist2": (SeatKind.SPECIALIST, None),
    "organizer": (SeatKind.ORGANIZER, None),
    "organizer2": (SeatKind.ORGANIZER, None),
}
"""Anna, Boris and Vera (with OVZ and her helper) are in room 1, Gleb in room 2."""


@dataclass(frozen=True)
class Seeded:
    """A database file with the day, to be copied."""

    path: Path
    day: int
    rooms: tuple[int, int]
    seats: dict[str, str]
    interviews: dict[str, int]


async def seed(path: Path) -> Seeded:
    async with Store(f"sqlite+aiosqlite:///{path}") as store, store.begin() as session:
        school = await days.add_school(
            session, code="640001", name="Школа № 1", phone="+7 000", timezone="Europe/Moscow"
        )
        day = await days.add_day(
            session,
            school_id=school.id,
            date=MORNING.date(),
            opens_at=MORNING - timedelta(minutes=30),
            starts_at=MORNING,
            closes_at=MORNING + timedelta(hours=8),
        )
        rooms = [
            (await days.add_room(session, day_id=day.id, number=number, title="Кабинет")).id
            for number in ("07", "12")
        ]
        seats: dict[str, str] = {}
        planned: dict[str, int] = {}
        for name, (kind, room) in PEOPLE.items():
            seat = await add_seat(
                session,
                day_id=day.id,
                room_id=None if room is None else rooms[room - 1],
                kind=kind,
                last_name=f"Фамилия-{name}",
                first_name="Имя",
                patronymic="",
                at=MORNING,
            )
            seats[name] = seat.id
        for order, name in enumerate(("anna", "boris", "vera", "gleb"), start=1):
            room = PEOPLE[name][1]
            assert room is not None
            row = await interviews.add(
                session,
                room_id=rooms[room - 1],
                seat_id=seats[name],
                order=order,
                class_label="9А",
                planned_at=MORNING + timedelta(minutes=20 * (order - 1)),
                ovz=name == "vera",
                assistant_seat_id=seats["helper"] if name == "vera" else None,
            )
            planned[name] = row.id
    return Seeded(path, day.id, (rooms[0], rooms[1]), seats, planned)


class PageClient:
    """A page on a real WebSocket. It keeps everything it was sent."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket
        self.all: list[dict[str, Any]] = []
        self.close_code: int | None = None
        self._news = asyncio.Event()
        self._ids = 0
        self._reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        async for message in self.socket:
            if message.type is aiohttp.WSMsgType.TEXT:
                self.all.append(msgspec.json.decode(message.data))
                self._news.set()
        self.close_code = self.socket.close_code
        self._news.set()

    async def until(self, what: Any) -> dict[str, Any]:
        """The first message for which `what` is true, past ones included."""
        async with asyncio.timeout(TIMEOUT):
            while True:
                found = next((message for message in self.all if what(message)), None)
                if found is not None:
                    return found
                self._news.clear()
                await self._news.wait()

    async def closed(self) -> int:
        async with asyncio.timeout(TIMEOUT):
            await asyncio.shield(self._reading)
        assert self.close_code is not None
        return self.close_code

    async def ask(self, kind: str, /, **fields: Any) -> dict[str, Any]:
        """Sends a command and returns its answer."""
        self._ids += 1
        number = self._ids
        await self.socket.send_json({"type": kind, "id": number, **fields})
        return await self.until(lambda message: message.get("re") == number)

    async def hello(self, page: str = "page-000001", tab: str = "tab-000001", peer: str | None = None) -> Any:
        return await self.ask("hello", version=1, page=page, tab=tab, peer=peer)

    async def view_where(self, what: Any) -> dict[str, Any]:
        """The newest view, once it is so."""
        async with asyncio.timeout(TIMEOUT):
            while True:
                views = self.views()
                if views and what(views[-1]):
                    return views[-1]
                self._news.clear()
                await self._news.wait()

    def views(self) -> list[dict[str, Any]]:
        return [message for message in self.all if message["type"] == "view"]

    def types(self) -> list[str]:
        return [message["type"] for message in self.all]

    async def close(self) -> None:
        await self.socket.close()
        await self._reading


class SilentConnection(Connection):
    """For commands given without a socket: keeps what would have been sent."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []
        self.heard_at = 0.0

    def send(self, message: dict[str, Any]) -> None:
        self.sent.append(message)

    def close(self, code: int) -> None:
        self.sent.append({"type": "closed", "code": code})


class Exam:
    """The running service with names instead of ids."""

    def __init__(
        self, seeded: Seeded, house: House, nodes: MemoryNodes, clock: HandClock, address: str
    ) -> None:
        self.seeded = seeded
        self.house = house
        self.nodes = nodes
        self.clock = clock
        self.address = address
        self.session = aiohttp.ClientSession()
        self.pages: list[PageClient] = []

    @property
    def node(self) -> MemoryNode:
        return self.nodes.nodes[0]

    @property
    def live(self) -> LiveDay:
        return self.house.hub.days[self.seeded.day]

    def seat(self, name: str) -> str:
        return self.seeded.seats[name]

    def interview(self, name: str) -> int:
        return self.seeded.interviews[name]

    def row(self, name: str) -> InterviewRow:
        return self.live.day.interview(self.interview(name))

    def state(self, name: str) -> InterviewState:
        return self.row(name).interview.state

    def token(self, name: str) -> str:
        return self.house.door.token(self.seat(name))

    def url(self, path: str) -> str:
        return self.address + path

    async def socket(self, name: str, **options: Any) -> PageClient:
        socket = await self.session.ws_connect(self.url(f"/j/{self.token(name)}/ws"), **options)
        page = PageClient(socket)
        self.pages.append(page)
        return page

    async def open(self, name: str, *, page: str | None = None, tab: str | None = None) -> PageClient:
        """A page that holds its seat, with everything that its greeting sets going done."""
        client = await self.socket(name)
        welcome = await client.hello(page or f"page-{name}-1", tab or f"tab-{name}-1")
        assert welcome["type"] == "welcome", welcome
        await client.ask("stats", data={})
        return client

    async def connected(self, name: str) -> PageClient:
        """A page that holds its seat and has media."""
        page = await self.open(name)
        assert (await page.ask("offer", sdp="v=0"))["type"] == "answer"
        return page

    async def waiting(self, *names: str) -> list[PageClient]:
        """Participants with their pages, up to the queue."""
        pages = []
        for name in names:
            page = await self.open(name)
            await page.ask("informed", agree=True)
            assert (await page.ask("join"))["type"] == "done"
            pages.append(page)
        return pages

    def desk(self, name: str) -> tuple[Desk, SilentConnection]:
        """Where commands of that seat are worked on, without a socket."""
        connection = SilentConnection()
        place = self.live.places[self.seat(name)]
        page = Page(connection, page="page-000000", tab="tab-000000")
        return Desk(self.live, place, page, self.house.hub), connection

    async def obey(self, name: str, command: Any) -> dict[str, Any]:
        return await obey(self.desk(name)[0], command)

    async def put_state(self, name: str, state: InterviewState) -> None:
        """Puts an interview into a state, past the rules."""
        row = self.row(name)
        over = state in {S.FINISHED, S.NO_SHOW, S.REMOVED}
        exits = {S.FINISHED: S.EXAM, S.NO_SHOW: S.TESTING, S.REMOVED: S.EXAM}
        in_or_was = state in IN_CONFERENCE or state in {S.FINISHED, S.REMOVED}
        changed = replace(
            row.interview,
            state=state,
            before_exit=exits.get(state),
            was_over_after_conference=state in {S.FINISHED, S.REMOVED},
            waiting_since=MORNING,
            admitted_at=MORNING if in_or_was else None,
            begun_at=MORNING if state in {S.EXAM, S.FINISHED} else None,
            ended_at=MORNING if over else None,
        )
        async with self.house.store.begin() as session:
            saved = await interviews.save(session, changed)
            if state not in {S.INVITED, S.TESTING}:
                saved = await interviews.set_informed(session, row.id, agreed=True, at=MORNING)
        self.live.put(saved)
        await self.live.conferences[row.room_id].apply()

    def dump(self) -> dict[str, list[Any]]:
        """Everything in the database."""
        with sqlite3.connect(self.seeded.path) as connection:
            tables = ("interview", "journal", "staff_note", "recording_part", "seat")
            return {
                table: connection.execute(f"SELECT * FROM {table}").fetchall()  # noqa: S608
                for table in tables
            }

    def journal(self, event: str | None = None) -> list[tuple[str, Any]]:
        """(event, data) in the order of writing."""
        with sqlite3.connect(self.seeded.path) as connection:
            rows = connection.execute("SELECT event, data FROM journal ORDER BY id").fetchall()
        return [
            (name, None if data is None else msgspec.json.decode(data))
            for name, data in rows
            if event in {None, name}
        ]

    def patches(self, room: int = 0) -> set[tuple[str, str, str, str]]:
        desired = self.node.conferences.get(str(self.seeded.rooms[room]))
        return set() if desired is None else set(desired.patches)

    async def close(self) -> None:
        for page in self.pages:
            await page.close()
        await self.session.close()


@asynccontextmanager
async def exam(
    seeded: Seeded,
    tmp_path: Path,
    *,
    nodes: MemoryNodes | None = None,
    clock: HandClock | None = None,
    keep: bool = False,
    **settings: Any,
) -> AsyncIterator[Exam]:
    """The service on a copy of the seeded day; `keep` goes on with the copy of before."""
    path = tmp_path / "exam.sqlite3"
    if not keep:
        shutil.copy(seeded.path, path)
    seeded = replace(seeded, path=path)
    nodes, clock = nodes or MemoryNodes(), clock or HandClock()
    chosen = replace(Settings(data_dir=tmp_path), **settings)
    async with Store(f"sqlite+aiosqlite:///{path}") as store:
        house = compose(store, nodes, chosen, clock)
        await house.hub.start()
        runner = web.AppRunner(house.app, access_log=None, shutdown_timeout=1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()

        def spoken_meanwhile(seconds: float) -> None:
            """Pages whose sockets are open went on speaking in the time that was leapt over."""
            for live in house.hub.days.values():
                for place in live.places.values():
                    if place.holder is not None:
                        place.holder.connection.heard_at += seconds

        clock.moved.append(spoken_meanwhile)
        running = Exam(seeded, house, nodes, clock, f"http://127.0.0.1:{runner.addresses[0][1]}")
        try:
            yield running
        finally:
            await running.close()
            await house.sockets.close()
            await runner.cleanup()
