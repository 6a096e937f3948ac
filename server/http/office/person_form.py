"""The form of a participant: from what is kept to its fields, and from what was typed to a participant."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TypeVar

from server.exam.people import Document, DocumentKind, Name, Participant, Representative
from server.exam.profile_parts import Answer, Category, Form, Ground, Outcome, Place
from server.store.participants import ParticipantRow

from .fields import Fields

REPRESENTATIVES = 3
"""Rows for parents and others on the form; more that are kept already have rows too."""
NEW_OUTCOMES = 2
"""Empty rows for earlier outcomes."""
ROWS_AT_MOST = 20
LONGEST_BREAK = 240
"""Minutes."""
EARLIEST_BIRTH = date(1940, 1, 1)

E = TypeVar("E", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class Typed:
    """What a form says: the participant and what belongs to it apart."""

    participant: Participant
    familiar_examiner_id: int | None
    kin: frozenset[int]
    outcomes: tuple[tuple[date, Outcome], ...]


def form_of(row: ParticipantRow | None) -> dict[str, str]:
    """The fields of the form; those of a new participant for None."""
    if row is None:
        return {"form": Form.DISTANCE.value, "place": Place.SCHOOL.value, "answer": Answer.ORAL.value}
    person = row.participant
    values = {
        "changed_at": row.changed_at.isoformat(),
        "last": person.name.last,
        "first": person.name.first,
        "patronymic": person.name.patronymic,
        "class_label": person.class_label,
        "number": person.number,
        "birth_date": _iso(person.birth_date),
        "document_kind": "" if person.document is None else person.document.kind.value,
        "document_series": "" if person.document is None else person.document.series,
        "document_number": "" if person.document is None else person.document.number,
        "form": person.form.value,
        "ground": person.ground or "",
        "place": person.place.value,
        "category": person.category or "",
        "accompanying": person.accompanying or "",
        "disabled": "1" if person.disabled else "",
        "pmpk": person.pmpk,
        "answer": person.answer.value,
        "break_minutes": str(person.break_minutes) if person.break_minutes else "",
        "applied_on": _iso(person.applied_on),
        "consent_on": _iso(person.consent_on),
        "family": person.family,
        "note": person.note,
        "familiar": "" if row.familiar_examiner_id is None else str(row.familiar_examiner_id),
    }
    for index, one in enumerate(person.representatives):
        values |= {
            f"rep{index}_last": one.name.last,
            f"rep{index}_first": one.name.first,
            f"rep{index}_patronymic": one.name.patronymic,
            f"rep{index}_relation": one.relation,
            f"rep{index}_phone": one.phone,
            f"rep{index}_email": one.email,
        }
    values |= {f"kin_{one}": "1" for one in row.kin}
    for index, (day, outcome) in enumerate(row.outcomes):
        values |= {f"outcome{index}_date": day.isoformat(), f"outcome{index}": outcome.value}
    return values


def representative_rows(row: ParticipantRow | None) -> int:
    known = 0 if row is None else len(row.participant.representatives)
    return max(REPRESENTATIVES, known)


def outcome_rows(row: ParticipantRow | None) -> int:
    return NEW_OUTCOMES + (0 if row is None else len(row.outcomes))


def read(fields: Fields, *, today: date, people: Collection[int]) -> Typed:
    """What was typed; the mistakes are in the fields. `people`: the ids of the school's staff."""
    form = fields.choice("form", Form, required=True) or Form.DISTANCE
    category = fields.choice("category", Category)
    accompanying = fields.choice("accompanying", Category)
    if accompanying is not None and category is not Category.MOTOR_WITH_OTHER:
        fields.wrong(
            "accompanying",
            "Сопутствующее указывают только при нарушениях опорно-двигательного аппарата с ним.",
        )
    if accompanying is not None and accompanying in {Category.MOTOR, Category.MOTOR_WITH_OTHER}:
        fields.wrong("accompanying", "Сопутствующее — другая категория.")
    participant = Participant(
        name=Name(
            fields.text("last", required=True, limit=100),
            fields.text("first", required=True, limit=100),
            fields.text("patronymic", limit=100),
        ),
        class_label=fields.text("class_label", required=True, limit=40),
        number=fields.text("number", limit=60),
        birth_date=_past(fields, "birth_date", today, earliest=EARLIEST_BIRTH),
        document=_document(fields),
        form=form,
        ground=_ground(fields, form),
        place=fields.choice("place", Place, required=True) or Place.SCHOOL,
        category=category,
        accompanying=accompanying,
        disabled=fields.flag("disabled"),
        pmpk=fields.text("pmpk", limit=300),
        answer=fields.choice("answer", Answer, required=True) or Answer.ORAL,
        break_minutes=fields.integer("break_minutes", 0, LONGEST_BREAK, default=0) or 0,
        applied_on=_past(fields, "applied_on", today),
        consent_on=_past(fields, "consent_on", today),
        family=fields.text("family", limit=100),
        note=fields.lines("note", limit=2000),
        representatives=_representatives(fields),
    )
    return Typed(
        participant,
        _one_of(fields, "familiar", people),
        frozenset(one for one in people if fields.flag(f"kin_{one}")),
        _outcomes(fields, today),
    )


