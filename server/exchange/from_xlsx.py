"""XLSX: what openpyxl opens is weighed first; formulas count by the value that was kept with them."""

import io
import re
import warnings
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time
from itertools import chain, islice
from typing import Protocol, cast

import openpyxl
from openpyxl.cell.cell import Cell as BookCell
from openpyxl.cell.read_only import EMPTY_CELL
from openpyxl.utils.datetime import WINDOWS_EPOCH
from openpyxl.workbook.workbook import Workbook

from server.errors import ImportProblem

from . import headers, limits
from .from_csv import NO_HEADER
from .headers import Header
from .rows import parsed
from .sheet import EMPTY, Cell, Reading, Row, limited

_TOO_LARGE = (
    "Книга Excel слишком большая. Скопируйте список участников на лист новой книги, без картинок и лишних листов, и "
    "загрузите её."
)
_BROKEN = "Книга Excel повреждена. Откройте её в Excel, сохраните заново в формате .xlsx и повторите."
_ROW = re.compile(rb"<(?:[A-Za-z0-9]+:)?row(?=[\s>/])(?:[^>]*?\sr=[\"']([^\"']*)[\"'])?")
_PLACE = re.compile(rb"[0-9]{1,7}")
_FORMULA = re.compile(rb"<(?:[A-Za-z0-9]+:)?f[\s>/]")
_NO_CELL: object = EMPTY_CELL
_NO_VALUE = (
    "формула без значения. Откройте файл в Excel и сохраните его "
    "или вставьте вместо формулы её значение (специальная вставка)"
)


def read(content: bytes) -> Reading:
    """Raises ImportProblem."""
    formulas = _weigh(content)
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore"
        )  # openpyxl's remarks on what it leaves out: printing, pictures, validation
        try:
            return _read(content, formulas)
        except ImportProblem:
            raise
        except Exception as error:  # whatever openpyxl meets in a broken book
            raise ImportProblem(_BROKEN, detail=type(error).__name__) from error


