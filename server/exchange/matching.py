"""Who of the school is meant by a row: by number, document, name and birth date, or name and class."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date

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


@dataclass(frozen=True, slots=True)
class Traits:
    """What tells a participant from others, in the form in which it is compared; "" is not known."""

    number: str
    document: str
    """Series and number."""
    last: str
    first: str
    patronymic: str
    class_label: str
    birth_date: date | None

    @classmethod
    def of(cls, participant: Participant) -> "Traits":
        name, document = participant.name, participant.document
        paper = ""
        if document is not None and key(document.number):
            paper = f"{key(document.series)}|{key(document.number)}".replace(" ", "")
        return cls(
            key(participant.number),
            paper,
            key(name.last),
            key(name.first),
            key(name.patronymic),
            key(participant.class_label),
            participant.birth_date,
        )


_Met = tuple[Known, Traits]


@dataclass(slots=True)
class Register:
    """Participants, found by what tells people apart."""

    by_number: dict[str, list[_Met]] = field(default_factory=lambda: defaultdict(list))
    by_document: dict[str, list[_Met]] = field(default_factory=lambda: defaultdict(list))
    by_name: dict[tuple[str, str], list[_Met]] = field(default_factory=lambda: defaultdict(list))

    def add(self, one: Known, traits: Traits) -> None:
        if traits.number:
            self.by_number[traits.number].append((one, traits))
        if traits.document:
            self.by_document[traits.document].append((one, traits))
        self.by_name[traits.last, traits.first].append((one, traits))

    def match(self, who: Traits) -> Match:
        """The first of the ways to tell people apart that finds anybody decides."""
        return self._match(who, lambda other: True)

    def same_in_file(self, who: Traits) -> Match:
        """As `match`, among the rows of one file: namesakes of one class with different documents are two people."""
        return self._match(who, lambda other: not _told_apart(who, other))

    def _match(self, who: Traits, counts: Callable[[Traits], bool]) -> Match:
        for what, candidates in (
            ("номер", self.by_number.get(who.number)),
            ("документ", self.by_document.get(who.document)),
        ):
            if candidates:
                return Match(tuple(one for one, _ in candidates), _wrong(what, who, candidates))
        named = [
            met for met in self.by_name.get((who.last, who.first), ()) if _patronymics_agree(who, met[1])
        ]
        for level in (_same_birth_date, _same_class):
            found = tuple(one for one, other in named if level(who, other) and counts(other))
            if found:
                return Match(found)
        return Match(namesakes=tuple(one for one, _ in named))


def _wrong(what: str, who: Traits, candidates: Sequence[_Met]) -> str:
    """Why a number or document cannot be of the same person; "" where it can."""
    for _, other in candidates:
        if what == "документ" and _numbers_differ(who, other):
            return "тот же документ у участника с другим номером"
        if who.last != other.last and who.first != other.first:
            return f"тот же {what} у участника с другими фамилией и именем"
    return ""


def _patronymics_agree(one: Traits, other: Traits) -> bool:
    return not one.patronymic or not other.patronymic or one.patronymic == other.patronymic


def _numbers_differ(one: Traits, other: Traits) -> bool:
    return bool(one.number and other.number and one.number != other.number)


def _same_birth_date(one: Traits, other: Traits) -> bool:
    return (
        one.birth_date is not None and one.birth_date == other.birth_date and not _numbers_differ(one, other)
    )


def _same_class(one: Traits, other: Traits) -> bool:
    dates_differ = one.birth_date and other.birth_date and one.birth_date != other.birth_date
    return one.class_label == other.class_label and not dates_differ and not _numbers_differ(one, other)


def _told_apart(one: Traits, other: Traits) -> bool:
    """Namesakes of one class, each with a document of his own, and no birth date that makes them one."""
    papers_differ = bool(one.document and other.document and one.document != other.document)
    return papers_differ and not _same_birth_date(one, other)
