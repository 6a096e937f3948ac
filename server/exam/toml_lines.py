"""On which line of a TOML text each key stands; `tomllib` does not say.

Keys within inline tables and values of arrays have the line of the key that holds them.
"""

import re
from collections.abc import Iterator, Mapping

KeyPath = tuple[str | int, ...]

_KEY = r"(?:[A-Za-z0-9_-]+|\"[^\"\n]*\"|'[^'\n]*')"
_KEYS = rf"{_KEY}(?:[ \t]*\.[ \t]*{_KEY})*"
_HEADER = re.compile(rf"[ \t]*(\[\[?)[ \t]*({_KEYS})[ \t]*\]\]?")
_ASSIGNMENT = re.compile(rf"[ \t]*({_KEYS})[ \t]*=")
_TOKENS = re.compile(r'"""|\'\'\'|"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\'|#|[\[{]|[\]}]')


def lines_of(text: str) -> dict[KeyPath, int]:
    """Every table, item of an array of tables, and key: its path and its line, the first is 1."""
    found: dict[KeyPath, int] = {(): 1}
    table: KeyPath = ()
    counts: dict[KeyPath, int] = {}
    for number, line in _statements(text):
        if header := _HEADER.match(line):
            table = _resolved(_split(header[2]), counts)
            if header[1] == "[[":
                found.setdefault(table, number)
                counts[table] = counts.get(table, -1) + 1
                table = (*table, counts[table])
            _add(found, table, number)
        elif assignment := _ASSIGNMENT.match(line):
            _add(found, (*table, *_split(assignment[1])), number)
    return found


def _add(found: dict[KeyPath, int], path: KeyPath, number: int) -> None:
    """The path, and what holds it if that has no line of its own yet."""
    for length in range(1, len(path) + 1):
        found.setdefault(path[:length], number)


def line_at(lines: Mapping[KeyPath, int], path: KeyPath) -> int:
    """The line of the path, or of the nearest thing that holds it."""
    while path not in lines:
        path = path[:-1]
    return lines[path]


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """Lines that begin a statement, with their numbers: not those within long strings or arrays."""
    quote, depth = "", 0
    for number, line in enumerate(text.split("\n"), 1):
        if not quote and depth <= 0:
            yield number, line
            header = _HEADER.match(line)
            rest = line[header.end() :] if header else line
        else:
            rest = line
        quote, depth = _after(rest, quote, max(depth, 0))


def _after(rest: str, quote: str, depth: int) -> tuple[str, int]:
    """The open long quote and the depth of brackets behind a line."""
    place = 0
    while True:
        if quote:
            end = rest.find(quote, place)
            if end < 0:
                return quote, depth
            quote, place = "", end + 3
        token = _TOKENS.search(rest, place)
        if token is None or token[0] == "#":
            return "", depth
        place = token.end()
        if token[0] in {'"""', "'''"}:
            quote = token[0]
        elif token[0] in {"[", "{"}:
            depth += 1
        elif token[0] in {"]", "}"}:
            depth -= 1


def _split(keys: str) -> KeyPath:
    return tuple(key.strip("\"'") for key in re.findall(_KEY, keys))


def _resolved(keys: KeyPath, counts: Mapping[KeyPath, int]) -> KeyPath:
    """The path of a header with the current items of the arrays of tables on its way."""
    path: KeyPath = ()
    for key in keys[:-1]:
        path = (*path, key)
        if path in counts:
            path = (*path, counts[path])
    return (*path, keys[-1])
