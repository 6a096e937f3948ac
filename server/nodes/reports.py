"""What a media node reports, as the server reads it. The orders it is given are typed in `media.control`."""

from typing import Any

import msgspec

from media.control import Desired


class SeatReport(msgspec.Struct, frozen=True):
    kind: str
    peer: str | None = None
    connected: bool = False


class JackReport(msgspec.Struct, frozen=True):
    """Media packets sent to a jack since it exists; sender reports and STUN are not among them."""

    seat: str
    jack: str
    packets: int
    bytes: int


class FileReport(msgspec.Struct, frozen=True):
    name: str
    packets: int = 0
    bytes: int = 0
    seconds: float = 0.0


class RecordingReport(msgspec.Struct, frozen=True):
    interview: str
    part: int
    files: list[FileReport] = []


class Report(msgspec.Struct, frozen=True):
    """One conference."""

    version: int
    patches: list[tuple[str, str, str, str]]
    seats: dict[str, SeatReport]
    jacks: list[JackReport] = []
    recording: RecordingReport | None = None

    def packets(self) -> dict[str, dict[str, int]]:
        """Media packets by seat and jack, as the journal keeps them."""
        counted: dict[str, dict[str, int]] = {}
        for jack in self.jacks:
            counted.setdefault(jack.seat, {})[jack.jack] = jack.packets
        return counted


class NodeReport(msgspec.Struct, frozen=True):
    """The node itself with all its conferences."""

    api: int
    node: str
    pid: int
    epoch: int
    capacity: int
    conferences: dict[str, Report]


class Answer(msgspec.Struct, frozen=True):
    """The answer to an offer."""

    sdp: str


class NodeError(msgspec.Struct, frozen=True):
    """What a refusing node says."""

    error: str = ""
    detail: Any = None


def same(one: Desired, other: Desired | None) -> bool:
    """Whether both orders ask for the same, whatever their version."""
    return other is not None and msgspec.structs.replace(other, version=one.version) == one
