"""A card of the staff: from what is kept to the fields of its form and to a line of the list, and back."""

import hashlib
from typing import Any

from server.exam.people import QUALIFICATION_NAMES, Name, Qualification, StaffPerson
from server.store.records import Account
from server.store.staff import PersonRow

from .fields import Fields
from .listing import folded


def read_person(fields: Fields) -> StaffPerson:
    """The card from the form; its mistakes are in the fields."""
    name = Name(
        fields.text("last", required=True, limit=100),
        fields.text("first", required=True, limit=100),
        fields.text("patronymic", limit=100),
    )
    employed = fields.flag("employed")
    workplace = fields.text("workplace", limit=300)
    email = fields.text("email", limit=120)
    if email and "@" not in email.strip("@"):
        fields.wrong("email", "В адресе почты должен быть знак @.")
    return StaffPerson(
        name,
        position=fields.text("position"),
        workplace=workplace,
        employed=employed,
        qualifications=frozenset(one for one in Qualification if fields.flag(f"can_{one.value}")),
        phone=fields.text("phone", limit=60),
        email=email,
    )


def form_of(row: PersonRow) -> dict[str, str]:
    """The card as the fields of the form."""
    person = row.person
    return {
        "version": version(row),
        "last": person.name.last,
        "first": person.name.first,
        "patronymic": person.name.patronymic,
        "position": person.position,
        "workplace": person.workplace,
        "employed": "1" if person.employed else "",
        "phone": person.phone,
        "email": person.email,
        **{f"can_{one.value}": "1" for one in person.qualifications},
    }


def version(row: PersonRow) -> str:
    """Changes whenever the card does."""
    person = row.person
    parts = (*_texts(row).values(), person.employed, sorted(one.value for one in person.qualifications))
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


_TITLES = {
    "last": "Фамилия",
    "first": "Имя",
    "patronymic": "Отчество",
    "position": "Должность",
    "workplace": "Место работы",
    "phone": "Телефон",
    "email": "Почта",
}


def _texts(row: PersonRow) -> dict[str, str]:
    person = row.person
    return {
        "last": person.name.last,
        "first": person.name.first,
        "patronymic": person.name.patronymic,
        "position": person.position,
        "workplace": person.workplace,
        "phone": person.phone,
        "email": person.email,
    }


def differences(now: PersonRow, typed: Fields) -> list[str]:
    """What is kept now and differs from what was typed, a line per field."""
    lines = [
        f"{_TITLES[name]}: {value or 'пусто'}"
        for name, value in _texts(now).items()
        if " ".join(typed.values.get(name, "").split()) != value
    ]
    kept = now.person.qualifications
    if kept != frozenset(one for one in Qualification if typed.flag(f"can_{one.value}")):
        names = ", ".join(QUALIFICATION_NAMES[one] for one in Qualification if one in kept)
        lines.append(f"Подготовка: {names or 'не указана'}")
    if now.person.employed != typed.flag("employed"):
        lines.append("Работает в школе: да" if now.person.employed else "Работает в школе: нет")
    return lines


def matches(row: PersonRow, query: str) -> bool:
    text = folded(f"{row.person.name} {row.person.position} {row.login or ''}")
    return all(word in text for word in folded(query).split())


def line_of(row: PersonRow, account: Account | None) -> dict[str, Any]:
    person = row.person
    if account is None:
        access = ("нет входа", "")
    elif account.disabled:
        access = ("вход отключён", "bad")
    elif not account.has_password:
        access = ("код выдан, входа ещё не было", "warn")
    else:
        access = ("вход работает", "good")
    return {
        "id": row.id,
        "name": str(person.name),
        "position": person.position,
        "workplace": "" if person.employed else person.workplace or "не из этой школы",
        "qualifications": [QUALIFICATION_NAMES[one] for one in Qualification if one in person.qualifications],
        "login": row.login,
        "organizer": account is not None and account.standing == "organizer",
        "access": access,
        "parent": bool(row.kin),
        "archived": row.archived_at is not None,
    }
