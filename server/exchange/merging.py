"""What a row of a file makes of a participant that the school knows already."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from server.exam.people import Name, Participant, Representative

from . import documents
from .fields import Field, Value, built, flat
from .sheet import ParsedRow
from .text import key

_NAMES = frozenset({Field.LAST, Field.FIRST, Field.PATRONYMIC})


def merged(known: Participant, row: ParsedRow) -> Participant:
    """The known participant with what the row says. What the row does not mention stays.

    A table's «Семенов» does not undo a known «Семёнов», and its parents only add to the known ones. A row of our XML
    is taken as it is.
    """
    assert row.participant is not None
    old, new = flat(known), flat(row.participant)
    values: dict[Field, Value] = dict(old)
    for field in row.given - {Field.REPRESENTATIVES}:
        if (
            row.exact
            or field not in _NAMES
            or new[field] != str(old[field]).replace("ё", "е").replace("Ё", "Е")
        ):
            values[field] = new[field]
    _kind(values, old, row)
    if Field.REPRESENTATIVES in row.given:
        people = row.participant.representatives
        values[Field.REPRESENTATIVES] = people if row.exact else with_parents(known.representatives, people)
    return built(values)


def _kind(values: dict[Field, Value], old: Mapping[Field, Value], row: ParsedRow) -> None:
    """The kind of a document whose number is new and whose kind nobody named."""
    if Field.DOCUMENT_KIND in row.given:
        return
    series, number = values[Field.DOCUMENT_SERIES], values[Field.DOCUMENT_NUMBER]
    if (series, number) != (old[Field.DOCUMENT_SERIES], old[Field.DOCUMENT_NUMBER]):
        values[Field.DOCUMENT_KIND] = documents.likely(str(series), str(number))


_Texts = tuple[str, str, str, str, str, str]


def _texts(one: Representative) -> _Texts:
    return (one.name.last, one.name.first, one.name.patronymic, one.relation, one.phone, one.email)


def with_parents(
    known: Sequence[Representative], said: Sequence[Representative]
) -> tuple[Representative, ...]:
    """The known parents with what a table says of some: completed, changed, or added at the end; none is removed."""
    places = _same_places(known, said)
    people = list(known)
    taken = set(places.values())
    for index, one in enumerate(said):
        place = places.get(index)
        if place is None:
            place = _likely_place(people[: len(known)], one, taken, alone=len(known) == len(said) == 1)
        if place is None:
            people.append(one)
        else:
            taken.add(place)
            people[place] = _completed(people[place], one)
    return tuple(people)


def _same_places(known: Sequence[Representative], said: Sequence[Representative]) -> dict[int, int]:
    """As many of those said as can be, each with a known one that it says nothing new about (bipartite matching)."""
    fitting = {
        index: [place for place, other in enumerate(known) if _says_nothing_new(one, other)]
        for index, one in enumerate(said)
    }
    owner: dict[int, int] = {}

    def placed(index: int, seen: set[int]) -> bool:
        for place in fitting[index]:
            if place not in seen:
                seen.add(place)
                if place not in owner or placed(owner[place], seen):
                    owner[place] = index
                    return True
        return False

    for index in fitting:
        placed(index, set())
    return {index: place for place, index in owner.items()}


def _says_nothing_new(one: Representative, other: Representative) -> bool:
    return all(not text or text == known for text, known in zip(_texts(one), _texts(other), strict=True))


def _likely_place(
    known: Sequence[Representative], one: Representative, taken: set[int], *, alone: bool
) -> int | None:
    """Who is meant: the same name; without a name, the same phone, the same relation, or the only one."""
    free = [place for place in range(len(known)) if place not in taken]
    name = key(str(one.name))
    if name:
        return next((place for place in free if key(str(known[place].name)) == name), None)
    if one.phone:
        for place in free:
            if _digits(known[place].phone) == _digits(one.phone):
                return place
    if one.relation:
        return next((place for place in free if key(known[place].relation) == key(one.relation)), None)
    return free[0] if alone and free else None


def _digits(phone: str) -> str:
    return "".join(filter(str.isdigit, phone))[-10:]


def _completed(known: Representative, said: Representative) -> Representative:
    last, first, patronymic, relation, phone, email = (
        new or old for new, old in zip(_texts(said), _texts(known), strict=True)
    )
    return replace(known, name=Name(last, first, patronymic), relation=relation, phone=phone, email=email)
