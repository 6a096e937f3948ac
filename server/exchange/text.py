"""Text as schools have it: spaces, quotes, ё and е, letters of the other alphabet; and text exactly as it is."""

import re
import unicodedata

_UNSEEN = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060\ufeff]")
_SPACES = re.compile(r"[\s\u00a0\u202f\u2007]+")
_FIO = re.compile(r"\bф и о\b")
_LATIN = str.maketrans("ABCEHKMOPTXYaceopxyëË", "АВСЕНКМОРТХУасеорхуёЁ")
_CYRILLIC = re.compile("[А-Яа-яЁё]")
_WORD = re.compile(r"[^\W\d_]+")

_FORBIDDEN = re.compile("[\x00\ud800-\udfff]")
_HIDDEN = re.compile("[\x01-\x08\x0b\x0c\x0e-\x1f\x7f\x85\u2028\u2029\ufdd0-\ufdef\ufffe\uffff\r]")
_ESCAPE = re.compile(r"\\(?:\\|u([0-9A-Fa-f]{4}))")

EXACT = "'"
"""Before a text: it is meant exactly as it stands, and no spreadsheet takes it for a formula, a number or a date."""


def clean(text: str) -> str:
    """Without unseen characters, and with single plain spaces."""
    return text if text.isalnum() else _SPACES.sub(" ", _UNSEEN.sub("", text)).strip()


def key(text: str) -> str:
    """What two texts have in common that a person takes for the same: letters and digits, ё as е, no case."""
    if text.isascii() and text.isalnum():
        return text.lower()
    if text.isalpha() and unicodedata.is_normalized("NFKC", text):
        return text.lower().replace("ё", "е")
    plain = unicodedata.normalize("NFKC", clean(text)).lower().replace("ё", "е")
    return _FIO.sub("фио", " ".join(re.findall(r"[^\W_]+", plain)))


def one_alphabet(text: str) -> str:
    """Latin letters inside Russian words become the Russian ones they look like."""

    def russian(word: re.Match[str]) -> str:
        changed = word[0].translate(_LATIN)
        return changed if _CYRILLIC.search(word[0]) and not re.search("[A-Za-z]", changed) else word[0]

    return _WORD.sub(russian, text)


def russian_letters(text: str) -> str:
    """Every Latin letter that looks like a Russian one becomes it."""
    return text.translate(_LATIN)


def storable(text: str) -> bool:
    """Whether a database can hold the text: neither NUL nor half of a pair."""
    return _FORBIDDEN.search(text) is None


def escaped(text: str) -> str:
    r"""Control characters as \uXXXX, a backslash doubled: what no file format loses.

    >>> escaped("a\\b\x07")
    'a\\\\b\\u0007'
    """
    doubled = text.replace("\\", "\\\\")
    doubled = re.sub("_(?=x[0-9A-Fa-f]{4}_|x005F)", r"\\u005f", doubled)
    return _HIDDEN.sub(lambda found: f"\\u{ord(found[0]):04x}", doubled)


def unescaped(text: str) -> str:
    """The text that `escaped` was given; a backslash that begins no escape stays."""
    return _ESCAPE.sub(lambda found: chr(int(found[1], 16)) if found[1] else "\\", text)


def hidden(text: str) -> bool:
    """Whether the text has characters that need `escaped`."""
    return _HIDDEN.search(text) is not None


def exact(text: str) -> str:
    """The cell that `exactly` reads as this text."""
    return EXACT + escaped(text)


def exactly(cell: str) -> str | None:
    """The text of a cell that begins with an apostrophe; None: an ordinary cell."""
    return unescaped(cell[1:]) if cell.startswith(EXACT) else None
