"""Codes of an authenticator application (RFC 6238): six digits, thirty seconds, SHA-1, as all applications do."""

import hmac
from datetime import datetime

import pyotp
import segno

from . import sealed

STEP = 30
"""Seconds."""
DIGITS = 6
WINDOW = 1
"""Steps before and after the present one that are still taken: clocks differ, people type slowly."""
_PURPOSE = "totp"


def new_secret() -> str:
    """160 bits in base32."""
    return pyotp.random_base32()


def step_of(secret: str, typed: str, now: datetime, *, last: int | None) -> int | None:
    """The time step whose code was typed; None if it is wrong, or not newer than the `last` one used."""
    digits = "".join(typed.split())
    if len(digits) != DIGITS or not digits.isascii() or not digits.isdigit():
        return None
    code, present = pyotp.TOTP(secret), int(now.timestamp()) // STEP
    found = None
    for step in range(present - WINDOW, present + WINDOW + 1):
        right = hmac.compare_digest(code.at(step * STEP), digits)
        if right and (last is None or step > last):
            found = step
    return found


def address(secret: str, login: str, service: str) -> str:
    """The otpauth: address an application reads from the QR code."""
    return pyotp.TOTP(secret).provisioning_uri(name=login, issuer_name=service)


def picture(uri: str) -> str:
    """The QR code as an SVG in a data: address."""
    return segno.make(uri, error="l").svg_data_uri(scale=5, border=3, dark="#17212b", light="#ffffff")


def seal(key: bytes, secret: str, now: datetime) -> str:
    """For the database: a copy of it alone gives no codes. At most 200 characters."""
    return sealed.seal(key, _PURPOSE, {"s": secret}, now)


def unseal(key: bytes, text: str, now: datetime) -> str | None:
    """None if it was sealed with another server's secret."""
    value = sealed.unseal(key, _PURPOSE, text, now, seconds=None)
    return None if value is None else str(value["s"])
