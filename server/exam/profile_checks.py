"""What a profile may not say although each value alone is right: contradictions, gaps without a sentence."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from scheduling.terms import ORDER, Bound, Kind, TermProblem

from .profile import OPTIONAL_PLACES, Profile, value_at
from .profile_parts import DeadlineTerm, Outcome, ScaleRow
from .toml_lines import KeyPath

_BEFORE = frozenset({Kind.APPLICATIONS, Kind.COMMISSIONS})
_ON_THE_DAY = frozenset({Kind.KIM, Kind.CONFERENCE, Kind.REPORT, Kind.SUMMARY})


@dataclass(frozen=True, slots=True)
class Wrong:
    path: KeyPath
    what: str


def contradictions(profile: Profile) -> list[Wrong]:
    """Everything that is wrong, in no particular order."""
    return [
        *_gaps(profile),
        *_dates(profile),
        *_exam(profile),
        *_deadlines(profile),
        *_scale(profile),
        *_scheme(profile),
        *_rights(profile),
        *_forms(profile),
    ]


def _gaps(profile: Profile) -> Iterator[Wrong]:
    for table, sentences in (("missing", profile.missing), ("not_required", profile.not_required)):
        for place, sentence in sentences.items():
            if place not in OPTIONAL_PLACES:
                yield Wrong((table, place), f"«{place}» — не место профиля, которое может быть пустым")
            elif value_at(profile, place) is not None:
                yield Wrong((table, place), f"«{place}» задано, значит, здесь его быть не должно")
            if not re.search(r"[А-Яа-яЁё]{3}", sentence):
                yield Wrong((table, place), "напишите организатору по-русски, чего нет и что делать")
    for place in sorted(profile.missing.keys() & profile.not_required.keys()):
        yield Wrong(("not_required", place), f"«{place}» названо и недостающим, и ненужным")
    for place in OPTIONAL_PLACES:
        if value_at(profile, place) is None and place not in {**profile.missing, **profile.not_required}:
            path = tuple(place.split("."))
            yield Wrong(path, f"нет «{place}»: задайте или объясните в разделе missing либо not_required")


def _dates(profile: Profile) -> Iterator[Wrong]:
    dates = profile.dates
    if bool(dates.listed) == (dates.main is not None):
        yield Wrong(("dates",), "нужно одно из двух: список дат listed или правило main")
    if dates.listed and dates.additional:
        yield Wrong(("dates", "additional"), "правила дополнительных дат не сочетаются со списком")
    if list(dates.listed) != sorted(set(dates.listed)):
        yield Wrong(("dates", "listed"), "даты должны идти по порядку и не повторяться")
    for day in dates.listed:
        if day.year != profile.about.year:
            yield Wrong(("dates", "listed"), f"{day:%d.%m.%Y} не в {profile.about.year} году профиля")
    if dates.main is not None:
        months = [(rule.month, rule.number) for rule in (dates.main, *dates.additional)]
        if months != sorted(set(months)):
            yield Wrong(("dates", "additional"), "дополнительные даты должны идти после основной, по порядку")


def _exam(profile: Profile) -> Iterator[Wrong]:
    for name, span in (("minutes", profile.exam.minutes), ("per_hour", profile.exam.per_hour)):
        if span is not None and span[0] > span[1]:
            yield Wrong(("exam", name), "первое число больше второго")
    grounds = profile.distance.grounds or ()
    if len(set(grounds)) < len(grounds):
        yield Wrong(("distance", "grounds"), "основание названо дважды")


def _deadlines(profile: Profile) -> Iterator[Wrong]:
    for kind in Kind:
        term: DeadlineTerm | None = None if kind is Kind.START else getattr(profile.deadlines, kind.value)
        if term is not None:
            path: KeyPath = ("deadlines", kind.value)
            try:
                term.value().check_for(kind)
            except TermProblem as problem:
                yield Wrong(path, str(problem))
            else:
                yield from (Wrong(path, what) for what in _place_in_time(kind, term, profile.exam.start))
    report, summary = profile.deadlines.report, profile.deadlines.summary
    if report and summary and report.at and summary.at and summary.at <= report.at:
        yield Wrong(("deadlines", "summary"), "сводка раньше отчётов, из которых она составлена")


def _place_in_time(kind: Kind, term: DeadlineTerm, start: str) -> Iterator[str]:
    """What does not fit the deadline's place before, on or after the day."""
    moved = term.days or term.working_days or term.months or term.next_year or term.listed
    if kind in _BEFORE:
        if term.listed:
            if any(last >= exam for exam, last in term.listed.items()):
                yield "этот срок — до дня собеседования, а назван не раньше него"
        elif not (term.days < 0 or term.working_days < 0) or term.months:
            yield "этот срок — до дня собеседования: число дней отрицательное"
    elif kind in _ON_THE_DAY:
        if moved:
            yield "этот срок — в день собеседования: нужны только часы"
        elif term.at is None and term.minutes_before_start is None:
            yield "не сказано, в котором часу"
        elif kind in {Kind.KIM, Kind.CONFERENCE} and term.at is not None and term.at >= start:
            yield f"позже начала собеседования в {start}"
        elif kind in {Kind.REPORT, Kind.SUMMARY} and (term.at is None or term.at <= start):
            yield f"раньше начала собеседования в {start}"
    else:
        negative = term.days < 0 or term.working_days < 0
        if (
            negative
            or term.minutes_before_start is not None
            or any(last < exam for exam, last in term.listed.items())
        ):
            yield "этот срок — после собеседования, а задан до него"
        if term.bound is Bound.NOT_BEFORE and ORDER[kind] < ORDER[Kind.KIM_PAPER]:
            yield "«не ранее» здесь не бывает"


