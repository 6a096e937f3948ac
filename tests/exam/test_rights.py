"""The scheme of scoring (D-21), the right to sit again (C-07) and the right to a re-check (C-10)."""

from itertools import product
from typing import Literal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from server import profiles
from server.errors import ProfileGap, Refused
from server.exam.profile import Profile
from server.exam.profile_parts import Answer, Applicant, Category, Form, Outcome, Place
from server.exam.rights import Sitting, may_ask_recheck, may_sit_again, scheme

TAMBOV, SARATOV, KALUGA, TYVA = map(
    profiles.load, ("tambov-2026", "saratov-2020", "kaluga-2020", "tyva-2019")
)
BY_RULE = (TAMBOV, SARATOV, KALUGA)
EVERYBODY: list[Category | None] = [None, *Category]


@pytest.mark.parametrize("profile", BY_RULE)
@pytest.mark.parametrize("answer", Answer)
def test_asd_is_always_scored_from_the_record(profile: Profile, answer: Answer) -> None:
    """D-21."""
    result = scheme(profile, Sitting(Form.IN_PERSON, answer, Category.ASD))
    assert (result.number, result.with_expert) == (2, False)
    assert "аутистического" in result.reason


def test_asd_is_scored_from_the_record_at_a_distance_too() -> None:
    """D-21: Tambov excepts ASD from the first scheme whatever the form."""
    assert scheme(TAMBOV, Sitting(Form.DISTANCE, category=Category.ASD)).number == 2


def test_who_must_leave_the_room_with_asd() -> None:
    """D-21: Saratov 7.4, Kaluga 5.5; Tambov does not say."""
    sitting = Sitting(Form.IN_PERSON, category=Category.ASD)
    assert [scheme(profile, sitting).room for profile in BY_RULE] == [None, "no_expert", "nobody_else"]


@pytest.mark.parametrize("place", [Place.HOME, Place.MEDICAL])
def test_at_home_or_in_hospital_the_form_decides_in_tambov(place: Place) -> None:
    """D-21: scheme 2 in person only."""
    assert scheme(TAMBOV, Sitting(Form.IN_PERSON, place=place)).number == 2
    assert scheme(TAMBOV, Sitting(Form.DISTANCE, place=place)).number == 1
    assert scheme(TAMBOV, Sitting(Form.IN_PERSON, place=Place.SCHOOL)).number == 1
    assert scheme(SARATOV, Sitting(Form.IN_PERSON, place=place)).number == 1


@pytest.mark.parametrize(
    "category, answer, place",
    list(product([one for one in EVERYBODY if one is not Category.ASD], Answer, Place)),
)
def test_the_distance_form_is_the_first_scheme(
    category: Category | None, answer: Answer, place: Place
) -> None:
    """D-21."""
    result = scheme(TAMBOV, Sitting(Form.DISTANCE, answer, category, place))
    assert (result.number, result.with_expert) == (1, True)
    assert ("зачитывает" in result.reason) == (answer is Answer.WRITTEN)


@pytest.mark.parametrize("profile", [SARATOV, KALUGA, TYVA])
def test_a_region_without_the_distance_form_says_so(profile: Profile) -> None:
    """D-01."""
    with pytest.raises(ProfileGap) as caught:
        scheme(profile, Sitting(Form.DISTANCE), chosen=1)
    assert "дистанционной формы" in caught.value.text


@pytest.mark.parametrize("chosen", [1, 2])
def test_in_tyva_the_school_chooses(chosen: Literal[1, 2]) -> None:
    """D-21."""
    result = scheme(TYVA, Sitting(Form.IN_PERSON), chosen)
    assert result.number == chosen
    assert "Школа выбрала" in result.reason
    with pytest.raises(Refused, match="scheme_not_chosen"):
        scheme(TYVA, Sitting(Form.IN_PERSON))


def test_elsewhere_the_school_does_not_choose() -> None:
    """D-21."""
    with pytest.raises(Refused, match="scheme_by_rule"):
        scheme(TAMBOV, Sitting(Form.DISTANCE), chosen=2)
    assert scheme(TAMBOV, Sitting(Form.DISTANCE), chosen=1).number == 1


@given(
    st.sampled_from(BY_RULE),
    st.builds(
        Sitting,
        st.just(Form.IN_PERSON),
        st.sampled_from(Answer),
        st.sampled_from(EVERYBODY),
        st.sampled_from(Place),
    ),
)
def test_every_scheme_has_a_reason_and_a_source(profile: Profile, sitting: Sitting) -> None:
    result = scheme(profile, sitting)
    assert result.reason
    assert result.source.startswith(("Порядок", "Положение"))


