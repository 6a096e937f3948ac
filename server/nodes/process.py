"""A media node as a process: launched in a session of its own, so that it outlives us, and watched by pidfd."""

import asyncio
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]
_LOG_LIMIT = 5_000_000
"""Bytes of a node's log after which a new one is begun at the next launch; one old log is kept."""


@dataclass(frozen=True, slots=True)
class Order:
    """How a node is to be started."""

    name: str
    socket: Path
    log: Path
    recordings: Path
    udp_ports: tuple[int, int]
    listen: tuple[str, ...] = ()
    announce: str = ""
    orphan_minutes: int = 30
    capacity: int = 12
    packet_path: str = "fast"

    def command(self) -> list[str]:
        first, last = self.udp_ports
        return [
            *(sys.executable, "-m", "media"),
            *("--socket", str(self.socket)),
            *("--name", self.name),
            *("--udp-ports", f"{first}-{last}"),
            *(("--listen", ",".join(self.listen)) if self.listen else ()),
            *(("--announce", self.announce) if self.announce else ()),
            *("--recordings", str(self.recordings)),
            *("--orphan-minutes", str(self.orphan_minutes)),
            *("--capacity", str(self.capacity)),
            *("--packet-path", self.packet_path),
        ]


def launch(order: Order) -> int:
    """Starts the node and returns its process id.

    `posix_spawn` and not a subprocess object: nothing of ours may end a node when the server ends.
    """
    order.socket.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    order.recordings.mkdir(parents=True, exist_ok=True)
    order.log.parent.mkdir(parents=True, exist_ok=True)
    order.socket.unlink(missing_ok=True)
    if order.log.exists() and order.log.stat().st_size > _LOG_LIMIT:
        order.log.replace(order.log.with_suffix(".log.1"))
    path = os.pathsep.join(part for part in (str(_ROOT), os.environ.get("PYTHONPATH", "")) if part)
    # A node knows no names, no links and no database, so it is given no secrets either.
    private = ("TURN_SECRET", "DATABASE_URL")
    environment = {name: value for name, value in os.environ.items() if name not in private}
    return os.posix_spawn(
        sys.executable,
        order.command(),
        {**environment, "PYTHONPATH": path},
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, str(order.log), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600),
            (os.POSIX_SPAWN_DUP2, 1, 2),
        ],
        setsid=True,
        setsigmask=(),
        setsigdef=(signal.SIGINT, signal.SIGTERM),
    )


class Process:
    """A node's process, ours or adopted. `dead` is set when it has ended, where the system can tell."""

    def __init__(self, pid: int, descriptor: int | None) -> None:
        self.pid = pid
        self.dead = asyncio.Event()
        self._descriptor = descriptor

    def kill(self) -> None:
        """Ends it at once; by its pidfd, so that nobody else can be hit."""
        try:
            if self._descriptor is not None:
                signal.pidfd_send_signal(self._descriptor, signal.SIGKILL)
            else:
                os.kill(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            self.dead.set()


@contextmanager
def watched(pid: int) -> Iterator[Process]:
    """The process with its death watched; a child of ours is also reaped."""
    loop = asyncio.get_running_loop()
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        process = Process(pid, None)
        process.dead.set()
        yield process
        return
    except OSError:
        # No pidfd on this kernel: the end of /v1/events tells instead.
        yield Process(pid, None)
        return
    process = Process(pid, descriptor)

    def ended() -> None:
        loop.remove_reader(descriptor)
        reap(pid)
        process.dead.set()

    loop.add_reader(descriptor, ended)
    try:
        yield process
    finally:
        loop.remove_reader(descriptor)
        os.close(descriptor)


def reap(pid: int) -> bool:
    """Whether a child of ours has ended (and is no zombie now). False for those that are not our children."""
    try:
        return os.waitpid(pid, os.WNOHANG)[0] == pid
    except ChildProcessError:
        return False


def node_at(socket: Path) -> int | None:
    """The process that the pid file beside the socket names, if it lives and is indeed that node."""
    try:
        pid = int(socket.with_name(socket.name + ".pid").read_text().strip())
        arguments = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except (OSError, ValueError):
        return None
    return pid if b"media" in arguments and str(socket).encode() in arguments else None
