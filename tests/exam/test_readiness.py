"""What a participant lacks before the exam, and which outcomes are of this school year."""

from dataclasses import replace
from datetime import date

import pytest

from server import profiles
from server.exam.people import Document, DocumentKind, Name, Participant
from server.exam.profile_parts import Answer, Category, Form, Ground, Outcome
from server.exam.readiness import SENTENCES, SHORT, Lack, lacks, misfits, of_school_year, school_year

READY = Participant(
    Name("Ким", "Алексей"),
    "9А",
    document=Document(DocumentKind.PASSPORT, "6815", "123456"),
    ground=Ground.QUARANTINE,
    consent_on=date(2026, 1, 10),
)


def test_nothing_is_lacking_where_all_is_known() -> None:
    assert lacks(READY) == ()


@pytest.mark.parametrize(
    "change, lack",
    [
        ({"consent_on": None}, Lack.CONSENT),
        ({"ground": None}, Lack.GROUND),
        ({"document": None}, Lack.DOCUMENT),
        ({"document": Document(DocumentKind.PASSPORT, "6815", "")}, Lack.DOCUMENT),
        ({"category": Category.ASD}, Lack.PMPK),
        ({"category": Category.MOTOR_WITH_OTHER, "pmpk": "№ 1"}, Lack.ACCOMPANYING),
    ],
)
def test_each_lack_is_named(change: dict[str, object], lack: Lack) -> None:
    """C-02, D-01, D-14, and the papers of special conditions."""
    assert lacks(replace(READY, **change)) == (lack,)  # type: ignore[arg-type]
    assert SHORT[lack]
    assert SENTENCES[lack].endswith(".")


def test_no_ground_is_asked_of_who_comes_to_school() -> None:
    """D-01 is of the distance form only."""
    assert lacks(replace(READY, form=Form.IN_PERSON, ground=None)) == ()


def test_an_answer_the_scale_does_not_know_is_told() -> None:
    saratov = profiles.load("saratov-2020")
    deaf = replace(READY, category=Category.DEAF, pmpk="№ 1")
    assert misfits(replace(deaf, answer=Answer.WRITTEN), saratov) == ()
    (text,) = misfits(deaf, saratov)
    assert "устной" in text


def test_a_category_that_is_not_in_the_scale_is_told() -> None:
    tambov = profiles.load("tambov-2026")
    assert misfits(replace(READY, category=Category.ASD), tambov) == ()
    assert len(misfits(replace(READY, category=Category.NO_ORAL_SPEECH), tambov)) == 1


def test_where_the_region_printed_no_scale_nothing_is_judged() -> None:
    tyva = profiles.load("tyva-2019")
    assert tyva.scale is None
    assert misfits(replace(READY, category=Category.NO_ORAL_SPEECH), tyva) == ()


@pytest.mark.parametrize(
    "day, begins", [(date(2025, 9, 1), 2025), (date(2026, 2, 11), 2025), (date(2026, 8, 31), 2025)]
)
def test_a_school_year_is_from_september_to_august(day: date, begins: int) -> None:
    assert school_year(day) == (date(begins, 9, 1), date(begins + 1, 8, 31))


def test_only_outcomes_of_this_school_year_count() -> None:
    """C-07: at most two retakes in the school year."""
    known = [
        (date(2026, 3, 11), Outcome.ABSENT_VALID),
        (date(2025, 3, 12), Outcome.FAIL),
        (date(2026, 2, 11), Outcome.FAIL),
        (date(2026, 4, 20), Outcome.PASS),
    ]
    assert of_school_year(known, date(2026, 3, 20)) == (Outcome.FAIL, Outcome.ABSENT_VALID)
