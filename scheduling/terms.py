"""The terms of an order as plain values: what is due, counted from what, and how.

They come as data from the region's profile; `deadlines` applies them to a day of the exam.
"""

from dataclasses import dataclass
from datetime import date, time, timedelta
from enum import StrEnum


class Kind(StrEnum):
    """In this order a term may be counted from an earlier one, never from a later."""

    APPLICATIONS = "applications"
    COMMISSIONS = "commissions"
    KIM = "kim"
    CONFERENCE = "conference"
    START = "start"
    REPORT = "report"
    SUMMARY = "summary"
    CHECKING = "checking"
    FILES = "files"
    RESULTS = "results"
    RECHECK_APPLICATION = "recheck_application"
    RECHECK_PASSED_ON = "recheck_passed_on"
    RECHECK = "recheck"
    RECHECK_TOLD = "recheck_told"
    KIM_PAPER = "kim_paper"
    DESTRUCTION = "destruction"


class Event(StrEnum):
    """What a term is counted from."""

    EXAM = "exam"
    CHECKING_TERM = "checking_term"
    """The end of the term of checking, whenever the checking was done."""
    CHECKED = "checked"
    PROTOCOLS = "protocols"
    """The protocols of results have come from the region."""
    RESULTS = "results"
    """The participants were told their results."""
    APPLICATION = "application"
    """An application for a re-check was received."""
    RECHECKED = "rechecked"


class Bound(StrEnum):
    NOT_LATER = "not_later"
    NOT_BEFORE = "not_before"
    """Opens then; due by the start if it opens earlier that day, else by the end of the day."""
    EXACTLY = "exactly"


RULES: dict[Kind, tuple[str, str]] = {
    Kind.APPLICATIONS: ("C-02", "Заявления и согласия на обработку персональных данных приняты"),
    Kind.COMMISSIONS: ("C-03", "Составы комиссий утверждены"),
    Kind.KIM: ("D-03", "Материалы (КИМ) получены"),
    Kind.CONFERENCE: ("D-05", "Видеоконференция открыта, собеседник приглашён"),
    Kind.START: ("C-04", "Начало собеседования"),
    Kind.REPORT: ("C-05", "Отчёт школы: по плану, фактически, отсутствуют"),
    Kind.SUMMARY: ("C-05", "Сводка муниципалитета в региональный центр"),
    Kind.CHECKING: ("C-06", "Проверка и оценивание завершены"),
    Kind.FILES: ("C-08", "Аудиозаписи и формы переданы в региональный центр"),
    Kind.RESULTS: ("C-06", "Участники ознакомлены с результатами"),
    Kind.RECHECK_APPLICATION: ("C-10", "Заявления на повторную проверку поданы"),
    Kind.RECHECK_PASSED_ON: ("C-10", "Заявления на повторную проверку переданы дальше"),
    Kind.RECHECK: ("C-10", "Повторная проверка завершена"),
    Kind.RECHECK_TOLD: ("C-10", "Участники ознакомлены с итогом повторной проверки"),
    Kind.KIM_PAPER: ("C-09", "Использованные бумажные материалы (КИМ) уничтожены"),
    Kind.DESTRUCTION: ("C-09", "Срок хранения истёк: материалы уничтожены по акту"),
}
"""Rule id and title of each; the title says what is done when the deadline is met."""

LAST_DAY_OF: dict[Event, Kind] = {
    Event.CHECKING_TERM: Kind.CHECKING,
    Event.CHECKED: Kind.CHECKING,
    Event.RESULTS: Kind.RESULTS,
    Event.APPLICATION: Kind.RECHECK_APPLICATION,
    Event.RECHECKED: Kind.RECHECK,
}


ORDER = {kind: place for place, kind in enumerate(Kind)}


class TermProblem(ValueError):
    """A term that contradicts itself or its place; the text is Russian, for who wrote the profile."""


@dataclass(frozen=True, slots=True)
class Term:
    """A term as an order gives it. Negative numbers are before, positive after."""

    since: Event = Event.EXAM
    days: int = 0
    working_days: int = 0
    months: int = 0
    """Applied before `days`; the 31st becomes the last day of a shorter month."""
    next_year: tuple[int, int] | None = None
    """Month and day in the year after the exam."""
    listed: tuple[tuple[date, date], ...] = ()
    """Exam day and last day, where an order names them; other exam days have no such deadline."""
    at: time | None = None
    before_start: timedelta | None = None
    bound: Bound = Bound.NOT_LATER

    def __post_init__(self) -> None:
        ways = [
            bool(self.days or self.months),
            bool(self.working_days),
            self.next_year is not None,
            bool(self.listed),
            self.before_start is not None,
        ]
        if sum(ways) > 1:
            raise TermProblem("срок задан двумя способами сразу")
        if self.since is not Event.EXAM and (self.next_year or self.listed or self.before_start is not None):
            raise TermProblem("такой срок считают только от дня собеседования")
        if self.before_start is not None and (self.at is not None or self.before_start <= timedelta(0)):
            raise TermProblem("«за столько минут до начала» не сочетается с часами и больше нуля")
        if self.next_year == (2, 29):
            raise TermProblem("29 февраля бывает не каждый год")
        if self.next_year is not None:
            try:
                date(2001, *self.next_year)
            except ValueError:
                raise TermProblem("такого дня в году нет") from None

    def check_for(self, kind: Kind) -> None:
        """Raises TermProblem if a deadline of this kind cannot have this term."""
        if kind is Kind.START:
            raise TermProblem("начало задаётся временем, а не сроком")
        base = LAST_DAY_OF.get(self.since)
        if base is not None and ORDER[base] >= ORDER[kind]:
            raise TermProblem("срок отсчитывается от того, что бывает позже него")
        if self.since is not Event.EXAM and (self.days < 0 or self.working_days < 0 or self.months < 0):
            raise TermProblem("срок до события, день которого заранее неизвестен")
