"""Who hears whom, over every combination of states and seats."""

import itertools
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.layout import LAYOUTS, RECORDER_SEAT, SeatKind
from server.exam.audibility import CHECKED, ConferenceState, Patch, participant_in_conference, patches
from server.exam.interview import IN_CONFERENCE, OVER, InterviewState

HIDDEN_NAMES = ("expert-1", "expert-2", "observer-1", "observer-2")
WAITERS = [state for state in InterviewState if state not in IN_CONFERENCE]


@st.composite
def conferences(draw: st.DrawFn) -> ConferenceState:
    """Any lawful cast: at most one participant inside, each seat in one place."""
    others = draw(st.lists(st.sampled_from(WAITERS), max_size=5))
    inside = draw(st.sampled_from([None, *sorted(IN_CONFERENCE)]))
    states = [*others, inside] if inside else others
    order = draw(st.permutations(range(len(states))))
    interviews = tuple((f"pupil-{number}", states[number]) for number in order)
    checked = [seat for seat, _ in interviews] + ["pupil-of-another-room"]
    return ConferenceState(
        examiner=draw(st.sampled_from([None, "examiner"])),
        interviews=interviews,
        experts=draw(st.frozensets(st.sampled_from(HIDDEN_NAMES[:2]))),
        observers=draw(st.frozensets(st.sampled_from(HIDDEN_NAMES[2:]))),
        third=draw(st.sampled_from([None, "assistant", "organizer"])),
        check=draw(st.none() | st.tuples(st.just("specialist"), st.sampled_from(checked))),
    )


def small_casts() -> Iterator[ConferenceState]:
    """Every cast of up to two participants, exhaustively, the unlawful ones included."""
    for count in range(3):
        for states in itertools.product(InterviewState, repeat=count):
            seats = [f"pupil-{number}" for number in range(count)]
            for examiner, expert, observer, third, checked in itertools.product(
                (None, "examiner"),
                (frozenset[str](), frozenset({"expert-1"})),
                (frozenset[str](), frozenset({"observer-1"})),
                (None, "organizer"),
                (None, *seats),
            ):
                yield ConferenceState(
                    examiner=examiner,
                    interviews=tuple(zip(seats, states, strict=True)),
                    experts=expert,
                    observers=observer,
                    third=third,
                    check=None if checked is None else ("specialist", checked),
                )


LAWFUL_SMALL_CASTS = [
    cast for cast in small_casts() if sum(state in IN_CONFERENCE for _, state in cast.interviews) < 2
]


def kind_of(seat: str) -> SeatKind:
    return SeatKind.PARTICIPANT if seat.startswith("pupil") else SeatKind(seat.rstrip("-12"))


def sources(connected: frozenset[Patch]) -> set[str]:
    return {plug[0] for plug, _ in connected}


def targets(connected: frozenset[Patch]) -> set[str]:
    return {jack[0] for _, jack in connected}


def heard_by(seat: str, connected: frozenset[Patch]) -> set[Patch]:
    return {(plug, jack) for plug, jack in connected if jack[0] == seat}


def sent_by(seat: str, connected: frozenset[Patch]) -> set[Patch]:
    return {(plug, jack) for plug, jack in connected if plug[0] == seat}


def require_theorems(state: ConferenceState) -> None:
    """All that must hold of any lawful state."""
    connected = patches(state)
    require_only_what_the_seats_have(connected)
    require_waiting_in_silence(state, connected)
    require_over_is_over(state, connected)
    require_private_check_is_private(state, connected)
    require_hidden_send_nothing(state, connected)
    require_record_of_all_the_conference(state, connected)
    if not any(interview in IN_CONFERENCE for _, interview in state.interviews):
        assert sources(connected) | targets(connected) <= set(state.check or ())


