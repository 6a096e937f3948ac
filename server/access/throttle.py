"""How guessing is slowed down without locking the owner out. Pure: counts in, waiting out.

Who tries is told apart so that nobody's failures are another's:

- a browser that signed in before (a known device) has a counter of its own and is stopped by no other;
- an unknown browser has a counter for the login it tries from its address, and one for its address, which is
  wide, because a whole school may stand behind one address, and which leaves each login there its first tries;
- nothing ever counts a login's failures alone, except for guessing six digits of TOTP from unknown browsers: that
  stops TOTP from unknown browsers only, never a printed code or a passkey.

An attempt is counted before it is checked, so that many at once gain nothing, and taken back if it was right. A
right password alone clears no counter: else it would make guessing the second factor free.
"""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address, ip_network
from typing import Literal

Counter = Literal["device", "pair", "address", "totp"]


@dataclass(frozen=True, slots=True)
class Policy:
    """`free` failures cost nothing; then the wait doubles from `first` up to `longest`."""

    free: int
    first: timedelta
    longest: timedelta

    def wait(self, failures: int) -> timedelta:
        """How long after the last of so many failures no attempt is looked at."""
        over = failures - self.free
        if over < 0:
            return timedelta()
        doubled: int = 1 << min(over, 32)
        return min(self.longest, self.first * doubled)


@dataclass(frozen=True, slots=True)
class Tally:
    """What is kept of one counter."""

    failures: int
    last_at: datetime


POLICIES: dict[Counter, Policy] = {
    "device": Policy(free=5, first=timedelta(seconds=5), longest=timedelta(minutes=5)),
    "pair": Policy(free=5, first=timedelta(seconds=10), longest=timedelta(minutes=15)),
    "address": Policy(free=60, first=timedelta(seconds=2), longest=timedelta(minutes=1)),
    "totp": Policy(free=30, first=timedelta(minutes=1), longest=timedelta(hours=1)),
}
FIRST_TRIES = 3
"""Failures of a login from an address, below which the address's own counter keeps nobody waiting."""
FLOOD = 600
"""Failures from an address, above which even first tries wait: each costs a hash and a row of the journal."""
FORGOTTEN_AFTER = timedelta(hours=12)
"""A counter nobody adds to for so long begins at nothing."""


@dataclass(frozen=True, slots=True)
class Trier:
    """Who tries to sign in: the login as typed and normal, the address, and the known device of that login."""

    login: str
    address: str
    device: str | None = None


def keys(secret: bytes, who: Trier, *, totp: bool = False) -> dict[Counter, str]:
    """The counters of an attempt, those of the login begin with `login_key`. Neither login nor address is readable."""
    own = login_key(secret, who.login)
    if who.device is not None:
        return {"device": f"{own}device/{_mark(secret, who.device)}"}
    address = _mark(secret, network(who.address))
    counters: dict[Counter, str] = {"pair": f"{own}address/{address}", "address": f"address/{address}"}
    if totp:
        counters["totp"] = f"{own}totp"
    return counters


def login_key(secret: bytes, login: str) -> str:
    """What all counters of a login begin with; logins that do not exist have them as well."""
    return f"login/{_mark(secret, login)}/"


def network(address: str) -> str:
    """Whom an address stands for: itself, or in IPv6 the /64 a household or a school gets. Unknown: one for all."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return "unknown"
    mapped = getattr(found, "ipv4_mapped", None)
    found = mapped or found
    return str(ip_network((found, 64), strict=False)) if found.version == 6 else str(found)


def wait(tallies: Mapping[Counter, Tally], now: datetime) -> timedelta:
    """How long the next attempt has to wait; zero: not at all."""
    current = {kind: tally for kind, tally in tallies.items() if now - tally.last_at < FORGOTTEN_AFTER}
    pair, address = current.get("pair"), current.get("address")
    first = pair is None or pair.failures < FIRST_TRIES
    if first and address is not None and address.failures < FLOOD:
        current.pop("address", None)
    longest = max(
        (tally.last_at + POLICIES[kind].wait(tally.failures) - now for kind, tally in current.items()),
        default=timedelta(),
    )
    return max(timedelta(), longest)


def locks(tallies: Mapping[Counter, Tally]) -> bool:
    """Whether the attempt that made these counters, if it fails, is the one after which waiting begins."""
    return any(tally.failures == POLICIES[kind].free for kind, tally in tallies.items())


def after_attempt(tally: Tally, now: datetime) -> Tally:
    """The counter with one attempt more."""
    if now - tally.last_at >= FORGOTTEN_AFTER:
        return Tally(1, now)
    return Tally(tally.failures + 1, now)


def _mark(secret: bytes, text: str) -> str:
    return hmac.digest(secret, f"throttle|{text}".encode(), "sha256").hex()[:32]
