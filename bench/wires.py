"""A pupil's network of its own: namespaces joined by virtual cables, with a router between that can fall silent.

    host  10.77.x.1 ── 10.77.x.2  router  10.77.x+1.1 ── 10.77.x+1.2  pupil

Linux, root and `ip` (iproute2) are needed. Other than a relay of datagrams it cuts everything, the page's WebSocket
too, and the pupil's own address can change as it does from Wi-Fi to the telephone's network.
"""

import contextlib
import os
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Self


class CannotWire(Exception):
    """What is missing for namespaces."""


def _ip(*arguments: str) -> None:
    done = subprocess.run(["ip", *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise CannotWire(f"ip {' '.join(arguments)}: {done.stderr.strip()}")


class Wires:
    """The network, for the time of a `with`. `host` is this side's address, `executable` starts a program in it."""

    def __init__(self, folder: Path) -> None:
        number = os.getpid() % 120
        self.host = f"10.77.{2 * number}.1"
        self._outer = f"10.77.{2 * number}"
        self._inner = f"10.77.{2 * number + 1}"
        self._router, self._pupil = f"exam-router-{number}", f"exam-pupil-{number}"
        self._names = f"exr{number}", f"exp{number}"
        self._folder = folder
        self._address = f"{self._inner}.2"
        self._made: list[tuple[str, ...]] = []  # what undoes what was made

    @property
    def environment(self) -> dict[str, str]:
        """Of a service that the pupil can reach; `{port}` is filled in by `bench.exam.Service`."""
        return {"HOST": self.host, "PUBLIC_URL": f"http://{self.host}:{{port}}", "MEDIA_LISTEN": self.host}

    def __enter__(self) -> Self:
        if os.geteuid():
            raise CannotWire("root is needed for network namespaces")
        try:
            self._wire()
        except BaseException:
            self._unwire()
            raise
        return self

    def _wire(self) -> None:
        to_router, to_pupil = self._names
        for name in (self._router, self._pupil):
            _ip("netns", "add", name)
            self._made.append(("netns", "del", name))
            _ip("-n", name, "link", "set", "lo", "up")
        _ip("link", "add", to_router, "type", "veth", "peer", "name", "outside", "netns", self._router)
        _ip(
            "-n",
            self._router,
            "link",
            "add",
            to_pupil,
            "type",
            "veth",
            "peer",
            "name",
            "home",
            "netns",
            self._pupil,
        )
        _ip("addr", "add", f"{self.host}/24", "dev", to_router)
        _ip("link", "set", to_router, "up")
        _ip("-n", self._router, "addr", "add", f"{self._outer}.2/24", "dev", "outside")
        _ip("-n", self._router, "link", "set", "outside", "up")
        _ip("-n", self._router, "addr", "add", f"{self._inner}.1/24", "dev", to_pupil)
        _ip("-n", self._router, "link", "set", to_pupil, "up")
        _ip("route", "add", f"{self._inner}.0/24", "via", f"{self._outer}.2")
        _ip("-n", self._pupil, "link", "set", "home", "up")
        self._dwell(self._address)
        self.cut(False)

    def _dwell(self, address: str) -> None:
        _ip("-n", self._pupil, "addr", "add", f"{address}/24", "dev", "home")
        _ip("-n", self._pupil, "route", "replace", "default", "via", f"{self._inner}.1")

    def cut(self, cut: bool = True) -> None:
        """The router passes nothing on, and says nothing about it."""
        order = f"echo {int(not cut)} > /proc/sys/net/ipv4/ip_forward"
        _ip("netns", "exec", self._router, "sh", "-c", order)

    def move(self) -> None:
        """The pupil comes to another address."""
        before, last = self._address, int(self._address.rpartition(".")[2])
        self._address = f"{self._inner}.{last + 1}"
        _ip("-n", self._pupil, "addr", "del", f"{before}/24", "dev", "home")
        self._dwell(self._address)

    def executable(self, program: str) -> Path:
        """A program that runs in the pupil's network."""
        script = self._folder / "at-the-pupils"
        script.write_text(f'#!/bin/sh\nexec ip netns exec {self._pupil} {program} "$@"\n')
        script.chmod(0o755)
        return script

    def _unwire(self) -> None:
        while self._made:
            with contextlib.suppress(CannotWire):
                _ip(*self._made.pop())

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._unwire()
