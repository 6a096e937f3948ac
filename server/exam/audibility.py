"""Who hears and sees whom: one pure function of the conference's state. Nothing else connects anything.

D-06, D-10 and D-11 are theorems about `patches`. A patch leads from a plug to a jack, each named by its seat's
id and its name in `media.layout`.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from media.layout import RECORDER_SEAT

from .interview import IN_CONFERENCE, InterviewState

PlugRef = tuple[str, str]
JackRef = tuple[str, str]
Patch = tuple[PlugRef, JackRef]

CHECKED = frozenset({InterviewState.TESTING, InterviewState.WAITING})
"""Whom the technical specialist may speak with privately (D-08)."""


@dataclass(frozen=True, slots=True)
class ConferenceState:
    """The cast of one room. Seats are given by id; a seat has one place only."""

    examiner: str | None = None
    interviews: tuple[tuple[str, InterviewState], ...] = ()
    """Every participant of the room with the state of the interview."""
    experts: frozenset[str] = frozenset()
    observers: frozenset[str] = frozenset()
    third: str | None = None
    """The assistant of the one who is in the conference, or the organizer who entered (D-23)."""
    check: tuple[str, str] | None = None
    """The specialist and the participant who speak privately (D-08)."""


def patches(state: ConferenceState) -> frozenset[Patch]:
    """All that is connected in this state; what is not in it is silent and dark.

    - D-06: experts and observers send nothing, and nothing sent to others depends on them.
    - D-10: only the one participant in the conference is heard by it and hears it.
    - D-11: who is over gets nothing and sends nothing.
    - D-08: a private check is between the specialist and one who tests or waits; it is never recorded.
    - D-22: the recorder receives all of the conference.

    ValueError if two participants are in the conference, or if a seat has two places.
    """
    _require_one_place_each(state)
    current = participant_in_conference(state)
    return frozenset((*_conference(state, current), *_private_check(state)))


def participant_in_conference(state: ConferenceState) -> str | None:
    """The seat of the one participant admitted; ValueError if there are two (D-10)."""
    inside = [seat for seat, interview in state.interviews if interview in IN_CONFERENCE]
    if len(inside) > 1:
        raise ValueError(f"two participants in one conference: {', '.join(inside)}")
    return inside[0] if inside else None


def _conference(state: ConferenceState, current: str | None) -> Iterator[Patch]:
    """Nobody hears anybody until a participant is in the conference."""
    if current is None:
        return
    examiner, third = state.examiner, state.third
    if examiner is not None:
        yield from _person(current, examiner, "participant")
        yield from _person(examiner, current, "staff")
        yield (examiner, "screen"), (current, "screen")
    if third is not None:
        yield from _person(third, current, "third")
        if examiner is not None:
            yield from _person(third, examiner, "third")
        yield from _listener(third, current, examiner, None)
    for listener in (*state.experts, *state.observers, RECORDER_SEAT):
        yield from _listener(listener, current, examiner, third)


def _listener(listener: str, current: str, examiner: str | None, third: str | None) -> Iterator[Patch]:
    """All of the conference for a seat with the jacks of a listener."""
    yield from _person(current, listener, "participant")
    if examiner is not None:
        yield from _person(examiner, listener, "examiner")
        yield (examiner, "screen"), (listener, "examiner-screen")
    if third is not None:
        yield from _person(third, listener, "third")


def _private_check(state: ConferenceState) -> Iterator[Patch]:
    """The specialist's voice to one who tests or waits, and that one's voice and camera back (D-08)."""
    if state.check is None:
        return
    specialist, participant = state.check
    if dict(state.interviews).get(participant) not in CHECKED:
        return
    yield (specialist, "voice"), (participant, "staff-voice")
    yield from _person(participant, specialist, "participant")


def _person(source: str, target: str, person: str) -> Iterator[Patch]:
    yield (source, "voice"), (target, f"{person}-voice")
    yield (source, "camera"), (target, f"{person}-camera")


def _require_one_place_each(state: ConferenceState) -> None:
    places = Counter([seat for seat, _ in state.interviews])
    places.update([*state.experts, *state.observers, RECORDER_SEAT])
    places.update(seat for seat in (state.examiner, state.third) if seat is not None)
    if state.check is not None:
        places[state.check[0]] += 1
    twice = sorted(seat for seat, count in places.items() if count > 1)
    if twice:
        raise ValueError(f"a seat with two places in one conference: {', '.join(twice)}")
