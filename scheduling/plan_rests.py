"""The plan as it is handed over: in order of rooms and times, numbered, with the rests that it holds."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import pairwise

from .plan_parts import Appointment, Break, Inputs, Plan, Unplaced
from .wording import reading_order

EXAMINER, EXPERT = "собеседника", "эксперта"


def arranged(
    inputs: Inputs,
    appointments: Iterable[Appointment],
    unplaced: Iterable[Unplaced] = (),
    explanation: Iterable[str] = (),
) -> Plan:
    """The plan, its orders counted anew from the times."""
    rooms: dict[int, list[Appointment]] = defaultdict(list)
    for one in sorted(appointments, key=lambda one: (one.starts_at, one.participant)):
        rooms[one.room].append(one)
    by_number = sorted(rooms, key=lambda room: (reading_order(inputs.number(room)), room))
    ordered = tuple(
        replace(one, order=place) for room in by_number for place, one in enumerate(rooms[room], start=1)
    )
    return Plan(
        ordered,
        tuple(sorted(unplaced, key=lambda one: one.participant)),
        tuple(sorted(_rests(inputs, ordered), key=lambda one: (one.starts_at, one.room, one.reason))),
        tuple(explanation),
    )


def _rests(inputs: Inputs, appointments: tuple[Appointment, ...]) -> Iterator[Break]:
    for one in appointments:
        if one.break_after:
            begins = replace(one, break_after=0).ends_at
            yield Break(one.room, begins, one.break_after, "Перерыв участника")
    if (lunch := inputs.habits.lunch) is not None:
        for room in sorted({one.room for one in appointments}):
            yield Break(room, lunch.starts_at, lunch.minutes, "Общий перерыв")
    if inputs.habits.work_most and inputs.habits.staff_break:
        yield from _of_staff(inputs, appointments)


def _of_staff(inputs: Inputs, appointments: tuple[Appointment, ...]) -> Iterator[Break]:
    """Rests between two interviews of a person, in the room that the person rests from."""
    work: dict[tuple[int, str], list[Appointment]] = defaultdict(list)
    for one in appointments:
        work[one.examiner, EXAMINER].append(one)
        if one.expert is not None:
            work[one.expert, EXPERT].append(one)
    habits, lunch = inputs.habits, inputs.habits.lunch
    whose: dict[Break, set[str]] = defaultdict(set)
    for (_, role), line in work.items():
        for before, after in pairwise(sorted(line, key=lambda one: one.starts_at)):
            ends = before.ends_at
            rest = int((after.starts_at - ends).total_seconds()) // 60 - habits.preparation
            with_lunch = lunch is not None and ends <= lunch.starts_at < after.starts_at
            if rest >= habits.staff_break and not with_lunch:
                whose[Break(before.room, ends, rest, "")].add(role)
    for rest_of, roles in whose.items():
        yield replace(rest_of, reason="Перерыв " + " и ".join(sorted(roles)))
