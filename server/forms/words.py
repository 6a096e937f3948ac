"""How dates, times and names are written on paper."""

import re
import unicodedata
from datetime import date, time

MONTHS = (
    "января", "февраля", "марта", "апреля", "мая", "июня",
    "июля", "августа", "сентября", "октября", "ноября", "декабря",
)  # fmt: skip
WEEKDAYS = ("понедельник", "вторник", "среда", "четверг", "пятница", "суббота", "воскресенье")

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ufffe\uffff\ud800-\udfff]+")


def visible(text: str) -> str:
    """Without control characters and halves of characters: each run of them is a space."""
    return _CONTROL.sub(" ", text)


def plain(text: str) -> str:
    """One line that every format can hold, without blanks around or in a row."""
    return re.sub(" {2,}", " ", visible(text)).strip()


def day(value: date | None) -> str:
    """11 февраля 2026 года; empty for a blank."""
    if value is None:
        return ""
    return f"{value.day}\N{NO-BREAK SPACE}{MONTHS[value.month - 1]} {value.year}\N{NO-BREAK SPACE}года"


def weekday(value: date) -> str:
    return WEEKDAYS[value.weekday()]


def short_day(value: date | None) -> str:
    return "" if value is None else f"{value:%d.%m.%Y}"


def clock(value: time | None) -> str:
    return "" if value is None else f"{value:%H:%M}"


def count(number: int, one: str, few: str, many: str) -> str:
    """1 участник, 2 участника, 5 участников."""
    tens, units = number % 100, number % 10
    if units == 1 and tens != 11:
        word = one
    elif 2 <= units <= 4 and not 12 <= tens <= 14:
        word = few
    else:
        word = many
    return f"{number}\N{NO-BREAK SPACE}{word}"


def is_formula(text: str) -> bool:
    """Whether a spreadsheet might reckon with the text; also where the sign is a look-alike (＝, ﹢)."""
    return unicodedata.normalize("NFKC", text[:1])[:1] in {"=", "+", "-", "@", "|", "%"}
