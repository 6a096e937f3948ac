"""The dry run of an import as a page shows it: counts, and a line for every row of the file."""

from dataclasses import dataclass

from server.exchange.comparing import Change, DryRun, Fate, RowFate, shown
from server.exchange.fields import TITLES
from server.exchange.sheet import Reading

TITLE_OF: dict[Fate, str] = {
    Fate.ERROR: "ошибка",
    Fate.ADD: "добавится",
    Fate.CHANGE: "изменится",
    Fate.DUPLICATE: "повтор",
    Fate.SAME: "без изменений",
}
TONE_OF: dict[Fate, str] = {
    Fate.ERROR: "bad",
    Fate.ADD: "good",
    Fate.CHANGE: "warn",
    Fate.DUPLICATE: "",
    Fate.SAME: "",
}


@dataclass(frozen=True, slots=True)
class Line:
    """A row of the file."""

    number: int
    who: str
    fate: str
    tone: str
    changes: tuple[tuple[str, str, str], ...]
    """Field, old, new."""
    errors: tuple[str, ...]
    remarks: tuple[str, ...]
    """What does not prevent the import."""


@dataclass(frozen=True, slots=True)
class Run:
    added: int
    changed: int
    same: int
    errors: int
    duplicates: int
    importable: bool
    nothing_to_do: bool
    lines: tuple[Line, ...]
    """Rows with something to look at, mistakes first."""
    quiet: tuple[Line, ...]
    """Rows that change nothing."""
    absent: tuple[str, ...]
    """Participants of the school whom the file does not mention; they stay."""
    columns: tuple[str, ...]
    ignored: tuple[str, ...]
    skipped: tuple[tuple[int, str], ...]
    counted: str


def page_of(found: Reading, planned: DryRun, aside: frozenset[int]) -> Run:
    """`aside`: participants put aside, whom an import takes back."""
    order = list(TITLE_OF)
    returning = [row for row in planned.of(Fate.SAME) if row.known_id in aside]
    busy: list[tuple[int, int, Line]] = []
    quiet: list[Line] = []
    for row in planned.rows:
        line = _line(row, aside)
        if row.fate is Fate.SAME and row.known_id not in aside and not line.remarks:
            quiet.append(line)
        else:
            busy.append((order.index(row.fate), row.number, line))
    return Run(
        added=len(planned.of(Fate.ADD)),
        changed=len(planned.of(Fate.CHANGE)) + len(returning),
        same=len(planned.of(Fate.SAME)) - len(returning),
        errors=len(planned.of(Fate.ERROR)),
        duplicates=len(planned.of(Fate.DUPLICATE)),
        importable=planned.importable,
        nothing_to_do=planned.importable
        and not (planned.of(Fate.ADD) or planned.of(Fate.CHANGE) or returning),
        lines=tuple(line for _, _, line in sorted(busy, key=lambda one: one[:2])),
        quiet=tuple(quiet),
        absent=tuple(
            f"{one.participant.name}, {one.participant.class_label}"
            for one in planned.absent
            if one.id not in aside
        ),
        columns=found.columns,
        ignored=found.ignored,
        skipped=tuple((one.number, one.why) for one in found.skipped),
        counted=found.counted,
    )


def _line(row: RowFate, aside: frozenset[int]) -> Line:
    returns = row.known_id in aside and row.fate in {Fate.SAME, Fate.CHANGE}
    remarks = [_said(one.column, one.text) for one in row.problems if not one.fatal]
    if returns:
        remarks.append("Карточка отложена и будет возвращена.")
    return Line(
        number=row.number,
        who=row.who,
        fate="вернётся" if returns and row.fate is Fate.SAME else TITLE_OF[row.fate],
        tone="warn" if returns else TONE_OF[row.fate],
        changes=tuple(_change(one) for one in row.changes),
        errors=tuple(_said(one.column, one.text) for one in row.problems if one.fatal),
        remarks=tuple(remarks),
    )


def _change(one: Change) -> tuple[str, str, str]:
    return TITLES[one.field], shown(one.old), shown(one.new)


def _said(column: str, text: str) -> str:
    said = text[:1].upper() + text[1:]
    if said and said[-1] not in ".!?…":
        said += "."
    return f"Столбец «{column}». {said}" if column else said
