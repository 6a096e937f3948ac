"""Accounts of the staff: making, inviting, resetting, and whom a cookie signs in.

`by` is the account that acts, for the
journal; None is the person itself or the command line.
"""

from datetime import datetime
from typing import cast

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from server.access import codes, names
from server.access.codes import Purpose
from server.errors import NotFound, Refused

from . import attempts, journal, logins, one_time, tables
from .logins import IDLE
from .records import Account, SignedIn, Standing


async def create_account(
    session: AsyncSession, person_id: int, login: str, standing: Standing | None, now: datetime
) -> Account:
    """A new account that nobody can sign in with until it is invited. Raises Refused, NotFound."""
    name = names.new(login)
    person = await session.get(tables.Person, person_id)
    if person is None:
        raise NotFound(detail="person")
    if await account_of_person(session, person_id) is not None:
        raise Refused("account_exists", "У этого человека уже есть учётная запись.")
    if await account_by_login(session, name) is not None:
        raise Refused("login_taken", "Такой логин уже занят. Придумайте другой.")
    row = tables.Account(person_id=person_id, login=name, standing=standing, created_at=now)
    session.add(row)
    await session.flush()
    await journal.append(session, "account.created", at=now, day=None, data={"account": row.id})
    return await account(session, row.id)


async def account(session: AsyncSession, account_id: int) -> Account:
    """`NotFound` if there is none."""
    row = await session.get(tables.Account, account_id)
    if row is None:
        raise NotFound(detail="account")
    return await account_row(session, row)


async def account_by_login(session: AsyncSession, login: str) -> Account | None:
    """By the login as it is typed."""
    row = await session.scalar(select(tables.Account).where(tables.Account.login == names.normal(login)))
    return None if row is None else await account_row(session, row)


async def account_of_person(session: AsyncSession, person_id: int) -> Account | None:
    row = await session.scalar(select(tables.Account).where(tables.Account.person_id == person_id))
    return None if row is None else await account_row(session, row)


async def accounts_of_school(session: AsyncSession, school_id: int) -> tuple[Account, ...]:
    """Of all people whose cards the school keeps, by login."""
    rows = await session.scalars(
        select(tables.Account)
        .join(tables.Person, tables.Person.id == tables.Account.person_id)
        .where(tables.Person.school_id == school_id)
        .order_by(tables.Account.login)
    )
    return tuple([await account_row(session, row) for row in rows])


async def by_login(session: AsyncSession, digest: str, now: datetime) -> SignedIn | None:
    """Whom a cookie signs in; None for an unknown, revoked or expired one, and for a disabled account."""
    row = await session.scalar(select(tables.Login).where(tables.Login.digest == digest))
    if row is None or row.revoked_at is not None or now >= row.expires_at or now >= row.seen_at + IDLE:
        return None
    holder = await account(session, row.account_id)
    if holder.disabled:
        return None
    return SignedIn(row.id, holder, row.complete, row.seen_at)


async def password_hash(session: AsyncSession, account_id: int) -> str | None:
    """The argon2 hash; None until the invitation is used."""
    row = await _held(session, account_id)
    return row.password_hash


async def set_password(session: AsyncSession, account_id: int, hashed: str) -> None:
    (await _held(session, account_id)).password_hash = hashed
    await session.flush()


async def invite(
    session: AsyncSession, secret: bytes, account_id: int, now: datetime, *, by: int | None = None
) -> str:
    """A code with which the person sets the first password. The invitation before is void."""
    code = await _open_with(session, secret, account_id, "invitation", now)
    await journal.append(session, "account.invited", at=now, day=None, data={"account": account_id, "by": by})
    return code


async def reset(
    session: AsyncSession, secret: bytes, account_id: int, now: datetime, *, by: int | None = None
) -> str:
    """A code that lets the locked-out person back in: it needs no password and no second factor.

    Every signed-in browser of the account is signed out, and what failed attempts slowed down is free again.
    """
    code = await _open_with(session, secret, account_id, "reset", now)
    await logins.revoke_all(session, account_id, now)
    await attempts.clear(session, secret, (await _held(session, account_id)).login)
    await journal.append(session, "account.reset", at=now, day=None, data={"account": account_id, "by": by})
    return code


async def holder_of(
    session: AsyncSession, secret: bytes, code: str, now: datetime
) -> tuple[Account, Purpose] | None:
    """Whom a valid, unused code of an invitation or a reset belongs to. The code stays unused."""
    kinds: tuple[Purpose, ...] = ("invitation", "reset")
    row = await session.scalar(
        select(tables.OneTimeCode).where(
            tables.OneTimeCode.digest.in_([codes.digest(secret, code, kind) for kind in kinds]),
            tables.OneTimeCode.used_at.is_(None),
            tables.OneTimeCode.expires_at > now,
        )
    )
    if row is None:
        return None
    holder = await account(session, row.account_id)
    return None if holder.disabled else (holder, cast(Purpose, row.purpose))


