"""An hour of coming and going on one media node: its memory stays flat, and nothing is left when all have gone.

`python -m bench.soak --json` prints one object and ends with status 1 unless its `ok` is true. One node with all that
production has (recorder, live check, event listener) serves `--rooms` rooms. Voices have `--voice` of their full rate,
pictures `--video` of theirs. `bench/unrest.py` has what happens: conferences and interviews begin and end, connections
are made, replaced, closed and left without a word, offers come to nothing, datagrams mean nothing, servers take over
from each other. A run lasts until each has happened, however short `--minutes` are. Recordings are deleted when their
interview has ended.

`ok` is that all of these hold:
- `slope_mib_per_hour`: least-squares slope of resident memory, of the node and of its live check, after `--warm`
  minutes, is at most `--most-slope`. `second_half` is the same of the later half of the run, for comparison.
- `left_over`: event-loop tasks, files, sockets, threads of the node (`GET /v1/usage`), child processes and
  conferences, more than before the first conference, a minute after the last at the latest: nothing.
- `voices`: of the voices that nothing was happening to, no packet was `lost` or is `missing` (Voices in
  bench/unrest.py), nor of those `recorded`.
- `log`: no traceback in the node's log; `exit_status` of the node is 0.

`cpu` is the share of one core, `late_ms` the most that a packet of the load went out too late, `events` how many of
which kind the listener got, `samples` one entry a minute.
"""

import argparse
import asyncio
import contextlib
import json
import math
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import aiohttp
import psutil

from bench.endpoint import identity
from bench.figures import interruptible, say
from bench.load import CAMERA, SCREEN, VOICE, Load, Room, Shape, key_frame
from bench.servers import Ours
from bench.unrest import House

EVERY = 10.0  # seconds between two samples
LEFT_WITHIN = 60  # seconds after the last has gone
COUNTED = ("tasks", "files", "sockets", "threads", "children", "conferences")
HOST = "127.0.0.1"


class Soaked(Ours):
    """Our node; its events are counted.

    Commands that a new server has overtaken are given again, and conferences that it is too late to take come later.
    """

    def __init__(self, *common: Any) -> None:
        super().__init__(*common, recorder=True)
        self.events: Counter[str] = Counter()
        self.rooms = [Room()]
        self._key = key_frame(160, 90)

    def heard(self, event: str) -> None:
        told = json.loads(event)
        self.events[" ".join((told["event"], str(told.get("alarm") or told.get("state") or ""))).strip()] += 1

    async def call(self, method: str, path: str, body: object = None) -> Any:
        while True:
            try:
                return await super().call(method, path, body)
            except RuntimeError as error:
                if "'full'" in str(error):
                    self.events["full"] += 1
                    await asyncio.sleep(1.0)
                elif "stale_epoch" not in str(error):
                    raise

    async def renew(self) -> None:
        """The same client as in the beginning, without the connections that it kept for further calls."""
        await self.deafen()
        await self.http.close()
        self.attach()

    async def usage(self) -> dict[str, Any]:
        """What the node takes, and how many children and conferences it has; asked by a client of its own."""
        connector = aiohttp.UnixConnector(str(self.folder / "node.sock"), force_close=True)
        async with aiohttp.ClientSession(connector=connector, base_url="http://node") as http:
            async with http.get("/v1/usage") as reply:
                found: dict[str, Any] = await reply.json()
            async with http.get("/v1") as reply:
                found["conferences"] = len((await reply.json())["conferences"])
        children = self.pids()[1:]
        found["children"] = len(children)
        found["live_check_mib"] = found["live_check_seconds"] = 0.0
        with contextlib.suppress(psutil.NoSuchProcess):
            for process in map(psutil.Process, children):
                times = process.cpu_times()
                found["live_check_mib"] += round(process.memory_info().rss / (1 << 20), 3)
                found["live_check_seconds"] += times.user + times.system
        return found

    @property
    def exit_status(self) -> int | None:
        return self._process.poll() if self._process is not None else None

    def log(self) -> str:
        return (self.folder / "log").read_text(errors="replace")


