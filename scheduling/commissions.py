"""Who may work where on the day: what contradicts the orders in the commissions of a school.

The paragraphs: members and their number Saratov 4.2–4.3, Kaluga 4.5, Tyva 6.6, Tambov 2; observers Saratov 1.7 and
appendix 8 (Kaluga 4.11 and Tyva 8.2 only admit them, Tambov is silent); ASD Saratov 7.4, Kaluga 5.5. No text says
anything about who may chair the checking, nor about an expert or an examiner who is a parent: those two are the
service's own rule. Times are not looked at: that is `plan_check`.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from .conflicts import HOUSE, Conflict

ORGANIZER, EXAMINER, EXPERT, SPECIALIST = "organizer", "examiner", "expert", "specialist"
OBSERVER, ASSISTANT = "observer", "assistant"
"""Words of server.exam.people.CommissionRole."""
ASD, SIGNING = "asd", "deaf_sign"
"""Words of the OVZ categories."""
RUSSIAN, SIGN = "russian", "sign"
"""Words of the qualifications."""

CONDUCTING = "Саратов, п. 4.2; Калуга, п. 4.5; Тыва, п. 6.6; Тамбов, п. 2"
CHECKING = "Саратов, п. 4.3; Калуга, п. 4.5; Тыва, п. 6.6; Тамбов, п. 8"
OBSERVERS = "Саратов, п. 1.7 и приложение № 8"
OF_ASD = "Саратов, п. 7.4; Калуга, п. 5.5"


@dataclass(frozen=True, slots=True)
class Member:
    """A person in one role of the day; who has two roles is there twice."""

    person: int
    role: str
    room: int | None = None
    name: str = ""
    employed: bool = True
    """By the school of the exam."""
    qualifications: frozenset[str] = frozenset()
    parent_of: frozenset[int] = frozenset()
    assists: int | None = None
    away: bool = False


@dataclass(frozen=True, slots=True)
class Examined:
    """A participant of the day, as far as the commissions are concerned."""

    id: int
    name: str = ""
    room: int | None = None
    """None while there is no plan."""
    category: str | None = None
    familiar_examiner: int | None = None
    scheme: int = 1


@dataclass(frozen=True, slots=True)
class OpenRoom:
    id: int
    number: str


@dataclass(frozen=True, slots=True)
class Switches:
    """What the region's profile says; None: its order is silent."""

    observers: bool | None = None
    """Whether observers are admitted."""
    asd_room: Literal["no_expert", "nobody_else"] | None = None
    """Who must not be in the room with a participant with ASD."""


def conflicts(
    members: Sequence[Member],
    participants: Sequence[Examined],
    rooms: Sequence[OpenRoom],
    switches: Switches,
) -> tuple[Conflict, ...]:
    """All conflicts of those who are there; members who are away count as missing."""
    day = _Day(
        tuple(member for member in members if not member.away),
        tuple(participants),
        {room.id: room.number for room in rooms},
        switches,
    )
    found = [*_needed(day), *_observers(day), *_experts(day), *_examiners(day), *_asd(day)]
    return (*found, *_helpers(day), *_places(day))


@dataclass(frozen=True)
class _Day:
    members: tuple[Member, ...]
    participants: tuple[Examined, ...]
    rooms: dict[int, str]
    switches: Switches

    @cached_property
    def ids(self) -> frozenset[int]:
        return frozenset(one.id for one in self.participants)

    @cached_property
    def by_role(self) -> dict[str, list[Member]]:
        found: dict[str, list[Member]] = defaultdict(list)
        for member in self.members:
            found[member.role].append(member)
        return found

    def of(self, role: str) -> Sequence[Member]:
        return self.by_role.get(role, ())

    def within(self, room: int | None, role: str) -> list[Member]:
        return [member for member in self.of(role) if room is not None and member.room == room]

    def examined_in(self, room: int) -> list[Examined]:
        return [one for one in self.participants if one.room == room]


def _name(member: Member, otherwise: str) -> str:
    return member.name or otherwise


def _children(member: Member, among: Collection[int]) -> tuple[int, ...]:
    return tuple(sorted(member.parent_of & frozenset(among)))


