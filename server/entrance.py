"""Getting in: password and second factor, passkey, invitation. What the pages of signing in do, without HTTP."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from server.access import codes, passkeys, sealed, totp
from server.access.codes import Purpose
from server.access.passkeys import Asked, Passkeys
from server.access.passwords import Passwords, check_new
from server.access.throttle import Trier
from server.clock import Clock
from server.errors import Refused, TooSoon
from server.store import accounts, attempts, journal, logins, one_time
from server.store import passkeys as keys
from server.store.database import Store
from server.store.records import Account, SignedIn

SHEET_LIFE = 3600
"""Seconds a shown sheet of codes waits to be ticked as kept."""
_WRONG = "Логин или пароль не подошли. Проверьте раскладку клавиатуры и Caps Lock."
_WRONG_CODE = "Код не подошёл. Каждый код годится один раз: возьмите следующий на листе."
_BAD_INVITATION = "Такого кода нет, или он уже использован. Попросите у организатора новый."


@dataclass(frozen=True, slots=True)
class Entered:
    """A browser got in: the token for its cookie, whose it is, and whether both factors were given."""

    token: str
    account: Account
    complete: bool


class Entrance:
    """The way in. Every refusal has the same words and takes as long whether or not the login exists."""

    def __init__(
        self, store: Store, secret: bytes, clock: Clock, passwords: Passwords, passkeys: Passkeys
    ) -> None:
        self._store = store
        self._secret = secret
        self._clock = clock
        self._passwords = passwords
        self.passkeys = passkeys

    async def password(self, who: Trier, password: str, agent: str) -> Entered:
        """The first factor. Raises Refused, TooSoon."""
        account, locks = await self._first(who, password)
        if account is None:
            await self._failed(who, locks)
            raise Refused("signin_wrong", _WRONG)
        now = self._clock.now()
        async with self._store.begin() as session:
            await attempts.take_back(session, self._secret, who)
            token = await logins.open_login(session, account.id, agent=agent, now=now, complete=False)
        return Entered(token, account, complete=False)

    async def confirm(self, who: Trier, password: str) -> None:
        """The person at a signed-in browser is its owner: the password once more. Raises Refused, TooSoon."""
        account, locks = await self._first(who, password)
        if account is None:
            await self._failed(who, locks)
            raise Refused("password_wrong", "Нынешний пароль не подошёл.")
        async with self._store.begin() as session:
            await attempts.take_back(session, self._secret, who)

    async def second(self, signed: SignedIn, who: Trier, typed: str) -> Entered:
        """The second factor: a printed code, or six digits of TOTP. Raises Refused, TooSoon."""
        by_totp = not codes.is_code(typed, "second_factor")
        now, token = self._clock.now(), None
        await self._not_too_soon(who, now, totp=by_totp)
        async with self._store.begin() as session:
            tried = await attempts.attempt(session, self._secret, who, now, totp=by_totp)
            if not tried.wait and await self._right(session, signed.account.id, typed, by_totp, now):
                await attempts.forgive(session, self._secret, who, totp=by_totp)
                token = await logins.complete_login(session, signed.login_id, now)
                await self._tidy(session, now)
        if tried.wait:
            raise TooSoon(tried.wait.total_seconds())
        if token is None:
            await self._failed(who, tried.locks)
            raise Refused("second_wrong", _WRONG_CODE)
        return Entered(token, signed.account, complete=True)

    async def ask_passkey(self, signed: SignedIn | None) -> Asked:
        """Options for a passkey: of the account that gave its password, or of whoever holds one."""
        now = self._clock.now()
        if signed is None:
            return self.passkeys.ask(None, (), now)
        async with self._store.read() as session:
            have = await keys.of_account(session, signed.account.id)
        return self.passkeys.ask(signed.account.id, [key.credential for key in have], now)

    async def passkey(self, signed: SignedIn | None, answer: object, ticket: str, agent: str) -> Entered:
        """Both factors at once, never slowed down: there is nothing to guess. Raises Refused."""
        now, asked = self._clock.now(), None if signed is None else signed.account.id
        credential = passkeys.credential_of(answer)
        async with self._store.begin() as session:
            key = None if credential is None else await keys.by_credential(session, credential)
            account = None if key is None else await accounts.account(session, key.account_id)
            if key is None or account is None or account.disabled or asked not in (None, account.id):
                raise Refused(
                    "passkey_unknown", "Этот ключ доступа здесь не известен. Войдите с логином и паролем."
                )
            count = self.passkeys.check(answer, ticket, key.public_key, key.sign_count, now, account=asked)
            await keys.used(session, key.id, count, now)
            if signed is None:
                token = await logins.open_login(session, account.id, agent=agent, now=now, complete=True)
            else:
                token = await logins.complete_login(session, signed.login_id, now)
            await self._tidy(session, now)
        return Entered(token, account, complete=True)

    async def invitation(self, code: str) -> tuple[Account, Purpose]:
        """Whom the code invites or lets back in. Raises Refused."""
        async with self._store.read() as session:
            found = await accounts.holder_of(session, self._secret, code, self._clock.now())
        if found is None:
            raise Refused("code_unknown", _BAD_INVITATION)
        return found

    async def accept(self, code: str, password: str, agent: str) -> Entered:
        """The code is used up, the password set; the sheet of codes is what remains to be kept. Raises Refused."""
        account, purpose = await self.invitation(code)
        check_new(password, account.login)
        hashed, now = await self._passwords.hash(password), self._clock.now()
        async with self._store.begin() as session:
            if not await one_time.use_code(session, self._secret, account.id, code, purpose, now):
                raise Refused("code_unknown", _BAD_INVITATION)
            await accounts.start_anew(session, account.id, hashed)
            await logins.revoke_all(session, account.id, now)
            await attempts.clear(session, self._secret, account.login)
            token = await logins.open_login(session, account.id, agent=agent, now=now, complete=False)
            account = await accounts.account(session, account.id)
        return Entered(token, account, complete=False)

    def sheet(self, account: Account) -> tuple[tuple[str, ...], str]:
        """New printed codes, and the ticket with which they become valid once they are kept."""
        sheet = codes.sheet()
        value = {"account": account.id, "codes": sheet}
        return sheet, sealed.seal(self._secret, "sheet", value, self._clock.now())

    async def keep_sheet(self, signed: SignedIn, ticket: str) -> Entered | None:
        """The sheet is kept and valid. A first sign-in is complete with it: then, the new token. Raises Refused."""
        now = self._clock.now()
        value = sealed.unseal(self._secret, "sheet", ticket, now, seconds=SHEET_LIFE)
        if value is None or value["account"] != signed.account.id:
            raise Refused("sheet_late", "Лист устарел. Вот новый: напечатайте его, а прежний выбросьте.")
        if not signed.complete and not signed.account.awaits_first_codes:
            raise Refused("sheet_second", "Сначала войдите с кодом или ключом доступа.")
        async with self._store.begin() as session:
            await one_time.keep_codes(session, self._secret, signed.account.id, value["codes"], now)
            if signed.complete:
                return None
            token = await logins.complete_login(session, signed.login_id, now)
        return Entered(token, signed.account, complete=True)

    async def leave(self, signed: SignedIn) -> None:
        async with self._store.begin() as session:
            await logins.revoke_login(session, signed.login_id, self._clock.now())

    async def _first(self, who: Trier, password: str) -> tuple[Account | None, bool]:
        """The account whose password it is, or None; and whether waiting begins if it is none. Raises TooSoon."""
        now = self._clock.now()
        await self._not_too_soon(who, now)
        async with self._store.begin() as session:
            tried = await attempts.attempt(session, self._secret, who, now)
            account = await accounts.account_by_login(session, who.login)
            hashed = None if account is None else await accounts.password_hash(session, account.id)
        if tried.wait:
            raise TooSoon(tried.wait.total_seconds())
        right = await self._passwords.verify(hashed, password)
        if not right or account is None or hashed is None or account.disabled:
            return None, tried.locks
        if self._passwords.outdated(hashed):
            newer = await self._passwords.hash(password)
            async with self._store.begin() as session:
                await accounts.set_password(session, account.id, newer)
        return account, False

    async def _not_too_soon(self, who: Trier, now: datetime, *, totp: bool = False) -> None:
        """Raises TooSoon."""
        async with self._store.read() as session:
            wait = await attempts.waiting(session, self._secret, who, now, totp=totp)
        if wait:
            raise TooSoon(wait.total_seconds())

    async def _right(
        self, session: AsyncSession, account_id: int, typed: str, by_totp: bool, now: datetime
    ) -> bool:
        if not by_totp:
            return await one_time.use_code(session, self._secret, account_id, typed, "second_factor", now)
        kept = await accounts.sealed_totp(session, account_id)
        secret = None if kept is None else totp.unseal(self._secret, kept[0], now)
        if kept is None or secret is None:
            return False
        step = totp.step_of(secret, typed, now, last=kept[1])
        return step is not None and await accounts.use_totp_step(session, account_id, step)

    async def _failed(self, who: Trier, locks: bool) -> None:
        """Into the journal, without the login: it may be a password typed into the wrong field."""
        now = self._clock.now()
        async with self._store.begin() as session:
            account = await accounts.account_by_login(session, who.login)
            data = {
                "account": None if account is None else account.id,
                "known_device": who.device is not None,
            }
            await journal.append(session, "login.failed", at=now, day=None, data=data)
            if locks:
                await journal.append(session, "login.locked", at=now, day=None, data=data)

    async def _tidy(self, session: AsyncSession, now: datetime) -> None:
        await attempts.forget_old(session, now)
        await logins.forget_old(session, now)