def require_only_what_the_seats_have(connected: frozenset[Patch]) -> None:
    """Plugs and jacks exist in the layout, kinds agree, a jack has one source, nobody hears himself."""
    for (source, plug), (target, jack) in connected:
        sent = LAYOUTS[kind_of(source)].plug(plug)
        received = LAYOUTS[kind_of(target)].jack(jack)
        assert sent.kind == received.kind
        assert source != target
    jacks = [jack for _, jack in connected]
    assert len(jacks) == len(set(jacks))


def require_waiting_in_silence(state: ConferenceState, connected: frozenset[Patch]) -> None:
    """D-10: who has not been admitted gets nothing but a private check, and only the checker hears him."""
    for seat, interview in state.interviews:
        if interview in IN_CONFERENCE:
            continue
        checker = state.check[0] if state.check is not None and state.check[1] == seat else None
        assert {plug[0] for plug, _ in heard_by(seat, connected)} <= {checker}
        assert {jack[0] for _, jack in sent_by(seat, connected)} <= {checker}


def require_over_is_over(state: ConferenceState, connected: frozenset[Patch]) -> None:
    """D-11: who is over hears and sends nothing, not even in a check."""
    over = {seat for seat, interview in state.interviews if interview in OVER}
    assert not over & (sources(connected) | targets(connected))


def require_private_check_is_private(state: ConferenceState, connected: frozenset[Patch]) -> None:
    """D-08: the specialist is connected with the checked one only, and never recorded."""
    specialist = "specialist"
    met = {jack[0] for _, jack in sent_by(specialist, connected)}
    met |= {plug[0] for plug, _ in heard_by(specialist, connected)}
    if state.check is None or dict(state.interviews).get(state.check[1]) not in CHECKED:
        assert met == set()
        return
    pupil = state.check[1]
    assert met == {pupil}
    assert sent_by(pupil, connected) | heard_by(pupil, connected) == {
        ((specialist, "voice"), (pupil, "staff-voice")),
        ((pupil, "voice"), (specialist, "participant-voice")),
        ((pupil, "camera"), (specialist, "participant-camera")),
    }


def require_hidden_send_nothing(state: ConferenceState, connected: frozenset[Patch]) -> None:
    """D-06: nothing comes from hidden seats, and without them everything else is the same."""
    hidden = state.experts | state.observers
    assert not hidden & sources(connected)
    without = patches(replace(state, experts=frozenset(), observers=frozenset()))
    assert {patch for patch in connected if patch[1][0] not in hidden} == without


def require_record_of_all_the_conference(state: ConferenceState, connected: frozenset[Patch]) -> None:
    """D-22: the recorder gets every plug of those inside and nothing of anybody else."""
    inside = participant_in_conference(state)
    cast = {seat for seat in (inside, state.examiner, state.third) if inside and seat}
    recorded = {plug for plug, _ in heard_by(RECORDER_SEAT, connected)}
    assert recorded == {(seat, plug.name) for seat in cast for plug in LAYOUTS[kind_of(seat)].plugs}
    for listener in state.experts | state.observers:
        assert {plug for plug, _ in heard_by(listener, connected)} == recorded


@given(conferences())
def test_every_theorem_holds_in_any_cast(state: ConferenceState) -> None:
    require_theorems(state)


def test_every_theorem_holds_in_each_small_cast() -> None:
    assert len(LAWFUL_SMALL_CASTS) > 2000
    for state in LAWFUL_SMALL_CASTS:
        require_theorems(state)


@given(conferences())
def test_the_order_of_participants_changes_nothing(state: ConferenceState) -> None:
    assert patches(state) == patches(replace(state, interviews=tuple(reversed(state.interviews))))


@given(conferences(), st.sampled_from(WAITERS))
def test_one_more_who_is_not_inside_changes_nothing(
    state: ConferenceState, interview: InterviewState
) -> None:
    """D-10: whoever comes, tests, waits or goes home is not noticed by the others."""
    more = replace(state, interviews=(*state.interviews, ("pupil-newcomer", interview)))
    assert patches(more) == patches(state)


