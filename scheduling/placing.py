"""The board on which appointments are placed: who and what is taken when, and where there is still a place.

Time is minutes from the start of the day; a span is [start, end), with the medical break. Nothing here decides who
comes first: that is `plan`, and `replan`. Whether a finished plan is sound is judged by `plan_check`, which shares no
code with this.
"""

from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from .plan_parts import Appointment, Candidate, Inputs, RoomInPlan, later

Span = tuple[int, int]
Line = list[Span]
"""Spans of one room, person or family, in order; they never overlap in a sound plan."""


class Obstacle(StrEnum):
    """Why somebody cannot be placed, the most telling last."""

    DAY = "day"
    ROOM_CLOSED = "room_closed"
    ROOM_TAKEN = "room_taken"
    SIBLING = "sibling"
    ASSISTANT = "assistant"
    EXAMINER = "examiner"
    EXPERT = "expert"


@dataclass(frozen=True, slots=True)
class Spot:
    """A place that is free."""

    room: int
    start: int
    examiner: int
    expert: int | None


class Board:
    def __init__(self, inputs: Inputs) -> None:
        self.inputs = inputs
        self.habits = inputs.habits
        self._zero = inputs.habits.start.astimezone(UTC)
        self.day_ends = self.floor(inputs.habits.latest_end)
        self.rooms: dict[int, Line] = defaultdict(list)
        self._persons: dict[int, Line] = defaultdict(list)
        self._families: dict[str, Line] = defaultdict(list)
        self.load: dict[int, int] = defaultdict(int)
        """Minutes of work by person."""
        self._away = {person: self.floor(moment) for person, moment in inputs.away.items()}
        self._open = {
            room.id: (
                0 if room.opens_at is None else max(0, self.ceil(room.opens_at)),
                self.day_ends if room.closes_at is None else min(self.day_ends, self.floor(room.closes_at)),
            )
            for room in inputs.rooms
        }
        lunch = self.habits.lunch
        self._lunch = None if lunch is None else (self.floor(lunch.starts_at), self.ceil(lunch.ends_at))
        self._tried: dict[tuple[int, int, int], int] = {}
        """No place before that minute, by room, minutes and scheme; it stays true, for a board only fills."""

    def floor(self, moment: datetime) -> int:
        return int((moment.astimezone(UTC) - self._zero).total_seconds() // 60)

    def ceil(self, moment: datetime) -> int:
        return -int((self._zero - moment.astimezone(UTC)).total_seconds() // 60)

    def moment(self, minute: int) -> datetime:
        return later(self.habits.start, minute)

    def stepped(self, minute: int) -> int:
        """The next minute that the school's step allows."""
        return -(-minute // self.habits.step) * self.habits.step

    def opening(self, room: RoomInPlan) -> Span:
        """From when to when somebody can be in the room."""
        return self._open[room.id]

    def work(self, room: int) -> int:
        """Minutes for which a room is taken."""
        return sum(end - start for start, end in self.rooms[room])

    def take(self, candidate: Candidate, spot: Spot) -> None:
        self._enter(
            candidate, spot.room, (spot.start, spot.start + candidate.hold), spot.examiner, spot.expert
        )

    def take_as_it_is(self, one: Appointment, candidate: Candidate) -> None:
        """An appointment that stays, sound or not."""
        span = (self.floor(one.starts_at), self.ceil(one.ends_at))
        self._enter(candidate, one.room, span, one.examiner, one.expert)

    def _enter(self, candidate: Candidate, room: int, span: Span, examiner: int, expert: int | None) -> None:
        insort(self.rooms[room], span)
        for person in {examiner, *candidate.assistants} | ({expert} if expert is not None else set()):
            insort(self._persons[person], span)
            self.load[person] += span[1] - span[0]
        if candidate.family:
            insort(self._families[candidate.family], span)

    def find(
        self, candidate: Candidate, room: RoomInPlan, not_before: int = 0, not_after: int | None = None
    ) -> Spot | None:
        """The earliest free place in a room."""
        opens, closes = self.opening(room)
        first = max(opens, not_before)
        if candidate.earliest is not None:
            first = max(first, self.ceil(candidate.earliest))
        last = closes - candidate.hold
        if not_after is not None:
            last = min(last, not_after)
        if candidate.pinned_at is not None:
            first = max(first, self.floor(candidate.pinned_at))
            last = min(last, self.floor(candidate.pinned_at))
        key = (room.id, candidate.hold, candidate.scheme)
        if candidate.familiar_examiner is None and candidate.pinned_at is None:
            first = max(first, self._tried.get(key, 0))
        found = None
        for start in self._starts(candidate, room, first, last):
            spot = self.at(candidate, room, start)
            if isinstance(spot, Spot):
                found = spot
                break
        if _plain(candidate) and not not_before and not_after is None:
            self._tried[key] = found.start if found else self.day_ends
        return found

    def at(
        self, candidate: Candidate, room: RoomInPlan, start: int, usual: Collection[int | None] = ()
    ) -> Spot | Obstacle:
        """The place at exactly that minute, with the `usual` persons if they can, or why there is none."""
        span = (start, start + candidate.hold)
        opens, closes = self.opening(room)
        if start < 0 or span[1] > self.day_ends or (self._lunch and _overlap(span, self._lunch)):
            return Obstacle.DAY
        if candidate.earliest is not None and start < self.ceil(candidate.earliest):
            return Obstacle.DAY
        if start < opens or span[1] > closes:
            return Obstacle.ROOM_CLOSED
        if not self._room_is_free(room.id, span):
            return Obstacle.ROOM_TAKEN
        if any(_overlap(span, other) for other in self._families.get(candidate.family, ())):
            return Obstacle.SIBLING
        if not all(self._is_free(person, span) for person in candidate.assistants):
            return Obstacle.ASSISTANT
        examiners = [one for one in self.examiners(candidate, room, usual) if self._is_free(one, span)]
        if not examiners:
            return Obstacle.EXAMINER
        if candidate.scheme == 2:
            return Spot(room.id, start, examiners[0], None)
        experts = [one for one in self.experts(candidate, room, usual) if self._is_free(one, span)]
        for examiner in examiners:
            for expert in experts:
                if expert != examiner:
                    return Spot(room.id, start, examiner, expert)
        return Obstacle.EXPERT

    def examiners(
        self, candidate: Candidate, room: RoomInPlan, usual: Collection[int | None] = ()
    ) -> list[int]:
        """Who may examine the participant there: the usual ones, then the least busy first."""
        if candidate.familiar_examiner is not None:
            known = candidate.familiar_examiner
            return [] if known in candidate.assistants else [known]
        return self._willing(room.examiners, candidate, usual)

    def experts(
        self, candidate: Candidate, room: RoomInPlan, usual: Collection[int | None] = ()
    ) -> list[int]:
        """Who may score the participant there, in the same order."""
        return self._willing(room.experts, candidate, usual)

    def _willing(
        self, persons: Iterable[int], candidate: Candidate, usual: Collection[int | None]
    ) -> list[int]:
        willing = set(persons) - candidate.avoid - candidate.assistants
        return sorted(willing, key=lambda person: (person not in usual, self.load[person], person))

    def _room_is_free(self, room: int, span: Span) -> bool:
        line, habits = self.rooms[room], self.habits
        place = bisect_left(line, span)
        if place and span[0] - line[place - 1][1] < habits.preparation:
            return False
        if place < len(line) and line[place][0] - span[1] < habits.preparation:
            return False
        if (most := habits.per_hour) is not None:
            starts = [start for start, _ in line[max(0, place - most) : place + most]]
            insort(starts, span[0])
            return all(after - before >= 60 for before, after in zip(starts, starts[most:], strict=False))
        return True

    def _is_free(self, person: int, span: Span) -> bool:
        """Whether the person is there, works nowhere else, and gets the rest that is due."""
        if person in self._away and span[1] > self._away[person]:
            return False
        line, habits = self._persons.get(person), self.habits
        if not line:
            return True
        place = bisect_left(line, span)
        if place and span[0] - line[place - 1][1] < habits.preparation:
            return False
        if place < len(line) and line[place][0] - span[1] < habits.preparation:
            return False
        if not habits.work_most:
            return True
        rest = habits.preparation + habits.staff_break
        begin, end = span
        for start, stop in reversed(line[:place]):
            if begin - stop >= rest:
                break
            begin = start
        for start, stop in line[place:]:
            if start - end >= rest:
                break
            end = stop
        return end - begin <= habits.work_most or (begin, end) == span

    def _starts(self, candidate: Candidate, room: RoomInPlan, first: int, last: int) -> Iterator[int]:
        """Minutes at which a place may begin, in order: wherever something else lets go."""
        if first > last:
            return
        if candidate.pinned_at is not None:
            yield first
            return
        habits = self.habits
        rest = habits.preparation + habits.staff_break
        found = {first}
        for start, end in self.rooms[room.id]:
            found.add(end + habits.preparation)
            if habits.per_hour is not None:
                found.add(start + 60)
        for person in {*self.examiners(candidate, room), *room.experts, *candidate.assistants}:
            for _, end in self._persons.get(person, ()):
                found.update((end + habits.preparation, end + rest, end - habits.work_most))
        found.update(end for _, end in self._families.get(candidate.family, ()))
        if self._lunch:
            found.add(self._lunch[1])
        for start in sorted({self.stepped(minute) for minute in found if minute >= first}):
            if start > last:
                return
            yield start


def _plain(candidate: Candidate) -> bool:
    """Whether a place that suits the participant suits everybody of the same length and scheme, or one is no worse."""
    return (
        candidate.familiar_examiner is None
        and candidate.earliest is None
        and candidate.pinned_at is None
        and not (candidate.avoid or candidate.family or candidate.assistants)
    )


def _overlap(one: Span, other: Span) -> bool:
    return one[0] < other[1] and other[0] < one[1]
