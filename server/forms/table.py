"""A table for a spreadsheet, as plain values. Text stays text: leading zeros and long numbers are kept."""

from dataclasses import dataclass

Cell = str | int


@dataclass(frozen=True, slots=True)
class Column:
    title: str
    width: int
    """In characters."""


@dataclass(frozen=True, slots=True)
class Table:
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    above: tuple[str, ...] = ()
    """Lines between the title and the table."""
    landscape: bool = False
    name: str = "Лист 1"
    """The sheet's tab; up to 31 characters without \\ / * ? : [ ]."""
