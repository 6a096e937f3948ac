"""What forwarding costs: processor time per packet, delay added, loss, memory, and rooms that fit on one core.

`python -m bench.forwarding --json` prints one object. Each room has a participant (voice, camera), an examiner (voice,
camera, screen), an expert who gets all five, and a dozen waiting seats. The servers run on one core, the load on
another. Our node, Janus (Debian's package, where it is installed) and our node with the recorder take turns window by
window.

`cpu_us_per_packet` is user and system time of the server and all its children over the packets that the receivers
counted, `latency_ms` from before sending to the kernel's time of arrival. Windows are discarded in which an idle thread
stalled for more than 10 ms or the load fell behind; a run with fewer than five others shows the least disturbed ones,
and its `undisturbed` is false. `rooms_per_core` is found by steps: no packet lost, p99 of the voices below 50 ms;
`rooms_per_core_limit` says what ended the search: the server, the load itself, or `--most`.
"""

import argparse
import asyncio
import contextlib
import gc
import json
import os
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psutil

from bench.endpoint import SUITES, Identity, Inlet, identity
from bench.figures import interruptible, say
from bench.janus import Janus, janus_installed
from bench.load import Load
from bench.servers import ROOT, Ours, Server, processor_seconds
from bench.windows import LATE, LEAST, Idle, Window, chosen, greatest, median_ratio, percentile
from media.seams import machine_addresses

WARM = 1.0  # seconds of load before a window
QUIET = 0.3  # and without an arrival after it: what is under way must not count for the next one
DRAIN = 5.0  # seconds at most until then
VOICE_LIMIT = 50.0  # ms; p99 of a voice beyond which a server is not keeping up


class Bench:
    """The bench's own parts: cores, load, idle threads, and a folder."""

    def __init__(self, folder: Path, load: Load, idle: Idle, who: Identity, core: int, waiting: int) -> None:
        self.folder = folder
        self.load = load
        self.idle = idle
        self.discarded = 0
        self._who = who
        self._core = core
        self._waiting = waiting
        self._count = 0
        addresses = [address for address in machine_addresses() if ":" not in address]
        self._host = addresses[0] if addresses else "127.0.0.1"  # Janus skips the loopback address

    def server(self, name: str, recorder: bool) -> Server:
        self._count += 1
        common = (self.folder / f"{self._count}-{name}", self._host, self._core, self._who, self.load)
        if name == "janus":
            return Janus(*common, waiting=self._waiting)
        return Ours(*common, recorder=recorder, waiting=self._waiting)

    async def window(self, server: Server, rooms: int, seconds: float, *, search: bool = False) -> Window:
        """One window: load the server's first rooms, and it alone."""
        active = server.rooms[:rooms]
        outlets = [outlet for room in active for outlet in room.outlets]
        inlets = [inlet for room in active for inlet in room.inlets]
        sent = sum(outlet.packets * outlet.listeners for outlet in outlets)
        came = sum(inlet.packets for inlet in inlets)
        self.load.play(outlets, WARM + seconds)
        await asyncio.sleep(WARM)
        for inlet in inlets:
            inlet.delays.clear()
        self.idle.longest()
        pids = server.pids()
        packets, cpu = sum(inlet.packets for inlet in inlets), processor_seconds(pids)
        await asyncio.sleep(seconds - 0.05)
        packets, cpu = sum(inlet.packets for inlet in inlets) - packets, processor_seconds(pids) - cpu
        stall, late = self.idle.longest(), self.load.late
        delays = {
            kind: [delay / 1e6 for inlet in inlets if inlet.kind == kind for delay in inlet.delays]
            for kind in ("audio", "video")
        }
        await self._drained(inlets)
        self.load.check()
        sent = sum(outlet.packets * outlet.listeners for outlet in outlets) - sent
        came = sum(inlet.packets for inlet in inlets) - came
        result = Window(packets, cpu, sent, sent - came, delays, stall, late)
        if not search and not result.kept:
            self.discarded += 1
        return result

    @staticmethod
    async def _drained(inlets: Sequence[Inlet]) -> None:
        end, before = time.monotonic() + DRAIN, -1
        while before != (came := sum(inlet.packets for inlet in inlets)) and time.monotonic() < end:
            before = came
            await asyncio.sleep(QUIET)


def memory(server: Server) -> float:
    """Resident MiB of a server and its children."""
    return float(sum(psutil.Process(pid).memory_info().rss for pid in server.pids())) / (1 << 20)


def latency(windows: Sequence[Window], kind: str) -> dict[str, float] | None:
    """Medians of the windows' percentiles."""
    each = [window.delays[kind] for window in windows if window.delays.get(kind)]
    if not each:
        return None
    return {
        f"p{part}": round(statistics.median(percentile(values, part) for values in each), 3)
        for part in (50, 99)
    }


