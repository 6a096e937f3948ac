"""One cell to one value. `Wrong` is raised for what cannot be taken, `Doubt` carries what was taken with a remark."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from server.exam.people import DocumentKind

from . import documents, limits, names, words
from .fields import DATES, ENUMS, LONG, Field, Value
from .names import Wrong
from .sheet import Cell
from .text import EXACT, clean, exactly, key, storable

_EXCEL_EPOCH = date(1899, 12, 30)
_SERIALS = range(10_000, 74_000)
_MONTHS = ("янв", "фев", "мар", "апр", "ма", "июн", "июл", "авг", "сен", "окт", "ноя", "дек")
_TIME = re.compile(r"[T ]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?$")
_YEAR_END = re.compile(r"\s*(?:г\.?|год|года)$", re.IGNORECASE)
_EMPTY: Mapping[Field, Value] = {
    **dict.fromkeys(DATES, None),
    Field.DISABLED: False,
    Field.BREAK_MINUTES: 0,
}
_NOTHING = " \t\n\r\u00a0\u202f\u200b\ufeff-–—−_."


@dataclass(frozen=True, slots=True)
class Doubt:
    """A value that was taken, and what the person should know about it."""

    value: Value
    text: str


def is_blank(cell: Cell) -> bool:
    """Nothing, or a dash for nothing."""
    return not cell.broken and not cell.text.strip(_NOTHING)


def value(field: Field, cell: Cell) -> Value | Doubt:
    """The value of a cell that is not blank. Raises Wrong.

    A cell that begins with an apostrophe is taken exactly as it stands behind it.
    """
    if cell.broken:
        raise Wrong(cell.broken)
    meant = exactly(cell.text)
    if meant == "" and field in _EMPTY:
        return _EMPTY[field]
    if field in DATES:
        return _date(cell) if meant is None else _iso_or_russian(meant)
    if field in ENUMS:
        return choice(ENUMS[field], cell.text if meant is None else meant)
    if field is Field.DISABLED:
        return yes_or_no(cell.text if meant is None else meant)
    if field is Field.BREAK_MINUTES:
        return _minutes(cell.text if meant is None else meant)
    if meant is not None:
        return fitting(meant, limits.LONG_TEXT if field in LONG else limits.SHORT_TEXT)
    return _TEXTS.get(field, plain_text)(cell, limits.LONG_TEXT if field in LONG else limits.SHORT_TEXT)


def fitting(text: str, most: int) -> str:
    """The text itself. Raises Wrong where it cannot be kept."""
    if not storable(text):
        raise Wrong("здесь знак, который нельзя сохранить: наберите текст заново")
    if len(text) > most:
        raise Wrong(f"здесь слишком длинный текст: {len(text)} знаков, а можно {most}")
    return text


def plain_text(cell: Cell, most: int) -> str:
    """Text with single spaces."""
    if cell.day is not None:
        return f"{cell.day:%d.%m.%Y}"
    return fitting(clean(cell.text), most)


def _date(cell: Cell) -> date:
    day = cell.day or _written_date(cell.text)
    if not limits.FIRST_YEAR <= day.year <= limits.LAST_YEAR:
        raise Wrong(f"год {day.year} не похож на правду")
    return day


def _written_date(text: str) -> date:
    plain = _YEAR_END.sub("", _TIME.sub("", clean(text)))
    if (found := re.fullmatch(r"([0-9]{5})(?:[.,]0+)?", plain)) and int(found[1]) in _SERIALS:
        return _EXCEL_EPOCH + timedelta(days=int(found[1]))
    if found := re.fullmatch(r"([0-9]{4})[-./]([0-9]{1,2})[-./]([0-9]{1,2})", plain):
        return _day(int(found[1]), int(found[2]), int(found[3]))
    if found := re.fullmatch(r"([0-9]{1,2})\s+([а-я]+)\.?\s+([0-9]{4})", plain.lower()):
        for month, stem in enumerate(_MONTHS, 1):
            if found[2].startswith(stem):
                return _day(int(found[3]), month, int(found[1]))
    found = re.fullmatch(r"([0-9]{1,2})\s*([-./,])\s*([0-9]{1,2})\s*[-./,]\s*([0-9]{1,4})", plain)
    if found is None:
        raise Wrong(f"«{clean(text)[:40]}» не похоже на дату: напишите, например, 01.02.2010")
    first, second = int(found[1]), int(found[3])
    if len(found[4]) != 4:
        raise Wrong(
            f"дату «{plain}» можно понять по-разному: напишите год четырьмя цифрами, например 01.02.2010"
        )
    if found[2] == "/" and first != second and first <= 12 and second <= 12:
        raise Wrong(f"дату «{plain}» можно понять по-разному: напишите её через точки, день.месяц.год")
    return _day(int(found[4]), second, first)


def _iso_or_russian(text: str) -> date:
    found = re.fullmatch(r"([0-9]{2})\.([0-9]{2})\.([0-9]{4})", text)
    return _day(int(found[3]), int(found[2]), int(found[1])) if found else _written_date(text)


def _day(year: int, month: int, day: int) -> date:
    try:
        return date(year, month, day)
    except ValueError:
        raise Wrong(f"такой даты нет: {day:02}.{month:02}.{year:04}") from None


def choice(kind: type[StrEnum], text: str) -> Value | Doubt:
    """One of the words of a choice; None for "there is none"."""
    if not text or (key(text) in words.NOTHING and kind is not DocumentKind):
        return None
    found = words.find(kind, text)
    if found is None:
        raise Wrong(f"«{clean(text)[:60]}» здесь неизвестно. Возможные значения: {words.possible(kind)}")
    if (unclear := words.UNCLEAR.get(key(text))) is not None:
        return Doubt(found, unclear)
    return found


def yes_or_no(text: str) -> bool:
    said = key(text) or {"+": "да", "-": "нет"}.get(clean(text), "")
    if said in words.YES:
        return True
    if said in words.NO:
        return False
    raise Wrong(f"«{clean(text)[:40]}» здесь неизвестно: напишите «да» или «нет»")


def _minutes(text: str) -> int:
    found = re.fullmatch(r"([0-9]{1,4})(?:[.,]0+)?\s*(?:мин|мин\.|минут|минуты|минута)?", clean(text))
    if found is None or int(found[1]) > limits.MAX_BREAK:
        raise Wrong(f"здесь нужно число минут от 0 до {limits.MAX_BREAK}")
    return int(found[1])


def digits(text: str) -> str:
    """A number that went through a spreadsheet: without «.0» at the end. Raises Wrong where digits are lost."""
    plain = clean(text)
    if re.fullmatch(r"[0-9]+[.,]?[0-9]*[eEеЕ]\+?[0-9]+", plain):
        raise Wrong(
            f"число «{plain[:40]}» испорчено таблицей: сделайте столбец текстовым и наберите номер заново"
        )
    return re.sub(r"^([0-9]+)[.,]0+$", r"\1", plain)


def _number(cell: Cell, most: int) -> str:
    _no_date(cell, "номер")
    return fitting(digits(cell.text), most)


def _series(cell: Cell, most: int) -> str:
    _no_date(cell, "серия документа")
    return fitting(documents.series_written(digits(cell.text)), most)


def _document_number(cell: Cell, most: int) -> str:
    _no_date(cell, "номер документа")
    plain = re.sub(r"^(?:№|N|номер)\s*", "", digits(cell.text), flags=re.IGNORECASE)
    return fitting(plain.replace(" ", "") if re.fullmatch(r"[0-9 ]+", plain) else plain, most)


def _no_date(cell: Cell, what: str) -> None:
    if cell.day is not None or re.fullmatch(r"\d{1,2}\.\d{1,2}\.\d{4}|\d{4}-\d{2}-\d{2}", clean(cell.text)):
        raise Wrong(f"здесь дата, а должно быть: {what}. Похоже, столбцы перепутаны")


def _class_label(cell: Cell, most: int) -> str:
    if cell.day is not None:
        raise Wrong(
            "здесь дата, а должен быть класс. Если класс записан как «9-1», сделайте ячейку текстовой"
        )
    return fitting(names.class_label(digits(cell.text)), most)


def _last(cell: Cell, most: int) -> str:
    return fitting(names.last_name(dated(cell)), most)


def _first(cell: Cell, most: int) -> str:
    return fitting(names.first_name(dated(cell)), most)


def _patronymic(cell: Cell, most: int) -> str:
    if key(cell.text) in words.NOTHING:
        return ""
    return fitting(names.name_part(dated(cell), "отчество"), most)


def dated(cell: Cell) -> str:
    """The text of a cell; of a date, as it is written."""
    return f"{cell.day:%d.%m.%Y}" if cell.day is not None else cell.text


_TEXTS: Mapping[Field, Callable[[Cell, int], str]] = {
    Field.NUMBER: _number,
    Field.LAST: _last,
    Field.FIRST: _first,
    Field.PATRONYMIC: _patronymic,
    Field.CLASS_LABEL: _class_label,
    Field.DOCUMENT_SERIES: _series,
    Field.DOCUMENT_NUMBER: _document_number,
}


def is_exact(cell: Cell) -> bool:
    return cell.text.startswith(EXACT)
