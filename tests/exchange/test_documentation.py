"""docs/IMPORT.md says what the code does."""

import re
from pathlib import Path

import pytest

from server.exchange import limits, words, xml_names
from server.exchange.fields import TITLES, Field
from server.exchange.labels import recognized
from server.exchange.reading import read

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "IMPORT.md").read_text(encoding="utf-8")


def test_every_column_is_explained() -> None:
    assert [
        title for field, title in TITLES.items() if field is not Field.REPRESENTATIVES and title not in TEXT
    ] == []


@pytest.mark.parametrize(
    "label",
    [
        label.strip()
        for row in re.findall(r"^\| (?!столбец)([А-Я№][^|]*) \| ([^|]+) \| [^|]+ \|$", TEXT, re.MULTILINE)
        for label in re.split(
            r"[;,](?! год| месяц)", re.sub(r"\([^()]*\)|буква отдельно:|вместе:|с «.*?;", "", row[1])
        )
        if label.strip()
    ],
)
def test_every_other_name_of_a_column_is_understood(label: str) -> None:
    assert recognized(label) is not None


def test_every_word_of_the_xml_is_there() -> None:
    assert [
        one.value for choices in words.CHOICES.values() for one in choices if f"`{one.value}`" not in TEXT
    ] == []
    assert [name for name in xml_names.ELEMENTS.values() if name not in TEXT] == []


def test_the_example_of_the_xml_is_read() -> None:
    [example] = re.findall(r"```xml\n(.*?)```", TEXT, re.DOTALL)
    [row] = read(example.encode()).rows
    assert row.problems == ()


def test_the_limits_are_those_of_the_code() -> None:
    for limit in (
        limits.MAX_BYTES // 2**20,
        limits.MAX_COLUMNS,
        limits.SHORT_TEXT,
        limits.LONG_TEXT,
        limits.MAX_BREAK,
    ):
        assert str(limit) in TEXT
    assert f"{limits.MAX_ROWS:,}".replace(",", " ") in TEXT
