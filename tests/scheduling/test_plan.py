"""The plan of a day by example: C-04, D-10, D-19, D-21 and the order that a teacher can follow."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduling.plan import (
    Candidate,
    Habits,
    Inputs,
    Order,
    Pause,
    PlanProblem,
    RoomInPlan,
    StaffInPlan,
    make_plan,
)
from scheduling.plan_check import check
from tests.scheduling.schools import START, any_habits, at, habits, places, pupils, rooms, school


def times(inputs: Inputs, room: int = 1) -> list[str]:
    return [f"{one.starts_at:%H:%M}" for one in make_plan(inputs).appointments if one.room == room]


def test_the_day_starts_at_nine_with_three_participants_an_hour_and_room() -> None:
    """C-04, D-19: 16 minutes and 4 of preparation."""
    assert times(school(*pupils(4))) == ["09:00", "09:20", "09:40", "10:00"]


def test_four_an_hour_where_the_school_prepares_less() -> None:
    """C-04."""
    assert times(school(*pupils(5, minutes=15), preparation=0)) == [
        "09:00",
        "09:15",
        "09:30",
        "09:45",
        "10:00",
    ]


def test_no_more_than_the_allowed_number_begin_within_any_hour() -> None:
    """C-04: 15-minute interviews without preparation would make four."""
    planned = times(school(*pupils(4, minutes=15), preparation=0, per_hour=3))
    assert planned == ["09:00", "09:15", "09:30", "10:00"]
    close = times(school(*pupils(4), preparation=1, per_hour=3, step=1))
    assert close == ["09:00", "09:17", "09:34", "10:00"]


def test_staff_rest_after_two_hours_of_work() -> None:
    """The seventh would end at 11:16, after 136 minutes without a rest."""
    plan = make_plan(school(*pupils(7)))
    assert [f"{one.starts_at:%H:%M}" for one in plan.appointments][-2:] == ["10:40", "11:15"]
    assert [(f"{one.starts_at:%H:%M}", one.minutes, one.reason) for one in plan.breaks] == [
        ("10:56", 15, "Перерыв собеседника и эксперта")
    ]


def test_two_examiners_and_two_experts_let_a_room_work_without_a_pause() -> None:
    room = RoomInPlan(1, "1", (101, 102), (201, 202))
    plan = make_plan(Inputs(habits(), (room,), pupils(12)))
    starts = [one.starts_at for one in plan.appointments]
    assert {after - before for before, after in pairwise(starts)} == {timedelta(minutes=20)}
    assert {one.examiner for one in plan.appointments} == {101, 102}
    assert check(plan, Inputs(habits(), (room,), pupils(12))) == ()


def test_ovz_get_thirty_minutes_more_and_the_others_do_not_wait_for_them() -> None:
    """D-19: two long interviews share a room from the morning; three rooms go on in their rhythm."""
    long = pupils(2, first=50, minutes=46)
    plan = make_plan(school(*pupils(18), *long, of=4))
    assert {place[0] for who, place in places(plan).items() if who >= 50} == {1}
    assert [places(plan)[50], places(plan)[51]] == [(1, "09:00"), (1, "09:50")]
    assert all(one.minutes == (46 if one.participant >= 50 else 16) for one in plan.appointments)


def test_a_medical_break_keeps_the_room_free() -> None:
    """Saratov 7.3."""
    plan = make_plan(school(*pupils(1, break_after=20), *pupils(1, first=2)))
    assert places(plan) == {1: (1, "09:00"), 2: (1, "09:40")}
    rest = next(one for one in plan.breaks if one.reason == "Перерыв участника")
    assert (rest.starts_at, rest.minutes) == (at("09:16"), 20)


def test_siblings_follow_each_other_in_one_room() -> None:
    """They are of different classes: by the order of classes they would not meet."""
    siblings = (
        Candidate(90, "Ким А.", "9А", family="Ким"),
        Candidate(91, "Ким Я.", "9Б", family="Ким"),
    )
    plan = make_plan(school(*pupils(20), *pupils(20, first=30, class_label="9Б"), *siblings, of=4))
    one, other = plan.of(90), plan.of(91)
    assert one is not None
    assert other is not None
    assert one.room == other.room
    assert other.starts_at - one.starts_at == timedelta(minutes=20)
    assert "сестры" in other.reason


def test_a_sibling_with_thirty_minutes_more_is_not_examined_at_the_same_time() -> None:
    siblings = (
        Candidate(90, "Ким А.", "9А", minutes=46, family="Ким"),
        Candidate(91, "Ким Я.", "9А", family="Ким", pinned_at=at("09:20")),
    )
    inputs = school(*pupils(6), *siblings, of=3)
    plan = make_plan(inputs)
    one, other = plan.of(90), plan.of(91)
    assert one is not None
    assert other is not None
    assert one.starts_at >= other.ends_at or one.ends_at <= other.starts_at


def test_siblings_kept_in_two_rooms_by_hand_come_at_different_times() -> None:
    """Both rooms are free at nine: a build that knows siblings only as neighbours would call both then."""
    inputs = school(
        *(Candidate(90 + room, "Ким", "9А", family="Ким", pinned_room=room) for room in (1, 2)), of=2
    )
    plan = make_plan(inputs)
    assert plan.unplaced == ()
    assert len({one.starts_at for one in plan.appointments}) == 2
    assert check(plan, inputs) == ()


def test_nobody_scores_whom_they_examine() -> None:
    """101 may do both in this room, and is the least busy in each list."""
    room = RoomInPlan(1, "1", (101,), (101, 201))
    plan = make_plan(Inputs(habits(), (room,), pupils(3)))
    assert [(one.examiner, one.expert) for one in plan.appointments] == [(101, 201)] * 3


def test_a_place_before_a_later_appointment_is_found_where_the_work_is_short_enough() -> None:
    """45 minutes at most: 09:30 would make 46 without a rest up to 10:16, 09:35 makes 41."""
    candidates = (Candidate(1, pinned_at=at("10:00")), Candidate(2, earliest=at("09:26")))
    assert places(make_plan(school(*candidates, work_most=45)))[2] == (1, "09:35")


def test_asd_is_examined_by_the_familiar_examiner_and_no_expert_is_there() -> None:
    """D-21, Saratov 7.4; the examiner 103 belongs to room 3."""
    one = Candidate(90, "Ким", "9А", minutes=46, scheme=2, familiar_examiner=103)
    placed = make_plan(school(*pupils(9), one, of=3)).of(90)
    assert placed is not None
    assert (placed.room, placed.examiner, placed.expert) == (3, 103, None)


def test_a_familiar_examiner_from_elsewhere_is_in_one_place_at_a_time() -> None:
    """Saratov 7.4: a psychologist who is no examiner of any room; two participants cannot be examined at once."""
    two = [Candidate(one, "Ким", "9А", minutes=46, scheme=2, familiar_examiner=900) for one in (90, 91)]
    inputs = school(*pupils(9), *two, of=3)
    plan = make_plan(inputs)
    first, second = sorted(
        (one for one in plan.appointments if one.examiner == 900), key=lambda one: one.starts_at
    )
    assert first.room == second.room
    assert second.starts_at - first.starts_at == timedelta(minutes=50)
    assert check(plan, inputs) == ()


def test_nobody_else_examines_in_place_of_an_absent_familiar_examiner() -> None:
    """Saratov 7.4: the reason is named instead."""
    one = Candidate(90, "Ким", "9А", scheme=2, familiar_examiner=900)
    inputs = replace(school(one), staff=(StaffInPlan(900, "Психолог", at("09:00")),))
    (told,) = make_plan(inputs).unplaced
    assert told.reason == "Психолог отсутствует с 09:00: выберите другого собеседника."


def test_scheme_two_goes_to_a_room_without_an_expert_if_there_is_one() -> None:
    """D-21."""
    without = RoomInPlan(7, "7", (107,))
    one = Candidate(90, "Ким", "9А", scheme=2)
    plan = make_plan(Inputs(habits(), (*rooms(2), without), (*pupils(9), one)))
    assert places(plan)[90][0] == 7
    assert [one.participant for one in plan.appointments if one.room == 7] == [90]


def test_a_parent_neither_examines_nor_scores() -> None:
    """Rooms 1 and 2 are closed to them by their parents."""
    children = (
        Candidate(1, "А", "9А", avoid=frozenset({101})),
        Candidate(2, "Б", "9А", avoid=frozenset({202})),
    )
    plan = make_plan(school(*children, of=2))
    assert {who: room for who, (room, _) in places(plan).items()} == {1: 2, 2: 1}


def test_a_familiar_parent_may_examine_in_exceptional_cases() -> None:
    """Saratov 7.4, Kaluga 5.5."""
    child = Candidate(1, "А", "9А", scheme=2, familiar_examiner=900, avoid=frozenset({900}))
    inputs = school(child)
    plan = make_plan(inputs)
    assert [one.examiner for one in plan.appointments] == [900]
    assert check(plan, inputs) == ()


def test_a_time_and_a_room_set_by_hand_are_kept() -> None:
    by_hand = Candidate(90, "Ким", "9А", pinned_room=2, pinned_at=at("10:07"))
    plan = make_plan(school(*pupils(20), by_hand, of=2))
    assert places(plan)[90] == (2, "10:07")


def test_a_time_by_hand_that_cannot_be_kept_is_told_with_its_reason() -> None:
    two = [Candidate(one, "Ким", "9А", pinned_room=1, pinned_at=at("10:00")) for one in (90, 91)]
    plan = make_plan(school(*two, of=2))
    (told,) = plan.unplaced
    assert told.participant == 91
    assert told.reason.startswith("Закреплённое время 10:00 не подходит. Аудитория в это время занята")


def test_nobody_is_called_before_they_can_come() -> None:
    late = Candidate(90, "Аист", "9А", earliest=at("11:30"))
    assert places(make_plan(school(*pupils(3), late)))[90] == (1, "11:30")


def test_a_room_is_used_only_while_it_is_open() -> None:
    first, second = rooms(2)
    second = replace(second, opens_at=at("10:00"), closes_at=at("10:40"))
    plan = make_plan(Inputs(habits(), (first, second), pupils(20)))
    assert [clock for room, clock in places(plan).values() if room == 2] == ["10:00", "10:20"]


def test_nobody_is_examined_during_lunch() -> None:
    planned = times(school(*pupils(12), lunch=Pause(at("10:30"), 30)))
    assert "10:20" not in planned
    assert "10:40" not in planned
    assert planned[4] == "11:00"


def test_an_expert_who_serves_two_rooms_is_never_in_both() -> None:
    two = tuple(RoomInPlan(one, str(one), (100 + one,), (200,)) for one in (1, 2))
    inputs = Inputs(habits(), two, pupils(10))
    plan = make_plan(inputs)
    starts = sorted(one.starts_at for one in plan.appointments)
    assert len(plan.appointments) == 10
    assert all(after - before >= timedelta(minutes=20) for before, after in pairwise(starts))
    assert check(plan, inputs) == ()


def test_an_assistant_of_two_participants_is_in_one_place_at_a_time() -> None:
    two = [Candidate(one, "Ким", "9А", minutes=46, assistants=frozenset({800})) for one in (1, 2)]
    plan = make_plan(school(*two, of=2))
    first, second = sorted(plan.appointments, key=lambda one: one.starts_at)
    assert second.starts_at >= first.ends_at


@pytest.mark.parametrize("count, of", [(7, 3), (40, 4), (65, 6), (100, 9)])
def test_rooms_alike_get_the_same_number_but_one(count: int, of: int) -> None:
    """Fair load of rooms, examiners and experts."""
    plan = make_plan(school(*pupils(count), of=of))
    for what in ("room", "examiner", "expert"):
        load = Counter(getattr(one, what) for one in plan.appointments)
        assert len(load) == of
        assert max(load.values()) - min(load.values()) <= 1


@given(st.integers(2, 8), st.integers(5, 60), st.integers(0, 12))
def test_rooms_alike_finish_within_one_long_interview_of_each_other(of: int, usual: int, long: int) -> None:
    """Fair load with OVZ: the work in minutes differs by one long interview and a rest at most."""
    inputs = school(
        *pupils(usual), *pupils(long, first=100, minutes=46), of=of, latest_end=START + timedelta(hours=24)
    )
    plan = make_plan(inputs)
    assert plan.unplaced == ()
    work = Counter({room.id: 0 for room in inputs.rooms})
    for one in plan.appointments:
        work[one.room] += one.minutes + 4
    assert max(work.values()) - min(work.values()) <= 50 + 19


def test_classes_come_one_after_the_other_and_names_by_the_alphabet() -> None:
    """D-10: «9Б» before «10А», ё with е."""
    names = [("10А", "Аист"), ("9Б", "Яров"), ("9Б", "Ёлкин"), ("9Б", "Ежов")]
    candidates = [Candidate(one, name, label) for one, (label, name) in enumerate(names)]
    by_class = [one.participant for one in make_plan(school(*candidates)).appointments]
    by_name = [one.participant for one in make_plan(school(*candidates, order=Order.ALPHABET)).appointments]
    assert by_class == [3, 2, 1, 0]
    assert by_name == [0, 3, 2, 1]


def test_who_finds_no_place_is_told_what_would_help() -> None:
    plan = make_plan(school(*pupils(40)))
    assert plan.unplaced
    assert "До 15:00 ни в одной аудитории не осталось 16 минут подряд" in plan.unplaced[0].reason
    assert "ещё одна аудитория" in plan.unplaced[0].reason


@pytest.mark.parametrize(
    "opened, reason",
    [
        ((), "В плане нет ни одной аудитории."),
        ((RoomInPlan(1, "1", (), (201,)),), "Нет собеседника, который может экзаменовать этого участника."),
        ((RoomInPlan(1, "1", (101,), ()),), "Нет эксперта, который может оценивать этого участника."),
    ],
)
def test_what_the_school_lacks_is_named(opened: tuple[RoomInPlan, ...], reason: str) -> None:
    (told,) = make_plan(Inputs(habits(), opened, pupils(1))).unplaced
    assert told.reason == reason


def test_the_explanation_tells_the_steps_in_plain_russian() -> None:
    known = Candidate(90, "Ким", "9А", scheme=2, familiar_examiner=101)
    inputs = school(*pupils(21), *pupils(2, first=50, minutes=46), known, of=3)
    told = make_plan(inputs).explanation
    assert told[0] == "День идёт с 09:00 до 15:00. Нужно распределить: 24 участника; аудиторий: 3."
    assert "Затем те, кого экзаменует знакомый собеседник: 1 участник." in told
    assert any(line.startswith("Длинные собеседования (2 участника)") for line in told)
    assert any("дольше 120 минут: потом перерыв на 15 минут." in line for line in told)
    assert not any("Ким" in line or "Ученик" in line for line in told)


def test_times_are_of_the_schools_own_zone() -> None:
    """C-04: nine by the school's clocks, in any of the eleven zones."""
    kamchatka = ZoneInfo("Asia/Kamchatka")
    start = START.replace(tzinfo=kamchatka)
    plan = make_plan(Inputs(Habits(start, start.replace(hour=15)), rooms(1), pupils(2)))
    assert [f"{one.starts_at:%H:%M %z}" for one in plan.appointments] == ["09:00 +1200", "09:20 +1200"]


