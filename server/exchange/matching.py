"""Who of the school is meant by a row: by number, document, name and birth date, or name and class."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from server.exam.people import Participant

from .text import key


@dataclass(frozen=True, slots=True)
class Known:
    """A participant of the school, or a row met earlier, by its id."""

    id: int
    participant: Participant


@dataclass(frozen=True, slots=True)
class Match:
    """Those whom a row may mean: exactly one is a match, none is a new participant."""

    found: tuple[Known, ...] = ()
    wrong: str = ""
    """Why this cannot be, Russian."""
    namesakes: tuple[Known, ...] = ()
    """Others of the same name, where nobody was found."""


@dataclass(slots=True)
class Register:
    """Participants, found by what tells people apart."""

    by_number: dict[str, list[Known]] = field(default_factory=lambda: defaultdict(list))
    by_document: dict[str, list[Known]] = field(default_factory=lambda: defaultdict(list))
    by_name: dict[str, list[Known]] = field(default_factory=lambda: defaultdict(list))

    @classmethod
    def of(cls, everybody: Iterable[Known]) -> "Register":
        register = cls()
        for one in everybody:
            register.add(one)
        return register

    def add(self, one: Known) -> None:
        participant = one.participant
        if number := key(participant.number):
            self.by_number[number].append(one)
        if document := document_key(participant):
            self.by_document[document].append(one)
        self.by_name[_name_key(participant)].append(one)

    def match(self, who: Participant) -> Match:
        """The first of the ways to tell people apart that finds anybody decides."""
        for what, candidates in (
            ("номер", self.by_number.get(key(who.number), []) if key(who.number) else []),
            ("документ", self.by_document.get(document_key(who), []) if document_key(who) else []),
        ):
            if candidates:
                return _checked(what, who, candidates)
        named = [
            one for one in self.by_name.get(_name_key(who), []) if _patronymics_agree(who, one.participant)
        ]
        for level in (_same_birth_date, _same_class):
            found = tuple(one for one in named if level(who, one.participant))
            if found:
                return Match(found)
        return Match(namesakes=tuple(named))

    def same_in_file(self, who: Participant) -> Match:
        """As `match`, among the rows of one file: namesakes of one class with different documents are two people."""
        found = self.match(who)
        others = tuple(one for one in found.found if not _told_apart(who, one.participant))
        return Match(others, found.wrong)


def _checked(what: str, who: Participant, candidates: list[Known]) -> Match:
    """The candidates that may be the same person. A number or document of somebody else is a mistake."""
    for one in candidates:
        if what == "документ" and _numbers_differ(who, one.participant):
            return Match(tuple(candidates), "тот же документ у участника с другим номером")
        if key(who.name.last) != key(one.participant.name.last) and key(who.name.first) != key(
            one.participant.name.first
        ):
            return Match(tuple(candidates), f"тот же {what} у участника с другими фамилией и именем")
    return Match(tuple(candidates))


def document_key(participant: Participant) -> str:
    """Series and number; "" without a number."""
    document = participant.document
    if document is None or not key(document.number):
        return ""
    return f"{key(document.series)}|{key(document.number)}".replace(" ", "")


def _name_key(participant: Participant) -> str:
    return f"{key(participant.name.last)}|{key(participant.name.first)}"


def _patronymics_agree(one: Participant, other: Participant) -> bool:
    first, second = key(one.name.patronymic), key(other.name.patronymic)
    return not first or not second or first == second


def _numbers_differ(one: Participant, other: Participant) -> bool:
    first, second = key(one.number), key(other.number)
    return bool(first and second and first != second)


def _same_birth_date(one: Participant, other: Participant) -> bool:
    return (
        one.birth_date is not None and one.birth_date == other.birth_date and not _numbers_differ(one, other)
    )


def _same_class(one: Participant, other: Participant) -> bool:
    dates_differ = None not in {one.birth_date, other.birth_date} and one.birth_date != other.birth_date
    return (
        key(one.class_label) == key(other.class_label)
        and not dates_differ
        and not _numbers_differ(one, other)
    )


def _told_apart(one: Participant, other: Participant) -> bool:
    """Namesakes of one class, each with a document of his own, and no birth date that makes them one."""
    first, second = document_key(one), document_key(other)
    return bool(first and second and first != second) and not _same_birth_date(one, other)
