"""Every conflict of a plan put together by hand: each kind has its failing example, and the sound plan none."""

from dataclasses import replace
from typing import Any

import pytest

from scheduling.plan import Candidate, Inputs, Pause, RoomInPlan, StaffInPlan
from scheduling.plan_check import check
from scheduling.plan_parts import Appointment, Plan, Unplaced
from tests.scheduling.schools import appointment, at, habits, plan_of, pupils, rooms, school


def codes(inputs: Inputs, *appointments: Appointment) -> list[str]:
    return sorted(one.code for one in check(plan_of(*appointments), inputs))


def one_with(**changed: Any) -> Candidate:
    return Candidate(1, "Ким", "9А", **changed)


def test_a_sound_plan_has_no_conflict() -> None:
    assert codes(school(*pupils(2)), appointment(1, "09:00"), appointment(2, "09:20")) == []


def test_a_plan_that_ignores_the_rest_of_the_staff_is_seen() -> None:
    """Seven in a row: 136 minutes of the examiner and of the expert."""
    inputs = school(*pupils(7))
    clocks = ["09:00", "09:20", "09:40", "10:00", "10:20", "10:40", "11:00"]
    planned = [appointment(who, clock) for who, clock in enumerate(clocks, start=1)]
    found = check(plan_of(*planned), inputs)
    assert [one.code for one in found] == ["break_missing", "break_missing"]
    assert found[0].text == "Собеседник работает без отдыха с 09:00 до 11:16: нужен перерыв на 15 минут."
    assert {one.persons for one in found} == {(101,), (201,)}


@pytest.mark.parametrize("clock, seen", [("11:14", ["break_missing"] * 2), ("11:15", [])])
def test_a_rest_is_fifteen_minutes_and_the_preparation_after_it(clock: str, seen: list[str]) -> None:
    clocks = ["09:00", "09:20", "09:40", "10:00", "10:20", "10:40", clock]
    planned = [appointment(who, one) for who, one in enumerate(clocks, start=1)]
    assert codes(school(*pupils(7)), *planned) == seen


def test_short_gaps_are_no_rest() -> None:
    """Three gaps of 14 minutes and no rest: a build that sums up pauses would be content."""
    clocks = ["09:00", "09:30", "10:00", "10:30", "11:00"]
    planned = [appointment(who, one) for who, one in enumerate(clocks, start=1)]
    assert codes(school(*pupils(5)), *planned) == ["break_missing", "break_missing"]


def test_work_in_two_rooms_is_work_without_a_rest() -> None:
    """The examiner goes over from room to room; each room for itself has long pauses."""
    shared = tuple(RoomInPlan(one, str(one), (100,), (200 + one,)) for one in (1, 2))
    clocks = ["09:00", "09:20", "09:40", "10:00", "10:20", "10:40", "11:00"]
    planned = [
        appointment(who, clock, who % 2 + 1, examiner=100) for who, clock in enumerate(clocks, start=1)
    ]
    assert codes(Inputs(habits(), shared, pupils(7)), *planned) == ["break_missing"]


def test_one_interview_longer_than_the_work_allowed_is_not_interrupted() -> None:
    assert codes(school(one_with(minutes=46), work_most=30), appointment(1, "09:00", minutes=46)) == []


def test_siblings_at_one_time_are_seen() -> None:
    """In different rooms, of different length, begun at different times."""
    inputs = school(*pupils(1, family="Ким", minutes=46), *pupils(1, first=2, family="Ким"), of=2)
    found = check(plan_of(appointment(1, "09:00", minutes=46), appointment(2, "09:40", room=2)), inputs)
    assert [one.code for one in found] == ["siblings_together"]
    assert found[0].participants == (1, 2)
    assert codes(inputs, appointment(1, "09:00", minutes=46), appointment(2, "09:46", room=2)) == []


