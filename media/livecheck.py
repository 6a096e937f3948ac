"""The live check: reads a growing recording back from disk and decodes what was just written.

The decoding runs in a process of its own at low priority (`python -m media.livecheck`, JSON lines on stdin and
stdout), so that it can neither stop a packet nor bring the node down.
"""

import asyncio
import contextlib
import io
import json
import logging
import math
import operator
import os
import sys
from array import array
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av

from .alarms import SILENT_DBFS

log = logging.getLogger(__name__)

_CLUSTER = b"\x1f\x43\xb6\x75"
MOST_BYTES = 8 << 20  # read back at once
HEARD_EVERY = 10  # of a voice's packets of 20 ms one in so many is listened to, all over its time
HEARD_RATE = 8000  # Hz at which loudness is measured
NO_PROBING = {"analyzeduration": "0", "probesize": "32"}  # the header says all; frames are decoded once
ENDED = "ended"  # in place of a file's kind: it is not asked about again


@dataclass(slots=True)
class TrackCheck:
    """What the checks of one file found. `grew` and `silent_since` are monotonic seconds."""

    grew: float
    level: float = 0.0
    silent_since: float | None = None
    error: str = ""
    checks: int = 0


class LiveCheck:
    """The node's side: asks the checking process and keeps its latest findings per file."""

    EVERY = 5.0  # seconds between two checks of a file
    AGAIN = 1.0  # seconds before an ended process is started again

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._states: dict[Path, TrackCheck] = {}
        self._process: asyncio.subprocess.Process | None = None
        self._task: asyncio.Task[None] | None = None
        self._asked: set[Path] = set()

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="live check")

    def state(self, path: Path) -> TrackCheck | None:
        return self._states.get(path)

    def ask(self, path: Path, kind: str) -> None:
        """Have a file checked; a check still under way is not asked again."""
        self._states.setdefault(path, TrackCheck(self._now()))
        if self._process is None or path in self._asked:
            return
        self._asked.add(path)
        self._tell({"path": str(path), "kind": kind})

    def forget(self, path: Path) -> None:
        """A file has ended: neither side keeps anything of it."""
        self._asked.discard(path)
        if self._states.pop(path, None) is not None:
            self._tell({"path": str(path), "kind": ENDED})

    def _tell(self, request: dict[str, str]) -> None:
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.write(json.dumps(request).encode() + b"\n")

    async def _run(self) -> None:
        while True:
            self._asked.clear()
            try:
                self._process = await asyncio.create_subprocess_exec(
                    sys.executable,
                    "-m",
                    "media.livecheck",
                    stdin=asyncio.subprocess.PIPE,
                    stdout=asyncio.subprocess.PIPE,
                )
            except OSError as error:
                log.error("x the live check cannot be started: %s", error)
                await asyncio.sleep(self.AGAIN)
                continue
            assert self._process.stdout is not None
            try:
                async for line in self._process.stdout:
                    self._found(json.loads(line))
            except (
                ValueError,
                KeyError,
                TypeError,
            ) as error:  # ValueError: not JSON, or a line without an end
                log.error("x the live check said what it does not say: %s", error)
                self._process.kill()
            log.warning("x the live check ended with %s, starting it again", await self._process.wait())
            await asyncio.sleep(self.AGAIN)

    def _found(self, result: dict[str, Any]) -> None:
        path = Path(result["path"])
        self._asked.discard(path)
        state = self._states.get(path)
        if state is None:
            return
        now = self._now()
        state.checks += 1
        state.error = result["error"]
        if result["bytes"]:
            state.grew = now
        if result["seconds"]:
            state.level = result["level"]
            if state.level > SILENT_DBFS:
                state.silent_since = None
            elif state.silent_since is None:
                state.silent_since = now - result["seconds"]

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        if self._process is not None and self._process.returncode is None:
            assert self._process.stdin is not None
            self._process.stdin.close()
            try:
                await asyncio.wait_for(self._process.wait(), 3)
            except TimeoutError:
                self._process.kill()
                await self._process.wait()


# the checking process


