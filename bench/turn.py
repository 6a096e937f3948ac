"""A real coturn on a free loopback port, configured by docker/turnserver.conf.template."""

import contextlib
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from aioice import stun

DOCKER = Path(__file__).resolve().parent.parent / "docker"


@dataclass(frozen=True, slots=True)
class Coturn:
    """Where it listens, and the secret its short-lived passwords are made of."""

    url: str
    port: int
    conf: Path
    secret: str = "a-secret-of-the-test"  # noqa: S105 - made up for this server


def free_port() -> int:
    """A UDP port of the loopback address that is free at this moment."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def coturn(folder: Path) -> Iterator[Coturn]:
    """A server that relays to media nodes at 127.0.0.1; its files lie in `folder`."""
    assert shutil.which("turnserver"), "coturn is missing: make system-packages"
    port = free_port()
    server = Coturn(f"turn:127.0.0.1:{port}", port, folder / "turnserver.conf")
    command = [
        str(DOCKER / "turn-entrypoint.sh"),
        *(f"--listening-port={port}", "--listening-ip=127.0.0.1", "--relay-ip=127.0.0.1"),
        *("--allow-loopback-peers", f"--pidfile={folder}/pid", f"--userdb={folder}/turndb"),
    ]
    env = {
        "PATH": f"{os.environ['PATH']}:/usr/bin:/usr/sbin",
        "TURN_SECRET": server.secret,
        "TURN_REALM": "exam.school.example",
        "MEDIA_ANNOUNCE": "127.0.0.1",
        "TURN_TEMPLATE": str(DOCKER / "turnserver.conf.template"),
        "TURN_CONF": str(server.conf),
    }
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, env=env, cwd=folder, stdout=log, stderr=subprocess.STDOUT)
    try:
        deadline = time.monotonic() + 10
        while not _answers(port):
            assert process.poll() is None, (folder / "log").read_text(errors="replace")
            assert time.monotonic() < deadline, (folder / "log").read_text(errors="replace")
            time.sleep(0.05)
        yield server
    finally:
        process.terminate()
        process.wait(10)


def _answers(port: int) -> bool:
    """Whether a STUN binding request is answered."""
    request = stun.Message(message_method=stun.Method.BINDING, message_class=stun.Class.REQUEST)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.settimeout(0.2)
        try:
            probe.connect(("127.0.0.1", port))
            probe.send(bytes(request))
            return probe.recv(2048)[:2] == b"\x01\x01"
        except OSError:
            return False
