"""The settings of a media node: one frozen object, read once from the command line."""

import argparse
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class NodeSettings:
    """`ports` are UDP ports of connections, `listen` the addresses they bind, `announce` the one behind NAT."""

    socket: Path
    name: str
    ports: range
    listen: tuple[str, ...]
    announce: str | None
    recordings: Path
    capacity: int
    orphan_seconds: float
    packet_path: str = "fast"


def _ports(text: str) -> range:
    first, _, last = text.partition("-")
    ports = range(int(first), int(last or first) + 1)
    if not ports or not 0 < ports.start < ports.stop <= 65536:
        raise argparse.ArgumentTypeError("a range like 40000-40999 is needed")
    return ports


def _addresses(text: str) -> tuple[str, ...]:
    """`auto` stands for the machine's own addresses."""
    from .seams import machine_addresses

    found: list[str] = []
    for part in text.split(","):
        names = machine_addresses() if part.strip() == "auto" else [str(ipaddress.ip_address(part.strip()))]
        found += [name for name in names if name not in found]
    return tuple(found)


def read_settings(arguments: Sequence[str] | None = None) -> NodeSettings:
    """Settings from the command line; exits with a message that names what is wrong."""
    parser = argparse.ArgumentParser(prog="python -m media", description="A media node of the exam room.")
    parser.add_argument("--socket", type=Path, required=True, help="Unix socket of the control API")
    parser.add_argument("--name", default="node-1")
    parser.add_argument("--udp-ports", type=_ports, default=range(40000, 41000), help="e.g. 40000-40999")
    parser.add_argument("--listen", type=_addresses, default=None, help="addresses, comma separated, or auto")
    parser.add_argument("--announce", default="", help="public address behind NAT")
    parser.add_argument("--recordings", type=Path, required=True)
    parser.add_argument("--capacity", type=int, default=12, help="conferences this node takes at most")
    parser.add_argument(
        "--orphan-minutes", type=float, default=30, help="how long it goes on without a server"
    )
    parser.add_argument(
        "--packet-path",
        choices=["fast", "plain"],
        default="fast",
        help="plain: by the libraries' own calls alone",
    )
    values = parser.parse_args(arguments)
    announce = str(ipaddress.ip_address(values.announce)) if values.announce else None
    return NodeSettings(
        socket=values.socket,
        name=values.name,
        ports=values.udp_ports,
        listen=values.listen or _addresses("auto"),
        announce=announce,
        recordings=values.recordings,
        capacity=values.capacity,
        orphan_seconds=values.orphan_minutes * 60,
        packet_path=values.packet_path,
    )