@dataclass(slots=True)
class Watch:
    """The samples of a run. Each has `at`, seconds since the beginning."""

    started: float
    samples: list[dict[str, Any]] = field(default_factory=list)

    async def take(self, server: Soaked) -> dict[str, Any]:
        found = await server.usage()
        found["at"] = time.monotonic() - self.started
        found["own_seconds"] = time.process_time()
        found["recordings_mib"] = await asyncio.to_thread(size_mib, server.folder / "recordings")
        self.samples.append(found)
        return found

    def slope(self, name: str, since: float) -> float | None:
        """MiB an hour from `since` on; None of fewer than three samples."""
        return slope([(each["at"] / 3600, each[name]) for each in self.samples if each["at"] >= since])

    def series(self) -> list[dict[str, Any]]:
        """One sample a minute, and the last."""
        kept, due = [], 0.0
        for each in self.samples:
            if each["at"] >= due or each is self.samples[-1]:
                kept.append(each)
                due = each["at"] + 60 - EVERY / 2
        return [
            {
                "minute": round(each["at"] / 60, 1),
                "rss_mib": round(each["rss_mib"], 1),
                "live_check_mib": round(each["live_check_mib"], 1),
                **{name: each[name] for name in ("tasks", "files", "sockets", "threads", "conferences")},
                "recordings_mib": round(each["recordings_mib"], 1),
            }
            for each in kept
        ]


def slope(points: Sequence[tuple[float, float]]) -> float | None:
    """The least-squares slope of y over x; None of fewer than three points."""
    if len(points) < 3:
        return None
    middle_x = sum(x for x, _ in points) / len(points)
    middle_y = sum(y for _, y in points) / len(points)
    spread = sum((x - middle_x) ** 2 for x, _ in points)
    return sum((x - middle_x) * (y - middle_y) for x, y in points) / spread if spread else None


def size_mib(folder: Path) -> float:
    total = 0
    for path in folder.rglob("*"):
        with contextlib.suppress(FileNotFoundError):
            total += path.stat().st_size
    return total / (1 << 20)


def left_over(before: dict[str, Any], after: dict[str, Any]) -> dict[str, int]:
    """What there is more of than before."""
    more = {name: (after[name] or 0) - (before[name] or 0) for name in COUNTED}
    return {name: count for name, count in more.items() if count > 0}


def shapes(voice: float, video: float) -> dict[str, Shape]:
    """What seats send: of voices and pictures these parts of the frames."""
    return {
        "voice": replace(VOICE, frames=VOICE.frames * voice),
        "camera": replace(CAMERA, frames=CAMERA.frames * video),
        "screen": replace(SCREEN, frames=SCREEN.frames * video),
    }


@contextlib.asynccontextmanager
async def running(server: Soaked) -> AsyncIterator[None]:
    try:
        await server.start()
        yield
    finally:
        await server.stop()


async def soak(house: House, server: Soaked, watch: Watch, options: argparse.Namespace) -> None:
    """All rooms from beginning to end."""
    seconds = options.minutes * 60
    every = min(EVERY, seconds / 20)

    async def watching() -> None:
        for n in range(1, math.ceil(seconds / every)):
            await asyncio.sleep(max(0.0, watch.started + n * every - time.monotonic()))
            server.check()
            found = await watch.take(server)
            if n % max(1, round(60 / every)) == 0:
                say(f"{n * every / 60:.0f} min, {found['rss_mib']:.1f} MiB, {house.counts['joins']} joins")
        await asyncio.sleep(max(0.0, watch.started + seconds - time.monotonic()))
        await house.everything.wait()
        house.ending.set()

    async with asyncio.TaskGroup() as group:
        group.create_task(watching())
        group.create_task(house.new_servers(min(60.0, seconds / 4)))
        for number in range(options.rooms):
            group.create_task(house.room(number + 1))


