"""Schools for the tests of the plan: small ones by hand, and any that hypothesis can think of."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from scheduling.plan import Candidate, Habits, Inputs, Order, Pause, RoomInPlan, StaffInPlan
from scheduling.plan_parts import Appointment, Plan

ZONE = ZoneInfo("Europe/Saratov")
START = datetime(2026, 2, 11, 9, tzinfo=ZONE)


def at(clock: str) -> datetime:
    """That time of the day, «10:20»."""
    hours, minutes = clock.split(":")
    return START.replace(hour=int(hours), minute=int(minutes))


def habits(**changed: Any) -> Habits:
    return Habits(**{"start": START, "latest_end": at("15:00"), **changed})


def rooms(count: int) -> tuple[RoomInPlan, ...]:
    """Rooms 1…count; room n has examiner 100 + n and expert 200 + n."""
    return tuple(RoomInPlan(one, str(one), (100 + one,), (200 + one,)) for one in range(1, count + 1))


def pupils(count: int, first: int = 1, **alike: Any) -> tuple[Candidate, ...]:
    return tuple(
        Candidate(**{"id": one, "name": f"Ученик {one:03}", "class_label": "9А", **alike})
        for one in range(first, first + count)
    )


def school(*candidates: Candidate, of: int = 1, **changed: Any) -> Inputs:
    """A school of so many rooms with these candidates."""
    return Inputs(habits(**changed), rooms(of), candidates)


def appointment(participant: int, clock: str, room: int = 1, **changed: Any) -> Appointment:
    """In a room with its own staff."""
    values: dict[str, Any] = {
        "participant": participant,
        "room": room,
        "order": 1,
        "starts_at": at(clock),
        "minutes": 16,
        "examiner": 100 + room,
        "expert": 200 + room,
    }
    return Appointment(**{**values, **changed})


def plan_of(*appointments: Appointment) -> Plan:
    return Plan(appointments)


def places(plan: Plan) -> dict[int, tuple[int, str]]:
    """Room and clock time by participant."""
    return {one.participant: (one.room, f"{one.starts_at:%H:%M}") for one in plan.appointments}


MOMENTS = st.integers(0, 7 * 60).map(lambda minute: START + timedelta(minutes=minute))
SOMETIMES = st.none() | MOMENTS
PERSONS = st.integers(100, 112)
"""So few that rooms share them."""


@st.composite
def any_habits(draw: st.DrawFn) -> Habits:
    start = draw(st.sampled_from([START, START.replace(tzinfo=ZoneInfo("Asia/Kamchatka"))]))
    length = draw(st.integers(30, 9 * 60))
    lunch = draw(st.none() | st.builds(Pause, MOMENTS, st.integers(5, 60)))
    return Habits(
        start,
        start + timedelta(minutes=length),
        preparation=draw(st.integers(0, 10)),
        staff_break=draw(st.integers(0, 30)),
        work_most=draw(st.sampled_from([0, 30, 60, 120])),
        lunch=lunch,
        order=draw(st.sampled_from(Order)),
        per_hour=draw(st.none() | st.integers(1, 5)),
        step=draw(st.sampled_from([1, 5, 7])),
    )


@st.composite
def any_room(draw: st.DrawFn, number: int) -> RoomInPlan:
    return RoomInPlan(
        number,
        str(number),
        tuple(draw(st.lists(PERSONS, min_size=0, max_size=2))),
        tuple(draw(st.lists(PERSONS, min_size=0, max_size=2))),
        draw(SOMETIMES),
        draw(SOMETIMES),
    )


@st.composite
def any_candidate(draw: st.DrawFn, number: int) -> Candidate:
    rarely = st.integers(0, 5).map(lambda one: one == 0)
    return Candidate(
        number,
        name=draw(st.sampled_from(["Ёлкин", "Елкин", "Ким", "Яров"])),
        class_label=draw(st.sampled_from(["9А", "9Б", "10", ""])),
        minutes=draw(st.sampled_from([15, 16, 16, 16, 46])),
        break_after=draw(st.sampled_from([0, 0, 0, 10])),
        scheme=draw(st.sampled_from([1, 1, 1, 2])),
        family=draw(st.sampled_from(["", "", "", "Ким", "Яровы"])),
        familiar_examiner=draw(PERSONS) if draw(rarely) else None,
        avoid=frozenset(draw(st.sets(PERSONS, max_size=2))) if draw(rarely) else frozenset(),
        assistants=frozenset(draw(st.sets(PERSONS, max_size=1))) if draw(rarely) else frozenset(),
        earliest=draw(MOMENTS) if draw(rarely) else None,
        pinned_room=draw(st.integers(1, 6)) if draw(rarely) else None,
        pinned_at=draw(MOMENTS) if draw(rarely) else None,
    )


@st.composite
def any_school(draw: st.DrawFn) -> Inputs:
    opened = [draw(any_room(number)) for number in range(1, draw(st.integers(0, 5)) + 1)]
    candidates = [draw(any_candidate(number)) for number in range(1, draw(st.integers(0, 16)) + 1)]
    away = draw(st.dictionaries(PERSONS, MOMENTS, max_size=2))
    staff = tuple(StaffInPlan(person, f"Сотрудник {person}", since) for person, since in away.items())
    return Inputs(draw(any_habits()), tuple(opened), tuple(candidates), staff)