def _needed(day: _Day) -> Iterator[Conflict]:
    """The day and every room have who they need."""
    for role, what in ((ORGANIZER, "ответственного организатора"), (SPECIALIST, "технического специалиста")):
        if not day.of(role):
            yield Conflict(f"{role}_missing", CONDUCTING, f"На этот день нет {what}.")
    for room, number in day.rooms.items():
        there = day.examined_in(room)
        strangers = tuple(one.id for one in there if one.familiar_examiner is None)
        if strangers and not day.within(room, EXAMINER):
            text = f"В аудитории {number} нет экзаменатора-собеседника."
            yield Conflict("room_without_examiner", CONDUCTING, text, participants=strangers, room=room)
        first = tuple(one.id for one in there if one.scheme == 1)
        if first and not day.within(room, EXPERT):
            text = f"В аудитории {number} нет эксперта."
            yield Conflict("room_without_expert", CHECKING, text, participants=first, room=room)
    for one in day.participants:
        if one.room is not None and one.room not in day.rooms:
            text = f"{one.name or 'Участник'}: аудитория закрыта, нужно другое место."
            yield Conflict("room_unknown", HOUSE, text, participants=(one.id,), room=one.room)


def _observers(day: _Day) -> Iterator[Conflict]:
    observers = day.of(OBSERVER)
    if observers and day.switches.observers is not True:
        silent = day.switches.observers is None
        text = (
            "Порядок региона не говорит об общественных наблюдателях: уточните, допускаются ли они."
            if silent
            else "По порядку региона общественных наблюдателей на собеседовании нет."
        )
        persons = tuple(sorted({one.person for one in observers}))
        yield Conflict("observers_not_named", HOUSE, text, persons, blocking=not silent)
    others = {member.person for member in day.members if member.role != OBSERVER}
    for one in observers:
        name = _name(one, "Наблюдатель")
        if one.employed:
            text = f"{name} работает в этой школе и не может быть общественным наблюдателем."
            yield Conflict("observer_employed", OBSERVERS, text, (one.person,), room=one.room)
        if one.parent_of:
            text = f"{name} — родитель участника и не может быть общественным наблюдателем."
            yield Conflict(
                "observer_parent", OBSERVERS, text, (one.person,), tuple(sorted(one.parent_of)), one.room
            )
        if one.person in others:
            text = f"{name}: наблюдатель не может быть ещё и членом комиссии."
            yield Conflict("observer_in_commission", OBSERVERS, text, (one.person,), room=one.room)
    for room, number in day.rooms.items():
        there = tuple(sorted({one.person for one in day.within(room, OBSERVER)}))
        if len(there) > 1:
            text = f"В аудитории {number} больше одного общественного наблюдателя."
            yield Conflict("observers_together", OBSERVERS, text, there, room=room)


def _experts(day: _Day) -> Iterator[Conflict]:
    for one in day.of(EXPERT):
        name = _name(one, "Эксперт")
        if children := _children(one, day.ids):
            text = f"{name} — родитель участника этого дня и не может быть экспертом."
            yield Conflict("expert_parent", HOUSE, text, (one.person,), children, one.room)
        if RUSSIAN not in one.qualifications:
            text = f"{name}: экспертом может быть только учитель русского языка и литературы. Проверьте сведения."
            yield Conflict("expert_not_russian", CHECKING, text, (one.person,), room=one.room, blocking=False)


def _examiners(day: _Day) -> Iterator[Conflict]:
    """A parent may examine only as the familiar examiner of a participant with ASD."""
    allowed = {(one.familiar_examiner, one.id) for one in day.participants if one.category == ASD}
    for one in day.of(EXAMINER):
        there = {other.id for other in day.participants if one.room is not None and other.room == one.room}
        children = tuple(child for child in _children(one, there) if (one.person, child) not in allowed)
        if children:
            name = _name(one, "Собеседник")
            text = f"{name} — родитель участника, который отвечает в той же аудитории."
            yield Conflict("examiner_parent", HOUSE, text, (one.person,), children, one.room, blocking=False)


def _asd(day: _Day) -> Iterator[Conflict]:
    for one in day.participants:
        if one.category != ASD:
            continue
        yield from _familiar(one, day)
        if one.room is not None and day.switches.asd_room is not None:
            yield from _strangers(one, one.room, day)


