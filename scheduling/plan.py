"""The plan of a day: who comes when, into which room, to whom (C-04, D-10, D-19, D-21).

A greedy order that a teacher can follow with a pencil. First those who have the fewest choices: a time or a room set
by hand, a familiar examiner. Then the long interviews, in as few rooms as hold them, so that they delay nobody else.
Then all others in the school's order: whichever room is free first takes the next. Siblings follow each other in one
room. A rest of the staff, a pause or a closed room is passed over, and whatever ends before it is filled first.
"""

from collections.abc import Iterable, Sequence

from .placing import Board, Spot
from .plan_parts import (
    Appointment,
    Break,
    Candidate,
    Habits,
    Inputs,
    Order,
    Pause,
    Plan,
    PlanProblem,
    RoomInPlan,
    StaffInPlan,
    Unplaced,
    usual_hold,
)
from .plan_rests import arranged
from .plan_words import explained, reason_of_place, why_not
from .wording import reading_order

__all__ = [
    "Appointment",
    "Break",
    "Candidate",
    "Habits",
    "Inputs",
    "Order",
    "Pause",
    "Plan",
    "PlanProblem",
    "RoomInPlan",
    "StaffInPlan",
    "Unplaced",
    "make_plan",
    "place_all",
]


def make_plan(inputs: Inputs) -> Plan:
    """Everybody placed without any conflict, or named with the reason. The order of the inputs plays no part."""
    placed, unplaced = place_all(Board(inputs), inputs.candidates)
    return arranged(inputs, placed, unplaced, explained(inputs, placed, unplaced))


def place_all(
    board: Board, candidates: Iterable[Candidate], not_before: int = 0
) -> tuple[list[Appointment], list[Unplaced]]:
    """Places them on the board among what is already there, from that minute on."""
    return _Placer(board, tuple(candidates), not_before).run()


class Phase:
    """The order of the greedy; the numbers sort."""

    TIME_SET, FEW_CHOICES, LONG, OTHERS = range(4)