_O = Outcome


@pytest.mark.parametrize("profile", [SARATOV, KALUGA, TYVA])
@pytest.mark.parametrize(
    "year, allowed",
    [
        ([_O.FAIL], True),
        ([_O.FAIL, _O.FAIL], True),
        ([_O.FAIL, _O.FAIL, _O.FAIL], False),
        ([_O.ABSENT_VALID], True),
        ([_O.UNFINISHED_VALID], True),
        ([_O.ABSENT], False),
        ([_O.UNFINISHED], False),
        ([_O.ABSENT_VALID, _O.ABSENT], False),
        ([_O.ABSENT_VALID, _O.FAIL], True),
        ([_O.FAIL, _O.ABSENT], True),
        ([_O.FAIL, _O.PASS], False),
        ([_O.PASS], False),
        ([], False),
    ],
)
def test_who_may_sit_again(profile: Profile, year: list[Outcome], allowed: bool) -> None:
    """C-07: at most two retakes; «незачёт», or a documented valid reason."""
    verdict = may_sit_again(profile, year)
    assert verdict.allowed is allowed
    assert verdict.reason.endswith(".")


@pytest.mark.parametrize("profile", [TAMBOV, SARATOV, KALUGA, TYVA])
def test_of_a_removed_one_the_texts_are_silent(profile: Profile) -> None:
    """C-07: the profile says; none of the four orders does."""
    with pytest.raises(ProfileGap, match=r"retake\.removed"):
        may_sit_again(profile, [_O.REMOVED])


@pytest.mark.parametrize("removed", [True, False])
def test_of_a_removed_one_the_profile_decides(removed: bool) -> None:
    """C-07."""
    told = msgspec.structs.replace(SARATOV, retake=msgspec.structs.replace(SARATOV.retake, removed=removed))
    assert may_sit_again(told, [_O.FAIL, _O.REMOVED]).allowed is removed


def test_tambov_does_not_say_who_may_sit_again() -> None:
    """C-07."""
    with pytest.raises(ProfileGap, match="retake"):
        may_sit_again(TAMBOV, [_O.FAIL])
    assert not may_sit_again(TAMBOV, [_O.PASS]).allowed


@pytest.mark.parametrize("profile", [TAMBOV, SARATOV, TYVA])
def test_the_right_to_a_recheck_arises_on_a_repeated_fail(profile: Profile) -> None:
    """C-10."""
    assert not may_ask_recheck(profile, [_O.FAIL], Applicant.PARTICIPANT).allowed
    assert may_ask_recheck(profile, [_O.FAIL, _O.FAIL], Applicant.PARTICIPANT).allowed
    assert may_ask_recheck(profile, [_O.FAIL, _O.ABSENT_VALID, _O.FAIL], Applicant.PARTICIPANT).allowed
    assert not may_ask_recheck(profile, [_O.FAIL, _O.FAIL], Applicant.PARENT).allowed


def test_in_kaluga_a_first_fail_is_enough_and_parents_may_ask() -> None:
    """C-10."""
    for applicant in Applicant:
        assert may_ask_recheck(KALUGA, [_O.FAIL], applicant).allowed


@pytest.mark.parametrize("profile", [TAMBOV, SARATOV, KALUGA, TYVA])
@pytest.mark.parametrize("last", [one for one in Outcome if one is not Outcome.FAIL])
def test_without_a_fail_there_is_nothing_to_recheck(profile: Profile, last: Outcome) -> None:
    """C-10, S-05."""
    assert not may_ask_recheck(profile, [_O.FAIL, last], Applicant.PARTICIPANT).allowed
    assert not may_ask_recheck(profile, [], Applicant.PARTICIPANT).allowed


def test_a_recheck_is_final_in_tambov_and_elsewhere_unsaid() -> None:
    """C-10."""
    twice = [_O.FAIL, _O.FAIL]
    again = may_ask_recheck(TAMBOV, twice, Applicant.PARTICIPANT, rechecked=True)
    assert (again.allowed, "окончательный" in again.reason) == (False, True)
    with pytest.raises(ProfileGap, match=r"recheck\.final"):
        may_ask_recheck(SARATOV, twice, Applicant.PARTICIPANT, rechecked=True)


@given(st.lists(st.sampled_from(Outcome), max_size=5))
def test_who_may_ask_a_recheck_has_a_fail_as_the_last_result(year: list[Outcome]) -> None:
    """C-10."""
    for profile in (TAMBOV, SARATOV, KALUGA, TYVA):
        if may_ask_recheck(profile, year, Applicant.PARTICIPANT).allowed:
            assert year[-1] is Outcome.FAIL
