"""Participants for the tests of exchange: plain ones, and any that a database can hold."""

from dataclasses import replace
from datetime import date

from hypothesis import strategies as st

from server.exam.people import Document, DocumentKind, Name, Participant, Representative
from server.exam.profile_parts import Answer, Category, Form, Ground, Place
from server.exchange import limits

SEMENOV = Participant(
    Name("Семёнов", "Пётр", "Ильич"),
    "9А",
    number="7",
    birth_date=date(2010, 2, 1),
    document=Document(DocumentKind.PASSPORT, "0408", "012345"),
    ground=Ground.HEALTH,
    place=Place.HOME,
    category=Category.ASD,
    pmpk="№ 15 от 10.09.2025",
    break_minutes=10,
    applied_on=date(2026, 1, 20),
    consent_on=date(2026, 1, 21),
    family="Семёновы",
    note="обычная запись",
    representatives=(
        Representative(Name("Семёнова", "Анна", "Петровна"), "мать", "8 900 123-45-67", "a@example.ru"),
    ),
)
IVANOVA = Participant(Name("Иванова", "Мария"), "9Б", birth_date=date(2010, 5, 17))

# What spreadsheets, XML and our own reading would like to change.
TRICKY = (
    "=1+1", "=cmd|' /C calc'!A0", "+7 900", "-5", "@SUM(A1)", "'", "''", "'=1", "\t=1", "#N/A", "#REF!", "ИВАНОВ",
    "иванов",
    "  два  пробела ", "\u00a0", "1234.0", "0012", "1e5", "01.02.2010", "2010-02-01", "да", "нет", "-", "—", "Итого",
    'кавычки "и" «ёлочки»', "строка\nстрока", "\r\n", "\r", "a\rb", "№ 5;6,7\t8",
    "😀", "x005F_x", "_x000D_", "_x005F_x000D_",
    "\\u0041", "\\", "\x01", "\x1f\x0b", "\ufffe", "<b>&amp;</b>", "]]>", "\ufeff", "sep=;",
    "\u2028", "e\u0301", "TRUE",
    "1/2", "9-1", "12345678901234567890", "%", "оглы", "Иванoв",
)  # fmt: skip

CHARACTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\x00")
ANY_TEXT = st.one_of(
    st.sampled_from(TRICKY),
    st.text(CHARACTERS, max_size=12),
    st.text("=+-@'\"\\;,\t\n\r_x0 5F1А", max_size=6),
)
NAME_TEXT = ANY_TEXT.filter(lambda text: bool(text.strip()))
DATES = st.none() | st.dates(date(1, 1, 1), date(9999, 12, 31)) | st.dates(date(1890, 1, 1), date(2110, 1, 1))


def _optional(kind: type[DocumentKind | Ground | Category]) -> st.SearchStrategy[object]:
    return st.none() | st.sampled_from(list(kind))


REPRESENTATIVES = st.builds(
    Representative,
    name=st.builds(Name, last=ANY_TEXT, first=ANY_TEXT, patronymic=ANY_TEXT),
    relation=ANY_TEXT,
    phone=ANY_TEXT,
    email=ANY_TEXT,
)
PARTICIPANTS = st.builds(
    Participant,
    name=st.builds(Name, last=NAME_TEXT, first=NAME_TEXT, patronymic=ANY_TEXT),
    class_label=NAME_TEXT,
    number=ANY_TEXT,
    birth_date=DATES,
    document=st.none()
    | st.builds(Document, kind=st.sampled_from(DocumentKind), series=ANY_TEXT, number=ANY_TEXT)
    | st.builds(
        Document,
        kind=st.sampled_from(DocumentKind),
        series=st.text("0123456789", max_size=5),
        number=st.text("0123456789", max_size=11),
    ),
    form=st.sampled_from(Form),
    ground=_optional(Ground),
    place=st.sampled_from(Place),
    category=_optional(Category),
    accompanying=_optional(Category),
    disabled=st.booleans(),
    pmpk=ANY_TEXT,
    answer=st.sampled_from(Answer),
    break_minutes=st.integers(0, limits.MAX_BREAK),
    applied_on=DATES,
    consent_on=DATES,
    family=ANY_TEXT,
    note=ANY_TEXT,
    representatives=st.lists(REPRESENTATIVES, max_size=4).map(tuple),
)


def renamed(one: Participant, last: str, first: str, patronymic: str = "") -> Participant:
    return replace(one, name=Name(last, first, patronymic))
