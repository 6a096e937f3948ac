"""A participant as a flat row of fields and back; None and "" are "not known"."""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum

from server.exam.people import Document, DocumentKind, Name, Participant, Representative
from server.exam.profile_parts import Answer, Category, Form, Ground, Place


class Field(StrEnum):
    """The fields in the order of the columns of an export."""

    NUMBER = "number"
    LAST = "last"
    FIRST = "first"
    PATRONYMIC = "patronymic"
    CLASS_LABEL = "class_label"
    BIRTH_DATE = "birth_date"
    DOCUMENT_KIND = "document_kind"
    DOCUMENT_SERIES = "document_series"
    DOCUMENT_NUMBER = "document_number"
    FORM = "form"
    GROUND = "ground"
    PLACE = "place"
    CATEGORY = "category"
    ACCOMPANYING = "accompanying"
    DISABLED = "disabled"
    PMPK = "pmpk"
    ANSWER = "answer"
    BREAK_MINUTES = "break_minutes"
    APPLIED_ON = "applied_on"
    CONSENT_ON = "consent_on"
    FAMILY = "family"
    NOTE = "note"
    REPRESENTATIVES = "representatives"


TITLES: dict[Field, str] = {
    Field.NUMBER: "Номер участника",
    Field.LAST: "Фамилия",
    Field.FIRST: "Имя",
    Field.PATRONYMIC: "Отчество",
    Field.CLASS_LABEL: "Класс",
    Field.BIRTH_DATE: "Дата рождения",
    Field.DOCUMENT_KIND: "Вид документа",
    Field.DOCUMENT_SERIES: "Серия документа",
    Field.DOCUMENT_NUMBER: "Номер документа",
    Field.FORM: "Форма",
    Field.GROUND: "Основание",
    Field.PLACE: "Место проведения",
    Field.CATEGORY: "Категория ОВЗ",
    Field.ACCOMPANYING: "Сопутствующая категория ОВЗ",
    Field.DISABLED: "Инвалидность",
    Field.PMPK: "Заключение ПМПК",
    Field.ANSWER: "Форма ответа",
    Field.BREAK_MINUTES: "Перерыв, минут",
    Field.APPLIED_ON: "Дата заявления",
    Field.CONSENT_ON: "Дата согласия",
    Field.FAMILY: "Семья",
    Field.NOTE: "Примечание",
    Field.REPRESENTATIVES: "Родители и представители",
}
"""The Russian name of a field; for all but the representatives, the header of its column."""

FIELDS = tuple(Field)
_ELSEWHERE = frozenset(
    {
        Field.LAST,
        Field.FIRST,
        Field.PATRONYMIC,
        Field.DOCUMENT_KIND,
        Field.DOCUMENT_SERIES,
        Field.DOCUMENT_NUMBER,
    }
)
_ATTRIBUTES = tuple((field, None if field in _ELSEWHERE else field.value) for field in FIELDS)
"""The attribute of Participant that holds the field; None: its name or document does."""

Value = str | int | bool | date | StrEnum | tuple[Representative, ...] | None
Flat = Mapping[Field, Value]

DOCUMENT = frozenset({Field.DOCUMENT_KIND, Field.DOCUMENT_SERIES, Field.DOCUMENT_NUMBER})
REQUIRED = (Field.LAST, Field.FIRST, Field.CLASS_LABEL)
"""Without these nobody is a participant."""


def flat(participant: Participant) -> dict[Field, Value]:
    """Every field of a participant."""
    document = participant.document
    values: dict[Field, Value] = {
        Field.LAST: participant.name.last,
        Field.FIRST: participant.name.first,
        Field.PATRONYMIC: participant.name.patronymic,
        Field.DOCUMENT_KIND: document.kind if document else None,
        Field.DOCUMENT_SERIES: document.series if document else "",
        Field.DOCUMENT_NUMBER: document.number if document else "",
    }
    return {
        field: values[field] if attribute is None else getattr(participant, attribute)
        for field, attribute in _ATTRIBUTES
    }


def built(values: Flat) -> Participant:
    """The participant of a flat row; a field left out has its default. Raises KeyError without the required ones."""
    rest = {attribute: values[field] for field, attribute in _ATTRIBUTES if attribute and field in values}
    return Participant(
        name=Name(str(values[Field.LAST]), str(values[Field.FIRST]), str(values.get(Field.PATRONYMIC) or "")),
        document=_document(values),
        **rest,  # type: ignore[arg-type]
    )


def _document(values: Flat) -> Document | None:
    kind = values.get(Field.DOCUMENT_KIND)
    series = str(values.get(Field.DOCUMENT_SERIES) or "")
    number = str(values.get(Field.DOCUMENT_NUMBER) or "")
    if kind is None and not series and not number:
        return None
    return Document(DocumentKind(kind) if isinstance(kind, str) else DocumentKind.OTHER, series, number)


ENUMS: dict[Field, type[StrEnum]] = {
    Field.DOCUMENT_KIND: DocumentKind,
    Field.FORM: Form,
    Field.GROUND: Ground,
    Field.PLACE: Place,
    Field.CATEGORY: Category,
    Field.ACCOMPANYING: Category,
    Field.ANSWER: Answer,
}
NEVER_NONE = frozenset({Field.FORM, Field.PLACE, Field.ANSWER})
"""Choices that always have a value."""
DATES = frozenset({Field.BIRTH_DATE, Field.APPLIED_ON, Field.CONSENT_ON})
LONG = frozenset({Field.PMPK, Field.NOTE})
