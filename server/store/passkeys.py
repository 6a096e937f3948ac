"""Passkeys of accounts: public keys only."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from server.access.passkeys import NewPasskey
from server.errors import NotFound, Refused

from . import journal, tables

MOST = 20
"""Passkeys of one account."""


@dataclass(frozen=True, slots=True)
class PasskeyRow:
    id: int
    account_id: int
    credential: str
    public_key: bytes
    sign_count: int
    title: str
    created_at: datetime
    used_at: datetime | None


async def add(session: AsyncSession, account_id: int, passkey: NewPasskey, title: str, now: datetime) -> None:
    """Raises Refused if it is known already, or the account has too many."""
    if await by_credential(session, passkey.credential) is not None:
        raise Refused("passkey_known", "Этот ключ доступа уже добавлен.")
    if len(await of_account(session, account_id)) >= MOST:
        raise Refused(
            "passkeys_many", "Ключей доступа уже слишком много. Удалите те, которыми не пользуетесь."
        )
    session.add(
        tables.Passkey(
            account_id=account_id,
            credential=passkey.credential,
            public_key=passkey.public_key,
            sign_count=passkey.sign_count,
            title=title,
            created_at=now,
        )
    )
    await session.flush()
    await journal.append(session, "passkey.added", at=now, day=None, data={"account": account_id})


async def by_credential(session: AsyncSession, credential: str) -> PasskeyRow | None:
    row = await session.scalar(select(tables.Passkey).where(tables.Passkey.credential == credential))
    return None if row is None else _row(row)


async def of_account(session: AsyncSession, account_id: int) -> tuple[PasskeyRow, ...]:
    """The oldest first."""
    query = select(tables.Passkey).where(tables.Passkey.account_id == account_id).order_by(tables.Passkey.id)
    return tuple(_row(row) for row in await session.scalars(query))


async def used(session: AsyncSession, passkey_id: int, sign_count: int, now: datetime) -> None:
    """It signed somebody in, and its counter stands there now."""
    await session.execute(
        update(tables.Passkey)
        .where(tables.Passkey.id == passkey_id)
        .values(sign_count=sign_count, used_at=now)
    )


async def remove(session: AsyncSession, account_id: int, passkey_id: int, now: datetime) -> None:
    """Raises NotFound if the account has no such passkey."""
    gone = await session.scalar(
        delete(tables.Passkey)
        .where(tables.Passkey.id == passkey_id, tables.Passkey.account_id == account_id)
        .returning(tables.Passkey.id)
    )
    if gone is None:
        raise NotFound(detail="passkey")
    await journal.append(session, "passkey.removed", at=now, day=None, data={"account": account_id})


def _row(row: tables.Passkey) -> PasskeyRow:
    return PasskeyRow(
        id=row.id,
        account_id=row.account_id,
        credential=row.credential,
        public_key=row.public_key,
        sign_count=row.sign_count,
        title=row.title,
        created_at=row.created_at,
        used_at=row.used_at,
    )
