"""What every kind of seat sends (plugs) and receives (jacks): data, fixed once for ever.

A connection is negotiated once, with exactly these media sections in this order, plugs first. Who hears whom is a
matter of patches between plugs and jacks, never of a new negotiation.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

Kind = Literal["audio", "video"]


class SeatKind(StrEnum):
    PARTICIPANT = "participant"
    EXAMINER = "examiner"
    EXPERT = "expert"
    OBSERVER = "observer"
    SPECIALIST = "specialist"
    ORGANIZER = "organizer"
    ASSISTANT = "assistant"
    RECORDER = "recorder"


@dataclass(frozen=True, slots=True)
class Plug:
    """Something a seat sends."""

    name: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Jack:
    """Something a seat receives. `person` is the stream id in the answer: browsers lip-sync within one person."""

    name: str
    kind: Kind
    person: str


@dataclass(frozen=True, slots=True)
class Layout:
    plugs: tuple[Plug, ...] = ()
    jacks: tuple[Jack, ...] = ()

    def plug(self, name: str) -> Plug:
        """The plug of that name; KeyError if this kind of seat has none."""
        for plug in self.plugs:
            if plug.name == name:
                return plug
        raise KeyError(name)

    def jack(self, name: str) -> Jack:
        """The jack of that name; KeyError if this kind of seat has none."""
        for jack in self.jacks:
            if jack.name == name:
                return jack
        raise KeyError(name)


RECORDER_SEAT = "recorder"

VOICE = Plug("voice", "audio")
CAMERA = Plug("camera", "video")
SCREEN = Plug("screen", "video")


def _person(person: str) -> tuple[Jack, Jack]:
    return Jack(f"{person}-voice", "audio", person), Jack(f"{person}-camera", "video", person)


_ALL = (
    *_person("participant"),
    *_person("examiner"),
    Jack("examiner-screen", "video", "screen"),
    *_person("third"),
)

LAYOUTS: dict[SeatKind, Layout] = {
    SeatKind.PARTICIPANT: Layout(
        (VOICE, CAMERA), (*_person("staff"), Jack("screen", "video", "screen"), *_person("third"))
    ),
    SeatKind.EXAMINER: Layout((VOICE, CAMERA, SCREEN), (*_person("participant"), *_person("third"))),
    SeatKind.EXPERT: Layout((), _ALL),
    SeatKind.OBSERVER: Layout((), _ALL),
    SeatKind.SPECIALIST: Layout((VOICE,), _person("participant")),
    SeatKind.ORGANIZER: Layout((VOICE, CAMERA), _ALL),
    SeatKind.ASSISTANT: Layout((VOICE, CAMERA), _ALL),
    SeatKind.RECORDER: Layout((), _ALL),
}
