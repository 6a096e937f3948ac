"""Codes printed on paper: easy to read and to type, known to the server by their digests only.

The alphabet has 25 signs, 4.64 bits each, none of which is taken for another (no 0 and O, 1 and I and L, 5 and S,
2 and Z, B and 8, U and V). A code of the second factor has 12 of them (55 bits; it is tried only after the
password, and slowed down). A code of an invitation or a reset opens an account by itself and has 16 (74 bits).
"""

import hmac
import secrets
from typing import Literal

Purpose = Literal["invitation", "reset", "second_factor"]

ALPHABET = "2346789ACDEFGHJKMNPQRTWXY"
LENGTHS: dict[Purpose, int] = {"invitation": 16, "reset": 16, "second_factor": 12}
SHEET = 10
"""Codes of the second factor on one sheet."""
_GROUP = 4
_LONGEST_TYPED = 64
_CYRILLIC = str.maketrans("АЕКМНРСТУХ", "AEKMHPCTYX")
"""A keyboard left in Russian types letters that look the same on paper."""


def new(purpose: Purpose) -> str:
    """A random code as it is printed: `7K3M-Q9TX-AC2F`."""
    letters = "".join(secrets.choice(ALPHABET) for _ in range(LENGTHS[purpose]))
    return "-".join(letters[start : start + _GROUP] for start in range(0, len(letters), _GROUP))


def sheet(count: int = SHEET) -> tuple[str, ...]:
    """Codes of the second factor for one sheet of paper."""
    return tuple(new("second_factor") for _ in range(count))


def normal(typed: str) -> str:
    """What was typed, without spaces, dashes, case and Cyrillic lookalikes. Not necessarily a code."""
    upper = typed[:_LONGEST_TYPED].upper().translate(_CYRILLIC)
    return "".join(sign for sign in upper if sign.isalnum())


def is_code(typed: str, purpose: Purpose) -> bool:
    """Whether it has the form of a code for this purpose."""
    signs = normal(typed)
    return len(signs) == LENGTHS[purpose] and all(sign in ALPHABET for sign in signs)


def digest(secret: bytes, typed: str, purpose: Purpose, account: int | None = None) -> str:
    """What is kept and looked for: HMAC-SHA256 with the server's secret, 64 hexadecimal digits.

    A code of the second factor is good for its account only; the others find the account.
    """
    of = f"{account}" if purpose == "second_factor" else ""
    return hmac.digest(secret, f"code|{purpose}|{of}|{normal(typed)}".encode(), "sha256").hex()
