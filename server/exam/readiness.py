"""What a participant still lacks before the exam, and which outcomes count for the school year. Told calmly: the
service waits for papers, it never turns anybody away for them."""

from collections.abc import Iterable
from datetime import date
from enum import StrEnum

from .people import Participant
from .profile import Profile
from .profile_parts import Answer, Category, Form, Ground, Outcome

YEAR_BEGINS = (9, 1)
"""Month and day of a school year's first day."""


class Lack(StrEnum):
    """What is not known yet and will be needed."""

    CONSENT = "consent"
    GROUND = "ground"
    DOCUMENT = "document"
    PMPK = "pmpk"
    ACCOMPANYING = "accompanying"


SHORT: dict[Lack, str] = {
    Lack.CONSENT: "нет согласия",
    Lack.GROUND: "нет основания",
    Lack.DOCUMENT: "нет документа",
    Lack.PMPK: "нет рекомендации ПМПК",
    Lack.ACCOMPANYING: "не указано сопутствующее",
}

SENTENCES: dict[Lack, str] = {
    Lack.CONSENT: "Нет согласия на обработку персональных данных. Оно нужно не позднее чем за две недели.",
    Lack.GROUND: "Не указано основание для дистанционной формы.",
    Lack.DOCUMENT: "Не указан документ: собеседник сверит его перед началом.",
    Lack.PMPK: "Не указана рекомендация ПМПК, по которой даны особые условия.",
    Lack.ACCOMPANYING: "Не указано сопутствующее заболевание: по нему определяют баллы.",
}


def lacks(person: Participant) -> tuple[Lack, ...]:
    """Consent (C-02), ground of the distance form (D-01), document (D-14), and the papers of special conditions."""
    found = []
    if person.consent_on is None:
        found.append(Lack.CONSENT)
    if person.form is Form.DISTANCE and person.ground is None:
        found.append(Lack.GROUND)
    if person.document is None or not person.document.number:
        found.append(Lack.DOCUMENT)
    if person.category is not None and not person.pmpk:
        found.append(Lack.PMPK)
    if person.category is Category.MOTOR_WITH_OTHER and person.accompanying is None:
        found.append(Lack.ACCOMPANYING)
    return tuple(found)


def misfits(person: Participant, profile: Profile) -> tuple[str, ...]:
    """Where the participant's data and the region's rules do not meet: ground (D-01), category and answer (scale)."""
    found = []
    grounds = profile.distance.grounds
    if (
        person.form is Form.DISTANCE
        and person.ground is not None
        and person.ground not in (grounds or Ground)
    ):
        found.append("Такого основания для дистанционной формы в правилах региона нет.")
    if person.category is not None and profile.scale is not None:
        row = next((row for row in profile.scale.rows if row.category is person.category), None)
        if row is None:
            found.append("Такой категории в шкале региона нет: уточните её в регионе.")
        elif person.answer not in row.answer:
            form = "письменной" if person.answer is Answer.WRITTEN else "устной"
            found.append(f"В правилах региона для этой категории нет {form} формы ответа.")
    return tuple(found)


def school_year(day: date) -> tuple[date, date]:
    """The first and the last day of the school year that a day belongs to."""
    month, first = YEAR_BEGINS
    year = day.year if (day.month, day.day) >= YEAR_BEGINS else day.year - 1
    return date(year, month, first), date(year + 1, 8, 31)


def of_school_year(outcomes: Iterable[tuple[date, Outcome]], day: date) -> tuple[Outcome, ...]:
    """The outcomes of the school year before the day, in order: what `rights.may_sit_again` asks for (C-07)."""
    begins, _ = school_year(day)
    return tuple(outcome for at, outcome in sorted(outcomes) if begins <= at <= day)
