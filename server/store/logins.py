"""Signed-in browsers. The cookie's token is random and never stored: the row has its SHA-256.

A login that is not complete has the password only; it opens nothing but the page of the second factor.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from . import journal, tables
from .records import SignedIn

IDLE = timedelta(hours=12)
"""Without a request for so long, the browser is signed out."""
ABSOLUTE = timedelta(hours=24)
"""However busy, it is signed out."""
HALFWAY = timedelta(minutes=15)
"""For the second factor, after the password."""
SEEN_EVERY = timedelta(minutes=1)
"""How often `seen_at` is written at most."""

_AGENT_LENGTH = 200


@dataclass(frozen=True, slots=True)
class LoginRow:
    """A signed-in browser, for its owner's list."""

    id: int
    agent: str
    created_at: datetime
    seen_at: datetime


def digest_of(token: str) -> str:
    """Of a cookie's token, 64 hexadecimal digits."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def is_stale(signed: SignedIn, now: datetime) -> bool:
    """Whether `touch` is due."""
    return now - signed.seen_at >= SEEN_EVERY


async def touch(session: AsyncSession, login_id: int, now: datetime) -> None:
    """The browser was seen now."""
    await session.execute(update(tables.Login).where(tables.Login.id == login_id).values(seen_at=now))


async def open_login(
    session: AsyncSession, account_id: int, *, agent: str, now: datetime, complete: bool
) -> str:
    """A new login; its token for the cookie."""
    token = secrets.token_urlsafe(32)
    session.add(
        tables.Login(
            digest=digest_of(token),
            account_id=account_id,
            complete=complete,
            agent=agent[:_AGENT_LENGTH],
            created_at=now,
            seen_at=now,
            expires_at=now + (ABSOLUTE if complete else HALFWAY),
        )
    )
    await session.flush()
    if complete:
        await journal.append(session, "login.opened", at=now, day=None, data={"account": account_id})
    return token


async def complete_login(session: AsyncSession, login_id: int, now: datetime) -> str:
    """The second factor was given: a new token, so that nobody goes on with the one of before."""
    row = await session.get_one(tables.Login, login_id)
    token = secrets.token_urlsafe(32)
    row.digest, row.complete = digest_of(token), True
    row.seen_at, row.expires_at = now, now + ABSOLUTE
    await session.flush()
    await journal.append(session, "login.opened", at=now, day=None, data={"account": row.account_id})
    return token


async def revoke_login(session: AsyncSession, login_id: int, now: datetime) -> None:
    """Signs the browser out; revoking again changes nothing."""
    account = await session.scalar(
        update(tables.Login)
        .where(tables.Login.id == login_id, tables.Login.revoked_at.is_(None))
        .values(revoked_at=now)
        .returning(tables.Login.account_id)
    )
    if account is not None:
        await journal.append(session, "login.revoked", at=now, day=None, data={"account": account})


async def revoke_all(session: AsyncSession, account_id: int, now: datetime, *, but: int | None = None) -> int:
    """Signs out every browser of the account, `but` one; how many."""
    query = select(tables.Login.id).where(
        tables.Login.account_id == account_id, tables.Login.revoked_at.is_(None)
    )
    ids = await session.scalars(query if but is None else query.where(tables.Login.id != but))
    found = tuple(ids)
    for login_id in found:
        await revoke_login(session, login_id, now)
    return len(found)


async def logins_of(session: AsyncSession, account_id: int, now: datetime) -> tuple[LoginRow, ...]:
    """The account's browsers that are signed in now, the latest seen first."""
    rows = await session.scalars(
        select(tables.Login)
        .where(
            tables.Login.account_id == account_id,
            tables.Login.complete,
            tables.Login.revoked_at.is_(None),
            tables.Login.expires_at > now,
            tables.Login.seen_at > now - IDLE,
        )
        .order_by(tables.Login.seen_at.desc(), tables.Login.id.desc())
    )
    return tuple(LoginRow(row.id, row.agent, row.created_at, row.seen_at) for row in rows)


async def forget_old(session: AsyncSession, now: datetime) -> None:
    """Deletes logins that ended more than a day ago."""
    await session.execute(delete(tables.Login).where(tables.Login.expires_at < now - ABSOLUTE))
