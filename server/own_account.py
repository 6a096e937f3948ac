"""What signed-in people change about their own account. Whatever could keep a stranger in asks for the password."""

from dataclasses import dataclass

from server.access import sealed, totp
from server.access.passkeys import Asked
from server.access.passwords import Passwords, check_new
from server.access.throttle import Trier
from server.clock import Clock
from server.entrance import Entrance
from server.errors import Refused
from server.store import accounts, logins
from server.store import passkeys as keys
from server.store.database import Store
from server.store.logins import LoginRow
from server.store.passkeys import PasskeyRow
from server.store.records import Account, SignedIn

IN_APPLICATION = "Собеседование"
"""How applications title the codes; short, for a QR code that is easily read."""
TOTP_LIFE = 900
"""Seconds to point an application at the QR code."""
TITLE_LENGTH = 60


@dataclass(frozen=True, slots=True)
class Overview:
    """The account as its owner sees it."""

    account: Account
    passkeys: tuple[PasskeyRow, ...]
    logins: tuple[LoginRow, ...]


@dataclass(frozen=True, slots=True)
class NewTotp:
    secret: str
    picture: str
    """The QR code, a data: address."""
    ticket: str


class OwnAccount:
    def __init__(
        self, store: Store, secret: bytes, clock: Clock, passwords: Passwords, entrance: Entrance
    ) -> None:
        self._store = store
        self._secret = secret
        self._clock = clock
        self._passwords = passwords
        self._entrance = entrance

    async def overview(self, signed: SignedIn) -> Overview:
        async with self._store.read() as session:
            return Overview(
                await accounts.account(session, signed.account.id),
                await keys.of_account(session, signed.account.id),
                await logins.logins_of(session, signed.account.id, self._clock.now()),
            )

    async def change_password(self, signed: SignedIn, who: Trier, old: str, new: str) -> None:
        """Other browsers are signed out. Raises Refused, TooSoon."""
        check_new(new, signed.account.login)
        await self._entrance.confirm(who, old)
        hashed = await self._passwords.hash(new)
        async with self._store.begin() as session:
            await accounts.set_password(session, signed.account.id, hashed)
            await logins.revoke_all(session, signed.account.id, self._clock.now(), but=signed.login_id)

    def new_totp(self, signed: SignedIn, ticket: str | None = None) -> NewTotp:
        """A secret to put into an application; the one of a ticket that is still good, else a new one."""
        value = self._totp_of(signed, ticket) if ticket else None
        secret = value or totp.new_secret()
        uri = totp.address(secret, signed.account.login, IN_APPLICATION)
        kept = {"account": signed.account.id, "secret": secret}
        return NewTotp(
            secret, totp.picture(uri), sealed.seal(self._secret, "new totp", kept, self._clock.now())
        )

    async def add_totp(self, signed: SignedIn, who: Trier, ticket: str, typed: str, password: str) -> None:
        """TOTP works from now on; the code that proves it is used up. Raises Refused, TooSoon."""
        secret, now = self._totp_of(signed, ticket), self._clock.now()
        if secret is None:
            raise Refused("totp_late", "Картинка устарела. Наведите приложение на новую.")
        step = totp.step_of(secret, typed, now, last=None)
        if step is None:
            raise Refused("totp_wrong", "Шесть цифр не подошли. Проверьте, что часы телефона идут верно.")
        await self._entrance.confirm(who, password)
        async with self._store.begin() as session:
            kept = totp.seal(self._secret, secret, now)
            await accounts.set_totp(session, signed.account.id, kept, step, now)

    async def remove_totp(self, signed: SignedIn) -> None:
        async with self._store.begin() as session:
            self._leaves_a_factor(await accounts.account(session, signed.account.id), totp=True)
            await accounts.set_totp(session, signed.account.id, None, None, self._clock.now())

    async def ask_passkey(self, signed: SignedIn, who: Trier, password: str) -> Asked:
        """Options for a new passkey. Raises Refused, TooSoon."""
        await self._entrance.confirm(who, password)
        async with self._store.read() as session:
            have = [key.credential for key in await keys.of_account(session, signed.account.id)]
        account = signed.account
        return self._entrance.passkeys.ask_new(
            account.id, account.login, account.name, have, self._clock.now()
        )

    async def add_passkey(self, signed: SignedIn, answer: object, ticket: str, title: str) -> None:
        """Raises Refused."""
        now = self._clock.now()
        passkey = self._entrance.passkeys.check_new(answer, ticket, signed.account.id, now)
        name = " ".join(title.split())[:TITLE_LENGTH] or "Ключ доступа"
        async with self._store.begin() as session:
            await keys.add(session, signed.account.id, passkey, name, now)

    async def remove_passkey(self, signed: SignedIn, passkey_id: int) -> None:
        """Raises NotFound, Refused."""
        async with self._store.begin() as session:
            self._leaves_a_factor(await accounts.account(session, signed.account.id), passkeys=1)
            await keys.remove(session, signed.account.id, passkey_id, self._clock.now())

    async def leave_others(self, signed: SignedIn) -> None:
        """Every other browser of the account is signed out."""
        async with self._store.begin() as session:
            await logins.revoke_all(session, signed.account.id, self._clock.now(), but=signed.login_id)

    def _leaves_a_factor(self, account: Account, *, totp: bool = False, passkeys: int = 0) -> None:
        """Raises Refused if nothing would remain to sign in with."""
        if not ((account.has_totp and not totp) or account.passkeys > passkeys or account.codes_left):
            raise Refused(
                "last_factor", "Это ваш последний способ подтвердить вход. Сначала напечатайте коды."
            )

    def _totp_of(self, signed: SignedIn, ticket: str) -> str | None:
        value = sealed.unseal(self._secret, "new totp", ticket, self._clock.now(), seconds=TOTP_LIFE)
        return str(value["secret"]) if value and value["account"] == signed.account.id else None
