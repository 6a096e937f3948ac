"""Participants on a day in words: how each is scored, what is still lacking, and who may sit again."""

from dataclasses import dataclass
from datetime import date

from server.errors import ProfileGap
from server.exam.profile import Profile
from server.exam.profile_parts import Form, Ground, Outcome, Place
from server.exam.rights import SchemeOf, may_sit_again
from server.store.participants import ParticipantRow

GROUND_NAMES: dict[Ground, str] = {
    Ground.DISTANCE_TAUGHT: "обучается дистанционно",
    Ground.HEALTH: "на дому или в медицинской организации по состоянию здоровья",
    Ground.QUARANTINE: "на карантине",
    Ground.CANNOT_COME: "ОВЗ или инвалидность, не может прийти",
}
PLACE_NAMES: dict[Place, str] = {
    Place.SCHOOL: "в школе",
    Place.HOME: "на дому",
    Place.MEDICAL: "в медицинской организации",
}
FORM_NAMES: dict[Form, str] = {Form.DISTANCE: "дистанционно", Form.IN_PERSON: "очно"}


@dataclass(frozen=True, slots=True)
class Right:
    """Whether a participant may be put on the day's list, and what to say about it (C-07)."""

    allowed: bool
    again: bool
    text: str = ""


def missing(person: ParticipantRow) -> list[str]:
    """What the school has yet to write down before the day (C-02, D-01, D-14)."""
    one = person.participant
    found = []
    if one.consent_on is None:
        found.append("согласие на обработку данных")
    if one.document is None or not one.document.number:
        found.append("документ")
    if one.form is Form.DISTANCE and one.ground is None:
        found.append("основание дистанционной формы")
    if one.category is not None and not one.pmpk:
        found.append("заключение ПМПК")
    return found


def scheme_words(scheme: SchemeOf | str) -> tuple[str, str, str]:
    """Short title, reason, tone of the badge (D-21)."""
    if isinstance(scheme, str):
        return "схема не определена", scheme, "warn"
    return f"схема {scheme.number}", scheme.reason, "plain" if scheme.number == 1 else "next"


def school_year(day: date) -> tuple[date, date]:
    """First and last day of the school year."""
    first = day.year if day.month >= 9 else day.year - 1
    return date(first, 9, 1), date(first + 1, 8, 31)


def right_to_sit(profile: Profile | None, person: ParticipantRow, day: date) -> Right:
    """Whoever has not sat this year may; others by the rules of another sitting (C-07).

    Where the region's texts are silent, the organizer decides, and is told so.
    """
    first, last = school_year(day)
    year: list[Outcome] = [outcome for at, outcome in person.outcomes if first <= at <= last and at < day]
    if not year:
        return Right(True, False)
    if profile is None:
        return Right(True, True, "Право на повторный допуск определит регион: он не выбран.")
    try:
        verdict = may_sit_again(profile, year)
    except ProfileGap as gap:
        return Right(True, True, f"Решает школа. {gap.text}")
    return Right(verdict.allowed, True, verdict.reason)
