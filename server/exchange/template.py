"""The table a school fills in: a sheet with the columns, and a sheet that explains them with examples."""

import io
from collections.abc import Mapping, Sequence
from enum import StrEnum

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from . import words
from .fields import DATES, ENUMS, REQUIRED, TITLES, Field
from .writing import PARENT_PARTS, headers, parent_header

_INTRODUCTION = (
    "Одна строка — один участник. Обязательны фамилия, имя и класс. Столбцы можно переставлять, ненужные — удалить. "
    "Пояснения и примеры — на листе «Пояснения»."
)
_FIRST_ROW, _LAST_ROW = 3, 2_000
_WIDTH = 22

_EXPLAINED: Mapping[Field, tuple[str, str]] = {
    Field.NUMBER: (
        "Свой или региональный номер, если он есть. По нему участник узнаётся при новом импорте",
        "104",
    ),
    Field.LAST: ("Как в документе. Обязательно", "Семёнов"),
    Field.FIRST: ("Полностью. Обязательно", "Пётр"),
    Field.PATRONYMIC: ("Полностью; если отчества нет, оставьте пустым", "Ильич"),
    Field.CLASS_LABEL: ("Класс с буквой или слово «экстерн». Обязательно", "9А"),
    Field.BIRTH_DATE: ("День, месяц, год", "01.02.2010"),
    Field.DOCUMENT_KIND: ("Выберите из списка", "паспорт РФ"),
    Field.DOCUMENT_SERIES: ("У паспорта РФ — 4 цифры", "0408"),
    Field.DOCUMENT_NUMBER: ("У паспорта РФ — 6 цифр", "012345"),
    Field.FORM: ("Где участник; пусто — дистанционная", "дистанционная"),
    Field.GROUND: ("Почему дистанционная форма", "по состоянию здоровья"),
    Field.PLACE: ("Где организовано собеседование; пусто — школа", "дом"),
    Field.CATEGORY: ("Если есть ОВЗ; можно коротко: ТНР, ЗПР, РАС, НОДА", "слабослышащие"),
    Field.ACCOMPANYING: ("Вторая категория, если первая оценивается как другая", "тяжёлые нарушения речи"),
    Field.DISABLED: ("да или нет", "нет"),
    Field.PMPK: ("Номер и дата заключения", "№ 15 от 10.09.2025"),
    Field.ANSWER: ("Пусто — устная", "устная"),
    Field.BREAK_MINUTES: ("Сколько минут нужно на медицинский перерыв", "10"),
    Field.APPLIED_ON: ("Когда подано заявление", "20.01.2026"),
    Field.CONSENT_ON: ("Когда дано согласие на обработку персональных данных", "20.01.2026"),
    Field.FAMILY: ("Одно и то же слово у братьев и сестёр: их не поставят на одно время", "Семёновы"),
    Field.NOTE: ("Любой текст", ""),
}
_PARENT_EXPLAINED = {
    "фамилия": ("Родитель или другой законный представитель", "Семёнова"),
    "имя": ("", "Анна"),
    "отчество": ("", "Петровна"),
    "кем приходится": ("мать, отец, опекун", "мать"),
    "телефон": ("С кодом города или оператора", "8 900 123-45-67"),
    "почта": ("", "semenova@example.ru"),
}


def template_xlsx() -> bytes:
    """An empty table with lists to choose from, text columns for numbers, and explanations. Reads as no rows."""
    book = Workbook()
    table = book.active
    assert isinstance(table, Worksheet)
    table.title = "Участники"
    notes = book.create_sheet("Пояснения")
    _explain(notes)
    _columns(table, _choices(book.create_sheet("Списки")))
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def _columns(table: Worksheet, lists: Mapping[str, str]) -> None:
    table["A1"] = _INTRODUCTION
    table["A1"].font = Font(italic=True)
    required = {TITLES[field] for field in REQUIRED}
    dates = {TITLES[field] for field in DATES}
    for index, title in enumerate(headers(), 1):
        letter = get_column_letter(index)
        cell = table.cell(2, index, title)
        cell.font = Font(bold=True)
        cell.alignment = Alignment(wrap_text=True, vertical="top")
        if title in required:
            cell.fill = PatternFill("solid", fgColor="FFF2CC")
        table.column_dimensions[letter].width = _WIDTH
        table.column_dimensions[letter].number_format = "DD.MM.YYYY" if title in dates else "@"
        if title in lists:
            validation = DataValidation(
                type="list", formula1=lists[title], allow_blank=True, showErrorMessage=False
            )
            validation.add(f"{letter}{_FIRST_ROW}:{letter}{_LAST_ROW}")
            table.add_data_validation(validation)
    table.freeze_panes = f"A{_FIRST_ROW}"


def _choices(sheet: Worksheet) -> dict[str, str]:
    """The lists on a hidden sheet, and where they stand by the title of the column."""
    sheet.sheet_state = "hidden"
    found = {}
    lists: dict[str, Sequence[str]] = {TITLES[field]: _titles(kind) for field, kind in ENUMS.items()}
    lists[TITLES[Field.DISABLED]] = ("да", "нет")
    for index, (title, names) in enumerate(lists.items(), 1):
        for row, name in enumerate(names, 1):
            sheet.cell(row, index, name)
        letter = get_column_letter(index)
        found[title] = f"'{sheet.title}'!${letter}$1:${letter}${len(names)}"
    return found


def _titles(kind: type[StrEnum]) -> list[str]:
    return [words.title(choice) for choice in kind]


def _explain(sheet: Worksheet) -> None:
    rows = [("Столбец", "Что писать", "Пример")]
    rows += [(TITLES[field], about, example) for field, (about, example) in _EXPLAINED.items()]
    rows += [(parent_header(1, part), *_PARENT_EXPLAINED[part]) for part in PARENT_PARTS]
    for field, kind in ENUMS.items():
        rows += [(TITLES[field], "возможное значение", name) for name in _titles(kind)]
    for row, texts in enumerate(rows, 1):
        for column, text in enumerate(texts, 1):
            cell = sheet.cell(row, column, text)
            cell.number_format = "@"
            cell.alignment = Alignment(wrap_text=True, vertical="top")
            if row == 1:
                cell.font = Font(bold=True)
    for letter, width in (("A", 34), ("B", 60), ("C", 60)):
        sheet.column_dimensions[letter].width = width
    sheet.freeze_panes = "A2"
