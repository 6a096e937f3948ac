"""Failed attempts to sign in, counted. The policy is `server.access.throttle`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from server.access import throttle
from server.access.throttle import Counter, Tally, Trier

from . import tables


@dataclass(frozen=True, slots=True)
class Attempt:
    """Whether an attempt is looked at (`wait` is zero), and whether waiting begins if it fails."""

    wait: timedelta
    locks: bool


async def waiting(
    session: AsyncSession, secret: bytes, who: Trier, now: datetime, *, totp: bool = False
) -> timedelta:
    """How long an attempt would have to wait; counts nothing. Keeps floods away from writing transactions."""
    counters = throttle.keys(secret, who, totp=totp)
    rows = await session.scalars(select(tables.Throttle).where(tables.Throttle.key.in_(counters.values())))
    kinds = {key: kind for kind, key in counters.items()}
    return throttle.wait({kinds[row.key]: _tally(row) for row in rows}, now)


async def attempt(
    session: AsyncSession, secret: bytes, who: Trier, now: datetime, *, totp: bool = False
) -> Attempt:
    """Counts an attempt; or, if it comes too early, says how long to wait, and counts nothing."""
    counters = throttle.keys(secret, who, totp=totp)
    await _make(session, counters, now)
    rows = await _held(session, counters)
    wait = throttle.wait({kind: _tally(rows[key]) for kind, key in counters.items()}, now)
    if wait:
        return Attempt(wait, locks=False)
    for row in rows.values():
        tally = throttle.after_attempt(_tally(row), now)
        row.failures, row.last_at = tally.failures, tally.last_at
    await session.flush()
    return Attempt(timedelta(), throttle.locks({kind: _tally(rows[key]) for kind, key in counters.items()}))


async def take_back(session: AsyncSession, secret: bytes, who: Trier) -> None:
    """The attempt just counted was no failure. What failed before stays counted."""
    for row in (await _held(session, throttle.keys(secret, who))).values():
        row.failures = max(0, row.failures - 1)
    await session.flush()


async def forgive(session: AsyncSession, secret: bytes, who: Trier, *, totp: bool = False) -> None:
    """Signed in with both factors: the login's own counters begin anew, the address loses the attempt just counted.

    The counter of TOTP is forgiven by a right TOTP alone.
    """
    counters = throttle.keys(secret, who, totp=totp)
    for key, row in (await _held(session, counters)).items():
        if key == counters.get("address"):
            row.failures = max(0, row.failures - 1)
        else:
            await session.delete(row)
    await session.flush()


async def clear(session: AsyncSession, secret: bytes, login: str) -> None:
    """Nothing slows this login down any more, from whatever address or device."""
    start = throttle.login_key(secret, login)
    await session.execute(delete(tables.Throttle).where(tables.Throttle.key.startswith(start)))


async def forget_old(session: AsyncSession, now: datetime) -> None:
    """Deletes counters nobody adds to any more."""
    await session.execute(
        delete(tables.Throttle).where(tables.Throttle.last_at < now - throttle.FORGOTTEN_AFTER)
    )


async def _make(session: AsyncSession, counters: Mapping[Counter, str], now: datetime) -> None:
    """Rows for counters that have none yet; another transaction may make the same ones meanwhile."""
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    rows = [{"key": key, "failures": 0, "last_at": now} for key in sorted(counters.values())]
    await session.execute(insert(tables.Throttle).values(rows).on_conflict_do_nothing())


async def _held(session: AsyncSession, counters: Mapping[Counter, str]) -> dict[str, tables.Throttle]:
    rows = await session.scalars(
        select(tables.Throttle)
        .where(tables.Throttle.key.in_(counters.values()))
        .order_by(tables.Throttle.key)
        .with_for_update()
    )
    return {row.key: row for row in rows}


def _tally(row: tables.Throttle) -> Tally:
    return Tally(row.failures, row.last_at)
