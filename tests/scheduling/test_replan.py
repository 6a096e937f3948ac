"""A plan corrected by hand, and changed on the day: who moves, who stays, and what is told."""

from dataclasses import replace

import pytest

from scheduling.plan import Candidate, Inputs, PlanProblem, RoomInPlan, make_plan
from scheduling.plan_check import check
from scheduling.plan_parts import Plan
from scheduling.replan import changes, move, replan
from tests.scheduling.schools import appointment, at, habits, places, plan_of, pupils, rooms, school


def begun(plan: Plan, clock: str) -> set[int]:
    return {one.participant for one in plan.appointments if one.starts_at <= at(clock)}


def order_of(plan: Plan, room: int) -> list[int]:
    return [one.participant for one in plan.appointments if one.room == room]


def test_a_lost_room_moves_its_own_and_nobody_else() -> None:
    """At 10:00 room 2 is lost: who was there after 10:00 comes later elsewhere; rooms 1 and 3 stay as they are."""
    inputs = school(*pupils(18), of=3)
    plan = make_plan(inputs)
    frozen = begun(plan, "10:00")
    new = replan(plan, inputs, at("10:00"), frozen, lost_rooms=[2])
    lost = {one.participant for one in plan.appointments if one.room == 2} - frozen
    assert lost
    assert {one.participant for one in changes(plan, new, inputs)} == lost
    assert all(place[0] != 2 for who, place in places(new).items() if who in lost)
    assert check(new, inputs.without(at("10:00"), [2]), frozen) == ()


def test_an_ill_examiner_is_replaced_at_the_same_time_where_the_room_has_another() -> None:
    """Nobody is called to another time; only the staff is told."""
    room = RoomInPlan(1, "1", (101, 102), (201,))
    inputs = Inputs(habits(staff_break=0, work_most=0), (room,), pupils(6))
    plan = make_plan(inputs)
    new = replan(plan, inputs, at("08:30"), (), absent=[101])
    assert places(new) == places(plan)
    assert {one.examiner for one in new.appointments} == {102}
    told = changes(plan, new, inputs)
    assert {one.participant for one in told} == {
        one.participant for one in plan.appointments if one.examiner == 101
    }
    assert not any(one.moved for one in told)


def test_who_comes_in_ten_minutes_keeps_the_time_where_a_deputy_is_there() -> None:
    """A new time would need a quarter of an hour; another examiner at the same time needs none."""
    room = RoomInPlan(1, "1", (101, 102), (201,))
    inputs = Inputs(habits(), (room,), pupils(6))
    plan = make_plan(inputs)
    ill = next(one.examiner for one in plan.appointments if one.participant == 2)
    new = replan(plan, inputs, at("09:10"), {1}, absent=[ill])
    assert places(new)[2] == (1, "09:20")


def test_an_ill_examiner_without_a_deputy_sends_the_room_to_the_others() -> None:
    inputs = school(*pupils(8), of=2)
    plan = make_plan(inputs)
    new = replan(plan, inputs, at("08:00"), (), absent=[102])
    assert new.unplaced == ()
    assert order_of(new, 2) == []
    stay = order_of(plan, 1)
    assert {who: place for who, place in places(new).items() if who in stay} == {
        who: place for who, place in places(plan).items() if who in stay
    }


def test_a_new_examiner_of_the_room_takes_over_without_moving_anybody() -> None:
    """The organizer has put 150 in place of 101."""
    inputs = school(*pupils(5))
    plan = make_plan(inputs)
    other = replace(inputs, rooms=(replace(inputs.rooms[0], examiners=(150,)),))
    new = replan(plan, other, at("08:00"), ())
    assert places(new) == places(plan)
    assert {one.examiner for one in new.appointments} == {150}


def test_who_has_begun_stays_even_in_a_lost_room() -> None:
    inputs = school(*pupils(6), of=2)
    plan = make_plan(inputs)
    frozen = begun(plan, "09:00")
    new = replan(plan, inputs, at("09:05"), frozen, lost_rooms=[2], absent=[101])
    assert len(frozen) == 2
    assert all(new.of(one) == plan.of(one) for one in frozen)


