"""Printed codes and logins: what is read off paper is what was printed."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.access import codes, names
from server.access.codes import ALPHABET, LENGTHS, Purpose
from server.errors import Refused

SECRET = b"s" * 32
LOOKALIKES = [set("0O"), set("1IL"), set("5S"), set("2Z"), set("8B"), set("UV")]
PURPOSES: tuple[Purpose, ...] = ("invitation", "reset", "second_factor")


def test_no_sign_of_a_code_is_taken_for_another() -> None:
    assert len(set(ALPHABET)) == len(ALPHABET) == 25
    assert all(len(alike & set(ALPHABET)) <= 1 for alike in LOOKALIKES)


@pytest.mark.parametrize("purpose, bits", [("invitation", 74), ("reset", 74), ("second_factor", 55)])
def test_codes_have_the_entropy_they_state(purpose: Purpose, bits: int) -> None:
    assert LENGTHS[purpose] * math.log2(len(ALPHABET)) >= bits
    made = {codes.new(purpose) for _ in range(500)}
    assert len(made) == 500
    assert {sign for code in made for sign in code} == {*ALPHABET, "-"}


@given(st.sampled_from(PURPOSES), st.sampled_from([" ", "", "–", " - "]), st.booleans())
def test_a_code_is_the_same_however_it_is_typed(purpose: Purpose, between: str, lower: bool) -> None:
    code = codes.new(purpose)
    typed = code.replace("-", between)
    typed = typed.lower() if lower else typed
    assert codes.is_code(typed, purpose)
    assert codes.digest(SECRET, typed, purpose, 1) == codes.digest(SECRET, code, purpose, 1)


def test_a_code_typed_with_the_russian_layout_of_lookalikes_is_the_same() -> None:
    assert codes.normal("асек-мртх") == "ACEKMPTX"


def test_one_sign_more_or_less_is_another_code() -> None:
    code = codes.new("reset")
    for typed in (code[:-1], code + "A", "A" + code[1:] if code[0] != "A" else "C" + code[1:]):
        assert codes.digest(SECRET, typed, "reset") != codes.digest(SECRET, code, "reset")


def test_a_digest_is_of_one_server_one_purpose_and_one_account() -> None:
    digests = {
        codes.digest(SECRET, "X" * 12, "second_factor", 1),
        codes.digest(SECRET, "X" * 12, "second_factor", 2),
        codes.digest(SECRET, "X" * 12, "reset"),
        codes.digest(SECRET, "X" * 12, "invitation"),
        codes.digest(b"t" * 32, "X" * 12, "invitation"),
    }
    assert len(digests) == 5


@given(st.text(max_size=300))
def test_whatever_is_typed_is_a_code_or_not(text: str) -> None:
    for purpose in PURPOSES:
        codes.digest(SECRET, text, purpose, 1)
        if codes.is_code(text, purpose):
            assert set(codes.normal(text)) <= set(ALPHABET)


@given(st.text(max_size=200))
def test_a_login_in_its_normal_form_stays_so(text: str) -> None:
    once = names.normal(text)
    assert len(once) <= names.LONGEST
    try:
        made = names.new(text)
    except Refused:
        return
    assert made == names.normal(made) == once


@pytest.mark.parametrize("login", ["", "ab", "a b c", ".abc", "x" * 65, "им\nя", "<b>"])
def test_logins_of_another_form_are_refused(login: str) -> None:
    with pytest.raises(Refused, match="login_form"):
        names.new(login)