def run(server: Server, rooms: int, windows: Sequence[Window], mib: float) -> dict[str, Any]:
    """One entry of `runs`."""
    taken = chosen(windows)
    each = [window.cpu_us_per_packet for window in taken]
    return {
        "server": server.name,
        "rooms": rooms,
        "recorder": server.recorder,
        "cpu_us_per_packet": round(statistics.median(each), 2) if each else None,
        "cpu_us_range": [round(min(each), 2), round(max(each), 2)] if each else None,
        "latency_ms": {"voice": latency(taken, "audio"), "video": latency(taken, "video")},
        "loss": round(sum(w.lost for w in taken) / max(1, sum(w.sent for w in taken)), 6),
        "mib_per_room": round(mib, 2),
        "rooms_per_core": None,
        "windows": len(windows),
        "undisturbed": len(taken) >= LEAST and all(window.kept for window in taken),
        "longest_stall_ms": round(max((w.stall for w in taken), default=0.0) * 1000, 1),
        "longest_late_ms": round(max((w.late for w in taken), default=0.0) * 1000, 1),
    }


async def compare(
    bench: Bench, kinds: Sequence[tuple[str, bool]], rooms: int, windows: int, seconds: float
) -> tuple[list[dict[str, Any]], float | None]:
    """All servers with as many rooms, window by window in turn; also ours to Janus, without the recorder."""
    servers: list[Server] = []
    try:
        empty: list[float] = []
        for name, recorder in kinds:
            servers.append(bench.server(name, recorder))
            await servers[-1].start()
            empty.append(memory(servers[-1]))
        for server in servers:
            say(f"{rooms} rooms: {server.name}{' with recorder' if server.recorder else ''}")
            await server.add(rooms)
            await bench.window(server, rooms, 1.0, search=True)  # key frames, caches
        found: list[list[Window]] = [[] for _ in servers]
        for _ in range(3 * windows):
            order = list(range(len(servers)))
            for index in order if len(found[0]) % 2 == 0 else reversed(order):
                found[index].append(await bench.window(servers[index], rooms, seconds))
            if all(sum(w.kept for w in each) >= windows for each in found):
                break
        grown = [(memory(server) - before) / rooms for server, before in zip(servers, empty, strict=True)]
        runs = [run(*each) for each in zip(servers, [rooms] * len(servers), found, grown, strict=True)]
        by_kind = dict(zip(kinds, found, strict=True))
        theirs = by_kind.get(("janus", False))
        ratio = median_ratio(zip(by_kind["ours", False], theirs, strict=True)) if theirs else None
        return runs, ratio
    finally:
        for server in servers:
            await server.stop()


async def most_rooms(bench: Bench, name: str, recorder: bool, step: int, most: int) -> tuple[int, str]:
    """The most rooms without loss, and what ended the search."""
    server = bench.server(name, recorder)
    limits: list[str] = []

    async def good(rooms: int) -> bool:
        await server.add(max(0, rooms - len(server.rooms)))
        for _ in range(3):  # a stall of the machine must fail three times to count
            await asyncio.sleep(0.5)
            window = await bench.window(server, rooms, 2.0, search=True)
            voice = window.delays.get("audio")
            slow = not voice or percentile(voice, 99) > VOICE_LIMIT
            say(
                f"{name} {rooms} rooms: lost {window.lost} of {window.sent}, {window.cpu / 1.95:.0%} of a core"
            )
            if window.lost <= 0 and not slow:
                return True
            limits.append("load" if window.late > LATE and window.cpu < 1.6 else "server")
        return False

    try:
        await server.start()
        reached = await greatest(good, step, most)
        return reached, limits[-1] if reached < most and limits else "most"
    finally:
        await server.stop()


async def measure(options: argparse.Namespace) -> dict[str, Any]:
    cores = sorted(os.sched_getaffinity(0))
    core, own = cores[0], cores[-1]
    os.sched_setaffinity(0, {own})
    kinds = [("ours", False)]
    if "janus" in options.servers and janus_installed():
        kinds.append(("janus", False))
    if "recorder" in options.servers:
        kinds.append(("ours", True))
    who = identity(options.suite)
    with tempfile.TemporaryDirectory() as folder, Idle(sorted({core, own})) as idle, Load() as load:
        bench = Bench(Path(folder), load, idle, who, core, options.waiting)
        runs: list[dict[str, Any]] = []
        ratios: dict[int, float | None] = {}
        for rooms in options.rooms:
            more, ratios[rooms] = await compare(bench, kinds, rooms, options.windows, options.seconds)
            runs += more
        for name, recorder in kinds if options.most else []:
            rooms, limit = await most_rooms(bench, name, recorder, options.step, options.most)
            for each in runs:
                if (each["server"], each["recorder"]) == (name, recorder):
                    each |= {"rooms_per_core": rooms, "rooms_per_core_limit": limit}
        known = {rooms: ratio for rooms, ratio in ratios.items() if ratio is not None}
        ratio = known.get(8, known[max(known)] if known else None)
        return {
            "runs": runs,
            "ratio_to_janus": round(ratio, 3) if ratio is not None else None,
            "ratios": {str(rooms): round(ratio, 3) for rooms, ratio in known.items()},
            "windows_discarded": bench.discarded,
            "suite": SUITES[options.suite][0].decode(),
            "waiting_seats": options.waiting,
            "cores": {"server": core, "load": own},
        }


