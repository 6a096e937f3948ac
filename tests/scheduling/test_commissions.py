"""Who may not work where: each rule has its failing example, and a sound day none (C-03, D-21, Saratov 1.7 and 7.4)."""

from dataclasses import replace
from typing import Any

import pytest

from scheduling import commissions
from scheduling.commissions import Examined, Member, OpenRoom, Switches, conflicts
from scheduling.conflicts import Conflict
from server.exam.people import CommissionRole, Qualification
from server.exam.profile_parts import Category

SARATOV = Switches(observers=True, asd_room="no_expert")
KALUGA = Switches(observers=True, asd_room="nobody_else")
TAMBOV = Switches()
TEACHER = frozenset({"russian"})

ROOMS = (OpenRoom(1, "21"), OpenRoom(2, "22"))
STAFF = (
    Member(1, "organizer", name="Орлова"),
    Member(2, "specialist", name="Седов"),
    Member(11, "examiner", 1, "Соколова"),
    Member(12, "examiner", 2, "Сомов"),
    Member(21, "expert", 1, "Эрлих", qualifications=TEACHER),
    Member(22, "expert", 2, "Эпова", qualifications=TEACHER, employed=False),
)
PUPILS = (Examined(101, "Аист", 1), Examined(102, "Белка", 2))
OBSERVER = Member(31, "observer", 1, "Носов", employed=False)
WITH_ASD = Examined(103, "Волк", 2, "asd", familiar_examiner=12, scheme=2)


def found(
    *more: Member, without: int | None = None, pupils: tuple[Examined, ...] = PUPILS, by: Switches = SARATOV
) -> list[Conflict]:
    members = [one for one in STAFF if one.person != without]
    return list(conflicts([*members, *more], pupils, ROOMS, by))


def codes(*more: Member, **what: Any) -> list[str]:
    return [one.code for one in found(*more, **what)]


def test_the_words_are_those_of_the_exam() -> None:
    roles = {getattr(commissions, name) for name in ("ORGANIZER", "EXAMINER", "EXPERT", "SPECIALIST")}
    roles |= {commissions.OBSERVER, commissions.ASSISTANT}
    assert roles <= set(CommissionRole)
    assert {commissions.ASD, commissions.SIGNING} <= set(Category)
    assert {commissions.RUSSIAN, commissions.SIGN} <= set(Qualification)


@pytest.mark.parametrize("by", [SARATOV, KALUGA, TAMBOV])
def test_a_sound_day_has_no_conflict(by: Switches) -> None:
    assert codes(by=by) == []


def test_an_observer_from_elsewhere_is_no_conflict() -> None:
    assert codes(OBSERVER) == []


def test_an_observer_is_not_employed_by_the_school() -> None:
    """Saratov 1.7, appendix 8."""
    (one,) = found(replace(OBSERVER, employed=True))
    assert (one.code, one.blocking, one.persons, one.room) == ("observer_employed", True, (31,), 1)
    assert one.text == "Носов работает в этой школе и не может быть общественным наблюдателем."
    assert "1.7" in one.rule


def test_an_observer_is_no_parent_of_any_participant() -> None:
    """Saratov 1.7: also of one who comes on another day or into another room."""
    assert codes(replace(OBSERVER, parent_of=frozenset({999}))) == ["observer_parent"]


def test_an_observer_is_no_member_of_the_commission() -> None:
    assert codes(replace(OBSERVER, person=22)) == ["observer_in_commission"]


def test_a_room_has_one_observer_at_most() -> None:
    """Saratov, appendix 8."""
    other = replace(OBSERVER, person=32)
    (one,) = found(OBSERVER, other)
    assert (one.code, one.persons) == ("observers_together", (31, 32))
    assert codes(OBSERVER, replace(other, room=2)) == []


def test_where_the_order_is_silent_about_observers_the_organizer_is_asked() -> None:
    """Tambov: nothing is invented."""
    (one,) = found(OBSERVER, by=TAMBOV)
    assert (one.code, one.blocking) == ("observers_not_named", False)


def test_an_expert_is_no_parent_of_a_participant_of_the_day() -> None:
    """Also where the child answers in another room; a child of another day is none of this day's."""
    expert = Member(23, "expert", 1, "Юрьев", qualifications=TEACHER, parent_of=frozenset({102}))
    assert codes(expert, without=21) == ["expert_parent"]
    assert codes(replace(expert, parent_of=frozenset({999})), without=21) == []


def test_an_expert_teaches_russian() -> None:
    """Saratov 4.3, Kaluga 4.5, Tyva 6.6: told, for a qualification may not be entered yet."""
    (one,) = found(Member(23, "expert", 1, "Юрьев"), without=21)
    assert (one.code, one.blocking) == ("expert_not_russian", False)


def test_an_examiner_is_told_of_a_child_in_the_same_room() -> None:
    parent = Member(13, "examiner", 1, "Титов", parent_of=frozenset({101}))
    (one,) = found(parent, without=11)
    assert (one.code, one.blocking, one.participants) == ("examiner_parent", False, (101,))
    assert codes(replace(parent, parent_of=frozenset({102})), without=11) == []


def test_a_parent_may_be_the_familiar_examiner_with_asd() -> None:
    """Saratov 7.4: in exceptional cases."""
    parent = Member(13, "examiner", 2, "Волк", employed=False, parent_of=frozenset({103}))
    child = replace(WITH_ASD, familiar_examiner=13)
    day = (*PUPILS, child)
    assert "examiner_parent" not in codes(parent, pupils=day)
    assert "examiner_parent" in codes(parent, pupils=(*PUPILS, replace(child, category="speech")))


