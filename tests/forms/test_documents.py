"""Every document of the catalogue: whole, on A4, in fonts of its own, also blank."""

import io
from typing import Any

import msgspec
import openpyxl
import pytest

from server.forms.catalogue import DOCUMENTS, Document, Format
from server.forms.making import make
from tests.forms.reading import A4, fonts, letters, named, pages, sizes

KINDS = sorted(DOCUMENTS)


@pytest.fixture(scope="module")
def printed(views: dict[str, object]) -> dict[str, bytes]:
    return {kind: make(DOCUMENTS[kind], Format.PDF, view) for kind, view in views.items()}


def test_every_kind_is_tried_here(views: dict[str, object]) -> None:
    assert sorted(views) == KINDS
    assert all(isinstance(views[kind], DOCUMENTS[kind].view) for kind in KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_everybody_of_the_view_is_on_paper(
    kind: str, views: dict[str, object], printed: dict[str, bytes]
) -> None:
    text = letters("".join(pages(printed[kind])))
    names = list(named(views[kind]))
    assert names
    # The expert's draft has surname and initials, acts have a line for each part.
    written = [[name.short] if kind == "is-04" else [str(name)] for name in names]
    if kind in {"is-08", "removal"}:
        written = [[name.last, name.first, name.patronymic] for name in names]
    assert [part for parts in written for part in parts if letters(part) not in text] == []


@pytest.mark.parametrize("kind", KINDS)
def test_every_page_is_a4_and_every_font_is_embedded(kind: str, printed: dict[str, bytes]) -> None:
    assert sizes(printed[kind]) <= {A4, A4[::-1]}
    found = fonts(printed[kind])
    assert found
    assert [name for name, embedded in found if not embedded or not name.startswith("Form")] == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_blank_form_is_a_page_without_traces_of_the_program(kind: str) -> None:
    text = "".join(pages(make(DOCUMENTS[kind], Format.PDF, DOCUMENTS[kind].view())))
    assert not [word for word in ("None", "Undefined", "()", "{{", "False") if word in text]


@pytest.mark.parametrize("kind", KINDS)
def test_a_view_survives_the_way_to_the_child(kind: str, views: dict[str, object]) -> None:
    sent = msgspec.json.encode(views[kind])
    assert msgspec.json.decode(sent, type=DOCUMENTS[kind].view) == views[kind]


@pytest.mark.parametrize("kind", KINDS)
def test_what_no_order_prints_says_so(kind: str, printed: dict[str, bytes]) -> None:
    document = DOCUMENTS[kind]
    cut_apart = "cards" in kind or kind == "slips"
    told = "приказом не установлена" in pages(printed[kind])[0]
    assert told is (document.ours and not cut_apart)


@pytest.mark.parametrize(
    "document", [one for one in DOCUMENTS.values() if one.tables], ids=lambda one: one.kind
)
def test_a_spreadsheet_prints_on_a4_and_reckons_with_nothing(
    document: Document, views: dict[str, object]
) -> None:
    book = openpyxl.load_workbook(io.BytesIO(make(document, Format.XLSX, views[document.kind])))
    for sheet in book.worksheets:
        assert sheet.print_title_rows
        assert sheet.print_area
        assert sheet.page_setup.paperSize == 9
        cells: list[Any] = [cell for row in sheet.iter_rows() for cell in row if cell.value is not None]
        assert {cell.data_type for cell in cells} <= {"s", "n"}
        assert all(cell.number_format == "@" for cell in cells if cell.data_type == "s")
        assert all(cell.quotePrefix for cell in cells if str(cell.value).startswith("="))
    text = letters(
        " ".join(str(cell.value) for sheet in book.worksheets for row in sheet.iter_rows() for cell in row)
    )
    assert [name for name in named(views[document.kind]) if letters(str(name)) not in text] == []


def test_leading_zeros_survive_in_a_spreadsheet(views: dict[str, object]) -> None:
    book = openpyxl.load_workbook(io.BytesIO(make(DOCUMENTS["report"], Format.XLSX, views["report"])))
    values = [cell.value for row in book["Отчёт"].iter_rows() for cell in row]
    assert "041207" in values
    assert {49, 42, 3} <= set(values)