def be_nice(value: int) -> None:
    """Take a priority for this process and those it starts; where Linux groups by session, for the group as well."""
    if value:
        os.nice(value)
        with contextlib.suppress(OSError):
            Path("/proc/self/autogroup").write_text(str(value))


def numbers(text: str) -> list[int]:
    return [int(part) for part in text.split(",")]


HEAD = """# What forwarding costs

Made by `python -m bench.forwarding --markdown`: the server alone on one core, the load on another, {suite}, with
{waiting_seats} waiting seats a room. CPU is user and system time of the server with all its processes over the packets
that the receivers counted; medians of {windows} windows, the servers in turn. Latency is what the server adds, with the
kernel of both ends. A machine that others share doubles the microseconds from one hour to the next: compare within
the table.

Ours to Janus, CPU per packet without the recorder: {ratios}.

| server | rooms | CPU, µs a packet | voice p50 / p99, ms | picture p50 / p99, ms | lost | MiB a room | most rooms |
|---|---|---|---|---|---|---|---|
"""


def markdown(result: dict[str, Any]) -> str:
    """docs/FORWARDING.md."""

    def both(latency: dict[str, float] | None) -> str:
        return f"{latency['p50']:.2f} / {latency['p99']:.2f}" if latency else "–"

    ratios = ", ".join(f"{ratio:.2f} with {rooms} rooms" for rooms, ratio in result["ratios"].items())
    windows = max((each["windows"] for each in result["runs"]), default=0)
    text = HEAD.format(**result | {"ratios": ratios or "–", "windows": windows})
    for each in result["runs"]:
        most = each["rooms_per_core"]
        cells = (
            each["server"] + (", with recorder" if each["recorder"] else ""),
            each["rooms"],
            each["cpu_us_per_packet"],
            both(each["latency_ms"]["voice"]),
            both(each["latency_ms"]["video"]),
            f"{each['loss']:.2%}",
            each["mib_per_room"],
            "–" if most is None else f"{most} ({each['rooms_per_core_limit']})",
        )
        text += "| " + " | ".join(map(str, cells)) + " |\n"
    return text


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.forwarding", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print the result as one JSON object")
    parser.add_argument("--markdown", action="store_true", help="write docs/FORWARDING.md as well")
    parser.add_argument("--rooms", type=numbers, default=[1, 4, 8], help="numbers of rooms, comma separated")
    parser.add_argument("--windows", type=int, default=7, help="undisturbed windows wanted of each server")
    parser.add_argument("--seconds", type=float, default=5.0, help="length of a window")
    parser.add_argument(
        "--most", type=int, default=100, help="where the search for the most rooms ends; 0: none"
    )
    parser.add_argument("--step", type=int, default=8, help="rooms added at once in that search")
    parser.add_argument("--waiting", type=int, default=12, help="waiting seats of a room")
    parser.add_argument(
        "--suite", choices=sorted(SUITES), default="gcm", help="SRTP suite of all connections"
    )
    parser.add_argument("--servers", default="ours,janus,recorder", help="which to compare with ours")
    parser.add_argument(
        "--nice", type=int, default=0, help="of servers and load; below 0 on a busy machine, as root"
    )
    parser.add_argument("--quick", action="store_true", help="few, short windows; figures that prove nothing")
    options = parser.parse_args()
    if options.quick:
        options.rooms, options.windows, options.seconds = [1, 2], 1, 2.0
        options.most = min(options.most, 4)
        options.step = 4
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(65536, hard) if hard > 0 else 65536, hard))
    be_nice(options.nice)
    sys.setswitchinterval(0.0005)
    gc.freeze()
    gc.disable()  # a collection would show as delay
    result = asyncio.run(interruptible(measure(options)))
    if options.markdown:
        (ROOT / "docs" / "FORWARDING.md").write_text(markdown(result), encoding="utf-8")
    if options.json:
        print(json.dumps(result))
        return
    for each in result.pop("runs"):
        print(json.dumps(each))
    print(json.dumps(result))


if __name__ == "__main__":
    main()