@given(conferences())
def test_the_states_within_the_conference_sound_the_same(state: ConferenceState) -> None:
    def inside(interview: InterviewState) -> InterviewState:
        return InterviewState.EXAM if interview is InterviewState.ADMITTED else interview

    begun = replace(
        state, interviews=tuple((seat, inside(interview)) for seat, interview in state.interviews)
    )
    assert patches(begun) == patches(state)


def test_two_participants_in_the_conference_are_refused() -> None:
    unlawful = [
        cast for cast in small_casts() if sum(state in IN_CONFERENCE for _, state in cast.interviews) == 2
    ]
    assert unlawful
    for state in unlawful:
        with pytest.raises(ValueError, match="two participants"):
            patches(state)


@pytest.mark.parametrize(
    "state",
    [
        ConferenceState(examiner="a", third="a"),
        ConferenceState(examiner="a", experts=frozenset({"a"})),
        ConferenceState(interviews=(("a", InterviewState.WAITING), ("a", InterviewState.FINISHED))),
        ConferenceState(interviews=(("a", InterviewState.WAITING),), observers=frozenset({"a"})),
        ConferenceState(check=("a", "b"), third="a"),
        ConferenceState(interviews=(("a", InterviewState.WAITING),), check=("a", "a")),
        ConferenceState(examiner=RECORDER_SEAT),
    ],
)
def test_a_seat_has_one_place(state: ConferenceState) -> None:
    with pytest.raises(ValueError, match="two places"):
        patches(state)


def test_an_exam_with_everybody_is_patched_so() -> None:
    state = ConferenceState(
        examiner="examiner",
        interviews=(("pupil", InterviewState.EXAM), ("pupil-next", InterviewState.WAITING)),
        experts=frozenset({"expert-1"}),
        third="assistant",
        check=("specialist", "pupil-next"),
    )
    conference = {
        (("pupil", "voice"), ("examiner", "participant-voice")),
        (("pupil", "camera"), ("examiner", "participant-camera")),
        (("examiner", "voice"), ("pupil", "staff-voice")),
        (("examiner", "camera"), ("pupil", "staff-camera")),
        (("examiner", "screen"), ("pupil", "screen")),
        (("assistant", "voice"), ("pupil", "third-voice")),
        (("assistant", "camera"), ("pupil", "third-camera")),
        (("assistant", "voice"), ("examiner", "third-voice")),
        (("assistant", "camera"), ("examiner", "third-camera")),
    }
    for listener in ("assistant", "expert-1", RECORDER_SEAT):
        conference |= {
            (("pupil", "voice"), (listener, "participant-voice")),
            (("pupil", "camera"), (listener, "participant-camera")),
            (("examiner", "voice"), (listener, "examiner-voice")),
            (("examiner", "camera"), (listener, "examiner-camera")),
            (("examiner", "screen"), (listener, "examiner-screen")),
        }
    for listener in ("expert-1", RECORDER_SEAT):
        conference |= {
            (("assistant", "voice"), (listener, "third-voice")),
            (("assistant", "camera"), (listener, "third-camera")),
        }
    check = {
        (("specialist", "voice"), ("pupil-next", "staff-voice")),
        (("pupil-next", "voice"), ("specialist", "participant-voice")),
        (("pupil-next", "camera"), ("specialist", "participant-camera")),
    }
    assert patches(state) == conference | check


@pytest.mark.parametrize("interview", sorted(set(InterviewState) - CHECKED))
def test_a_check_of_one_who_neither_tests_nor_waits_connects_nothing(interview: InterviewState) -> None:
    state = ConferenceState(examiner="examiner", interviews=(("pupil", interview),))
    assert patches(replace(state, check=("specialist", "pupil"))) == patches(state)


def test_an_examiner_alone_with_listeners_is_heard_by_nobody() -> None:
    state = ConferenceState(
        examiner="examiner",
        experts=frozenset({"expert-1"}),
        observers=frozenset({"observer-1"}),
        third="organizer",
    )
    assert patches(state) == frozenset()
