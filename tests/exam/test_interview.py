"""Every step from every state by every kind of seat, and D-11 over any history."""

import itertools
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from media.layout import SeatKind
from server.errors import Refused
from server.exam.interview import (
    BEFORE_CONFERENCE,
    IN_CONFERENCE,
    OVER,
    REASON_LIMIT,
    Interview,
    InterviewState,
    Step,
    advance,
    allowed,
)

NOON = datetime(2026, 2, 11, 9, tzinfo=UTC)
PUPIL, EXAMINER, ORGANIZER = SeatKind.PARTICIPANT, SeatKind.EXAMINER, SeatKind.ORGANIZER
INVITED, TESTING, WAITING = InterviewState.INVITED, InterviewState.TESTING, InterviewState.WAITING
ADMITTED, EXAM = InterviewState.ADMITTED, InterviewState.EXAM
FINISHED, NO_SHOW, REMOVED = InterviewState.FINISHED, InterviewState.NO_SHOW, InterviewState.REMOVED

TABLE: dict[tuple[Step, InterviewState], tuple[set[SeatKind], InterviewState]] = {
    (Step.CONNECT, INVITED): ({PUPIL}, TESTING),
    (Step.JOIN_QUEUE, TESTING): ({PUPIL}, WAITING),
    (Step.ADMIT, WAITING): ({EXAMINER}, ADMITTED),
    (Step.SEND_BACK, ADMITTED): ({EXAMINER}, WAITING),
    (Step.BEGIN, ADMITTED): ({EXAMINER}, EXAM),
    (Step.FINISH, EXAM): ({EXAMINER}, FINISHED),
    (Step.NO_SHOW, INVITED): ({EXAMINER, ORGANIZER}, NO_SHOW),
    (Step.NO_SHOW, TESTING): ({EXAMINER, ORGANIZER}, NO_SHOW),
    (Step.NO_SHOW, WAITING): ({EXAMINER, ORGANIZER}, NO_SHOW),
    (Step.REMOVE, WAITING): ({EXAMINER, ORGANIZER}, REMOVED),
    (Step.REMOVE, ADMITTED): ({EXAMINER, ORGANIZER}, REMOVED),
    (Step.REMOVE, EXAM): ({EXAMINER, ORGANIZER}, REMOVED),
    (Step.REVERSE, FINISHED): ({EXAMINER, ORGANIZER}, EXAM),
    (Step.REVERSE, NO_SHOW): ({EXAMINER, ORGANIZER}, TESTING),
    (Step.REVERSE, REMOVED): ({EXAMINER, ORGANIZER}, ADMITTED),
}
"""The rules once more, written out; reversals with the exits as `interview_in` makes them."""


def interview_in(state: InterviewState) -> Interview:
    """One that came to this state by a lawful way."""
    before = {FINISHED: EXAM, NO_SHOW: TESTING, REMOVED: ADMITTED}.get(state)
    return Interview(
        id=1,
        seat="pupil",
        order=1,
        state=state,
        before_exit=before,
        was_over_after_conference=before in IN_CONFERENCE,
    )


@pytest.mark.parametrize("step", Step)
@pytest.mark.parametrize("state", InterviewState)
@pytest.mark.parametrize("by", SeatKind)
def test_a_step_is_taken_where_the_table_says_and_refused_elsewhere(
    step: Step, state: InterviewState, by: SeatKind
) -> None:
    before = interview_in(state)
    seats, target = TABLE.get((step, state), (set(), state))
    if by in seats:
        assert advance(before, step, by, NOON, reason="по ошибке").state is target
        assert allowed(before, step, by)
    else:
        with pytest.raises(Refused):
            advance(before, step, by, NOON, reason="по ошибке")
        assert not allowed(before, step, by)
    assert before == interview_in(state)


def refusal_of(step: Step, state: InterviewState, by: SeatKind) -> Refused | None:
    try:
        advance(interview_in(state), step, by, NOON, reason="по ошибке", conference_free=False)
    except Refused as refusal:
        return refusal
    return None


def test_each_refusal_speaks_russian() -> None:
    found = [refusal_of(*case) for case in itertools.product(Step, InterviewState, SeatKind)]
    texts = {refusal.text for refusal in found if refusal is not None}
    assert len(texts) > len(Step)
    assert all(text.endswith(".") and any("а" <= letter <= "я" for letter in text) for text in texts)


@pytest.mark.parametrize(
    "step, state", [(Step.ADMIT, WAITING), (Step.REVERSE, FINISHED), (Step.REVERSE, REMOVED)]
)
def test_nobody_enters_a_conference_that_is_taken(step: Step, state: InterviewState) -> None:
    """D-10."""
    with pytest.raises(Refused) as refusal:
        advance(interview_in(state), step, EXAMINER, NOON, reason="по ошибке", conference_free=False)
    assert refusal.value.code == "conference_taken"
    assert not allowed(interview_in(state), step, EXAMINER, conference_free=False)


def test_a_reversal_to_the_queue_needs_no_free_conference() -> None:
    no_show = advance(interview_in(WAITING), Step.NO_SHOW, EXAMINER, NOON)
    back = advance(no_show, Step.REVERSE, ORGANIZER, NOON, reason="пришёл", conference_free=False)
    assert back.state is WAITING


@pytest.mark.parametrize("state", sorted(OVER))
@pytest.mark.parametrize("reason", [None, "", " \n\t", "я" * (REASON_LIMIT + 1)])
def test_a_reversal_needs_a_reason_of_reasonable_length(state: InterviewState, reason: str | None) -> None:
    with pytest.raises(Refused):
        advance(interview_in(state), Step.REVERSE, EXAMINER, NOON, reason=reason)


