"""Files that are made to cost much: they are refused, or read within bounds."""

import io
import re
import tracemalloc
import zipfile

import pytest
from openpyxl.utils import get_column_letter

from server.errors import ImportProblem
from server.exchange import limits
from server.exchange.reading import read
from server.exchange.writing import to_xlsx
from tests.exchange.people import IVANOVA, SEMENOV

BOOK = to_xlsx([SEMENOV, IVANOVA])
SHEET = "xl/worksheets/sheet1.xml"


def refused(content: bytes) -> str:
    with pytest.raises(ImportProblem) as caught:
        read(content)
    return caught.value.text


def with_sheet(change: str, into: str) -> bytes:
    """The book with its sheet changed by a regular expression."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(BOOK)) as old, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            part = old.read(name).decode()
            if name == SHEET:
                part, found = re.subn(change, into, part, count=1)
                assert found == 1
            new.writestr(name, part)
    return stream.getvalue()


def test_a_file_larger_than_the_limit_is_not_looked_at() -> None:
    assert "больше 20 МБ" in refused(b"PK" + bytes(limits.MAX_BYTES))


def test_a_zip_bomb_is_refused_before_it_is_unpacked() -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<a/>")
        archive.writestr("xl/workbook.xml", "<a/>")
        archive.writestr("xl/sharedStrings.xml", bytes(limits.MAX_UNPACKED))
    content = stream.getvalue()
    del stream
    tracemalloc.start()
    try:
        assert "слишком большая" in refused(content)
        assert tracemalloc.get_traced_memory()[1] < 10 * 2**20
    finally:
        tracemalloc.stop()


def test_a_book_of_too_many_parts_is_refused() -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name in ("[Content_Types].xml", "xl/workbook.xml", *map(str, range(limits.MAX_PARTS))):
            archive.writestr(name, "")
    assert "слишком большая" in refused(stream.getvalue())


def test_what_a_sheet_says_of_its_size_is_not_believed() -> None:
    content = with_sheet("<sheetData>", '<dimension ref="A1:XFD1048576"/><sheetData>')
    assert [row.participant for row in read(content).rows] == [SEMENOV, IVANOVA]


def test_a_sheet_whose_rows_have_no_end_is_refused() -> None:
    for number in ("1048577", "999999999", "99999999999999", "1e15"):
        assert "повреждена" in refused(with_sheet('<row r="3"', f'<row r="{number}"'))
    assert [row.number for row in read(with_sheet('<row r="3"', '<row r="1048576"')).rows] == [2, 1048576]


def test_a_sheet_that_keeps_very_many_empty_rows_is_refused() -> None:
    many = "<row/>" * limits.MAX_KEPT_ROWS
    assert "слишком большая" in refused(with_sheet("</sheetData>", f"{many}</sheetData>"))


def test_rows_out_of_order_would_hide_people_and_are_refused() -> None:
    """openpyxl passes over a row whose number is not greater than the one before."""
    assert "повреждена" in refused(with_sheet('<row r="3"', '<row r="2"'))
    assert "повреждена" in refused(with_sheet('<row r="3"', '<row r="1"'))


def test_a_value_beyond_the_last_column_is_refused_and_a_format_there_is_not() -> None:
    beyond = get_column_letter(limits.MAX_COLUMNS + 1)
    assert "столбцов" in refused(
        with_sheet('(<row r="2".*?)</row>', rf'\1<c r="{beyond}2"><v>1</v></c></row>')
    )
    assert len(read(with_sheet('(<row r="2".*?)</row>', rf'\1<c r="{beyond}2"/></row>')).rows) == 2


def test_an_entity_in_a_book_is_refused() -> None:
    bomb = '<!DOCTYPE a [<!ENTITY b "ха">]>'
    assert "повреждена" in refused(with_sheet("^", bomb))


def test_a_csv_of_very_many_columns_is_refused() -> None:
    header = "ФИО;Класс" + ";x" * 100_000
    assert "столбцов" in refused(f"{header}\nСемёнов Пётр;9А\n".encode()) or "не нашлось" in refused(
        header.encode()
    )


def test_a_huge_cell_is_refused_or_named() -> None:
    assert refused(f"ФИО;Класс;Примечание\nСемёнов Пётр;9А;{'я' * 200_000}\n".encode())
    [row] = read(f"ФИО;Класс;Примечание\nСемёнов Пётр;9А;{'я' * 100_000}\n".encode()).rows
    assert "слишком длинный" in row.problems[0].text
    assert len(row.problems[0].text) < 200


def test_a_long_name_that_is_wrong_is_not_repeated_whole() -> None:
    [row] = read(f"ФИО;Класс\n{'1' * 100_000};{'9' * 100_000}\n".encode()).rows
    assert all(len(problem.text) < 500 for problem in row.problems)