def _weigh(content: bytes) -> bool:
    """Whether any sheet has formulas. Raises ImportProblem for a book that is no book, or unpacks to too much."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
            names = {part.filename for part in parts}
            if "[Content_Types].xml" not in names or "xl/workbook.xml" not in names:
                raise ImportProblem(
                    "Это архив или документ, но не книга Excel. Сохраните таблицу в формате .xlsx и повторите."
                )
            if len(parts) > limits.MAX_PARTS or sum(part.file_size for part in parts) > limits.MAX_UNPACKED:
                raise ImportProblem(_TOO_LARGE)
            if len(names) < len(parts):
                raise ImportProblem(_BROKEN, detail="a part twice")
            formulas, tags = False, 0
            for name in sorted(names):
                if name.endswith((".xml", ".rels")):
                    part = archive.read(name)
                    tags += part.count(b"<")
                    if tags > limits.MAX_TAGS:
                        raise ImportProblem(_TOO_LARGE)
                    formulas = _look(part) or formulas
            return formulas
    except ImportProblem:
        raise
    except Exception as error:  # the zip reader's: BadZipFile, zlib.error, NotImplementedError, a password …
        raise ImportProblem(_BROKEN, detail=type(error).__name__) from error


def _look(sheet: bytes) -> bool:
    """Whether the part is a sheet with formulas. Raises ImportProblem where rows out of order would hide others."""
    if b"sheetData" not in sheet:
        return False
    before = 0
    for count, found in enumerate(_ROW.finditer(sheet)):
        if count >= limits.MAX_KEPT_ROWS:
            raise ImportProblem(_TOO_LARGE)
        number = before + 1 if found[1] is None else int(found[1]) if _PLACE.fullmatch(found[1]) else 0
        if not before < number <= limits.MAX_SHEET_ROWS:
            raise ImportProblem(_BROKEN, detail="rows out of order")
        before = number
    return _FORMULA.search(sheet) is not None


def _open(content: bytes, *, values: bool) -> Workbook:
    return openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=values, keep_links=False)


def _read(content: bytes, formulas: bool) -> Reading:
    book = _open(content, values=True)
    serials = book.epoch == WINDOWS_EPOCH
    known = _formulas(content) if formulas else {}
    found: list[tuple[str, Header, Iterator[Row]]] = []
    for sheet in _sheets(book):
        rows = limited(_rows(sheet, serials, known.get(sheet.title, {})))
        top = list(islice(rows, limits.HEADER_ROWS))
        header = headers.find(top)
        if header is not None:
            found.append((sheet.title, header, chain(top, rows)))
    if not found:
        raise ImportProblem(NO_HEADER)
    if len(found) > 1:
        sheets = ", ".join(f"«{title}»" for title, _, _ in found)
        raise ImportProblem(
            f"Списки участников стоят на нескольких листах: {sheets}. Соберите их на одном листе "
            "или загрузите по одному."
        )
    _, header, rows = found[0]
    people, skipped = parsed(rows, header)
    titles = tuple(column.title for column in header.columns.values())
    return Reading("xlsx", people, titles, header.ignored, skipped)


class _Sheet(Protocol):
    """A worksheet as openpyxl reads it row by row."""

    title: str
    sheet_state: str

    def reset_dimensions(self) -> None: ...

    def iter_rows(self, *, max_col: int) -> Iterator[tuple[BookCell, ...]]: ...


def _sheets(book: Workbook) -> list[_Sheet]:
    return [sheet for sheet in cast("list[_Sheet]", book.worksheets) if sheet.sheet_state == "visible"]


_Places = dict[int, set[int]]
"""Columns by row, both from 1."""


def _formulas(content: bytes) -> dict[str, _Places]:
    """Where formulas stand, by the title of the sheet: those whose cell then has no value are problems."""
    found: dict[str, _Places] = {}
    for sheet in _sheets(_open(content, values=False)):
        sheet.reset_dimensions()
        for number, cells in enumerate(sheet.iter_rows(max_col=limits.MAX_COLUMNS), 1):
            if number > limits.MAX_SHEET_ROWS:
                raise ImportProblem(_TOO_LARGE)
            if columns := {index for index, cell in enumerate(cells, 1) if cell.data_type == "f"}:
                found.setdefault(sheet.title, {})[number] = columns
    return found


def _rows(sheet: _Sheet, serials: bool, formulas: _Places) -> Iterator[Row]:
    """Raises ImportProblem past the last row or column that is read."""
    sheet.reset_dimensions()
    nothing = None
    for number, cells in enumerate(sheet.iter_rows(max_col=limits.MAX_COLUMNS + 1), 1):
        if number > limits.MAX_SHEET_ROWS:
            raise ImportProblem(_TOO_LARGE)
        if cells is nothing:  # openpyxl fills a gap between two rows with one and the same
            continue
        present = {
            index: _cell(cell, serials)
            for index, cell in enumerate(cells)
            if cell is not _NO_CELL and cell.value is not None
        }
        if limits.MAX_COLUMNS in present:
            raise ImportProblem(f"В строке {number} больше {limits.MAX_COLUMNS} столбцов: удалите лишние.")
        for column in formulas.get(number, ()):
            if cells[column - 1].data_type != "str":  # a formula that gave "" has this type and no value
                present.setdefault(column - 1, Cell(broken=_NO_VALUE))
        if not present:
            nothing = cells
        else:
            yield number, [present.get(index, EMPTY) for index in range(max(present) + 1)]


def _cell(cell: BookCell, serials: bool) -> Cell:
    found = cell.value
    if cell.data_type == "e":
        return Cell(broken=f"здесь ошибка Excel {str(found)[:20]}: исправьте формулу или впишите значение")
    if isinstance(found, bool):
        return Cell("да" if found else "нет")
    if isinstance(found, datetime):
        return Cell(f"{found:%d.%m.%Y}", day=found.date())
    if isinstance(found, date):
        return Cell(f"{found:%d.%m.%Y}", day=found)
    if isinstance(found, time):
        return Cell(str(found))
    if isinstance(found, int | float):
        return Cell(_number(found, str(cell.number_format), serials), number=True)
    return Cell(str(found)) if str(found) else EMPTY


def _number(found: float, shown_as: str, serials: bool) -> str:
    """A number as the sheet shows it: 1234.0 is 1234, and the format 0000 keeps its zeros."""
    if isinstance(found, float):
        if not found.is_integer() or abs(found) > 2**53:
            return repr(found)
        found = int(found)
    zeros = len(shown_as) if re.fullmatch("0+", shown_as) else 0
    text = str(found).rjust(zeros, "0") if found >= 0 else str(found)
    return text if serials or len(text) != 5 else f"{text} (отсчёт дат с 1904 года)"
