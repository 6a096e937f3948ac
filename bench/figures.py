"""What benches of repeated rounds share: how figures are summed up, and how they are printed."""

import argparse
import asyncio
import json
import statistics
from collections.abc import Awaitable, Callable, Sequence

from bench.windows import percentile


def summary(values: Sequence[float]) -> dict[str, float]:
    return {"p50": round(statistics.median(values), 3), "p95": round(percentile(values, 95), 3)}


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
