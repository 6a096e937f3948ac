"""Of any school: the plan has no conflict, everybody is placed or a reason named, and only who is affected moves."""

from dataclasses import replace
from datetime import datetime, timedelta
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from scheduling.plan import Inputs, Plan, make_plan
from scheduling.plan_check import check
from scheduling.replan import affected, changes, move, replan
from tests.scheduling.schools import MOMENTS, any_school


def order_there(plan: Plan, room: int, but: int) -> list[int]:
    return [one.participant for one in plan.appointments if one.room == room and one.participant != but]


@given(any_school())
def test_a_plan_that_is_made_has_no_conflict(inputs: Inputs) -> None:
    assert check(make_plan(inputs), inputs) == ()


@given(any_school())
def test_everybody_is_placed_once_or_a_reason_is_named(inputs: Inputs) -> None:
    plan = make_plan(inputs)
    placed = [one.participant for one in plan.appointments] + [one.participant for one in plan.unplaced]
    assert sorted(placed) == sorted(one.id for one in inputs.candidates)
    reasons = [one.reason for one in plan.unplaced] + [one.reason for one in plan.appointments]
    assert all(reason.endswith(".") for reason in reasons)


@given(any_school(), st.randoms(use_true_random=False))
def test_the_order_of_the_inputs_changes_nothing(inputs: Inputs, chance: Random) -> None:
    rooms, candidates, staff = list(inputs.rooms), list(inputs.candidates), list(inputs.staff)
    for items in (rooms, candidates, staff):
        chance.shuffle(items)
    turned = tuple(
        replace(room, examiners=room.examiners[::-1], experts=room.experts[::-1]) for room in rooms
    )
    other = Inputs(inputs.habits, turned, tuple(candidates), tuple(staff))
    assert make_plan(other) == make_plan(inputs)


@given(
    any_school(), MOMENTS, st.sets(st.integers(1, 5), max_size=2), st.sets(st.integers(100, 112), max_size=3)
)
def test_a_replan_moves_only_who_is_affected_and_makes_no_conflict(
    inputs: Inputs, now: datetime, rooms: set[int], persons: set[int]
) -> None:
    plan = make_plan(inputs)
    begun = {one.participant for one in plan.appointments if one.starts_at <= now}
    reduced = inputs.without(now, rooms, persons)
    lost = affected(plan, reduced, begun)
    new = replan(plan, inputs, now, begun, lost_rooms=rooms, absent=persons)
    before = {one.participant for one in plan.appointments}
    changed = {one.participant for one in changes(plan, new, inputs)} & before
    assert changed <= lost
    assert not changed & begun
    assert check(new, reduced, begun) == ()
    told = [one for one in changes(plan, new, inputs) if one.moved and one.after is not None]
    assert all(one.after.starts_at >= now + timedelta(minutes=15) for one in told if one.after is not None)


@given(any_school(), st.data())
def test_a_correction_moves_nobody_of_another_room_and_loses_nobody(
    inputs: Inputs, data: st.DataObject
) -> None:
    plan = make_plan(inputs)
    rooms = [room.id for room in inputs.rooms if room.examiners]
    if not rooms or not inputs.candidates:
        return
    who = data.draw(st.sampled_from([one.id for one in inputs.candidates]))
    room = data.draw(st.sampled_from(rooms))
    position, moment = data.draw(st.none() | st.integers(1, 9)), data.draw(st.none() | MOMENTS)
    corrected = move(plan, inputs, who, room, at=moment, position=position)
    assert corrected.conflicts == check(corrected.plan, inputs)
    assert corrected.plan.of(who) is not None
    placed = {one.participant for one in corrected.plan.appointments}
    assert placed == {one.participant for one in plan.appointments} | {who}
    assert order_there(corrected.plan, room, but=who) == order_there(plan, room, but=who)
    for one in changes(plan, corrected.plan, inputs):
        assert one.participant == who or (one.after is not None and one.after.room == room)
