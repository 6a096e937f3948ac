"""The one table of commands: what a page may send, from which kinds of seats, and what is done about it.

`hello`, `take` and `ping` belong to the connection (`greeting`, `connection`); everything else is here.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from media.layout import SeatKind
from server.errors import BadMessage, Forbidden, Refused
from server.exam.seats import PERSONS, STAFF

from . import acts_page, acts_rehearsal, acts_staff, messages
from .desk import Desk
from .rehearsal import Rehearsal

Handler = Callable[[Desk, Any], Awaitable[dict[str, Any] | None]]

_PARTICIPANT = frozenset({SeatKind.PARTICIPANT})
_EXAMINER = frozenset({SeatKind.EXAMINER})
_SPECIALIST = frozenset({SeatKind.SPECIALIST})
_ORGANIZER = frozenset({SeatKind.ORGANIZER})
_IN_CHARGE = _EXAMINER | _ORGANIZER
_SEEN = frozenset({SeatKind.PARTICIPANT, SeatKind.EXAMINER, SeatKind.ASSISTANT})


@dataclass(frozen=True, slots=True)
class Rule:
    """Who may send a command, and its handler."""

    seats: frozenset[SeatKind]
    handle: Handler
    measured: bool = True
    """Counts against the limit of actions; measurements and offers have limits of their own."""


COMMANDS: dict[type[messages.Command], Rule] = {
    messages.Offer: Rule(PERSONS, acts_page.offer, measured=False),
    messages.Stats: Rule(PERSONS, acts_page.stats, measured=False),
    messages.Alarm: Rule(_SEEN, acts_page.alarm),
    messages.Informed: Rule(_PARTICIPANT, acts_page.informed),
    messages.Devices: Rule(_PARTICIPANT, acts_page.devices),
    messages.Listen: Rule(_PARTICIPANT, acts_rehearsal.listen),
    messages.Join: Rule(_PARTICIPANT, acts_page.join),
    messages.Help: Rule(_PARTICIPANT, acts_page.ask_help),
    messages.Admit: Rule(_EXAMINER, acts_staff.admit),
    messages.SendBack: Rule(_EXAMINER, acts_staff.send_back),
    messages.Begin: Rule(_EXAMINER, acts_staff.begin),
    messages.Finish: Rule(_EXAMINER, acts_staff.finish),
    messages.ShareScreen: Rule(_EXAMINER, acts_page.share_screen),
    messages.NoShow: Rule(_IN_CHARGE, acts_staff.no_show),
    messages.Remove: Rule(_IN_CHARGE, acts_staff.remove),
    messages.Reverse: Rule(_IN_CHARGE, acts_staff.reverse),
    messages.Say: Rule(STAFF, acts_staff.say),
    messages.Call: Rule(STAFF, acts_staff.call),
    messages.Check: Rule(_SPECIALIST, acts_staff.check),
    messages.Verdict: Rule(_SPECIALIST, acts_staff.verdict),
    messages.FreeSeat: Rule(_SPECIALIST, acts_page.free_seat),
    messages.OwnDevice: Rule(_SPECIALIST, acts_staff.own_device),
    messages.ReplaceLink: Rule(_SPECIALIST, acts_staff.replace_link),
    messages.Enter: Rule(_ORGANIZER, acts_staff.enter),
    messages.Leave: Rule(_ORGANIZER, acts_staff.leave),
}


async def obey(desk: Desk, command: messages.Command) -> dict[str, Any]:
    """Does what the command says and returns the answer's body. Raises ExamError where it is not done.

    A rehearsal has a table of its own, whatever the kind of the seat.
    """
    rule = COMMANDS.get(type(command))
    if rule is None:
        raise BadMessage(detail=f"{type(command).__name__} out of place")
    handle: Handler | None = rule.handle
    if isinstance(desk.live, Rehearsal):
        handle = acts_rehearsal.COMMANDS.get(type(command))
    elif desk.kind not in rule.seats:
        handle = None
    if handle is None:
        raise Forbidden(detail=type(command).__name__)
    if rule.measured and not desk.place.actions.take(desk.services.clock.monotonic()):
        raise Refused("too_fast", "Слишком много действий подряд. Подождите секунду.")
    return await handle(desk, command) or {"type": "done"}
