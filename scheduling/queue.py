"""The order of those who wait, and when a turn comes: functions of whatever looks like an interview."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from math import ceil
from typing import Protocol, TypeVar

ADMISSION = timedelta(minutes=3)
"""From the admission to the start: identity, desk, instruction (D-12…D-15)."""
EXAM = timedelta(minutes=16)
"""The regimen (D-19)."""
OVZ_MORE = timedelta(minutes=30)
"""The additional time of a participant with OVZ (D-19)."""
STEP_MINUTES = 5


class Queued(Protocol):
    """What the queue needs to know of an interview."""

    @property
    def order(self) -> int: ...
    @property
    def state(self) -> str: ...
    @property
    def ovz(self) -> bool: ...
    @property
    def planned_at(self) -> datetime | None: ...
    @property
    def sent_back_at(self) -> datetime | None: ...
    @property
    def admitted_at(self) -> datetime | None: ...
    @property
    def begun_at(self) -> datetime | None: ...


Q = TypeVar("Q", bound=Queued)


def in_order(interviews: Iterable[Q]) -> list[Q]:
    """The school's order (D-10); who was sent back follows all others, the first sent back first (D-09)."""
    return sorted(
        interviews, key=lambda one: (one.sent_back_at.timestamp() if one.sent_back_at else 0.0, one.order)
    )


def next_waiting(interviews: Iterable[Q]) -> Q | None:
    """Whom «admit the next» admits: the first in the order of those who wait now."""
    return next((one for one in in_order(interviews) if one.state == "waiting"), None)


def estimate(one: Queued, room: Sequence[Queued], *, now: datetime, starts_at: datetime) -> int | None:
    """Minutes until the turn of one who waits, rounded up to 5; None where the plan says nothing about it.

    It is the participant's own planned time moved by how far the room is ahead of the plan or behind it. So
    it reveals no count, and it does not depend on who of the others has come, tests or waits (D-10).
    """
    if one.planned_at is None or one.sent_back_at is not None:
        return None
    reached = [
        other.planned_at for other in room if other.admitted_at is not None and other.planned_at is not None
    ]
    frontier = max(reached, default=None)
    if frontier is not None and one.planned_at <= frontier:
        return None
    turn = min(
        other.planned_at
        for other in (*room, one)
        if other.planned_at is not None
        and other.state in ("invited", "testing", "waiting")
        and other.sent_back_at is None
        and (frontier is None or other.planned_at > frontier)
    )
    behind = _free_at(room, max(now, starts_at)) - turn
    minutes = (one.planned_at + behind - now) / timedelta(minutes=1)
    return max(0, ceil(minutes / STEP_MINUTES) * STEP_MINUTES)


def _free_at(room: Iterable[Queued], now: datetime) -> datetime:
    """When the conference is expected to be free."""
    current = next((other for other in room if other.state in ("admitted", "exam")), None)
    if current is None:
        return now
    begun = current.begun_at or max(now, (current.admitted_at or now) + ADMISSION)
    return max(now, begun + EXAM + (OVZ_MORE if current.ovz else timedelta()))