def _past(fields: Fields, name: str, today: date, *, earliest: date = date(2000, 1, 1)) -> date | None:
    """A date that is not to come; the years of a slip of the pen are refused."""
    day = fields.date(name)
    if day is not None and day > today:
        fields.wrong(name, "Этот день ещё не наступил.")
    if day is not None and day < earliest:
        fields.wrong(name, "Проверьте год.")
    return day


def _document(fields: Fields) -> Document | None:
    kind = fields.choice("document_kind", DocumentKind)
    series = fields.text("document_series", limit=40)
    number = fields.text("document_number", limit=60)
    if kind is None:
        if series or number:
            fields.wrong("document_kind", "Выберите, какой это документ.")
        return None
    if not number:
        fields.wrong("document_number", "Укажите номер документа или уберите вид документа.")
    return Document(kind, series, number)


def _ground(fields: Fields, form: Form) -> Ground | None:
    ground = fields.choice("ground", Ground)
    if ground is not None and form is not Form.DISTANCE:
        fields.wrong("ground", "Основание нужно только для дистанционной формы.")
    return ground


def _representatives(fields: Fields) -> tuple[Representative, ...]:
    found = []
    for index in range(ROWS_AT_MOST):
        name = f"rep{index}_"
        person = Representative(
            Name(
                fields.text(f"{name}last", limit=100),
                fields.text(f"{name}first", limit=100),
                fields.text(f"{name}patronymic", limit=100),
            ),
            fields.text(f"{name}relation", limit=60),
            fields.text(f"{name}phone", limit=60),
            fields.text(f"{name}email", limit=120),
        )
        if person == Representative(Name("", "")):
            continue
        if not person.name.last:
            fields.wrong(f"{name}last", "Укажите фамилию.")
        if not person.name.first:
            fields.wrong(f"{name}first", "Укажите имя.")
        if person.email and "@" not in person.email.strip("@"):
            fields.wrong(f"{name}email", "В адресе почты должен быть знак @.")
        found.append(person)
    return tuple(found)


def _outcomes(fields: Fields, today: date) -> tuple[tuple[date, Outcome], ...]:
    """How earlier days ended; a row without an outcome is none."""
    found: dict[date, Outcome] = {}
    for index in range(ROWS_AT_MOST):
        outcome = fields.choice(f"outcome{index}", Outcome)
        if outcome is None:
            continue
        day = _past(fields, f"outcome{index}_date", today)
        if day is None:
            fields.wrong(f"outcome{index}_date", "Укажите день.")
        elif day in found:
            fields.wrong(f"outcome{index}_date", "Этот день указан дважды.")
        else:
            found[day] = outcome
    return tuple(sorted(found.items()))


def _one_of(fields: Fields, name: str, ids: Collection[int]) -> int | None:
    value = fields.text(name, limit=12)
    if not value:
        return None
    if not value.isascii() or not value.isdigit() or int(value) not in ids:
        fields.wrong(name, "Выберите человека из списка.")
        return None
    return int(value)


def _iso(day: date | None) -> str:
    return "" if day is None else day.isoformat()
