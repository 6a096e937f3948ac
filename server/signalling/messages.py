"""What a page may send, typed. Unknown types, unknown fields and anything too long are refused here.

The wire is documented in docs/WIRE.md; which kinds of seats may send what is the table in `commands`.
"""

import re
from typing import Annotated, Any, Literal

import msgspec

from server.errors import BadMessage

VERSION = 1
"""The version of the wire. A page of another version reloads itself."""
FRAME_LIMIT = 64 * 1024
"""Bytes of one message."""

_Id = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
_RowId = Annotated[int, msgspec.Meta(ge=1, le=2**53)]
# \Z and not $, which a line end may follow.
_Random = Annotated[str, msgspec.Meta(min_length=8, max_length=64, pattern=r"^[A-Za-z0-9_-]+\Z")]
_Word = Annotated[str, msgspec.Meta(min_length=1, max_length=40, pattern=r"^[a-z_]+\Z")]
_Key = Annotated[str, msgspec.Meta(min_length=1, max_length=40)]
_Value = Annotated[str, msgspec.Meta(max_length=200)]
_Number = Annotated[float, msgspec.Meta(ge=-1e9, le=1e9)]

AlarmKind = Literal["camera_lost", "microphone_lost", "page_hidden", "microphone_muted", "line_poor"]


class Command(msgspec.Struct, forbid_unknown_fields=True, tag_field="type", kw_only=True):
    """Any message of a page; the answer carries its `id` as `re`."""

    id: _Id


class Hello(Command, tag="hello"):
    version: int
    page: _Random
    tab: _Random
    device: _Random | None = None
    peer: _Random | None = None


class Take(Command, tag="take"):
    pass


class Ping(Command, tag="ping"):
    t: Annotated[float, msgspec.Meta(ge=0, le=1e15)]


class Offer(Command, tag="offer"):
    sdp: Annotated[str, msgspec.Meta(min_length=1, max_length=60 * 1024)]
    room: _RowId | None = None


class Screen(msgspec.Struct, frozen=True):
    width: _Number | None = None
    height: _Number | None = None


class StatsData(msgspec.Struct, frozen=True, omit_defaults=True):
    """A page's own measurements. What is not named here is not passed on."""

    rtt_ms: _Number | None = None
    loss: _Number | None = None
    jitter_ms: _Number | None = None
    kbps_up: _Number | None = None
    kbps_down: _Number | None = None
    concealed: _Number | None = None
    hidden: bool | None = None
    screen: Screen | None = None
    network: Annotated[str, msgspec.Meta(max_length=40)] | None = None


class Stats(Command, tag="stats"):
    data: StatsData


class Alarm(Command, tag="alarm"):
    kind: AlarmKind
    on: bool


class Informed(Command, tag="informed"):
    agree: bool


class Devices(Command, tag="devices"):
    camera: _Word
    microphone: _Word
    detail: Annotated[dict[_Key, _Value | _Number | bool | None], msgspec.Meta(max_length=40)] = {}


class Listen(Command, tag="listen"):
    """In a rehearsal: now the person speaks."""


class Join(Command, tag="join"):
    pass


class Help(Command, tag="help"):
    on: bool


class Admit(Command, tag="admit"):
    interview: _RowId | None = None


class SendBack(Command, tag="send_back"):
    pass


class Begin(Command, tag="begin"):
    pass


class Finish(Command, tag="finish"):
    pass


class ShareScreen(Command, tag="screen"):
    on: bool


class NoShow(Command, tag="no_show"):
    interview: _RowId


class Remove(Command, tag="remove"):
    interview: _RowId


class Reverse(Command, tag="reverse"):
    interview: _RowId
    reason: Annotated[str, msgspec.Meta(max_length=500)]


class Say(Command, tag="say"):
    text: Annotated[str, msgspec.Meta(min_length=1, max_length=1000)]
    room: _RowId | None = None


class Call(Command, tag="call"):
    to: Literal["specialist", "organizer", "expert", "examiner"]
    room: _RowId | None = None


class Check(Command, tag="check"):
    interview: _RowId | None


class Verdict(Command, tag="verdict"):
    interview: _RowId
    verdict: Literal["good", "acceptable", "bad"]
    note: Annotated[str, msgspec.Meta(max_length=500)] = ""


class FreeSeat(Command, tag="free_seat"):
    seat: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]


class OwnDevice(Command, tag="own_device"):
    """Whoever opened the link elsewhere is the participant himself."""

    interview: _RowId


class ReplaceLink(Command, tag="replace_link"):
    interview: _RowId


class Enter(Command, tag="enter"):
    room: _RowId


class Leave(Command, tag="leave"):
    pass


AnyCommand = (
    Hello
    | Take
    | Ping
    | Offer
    | Stats
    | Alarm
    | Informed
    | Devices
    | Listen
    | Join
    | Help
    | Admit
    | SendBack
    | Begin
    | Finish
    | ShareScreen
    | NoShow
    | Remove
    | Reverse
    | Say
    | Call
    | Check
    | Verdict
    | FreeSeat
    | OwnDevice
    | ReplaceLink
    | Enter
    | Leave
)

_decoder: msgspec.json.Decoder[AnyCommand] = msgspec.json.Decoder(AnyCommand)
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u2028\u2029\ufeff]")


def decode(data: str) -> AnyCommand:
    """The command in a frame. Raises BadMessage for anything else, however it is broken."""
    try:
        command = _decoder.decode(data)
    except (msgspec.MsgspecError, RecursionError, UnicodeError, ValueError) as error:
        raise BadMessage(detail=f"{type(error).__name__}: {error}"[:200]) from error
    return command


def encode(message: dict[str, Any]) -> str:
    """A message for a page."""
    return msgspec.json.encode(message).decode()


def plain(text: str) -> str:
    """A person's text without control characters, which some databases and screens cannot take."""
    return _UNPRINTABLE.sub("", text).strip()
