"""What is written is read back the same, and nothing that is written can act in a spreadsheet."""

import csv
import io
import random
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import replace

import openpyxl
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from lxml import etree

from server.exam.people import Document, DocumentKind, Name, Participant, Representative
from server.exchange import limits, xml_names
from server.exchange.reading import read
from server.exchange.writing import to_csv, to_xlsx
from server.exchange.writing_xml import to_xml
from tests.exchange.people import IVANOVA, PARTICIPANTS, SEMENOV, TRICKY

Write = Callable[[Sequence[Participant]], bytes]
WRITERS = pytest.mark.parametrize("write", [to_csv, to_xlsx, to_xml], ids=["csv", "xlsx", "xml"])
EVERY_FIELD_TRICKY = [
    Participant(
        Name(text, text, text),
        text,
        number=text,
        document=Document(DocumentKind.PASSPORT, text, text),
        pmpk=text,
        family=text,
        note=text,
        representatives=(
            Representative(Name(text, text, text), text, text, text),
            Representative(Name("", "")),
        ),
    )
    for text in TRICKY
    if text.strip()
]


def read_back(content: bytes) -> list[Participant | None]:
    reading = read(content)
    assert [row.problems for row in reading.rows] == [()] * len(reading.rows)
    assert reading.ignored == ()
    assert reading.skipped == ()
    return [row.participant for row in reading.rows]


@WRITERS
@settings(suppress_health_check=[HealthCheck.too_slow])
@given(everybody=st.lists(PARTICIPANTS, max_size=4))
@example(everybody=EVERY_FIELD_TRICKY)
@example(everybody=[])
def test_whatever_is_exported_is_read_back_the_same(write: Write, everybody: list[Participant]) -> None:
    assert read_back(write(everybody)) == everybody


@WRITERS
def test_text_of_the_greatest_length_is_read_back_the_same(write: Write) -> None:
    long = replace(
        SEMENOV, pmpk="\x01" * limits.LONG_TEXT, note="ё" * limits.LONG_TEXT, family="\\" * limits.SHORT_TEXT
    )
    assert read_back(write([long])) == [long]


@WRITERS
def test_text_that_the_database_has_no_room_for_is_a_problem(write: Write) -> None:
    [row] = read(write([replace(SEMENOV, family="я" * (limits.SHORT_TEXT + 1))])).rows
    assert row.participant is None
    assert "слишком длинный" in row.problems[0].text


def test_xml_of_the_same_people_has_the_same_bytes() -> None:
    assert to_xml([SEMENOV, IVANOVA]) == to_xml([SEMENOV, IVANOVA])


@given(st.lists(PARTICIPANTS, max_size=3))
def test_what_is_written_as_xml_fits_the_published_schema(everybody: list[Participant]) -> None:
    schema = etree.XMLSchema(etree.fromstring(xml_names.schema_text()))
    schema.assertValid(etree.fromstring(to_xml(everybody)))


@given(st.lists(PARTICIPANTS, min_size=1, max_size=3))
@example(EVERY_FIELD_TRICKY)
def test_no_cell_of_a_csv_can_be_a_formula(everybody: list[Participant]) -> None:
    text = to_csv(everybody).decode("utf-8-sig")
    cells = [cell for row in csv.reader(io.StringIO(text, newline=""), delimiter=";") for cell in row]
    assert [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))] == []


def test_no_cell_of_a_workbook_is_a_formula_or_an_error() -> None:
    content = to_xlsx(EVERY_FIELD_TRICKY)
    book = openpyxl.load_workbook(io.BytesIO(content))
    kinds = {cell.data_type for row in book.active.iter_rows() for cell in row}  # type: ignore[union-attr]
    assert kinds <= {"s", "n", "d"}
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert b"<f>" not in archive.read("xl/worksheets/sheet1.xml")


def test_excel_keeps_the_zeros_of_an_exported_csv() -> None:
    """A spreadsheet takes 0408 for the number 408, and '0408 for a text."""
    text = to_csv([SEMENOV]).decode("utf-8-sig")
    assert ";'0408;'012345;" in text


def test_ordinary_people_are_exported_without_apostrophes() -> None:
    plain = replace(
        SEMENOV, document=Document(DocumentKind.BIRTH_CERTIFICATE, "II-ЖТ", "512345"), break_minutes=0
    )
    book = openpyxl.load_workbook(io.BytesIO(to_xlsx([plain])))
    row = [cell.value for cell in book.active[2]]  # type: ignore[index]
    assert [cell for cell in row if isinstance(cell, str) and cell.startswith("'")] == []


@given(st.lists(PARTICIPANTS, min_size=1, max_size=2), st.integers(0, 1000))
def test_the_order_of_the_columns_does_not_matter(everybody: list[Participant], seed: int) -> None:
    rows = list(csv.reader(io.StringIO(to_csv(everybody).decode("utf-8-sig"), newline=""), delimiter=";"))
    order = list(range(len(rows[0])))
    random.Random(seed).shuffle(order)
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=",").writerows([[row[place] for place in order] for row in rows])
    assert read_back(text.getvalue().encode("utf-8")) == everybody
