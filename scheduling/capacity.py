"""How many rooms a day needs, told before the plan is made (C-04).

An estimate: how many usual interviews fit into a room's day with its rests, and how much work there is. The plan itself
is the truth, for it knows siblings, long interviews, shared staff and wishes.
"""

from dataclasses import dataclass
from math import ceil

from .placing import Board
from .plan import place_all
from .plan_parts import Candidate, Habits, Inputs, RoomInPlan, usual_hold
from .wording import participants


@dataclass(frozen=True, slots=True)
class Capacity:
    open: int
    """Rooms with an examiner and an expert of their own: a shared person counts once."""
    needed: int | None
    """By time; None where not even one interview fits into the day."""
    by_order: int | None
    """As the region's order counts them; None where it does not."""
    per_room: int
    """Usual interviews in a room's whole day."""
    enough: bool
    text: str
    """Russian, for the organizer."""


def capacity(inputs: Inputs, *, classes: int = 0, rooms_per_class: int | None = None) -> Capacity:
    """`rooms_per_class` comes from the profile: Saratov asks for two rooms for each class of grade 9."""
    habits = inputs.habits
    usual = usual_hold(inputs.candidates)
    fits = _fits(habits, usual) if usual else 0
    cycle = usual + habits.preparation
    work = sum(one.hold + habits.preparation for one in inputs.candidates)
    needed = 0 if not inputs.candidates else ceil(work / (fits * cycle)) if fits else None
    opened = _staffed(inputs)
    by_order = classes * rooms_per_class if rooms_per_class is not None and classes else None
    enough = needed is not None and opened >= needed
    return Capacity(
        opened, needed, by_order, fits, enough, _told(inputs, fits, needed, by_order, opened, rooms_per_class)
    )


def _fits(habits: Habits, usual: int) -> int:
    """How many interviews of that length a room with its own examiner and expert holds, as the plan places them."""
    day = int((habits.latest_end - habits.start).total_seconds()) // 60
    room = RoomInPlan(1, "", (1,), (2,))
    alike = tuple(Candidate(one, minutes=usual) for one in range(day // usual))
    placed, _ = place_all(Board(Inputs(habits, (room,), alike)), alike)
    return len(placed)


def _staffed(inputs: Inputs) -> int:
    """Rooms that can work at the same time."""
    needs_expert = any(one.scheme == 1 for one in inputs.candidates)
    rooms = [room for room in inputs.rooms if room.examiners and (room.experts or not needs_expert)]
    examiners = {person for room in rooms for person in room.examiners}
    experts = {person for room in rooms for person in room.experts}
    return min(len(rooms), len(examiners), len(experts) if needs_expert else len(rooms))


def _told(
    inputs: Inputs,
    fits: int,
    needed: int | None,
    by_order: int | None,
    opened: int,
    rooms_per_class: int | None,
) -> str:
    habits, everybody = inputs.habits, participants(len(inputs.candidates))
    day = f"с {inputs.clock(habits.start)} до {inputs.clock(habits.latest_end)}"
    if not inputs.candidates:
        return "В списке дня пока нет участников."
    if needed is None:
        return f"День {day} слишком короткий: в него не помещается ни одно собеседование."
    holds = f"В одной аудитории {day} с перерывами сотрудников помещается обычных собеседований: {fits}."
    parts = [holds, f"На {everybody} потребуется аудиторий: примерно {needed}."]
    if by_order is not None and rooms_per_class is not None:
        parts.append(f"По порядку региона ({rooms_per_class} на класс) их {by_order}.")
    parts.append(f"Готово к работе: {opened}.")
    if opened >= needed:
        parts.append("Этого, скорее всего, хватит.")
    else:
        more = needed - opened
        parts.append(f"Откройте ещё {more}, каждую со своими собеседником и экспертом, или продлите день.")
    return " ".join(parts)
