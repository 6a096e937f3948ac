"""What reading a file gives: cells on the way, rows with participants or problems at the end."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from server.errors import ImportProblem
from server.exam.people import Participant

from . import limits
from .fields import Field


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell as the file has it. `text` is "" in an empty cell."""

    text: str = ""
    day: date | None = None
    """The cell is a date, not a text."""
    number: bool = False
    """The cell is a number: leading zeros may be lost."""
    broken: str = ""
    """Why the cell has no value, Russian."""

    @property
    def blank(self) -> bool:
        return not self.text and not self.broken


EMPTY = Cell()
Row = tuple[int, Sequence[Cell]]
"""A row's number as the person sees it in the file, and its cells from the first column."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something about a cell or a row, Russian. After a fatal one nothing of the file is imported."""

    row: int
    column: str
    """The header as in the file, or ""."""
    text: str
    fatal: bool = True


@dataclass(frozen=True, slots=True)
class ParsedRow:
    """A row of the file. It has a participant exactly where none of its problems is fatal."""

    number: int
    participant: Participant | None
    problems: tuple[Problem, ...] = ()
    who: str = ""
    """Whom the row is about, as far as it was understood."""
    given: frozenset[Field] = frozenset()
    """The fields that the row says something about; the others have their defaults in `participant`."""
    exact: bool = False
    """From our own XML: representatives replace the known ones; otherwise they only add to them."""

    @property
    def fatal(self) -> bool:
        return self.participant is None


@dataclass(frozen=True, slots=True)
class Skipped:
    """A row that is no participant: a total, a signature, the numbers of the columns."""

    number: int
    why: str


@dataclass(frozen=True, slots=True)
class Reading:
    """Everything of a file."""

    format: Literal["xml", "xlsx", "csv"]
    rows: tuple[ParsedRow, ...]
    columns: tuple[str, ...] = ()
    """The headers that were understood, as in the file."""
    ignored: tuple[str, ...] = ()
    """The headers of columns that mean nothing here."""
    skipped: tuple[Skipped, ...] = ()
    counted: str = "строка"
    """What the numbers of the rows count: «строка», or «участник» in an XML file without lines."""


def limited(rows: Iterator[Row]) -> Iterator[Row]:
    """The rows that have anything in them. Raises ImportProblem past the limit."""
    found = 0
    for number, cells in rows:
        if all(cell.blank for cell in cells):
            continue
        found += 1
        if found > limits.MAX_ROWS + limits.HEADER_ROWS:
            raise ImportProblem(
                "В файле слишком много строк: больше "
                f"{limits.MAX_ROWS}. Разделите список на несколько файлов или удалите лишние строки."
            )
        yield number, cells
