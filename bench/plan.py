"""How long a school's plan takes, and whether it has a conflict: made, checked, corrected by hand, replanned.

`python -m bench.plan --json` prints one object. The school: 200 participants of 8 classes, 16 rooms with their own
examiner and expert, every tenth participant with 30 minutes more, families of two and three, some with ASD and a
familiar examiner, parents among the staff. `school_s` is the slowest making of the plan in the rounds, seconds;
`check_s`, `move_s` and `replan_s` the same of a check, of a correction by hand and of a replan without one room and one
examiner. `conflicts` counts those of all plans, `unplaced` those without a place in the first plan. `load_spread` is
the difference of the busiest and the least busy room in participants (long interviews are kept together),
`work_spread_minutes` the same in minutes taken, with the preparation.
"""

import time
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import ParamSpec, TypeVar
from zoneinfo import ZoneInfo

from bench.figures import command
from scheduling.plan import Candidate, Habits, Inputs, Plan, RoomInPlan, StaffInPlan, make_plan
from scheduling.plan_check import check
from scheduling.replan import move, replan

START = datetime(2026, 2, 11, 9, tzinfo=ZoneInfo("Europe/Saratov"))
HABITS = Habits(START, START.replace(hour=15), per_hour=4)
EXAMINERS, EXPERTS, VISITORS = 1000, 2000, 3000

P = ParamSpec("P")
T = TypeVar("T")


def school(participants: int = 200, classes: int = 8, rooms: int = 16) -> Inputs:
    """The same school each time. Persons' ids: 1000 + room, 2000 + room, and visiting examiners from 3000."""
    candidates = []
    for number in range(participants):
        more_time, asd = number % 10 == 3, number % 40 == 13
        family = number // 2 if number % 25 < 4 else None
        parent = EXAMINERS + number % rooms if number % 33 == 5 else None
        candidates.append(
            Candidate(
                id=number + 1,
                name=f"Участник {number * 37 % participants:03}",
                class_label=f"9{'АБВГДЕЖЗИК'[number % classes]}",
                minutes=46 if more_time else 16,
                break_after=10 if number % 50 == 23 else 0,
                scheme=2 if asd else 1,
                family="" if family is None else f"семья {family // 2 if family % 5 == 0 else family}",
                familiar_examiner=VISITORS + number % 3 if asd else None,
                avoid=frozenset() if parent is None else frozenset({parent}),
            )
        )
    opened = tuple(
        RoomInPlan(place, str(place + 1), (EXAMINERS + place,), (EXPERTS + place,)) for place in range(rooms)
    )
    staff = tuple(
        StaffInPlan(person, f"Сотрудник {person}")
        for room in opened
        for person in (*room.examiners, *room.experts)
    )
    return Inputs(HABITS, opened, tuple(candidates), staff)


def timed(act: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> tuple[float, T]:
    begun = time.perf_counter()
    result = act(*args, **kwargs)
    return time.perf_counter() - begun, result


def spread(plan: Plan) -> tuple[int, int]:
    """Between the busiest and the least busy room: participants, and minutes taken."""
    rooms, work = Counter[int](), Counter[int]()
    for one in plan.appointments:
        rooms[one.room] += 1
        work[one.room] += one.minutes + one.break_after + HABITS.preparation
    return max(rooms.values()) - min(rooms.values()), max(work.values()) - min(work.values())


async def measure(rounds: int) -> dict[str, object]:
    times: dict[str, list[float]] = {"school_s": [], "check_s": [], "move_s": [], "replan_s": []}
    inputs = school()
    noon = START + timedelta(hours=2)
    lost = inputs.without(noon, rooms=[3], persons=[EXAMINERS + 8])
    conflicts, plan = 0, Plan()
    for _ in range(rounds):
        seconds, plan = timed(make_plan, inputs)
        times["school_s"].append(seconds)
        seconds, found = timed(check, plan, inputs)
        times["check_s"].append(seconds)
        last = plan.appointments[-1]
        seconds, corrected = timed(move, plan, inputs, last.participant, 7, position=4)
        times["move_s"].append(seconds)
        begun = {one.participant for one in plan.appointments if one.starts_at < noon}
        seconds, changed = timed(replan, plan, inputs, noon, begun, lost_rooms=[3], absent=[EXAMINERS + 8])
        times["replan_s"].append(seconds)
        conflicts += len(found) + len(corrected.conflicts) + len(check(changed, lost, begun))
    rooms, work = spread(plan)
    return {
        **{name: round(max(values), 4) for name, values in times.items()},
        "conflicts": conflicts,
        "participants": len(inputs.candidates),
        "rooms": len(inputs.rooms),
        "unplaced": len(plan.unplaced),
        "last_end": f"{max(one.ends_at for one in plan.appointments):%H:%M}",
        "load_spread": rooms,
        "work_spread_minutes": work,
        "rounds": rounds,
    }


if __name__ == "__main__":
    command("plan", __doc__, measure, 5)
