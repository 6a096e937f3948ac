"""The devices that opened a participant's link, from the journal: marks of them, never an address or an id in clear."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from . import tables

DEVICE, OTHER_DEVICE, OTHER_NETWORK = "link.device", "link.other_device", "link.other_network"
"""The first device of a link or a further one at the rehearsal; another one; a known one in another network.

The seat is the participant's."""
ACKNOWLEDGED, REPLACED = "link.acknowledged", "link.replaced"
"""By somebody of the staff; the participant's seat is in the data."""


@dataclass(frozen=True, slots=True)
class LinkDevice:
    """A browser that opened a link."""

    mark: str
    at: datetime
    """When it was seen first."""
    networks: frozenset[str]
    """Marks of the networks it came from."""
    browser: str
    system: str
    known: bool = True
    """The link's first one, one of the same network at a rehearsal, or acknowledged by the staff."""
    same_network: bool = True
    """Came from a network in which the link had been opened by then."""
    beside: bool = False
    """Came while another one was there."""


Devices = dict[str, LinkDevice]
"""Of one seat, by mark, in the order of their coming."""


async def of_day(session: AsyncSession, day_id: int) -> dict[str, Devices]:
    """By seat, since the link was last replaced."""
    kinds = (DEVICE, OTHER_DEVICE, OTHER_NETWORK, ACKNOWLEDGED, REPLACED)
    query = (
        select(tables.Journal)
        .where(tables.Journal.day_id == day_id, tables.Journal.event.in_(kinds))
        .order_by(tables.Journal.id)
    )
    found: dict[str, Devices] = {}
    for row in await session.scalars(query):
        data = dict(row.data or {})
        own = row.event in (DEVICE, OTHER_DEVICE, OTHER_NETWORK)
        seat = str(row.seat_id if own else data.get("seat"))
        found[seat] = _after(found.get(seat, {}), row.event, row.at, data)
    return found


def acknowledged(devices: Devices) -> Devices:
    return {mark: replace(device, known=True) for mark, device in devices.items()}


def _after(devices: Devices, event: str, at: datetime, data: dict[str, Any]) -> Devices:
    match event:
        case "link.acknowledged":
            return acknowledged(devices)
        case "link.replaced":
            return {}
        case "link.other_network":
            known = devices.get(str(data["device"]))
            if known is None:
                return devices
            return devices | {known.mark: replace(known, networks=known.networks | {str(data["network"])})}
        case _:
            return devices | {str(data["device"]): from_data(at, data)}


def from_data(at: datetime, data: dict[str, Any]) -> LinkDevice:
    return LinkDevice(
        mark=str(data["device"]),
        at=at,
        networks=frozenset({str(data["network"])}),
        browser=str(data.get("browser", "")),
        system=str(data.get("system", "")),
        known="same_network" not in data,
        same_network=bool(data.get("same_network", True)),
        beside=bool(data.get("beside", False)),
    )
