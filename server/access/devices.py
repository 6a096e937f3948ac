"""Known devices: browsers in which somebody signed in before, told by a sealed cookie.

It opens nothing. It gives the browser a counter of failures of its own for the logins it knows, so that nobody
elsewhere can keep their owner waiting.
"""

import hmac
import secrets
from datetime import datetime, timedelta
from typing import Any

from . import sealed

LIFE = timedelta(days=400)
MOST_LOGINS = 12
"""Of one browser: the latest ones; a computer of the staff room has several owners."""
_PURPOSE = "device"


def known(secret: bytes, cookie: str | None, login: str, now: datetime) -> str | None:
    """The device's id, if this login signed in here before."""
    value = _read(secret, cookie, now)
    return value["id"] if value and _mark(secret, login) in value["logins"] else None


def with_login(secret: bytes, cookie: str | None, login: str, now: datetime) -> str:
    """The cookie of the device after this login signed in; of a new device if there was none."""
    value = _read(secret, cookie, now) or {"id": secrets.token_urlsafe(12), "logins": []}
    mark = _mark(secret, login)
    others = [one for one in value["logins"] if one != mark]
    logins = [*others, mark][-MOST_LOGINS:]
    return sealed.seal(secret, _PURPOSE, {"id": value["id"], "logins": logins}, now)


def _read(secret: bytes, cookie: str | None, now: datetime) -> dict[str, Any] | None:
    seconds = int(LIFE.total_seconds())
    return None if not cookie else sealed.unseal(secret, _PURPOSE, cookie, now, seconds=seconds)


def _mark(secret: bytes, login: str) -> str:
    return hmac.digest(secret, f"device|{login}".encode(), "sha256").hex()[:16]
