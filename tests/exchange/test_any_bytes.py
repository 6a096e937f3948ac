"""Any bytes give rows or one error in Russian; never a crash."""

import io
import re
import zipfile

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from server.errors import ImportProblem, http_status
from server.exchange import template
from server.exchange.comparing import compare
from server.exchange.matching import Known
from server.exchange.reading import read
from server.exchange.sheet import Reading
from server.exchange.writing import to_csv, to_xlsx
from server.exchange.writing_xml import to_xml
from tests.exchange.people import IVANOVA, SEMENOV

BOTH = [SEMENOV, IVANOVA]
VALID = [
    to_csv(BOTH),
    to_csv(BOTH).decode("utf-8-sig").encode("utf-16"),
    "Фамилия;Имя;Класс\nИванов;Иван;9А\n".encode("cp1251"),
    to_xlsx(BOTH),
    to_xml(BOTH),
    template.template_xlsx(),
]
_ARCHIVE = zipfile.ZipFile(io.BytesIO(VALID[3]))
BOOK = {
    name: zipfile.ZipFile(io.BytesIO(VALID[3])).read(name)
    for name in zipfile.ZipFile(io.BytesIO(VALID[3])).namelist()
}
SLOW = settings(suppress_health_check=[HealthCheck.too_slow])


def rows_or_error(content: bytes, filename: str = "") -> None:
    """Fails where anything but rows or an ImportProblem comes out, or where a row is half."""
    try:
        reading = read(content, filename)
    except ImportProblem as refused:
        problem = refused
    else:
        all_or_nothing(reading)
        return
    assert re.search("[а-я]", problem.text)
    assert http_status(problem) == 400


def all_or_nothing(reading: Reading) -> None:
    for row in reading.rows:
        assert (row.participant is None) == any(problem.fatal for problem in row.problems)
        assert all(re.search("[а-я]", problem.text) for problem in row.problems)
    result = compare(reading.rows, [Known(1, SEMENOV)])
    assert len(result.rows) == len(reading.rows)


def zipped(parts: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return stream.getvalue()


@SLOW
@given(st.binary(max_size=500), st.sampled_from(["", "list.xlsx", "список.csv", "a.xml"]))
@example(b"", "")
@example(b"PK", "")
@example(b"<", "")
@example(b"\xff\xfe<\x00", "")
@example(b"\xff\xfe", "")
@example(b'<?xml version="1.0" encoding="utf-99"?><a/>', "")
@example(b'"' * 1000, "")
@example('ФИО;Класс\n"Иванов'.encode(), "")
@example("ФИО;Класс\nИванов\x00 Иван;9\n".encode(), "")
def test_any_bytes_give_rows_or_an_error(content: bytes, filename: str) -> None:
    rows_or_error(content, filename)


@SLOW
@given(st.sampled_from(VALID), st.data())
def test_a_spoilt_file_gives_rows_or_an_error(valid: bytes, data: st.DataObject) -> None:
    content = bytearray(valid)
    for _ in range(data.draw(st.integers(1, 5))):
        place = data.draw(st.integers(0, len(content)))
        end = place + data.draw(st.integers(0, 20))
        content[place:end] = data.draw(st.binary(max_size=20))
    rows_or_error(bytes(content))


@SLOW
@given(st.sampled_from(sorted(BOOK)), st.binary(max_size=300))
def test_a_book_with_any_bytes_for_a_part_gives_rows_or_an_error(part: str, content: bytes) -> None:
    rows_or_error(zipped({**BOOK, part: content}))


@SLOW
@given(st.sampled_from(sorted(BOOK)), st.data())
def test_a_book_with_a_spoilt_part_gives_rows_or_an_error(part: str, data: st.DataObject) -> None:
    content = bytearray(BOOK[part])
    place = data.draw(st.integers(0, max(0, len(content) - 1)))
    content[place : place + data.draw(st.integers(0, 8))] = data.draw(st.binary(max_size=8))
    rows_or_error(zipped({**BOOK, part: bytes(content)}))


CELLS = st.sampled_from(
    ["ФИО", "Фамилия", "Имя", "Класс", "Дата рождения", "Паспорт", "Серия", "Номер", "ОВЗ", "Родитель", "Мать",
     "Телефон",
     "Иванов", "Иванов Иван", "Иван", "9А", "01.02.2010", "1/2/10", "4508 123456", "да", "нет", "ТНР", "Итого", "-", "",
     "'", "'=1", "№", "1", "2"]
) | st.text(max_size=5)  # fmt: skip


@SLOW
@given(st.lists(st.lists(CELLS, max_size=6), max_size=8), st.sampled_from([";", ",", "\t"]))
def test_a_table_of_any_cells_gives_rows_or_an_error(table: list[list[str]], separator: str) -> None:
    text = "\n".join(separator.join(row) for row in table)
    rows_or_error(text.encode("utf-8", "surrogatepass"))


@SLOW
@given(st.recursive(
    st.sampled_from(["text", "", "2010-02-01", "<!-- x -->", "&lt;", "&x;", "<?pi?>"]),
    lambda inner: st.builds(
        lambda name, content: f"<{name}>{''.join(content)}</{name}>",
        st.sampled_from(["participant", "last-name", "first-name", "class", "document", "representatives",
                         "representative", "birth-date", "series", "b"]),
        st.lists(inner, max_size=4),
    ), max_leaves=15))  # fmt: skip
def test_xml_of_any_elements_gives_rows_or_an_error(inner: str) -> None:
    head = '<participants xmlns="urn:oral-exam-conference:participants" version="1">'
    rows_or_error(f"{head}{inner}</participants>".encode())


@pytest.mark.parametrize(
    "start", [b"\xd0\xcf\x11\xe0", b"%PDF-1.4", b"{\\rtf1", b"\x1f\x8b", b"\x89PNG", b"<html>", b"PK\x03\x04"]
)
def test_the_file_of_another_program_is_named_and_what_to_do(start: bytes) -> None:
    with pytest.raises(ImportProblem, match="import_problem") as caught:
        read(start + b" 123")
    assert re.search("охраните|озьмите|аспакуйте|копируйте", caught.value.text)
