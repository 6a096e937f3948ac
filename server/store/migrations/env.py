"""Alembic's environment, for SQLite through aiosqlite and PostgreSQL through asyncpg.

The server hands in a connection (`server.store.migrate`). The `alembic` command, used by a developer to make
a new migration, connects to DATABASE_URL itself.
"""

import asyncio
import os

from alembic import context
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine

from server.store.tables import Base


def run(connection: Connection) -> None:
    """All migrations in one transaction: SQLite's data definition is transactional too."""
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        transactional_ddl=True,
        render_as_batch=connection.dialect.name == "sqlite",
        compare_type=True,
    )
    with context.begin_transaction():
        context.run_migrations()


async def connect() -> None:
    engine = create_async_engine(os.environ["DATABASE_URL"])
    try:
        async with engine.begin() as connection:
            await connection.run_sync(run)
    finally:
        await engine.dispose()


handed_in = context.config.attributes.get("connection")
if handed_in is None:
    asyncio.run(connect())
else:
    run(handed_in)
