"""Passwords: argon2id hashes made in a thread, and the few rules a new one must meet."""

import asyncio
import base64
import secrets
import unicodedata
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.low_level import ARGON2_VERSION

from server.errors import Refused, TooSoon

from . import names

SHORTEST = 10
LONGEST = 128
AT_ONCE = 1
"""Hashes computed at the same time: each takes 64 MiB and four threads, and the exam has to go on."""
QUEUE = 40
"""Hashes that wait for their turn; who comes then is asked to come again."""

_COMMON_TEXT = """
    1234567890 0123456789 0987654321 9876543210 12345678910 123456789a 1q2w3e4r5t 1q2w3e4r5t6y qwertyuiop
    qwerty1234 qwerty12345 qwerty123456 qwertyuiop123 1qaz2wsx3edc zaq12wsxcde password12 password123
    password1234 passw0rd123 iloveyou123 administrator admin12345 admin123456 welcome123 letmein123 abcdefghij
    abc1234567 йцукенгшщз йцукенгшщзх йцукен1234 йцукен12345 йцукен123456 пароль1234 пароль12345 пароль123456
    привет1234 привет12345 администратор учитель123 учитель1234 учитель2025 учитель2026 школа12345
    школа2025 школа2026 собеседование экзамен123 экзамен2025 экзамен2026 экзаменатор организатор россия1234
    gfhjkm1234 gfhjkm12345 rjynhjkm123 ghbdtn1234 exzrcgbh123
"""
_COMMON = frozenset(_COMMON_TEXT.split())


class Passwords:
    """Makes and checks hashes. The costs are argon2-cffi's own: RFC 9106 for little memory (64 MiB, 3 rounds)."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._nobody = _of_nobody(self._hasher)
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._waiting = 0

    async def hash(self, password: str) -> str:
        """Raises TooSoon when too many wait for theirs."""
        async with self._turn():
            return await asyncio.to_thread(self._hasher.hash, normal(password))

    async def verify(self, hashed: str | None, password: str) -> bool:
        """Whether it is the password. Without a hash it takes as long, and is not.

        Raises TooSoon when too many wait for theirs.
        """
        async with self._turn():
            right = await asyncio.to_thread(self._verify, hashed or self._nobody, normal(password))
        return right and hashed is not None

    def outdated(self, hashed: str) -> bool:
        """Whether it was made with other costs than today's."""
        return self._hasher.check_needs_rehash(hashed)

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        if self._waiting >= QUEUE:
            raise TooSoon(10, "Сейчас входят слишком многие. Попробуйте ещё раз через несколько секунд.")
        self._waiting += 1
        try:
            await self._turns.acquire()
        finally:
            self._waiting -= 1
        try:
            yield
        finally:
            self._turns.release()

    def _verify(self, hashed: str, password: str) -> bool:
        try:
            return self._hasher.verify(hashed, password)
        except (VerificationError, InvalidHashError):
            return False


def _of_nobody(hasher: PasswordHasher) -> str:
    """A hash of the same costs that no password has: random bytes in the form of one."""

    def part(length: int) -> str:
        return base64.b64encode(secrets.token_bytes(length)).decode().rstrip("=")

    costs = f"m={hasher.memory_cost},t={hasher.time_cost},p={hasher.parallelism}"
    return f"$argon2id$v={ARGON2_VERSION}${costs}${part(hasher.salt_len)}${part(hasher.hash_len)}"


def normal(password: str) -> str:
    """The same for every keyboard: «й» typed as one sign or as two. Longer than allowed is cut."""
    return unicodedata.normalize("NFKC", password[: LONGEST * 2])[: LONGEST + 1]


def check_new(password: str, login: str) -> None:
    """Raises Refused with what is wrong about a new password."""
    text = normal(password)
    folded = text.casefold()
    if len(text) < SHORTEST:
        raise Refused(
            "password_short", f"Пароль короче {SHORTEST} знаков. Подойдёт фраза из нескольких слов."
        )
    if len(text) > LONGEST:
        raise Refused("password_long", f"Пароль длиннее {LONGEST} знаков.")
    if names.normal(login) in {folded, folded.strip("0123456789!.-_ ")}:
        raise Refused("password_login", "Пароль повторяет логин. Придумайте другой.")
    if folded in _COMMON or len(set(folded)) < 4:
        raise Refused("password_common", "Такой пароль легко угадать. Придумайте другой.")