def _scale(profile: Profile) -> Iterator[Wrong]:
    if profile.scale is None:
        return
    seen = set()
    for place, row in enumerate(profile.scale.rows):
        path: KeyPath = ("scale", "rows", place)
        if row.category in seen:
            yield Wrong(path, f"категория {row.category} названа второй раз")
        seen.add(row.category)
        yield from (Wrong(path, what) for what in _row(row, by_scale=profile.scale.criteria_by == "scale"))


def _row(row: ScaleRow, *, by_scale: bool) -> Iterator[str]:
    if row.as_other:
        if row.maximum is not None or row.minimum is not None or row.criteria or row.tasks:
            yield "оценивается как сопутствующая категория, значит, своих баллов, заданий и критериев нет"
        return
    if row.maximum is None or row.minimum is None:
        yield "нужны и maximum, и minimum"
    elif not 0 < row.minimum <= row.maximum:
        yield f"минимум {row.minimum} должен быть больше нуля и не больше максимума {row.maximum}"
    elif len(row.criteria) > row.maximum:
        yield f"критериев {len(row.criteria)}, а максимум {row.maximum}"
    if by_scale != bool(row.criteria) or by_scale != bool(row.tasks):
        yield 'задания и критерии называет шкала (criteria_by = "scale") или рекомендация ПМПК ("pmpk")'
    if len(set(row.criteria)) < len(row.criteria) or len(set(row.tasks)) < len(row.tasks):
        yield "задание или критерий назван дважды"


def _scheme(profile: Profile) -> Iterator[Wrong]:
    if profile.scheme.choice == "school" and profile.scheme.second:
        yield Wrong(("scheme", "second"), "школа выбирает схему сама, значит, оснований второй схемы нет")
    for place, rule in enumerate(profile.scheme.second):
        if rule.category is None and rule.place is None and rule.form is None:
            yield Wrong(("scheme", "second", place), "не сказано, для кого вторая схема")


def _rights(profile: Profile) -> Iterator[Wrong]:
    for outcome in profile.retake.outcomes or ():
        if outcome in {Outcome.PASS, Outcome.REMOVED}:
            yield Wrong(("retake", "outcomes"), f"{outcome} сюда не пишут (об удалённых говорит removed)")
    if len(set(profile.recheck.applicants)) < len(profile.recheck.applicants):
        yield Wrong(("recheck", "applicants"), "заявитель назван дважды")


def _forms(profile: Profile) -> Iterator[Wrong]:
    seen = set()
    for place, form in enumerate(profile.forms):
        if form.code in seen:
            yield Wrong(("forms", place), f"форма {form.code} названа второй раз")
        seen.add(form.code)
