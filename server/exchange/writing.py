"""Participants as tables: XLSX and CSV that Excel opens, that carry no formula, and that read back the same.

A text that a spreadsheet would take for something else, or that our reading would tidy, is written with an
apostrophe before it (`text.exact`).
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time
from enum import StrEnum

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import Cell as BookCell
from openpyxl.styles import Font
from openpyxl.worksheet._write_only import WriteOnlyWorksheet

from server.exam.people import DocumentKind, Participant, Representative

from . import documents, limits, values, words
from .fields import TITLES, Field, Value, flat
from .names import Wrong
from .sheet import Cell
from .text import clean, exact, hidden

PARENT_PARTS = ("фамилия", "имя", "отчество", "кем приходится", "телефон", "почта")
PARENTS = 2
"""Columns for so many representatives stand in every table."""
_EXCEL_DATES_FROM = date(1900, 3, 1)
_FORMULA = ("=", "+", "-", "@", "#", "\t", "\r", "\n", "'")
_REWRITTEN = re.compile(r"[\d\s.,:/eEеЕ+-]+")
"""Of a CSV file, Excel takes these for numbers and dates."""
_PLAIN_NUMBER = re.compile(r"0|[1-9][0-9]{0,10}")


def headers(parents: int = PARENTS) -> list[str]:
    """The titles of the columns."""
    own = [title for field, title in TITLES.items() if field is not Field.REPRESENTATIVES]
    return own + [parent_header(number, part) for number in range(1, parents + 1) for part in PARENT_PARTS]


def parent_header(number: int, part: str) -> str:
    return f"Представитель {number}: {part}"


def to_csv(participants: Iterable[Participant]) -> bytes:
    """UTF-8 with BOM, semicolons: what Excel opens with a double click."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    for row in _table(participants):
        writer.writerow([_for_csv(cell) for cell in row])
    return text.getvalue().encode("utf-8-sig")


def to_xlsx(participants: Iterable[Participant]) -> bytes:
    """One sheet; dates are dates, everything else is text."""
    book = Workbook(write_only=True)
    sheet: WriteOnlyWorksheet = book.create_sheet("Участники")
    sheet.freeze_panes = "A2"
    for number, row in enumerate(_table(participants)):
        sheet.append([_for_xlsx(sheet, cell, bold=number == 0) for cell in row])
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def _table(participants: Iterable[Participant]) -> Iterator[list[str | date]]:
    everybody = list(participants)
    parents = max([PARENTS, *(len(one.representatives) for one in everybody)])
    yield [*headers(parents)]
    for one in everybody:
        yield _row(one, parents)


def _row(participant: Participant, parents: int) -> list[str | date]:
    fields = flat(participant)
    row = [_written(field, value) for field, value in fields.items() if field is not Field.REPRESENTATIVES]
    if participant.document is not None:
        _document(row, participant)
    for one in participant.representatives:
        row.extend(_parent(one))
    row.extend([""] * (len(PARENT_PARTS) * (parents - len(participant.representatives))))
    return row


def _written(field: Field, value: Value) -> str | date:
    """The cell of a value, that `values.value` reads back as the same."""
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return "да" if value else "нет"
    if isinstance(value, StrEnum):
        return words.title(value)
    if isinstance(value, date):
        plain = value >= _EXCEL_DATES_FROM and value.year <= limits.LAST_YEAR
        return value if plain else exact(written_day(value))
    text = str(value)
    if isinstance(value, int):
        return text
    return text if _reads_back(field, text) else exact(text)


def written_day(day: date) -> str:
    return f"{day.day:02}.{day.month:02}.{day.year:04}"


def _reads_back(field: Field, text: str) -> bool:
    cell = Cell(text)
    try:
        return not _disguised(text) and not values.is_blank(cell) and values.value(field, cell) == text
    except Wrong:
        return False


def _disguised(text: str) -> bool:
    return text.startswith(_FORMULA) or hidden(text) or "_x" in text or "x005F" in text


def _document(row: list[str | date], participant: Participant) -> None:
    """Series and number that no Russian passport can have are exact: nobody shall correct them."""
    document = participant.document
    if document is None or document.kind is not DocumentKind.PASSPORT:
        return
    if documents.passport_wrong(document.series, document.number) or not document.series:
        order = [field for field in Field if field is not Field.REPRESENTATIVES]
        row[order.index(Field.DOCUMENT_SERIES)] = exact(document.series)
        row[order.index(Field.DOCUMENT_NUMBER)] = exact(document.number)


def _parent(one: Representative) -> list[str | date]:
    texts = (one.name.last, one.name.first, one.name.patronymic, one.relation, one.phone, one.email)
    cells: list[str | date] = [_parent_cell(place, text) for place, text in enumerate(texts)]
    if not any(texts):
        cells[0] = exact("")
    return cells


def _parent_cell(place: int, text: str) -> str:
    plain = text == clean(text) and not _disguised(text) and not values.is_blank(Cell(text))
    if plain and place < 3:
        plain = _reads_back((Field.LAST, Field.FIRST, Field.PATRONYMIC)[place], text)
    elif plain and place == 4:
        plain = bool(re.search(r"[0-9]", text)) and not re.search(r"[eEеЕ.,]", text)
    elif plain and place == 5:
        plain = "@" in text
    return text if plain or not text else exact(text)


def _for_csv(cell: str | date) -> str:
    if isinstance(cell, date):
        return written_day(cell)
    if _REWRITTEN.fullmatch(cell) and not _PLAIN_NUMBER.fullmatch(cell) and re.search(r"\d", cell):
        return exact(cell)
    return cell


def _for_xlsx(sheet: WriteOnlyWorksheet, cell: str | date, *, bold: bool) -> BookCell | str | date | None:
    if isinstance(cell, date):
        dated = WriteOnlyCell(sheet, datetime.combine(cell, time()))
        dated.number_format = "DD.MM.YYYY"
        return dated
    if bold:
        title = WriteOnlyCell(sheet, cell)
        title.font = Font(bold=True)
        return title
    return cell or None
