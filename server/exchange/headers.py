"""Which column is which: the header in one row or several, below titles."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from server.errors import ImportProblem

from . import limits
from .fields import Field
from .labels import Column, Extra, recognized
from .sheet import Row
from .text import clean, key

_LONGEST = 120
"""Characters of a header that are looked at."""
_DEPTH = 3
"""A header is at most so many rows high."""


@dataclass(frozen=True, slots=True)
class Header:
    """Where the rows with participants begin, and the columns by their index."""

    last_row: int
    columns: Mapping[int, Column]
    ignored: tuple[str, ...]


def find(rows: Sequence[Row]) -> Header | None:
    """The header among the first rows; None: nothing looks like one. Raises ImportProblem for a column found twice."""
    best: tuple[int, list[str]] | None = None
    most = 1
    for start in range(len(rows)):
        for depth in range(1, _DEPTH + 1):
            labels = _labels(rows[start : start + depth])
            columns = [column for label, _ in labels if (column := recognized(label)) is not None]
            known = {(column.part, column.person, column.relation) for column in columns}
            if len(known) > most and _begins_rows(labels):
                most, best = len(known), (min(start + depth, len(rows)) - 1, [label for label, _ in labels])
    return None if best is None else _header(rows[best[0]][0], best[1])


def _labels(rows: Sequence[Row]) -> list[tuple[str, bool]]:
    """For each column its label, and whether the lowest row is a part of it or empty there."""
    width = max((len(cells) for _, cells in rows), default=0)
    texts = [
        [clean(cell.text[:_LONGEST]) for cell in cells] + [""] * (width - len(cells)) for _, cells in rows
    ]
    for upper in texts[:-1]:
        for index in range(1, width):
            upper[index] = upper[index] or upper[index - 1]
    return [_label([row[index] for row in texts]) for index in range(width)]


def _label(parts: Sequence[str]) -> tuple[str, bool]:
    """What the parts from above say together, else the lowest alone, else an upper one alone."""
    said = [part for part in parts if part]
    for start in range(len(said)):
        if recognized(label := " ".join(said[start:])):
            return label, True
    for part in reversed(said[:-1]):
        if recognized(part):
            return part, not parts[-1]
    return (said[-1] if said else ""), True


def _begins_rows(labels: Sequence[tuple[str, bool]]) -> bool:
    """There is a column of names, and the lowest row has no name in it: it is a header, not somebody's row."""
    names = [
        lowest
        for label, lowest in labels
        if (column := recognized(label))
        and column.person == 0
        and column.part in {Extra.FULL_NAME, Field.LAST}
    ]
    return bool(names) and all(names)


def _header(last_row: int, labels: Sequence[str]) -> Header:
    columns: dict[int, Column] = {}
    ignored = []
    for index, label in enumerate(labels):
        if (column := recognized(label)) is not None:
            columns[index] = column
        elif label:
            ignored.append(label)
    ignored.extend(columns.pop(index).title for index in _of_no_document(columns))
    columns.update(_representatives(columns))
    _check(columns)
    return Header(last_row, columns, tuple(ignored))


def _of_no_document(columns: Mapping[int, Column]) -> list[int]:
    """The columns «Номер» that count rows: beside no «Серия», or where another column is the document's number."""
    bare = [index for index, column in columns.items() if key(column.title) == "номер"]
    series = [index for index, column in columns.items() if column.part is Field.DOCUMENT_SERIES]
    if not series:
        return bare
    numbers = [index for index, column in columns.items() if column.part is Field.DOCUMENT_NUMBER]
    if set(numbers) - set(bare):
        return bare
    own = next((index for index in numbers if index > series[0]), None) or next(iter(numbers), None)
    return [index for index in bare if index != own]


def _representatives(columns: Mapping[int, Column]) -> dict[int, Column]:
    """The columns of parents with the number of the parent: numbered ones first, then as they come."""
    groups: list[tuple[int, str, set[Field | Extra]]] = []
    chosen: dict[int, int] = {}
    for index, column in columns.items():
        if column.person == 0:
            continue
        place = _group(groups, column)
        if place is None:
            place = len(groups)
            groups.append((max(column.person, 0), column.relation, set()))
        groups[place][2].add(column.part)
        chosen[index] = place
    order = sorted(range(len(groups)), key=lambda place: groups[place][0] or limits.MAX_REPRESENTATIVES + 1)
    if len(order) > limits.MAX_REPRESENTATIVES:
        raise ImportProblem(
            f"В файле столбцы больше чем для {limits.MAX_REPRESENTATIVES} представителей участника."
        )
    return {
        index: replace(
            columns[index],
            person=order.index(place) + 1,
            relation=groups[place][1],
        )
        for index, place in chosen.items()
    }


def _group(groups: Sequence[tuple[int, str, set[Field | Extra]]], column: Column) -> int | None:
    """The parent among those already met that the column is about."""
    if column.person > 0 or column.relation:
        return next(
            (
                place
                for place, (number, relation, parts) in enumerate(groups)
                if number == max(column.person, 0)
                and relation == column.relation
                and (column.person > 0 or column.part not in parts)
            ),
            None,
        )
    if not groups:
        return None
    number, relation, parts = groups[-1]
    alone = len(groups) == 1 or not relation
    return len(groups) - 1 if number == 0 and alone and column.part not in parts else None


def _check(columns: Mapping[int, Column]) -> None:
    seen: dict[tuple[Field | Extra, int], str] = {}
    for column in columns.values():
        place = (column.part, column.person)
        if place in seen:
            raise ImportProblem(
                f"Столбцы «{seen[place]}» и «{column.title}» говорят об одном и том же. Оставьте один из них "
                "или назовите второй иначе."
            )
        seen[place] = column.title
    parts = {column.part for column in columns.values() if column.person == 0}
    lacking = [
        title
        for title, found in (
            ("ФИО» или «Фамилия» и «Имя", Extra.FULL_NAME in parts or {Field.LAST, Field.FIRST} <= parts),
            ("Класс", Field.CLASS_LABEL in parts),
        )
        if not found
    ]
    if lacking:
        raise ImportProblem(f"В таблице нет столбца «{'», «'.join(lacking)}». Добавьте его и повторите.")
