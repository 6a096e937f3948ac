"""`python -m server.stop`: ends the media nodes of this DATA_DIR that a stopped or killed server left talking.

A node is asked to close its files first; one that does not answer is told by signal.
"""

import asyncio
import contextlib
import os
import signal
import sys
from pathlib import Path

from server.errors import ExamError
from server.nodes import process
from server.nodes.client import NodeClient
from server.settings import SettingsProblem, from_environment

CLOSING_SECONDS = 10.0
STEP_SECONDS = 0.1


async def stop(socket: Path) -> str:
    """Ends one node. Returns what there is to say about it, in Russian; empty where there was none."""
    pid = process.node_at(socket)
    if pid is None:
        return ""
    name = socket.stem
    with contextlib.suppress(ExamError):
        # Its own epoch, so that it obeys whichever server it obeyed last.
        async with NodeClient(socket, 0) as anonymous:
            epoch = (await anonymous.report()).epoch
        async with NodeClient(socket, epoch) as client:
            await client.shutdown()
        if await _gone(socket, pid):
            return f"{name}: остановлен, файлы закрыты"
    for attempt in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, attempt)
        if await _gone(socket, pid):
            return f"{name}: остановлен сигналом {attempt.name}"
    return f"{name}: процесс {pid} не останавливается"


async def _gone(socket: Path, pid: int) -> bool:
    """Waits for the process to end; the socket tells it from a later one with the same number."""
    for _ in range(int(CLOSING_SECONDS / STEP_SECONDS)):
        if not _alive(socket, pid):
            return True
        await asyncio.sleep(STEP_SECONDS)
    return False


def _alive(socket: Path, pid: int) -> bool:
    try:
        arguments = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    return str(socket).encode() in arguments


async def stop_all(run_dir: Path) -> list[str]:
    sockets = sorted(Path(str(found).removesuffix(".pid")) for found in run_dir.glob("*.sock.pid"))
    return [said for said in await asyncio.gather(*map(stop, sockets)) if said]


def main() -> int:
    try:
        settings = from_environment()
    except SettingsProblem as error:
        print(error, file=sys.stderr)
        return 1
    said = asyncio.run(stop_all(settings.run_dir))
    print("\n".join(said) if said else f"В {settings.data_dir} медиаузлы не работают.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
