"""The database itself: opening, transactions, and the counter of the server's epochs."""

import asyncio
import os
import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import BigInteger, Connection, String, cast, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.util import await_only

from server.errors import StoreBusy, StoreUnavailable

from . import tables
from .failures import translated
from .migrate import migrate

BUSY_SECONDS = 5.0
"""How long a transaction waits for its turn before it is refused with `StoreBusy`."""

_READ_ONLY = "exam_read_only"


class Store:
    """One database, SQLite or PostgreSQL. `async with Store(url) as store:` opens, migrates and closes it.

    Errors of the database name no values: they go into the log, and names do not.
    """

    def __init__(self, url: str) -> None:
        try:
            self._url = make_url(url)
        except ArgumentError as error:
            raise StoreUnavailable(detail="DATABASE_URL is not a database URL") from error
        if self._url.drivername not in ("sqlite+aiosqlite", "postgresql+asyncpg"):
            raise StoreUnavailable(
                detail=f"DATABASE_URL: {self._url.drivername}, not sqlite+aiosqlite or postgresql+asyncpg"
            )
        if self.is_sqlite and self._url.database in (None, "", ":memory:"):
            raise StoreUnavailable(detail="DATABASE_URL: a database in memory would not outlive the server")
        self._engine: AsyncEngine | None = None
        self._turn = asyncio.Lock()

    @property
    def engine(self) -> AsyncEngine:
        if self._engine is None:
            raise RuntimeError("the store is not open")
        return self._engine

    @property
    def is_sqlite(self) -> bool:
        return self._url.get_backend_name() == "sqlite"

    async def open(self) -> None:
        """Connects and brings the tables up to date; a `StoreError` where that is impossible."""
        engine = self._sqlite_engine() if self.is_sqlite else self._postgresql_engine()
        try:
            with translated():
                await migrate(engine)
        except OSError as error:
            await engine.dispose()
            raise StoreUnavailable(detail=str(error)) from error
        except BaseException:
            await engine.dispose()
            raise
        self._engine = engine

    async def close(self) -> None:
        if self._engine is not None:
            await self._engine.dispose()
            self._engine = None

    async def __aenter__(self) -> "Store":
        await self.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[AsyncSession]:
        """A transaction that writes: committed at the end, rolled back on an exception.

        On SQLite they take turns here, fairly, instead of polling the file's lock. They do not nest.
        """
        if not self.is_sqlite:
            async with self._transaction(self.engine) as session:
                yield session
            return
        try:
            async with asyncio.timeout(BUSY_SECONDS):
                await self._turn.acquire()
        except TimeoutError as error:
            raise StoreBusy(detail="another transaction of this process") from error
        try:
            async with self._transaction(self.engine) as session:
                yield session
        finally:
            self._turn.release()

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncSession]:
        """A transaction that only reads, at one moment's state, and waits for nobody."""
        options: dict[str, Any] = {_READ_ONLY: True}
        if not self.is_sqlite:
            options |= {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        async with self._transaction(self.engine.execution_options(**options)) as session:
            yield session

    @asynccontextmanager
    async def _transaction(self, engine: AsyncEngine) -> AsyncIterator[AsyncSession]:
        with translated():
            async with AsyncSession(engine, expire_on_commit=False) as session, session.begin():
                await _connect(session)
                yield session

    async def next_epoch(self) -> int:
        """A number greater than any given before, by any server on this database."""
        one = str(1)
        insert = sqlite.insert if self.is_sqlite else postgresql.insert
        statement = (
            insert(tables.Setting)
            .values(key="epoch", value=one)
            .on_conflict_do_update(
                index_elements=[tables.Setting.key],
                set_={"value": cast(cast(tables.Setting.value, BigInteger) + 1, String)},
            )
            .returning(tables.Setting.value)
        )
        async with self.begin() as session:
            return int((await session.execute(statement)).scalar_one())

    def _postgresql_engine(self) -> AsyncEngine:
        timeouts = {
            "lock_timeout": f"{BUSY_SECONDS * 1000:.0f}ms",
            "idle_in_transaction_session_timeout": "60s",
        }
        return create_async_engine(
            self._url,
            hide_parameters=True,
            pool_pre_ping=True,
            pool_timeout=BUSY_SECONDS,
            connect_args={
                "timeout": BUSY_SECONDS,
                "server_settings": timeouts | {"application_name": "exam"},
            },
        )

    def _sqlite_engine(self) -> AsyncEngine:
        _private_file(Path(self._url.database or ""))
        engine = create_async_engine(
            self._url,
            hide_parameters=True,
            pool_timeout=BUSY_SECONDS,
            connect_args={"timeout": BUSY_SECONDS},
        )
        event.listen(engine.sync_engine, "connect", _prepare_sqlite)
        event.listen(engine.sync_engine, "begin", _begin_sqlite)
        return engine


async def _connect(session: AsyncSession) -> None:
    """Begins at once, so that a database that is away is noticed here, apart from the caller's own errors."""
    try:
        await session.connection()
    except OSError as error:
        raise StoreUnavailable(detail=str(error)) from error


def _private_file(path: Path) -> None:
    """The file holds personal data of minors: only its owner reads it. SQLite gives its WAL the same mode."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        raise StoreUnavailable(detail=str(error)) from error


def _prepare_sqlite(connection: Any, _record: object) -> None:
    """Each connection: WAL, a commit is on disk before it is told, foreign keys, transactions begun by us."""
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (f"busy_timeout = {BUSY_SECONDS * 1000:.0f}", "synchronous = FULL", "foreign_keys = ON"):
        cursor.execute(f"PRAGMA {pragma}")
    _use_wal(cursor)
    cursor.close()


def _use_wal(cursor: Any) -> None:
    """The file's first connection makes it so for ever; the busy timeout does not hold for this one change."""
    until = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:  # another connection is at it, or in its first transaction
            if "locked" not in str(error) or time.monotonic() > until:
                raise
        await_only(asyncio.sleep(0.05))


def _begin_sqlite(connection: Connection) -> None:
    """IMMEDIATE for those that write: a transaction that read first could not become a writing one in WAL."""
    reading = connection.get_execution_options().get(_READ_ONLY, False)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")