def test_a_reason_of_the_full_length_is_accepted() -> None:
    back = advance(interview_in(FINISHED), Step.REVERSE, EXAMINER, NOON, reason="я" * REASON_LIMIT)
    assert back.state is EXAM


@pytest.mark.parametrize("state", sorted(BEFORE_CONFERENCE))
def test_a_reversed_no_show_is_where_he_was(state: InterviewState) -> None:
    gone = advance(interview_in(state), Step.NO_SHOW, EXAMINER, NOON)
    assert gone.ended_at == NOON
    assert advance(gone, Step.REVERSE, EXAMINER, NOON, reason="нашёлся") == interview_in(state)


def test_times_of_an_ordinary_interview_are_kept() -> None:
    """D-16: the start time is fixed when the exam begins, not at the admission; D-26: the end when it ends."""
    at = [NOON + timedelta(minutes=minute) for minute in range(6)]
    interview = interview_in(INVITED)
    for step, by, when in [
        (Step.CONNECT, PUPIL, at[0]),
        (Step.JOIN_QUEUE, PUPIL, at[1]),
        (Step.ADMIT, EXAMINER, at[2]),
        (Step.BEGIN, EXAMINER, at[3]),
        (Step.FINISH, EXAMINER, at[4]),
    ]:
        interview = advance(interview, step, by, when)
    assert interview == replace(
        interview_in(FINISHED), waiting_since=at[1], admitted_at=at[2], begun_at=at[3], ended_at=at[4]
    )
    resumed = advance(interview, Step.REVERSE, EXAMINER, at[5], reason="рано")
    assert (resumed.begun_at, resumed.ended_at) == (at[3], None)


def test_who_is_sent_back_waits_anew_at_the_end() -> None:
    """D-09."""
    admitted = advance(interview_in(WAITING), Step.ADMIT, EXAMINER, NOON)
    later = NOON + timedelta(minutes=2)
    back = advance(admitted, Step.SEND_BACK, EXAMINER, later)
    assert (back.admitted_at, back.waiting_since, back.sent_back_at) == (None, later, later)


def test_one_removed_from_the_conference_and_reversed_cannot_be_sent_among_the_waiting() -> None:
    """D-11."""
    removed = advance(interview_in(ADMITTED), Step.REMOVE, EXAMINER, NOON)
    back = advance(removed, Step.REVERSE, EXAMINER, NOON, reason="ошибка")
    assert back.state is ADMITTED
    with pytest.raises(Refused) as refusal:
        advance(back, Step.SEND_BACK, EXAMINER, NOON)
    assert refusal.value.code == "was_over"


def test_even_a_damaged_record_does_not_bring_one_who_finished_among_the_waiting() -> None:
    """D-11."""
    damaged = replace(interview_in(FINISHED), before_exit=WAITING)
    with pytest.raises(Refused):
        advance(damaged, Step.REVERSE, EXAMINER, NOON, reason="ошибка")
    with pytest.raises(Refused):
        advance(replace(damaged, before_exit=None), Step.REVERSE, EXAMINER, NOON, reason="ошибка")


class AnyHistory(RuleBasedStateMachine):
    """Three participants of a room, any steps by anybody in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.room = {number: Interview(id=number, seat=f"p{number}", order=number) for number in range(3)}
        self.at = NOON
        self.out_of_the_conference: set[int] = set()

    @rule(
        number=st.integers(0, 2),
        step=st.sampled_from(Step),
        by=st.sampled_from([PUPIL, EXAMINER, ORGANIZER, SeatKind.EXPERT]),
    )
    def try_step(self, number: int, step: Step, by: SeatKind) -> None:
        before = self.room[number]
        self.at += timedelta(seconds=1)
        others = [other for key, other in self.room.items() if key != number]
        free = not any(other.state in IN_CONFERENCE for other in others)
        try:
            after = advance(before, step, by, self.at, reason="случай", conference_free=free)
        except Refused:
            return
        if before.state in IN_CONFERENCE and after.state in OVER:
            self.out_of_the_conference.add(number)
        self.room[number] = after

    @rule(number=st.integers(0, 2))
    def go_on(self, number: int) -> None:
        """The ordinary next step, so that histories reach the end."""
        state = self.room[number].state
        ordinary = {
            INVITED: (Step.CONNECT, PUPIL),
            TESTING: (Step.JOIN_QUEUE, PUPIL),
            WAITING: (Step.ADMIT, EXAMINER),
            ADMITTED: (Step.BEGIN, EXAMINER),
            EXAM: (Step.FINISH, EXAMINER),
        }
        if state in ordinary:
            self.try_step(number, *ordinary[state])

    @invariant()
    def nobody_who_finished_in_the_conference_waits_again(self) -> None:
        """D-11."""
        for number in self.out_of_the_conference:
            assert self.room[number].state not in BEFORE_CONFERENCE
            assert self.room[number].was_over_after_conference

    @invariant()
    def one_participant_is_in_the_conference(self) -> None:
        """D-10."""
        assert sum(one.state in IN_CONFERENCE for one in self.room.values()) <= 1

    @invariant()
    def an_exit_is_remembered_exactly_while_it_lasts(self) -> None:
        for one in self.room.values():
            assert (one.before_exit is not None) == (one.state in OVER) == (one.ended_at is not None)
            assert one.state is not EXAM or one.begun_at is not None


TestAnyHistory = AnyHistory.TestCase
TestAnyHistory.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
