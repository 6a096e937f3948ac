"""Which node takes a conference: pure."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Load:
    """Conferences on a live node, and how many it takes."""

    conferences: int
    capacity: int


def choose(loads: Mapping[str, Load], avoid: Collection[str] = ()) -> str | None:
    """The live node for one more conference: the least loaded, one empty node kept warm while others have room.

    None when every node that is not avoided is full.
    """
    having_room = {
        name: load for name, load in loads.items() if load.conferences < load.capacity and name not in avoid
    }
    empty = sorted(name for name, load in having_room.items() if load.conferences == 0)
    if empty and len(having_room) > 1:
        del having_room[empty[-1]]
    return min(having_room, key=lambda name: (having_room[name].conferences, name), default=None)
