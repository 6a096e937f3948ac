"""What benches share: how figures are summed up, how they are printed, and how a long run is ended early."""

import argparse
import asyncio
import json
import signal
import statistics
import sys
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any, TypeVar

from bench.windows import percentile

T = TypeVar("T")


def summary(values: Sequence[float]) -> dict[str, float]:
    return {"p50": round(statistics.median(values), 3), "p95": round(percentile(values, 95), 3)}


def say(text: str) -> None:
    """What goes on meanwhile."""
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


async def interruptible(measuring: Coroutine[Any, Any, T]) -> T:
    """The result; SIGTERM ends the measuring, and what it has started with it."""
    task = asyncio.create_task(measuring)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    try:
        return await task
    except asyncio.CancelledError:
        raise SystemExit(128 + signal.SIGTERM) from None


def command(name: str, about: str | None, measure: Callable[[int], Awaitable[object]], rounds: int) -> None:
    """`python -m bench.NAME [--json] [--rounds N]`: measures and prints an object, or a line for each of its names."""

    async def run() -> object:
        return await measure(options.rounds)

    parser = argparse.ArgumentParser(prog=f"python -m bench.{name}", description=about)
    parser.add_argument("--json", action="store_true", help="print the result as one JSON object")
    parser.add_argument("--rounds", type=int, default=rounds)
    options = parser.parse_args()
    result = asyncio.run(run())
    if options.json or not isinstance(result, dict):
        print(json.dumps(result))
        return
    for key, value in result.items():
        print(f"{key:28} {value}")