def test_those_without_a_family_are_no_siblings() -> None:
    assert codes(school(*pupils(2), of=2), appointment(1, "09:00"), appointment(2, "09:00", room=2)) == []


def test_an_expert_at_scheme_two_is_seen() -> None:
    """D-21: nobody but the familiar examiner, and no expert in the room."""
    inputs = school(one_with(scheme=2, familiar_examiner=900))
    planned = appointment(1, "09:00", examiner=900)
    assert codes(inputs, planned) == ["expert_present"]
    assert codes(inputs, replace(planned, expert=None)) == []


def test_another_examiner_than_the_familiar_one_is_seen() -> None:
    """Saratov 7.4."""
    assert codes(school(one_with(familiar_examiner=900)), appointment(1, "09:00")) == ["familiar_examiner"]


def test_scheme_one_without_an_expert_is_seen() -> None:
    """D-21."""
    assert codes(school(one_with()), appointment(1, "09:00", expert=None)) == ["expert_missing"]


def test_thirty_minutes_more_that_were_forgotten_are_seen() -> None:
    """D-19."""
    assert codes(school(one_with(minutes=46)), appointment(1, "09:00")) == ["too_short"]


def test_a_medical_break_that_is_taken_by_the_next_is_seen() -> None:
    """Saratov 7.3."""
    inputs = school(one_with(break_after=20), *pupils(1, first=2))
    assert codes(inputs, appointment(1, "09:00"), appointment(2, "09:20")) == ["medical_break"]
    kept = appointment(1, "09:00", break_after=20)
    assert codes(inputs, kept, appointment(2, "09:20")) == ["room_overlap"]
    assert codes(inputs, kept, appointment(2, "09:40")) == []


def test_two_in_a_room_are_seen_also_behind_a_short_one_between() -> None:
    """The third overlaps the first, which is long; its neighbour in the order is the second."""
    inputs = school(*pupils(1, minutes=46), *pupils(2, first=2))
    planned = [appointment(1, "09:00", minutes=46), appointment(2, "09:05"), appointment(3, "09:30")]
    found = [one for one in check(plan_of(*planned), inputs) if one.code == "room_overlap"]
    assert [one.participants for one in found] == [(1, 2), (1, 3)]


def test_time_for_the_preparation_is_asked_for() -> None:
    assert codes(school(*pupils(2)), appointment(1, "09:00"), appointment(2, "09:19")) == ["gap_short"]


def test_a_person_in_two_rooms_at_once_is_seen() -> None:
    shared = tuple(RoomInPlan(one, str(one), (100,), (200 + one,)) for one in (1, 2))
    inputs = Inputs(habits(), shared, pupils(2))
    first = appointment(1, "09:00", 1, examiner=100)
    assert codes(inputs, first, appointment(2, "09:15", 2, examiner=100)) == ["person_twice"]
    assert codes(inputs, first, appointment(2, "09:17", 2, examiner=100)) == ["person_hurried"]
    assert codes(inputs, first, appointment(2, "09:20", 2, examiner=100)) == []


def test_an_assistant_in_two_rooms_at_once_is_seen() -> None:
    inputs = school(*pupils(2, assistants=frozenset({800})), of=2)
    assert codes(inputs, appointment(1, "09:00"), appointment(2, "09:10", room=2)) == ["person_twice"]


def test_an_expert_of_one_room_who_examines_in_another_is_in_two_places() -> None:
    both = (RoomInPlan(1, "1", (101,), (300,)), RoomInPlan(2, "2", (300,), (202,)))
    inputs = Inputs(habits(), both, pupils(2))
    planned = (appointment(1, "09:00", expert=300), appointment(2, "09:00", 2, examiner=300))
    assert codes(inputs, *planned) == ["person_twice"]


def test_one_person_in_two_roles_is_seen() -> None:
    both = (RoomInPlan(1, "1", (101,), (101,)),)
    assert codes(Inputs(habits(), both, pupils(1)), appointment(1, "09:00", expert=101)) == ["two_roles"]


