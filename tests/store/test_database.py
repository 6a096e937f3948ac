"""Opening, migrating, taking turns, and failing clearly."""

import asyncio
import signal
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError

from media.layout import SeatKind
from server.errors import ExamError, StoreBusy, StoreFull, StoreUnavailable
from server.exam.interview import Step
from server.store import database, days, journal, tables
from server.store.database import Store
from server.store.interviews import step
from tests.store.conftest import NOON, Demo, free_port


def differences(connection: Connection) -> list[object]:
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    return list(compare_metadata(context, tables.Base.metadata))


async def test_the_migrations_make_exactly_the_tables_of_the_code(store: Store) -> None:
    async with store.engine.connect() as connection:
        assert await connection.run_sync(differences) == []


async def test_a_second_start_finds_everything(demo: Demo, url: str) -> None:
    async with Store(url) as again, again.read() as session:
        assert await days.load_day(session, demo.day.id) == demo.day


async def test_two_servers_may_start_at_once_on_an_empty_database(url: str) -> None:
    first, second = Store(url), Store(url)
    try:
        await asyncio.gather(first.open(), second.open())
        assert {await first.next_epoch(), await second.next_epoch()} == {1, 2}
    finally:
        await first.close()
        await second.close()


async def test_a_file_that_somebody_is_just_writing_first_is_waited_for(sqlite_url: str) -> None:
    """Only the change to WAL itself: SQLite answers it with "locked" whatever the busy timeout."""
    path = sqlite_url.partition("///")[2]
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        other.execute("CREATE TABLE theirs (x)")
        store = Store(sqlite_url)
        opening = asyncio.create_task(store.open())
        await asyncio.sleep(0.3)
        assert not opening.done()
        other.execute("COMMIT")
        await opening
        assert await store.next_epoch() == 1
        await store.close()


async def test_epochs_only_grow_also_when_servers_race(url: str) -> None:
    async with Store(url) as first, Store(url) as second:
        epochs = await asyncio.gather(*(store.next_epoch() for _ in range(15) for store in (first, second)))
        assert sorted(epochs) == list(range(1, 31))
        assert await first.next_epoch() == 31


async def test_sqlite_is_set_up_for_safety(sqlite_url: str) -> None:
    async with Store(sqlite_url) as store, store.begin() as session:
        pragmas = {
            name: await session.scalar(text(f"PRAGMA {name}"))
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 5000}


async def test_the_file_and_its_wal_are_readable_by_the_owner_only(sqlite_url: str, tmp_path: Path) -> None:
    async with Store(sqlite_url) as store:
        await store.next_epoch()
        modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in tmp_path.glob("exam.sqlite3*")}
    assert modes == {"exam.sqlite3": 0o600, "exam.sqlite3-wal": 0o600, "exam.sqlite3-shm": 0o600}


async def test_a_row_needs_what_it_refers_to(store: Store) -> None:
    with pytest.raises(IntegrityError):
        async with store.begin() as session:
            await days.add_room(session, day_id=404, number="1", title="")


async def test_a_reader_waits_for_no_writer_and_sees_one_moment(demo: Demo) -> None:
    count = text("SELECT count(*) FROM journal")
    async with demo.store.read() as reading:
        before = await reading.scalar(count)
        async with demo.store.begin() as session:
            await journal.append(session, "server.start", at=NOON, day=None)
        assert await reading.scalar(count) == before
    async with demo.store.read() as reading:
        assert await reading.scalar(count) == before + 1