def test_a_new_time_is_told_a_quarter_of_an_hour_ahead() -> None:
    """At 09:05 room 2 has free places at once; nobody is called there before 09:20."""
    inputs = Inputs(habits(), rooms(2), pupils(3))
    plan = make_plan(Inputs(habits(), rooms(1), pupils(3)))
    new = replan(plan, inputs, at("09:05"), {1}, lost_rooms=[1])
    assert places(new) == {1: (1, "09:00"), 2: (2, "09:20"), 3: (2, "09:40")}


def test_somebody_who_registered_late_gets_a_place_and_nobody_moves() -> None:
    inputs = school(*pupils(5), of=2)
    plan = make_plan(inputs)
    new = replan(plan, replace(inputs, candidates=pupils(6)), at("08:00"), ())
    assert [one.participant for one in changes(plan, new, inputs)] == [6]
    assert new.of(6) is not None


def test_somebody_who_is_no_longer_of_the_day_goes_and_nobody_moves() -> None:
    inputs = school(*pupils(5), of=2)
    plan = make_plan(inputs)
    new = replan(plan, replace(inputs, candidates=pupils(4)), at("08:00"), ())
    (told,) = changes(plan, new, inputs)
    assert (told.participant, told.after) == (5, None)


def test_siblings_stay_apart_in_a_replan() -> None:
    """The sister stays at 09:20 in room 1; the brother of the lost room is not put beside her into room 3."""
    brother, sister = (Candidate(one, "Ким", "9А", family="Ким") for one in (90, 91))
    inputs = Inputs(
        habits(), rooms(3), (replace(brother, pinned_room=2), replace(sister, pinned_at=at("09:20")))
    )
    plan = make_plan(inputs)
    freed = replace(inputs, candidates=(brother, sister))
    new = replan(plan, freed, at("08:00"), (), lost_rooms=[2])
    assert new.of(91) == plan.of(91)
    assert check(new, freed.without(at("08:00"), [2])) == ()


def test_what_changes_is_told_in_plain_sentences() -> None:
    inputs = school(*pupils(2), of=2)
    plan = make_plan(inputs)
    new = replan(plan, inputs, at("08:00"), (), lost_rooms=[2])
    (told,) = changes(plan, new, inputs)
    assert told.text == "Ученик 002 (9А): аудитория 2, 09:00 → аудитория 1, 09:20."
    assert new.explanation[-1].startswith("В 08:00 план изменён. На своих местах: 1 участник;")


def test_who_finds_no_new_place_is_told_with_the_reason() -> None:
    inputs = school(*pupils(2))
    plan = make_plan(inputs)
    new = replan(plan, inputs, at("08:00"), (), lost_rooms=[1])
    assert [one.participant for one in new.unplaced] == [1, 2]
    texts = [one.text for one in changes(plan, new, inputs)]
    assert texts[0].startswith("Ученик 001 (9А): аудитория 1, 09:00 → без места. До 15:00")


def test_a_plan_without_losses_stays_as_it_is() -> None:
    inputs = school(*pupils(9), of=2)
    plan = make_plan(inputs)
    assert changes(plan, replan(plan, inputs, at("08:00"), ()), inputs) == ()


def test_moving_to_another_room_pushes_only_who_follows_there() -> None:
    inputs = school(*pupils(6), of=2)
    plan = make_plan(inputs)
    assert (order_of(plan, 1), order_of(plan, 2)) == ([1, 3, 5], [2, 4, 6])
    corrected = move(plan, inputs, 1, 2, position=2)
    assert order_of(corrected.plan, 2) == [2, 1, 4, 6]
    assert corrected.conflicts == ()
    expected = {
        1: (2, "09:20"),
        2: (2, "09:00"),
        4: (2, "09:40"),
        6: (2, "10:00"),
        3: (1, "09:20"),
        5: (1, "09:40"),
    }
    assert places(corrected.plan) == expected