def _familiar(one: Examined, day: _Day) -> Iterator[Conflict]:
    name, named = one.name or "Участник", day.switches.asd_room is not None
    rule = OF_ASD if named else HOUSE
    if one.familiar_examiner is None:
        text = (
            f"{name}: назначьте собеседника, с которым участник знаком, в исключительном случае — родителя."
        )
        yield Conflict(
            "asd_without_familiar", rule, text, participants=(one.id,), room=one.room, blocking=named
        )
    elif one.familiar_examiner not in {member.person for member in day.of(EXAMINER)}:
        text = f"{name}: знакомого собеседника нет среди собеседников этого дня, или он отсутствует."
        yield Conflict("familiar_not_there", rule, text, (one.familiar_examiner,), (one.id,), one.room)


def _strangers(one: Examined, room: int, day: _Day) -> Iterator[Conflict]:
    """Who should not be in the room with a participant with ASD; in a room of others too they go out for a while."""
    number, alone = day.rooms.get(room, ""), all(other.category == ASD for other in day.examined_in(room))
    name = one.name or "Участник"
    barred = [(EXPERT, "эксперт")]
    if day.switches.asd_room == "nobody_else":
        barred.append((OBSERVER, "наблюдатель"))
    for role, word in barred:
        for member in day.within(room, role):
            text = (
                f"В аудитории {number} не должно быть эксперта и посторонних, а назначен {word}."
                if alone
                else f"{name}: на время этого собеседования {word} выходит из аудитории {number}."
            )
            yield Conflict(
                f"asd_with_{role}", OF_ASD, text, (member.person,), (one.id,), room, blocking=alone
            )
    if day.switches.asd_room == "nobody_else":
        for member in day.of(ASSISTANT):
            if member.assists == one.id:
                text = f"{name}: по порядку иных лиц в аудитории нет, а назначен ассистент. Уточните, нужен ли он."
                yield Conflict(
                    "asd_with_assistant", OF_ASD, text, (member.person,), (one.id,), room, blocking=False
                )


def _helpers(day: _Day) -> Iterator[Conflict]:
    helped: dict[int, list[Member]] = defaultdict(list)
    for member in day.of(ASSISTANT):
        if member.assists is not None:
            helped[member.assists].append(member)
    for one in day.participants:
        if one.category == SIGNING and not any(SIGN in member.qualifications for member in helped[one.id]):
            text = f"{one.name or 'Участник'}: не назначен ассистент-сурдопереводчик."
            yield Conflict(
                "sign_missing",
                "Саратов, п. 7.4; Калуга, п. 5.5",
                text,
                (),
                (one.id,),
                one.room,
                blocking=False,
            )


def _places(day: _Day) -> Iterator[Conflict]:
    """One person in one role of a room, and not in two places."""
    for (person, role, room), times in Counter((m.person, m.role, m.room) for m in day.members).items():
        if times > 1 and role != ASSISTANT:
            yield Conflict(
                "member_twice", HOUSE, "Один человек записан в одной роли дважды.", (person,), room=room
            )
    persons: dict[int, list[Member]] = defaultdict(list)
    for member in day.members:
        persons[member.person].append(member)
    for person, entries in persons.items():
        name = next((one.name for one in entries if one.name), "Сотрудник")
        works = [one for one in entries if one.role in (EXAMINER, EXPERT)]
        rooms = sorted({one.room for one in works if one.room is not None})
        for room in rooms:
            roles = {one.role for one in works if one.room == room}
            if len(roles) > 1:
                text = f"{name}: в аудитории {day.rooms.get(room, '')} и собеседник, и эксперт."
                yield Conflict("two_roles", HOUSE, text, (person,), room=room)
        if len(rooms) > 1:
            numbers = ", ".join(day.rooms.get(room, str(room)) for room in rooms)
            text = f"{name} работает в аудиториях {numbers}: в плане это будет разное время."
            yield Conflict("two_rooms", HOUSE, text, (person,), blocking=False)
        if works and any(one.role in (ORGANIZER, SPECIALIST, ASSISTANT) for one in entries):
            text = f"{name}: пока идёт собеседование, собеседник и эксперт заняты в аудитории и другого не успеют."
            yield Conflict("role_beside_room", HOUSE, text, (person,), blocking=False)
    for one in (*day.of(EXAMINER), *day.of(EXPERT)):
        familiar = {other.familiar_examiner for other in day.participants}
        if one.room is None and not (one.role == EXAMINER and one.person in familiar):
            text = f"{_name(one, 'Сотрудник')}: не выбрана аудитория."
            yield Conflict("room_not_chosen", HOUSE, text, (one.person,), blocking=False)
