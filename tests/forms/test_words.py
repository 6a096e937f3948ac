"""Words on paper, and what never gets into a cell."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.exam.people import Name
from server.forms import words
from server.forms.catalogue import DOCUMENTS, Format
from server.forms.lists import ListedParticipant, ParticipantList
from server.forms.making import make
from server.forms.table import Column, Table
from server.forms.workbook import xlsx


@pytest.mark.parametrize(
    "number, said",
    [
        (1, "1 час"),
        (2, "2 часа"),
        (5, "5 часов"),
        (11, "11 часов"),
        (12, "12 часов"),
        (21, "21 час"),
        (112, "112 часов"),
    ],
)
def test_a_number_has_its_word(number: int, said: str) -> None:
    assert words.count(number, "час", "часа", "часов").replace("\N{NO-BREAK SPACE}", " ") == said


def test_dates_are_written_as_in_russian_documents() -> None:
    assert words.day(date(2026, 5, 4)).replace("\N{NO-BREAK SPACE}", " ") == "4 мая 2026 года"
    assert words.short_day(date(2026, 5, 4)) == "04.05.2026"
    assert words.weekday(date(2026, 2, 11)) == "среда"
    assert words.day(None) == words.short_day(None) == words.clock(None) == ""


@pytest.mark.parametrize("text", ["=1+1", "+7", "-1", "@SUM(A1)", "＝1", "﹢1", "|calc"])
def test_what_a_spreadsheet_might_reckon_with_is_noticed(text: str) -> None:
    assert words.is_formula(text)


@pytest.mark.parametrize("text", ["", "Иванов", "9А", " =1", "№ 5"])
def test_ordinary_text_is_none(text: str) -> None:
    assert not words.is_formula(text)


@given(st.text(st.characters(), max_size=50))
def test_any_text_makes_a_spreadsheet(text: str) -> None:
    table = Table("Заголовок", (Column("А", 10),), ((text,), (1,)), above=(text,))
    assert xlsx((table,)).startswith(b"PK")


@pytest.mark.parametrize("text", ["\x00\x0b", "\ud800", "\u2028\ufffe", "😀\u200f", "א"])
def test_no_character_stops_the_press(text: str) -> None:
    view = ParticipantList(rows=(ListedParticipant(Name(text, text)),))
    for form in Format:
        assert make(DOCUMENTS["is-01"], form, view)
