"""What a node tells of a conference while it runs, each kind of event with its handler (docs/NODE.md).

A handler returns whether anybody's view may have changed.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from media.layout import SeatKind

from .conference import Conference
from .day import LiveDay

Event = dict[str, Any]


async def seat(live: LiveDay, conference: Conference, event: Event) -> bool:
    """A media connection came up or ended; the page whose own connection ended is told to make a new one."""
    place = live.places.get(str(event.get("seat")))
    peer, state = str(event.get("peer")), event.get("state")
    if place is None:
        return False
    if state in {"connected", "silent"} and conference is not live.media_of(place.row):
        return False  # the last word of a conference that the seat has just left
    silent = place.silent
    if state in {"silent", "connected"} or place.peers.get(peer):
        place.silent = state == "silent"  # an attempt that fails says nothing about the connection there is
    if state == "silent" or (state == "connected" and place.peers.get(peer)):
        if silent == place.silent:
            return False  # told again by a node that tells a new listener everything
    elif state == "connected" or place.peers.get(peer):
        place.screen = None  # what the node said was about the connection of before
    if state == "silent":
        place.peers[peer] = True
    elif state == "connected":
        place.peers = {one: False for one, connected in place.peers.items() if not connected} | {peer: True}
    else:
        place.peers.pop(peer, None)
        page = place.holder
        if page is not None and page.peer == peer:
            page.peer = None
            if conference is live.media_of(place.row):
                place.send({"type": "media.reconnect"})
    if state == "silent" or silent:
        return True  # it comes and goes with some browsers' checks; the page's own end is on record
    row = conference.current()
    if (
        row is not None and place.id in {row.seat_id, row.assistant_seat_id}
    ) or place.row.kind is SeatKind.EXAMINER:
        async with live.services.store.begin() as session:
            await live.write(
                session, "media.seat", row=row, room=conference.room.id, seat=place.id, data={"state": state}
            )
    return True


async def plug(live: LiveDay, conference: Conference, event: Event) -> bool:
    """A microphone or camera fell silent while its participant is in the conference; a screen comes and goes."""
    place, row = live.places.get(str(event.get("seat"))), conference.current()
    if place is None:
        return False
    name = str(event.get("plug"))
    if name == "screen":
        place.screen = event.get("state") == "live"
    elif event.get("state") == "live":
        place.lost_plugs.discard(name)
    elif row is not None and place.id == row.seat_id:
        place.lost_plugs.add(name)
    return True


async def quality(live: LiveDay, conference: Conference, event: Event) -> bool:
    """Straight to the specialists, each seat with what its own page measures."""
    measured = event.get("seats")
    if isinstance(measured, dict):
        seats = {
            seat: {**told, "page": live.places[seat].stats}
            for seat, told in measured.items()
            if seat in live.places and isinstance(told, dict)
        }
        for place in live.places.values():
            if place.row.kind is SeatKind.SPECIALIST:
                place.send({"type": "quality", "seats": seats})
    return False


async def recorder(live: LiveDay, conference: Conference, event: Event) -> bool:
    """An alarm of the recorder's live check, to examiner and specialist (D-22)."""
    conference.recorder_event(event)
    data = {key: event.get(key) for key in ("track", "alarm", "on", "detail")}
    async with live.services.store.begin() as session:
        row = conference.current()
        await live.write(session, "recorder.alarm", row=row, room=conference.room.id, data=data)
    return True


HANDLERS: dict[str, Callable[[LiveDay, Conference, Event], Awaitable[bool]]] = {
    "seat": seat,
    "plug": plug,
    "quality": quality,
    "recorder": recorder,
}
