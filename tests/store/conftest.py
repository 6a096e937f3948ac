"""Every test of the store runs on SQLite and on a real PostgreSQL, started here for the tests alone."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import pytest

from media.layout import SeatKind
from server.demo import create_demo
from server.store import days
from server.store.database import Store
from server.store.records import Day, InterviewRow, SeatRow

NOON = datetime(2026, 2, 11, 9, tzinfo=UTC)
ADVICE = "PostgreSQL's server is needed for these tests: apt-get install postgresql (Debian, Ubuntu)"


def programs() -> Path:
    """The folder of initdb and pg_ctl; Debian keeps it out of PATH."""
    found = shutil.which("initdb")
    folders = [Path(found).resolve().parent] if found else []
    folders += sorted(
        Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name), reverse=True
    )
    for folder in folders:
        if (folder / "initdb").exists() and (folder / "pg_ctl").exists():
            return folder
    pytest.fail(ADVICE, pytrace=False)


def run_as_server(command: list[str]) -> None:
    """PostgreSQL refuses to run as root: there it runs as the user its package made."""
    if os.geteuid() == 0:
        command = ["runuser", "-u", "postgres", "--", *command]
    done = subprocess.run(command, capture_output=True, text=True, cwd="/", timeout=120, check=False)
    if done.returncode:
        pytest.fail(f"{' '.join(command)}:\n{done.stdout}{done.stderr}", pytrace=False)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def cluster() -> Iterator[str]:
    """The address of a PostgreSQL of our own on a free loopback port, without the name of a database."""
    binaries, port = programs(), free_port()
    home = Path(tempfile.mkdtemp(prefix="exam-postgresql-"))
    try:
        if os.geteuid() == 0:
            owner = pwd.getpwnam("postgres")
            os.chown(home, owner.pw_uid, owner.pw_gid)
        data, log = str(home / "data"), str(home / "log")
        init = ["initdb", "--auth=trust", "--username=exam", "--encoding=UTF8", "--no-locale", "--no-sync"]
        run_as_server([str(binaries / init[0]), *init[1:], "-D", data])
        options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off"
        run_as_server([str(binaries / "pg_ctl"), "start", "-w", "-D", data, "-l", log, "-o", options])
        try:
            yield f"exam@127.0.0.1:{port}"
        finally:
            run_as_server([str(binaries / "pg_ctl"), "stop", "-w", "-m", "immediate", "-D", data])
    finally:
        shutil.rmtree(home)


async def new_database(cluster: str, name: str) -> str:
    connection = await asyncpg.connect(f"postgresql://{cluster}/postgres")
    try:
        await connection.execute(f"CREATE DATABASE {name}")
    finally:
        await connection.close()
    return f"postgresql+asyncpg://{cluster}/{name}"


_numbers = iter(range(1_000_000))


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite+aiosqlite:///{tmp_path}/exam.sqlite3"


@pytest.fixture
async def postgresql_url(cluster: str) -> str:
    return await new_database(cluster, f"exam_{next(_numbers)}")


@pytest.fixture(params=["sqlite", "postgresql"])
async def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of each kind."""
    if request.param == "sqlite":
        return f"sqlite+aiosqlite:///{tmp_path}/exam.sqlite3"
    return await new_database(request.getfixturevalue("cluster"), f"exam_{next(_numbers)}")


@pytest.fixture
async def store(url: str) -> AsyncIterator[Store]:
    async with Store(url) as store:
        yield store


@dataclass(frozen=True)
class Demo:
    """The demo day as it is at the beginning."""

    store: Store
    day: Day

    def seats(self, kind: SeatKind) -> list[SeatRow]:
        return [seat for seat in self.day.seats if seat.kind is kind]

    def seat(self, kind: SeatKind, room: int | None = None) -> SeatRow:
        """The first of the kind, in that room if given by its index."""
        place = None if room is None else self.day.rooms[room].id
        return next(seat for seat in self.seats(kind) if place is None or seat.room_id == place)

    def interview(self, room: int, number: int) -> InterviewRow:
        return self.day.in_room(self.day.rooms[room].id)[number]


@pytest.fixture
async def demo(store: Store) -> Demo:
    day_id = await create_demo(store, now=NOON, timezone="Europe/Moscow")
    async with store.read() as session:
        return Demo(store, await days.load_day(session, day_id))


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)
