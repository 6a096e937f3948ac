"""The headers of columns as schools write them, each to what the column holds."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache

from server.exam.people import DocumentKind

from . import limits
from .fields import TITLES, Field
from .text import clean, key


class Extra(StrEnum):
    """Columns that hold more than one field, or a part of one."""

    FULL_NAME = "full_name"
    LETTER = "letter"
    DOCUMENT = "document"
    OVZ = "ovz"
    RELATION = "relation"
    PHONE = "phone"
    EMAIL = "email"


@dataclass(frozen=True, slots=True)
class Column:
    """What a column holds. `person` is 0 for the participant, from 1 on for a representative."""

    part: Field | Extra
    title: str = ""
    """The header as in the file."""
    person: int = 0
    relation: str = ""
    """«мать» or «отец», where the header says it."""
    kind: DocumentKind | None = None


_SYNONYMS: Mapping[Field | Extra, tuple[str, ...]] = {
    Extra.FULL_NAME: ("ФИО", "Фамилия Имя Отчество", "Фамилия, имя", "Фамилия и имя", "ФИ", "ФИО полностью"),
    Extra.LETTER: ("Литера", "Буква", "Литера класса", "Буква класса"),
    Extra.OVZ: ("ОВЗ", "Наличие ОВЗ", "Участник с ОВЗ", "Статус ОВЗ"),
    Field.NUMBER: (
        "Код участника", "Код", "Регистрационный номер", "Рег. номер", "Личный номер", "Индивидуальный номер",
        "Идентификатор", "ID участника", "Рег. № участника", "№ участника", "Номер личного дела",
    ),
    Field.CLASS_LABEL: ("Класс обучения", "Класс, литера", "Класс (группа)", "Класс/группа", "Учебный класс", "Кл."),
    Field.BIRTH_DATE: ("Дата рожд.", "Д.р.", "ДР", "День рождения", "Рождён", "Число, месяц, год рождения", "Родился"),
    Field.FORM: (
        "Форма проведения", "Форма проведения ИС", "Форма прохождения", "Форма сдачи", "Форма ИС",
        "Форма итогового собеседования", "Форма участия",
    ),
    Field.GROUND: (
        "Основание дистанционной формы", "Причина", "Основание для дистанционной формы", "Причина дистанционной формы",
        "Основание для участия в дистанционной форме",
    ),
    Field.PLACE: ("Место", "Место прохождения", "Место сдачи", "Где проводится", "Место проведения ИС"),
    Field.CATEGORY: (
        "Категория участника с ОВЗ", "Категория", "Нозология", "Вид ОВЗ", "Нозологическая группа", "Категория (ОВЗ)",
        "Нозологическая категория", "Диагноз",
    ),
    Field.ACCOMPANYING: ("Сопутствующая категория", "Вторая категория ОВЗ", "Сопутствующее нарушение"),
    Field.DISABLED: ("Инвалид", "Ребёнок-инвалид", "Инвалидность, да/нет", "Наличие инвалидности", "Справка МСЭ"),
    Field.PMPK: (
        "ПМПК", "Рекомендации ПМПК", "Заключение (рекомендации) ПМПК", "Номер и дата заключения ПМПК",
        "Реквизиты заключения ПМПК", "№ и дата заключения ПМПК", "Заключение ПМПК (номер и дата)", "Рекомендация ПМПК",
    ),
    Field.ANSWER: ("Ответ", "Вид ответа", "Устно/письменно", "Форма ответа (устная/письменная)"),
    Field.BREAK_MINUTES: ("Перерыв", "Перерыв (мин)", "Медицинский перерыв", "Перерыв, мин"),
    Field.APPLIED_ON: ("Заявление", "Дата подачи заявления", "Заявление подано", "Дата регистрации заявления"),
    Field.CONSENT_ON: (
        "Согласие", "Согласие на обработку персональных данных", "Согласие на обработку ПДн", "Согласие на ОПД",
        "Дата согласия на обработку персональных данных", "Согласие на обработку ПД",
    ),
    Field.FAMILY: ("Братья и сёстры", "Семья (братья, сёстры)", "Брат, сестра", "Родственники среди участников"),
    Field.NOTE: ("Примечания", "Комментарий", "Заметки", "Особые отметки"),
}  # fmt: skip
_LABELS: Mapping[str, Field | Extra] = {
    **{key(title): field for field, title in TITLES.items() if field is not Field.REPRESENTATIVES},
    **{key(label): part for part, labels in _SYNONYMS.items() for label in labels},
}

_OF_PARTICIPANT = re.compile(
    r"\b(?:участник\w*|обучающ\w*|учащ\w*|ученик\w*|учениц\w*|ребенка|выпускник\w*|школьник\w*|ис"
    r"|итогово\w* собеседовани\w*)\b"
)
_OF_PARENT = re.compile(
    r"\b(?:родител\w*|законн\w*|представител\w*|мать|матери|мама|мамы|отец|отца|папа|папы|опекун\w*)\b"
)
_RELATIONS = (
    (re.compile(r"\b(?:мать|матери|мама|мамы)\b"), "мать"),
    (re.compile(r"\b(?:отец|отца|папа|папы)\b"), "отец"),
)
_PARENT_PARTS: dict[str, Field | Extra] = {
    **dict.fromkeys(("", "фио", "фамилия имя отчество", "фио полностью", "или", "и"), Extra.FULL_NAME),
    "фамилия": Field.LAST,
    "имя": Field.FIRST,
    "отчество": Field.PATRONYMIC,
    **dict.fromkeys(
        ("кем приходится", "степень родства", "родство", "статус", "кто", "отношение"), Extra.RELATION
    ),
    **dict.fromkeys(
        ("телефон", "контактный телефон", "номер телефона", "телефоны", "тел", "мобильный телефон", "моб телефон",
         "сотовый телефон", "телефон для связи", "контактный номер", "контакты"),
        Extra.PHONE,
    ),
    **dict.fromkeys(
        ("почта", "электронная почта", "e mail", "email", "адрес электронной почты", "эл почта", "электронный адрес"),
        Extra.EMAIL,
    ),
}  # fmt: skip
_DOCUMENT_FILLER = re.compile(
    r"\b(?:документ\w*|удостоверяющ\w*|личность|личности|паспорт\w*|данные|данных|свидетельств\w*|о|рождении|рф|и|участника)\b"
)
_DOCUMENT_PARTS: dict[str, Field | Extra] = {
    **dict.fromkeys(
        ("", "серия номер", "вид серия номер", "тип серия номер", "серия №", "реквизиты"), Extra.DOCUMENT
    ),
    "серия": Field.DOCUMENT_SERIES,
    "номер": Field.DOCUMENT_NUMBER,
    **dict.fromkeys(("вид", "тип", "наименование", "название", "код вида"), Field.DOCUMENT_KIND),
}


@lru_cache(maxsize=4096)
def recognized(label: str) -> Column | None:
    """What a header says the column holds; None: nothing for us."""
    if not key(label.replace("№", "")):
        return None
    label = label.replace("№", " номер ") if "участ" not in label.lower() else label
    for attempt in dict.fromkeys((label, re.sub(r"\([^()]*\)", " ", label))):
        plain = key(attempt)
        if not plain:
            continue
        if _OF_PARENT.search(plain):
            found = _of_parent(plain)
        elif part := _LABELS.get(plain) or _LABELS.get(clean(_OF_PARTICIPANT.sub(" ", plain))):
            found = Column(part)
        else:
            found = _of_document(plain)
        if found is not None:
            return replace(found, title=clean(label))
    return None


def _of_parent(plain: str) -> Column | None:
    number = re.search(r"\b([0-9]{1,2})\b", plain)
    person = int(number[1]) if number else 0
    if number and not 1 <= person <= limits.MAX_REPRESENTATIVES:
        return None
    relation = next((word for pattern, word in _RELATIONS if pattern.search(plain)), "")
    rest = re.sub(r"\b[0-9]{1,2}\b", " ", _OF_PARTICIPANT.sub(" ", _OF_PARENT.sub(" ", plain)))
    part = _PARENT_PARTS.get(clean(rest))
    return None if part is None else Column(part, person=person or -1, relation=relation)


def _of_document(plain: str) -> Column | None:
    named = re.search(r"\b(?:документ|паспорт|свидетельств|удостоверя)", plain)
    rest = clean(_DOCUMENT_FILLER.sub(" ", plain))
    if not named and rest not in {"серия", "номер", "серия номер"}:
        return None
    part = _DOCUMENT_PARTS.get(rest)
    if part is None:
        return None
    kind = None
    if re.search(r"\bпаспорт", plain):
        kind = DocumentKind.PASSPORT
    elif re.search(r"\bсвидетельств\w* о рожд", plain):
        kind = DocumentKind.BIRTH_CERTIFICATE
    return Column(part, kind=kind)
