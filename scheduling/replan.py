"""A plan changed on the day, when a room or a person is lost: only what is affected moves.

Whoever stays keeps room, time, examiner and expert to the minute.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from .correction import Corrected, move
from .placing import Board, Spot
from .plan import place_all
from .plan_check import check
from .plan_parts import Appointment, Inputs, Plan
from .plan_rests import arranged
from .wording import participants

__all__ = ["NOTICE", "Change", "Corrected", "affected", "changes", "move", "replan"]

NOTICE = timedelta(minutes=15)
"""So long before it a new time is told at the least."""
LOST = frozenset(
    {
        "away",
        "room_closed",
        "room_unknown",
        "examiner_foreign",
        "expert_foreign",
        "expert_missing",
        "expert_present",
        "familiar_examiner",
        "relative",
        "two_roles",
        "too_short",
        "medical_break",
    }
)
"""Conflicts of one appointment by itself that make it impossible."""


def affected(plan: Plan, inputs: Inputs, frozen: Collection[int] = ()) -> frozenset[int]:
    """Whose appointments cannot be kept by these inputs; never the frozen ones."""
    found = check(plan, inputs, frozen)
    return frozenset(one for conflict in found if conflict.code in LOST for one in conflict.participants)


def replan(
    plan: Plan,
    inputs: Inputs,
    now: datetime,
    frozen: Collection[int],
    *,
    lost_rooms: Collection[int] = (),
    absent: Collection[int] = (),
    notice: timedelta = NOTICE,
) -> Plan:
    """The plan without those rooms and persons from now on; `frozen` have begun or finished and never move.

    First somebody else of the same room takes over at the same time; where nobody can, the participant gets another
    place, not sooner than `notice` from now. Those who had no place, or are new in the inputs, get one if there is
    one; those no longer in the inputs go. Check the result against `inputs.without(now, lost_rooms, absent)`.
    """
    reduced = inputs.without(now, lost_rooms, absent)
    board = Board(reduced)
    lost = affected(plan, reduced, frozen)
    kept: list[Appointment] = []
    for one in plan.appointments:
        if one.participant in reduced.candidate and one.participant not in lost:
            board.take_as_it_is(one, reduced.candidate[one.participant])
            kept.append(one)
    stayed = len(kept)
    taken_over = _taken_over(board, [one for one in plan.appointments if one.participant in lost], now)
    kept.extend(taken_over)
    seated = {one.participant for one in kept}
    rest = [one for one in reduced.candidates if one.id not in seated]
    placed, unplaced = place_all(board, rest, max(0, board.ceil(now + notice)))
    told = (
        f"В {reduced.clock(now)} план изменён. На своих местах: {participants(stayed)}; сменился собеседник или "
        f"эксперт: {participants(len(taken_over))}; новое место: {participants(len(placed))}; "
        f"без места: {participants(len(unplaced))}."
    )
    return arranged(reduced, [*kept, *placed], unplaced, (*plan.explanation, told))


def _taken_over(board: Board, lost: list[Appointment], now: datetime) -> list[Appointment]:
    """Those whose room and time can be kept with somebody else."""
    found = []
    for one in sorted(lost, key=lambda one: (one.starts_at, one.room, one.participant)):
        candidate, room = board.inputs.candidate[one.participant], board.inputs.room.get(one.room)
        if room is None or one.starts_at < now:
            continue
        start = board.floor(one.starts_at)
        if candidate.pinned_room not in (None, room.id) or candidate.pinned_at not in (None, one.starts_at):
            continue
        spot = board.at(candidate, room, start, (one.examiner, one.expert))
        if isinstance(spot, Spot):
            board.take(candidate, spot)
            found.append(
                replace(
                    one,
                    minutes=candidate.minutes,
                    break_after=candidate.break_after,
                    examiner=spot.examiner,
                    expert=spot.expert,
                )
            )
    return found


@dataclass(frozen=True, slots=True)
class Change:
    """What a participant's plan becomes; None: no place."""

    participant: int
    before: Appointment | None
    after: Appointment | None
    text: str
    """Russian, for the organizer who tells them."""

    @property
    def moved(self) -> bool:
        """Whether the participant must be told, not only the staff."""
        if self.before is None or self.after is None:
            return True
        return (self.before.room, self.before.starts_at) != (self.after.room, self.after.starts_at)


def changes(old: Plan, new: Plan, inputs: Inputs) -> tuple[Change, ...]:
    """Who moves from where to where, soonest first; those whose number in the room alone changes are not listed."""
    before = {one.participant: one for one in old.appointments}
    after = {one.participant: one for one in new.appointments}
    why = {one.participant: one.reason for one in new.unplaced}
    found = []
    for participant in before.keys() | after.keys():
        was, becomes = before.get(participant), after.get(participant)
        if (text := _difference(was, becomes, inputs, why.get(participant, ""))) is not None:
            known = inputs.candidate.get(participant)
            who = known.shown if known else f"Участник № {participant}"
            found.append(Change(participant, was, becomes, f"{who}: {text}"))
    return tuple(sorted(found, key=_when))


def _when(change: Change) -> tuple[datetime, int]:
    one = change.after or change.before
    assert one is not None
    return one.starts_at, change.participant


def _difference(was: Appointment | None, becomes: Appointment | None, inputs: Inputs, why: str) -> str | None:
    if becomes is None:
        assert was is not None
        return f"{_where(was, inputs)} → без места. {why}".rstrip()
    if was is None:
        return f"теперь {_where(becomes, inputs)}."
    if (was.room, was.starts_at) != (becomes.room, becomes.starts_at):
        return f"{_where(was, inputs)} → {_where(becomes, inputs)}."
    if (was.minutes, was.break_after) != (becomes.minutes, becomes.break_after):
        return f"{_where(becomes, inputs)}, длительность {becomes.minutes + becomes.break_after} мин."
    staff = []
    if was.examiner != becomes.examiner:
        staff.append(f"собеседник: {inputs.person(becomes.examiner, 'другой')}")
    if was.expert != becomes.expert:
        now = "нет" if becomes.expert is None else inputs.person(becomes.expert, "другой")
        staff.append(f"эксперт: {now}")
    return f"{_where(becomes, inputs)}, место то же; {', '.join(staff)}." if staff else None


def _where(one: Appointment, inputs: Inputs) -> str:
    return f"аудитория {inputs.number(one.room)}, {inputs.clock(one.starts_at)}"