def test_asd_needs_a_familiar_examiner_who_is_there() -> None:
    """Saratov 7.4, Kaluga 5.5; Tambov asks for none, so there it is advice."""
    nobody = (*PUPILS, replace(WITH_ASD, familiar_examiner=None))
    (one,) = [one for one in found(pupils=nobody) if one.code == "asd_without_familiar"]
    assert (one.participants, one.blocking) == ((103,), True)
    (advice,) = [one for one in found(pupils=nobody, by=TAMBOV) if one.code == "asd_without_familiar"]
    assert not advice.blocking
    elsewhere = (*PUPILS, replace(WITH_ASD, familiar_examiner=900))
    assert "familiar_not_there" in codes(pupils=elsewhere)
    psychologist = Member(900, "examiner", None, "Лебедева")
    assert "familiar_not_there" not in codes(psychologist, pupils=elsewhere)
    assert "familiar_not_there" in codes(replace(psychologist, away=True), pupils=elsewhere)


def test_no_expert_is_in_a_room_of_asd() -> None:
    """D-21: in a room of others too the expert goes out; in a room of its own there is none to begin with."""
    (mixed,) = found(pupils=(*PUPILS, WITH_ASD))
    assert (mixed.code, mixed.blocking) == ("asd_with_expert", False)
    assert mixed.text == "Волк: на время этого собеседования эксперт выходит из аудитории 22."
    (alone,) = found(pupils=(PUPILS[0], WITH_ASD))
    assert (alone.code, alone.persons, alone.blocking) == ("asd_with_expert", (22,), True)
    assert codes(pupils=(PUPILS[0], WITH_ASD), without=22) == []
    assert codes(pupils=(PUPILS[0], WITH_ASD), by=TAMBOV) == []


def test_kaluga_lets_nobody_else_into_a_room_of_asd() -> None:
    """Kaluga 5.5: «а также иные лица»; Saratov bars the expert alone."""
    day = (PUPILS[0], WITH_ASD)
    observer, assistant = replace(OBSERVER, room=2), Member(41, "assistant", name="Перов", assists=103)
    assert codes(observer, assistant, pupils=day, without=22, by=KALUGA) == [
        "asd_with_observer",
        "asd_with_assistant",
    ]
    assert codes(observer, assistant, pupils=day, without=22) == []


def test_a_room_with_participants_has_an_examiner_and_an_expert() -> None:
    """Saratov 4.2, 4.3: one a room."""
    (one,) = found(without=11)
    assert (one.code, one.room, one.participants) == ("room_without_examiner", 1, (101,))
    (other,) = found(without=21)
    assert (other.code, other.room, other.blocking) == ("room_without_expert", 1, True)


def test_an_empty_room_and_one_of_scheme_two_need_no_expert() -> None:
    """D-21."""
    assert codes(without=21, pupils=PUPILS[1:]) == []
    assert codes(without=21, pupils=(replace(PUPILS[0], scheme=2), PUPILS[1])) == []


@pytest.mark.parametrize("person, code", [(1, "organizer_missing"), (2, "specialist_missing")])
def test_the_day_has_an_organizer_and_a_technical_specialist(person: int, code: str) -> None:
    assert codes(without=person) == [code]


def test_somebody_who_is_away_does_not_count() -> None:
    assert codes(Member(3, "organizer", away=True), without=1) == ["organizer_missing"]
    assert codes(replace(OBSERVER, employed=True, away=True)) == []


def test_nobody_is_examiner_and_expert_of_one_room() -> None:
    both = Member(11, "expert", 1, "Соколова", qualifications=TEACHER)
    assert codes(both, without=21) == ["two_roles"]


def test_work_in_two_rooms_is_told_but_possible() -> None:
    """The plan gives them different times."""
    (one,) = found(Member(21, "expert", 2, "Эрлих", qualifications=TEACHER), without=22)
    assert (one.code, one.blocking) == ("two_rooms", False)
    assert one.text == "Эрлих работает в аудиториях 21, 22: в плане это будет разное время."


def test_an_organizer_who_examines_is_told() -> None:
    assert codes(Member(11, "organizer"), without=1) == ["role_beside_room"]


def test_a_member_written_down_twice_is_seen() -> None:
    assert codes(STAFF[2]) == ["member_twice"]


def test_a_member_without_a_room_is_told() -> None:
    assert codes(Member(14, "examiner", None, "Тихая")) == ["room_not_chosen"]


def test_a_participant_of_a_closed_room_is_told() -> None:
    assert codes(pupils=(PUPILS[0], replace(PUPILS[1], room=9))) == ["room_unknown"]


def test_who_signs_is_told_to_need_an_interpreter() -> None:
    """Saratov 7.4, Kaluga 5.5: «при необходимости», so it is told and stops nothing."""
    signing = (PUPILS[0], replace(PUPILS[1], category="deaf_sign"))
    helper = Member(41, "assistant", assists=102)
    (one,) = found(helper, pupils=signing)
    assert (one.code, one.blocking) == ("sign_missing", False)
    assert codes(replace(helper, qualifications=frozenset({"sign"})), pupils=signing) == []


def test_every_conflict_has_its_rule_and_a_whole_sentence() -> None:
    everything = found(
        replace(OBSERVER, employed=True, parent_of=frozenset({101})),
        Member(11, "expert", 1, parent_of=frozenset({101})),
        without=2,
        pupils=(*PUPILS, replace(WITH_ASD, familiar_examiner=None)),
    )
    assert len(everything) >= 6
    assert all(one.rule and one.text.endswith(".") and one.text[0].isupper() for one in everything)