def test_moving_later_within_a_room_closes_the_gap() -> None:
    inputs = school(*pupils(4))
    corrected = move(make_plan(inputs), inputs, 1, 1, position=3)
    assert order_of(corrected.plan, 1) == [2, 3, 1, 4]
    assert list(places(corrected.plan).values()) == [(1, "09:00"), (1, "09:20"), (1, "09:40"), (1, "10:00")]


def test_moving_earlier_within_a_room_keeps_the_times_of_the_room() -> None:
    inputs = school(*pupils(4))
    corrected = move(make_plan(inputs), inputs, 4, 1, position=1)
    assert order_of(corrected.plan, 1) == [4, 1, 2, 3]
    assert list(places(corrected.plan).values()) == [(1, "09:00"), (1, "09:20"), (1, "09:40"), (1, "10:00")]


def test_moving_to_the_own_place_changes_nothing() -> None:
    inputs = school(*pupils(4))
    plan = make_plan(inputs)
    assert move(plan, inputs, 3, 1, position=3).plan == plan


def test_who_follows_a_longer_one_gives_way_with_the_rest_of_the_staff() -> None:
    """46 minutes put before six others: the rest that was due after 120 minutes is kept."""
    inputs = school(*pupils(6), Candidate(90, "Ким", "9А", minutes=46), of=2)
    plan = make_plan(Inputs(habits(), rooms(2), (*pupils(6, pinned_room=1), inputs.candidates[-1])))
    corrected = move(plan, inputs, 90, 1, position=1)
    assert order_of(corrected.plan, 1) == [90, 1, 2, 3, 4, 5, 6]
    assert corrected.conflicts == ()


def test_a_time_by_hand_is_kept_to_the_minute_and_its_conflict_told() -> None:
    inputs = school(*pupils(3))
    corrected = move(make_plan(inputs), inputs, 3, 1, at=at("09:10"))
    assert places(corrected.plan)[3] == (1, "09:10")
    assert [one.code for one in corrected.conflicts] == ["room_overlap"]
    assert places(corrected.plan)[2] == (1, "09:30")


def test_who_had_a_conflict_before_still_gives_way() -> None:
    """The second is not at the time once set for them: that is the organizer's, but the room is taken now."""
    inputs = school(*pupils(1), Candidate(2, pinned_at=at("12:00")), Candidate(3), of=2)
    plan = plan_of(appointment(1, "09:00"), appointment(2, "09:20"), appointment(3, "09:00", room=2))
    corrected = move(plan, inputs, 3, 1, position=2)
    assert places(corrected.plan) == {1: (1, "09:00"), 3: (1, "09:20"), 2: (1, "09:40")}
    assert [one.code for one in corrected.conflicts] == ["pinned"]


def test_siblings_put_together_by_hand_are_told() -> None:
    inputs = school(*pupils(2, family="Ким"), of=2)
    corrected = move(make_plan(inputs), inputs, 2, 2, at=at("09:00"))
    assert [one.code for one in corrected.conflicts] == ["siblings_together"]


def test_somebody_without_a_place_can_be_given_one_by_hand() -> None:
    inputs = school(*pupils(40))
    plan = make_plan(inputs)
    who = plan.unplaced[0].participant
    corrected = move(plan, inputs, who, 1)
    assert corrected.plan.of(who) is not None
    assert who not in {one.participant for one in corrected.plan.unplaced}
    assert "too_late" in {one.code for one in corrected.conflicts}


def test_who_has_begun_is_neither_moved_nor_pushed() -> None:
    inputs = school(*pupils(4))
    plan = make_plan(inputs)
    with pytest.raises(PlanProblem, match="уже началось"):
        move(plan, inputs, 1, 1, position=3, settled={1})
    corrected = move(plan, inputs, 4, 1, position=1, settled={1, 2})
    assert [corrected.plan.of(one) for one in (1, 2)] == [plan.of(one) for one in (1, 2)]
    assert order_of(corrected.plan, 1) == [1, 2, 4, 3]


def test_a_room_or_participant_of_another_day_is_refused() -> None:
    inputs = school(*pupils(1))
    for who, room in ((7, 1), (1, 7)):
        with pytest.raises(PlanProblem):
            move(make_plan(inputs), inputs, who, room)
