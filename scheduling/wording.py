"""Small parts of Russian sentences: numbers with their words, clock times, numbers that sort as people read them."""

import re
from datetime import datetime


def counted(number: int, one: str, few: str, many: str) -> str:
    """«1 участник», «2 участника», «5 участников»."""
    last, teens = number % 10, number % 100 in range(11, 15)
    if last == 1 and not teens:
        word = one
    elif last in (2, 3, 4) and not teens:
        word = few
    else:
        word = many
    return f"{number} {word}"


def participants(number: int) -> str:
    return counted(number, "участник", "участника", "участников")


def minutes(number: int) -> str:
    return counted(number, "минута", "минуты", "минут")


def for_minutes(number: int) -> str:
    """«на 21 минуту»."""
    return counted(number, "минуту", "минуты", "минут")


def clock(moment: datetime) -> str:
    """By the clocks of the moment's own zone."""
    return f"{moment:%H:%M}"


def reading_order(text: str) -> tuple[tuple[int, int, str], ...]:
    """A key by which «9Б» follows «9А», «10» follows «9», and ё stands with е."""
    parts = re.findall(r"\d+|\D+", text.casefold().replace("ё", "е"))
    return tuple((0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts)
