"""`make fuzz`: every target in turns with ever new inputs until the time is up; what is found is kept in the corpus.

The status is 1 if anything was found. `python -m tests.fuzz.campaign --seconds 600 [target…]`
"""

import argparse
import contextlib
import random
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from types import FrameType

from hypothesis import HealthCheck, given, seed, settings

from .corpus import keep, kept
from .hall import LODGER
from .targets import TARGETS, Target

HANGS = 60  # seconds one input may take; a target that hangs has found something too
ROUND = 10  # times a target's share of a short run, before the next has its turn


class TookTooLong(BaseException):
    """An input that does not come to an end."""


@contextlib.contextmanager
def limited(seconds: int) -> Iterator[None]:
    """TookTooLong after so many seconds in the main thread."""

    def ring(number: int, frame: FrameType | None) -> None:
        raise TookTooLong(f"{seconds} s")

    before = signal.signal(signal.SIGALRM, ring)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def trial(target: Target, examples: int, number: int | None) -> tuple[bytes, BaseException] | None:
    """The smallest input that fails and its error, or None. The same `number` draws the same; None: always the same."""
    last = b""

    def run(data: bytes) -> None:
        nonlocal last
        last = data
        with limited(HANGS):
            target.run(data)

    tried: Callable[[], None] = settings(
        max_examples=examples,
        database=None,
        derandomize=number is None,
        deadline=None,
        print_blob=False,
        suppress_health_check=list(HealthCheck),
    )(given(target.inputs)(run))
    if number is not None:
        tried = seed(number)(tried)
    try:
        tried()
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # whatever escapes is a finding
        return last, error  # the last one that was run is the smallest
    return None


def campaign(targets: Sequence[Target], seconds: float) -> int:
    """How many targets found something; a target that did rests."""
    resting = []
    for target in targets:
        for name, data in kept(target.name).items():
            try:
                with limited(HANGS):
                    target.run(data)
            except BaseException as error:
                print(f"{target.name}: {name} of the corpus fails: {error!r:.300}", file=sys.stderr)
                resting.append(target)
                break
    end, count = time.monotonic() + seconds, 0
    while time.monotonic() < end and len(resting) < len(targets):
        for target in targets:
            if target in resting or time.monotonic() >= end:
                continue
            found = trial(target, target.share * ROUND, random.getrandbits(63))
            count += target.share * ROUND
            if found is not None:
                data, what = found
                traceback.print_exception(what)
                print(f"{target.name}: found and kept as {keep(target.name, data)}", file=sys.stderr)
                resting.append(target)
    print(f"{count} inputs to {len(targets)} targets, {len(resting)} with something found")
    return len(resting)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.campaign", description=__doc__)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("targets", nargs="*", help=", ".join(TARGETS))
    wanted = parser.parse_args()
    unknown = set(wanted.targets) - set(TARGETS)
    if unknown:
        parser.error(f"no such target: {', '.join(sorted(unknown))}")
    try:
        return min(1, campaign([TARGETS[name] for name in wanted.targets or TARGETS], wanted.seconds))
    finally:
        LODGER.close()


if __name__ == "__main__":
    sys.exit(main())
