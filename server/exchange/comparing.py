"""The dry run: for every row of a file, what an import would do; nothing is done here."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from server.exam.people import Participant, Representative

from . import words
from .fields import FIELDS, TITLES, Field, Value, flat
from .matching import Known, Register, Traits
from .merging import merged
from .sheet import ParsedRow, Problem


class Fate(StrEnum):
    """What becomes of a row."""

    ADD = "add"
    CHANGE = "change"
    SAME = "same"
    DUPLICATE = "duplicate"
    """The same row stands above: counted once."""
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Change:
    """One field of a known participant."""

    field: Field
    old: Value
    new: Value

    def __str__(self) -> str:
        return f"{TITLES[self.field]}: {shown(self.old)} → {shown(self.new)}"


@dataclass(frozen=True, slots=True)
class RowFate:
    """A row, and what would happen with it."""

    number: int
    fate: Fate
    who: str
    participant: Participant | None = None
    """What would be stored; None with an error or a duplicate."""
    known_id: int | None = None
    """Whom it is about; None: a new participant."""
    changes: tuple[Change, ...] = ()
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class DryRun:
    """The file as a whole."""

    rows: tuple[RowFate, ...]
    absent: tuple[Known, ...]
    """Known participants whom the file does not mention. They stay."""

    @property
    def importable(self) -> bool:
        """All or nothing: one error, and nothing is imported."""
        return bool(self.rows) and all(row.fate is not Fate.ERROR for row in self.rows)

    def of(self, fate: Fate) -> tuple[RowFate, ...]:
        return tuple(row for row in self.rows if row.fate is fate)


def compare(rows: Sequence[ParsedRow], known: Sequence[Known]) -> DryRun:
    """What importing the rows would do. Doing it, and importing the same rows again, changes nothing more."""
    comparison = _Comparison(known)
    fates = [comparison.fate(row) for row in rows]
    if all(fate.fate is not Fate.ERROR for fate in fates):
        fates = _lasting(rows, fates, known)
    return DryRun(tuple(fates), tuple(one for one in known if one.id not in comparison.met))


def shown(value: Value) -> str:
    """A value for the person who reads the dry run."""
    if value is None or value in {"", ()}:
        return "пусто"
    if isinstance(value, bool):
        return "да" if value else "нет"
    if isinstance(value, StrEnum):
        return words.title(value)
    if isinstance(value, date):
        return f"{value.day:02}.{value.month:02}.{value.year:04}"
    if isinstance(value, tuple):
        return "; ".join(_parent(one) for one in value)
    return str(value)


def _parent(one: Representative) -> str:
    return (
        ", ".join(part for part in (str(one.name), one.relation, one.phone, one.email) if part) or "без имени"
    )


def named(participant: Participant) -> str:
    born = f", {shown(participant.birth_date)}" if participant.birth_date else ""
    return f"{participant.name}, {participant.class_label}{born}"


class _Comparison:
    """The rows one after another, each against the school and against the rows above it."""

    def __init__(self, known: Sequence[Known]) -> None:
        self.school = Register()
        for one in known:
            self.school.add(one, Traits.of(one.participant))
        self.above = Register()
        self.rows: dict[int, ParsedRow] = {}
        self.met: set[int] = set()
        self.claimed: dict[int, int] = {}

    def fate(self, row: ParsedRow) -> RowFate:
        if row.participant is None:
            return RowFate(row.number, Fate.ERROR, row.who, problems=row.problems)
        who = row.participant
        traits = Traits.of(who)
        same = self.above.same_in_file(traits)
        if same.found:
            return self.repeated(row, who, same.found, same.wrong)
        self.above.add(Known(len(self.rows), who), traits)
        self.rows[len(self.rows)] = row
        match = self.school.match(traits)
        self.met.update(one.id for one in match.found)
        if match.wrong:
            return _error(
                row, f"{match.wrong}: {_list(match.found)}. Исправьте строку или карточку участника"
            )
        if len(match.found) > 1:
            return _error(
                row,
                f"не понять, кто это: подходят {_list(match.found)}. "
                "Укажите номер участника, документ или дату рождения",
            )
        if not match.found:
            return self.added(row, who, match.namesakes)
        return self.matched(row, match.found[0])

    def repeated(self, row: ParsedRow, who: Participant, found: tuple[Known, ...], wrong: str) -> RowFate:
        """The row's person stands above already."""
        first = self.rows[found[0].id]
        if not wrong and first.participant == who and first.given == row.given:
            text = f"то же самое, что в строке {first.number}: будет учтено один раз"
            problems = (*row.problems, Problem(row.number, "", text, fatal=False))
            return RowFate(row.number, Fate.DUPLICATE, row.who, problems=problems)
        if wrong:
            return _error(row, f"{wrong} — в строке {first.number}")
        assert first.participant is not None
        before, after = flat(first.participant), flat(who)
        differ = ", ".join(f"«{TITLES[field]}»" for field in FIELDS if before[field] != after[field])
        return _error(
            row,
            f"похоже, это тот же участник, что в строке {first.number}"
            + (f", но различается: {differ}" if differ else ", но заполнено по-разному")
            + ". Оставьте одну строку; если это разные люди, укажите каждому номер участника",
        )

    def added(self, row: ParsedRow, who: Participant, namesakes: tuple[Known, ...]) -> RowFate:
        problems = row.problems
        if namesakes:
            text = (
                f"в школе уже есть: {_list(namesakes)}. Если это тот же участник, "
                "укажите в файле номер, документ или дату рождения, как в его карточке"
            )
            problems = (*problems, Problem(row.number, "", text, fatal=False))
        return RowFate(row.number, Fate.ADD, row.who, who, None, (), problems)

    def matched(self, row: ParsedRow, one: Known) -> RowFate:
        if one.id in self.claimed:
            return _error(
                row,
                f"и эта строка, и строка {self.claimed[one.id]} — о том же участнике: {named(one.participant)}",
            )
        self.claimed[one.id] = row.number
        result = merged(one.participant, row)
        changes = tuple(_changes(one.participant, result))
        fate = Fate.CHANGE if changes else Fate.SAME
        return RowFate(row.number, fate, row.who, result, one.id, changes, row.problems)


