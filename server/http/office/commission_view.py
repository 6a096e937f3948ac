"""The commission as its page shows it: members by role with their rooms, and what the rules say against it."""

from typing import Any

from scheduling.conflicts import Conflict
from server.exam.people import IN_ROOM, QUALIFICATION_NAMES, ROLE_NAMES, CommissionRole
from server.store.plan_inputs import Book
from server.store.staff import MemberRow

from .words import capital


def conflicts_of(book: Book) -> tuple[Conflict, ...]:
    return ()


ROLES_PLURAL: dict[CommissionRole, str] = {
    CommissionRole.ORGANIZER: "Ответственный организатор",
    CommissionRole.EXAMINER: "Экзаменаторы-собеседники",
    CommissionRole.EXPERT: "Эксперты",
    CommissionRole.SPECIALIST: "Технические специалисты",
    CommissionRole.USHER: "Организаторы вне аудитории",
    CommissionRole.OBSERVER: "Общественные наблюдатели",
    CommissionRole.ASSISTANT: "Ассистенты",
    CommissionRole.MEDICAL: "Медицинские работники",
    CommissionRole.HEAD: "Руководитель школы",
    CommissionRole.CHECKING_CHAIR: "Председатель комиссии по проверке",
    CommissionRole.OFFICIAL: "Должностные лица",
}


def groups(book: Book, found: tuple[Conflict, ...]) -> list[dict[str, Any]]:
    """Members by role, each with the conflicts that name the person."""
    rows = []
    for role in CommissionRole:
        members = [one for one in book.members if one.role is role]
        if members:
            rows.append(
                {
                    "role": role.value,
                    "title": ROLES_PLURAL[role],
                    "in_room": role in IN_ROOM,
                    "members": [member_row(book, one, found) for one in members],
                }
            )
    return rows


def member_row(book: Book, member: MemberRow, found: tuple[Conflict, ...]) -> dict[str, Any]:
    person = member.person.person
    helped = None if member.participant_id is None else book.sitting(member.participant_id)
    return {
        "id": member.id,
        "person": member.person.id,
        "name": str(person.name),
        "about": ", ".join(
            part
            for part in (
                person.position,
                "" if person.employed else person.workplace or "не из этой школы",
                *(QUALIFICATION_NAMES[one] for one in sorted(person.qualifications)),
            )
            if part
        ),
        "room": member.room_id,
        "helps": "" if helped is None else str(helped.person.participant.name),
        "away": member.away_from is not None,
        "login": member.person.login,
        "conflicts": [one for one in found if member.person.id in one.persons],
    }


def role_options() -> list[tuple[str, str]]:
    return [(role.value, capital(ROLE_NAMES[role])) for role in CommissionRole]