async def all_gone(server: Soaked, before: dict[str, Any]) -> dict[str, int]:
    """What is left over in the end."""
    await server.renew()
    left: dict[str, int] = {}
    for _ in range(LEFT_WITHIN):
        left = left_over(before, await server.usage())
        if not left:
            break
        await asyncio.sleep(1.0)
    return left


async def measure(options: argparse.Namespace) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder, Load() as load:
        server = Soaked(Path(folder) / "node", HOST, None, identity("gcm"), load)
        async with running(server):
            sent = shapes(options.voice, options.video)
            house = House(server, load, sent, options.interview, random.Random(options.seed))
            watch = Watch(time.monotonic())
            before = await watch.take(server)
            await soak(house, server, watch, options)
            after = await watch.take(server)
            left = await all_gone(server, before)
        return result(options, house, server, watch, (before, after), left)


def result(
    options: argparse.Namespace,
    house: House,
    server: Soaked,
    watch: Watch,
    ends: tuple[dict[str, Any], dict[str, Any]],
    left: dict[str, int],
) -> dict[str, Any]:
    before, after = ends
    seconds = after["at"] - before["at"]
    warm = options.warm * 60 if options.warm is not None else seconds / 6
    slopes = {
        name: {"after_warm_up": watch.slope(key, warm), "second_half": watch.slope(key, seconds / 2)}
        for name, key in (("node", "rss_mib"), ("live_check", "live_check_mib"))
    }
    voices, tape, log = house.voices, house.tape, server.log()
    found = {
        "minutes": round(seconds / 60, 1),
        "rooms": options.rooms,
        "slope_mib_per_hour": {
            name: {part: round(value, 2) if value is not None else None for part, value in each.items()}
            for name, each in slopes.items()
        },
        "most_slope": options.most_slope,
        "rss_mib": {
            "start": before["rss_mib"],
            "most": max(each["rss_mib"] for each in watch.samples),
            "end": after["rss_mib"],
        },
        "left_over": left,
        "voices": {"packets": voices.packets, "lost": voices.lost, "missing": voices.missing},
        "recorded": {"files": tape.files, "mib": round(tape.octets / (1 << 20), 1), "voices_lost": tape.lost},
        "log": {"tracebacks": log.count("Traceback"), "errors": log.count(" ERROR ")},
        "exit_status": server.exit_status,
        "cpu": {
            name: round((after[key] - before[key]) / seconds, 3)
            for name, key in (
                ("node", "cpu_seconds"),
                ("live_check", "live_check_seconds"),
                ("load", "own_seconds"),
            )
        },
        "late_ms": round(max(house.late, house.load.late) * 1000, 1),
        "counts": dict(sorted(house.counts.items())),
        "events": dict(sorted(server.events.items())),
        "samples": watch.series(),
    }
    steep = any((each["after_warm_up"] or 0.0) > options.most_slope for each in slopes.values())
    lost = voices.lost + voices.missing + tape.lost
    well = not (steep or left or lost or found["log"]["tracebacks"] or server.exit_status)
    return {"ok": well and voices.packets > 0, **found}


def arguments(words: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.soak", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print the result as one JSON object")
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--rooms", type=int, default=10)
    parser.add_argument("--interview", type=float, default=40.0, help="length of an interview, seconds")
    parser.add_argument("--voice", type=float, default=1.0, help="part of the frames of voices")
    parser.add_argument("--video", type=float, default=0.1, help="part of the frames of camera and screen")
    parser.add_argument(
        "--warm", type=float, default=None, help="minutes that do not count; a sixth of the run"
    )
    parser.add_argument("--most-slope", type=float, default=2.0, help="MiB an hour that memory may grow")
    parser.add_argument("--seed", type=int, default=1, help="of what happens when")
    return parser.parse_args(words)


def main() -> None:
    options = arguments()
    found = asyncio.run(interruptible(measure(options)))
    if options.json:
        print(json.dumps(found))
    else:
        for each in found.pop("samples"):
            print(json.dumps(each))
        print(json.dumps(found))
    sys.exit(0 if found["ok"] else 1)


if __name__ == "__main__":
    main()
