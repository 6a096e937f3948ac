"""A participant's link on another device: noticed at the greeting, told to the specialist, never in anybody's way."""

import logging
from dataclasses import replace
from typing import Any

from media.layout import SeatKind
from server.errors import StoreError
from server.store import link_devices
from server.store.link_devices import LinkDevice

from .day import LiveDay
from .place import Place
from .visitor import Visitor

log = logging.getLogger(__name__)

LIMIT = 20
"""Devices and networks of one link that are put on record; whoever tries more has raised the alarm long before."""


async def notice(live: LiveDay, place: Place, visitor: Visitor, device: str | None) -> bool:
    """Whether the device is a further one of the link. A database that is away keeps nobody out."""
    if place.row.kind is not SeatKind.PARTICIPANT or not place.row.by_link:
        return False
    mark, network = _marks(live, place, visitor, device)
    before = place.devices
    known = before.get(mark)
    if len(before) + sum(len(one.networks) for one in before.values()) > 2 * LIMIT:
        return False
    if known is None:
        event, data = _coming(place, visitor, mark, network, rehearsing=live.rehearsing)
        place.devices = before | {mark: link_devices.from_data(live.services.clock.now(), data)}
    elif network not in known.networks:
        event, data = link_devices.OTHER_NETWORK, {"device": mark, "network": network}
        place.devices = before | {mark: replace(known, networks=known.networks | {network})}
    else:
        return False
    try:
        async with live.services.store.begin() as session:
            row = live.day.interview_of(place.id)
            await live.write(session, event, row=row, room=place.row.room_id, seat=place.id, data=data)
    except StoreError as error:
        log.error("a device of a link is not on record: %s", error)
    return event == link_devices.OTHER_DEVICE


def stranger(place: Place) -> LinkDevice | None:
    """The last device that nobody of the staff has acknowledged."""
    unknown = [one for one in place.devices.values() if not one.known]
    return unknown[-1] if unknown else None


def _coming(
    place: Place, visitor: Visitor, mark: str, network: str, *, rehearsing: bool
) -> tuple[str, dict[str, Any]]:
    """A family tries out all its devices beforehand: those of the same network are known on the day."""
    data: dict[str, Any] = {
        "device": mark,
        "network": network,
        "browser": visitor.browser,
        "system": visitor.system,
    }
    familiar = {one for known in place.devices.values() for one in known.networks}
    if not place.devices or (rehearsing and network in familiar):
        return link_devices.DEVICE, data
    beside = place.holder is not None
    return link_devices.OTHER_DEVICE, data | {"same_network": network in familiar, "beside": beside}


def _marks(live: LiveDay, place: Place, visitor: Visitor, device: str | None) -> tuple[str, str]:
    """Of device and network. A browser that keeps nothing is told apart by what else is known of it."""
    mark = live.services.door.mark
    if device is None:
        device = f"{visitor.network} {visitor.browser} {visitor.system}"
    return mark("device", place.id, device), mark("network", place.id, visitor.network)
