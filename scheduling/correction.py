"""A plan corrected by hand: somebody is moved, and whoever follows in that room gives way as far as needed."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from .conflicts import Conflict
from .placing import Board, Spot
from .plan_check import check
from .plan_parts import Appointment, Candidate, Inputs, Plan, PlanProblem, RoomInPlan
from .plan_rests import arranged

BY_HAND = "Место выбрано вами."


@dataclass(frozen=True, slots=True)
class Corrected:
    plan: Plan
    conflicts: tuple[Conflict, ...]
    """All of the plan, as `check` tells them."""


def move(
    plan: Plan,
    inputs: Inputs,
    participant: int,
    room: int,
    *,
    at: datetime | None = None,
    position: int | None = None,
    settled: Collection[int] = (),
) -> Corrected:
    """The participant moved to a room: to a time, or to a place in its order (from 1), or to its end.

    Whoever follows there comes later only as far as needed, with the preparation and the staff's rests; in the order
    of one room those between the old and the new place close up. Nobody else moves, and no `settled` one. A correction
    is done even where it makes conflicts: they are told, not repaired. Raises PlanProblem where the day has no such
    participant or room, or the participant is settled.
    """
    candidate, target = inputs.candidate.get(participant), inputs.room.get(room)
    if candidate is None or target is None:
        raise PlanProblem("Такого участника или такой аудитории в этом дне нет.")
    if participant in settled:
        raise PlanProblem("Собеседование уже началось: место участника не меняется.")
    hand = _Hand(plan, inputs, candidate, target, settled)
    if at is not None:
        hand.to_time(at)
    else:
        hand.to_position(position)
    unplaced = [one for one in plan.unplaced if one.participant != participant]
    moved = arranged(inputs, hand.appointments, unplaced, plan.explanation)
    return Corrected(moved, check(moved, inputs, settled))


class _Hand:
    """The room while it is corrected. `appointments` grows to the whole plan."""

    def __init__(
        self, plan: Plan, inputs: Inputs, candidate: Candidate, room: RoomInPlan, settled: Collection[int]
    ) -> None:
        self._inputs, self._candidate, self._room = inputs, candidate, room
        self._old = plan.of(candidate.id)
        others = [one for one in plan.appointments if one.participant != candidate.id]
        fixed = [one for one in others if one.room != room.id or one.participant in settled]
        self._line = sorted(
            (one for one in others if one not in fixed), key=lambda one: (one.starts_at, one.participant)
        )
        self._unsound = {one for found in check(plan, inputs) for one in found.participants}
        """Who had a conflict before: it is the organizer's, so they give way only where the room is taken."""
        self._board = Board(inputs)
        self.appointments: list[Appointment] = []
        for one in fixed:
            self._stay(one)

    def to_time(self, at: datetime) -> None:
        if at.tzinfo is None:
            raise PlanProblem("У времени не указан часовой пояс.")
        at = at.replace(second=0, microsecond=0)
        before = [one for one in self._line if one.starts_at < at]
        for one in before:
            self._stay(one)
        self._put(self._board.floor(at))
        self._follow(self._line[len(before) :])

    def to_position(self, position: int | None) -> None:
        line, old = self._line, self._old
        place = len(line) if position is None else min(max(position, 1) - 1, len(line))
        was = place
        if old is not None and old.room == self._room.id:
            was = sum((one.starts_at, one.participant) < (old.starts_at, old.participant) for one in line)
            if was == place:
                for one in line:
                    self._stay(one)
                self._stay(old)
                return
        for one in line[: min(was, place)]:
            self._stay(one)
        ends = max((self._board.ceil(one.ends_at) for one in line[:place]), default=0)
        if old is not None and was < place:
            ends = self._close_up(line[was:place], self._board.floor(old.starts_at))
        wanted = self._board.floor(line[place].starts_at) if was >= place < len(line) else ends
        spot = self._board.find(_free(self._candidate), self._room, wanted)
        self._put(spot.start if spot else wanted)
        self._follow(line[place:])

    def _stay(self, one: Appointment) -> None:
        candidate = self._inputs.candidate.get(one.participant, Candidate(one.participant))
        self._board.take_as_it_is(one, candidate)
        self.appointments.append(one)

    def _close_up(self, line: Sequence[Appointment], start: int) -> int:
        """They come as early as they can from that minute on, in their order; when the last of them ends."""
        for one in line:
            candidate = _free(self._inputs.candidate.get(one.participant, Candidate(one.participant)))
            spot = self._board.find(candidate, self._room, start)
            own = self._board.floor(one.starts_at)
            if spot is not None and spot.start < own:
                one = self._seated(one, spot)
            self._stay(one)
            start = self._board.ceil(one.ends_at)
        return start

    def _put(self, start: int) -> None:
        """The moved one at that minute, whatever stands against it."""
        candidate, room, old = self._candidate, self._room, self._old
        usual = () if old is None else (old.examiner, old.expert)
        spot = self._board.at(_free(candidate), room, start, usual)
        if not isinstance(spot, Spot):
            examiners = self._board.examiners(candidate, room) or list(room.examiners)
            if not examiners:
                raise PlanProblem(f"В аудиторию {room.number} не назначен собеседник.")
            experts = [one for one in self._board.experts(candidate, room) if one != examiners[0]]
            expert = experts[0] if experts and candidate.scheme == 1 else None
            spot = Spot(room.id, start, examiners[0], expert)
        self._stay(
            Appointment(
                candidate.id,
                room.id,
                0,
                self._board.moment(start),
                candidate.minutes,
                spot.examiner,
                spot.expert,
                candidate.break_after,
                BY_HAND,
            )
        )

    def _follow(self, line: Sequence[Appointment]) -> None:
        """Each at the own time if it is still free, else as soon after it as there is a place."""
        board, room = self._board, self._room
        ends = board.ceil(self.appointments[-1].ends_at)
        for one in line:
            candidate = _free(self._inputs.candidate.get(one.participant, Candidate(one.participant)))
            own = board.floor(one.starts_at)
            spot = board.at(candidate, room, own, (one.examiner, one.expert))
            clear = own >= ends + self._inputs.habits.preparation
            if clear and (isinstance(spot, Spot) or one.participant in self._unsound):
                if isinstance(spot, Spot):
                    one = replace(one, examiner=spot.examiner, expert=spot.expert)
                self._stay(one)
            else:
                later = board.find(candidate, room, max(own, ends))
                start = max(own, ends + self._inputs.habits.preparation)
                self._stay(self._seated(one, later or Spot(room.id, start, one.examiner, one.expert)))
            ends = max(ends, board.ceil(self.appointments[-1].ends_at))

    def _seated(self, one: Appointment, spot: Spot) -> Appointment:
        moment = self._board.moment(spot.start)
        return replace(one, starts_at=moment, examiner=spot.examiner, expert=spot.expert)


def _free(candidate: Candidate) -> Candidate:
    """Without what was set by hand before: a later hand is stronger, and `check` tells the difference."""
    return replace(candidate, pinned_at=None, pinned_room=None)
