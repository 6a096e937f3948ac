"""Windows of measurement on a noisy machine: which count, and what they say together.

An idle thread on each core sleeps for moments and notes how much too late it wakes. A window in which that was more
than `STALL`, or the load fell behind by `LATE`, says more about the machine's other guests than about a server, and is
discarded.
"""

import contextlib
import multiprocessing
import os
import statistics
import threading
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import Self

STALL = 0.010  # seconds
LATE = 0.050  # seconds; what is sent later than that is not the load that was meant
LEAST = 5  # windows that must be kept
NAP = 0.002  # seconds that an idle thread sleeps


@dataclass(frozen=True, slots=True)
class Window:
    """One window of one server. `delays` are milliseconds, by kind of media; `stall` and `late` seconds."""

    packets: int
    cpu: float
    sent: int
    lost: int
    delays: dict[str, list[float]] = field(default_factory=dict)
    stall: float = 0.0
    late: float = 0.0

    @property
    def kept(self) -> bool:
        return self.stall <= STALL and self.late <= LATE and self.packets > 0

    @property
    def cpu_us_per_packet(self) -> float:
        return self.cpu * 1e6 / self.packets

    @property
    def loss(self) -> float:
        return self.lost / self.sent if self.sent else 0.0


def percentile(values: Sequence[float], part: float) -> float:
    """The least value that `part` per cent of them do not exceed. ValueError if there are none."""
    if not values:
        raise ValueError("no values")
    ordered = sorted(values)
    return ordered[max(0, -int(-len(ordered) * part // 100) - 1)]


def chosen(windows: Sequence[Window]) -> list[Window]:
    """Those that count: the undisturbed ones or, where these are too few, the least disturbed."""
    kept = [window for window in windows if window.kept]
    if len(kept) >= LEAST:
        return kept
    return sorted((w for w in windows if w.packets), key=_disturbance)[:LEAST]


def _disturbance(window: Window) -> float:
    return max(window.stall / STALL, window.late / LATE)


def median_ratio(pairs: Iterable[tuple[Window, Window]]) -> float | None:
    """The median of first to second, CPU per packet, over pairs of neighbouring windows; None without a pair.

    Pairs with a disturbed window are left out, unless fewer than `LEAST` would remain.
    """
    whole = [pair for pair in pairs if pair[0].packets and pair[1].packets]
    kept = [pair for pair in whole if pair[0].kept and pair[1].kept]
    if len(kept) < LEAST:
        kept = sorted(whole, key=lambda pair: max(map(_disturbance, pair)))[:LEAST]
    if not kept:
        return None
    return statistics.median(ours.cpu_us_per_packet / theirs.cpu_us_per_packet for ours, theirs in kept)


async def greatest(good: Callable[[int], Awaitable[bool]], step: int, most: int) -> int:
    """The greatest number up to `most` that is good: up in steps, then halving the last one."""
    reached = 0
    while reached < most and await good(min(most, reached + step)):
        reached = min(most, reached + step)
    failed = min(most, reached + step)
    while failed - reached > 1:
        middle = (reached + failed) // 2
        if await good(middle):
            reached = middle
        else:
            failed = middle
    return reached


class Idle:
    """A process with an idle thread on each of the cores; use `with`."""

    def __init__(self, cores: Sequence[int]) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_idle, args=(tuple(cores), theirs), daemon=True)

    def __enter__(self) -> Self:
        self._process.start()
        self.longest()
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):  # a signal to the group has ended it already
            self._pipe.send(False)
        self._process.join()

    def longest(self) -> float:
        """The longest stall in seconds since the last call."""
        self._pipe.send(True)
        return float(self._pipe.recv())


def _idle(cores: tuple[int, ...], pipe: Connection) -> None:
    longest = dict.fromkeys(cores, 0.0)

    def watch(core: int) -> None:
        os.sched_setaffinity(0, {core})  # of this thread alone
        last = time.monotonic()
        while True:
            time.sleep(NAP)
            now = time.monotonic()
            longest[core] = max(longest[core], now - last - NAP)
            last = now

    for core in cores:
        threading.Thread(target=watch, args=(core,), daemon=True).start()
    while pipe.recv():
        found = max(longest.values())
        for core in cores:
            longest[core] = 0.0
        pipe.send(found)
