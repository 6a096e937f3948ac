"""From the text of a profile to a Profile, or to everything that is wrong with it, in Russian and by line."""

import re
import tomllib
from dataclasses import dataclass

import msgspec

from . import profile_checks
from .profile import Profile
from .toml_lines import KeyPath, line_at, lines_of


@dataclass(frozen=True, slots=True, order=True)
class Mistake:
    line: int
    """0: the file as a whole."""
    what: str


class ProfileProblem(Exception):
    """A profile that cannot be used; the text is for the operator who wrote it."""

    def __init__(self, file: str, mistakes: tuple[Mistake, ...]) -> None:
        self.file = file
        self.mistakes = mistakes
        super().__init__("\n".join(self._said(one) for one in mistakes))

    def _said(self, mistake: Mistake) -> str:
        where = f"{self.file}, строка {mistake.line}" if mistake.line else self.file
        return f"{where}: {mistake.what}"


def parse(text: str, file: str) -> Profile:
    """Raises ProfileProblem: with the first mistake of writing or type, or with all contradictions."""
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ProfileProblem(file, (_of_toml(str(error)),)) from None
    except RecursionError:
        raise ProfileProblem(file, (Mistake(0, "скобки вложены слишком глубоко"),)) from None
    lines = lines_of(text.replace("\r\n", "\n"))
    try:
        profile = msgspec.convert(content, Profile)
    except msgspec.ValidationError as error:
        raise ProfileProblem(file, (_of_type(str(error), lines),)) from None
    wrong = profile_checks.contradictions(profile)
    if wrong:
        raise ProfileProblem(
            file, tuple(sorted(Mistake(line_at(lines, one.path), one.what) for one in wrong))
        )
    return profile


_TOML_TEXTS = {
    "Cannot overwrite a value": "ключ задан второй раз",
    "Cannot mutate immutable namespace": "раздел уже задан иначе",
    "Cannot declare": "раздел объявлен второй раз",
    "Unescaped": "недопустимый знак в строке",
    "Illegal character": "недопустимый знак",
    "Unterminated string": "у строки нет закрывающей кавычки",
    "Invalid value": "непонятное значение: текст пишут в кавычках, время тоже",
    "Invalid initial character": "имя ключа пишут латиницей, имя с точкой или кириллицей — в кавычках",
    "Invalid statement": "так строка не начинается: имя ключа пишут латиницей",
    "Expected '='": "после имени ключа нужен знак =",
    "Expected newline": "после значения в строке ничего быть не должно; время и текст пишут в кавычках",
    "Unclosed": "у списка или таблицы нет закрывающей скобки",
    "Expected ']": "у имени раздела нет закрывающей скобки",
    'Expected "': "у строки нет закрывающей кавычки",
    "Found invalid character": "недопустимый знак",
    "Invalid date or datetime": "такой даты нет",
}


def _of_toml(error: str) -> Mistake:
    place = re.search(r"\(at line (\d+), column (\d+)\)", error)
    what = next(
        (text for start, text in _TOML_TEXTS.items() if error.startswith(start)), f"ошибка записи ({error})"
    )
    if place is None:
        return Mistake(0, f"{what} (в конце файла)" if "end of document" in error else what)
    return Mistake(int(place[1]), f"{what} (знак {place[2]})")


_TYPES = {
    "int": "целое число",
    "float": "дробное число",
    "str": "текст в кавычках",
    "bool": "true или false",
    "array": "список в квадратных скобках",
    "object": "раздел",
    "date": "дата вида 2026-02-11",
    "datetime": "дата со временем",
    "time": "время без кавычек",
    "null": "ничего",
}


def _kinds(names: str) -> str:
    return " или ".join(
        _TYPES.get(name.strip(), name.strip()) for name in names.split("|") if name != " null"
    )


_TYPE_TEXTS: tuple[tuple[str, str], ...] = (
    (r"Object contains unknown field `(.*)`", "неизвестный ключ «{0}»"),
    (r"Object missing required field `(.*)`", "не хватает ключа «{0}»"),
    (r"Invalid enum value (.*)", "недопустимое значение {0}"),
    (r"Invalid RFC3339 encoded date", "такой даты нет: дату пишут без кавычек, год-месяц-день"),
    (r"Expected `(?:str|array|object)` of length >= (\d+).*", "слишком коротко: нужно не меньше {0}"),
    (r"Expected `(?:str|array|object)` of length <= (\d+).*", "слишком длинно: можно не больше {0}"),
    (r"Expected `(?:array)` of length (\d+).*", "в списке должно быть значений: {0}"),
    (r"Expected `int` >= (-?\d+).*", "число меньше допустимого: нужно не меньше {0}"),
    (r"Expected `int` <= (-?\d+).*", "число больше допустимого: можно не больше {0}"),
    (r"Expected `str` matching regex .*", "написано не в том виде, какой нужен для этого ключа"),
)


def _of_type(error: str, lines: dict[KeyPath, int]) -> Mistake:
    said, _, place = error.partition(" - at ")
    path = _path(place.strip("`"))
    if wrong := re.fullmatch(r"Expected `(.*)`, got `(.*)`", said):
        what = f"должно быть: {_kinds(wrong[1])}; стоит: {_kinds(wrong[2])}"
    else:
        what = next(
            (
                text.format(*found.groups())
                for pattern, text in _TYPE_TEXTS
                if (found := re.fullmatch(pattern, said)) is not None
            ),
            f"значение не подходит ({said})",
        )
    unknown = re.fullmatch(r"Object contains unknown field `(.*)`", said)
    if unknown:
        return Mistake(line_at(lines, (*path, unknown[1])), f"{what}{_within(path)}")
    return Mistake(line_at(lines, path), f"{what}{_within(path)}")


def _within(path: KeyPath) -> str:
    named = ".".join(str(part) for part in path if isinstance(part, str))
    return f" ({named})" if named else ""


def _path(place: str) -> KeyPath:
    """`$.scale.rows[0].minimum` as a path; `[...]` stands for a value of a dictionary."""
    parts: list[str | int] = []
    for name, index in re.findall(r"\.([A-Za-z0-9_]+)|\[(\d+)\]", place):
        parts.append(name or int(index))
    return tuple(parts)
