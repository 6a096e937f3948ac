"""The rule by which an exam day comes, in words, and how far a day is away."""

from datetime import date

from scheduling.calendar import ByRule, NthWeekday, Schedule
from scheduling.wording import counted
from server.forms.words import MONTHS

_NUMBERS = {
    1: ("первый", "первая", "первое"),
    2: ("второй", "вторая", "второе"),
    3: ("третий", "третья", "третье"),
    4: ("четвёртый", "четвёртая", "четвёртое"),
    5: ("пятый", "пятая", "пятое"),
}
_WORKING = ("рабочий", "рабочая", "рабочее")
_WEEKDAYS = (
    ("понедельник", 0),
    ("вторник", 0),
    ("среда", 1),
    ("четверг", 0),
    ("пятница", 1),
    ("суббота", 1),
    ("воскресенье", 2),
)


def rule_words(rule: NthWeekday) -> str:
    """«вторая рабочая среда марта» (C-01)."""
    weekday, gender = _WEEKDAYS[rule.weekday]
    number = _NUMBERS[rule.number][gender]
    working = f" {_WORKING[gender]}" if rule.working else ""
    return f"{number}{working} {weekday} {MONTHS[rule.month - 1]}"


def date_rules(schedule: Schedule) -> list[str]:
    """For each date in order the rule that gives it; «названо в приказе» for a list."""
    if isinstance(schedule, ByRule):
        return [rule_words(rule) for rule in (schedule.main, *schedule.additional)]
    return ["названо в приказе"] * len(schedule.days)


def exam_year(today: date) -> int:
    """The calendar year in which this school year's exam is held: from September on the next one."""
    return today.year + (today.month >= 9)


def distance(day: date, today: date) -> str:
    """«сегодня», «через 12 дней», «прошёл»."""
    away = (day - today).days
    if away == 0:
        return "сегодня"
    if away == 1:
        return "завтра"
    return "прошёл" if away < 0 else f"через {counted(away, 'день', 'дня', 'дней')}"
