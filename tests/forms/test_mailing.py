"""The CSV for mailing: as Excel in Russia opens it, and nothing in it is reckoned with."""

import csv
import io
from datetime import date, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.exam.people import Name
from server.forms.mailing import COLUMNS, MailingRow, mailing_csv
from server.forms.words import is_formula
from tests.forms.conftest import ANNA, LINK, LONG


def read(file: bytes) -> list[list[str]]:
    assert file.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(file.decode("utf-8-sig"), newline=""), delimiter=";"))


def row(name: Name = ANNA, **changes: object) -> MailingRow:
    values: dict[str, object] = {
        "class_label": "9А",
        "parent": LONG,
        "phone": "+7 (900) 123-45-67",
        "email": "mama@x.example",
    }
    return MailingRow(name, LINK, date(2026, 2, 11), time(9, 10), **{**values, **changes})  # type: ignore[arg-type]


def test_a_row_has_everything_a_mailing_needs() -> None:
    head, line = read(mailing_csv([row()]))
    assert tuple(head) == COLUMNS
    assert line == [
        str(ANNA), "9А", str(LONG), "+7 (900) 123-45-67", "mama@x.example", LINK, "11.02.2026", "09:10"
    ]  # fmt: skip


@pytest.mark.parametrize(
    "evil", ["=HYPERLINK(1)", "@SUM(1)", "-1+1", "+cmd|' /C calc'!A0", "＝1+1", "\t=1", "\r\n=1"]
)
def test_a_formula_becomes_text(evil: str) -> None:
    for changes in ({"name": Name(evil, "А")}, {"phone": evil}, {"email": evil}, {"class_label": evil}):
        cells = read(mailing_csv([row(**changes)]))[1]
        assert [cell for cell in cells if is_formula(cell)] in ([], ["+7 (900) 123-45-67"])


@given(st.text(), st.text(), st.text())
def test_any_text_keeps_to_its_cell(last: str, phone: str, email: str) -> None:
    lines = read(mailing_csv([row(Name(last, "А"), phone=phone, email=email), row()]))
    assert [len(line) for line in lines] == [8, 8, 8]
    assert lines[2][0] == str(ANNA)


def test_a_participant_without_a_parent_still_has_a_row() -> None:
    assert read(mailing_csv([row(parent=None, phone="", email="")]))[1][2:5] == ["", "", ""]
