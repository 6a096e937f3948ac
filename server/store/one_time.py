"""One-time codes on paper. A code is given out once, as text; the database has its digest."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, update
from sqlalchemy.ext.asyncio import AsyncSession

from server.access import codes
from server.access.codes import Purpose

from . import journal, tables

CODE_LIFE: dict[Purpose, timedelta] = {
    "invitation": timedelta(days=14),
    "reset": timedelta(hours=24),
    "second_factor": timedelta(days=400),
}
"""How long a code can be used. A sheet of codes lasts a school year with its summer."""


async def new_codes(
    session: AsyncSession, secret: bytes, account_id: int, now: datetime, count: int = codes.SHEET
) -> tuple[str, ...]:
    """A new sheet of codes of the second factor; all before are void."""
    sheet = codes.sheet(count)
    await keep_codes(session, secret, account_id, sheet, now)
    return sheet


async def keep_codes(
    session: AsyncSession, secret: bytes, account_id: int, sheet: Sequence[str], now: datetime
) -> None:
    """From now on these are the account's codes of the second factor, and no others."""
    await forget(session, account_id, "second_factor")
    session.add_all(_code(secret, account_id, code, "second_factor", now) for code in sheet)
    await session.flush()
    data = {"account": account_id, "count": len(sheet)}
    await journal.append(session, "codes.issued", at=now, day=None, data=data)


async def use_code(
    session: AsyncSession, secret: bytes, account_id: int, code: str, purpose: Purpose, now: datetime
) -> bool:
    """Whether it was a valid code of this account; it never is again."""
    used = await session.execute(
        update(tables.OneTimeCode)
        .where(
            tables.OneTimeCode.digest == codes.digest(secret, code, purpose, account_id),
            tables.OneTimeCode.account_id == account_id,
            tables.OneTimeCode.purpose == purpose,
            tables.OneTimeCode.used_at.is_(None),
            tables.OneTimeCode.expires_at > now,
        )
        .values(used_at=now)
        .returning(tables.OneTimeCode.id)
        .execution_options(synchronize_session=False)
    )
    if used.scalar_one_or_none() is None:
        return False
    await journal.append(
        session, "code.used", at=now, day=None, data={"account": account_id, "purpose": purpose}
    )
    return True


async def give(session: AsyncSession, secret: bytes, account_id: int, purpose: Purpose, now: datetime) -> str:
    """A new code; the ones of the purpose before are void."""
    await forget(session, account_id, purpose)
    code = codes.new(purpose)
    session.add(_code(secret, account_id, code, purpose, now))
    await session.flush()
    return code


async def forget(session: AsyncSession, account_id: int, purpose: Purpose) -> None:
    """The account's codes of this purpose are void."""
    await session.execute(
        delete(tables.OneTimeCode).where(
            tables.OneTimeCode.account_id == account_id, tables.OneTimeCode.purpose == purpose
        )
    )


def _code(secret: bytes, account_id: int, code: str, purpose: Purpose, now: datetime) -> tables.OneTimeCode:
    return tables.OneTimeCode(
        account_id=account_id,
        purpose=purpose,
        digest=codes.digest(secret, code, purpose, account_id),
        created_at=now,
        expires_at=now + CODE_LIFE[purpose],
    )