@pytest.mark.parametrize(
    "clock, seen", [("08:55", ["too_early"]), ("14:44", []), ("14:45", ["too_late"]), ("11:50", ["lunch"])]
)
def test_the_day_has_its_bounds(clock: str, seen: list[str]) -> None:
    inputs = school(one_with(), lunch=Pause(at("12:00"), 30))
    assert codes(inputs, appointment(1, clock)) == seen


def test_who_can_come_later_only_is_not_called_earlier() -> None:
    assert codes(school(one_with(earliest=at("10:00"))), appointment(1, "09:59")) == ["too_early"]


@pytest.mark.parametrize("clock, seen", [("09:59", 1), ("10:00", 0), ("10:30", 0), ("10:31", 1)])
def test_a_room_that_is_closed_is_seen(clock: str, seen: int) -> None:
    room = replace(rooms(1)[0], opens_at=at("10:00"), closes_at=at("10:46"))
    assert codes(Inputs(habits(), (room,), pupils(1)), appointment(1, clock)) == ["room_closed"] * seen


def test_a_person_who_is_away_is_seen() -> None:
    inputs = replace(school(one_with()), staff=(StaffInPlan(201, "Эксперт П. С.", at("09:10")),))
    (found,) = check(plan_of(appointment(1, "09:00")), inputs)
    assert (found.code, found.text) == (
        "away",
        "Ким (9А), 09:00: Эксперт П. С. отсутствует с 09:10.",
    )


def test_a_parent_who_examines_or_scores_is_seen() -> None:
    inputs = school(one_with(avoid=frozenset({101, 201})))
    assert codes(inputs, appointment(1, "09:00")) == ["relative", "relative"]


def test_staff_of_another_room_is_seen() -> None:
    planned = appointment(1, "09:00", examiner=102, expert=202)
    assert codes(school(one_with(), of=2), planned) == ["examiner_foreign", "expert_foreign"]


def test_a_room_that_the_day_does_not_have_is_seen() -> None:
    assert codes(school(one_with()), appointment(1, "09:00", room=9)) == ["room_unknown"]


def test_what_was_set_by_hand_and_is_not_kept_is_seen() -> None:
    inputs = school(one_with(pinned_room=2, pinned_at=at("09:20")), of=2)
    assert codes(inputs, appointment(1, "09:00")) == ["pinned", "pinned"]
    assert codes(inputs, appointment(1, "09:20", room=2)) == []


def test_a_fourth_within_the_hour_is_seen() -> None:
    """C-04: also in an hour that does not begin at a full one."""
    inputs = school(*pupils(4), preparation=0, per_hour=3)
    clocks = ["09:10", "09:26", "09:42", "10:09"]
    planned = [appointment(who, one) for who, one in enumerate(clocks, start=1)]
    assert codes(inputs, *planned) == ["per_hour"]
    assert codes(inputs, *planned[:3], appointment(4, "10:10")) == []


def test_somebody_missing_twice_or_unknown_is_seen() -> None:
    planned = (appointment(1, "09:00"), appointment(1, "09:20"), appointment(7, "09:40"))
    assert codes(school(*pupils(2)), *planned) == [
        "participant_missing",
        "participant_twice",
        "participant_unknown",
    ]


def test_who_has_no_place_for_a_named_reason_is_not_missing() -> None:
    plan = Plan((appointment(1, "09:00"),), (Unplaced(2, "Нет места."),))
    assert check(plan, school(*pupils(2))) == ()


def test_what_concerns_only_those_who_have_begun_is_left_out() -> None:
    inputs = school(*pupils(2))
    plan = plan_of(appointment(1, "09:00"), appointment(2, "09:10"))
    assert [one.code for one in check(plan, inputs, settled={1})] == ["room_overlap"]
    assert check(plan, inputs, settled={1, 2}) == ()