class _Placer:
    def __init__(self, board: Board, candidates: tuple[Candidate, ...], not_before: int) -> None:
        self._board = board
        self._not_before = not_before
        inputs = board.inputs
        self._habits = inputs.habits
        self._rooms = sorted(inputs.rooms, key=lambda room: (reading_order(room.number), room.id))
        self._usual = usual_hold(inputs.candidates)
        self._queue = sorted(candidates, key=lambda one: (self._phase(one), *self._turn(one)))
        self._share = self._equal_share(inputs.candidates)
        self._long_rooms: list[RoomInPlan] = []
        self._home: dict[int, int] = {}
        """The room in which a familiar examiner already works."""
        self._placed: list[Appointment] = []
        self._unplaced: list[Unplaced] = []

    def run(self) -> tuple[list[Appointment], list[Unplaced]]:
        families: dict[str, list[Candidate]] = {}
        for one in self._queue:
            families.setdefault(one.family or f"№{one.id}", []).append(one)
        done: set[int] = set()
        for one in self._queue:
            if one.id in done:
                continue
            last = self._place(one, None)
            done.add(one.id)
            for sibling in families[one.family] if one.family else ():
                if sibling.id not in done and self._phase(sibling) != Phase.TIME_SET:
                    last = self._place(sibling, last) or last
                    done.add(sibling.id)
        return self._placed, self._unplaced

    def _phase(self, one: Candidate) -> int:
        if one.pinned_at is not None:
            return Phase.TIME_SET
        if one.pinned_room is not None or one.familiar_examiner is not None:
            return Phase.FEW_CHOICES
        return Phase.LONG if one.scheme == 2 or one.hold > self._usual else Phase.OTHERS

    def _turn(self, one: Candidate) -> tuple[object, ...]:
        by_class = reading_order(one.class_label) if self._habits.order is Order.CLASS else ()
        pinned = self._board.floor(one.pinned_at) if one.pinned_at else 0
        return (pinned, -one.scheme, by_class, reading_order(one.name), one.id)

    def _place(self, one: Candidate, sibling: Spot | None) -> Spot | None:
        spot = self._beside(one, sibling) if sibling else None
        beside = spot is not None
        if spot is None and self._phase(one) == Phase.LONG and one.scheme == 1:
            spot = self._among_long(one)
        spot = spot or self._anywhere(one)
        if spot is None:
            self._unplaced.append(Unplaced(one.id, why_not(self._board, one, self._rooms, self._not_before)))
            return None
        self._board.take(one, spot)
        if one.familiar_examiner is not None:
            self._home[one.familiar_examiner] = spot.room
        phase = None if beside else self._phase(one)
        self._placed.append(
            Appointment(
                participant=one.id,
                room=spot.room,
                order=0,
                starts_at=self._board.moment(spot.start),
                minutes=one.minutes,
                examiner=spot.examiner,
                expert=spot.expert,
                break_after=one.break_after,
                reason=reason_of_place(
                    one,
                    self._habits.order,
                    beside=beside,
                    long=phase == Phase.LONG and one.hold > self._usual,
                    others=phase == Phase.OTHERS,
                ),
            )
        )
        return spot

    def _beside(self, one: Candidate, sibling: Spot) -> Spot | None:
        """Right after the sibling in the same room, at most a rest of the staff between them."""
        room = self._board.inputs.room[sibling.room]
        if one.pinned_room not in (None, room.id):
            return None
        ends = min(end for start, end in self._board.rooms[room.id] if start == sibling.start)
        gap = self._habits.preparation + self._habits.staff_break
        return self._board.find(
            one, room, max(ends, self._not_before), max(ends, self._board.stepped(ends + gap))
        )

    def _anywhere(self, one: Candidate) -> Spot | None:
        for rooms in self._preferred(one):
            found = [
                (spot.start, self._board.work(room.id), place, spot)
                for place, room in enumerate(rooms)
                if (spot := self._find(one, room)) is not None
            ]
            if found:
                return min(found, key=lambda entry: entry[:3])[3]
        return None

    def _preferred(self, one: Candidate) -> Iterable[Sequence[RoomInPlan]]:
        """Groups of rooms: the first group with a free place is taken."""
        if one.pinned_room is not None:
            yield [room for room in self._rooms if room.id == one.pinned_room]
            return
        known = one.familiar_examiner
        if known is not None:
            yield [room for room in self._rooms if known in room.examiners]
            yield [room for room in self._rooms if room.id == self._home.get(known)]
        if one.scheme == 2:
            yield [room for room in self._rooms if not room.experts]
        yield self._rooms

    def _among_long(self, one: Candidate) -> Spot | None:
        """In the rooms of long interviews up to an equal share of the day's work; then one more room joins them."""
        spots = [spot for room in self._long_rooms if (spot := self._find(one, room)) is not None]
        fitting = [spot for spot in spots if spot.start + one.hold <= self._share]
        if fitting:
            return min(fitting, key=lambda spot: spot.start)
        more = [room for room in self._rooms if room not in self._long_rooms]
        more.sort(key=lambda room: (self._board.work(room.id), self._board.opening(room)[0]))
        for room in more:
            if (spot := self._find(one, room)) is not None:
                self._long_rooms.append(room)
                return spot
        return None

    def _find(self, one: Candidate, room: RoomInPlan) -> Spot | None:
        return self._board.find(one, room, self._not_before)

    def _equal_share(self, everybody: Sequence[Candidate]) -> float:
        """Minutes in which all rooms together would do the whole day's work, with the rests of the staff."""
        habits = self._habits
        work = sum(one.hold + habits.preparation for one in everybody) / max(1, len(self._rooms))
        rests = work // habits.work_most * habits.staff_break if habits.work_most else 0
        return work + rests + (habits.lunch.minutes if habits.lunch else 0)
