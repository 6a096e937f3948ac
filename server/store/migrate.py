"""Brings a database, empty ones included, to the newest tables; run by the server at its start."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.util.exc import CommandError
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncEngine

from server.errors import StoreUnavailable

MIGRATIONS = Path(__file__).parent / "migrations"
_LOCK = 0x15_0B_5E_ED
"""The advisory lock of PostgreSQL under which one server migrates while the others wait."""


def config(connection: Connection) -> Config:
    """Alembic's settings; `env.py` takes the connection from the attributes."""
    settings = Config()
    settings.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    settings.attributes["connection"] = connection
    return settings


async def migrate(engine: AsyncEngine) -> None:
    """All or nothing, in one transaction. `StoreUnavailable` if the database is newer than the code."""
    try:
        async with engine.begin() as connection:
            if connection.dialect.name == "postgresql":
                await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
            await connection.run_sync(lambda sync: command.upgrade(config(sync), "head"))
    except CommandError as error:
        raise StoreUnavailable(
            text="База данных создана более новой версией программы. Обновите программу.", detail=str(error)
        ) from error
