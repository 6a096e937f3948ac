"""Whose turn is next, and when."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from scheduling.queue import estimate, in_order, next_waiting

START = datetime(2026, 2, 11, 6, tzinfo=UTC)
EARLY = ("invited", "testing", "waiting")


def minutes(count: float) -> datetime:
    return START + timedelta(minutes=count)


@dataclass(frozen=True)
class One:
    order: int
    state: str = "waiting"
    ovz: bool = False
    planned_at: datetime | None = None
    sent_back_at: datetime | None = None
    admitted_at: datetime | None = None
    begun_at: datetime | None = None


def room_of(count: int) -> list[One]:
    """Participants planned each quarter of an hour from the start."""
    return [One(order=number, planned_at=minutes(15 * number)) for number in range(count)]


def test_the_next_is_the_first_in_the_order_of_those_who_wait() -> None:
    """D-10: the order is the school's, not that of coming."""
    room = [One(3), One(1, state="testing"), One(2)]
    assert next_waiting(room) == One(2)


def test_nobody_is_next_where_nobody_waits() -> None:
    assert next_waiting([One(1, state="admitted"), One(2, state="finished"), One(3, state="invited")]) is None
    assert next_waiting(list[One]()) is None


def test_who_was_sent_back_follows_all_the_others() -> None:
    """D-09."""
    first, second = One(1, sent_back_at=minutes(9)), One(2, sent_back_at=minutes(5))
    assert in_order([first, second, One(4), One(3)]) == [One(3), One(4), second, first]


def test_before_the_start_the_estimate_is_the_planned_time() -> None:
    room = room_of(4)
    assert [estimate(one, room, now=minutes(-20), starts_at=START) for one in room] == [20, 35, 50, 65]


def test_a_room_that_runs_late_moves_the_estimate() -> None:
    room = room_of(3)
    room[0] = replace(room[0], state="exam", admitted_at=minutes(10), begun_at=minutes(14))
    # Free at minute 30, when the second was planned for 15.
    assert estimate(room[1], room, now=minutes(15), starts_at=START) == 15
    assert estimate(room[2], room, now=minutes(15), starts_at=START) == 30


def test_a_room_that_runs_early_moves_the_estimate() -> None:
    room = room_of(4)
    room[0] = replace(room[0], state="no_show")
    room[1] = replace(room[1], state="finished", admitted_at=minutes(0), begun_at=minutes(2))
    assert estimate(room[2], room, now=minutes(18), starts_at=START) == 0
    assert estimate(room[3], room, now=minutes(18), starts_at=START) == 15


def test_ovz_gives_the_current_one_half_an_hour_more() -> None:
    """D-19."""
    room = room_of(2)
    room[0] = replace(room[0], state="exam", admitted_at=minutes(0), begun_at=minutes(0), ovz=True)
    assert estimate(room[1], room, now=minutes(6), starts_at=START) == 40


def test_without_a_plan_nothing_is_promised() -> None:
    one = One(1)
    assert estimate(one, [one, One(2, planned_at=START)], now=START, starts_at=START) is None


def test_who_was_sent_back_or_skipped_is_promised_nothing() -> None:
    skipped, later = room_of(2)
    later = replace(later, state="exam", admitted_at=minutes(1), begun_at=minutes(3))
    assert estimate(skipped, [skipped, later], now=minutes(4), starts_at=START) is None
    back = replace(skipped, sent_back_at=minutes(2))
    assert estimate(back, [back], now=minutes(4), starts_at=START) is None


@st.composite
def rooms(draw: st.DrawFn) -> tuple[list[One], int, datetime]:
    """A room in the middle of its day, who of it asks, and the time."""
    room = room_of(draw(st.integers(1, 8)))
    done = draw(st.integers(0, len(room) - 1))
    for number in range(done):
        admitted = minutes(15 * number + draw(st.integers(-5, 20)))
        state = "exam" if number == done - 1 and draw(st.booleans()) else "finished"
        begun = admitted + timedelta(minutes=3)
        room[number] = replace(room[number], state=state, admitted_at=admitted, begun_at=begun)
    return room, draw(st.integers(done, len(room) - 1)), minutes(draw(st.integers(-60, 240)))


@given(rooms(), st.lists(st.sampled_from(EARLY), min_size=8, max_size=8))
def test_the_estimate_does_not_tell_who_of_the_others_came(
    case: tuple[list[One], int, datetime], states: list[str]
) -> None:
    """D-10: whether the others are invited, test or wait leaves no trace in it."""
    room, asking, now = case
    other = [
        replace(one, state=states[number]) if one.state in EARLY and number != asking else one
        for number, one in enumerate(room)
    ]
    expected = estimate(room[asking], room, now=now, starts_at=START)
    assert estimate(other[asking], other, now=now, starts_at=START) == expected


@given(rooms())
def test_the_estimate_is_in_steps_of_five_and_never_negative(case: tuple[list[One], int, datetime]) -> None:
    room, asking, now = case
    result = estimate(room[asking], room, now=now, starts_at=START)
    assert result is not None
    assert result >= 0
    assert result % 5 == 0


@given(rooms())
def test_who_is_planned_later_is_promised_no_earlier_turn(case: tuple[list[One], int, datetime]) -> None:
    room, asking, now = case
    turns = [estimate(one, room, now=now, starts_at=START) for one in room[asking:]]
    assert turns == sorted(turns, key=lambda turn: turn or 0)
