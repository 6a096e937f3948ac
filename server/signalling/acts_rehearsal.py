"""What a page may do in a rehearsal: connect, measure, be listened to, and get the result."""

from collections.abc import Awaitable, Callable
from typing import Any

from server.errors import Refused
from server.exam.rehearsal import Line, judge
from server.store import rehearsals

from . import acts_page, messages
from .desk import Desk
from .rehearsal import Rehearsal

Body = dict[str, Any] | None

_KEPT = ("browser", "system", "width", "height")
"""Of the page's own details."""


def _rehearsal(desk: Desk) -> Rehearsal:
    if not isinstance(desk.live, Rehearsal):
        raise Refused("not_now", "Это не репетиция.")
    return desk.live


async def listen(desk: Desk, command: messages.Listen) -> Body:
    """The person is about to speak: the server measures anew."""
    _rehearsal(desk).listen()
    desk.show()
    return None


async def devices(desk: Desk, command: messages.Devices) -> Body:
    """The page's word on its devices and the server's on the line give the result, which is put on record."""
    live = _rehearsal(desk)
    line = live.line()
    result = judge(command.camera, command.microphone, line)
    data = {
        "outcome": result.outcome.value,
        "problems": [one.value for one in result.problems],
        "camera": command.camera,
        "microphone": command.microphone,
        "line": None if line is None else _told(line),
        **{key: command.detail[key] for key in _KEPT if key in command.detail},
    }
    async with desk.services.store.begin() as session:
        await live.write(session, rehearsals.DONE, room=desk.seat.room_id, seat=desk.seat.id, data=data)
    live.result = result
    desk.show()
    return None


def _told(line: Line) -> dict[str, Any]:
    return {
        "connected": line.connected,
        "voice_dbfs": line.voice_dbfs,
        "picture_kbps": round(line.picture_kbps, 1),
        "rtt_ms": line.rtt_ms,
        "loss": round(line.loss, 4),
    }


COMMANDS: dict[type[messages.Command], Callable[[Desk, Any], Awaitable[Body]]] = {
    messages.Offer: acts_page.offer,
    messages.Stats: acts_page.stats,
    messages.Alarm: acts_page.alarm,
    messages.Listen: listen,
    messages.Devices: devices,
}
"""All that is obeyed in a rehearsal; everything else belongs to the day itself."""