async def sealed_totp(session: AsyncSession, account_id: int) -> tuple[str, int | None] | None:
    """The sealed TOTP secret and the last step it was used at; None where it is not set up."""
    row = await _held(session, account_id)
    return None if row.totp_secret is None else (row.totp_secret, row.totp_step)


async def set_totp(
    session: AsyncSession, account_id: int, sealed: str | None, step: int | None, now: datetime
) -> None:
    """Sets TOTP up with the step of the code that proved it; None takes it away."""
    row = await _held(session, account_id)
    row.totp_secret, row.totp_step = sealed, step
    await session.flush()
    event = "totp.removed" if sealed is None else "totp.added"
    await journal.append(session, event, at=now, day=None, data={"account": account_id})


async def use_totp_step(session: AsyncSession, account_id: int, step: int) -> bool:
    """Whether no code of this step or a later one was used yet; from now on it is."""
    row = await _held(session, account_id)
    if row.totp_secret is None or (row.totp_step is not None and row.totp_step >= step):
        return False
    row.totp_step = step
    await session.flush()
    return True


async def start_anew(session: AsyncSession, account_id: int, hashed: str) -> None:
    """The new password after an invitation or a reset. Second factors of before are gone: who had them is unknown."""
    row = await _held(session, account_id)
    row.password_hash, row.totp_secret, row.totp_step = hashed, None, None
    await session.execute(delete(tables.Passkey).where(tables.Passkey.account_id == account_id))
    for purpose in one_time.CODE_LIFE:
        await one_time.forget(session, account_id, purpose)
    await session.flush()


async def disable(session: AsyncSession, account_id: int, now: datetime, *, by: int | None = None) -> Account:
    """Nobody signs in with it, and who is signed in is out; disabling again keeps the first time."""
    row = await _held(session, account_id)
    if row.disabled_at is None:
        row.disabled_at = now
        await logins.revoke_all(session, account_id, now)
        await journal.append(
            session, "account.disabled", at=now, day=None, data={"account": account_id, "by": by}
        )
    await session.flush()
    return await account_row(session, row)


async def enable(session: AsyncSession, account_id: int, now: datetime, *, by: int | None = None) -> Account:
    row = await _held(session, account_id)
    if row.disabled_at is not None:
        row.disabled_at = None
        await journal.append(
            session, "account.enabled", at=now, day=None, data={"account": account_id, "by": by}
        )
    await session.flush()
    return await account_row(session, row)


async def account_row(session: AsyncSession, row: tables.Account) -> Account:
    person = await session.get_one(tables.Person, row.person_id)
    passkeys = await session.scalar(
        select(func.count()).select_from(tables.Passkey).where(tables.Passkey.account_id == row.id)
    )
    used = (
        await session.scalars(
            select(tables.OneTimeCode.used_at).where(
                tables.OneTimeCode.account_id == row.id, tables.OneTimeCode.purpose == "second_factor"
            )
        )
    ).all()
    return Account(
        id=row.id,
        person_id=row.person_id,
        login=row.login,
        standing=cast(Standing | None, row.standing),
        name=" ".join(part for part in (person.last_name, person.first_name, person.patronymic) if part),
        called=f"{person.first_name} {person.patronymic}".strip(),
        school_id=person.school_id,
        has_password=row.password_hash is not None,
        has_totp=row.totp_secret is not None,
        passkeys=passkeys or 0,
        codes_left=sum(at is None for at in used),
        codes_given=len(used),
        disabled=row.disabled_at is not None,
    )


async def _open_with(
    session: AsyncSession, secret: bytes, account_id: int, purpose: Purpose, now: datetime
) -> str:
    """A code that opens the account. Raises Refused: a disabled account gets none."""
    row = await _held(session, account_id)
    if row.disabled_at is not None:
        raise Refused("account_disabled", "Учётная запись отключена. Сначала включите её.")
    return await one_time.give(session, secret, account_id, purpose, now)


async def _held(session: AsyncSession, account_id: int) -> tables.Account:
    """The row, held until the transaction ends; `NotFound` if there is none."""
    row = await session.scalar(
        select(tables.Account).where(tables.Account.id == account_id).with_for_update()
    )
    if row is None:
        raise NotFound(detail="account")
    return row