def test_a_change_of_the_clocks_shifts_no_interval() -> None:
    """Russia has none; an interval is an interval nevertheless."""
    start = START.replace(month=3, day=29, hour=1, minute=40, tzinfo=ZoneInfo("Europe/Berlin"))
    plan = make_plan(Inputs(Habits(start, start.replace(hour=6)), rooms(1), pupils(3)))
    assert [f"{one.starts_at:%H:%M}" for one in plan.appointments] == ["01:40", "03:00", "03:20"]


@given(any_habits())
def test_habits_come_back_from_json_as_they_went(one: Habits) -> None:
    back = Habits.from_json(one.as_json())
    assert back == one
    assert back.as_json() == one.as_json()


@pytest.mark.parametrize(
    "changed",
    [
        {"start": "2026-02-11T09:00:00"},
        {"latest_end": "2026-02-11T08:00:00+04:00"},
        {"preparation": -1},
        {"per_hour": 0},
        {"step": 0},
        {"order": "by_chance"},
        {"work_most": "two hours"},
    ],
)
def test_habits_that_cannot_be_are_refused(changed: dict[str, object]) -> None:
    with pytest.raises(PlanProblem):
        Habits.from_json({**habits().as_json(), **changed})


def test_somebody_listed_twice_is_refused() -> None:
    with pytest.raises(PlanProblem, match="участник указан дважды"):
        school(*pupils(1), *pupils(1))
    with pytest.raises(PlanProblem, match="аудитория указана дважды"):
        Inputs(habits(), rooms(1) * 2, ())