def vint(data: bytes, position: int, *, keep_marker: bool) -> tuple[int, int]:
    """An EBML number and the position after it. IndexError if it is truncated, ValueError if malformed."""
    first = data[position]
    if first == 0:
        raise ValueError("malformed EBML number")
    length = 9 - first.bit_length()
    if position + length > len(data):
        raise IndexError("truncated EBML number")
    value = int.from_bytes(data[position : position + length], "big")
    if not keep_marker:
        value &= (1 << (7 * length)) - 1
        if value == (1 << (7 * length)) - 1:
            value = -1  # unknown size
    return value, position + length


def header_size(data: bytes) -> int:
    """Length of everything before the first cluster; 0 while there is none."""
    return max(0, data.find(_CLUSTER))


def whole_clusters(data: bytes, position: int) -> int:
    """The end of the last whole element of the segment at or after `position`."""
    while position < len(data):
        try:
            _, body = vint(data, position, keep_marker=True)
            size, body = vint(data, body, keep_marker=False)
        except IndexError:
            break
        if size < 0 or body + size > len(data):
            break
        position = body + size
    return position


@dataclass(slots=True)
class _File:
    header: bytes = b""
    offset: int = 0


class Checker:
    """Reads back files as they grow. Pure of the event loop; used by the checking process."""

    def __init__(self) -> None:
        self._files: dict[str, _File] = {}

    def check(self, path: str, kind: str) -> dict[str, Any]:
        """What came to the file since the last check: `bytes`, decoded `seconds`, `level` (dBFS RMS), `error`."""
        result: dict[str, Any] = {
            "path": path,
            "bytes": 0,
            "seconds": 0.0,
            "level": 0.0,
            "frames": 0,
            "error": "",
        }
        try:
            self._check(path, kind, result)
        except Exception as error:  # a broken file is a finding, not a failure of the check
            result["error"] = f"{type(error).__name__}: {error}"
        return result

    def forget(self, path: str) -> None:
        self._files.pop(path, None)

    def _check(self, path: str, kind: str, result: dict[str, Any]) -> None:
        file = self._files.setdefault(path, _File())
        with Path(path).open("rb") as handle:
            if not file.header:
                start = handle.read(65536)
                size = header_size(start)
                if not size:
                    return
                file.header, file.offset = start[:size], size
            handle.seek(file.offset)
            data = handle.read(MOST_BYTES)
        end = whole_clusters(data, 0)
        if not end:
            return
        file.offset += end
        result["bytes"] = end
        opened = io.BytesIO(file.header + data[:end])
        with av.open(opened, "r", format="matroska", options=NO_PROBING) as container:
            if kind == "audio":
                self._audio(container, result)
            else:
                self._video(container, result)

    @staticmethod
    def _audio(container: "av.container.InputContainer", result: dict[str, Any]) -> None:
        stream = container.streams.audio[0]
        resampler = av.AudioResampler(format="s16", layout="mono", rate=HEARD_RATE)
        packets = squares = count = 0
        for packet in container.demux(stream):
            if not packet.size:
                continue
            packets += 1
            if packets % HEARD_EVERY:
                continue
            for frame in stream.codec_context.decode(packet):
                for piece in resampler.resample(frame):
                    samples = array("h", bytes(piece.planes[0])[: piece.samples * 2])
                    squares += sum(map(operator.mul, samples, samples))
                    count += len(samples)
        result["frames"] = packets
        if count:
            result["seconds"] = packets * 0.02
            result["level"] = 10 * math.log10(max(squares / count, 1e-3) / 32768**2)

    @staticmethod
    def _video(container: "av.container.InputContainer", result: dict[str, Any]) -> None:
        stream = container.streams.video[0]
        stream.codec_context.skip_frame = "NONKEY"  # a key frame comes every 4 s; the rest would cost a core
        for _ in container.decode(stream):
            result["frames"] += 1


def main() -> None:
    os.nice(10)
    checker = Checker()
    for line in sys.stdin:
        request = json.loads(line)
        if request["kind"] == ENDED:
            checker.forget(request["path"])
            continue
        print(json.dumps(checker.check(request["path"], request["kind"])), flush=True)


if __name__ == "__main__":
    main()
