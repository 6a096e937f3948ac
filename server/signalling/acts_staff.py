"""What the staff does: the examiner's decisions, exits and their reversal, notes and calls, checks, visits."""

from typing import Any

import segno

from media.layout import SeatKind
from server.errors import Refused
from server.exam.interview import Step
from server.store import interviews, link_devices, notes

from . import messages, steps
from .desk import Desk
from .devices import stranger

Body = dict[str, Any] | None


async def admit(desk: Desk, command: messages.Admit) -> Body:
    """The next one, or a chosen one (D-10)."""
    if command.interview is not None:
        desk.interview(command.interview)
    await steps.admit(desk.live, desk.room(), command.interview, desk.seat)
    desk.show()
    return None


async def send_back(desk: Desk, command: messages.SendBack) -> Body:
    await steps.take_with_current(desk.live, desk.room(), Step.SEND_BACK, desk.seat)
    desk.show()
    return None


async def begin(desk: Desk, command: messages.Begin) -> Body:
    """The start time of ИС-02 (D-16)."""
    await steps.take_with_current(desk.live, desk.room(), Step.BEGIN, desk.seat)
    desk.show()
    return None


async def finish(desk: Desk, command: messages.Finish) -> Body:
    """The end time of ИС-02 (D-26)."""
    await steps.take_with_current(desk.live, desk.room(), Step.FINISH, desk.seat)
    desk.show()
    return None


async def no_show(desk: Desk, command: messages.NoShow) -> Body:
    """«Н» (D-25)."""
    await steps.take(desk.live, desk.interview(command.interview).id, Step.NO_SHOW, desk.seat)
    desk.show()
    return None


async def remove(desk: Desk, command: messages.Remove) -> Body:
    """Removal (D-23)."""
    await steps.take(desk.live, desk.interview(command.interview).id, Step.REMOVE, desk.seat)
    desk.show()
    return None


async def reverse(desk: Desk, command: messages.Reverse) -> Body:
    """An exit undone, with its reason in the journal; never back among those waiting after the conference (D-11)."""
    row, reason = desk.interview(command.interview), messages.plain(command.reason)
    await steps.take(desk.live, row.id, Step.REVERSE, desk.seat, reason=reason)
    desk.show()
    return None


async def say(desk: Desk, command: messages.Say) -> Body:
    """A text to the staff of a room; no participant's page ever receives it."""
    await _note(desk, command.room, text=messages.plain(command.text))
    return None


async def call(desk: Desk, command: messages.Call) -> Body:
    """A silent call to somebody of the staff."""
    await _note(desk, command.room, call_to=SeatKind(command.to))
    return None


async def check(desk: Desk, command: messages.Check) -> Body:
    """Begins, moves or ends a private check (D-08)."""
    if command.interview is None:
        await steps.end_check(desk.live, desk.seat)
    else:
        await steps.start_check(desk.live, desk.interview(command.interview).id, desk.seat)
    desk.show()
    return None


async def verdict(desk: Desk, command: messages.Verdict) -> Body:
    """The verdict on the quality of the connection, shown to the examiner before admission (D-08)."""
    row = desk.interview(command.interview)
    now = desk.services.clock.now()
    given = {
        "verdict": command.verdict,
        "note": messages.plain(command.note),
        "by": desk.seat.id,
        "at": now.isoformat(),
    }
    async with desk.live.held(row.id):
        async with desk.services.store.begin() as session:
            row = await interviews.set_verdict(session, row.id, given)
            await desk.live.write(session, "check.verdict", row=row, seat=desk.seat.id, data=given)
        desk.live.put(row)
    desk.show()
    return None


async def own_device(desk: Desk, command: messages.OwnDevice) -> Body:
    """The link on another device was opened by the participant: no alarm any more."""
    row = desk.interview(command.interview)
    place = desk.live.places[row.seat_id]
    if stranger(place) is None:
        raise Refused("not_now", "Отмечать нечего: ссылку открывали только на известных устройствах.")
    async with desk.services.store.begin() as session:
        data = {"seat": place.id}
        await desk.live.write(session, link_devices.ACKNOWLEDGED, row=row, seat=desk.seat.id, data=data)
    place.devices = link_devices.acknowledged(place.devices)
    desk.show()
    return None


async def replace_link(desk: Desk, command: messages.ReplaceLink) -> Body:
    """A new link for the participant, to be passed on by phone; the old one's pages are shown out at once."""
    row = desk.interview(command.interview)
    token = await desk.hub.replace_link(desk.live.day.id, row.seat_id, by=desk.seat)
    url = f"{desk.services.settings.public_url}/j/{token}"
    picture = segno.make(url, error="m").svg_data_uri(border=3, scale=5, dark="#000", light="#fff")
    return {"type": "link", "url": url, "qr": picture}


async def enter(desk: Desk, command: messages.Enter) -> Body:
    """The organizer, called into a room (D-23)."""
    await steps.enter(desk.live, command.room, desk.seat)
    desk.show()
    return None


async def leave(desk: Desk, command: messages.Leave) -> Body:
    await steps.leave(desk.live, desk.seat)
    desk.show()
    return None


async def _note(desk: Desk, room: int | None, *, text: str = "", call_to: SeatKind | None = None) -> None:
    conference = desk.room(room)
    if call_to is desk.kind:
        raise Refused("own_kind", "Это ваша собственная роль.")
    now = desk.services.clock.now()
    async with desk.services.store.begin() as session:
        note = await notes.add(session, conference.room.id, desk.seat.id, at=now, text=text, call_to=call_to)
        if call_to is not None:
            data = {"to": call_to.value}
            await desk.live.write(session, "staff.call", room=note.room_id, seat=desk.seat.id, data=data)
    conference.add_note(note)
    desk.show()
