"""The people of an exam as the school knows them: participants, their parents, and those who work that day.

Words and numbers only: who may do what is `server.exam.rights`, who may work where is `scheduling.commissions`.
"""

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from media.layout import SeatKind

from .profile_parts import Answer, Category, Form, Ground, Place


class DocumentKind(StrEnum):
    """What confirms identity (D-14)."""

    PASSPORT = "passport"
    BIRTH_CERTIFICATE = "birth_certificate"
    FOREIGN = "foreign"
    OTHER = "other"


class CommissionRole(StrEnum):
    """Who works on the day (C-03); the words are the regulations'."""

    ORGANIZER = "organizer"
    EXAMINER = "examiner"
    EXPERT = "expert"
    SPECIALIST = "specialist"
    USHER = "usher"
    OBSERVER = "observer"
    ASSISTANT = "assistant"
    MEDICAL = "medical"
    HEAD = "head"
    CHECKING_CHAIR = "checking_chair"
    OFFICIAL = "official"


ROLE_NAMES: dict[CommissionRole, str] = {
    CommissionRole.ORGANIZER: "ответственный организатор",
    CommissionRole.EXAMINER: "экзаменатор-собеседник",
    CommissionRole.EXPERT: "эксперт",
    CommissionRole.SPECIALIST: "технический специалист",
    CommissionRole.USHER: "организатор вне аудитории",
    CommissionRole.OBSERVER: "общественный наблюдатель",
    CommissionRole.ASSISTANT: "ассистент",
    CommissionRole.MEDICAL: "медицинский работник",
    CommissionRole.HEAD: "руководитель школы",
    CommissionRole.CHECKING_CHAIR: "председатель комиссии по проверке",
    CommissionRole.OFFICIAL: "должностное лицо",
}

SEAT_OF_ROLE: dict[CommissionRole, SeatKind] = {
    CommissionRole.ORGANIZER: SeatKind.ORGANIZER,
    CommissionRole.EXAMINER: SeatKind.EXAMINER,
    CommissionRole.EXPERT: SeatKind.EXPERT,
    CommissionRole.SPECIALIST: SeatKind.SPECIALIST,
    CommissionRole.OBSERVER: SeatKind.OBSERVER,
    CommissionRole.ASSISTANT: SeatKind.ASSISTANT,
}
"""Roles with a seat in the conference; the others work without one."""

IN_ROOM = frozenset({CommissionRole.EXAMINER, CommissionRole.EXPERT, CommissionRole.OBSERVER})
"""Roles that belong to one room of the day."""


class Qualification(StrEnum):
    """What a person may be appointed for (C-03)."""

    RUSSIAN = "russian"
    """A teacher of Russian language and literature: may be an expert."""
    INTERLOCUTOR = "interlocutor"
    """May hold the interview."""
    TECHNICAL = "technical"
    MEDICAL = "medical"
    SIGN = "sign"
    """Interprets sign language."""
    DEFECTOLOGY = "defectology"
    """Correctional teacher, for participants with OVZ."""


QUALIFICATION_NAMES: dict[Qualification, str] = {
    Qualification.RUSSIAN: "учитель русского языка и литературы",
    Qualification.INTERLOCUTOR: "подготовка собеседника",
    Qualification.TECHNICAL: "технический специалист",
    Qualification.MEDICAL: "медицинский работник",
    Qualification.SIGN: "сурдопереводчик",
    Qualification.DEFECTOLOGY: "дефектолог",
}


@dataclass(frozen=True, slots=True, order=True)
class Name:
    """ФИО; the patronymic is empty where a person has none."""

    last: str
    first: str
    patronymic: str = ""

    def __str__(self) -> str:
        return " ".join(part for part in (self.last, self.first, self.patronymic) if part)

    @property
    def short(self) -> str:
        """Фамилия И. О."""
        initials = " ".join(f"{part[0]}." for part in (self.first, self.patronymic) if part)
        return f"{self.last} {initials}".strip()


@dataclass(frozen=True, slots=True)
class Document:
    kind: DocumentKind
    series: str
    number: str


@dataclass(frozen=True, slots=True)
class Representative:
    """A parent or another representative of a minor."""

    name: Name
    relation: str = ""
    """«мать», «отец», «опекун» or as the school writes it."""
    phone: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True)
class Participant:
    """What the school knows of a participant. None and "" are "not known"."""

    name: Name
    class_label: str
    """«9А», or «экстерн»."""
    number: str = ""
    """The school's or the region's own number of the participant, where it has one; unique in the school."""
    birth_date: date | None = None
    document: Document | None = None
    form: Form = Form.DISTANCE
    ground: Ground | None = None
    """Why the distance form (D-01)."""
    place: Place = Place.SCHOOL
    """Where the interview is organized: at home and in a medical organization the scheme may differ (D-21)."""
    category: Category | None = None
    """The OVZ category; None: no special conditions."""
    accompanying: Category | None = None
    """The second category, where the first is scored as another."""
    disabled: bool = False
    """Disabled without an OVZ category: +30 minutes too (D-19)."""
    pmpk: str = ""
    """Number and date of the PMPK's recommendation."""
    answer: Answer = Answer.ORAL
    break_minutes: int = 0
    """A medical break after the interview or within, that the plan keeps free."""
    applied_on: date | None = None
    """The application (C-02)."""
    consent_on: date | None = None
    """The consent to the processing of personal data (C-02)."""
    family: str = ""
    """Participants with the same word are siblings: they are not examined at one time."""
    note: str = ""
    representatives: tuple[Representative, ...] = ()

    @property
    def more_time(self) -> bool:
        """+30 minutes (D-19)."""
        return self.disabled or self.category is not None


@dataclass(frozen=True, slots=True)
class StaffPerson:
    """Somebody who may be in a commission: of the school, or from elsewhere."""

    name: Name
    position: str = ""
    workplace: str = ""
    """Where somebody who is not employed by the school works."""
    employed: bool = True
    """By the school of the exam. An observer never is (the order on observers)."""
    qualifications: frozenset[Qualification] = field(default_factory=frozenset)
    phone: str = ""
    email: str = ""
