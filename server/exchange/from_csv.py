"""CSV as schools save it: the encoding and the separator are those under which a header is found."""

import csv
import io
from collections.abc import Iterator
from itertools import islice

from server.errors import ImportProblem

from . import headers, limits
from .headers import Header
from .rows import parsed
from .sheet import EMPTY, Cell, Reading, Row, limited

_BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_GUESSES = ("utf-8", "cp1251", "cp866", "koi8-r", "mac-cyrillic")
_SEPARATORS = (";", ",", "\t", "|")
_TOP = 200_000
"""Characters in which the header is looked for."""

NO_HEADER = (
    "В файле не нашлось строки с названиями столбцов. Нужны хотя бы «ФИО» (или «Фамилия» и «Имя») и «Класс». "
    "Возьмите шаблон службы или сохраните таблицу в формате XLSX либо CSV (UTF-8)."
)


def read(content: bytes) -> Reading:
    """Raises ImportProblem."""
    text, separator, header = _understood(content)
    rows, skipped = parsed(limited(_rows(text, separator)), header)
    titles = tuple(column.title for column in header.columns.values())
    return Reading("csv", rows, titles, header.ignored, skipped)


def _understood(content: bytes) -> tuple[str, str, Header]:
    """The text, its separator and header. Raises ImportProblem where no way of reading gives a header."""
    best: tuple[int, str, str, Header] | None = None
    problem: ImportProblem | None = None
    for text in _decoded(content):
        for separator in _SEPARATORS:
            try:
                header = headers.find(list(islice(_top(text, separator), limits.HEADER_ROWS)))
            except ImportProblem as wrong:
                problem = problem or wrong
                continue
            if header is not None and (best is None or len(header.columns) > best[0]):
                best = len(header.columns), text, separator, header
        if best is not None:
            return best[1:]
    raise problem or ImportProblem(NO_HEADER)


def _decoded(content: bytes) -> Iterator[str]:
    """The texts that the bytes may be, the likeliest first. Raises ImportProblem where they are no text."""
    for bom, encoding in _BOMS:
        if content.startswith(bom):
            guesses: tuple[str, ...] = (encoding,)
            break
    else:
        guesses = ("utf-16-le", "utf-16-be") if b"\x00" in content[:4000] else _GUESSES
    for encoding in guesses:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" in text:
            raise ImportProblem(
                "Файл повреждён или это не таблица: в нём есть нулевые байты. Сохраните его заново."
            )
        yield text


def _top(text: str, separator: str) -> Iterator[Row]:
    """The first rows, as far as they can be read."""
    try:
        yield from limited(_rows(text[:_TOP], separator))
    except ImportProblem:
        return


def _rows(text: str, separator: str) -> Iterator[Row]:
    """Rows with the numbers a spreadsheet gives them. Raises ImportProblem for broken quotes and huge cells."""
    lines = io.StringIO(text, newline="")
    reader = csv.reader(lines, delimiter=separator, strict=True)
    number = 0
    while True:
        number += 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise ImportProblem(
                f"Строка {number} (в текстовом редакторе — {reader.line_num}): не сходятся кавычки или ячейка слишком "
                "длинная. Исправьте её или сохраните таблицу в формате XLSX.",
                detail=str(error),
            ) from None
        if number == 1 and cells and cells[0].lower().startswith("sep="):
            number = 0  # a spreadsheet does not show this line
            continue
        if len(cells) > limits.MAX_COLUMNS and any(cells[limits.MAX_COLUMNS :]):
            raise ImportProblem(f"В строке {number} больше {limits.MAX_COLUMNS} столбцов: удалите лишние.")
        yield number, [Cell(cell) if cell else EMPTY for cell in cells[: limits.MAX_COLUMNS]]