def _changes(old: Participant, new: Participant) -> Iterable[Change]:
    if old == new:
        return ()
    before, after = flat(old), flat(new)
    return (Change(field, before[field], after[field]) for field in FIELDS if before[field] != after[field])


def _error(row: ParsedRow, text: str) -> RowFate:
    return RowFate(row.number, Fate.ERROR, row.who, problems=(*row.problems, Problem(row.number, "", text)))


def _list(found: Sequence[Known]) -> str:
    said = "; ".join(named(one.participant) for one in found[:5])
    return f"{said} и ещё {len(found) - 5}" if len(found) > 5 else said


def _lasting(rows: Sequence[ParsedRow], fates: list[RowFate], known: Sequence[Known]) -> list[RowFate]:
    """The fates, if importing once more changed nothing; rows that then would mean somebody else are errors."""
    after = {one.id: one for one in known}
    new = min([0, *after]) - 1
    for fate in fates:
        if fate.participant is not None:
            place = fate.known_id if fate.known_id is not None else (new := new - 1)
            after[place] = Known(place, fate.participant)
    again = _Comparison(list(after.values()))
    checked = []
    for row, fate in zip(rows, fates, strict=True):
        repeated = again.fate(row).fate
        lasting = repeated is Fate.SAME or (repeated is Fate.DUPLICATE and fate.fate is Fate.DUPLICATE)
        text = "после импорта этого участника не отличить от другого: укажите номер участника или документ"
        checked.append(fate if lasting else _error(row, text))
    return checked