async def test_who_holds_the_sqlite_file_too_long_makes_it_busy(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.2)
    async with Store(sqlite_url) as store:
        with closing(sqlite3.connect(tmp_path / "exam.sqlite3", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(StoreBusy):
                await store.next_epoch()
            other.execute("ROLLBACK")
        assert await store.next_epoch() == 1


async def test_a_row_held_too_long_makes_it_busy_on_both(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.2)
    async with Store(url) as store:
        assert await store.next_epoch() == 1
        async with store.begin() as session:
            await session.execute(text("UPDATE setting SET value = value"))
            with pytest.raises(StoreBusy):
                await store.next_epoch()
        assert await store.next_epoch() == 2


async def write_much_on_a_small_disk(store: Store) -> None:
    async with store.begin() as session:
        await session.execute(text("PRAGMA max_page_count = 1"))
        for number in range(200):
            await journal.append(session, "x", at=NOON, day=number, data={"long": "x" * 4000})


async def test_a_full_disk_is_told_and_keeps_nothing_on_sqlite(sqlite_url: str) -> None:
    async with Store(sqlite_url) as store:
        with pytest.raises(StoreFull):
            await write_much_on_a_small_disk(store)
        async with store.begin() as session:
            await session.execute(text("PRAGMA max_page_count = 1000000"))
            assert await session.scalar(text("SELECT count(*) FROM journal")) == 0


@pytest.mark.parametrize(
    "state, kind",
    [("53100", StoreFull), ("40P01", StoreBusy), ("57P03", StoreUnavailable), ("25006", StoreUnavailable)],
)
async def test_states_of_postgresql_become_errors_of_ours(
    postgresql_url: str, state: str, kind: type[ExamError]
) -> None:
    async with Store(postgresql_url) as store:
        with pytest.raises(kind):
            async with store.begin() as session:
                await session.execute(
                    text(f"DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '{state}'; END $$")
                )


async def test_a_file_that_is_no_database_is_unavailable(sqlite_url: str, tmp_path: Path) -> None:
    (tmp_path / "exam.sqlite3").write_bytes(b"a photograph" * 100)
    with pytest.raises(StoreUnavailable):
        await Store(sqlite_url).open()


async def test_a_folder_that_cannot_be_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file")
    with pytest.raises(StoreUnavailable):
        await Store(f"sqlite+aiosqlite:///{tmp_path}/data/exam.sqlite3").open()


async def test_a_server_that_is_away_is_unavailable() -> None:
    with pytest.raises(StoreUnavailable):
        await Store(f"postgresql+asyncpg://exam@127.0.0.1:{free_port()}/exam").open()


async def test_connections_that_broke_are_replaced(postgresql_url: str) -> None:
    async with Store(postgresql_url) as store, Store(postgresql_url) as other:
        assert await store.next_epoch() == 1
        async with other.begin() as session:
            await session.execute(
                text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")
            )
        assert await store.next_epoch() == 2


async def break_the_own_connection(store: Store) -> None:
    async with store.begin() as session:
        await session.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
        await session.execute(text("SELECT 1"))


async def test_a_connection_that_breaks_within_a_transaction_is_told(postgresql_url: str) -> None:
    async with Store(postgresql_url) as store:
        with pytest.raises(StoreUnavailable):
            await break_the_own_connection(store)
        assert await store.next_epoch() == 1


async def test_a_database_newer_than_the_code_is_left_alone(url: str) -> None:
    async with Store(url) as store, store.begin() as session:
        await session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreUnavailable, match="9999") as refusal:
        await Store(url).open()
    assert "Обновите программу" in refusal.value.text


@pytest.mark.parametrize(
    "address", ["", "mysql://localhost/exam", "sqlite+aiosqlite://", "postgresql://localhost/exam"]
)
def test_an_address_that_cannot_work_is_refused_at_once(address: str) -> None:
    with pytest.raises(StoreUnavailable, match="DATABASE_URL"):
        Store(address)


async def test_an_error_of_the_callers_own_stays_what_it_is(store: Store) -> None:
    with pytest.raises(FileNotFoundError):
        async with store.begin():
            raise FileNotFoundError("photo")


KILLED = """
import asyncio, os, signal, sys
from datetime import UTC, datetime
from server.store import journal
from server.store.database import Store

async def main():
    store = Store(sys.argv[1])
    await store.open()
    async with store.begin() as session:
        await journal.append(session, "kept", at=datetime.now(UTC), day=1)
    async with store.begin() as session:
        await journal.append(session, "not.yet", at=datetime.now(UTC), day=1)
        os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main())
"""


async def test_a_killed_server_keeps_what_it_told_and_nothing_half_done(url: str) -> None:
    done = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-c", KILLED, url], timeout=60, check=False, capture_output=True
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    async with Store(url) as store, store.read() as session:
        assert [entry.event for entry in await journal.of_day(session, 1)] == ["kept"]


async def test_a_cancelled_transaction_keeps_nothing_and_gives_the_turn_on(demo: Demo) -> None:
    pupil, interview = (
        demo.seat(SeatKind.PARTICIPANT),
        demo.day.interview_of(demo.seat(SeatKind.PARTICIPANT).id),
    )
    assert interview is not None
    inside = asyncio.Event()

    async def hold() -> None:
        async with demo.store.begin() as session:
            await step(session, interview.id, Step.CONNECT, by=pupil, at=NOON)
            inside.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(hold())
    await inside.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with demo.store.begin() as session:
        assert await days.load_day(session, demo.day.id) == demo.day
