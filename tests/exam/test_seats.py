"""The kinds of seats agree with what they may send."""

from media.layout import LAYOUTS, SeatKind
from server.exam import seats


def test_every_kind_has_a_russian_name() -> None:
    assert set(seats.NAMES) == set(SeatKind)


def test_hidden_kinds_have_no_plug() -> None:
    """D-06."""
    assert all(LAYOUTS[kind].plugs == () for kind in seats.HIDDEN)
    assert not seats.HIDDEN & seats.SENDING


def test_no_link_is_made_for_the_recorder() -> None:
    assert SeatKind.RECORDER not in seats.PERSONS


def test_notes_of_the_staff_reach_no_participant_assistant_or_observer() -> None:
    assert not seats.STAFF & {SeatKind.PARTICIPANT, SeatKind.ASSISTANT, SeatKind.OBSERVER}
