"""The commission as its page shows it: members by role with their rooms, and what the rules say against it."""

from typing import Any, Literal

from scheduling.commissions import Examined, Member, OpenRoom, Switches, conflicts
from scheduling.conflicts import Conflict
from server.exam.people import IN_ROOM, QUALIFICATION_NAMES, ROLE_NAMES, CommissionRole
from server.exam.profile_parts import Category
from server.store.plan_inputs import Book
from server.store.sittings import SittingRow
from server.store.staff import MemberRow

from .words import capital


def conflicts_of(book: Book, *, planned: bool = True) -> tuple[Conflict, ...]:
    """What contradicts the orders in the day's commissions (C-03).

    Without `planned` the plan in force plays no part: what a new plan puts right does not forbid to make it.
    """
    return conflicts(
        [_member(one) for one in book.members],
        [_examined(book, one, planned=planned) for one in book.sittings if one.absence is None],
        [OpenRoom(room.id, room.number) for room in book.day.rooms if room.closed_at is None],
        Switches(
            observers=None if book.profile is None else book.profile.exam.observers,
            asd_room=_asd_room(book),
        ),
    )


def _member(one: MemberRow) -> Member:
    person = one.person.person
    return Member(
        person=one.person.id,
        role=one.role.value,
        room=one.room_id,
        name=person.name.short,
        employed=person.employed,
        qualifications=frozenset(skill.value for skill in person.qualifications),
        parent_of=one.person.kin,
        assists=one.participant_id,
        away=one.away_from is not None,
    )


def _examined(book: Book, sitting: SittingRow, *, planned: bool) -> Examined:
    person, row = sitting.person, book.interview(sitting) if planned else None
    category = person.participant.category
    return Examined(
        id=person.id,
        name=person.participant.name.short,
        room=None if row is None else row.room_id,
        category=None if category is None else category.value,
        familiar_examiner=person.familiar_examiner_id,
        scheme=book.scheme(person.id),
    )


def _asd_room(book: Book) -> Literal["no_expert", "nobody_else"] | None:
    """Who must not be in the room with a participant with ASD, where the region says so."""
    if book.profile is None:
        return None
    rules = [one for one in book.profile.scheme.second if one.category is Category.ASD]
    return rules[0].room if rules else None


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


def crews(book: Book) -> dict[int, str]:
    """For each room in use who talks and who scores there, or that nobody is appointed yet."""
    found = {}
    for room in book.day.rooms:
        told = []
        for role, nobody in (
            (CommissionRole.EXAMINER, "собеседник не назначен"),
            (CommissionRole.EXPERT, "эксперт не назначен"),
        ):
            names = [
                one.person.person.name.short
                for one in book.members
                if one.role is role and one.room_id == room.id and one.away_from is None
            ]
            told.append(f"{ROLE_NAMES[role].split('-')[-1]} {', '.join(names)}" if names else nobody)
        found[room.id] = ", ".join(told)
    return found


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
