"""The typed messages of the control API between server and node; docs/NODE.md describes it."""

from typing import Annotated, TypeVar

import msgspec

from .layout import LAYOUTS, RECORDER_SEAT, SeatKind

API_VERSION = 1

# \Z and not $, which a line end may follow.
Id = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_-]{1,64}\Z")]
Name = Annotated[str, msgspec.Meta(pattern=r"^[^/\x00]{1,120}\Z")]

Body = TypeVar("Body")


class BadMessage(ValueError):
    """A body that is not JSON, or of another shape; the text names the place."""


class RecordingTarget(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a recording goes: RECORDINGS/`directory`/`stem`_<jack>_part-`part`.mkv."""

    interview: Id
    directory: Id
    stem: Name
    part: Annotated[int, msgspec.Meta(ge=1, le=9999)]


class Desired(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole desired state of a conference."""

    version: Annotated[int, msgspec.Meta(ge=0)]
    seats: dict[Id, SeatKind]
    patches: list[tuple[str, str, str, str]]
    priority: list[str] = []
    recording: RecordingTarget | None = None

    def check(self) -> None:
        """ValueError if a patch names a plug or jack that its seat has not, or a jack twice."""
        jacks: set[tuple[str, str]] = set()
        for source, plug, seat, jack in self.patches:
            try:
                from_kind = LAYOUTS[self.seats[source]].plug(plug).kind
                target = SeatKind.RECORDER if seat == RECORDER_SEAT else self.seats[seat]
                to_kind = LAYOUTS[target].jack(jack).kind
            except KeyError as error:
                raise ValueError(f"no such plug or jack: {source}.{plug} → {seat}.{jack}") from error
            if from_kind != to_kind:
                raise ValueError(f"{plug} is {from_kind}, {jack} is {to_kind}")
            if (seat, jack) in jacks:
                raise ValueError(f"{seat}.{jack} is patched twice")
            jacks.add((seat, jack))


class SeatOffer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An offer of a seat's page; the server has chosen the connection's id."""

    peer: Id
    sdp: str


def decode(data: bytes, kind: type[Body]) -> Body:
    """The message in a request's body. BadMessage for anything else."""
    try:
        return msgspec.json.decode(data, type=kind)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise BadMessage(str(error)) from error
