"""How many rooms a day needs, before there is a plan (C-04)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduling.capacity import capacity
from scheduling.plan import Inputs, Pause, RoomInPlan, make_plan
from scheduling.wording import counted, reading_order
from tests.scheduling.schools import at, habits, pupils, school


def test_saratov_asks_for_two_rooms_a_class() -> None:
    """C-04, Saratov appendix 1."""
    told = capacity(school(*pupils(100), of=8), classes=4, rooms_per_class=2)
    assert (told.by_order, told.open, told.enough) == (8, 8, True)
    assert "По порядку региона (2 на класс) их 8." in told.text


def test_an_order_that_is_silent_gives_no_number() -> None:
    """Tambov, Kaluga, Tyva."""
    told = capacity(school(*pupils(100), of=8), classes=4)
    assert told.by_order is None
    assert "По порядку" not in told.text


def test_too_few_rooms_are_told_with_what_would_help() -> None:
    """16 usual interviews from 09:00 to 15:00: runs of six, six and four, with two rests."""
    told = capacity(school(*pupils(100), of=4))
    assert (told.per_room, told.needed, told.enough) == (16, 7, False)
    assert "Откройте ещё 3" in told.text


def test_a_shared_expert_makes_no_second_room() -> None:
    shared = tuple(RoomInPlan(one, str(one), (100 + one,), (200,)) for one in (1, 2, 3))
    assert capacity(Inputs(habits(), shared, pupils(9))).open == 1


def test_rooms_without_an_expert_count_for_scheme_two_only() -> None:
    """D-21."""
    bare = (RoomInPlan(1, "1", (101,)),)
    assert capacity(Inputs(habits(), bare, pupils(1))).open == 0
    assert capacity(Inputs(habits(), bare, pupils(1, scheme=2))).open == 1


def test_a_day_too_short_for_one_is_told() -> None:
    told = capacity(school(*pupils(1), latest_end=at("09:10")))
    assert (told.needed, told.enough) == (None, False)
    assert "слишком короткий" in told.text


def test_nobody_needs_no_room() -> None:
    assert capacity(school()).text == "В списке дня пока нет участников."


@pytest.mark.parametrize(
    "changed, fits", [({}, 16), ({"work_most": 0}, 18), ({"per_hour": 2}, 12), ({"preparation": 9}, 13)]
)
def test_a_room_holds_what_its_habits_leave(changed: dict[str, int], fits: int) -> None:
    """Six hours; 20 minutes each, or 25; a rest after each 120 minutes; two an hour make no run long enough."""
    assert capacity(school(*pupils(9), **changed)).per_room == fits


@given(st.integers(1, 150))
def test_rooms_by_the_estimate_hold_everybody(count: int) -> None:
    needed = capacity(school(*pupils(count))).needed
    assert needed is not None
    assert make_plan(school(*pupils(count), of=needed)).unplaced == ()
    if needed > 1:
        assert make_plan(school(*pupils(count), of=needed - 1)).unplaced


def test_lunch_takes_its_time() -> None:
    with_lunch = school(*pupils(9), lunch=Pause(at("12:00"), 60))
    assert capacity(with_lunch).per_room < capacity(school(*pupils(9))).per_room


@pytest.mark.parametrize(
    "number, said",
    [(1, "1 класс"), (3, "3 класса"), (11, "11 классов"), (22, "22 класса"), (112, "112 классов")],
)
def test_numbers_agree_with_their_words(number: int, said: str) -> None:
    assert counted(number, "класс", "класса", "классов") == said


def test_classes_sort_as_people_read_them() -> None:
    labels = ["10А", "9Я", "9А", "экстерн", "9Ё", "9Ж"]
    assert sorted(labels, key=reading_order) == ["9А", "9Ё", "9Ж", "9Я", "10А", "экстерн"]
