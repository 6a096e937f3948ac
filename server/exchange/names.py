"""Names, classes and what people are called in a school's list."""

import re

from .text import clean, key, one_alphabet, russian_letters

_DATE_LIKE = re.compile(r"\d{1,4}[./-]\d{1,2}[./-]\d{1,4}")
_NAME = re.compile(r"[^\W\d_]+(?:[ '’`.\-–—()]+[^\W\d_]+)*[.)]?")
_PATRONYMIC = re.compile(r"(?:ович|евич|ьич|лукич|никитич|фомич|овна|евна|ична|инична)$", re.IGNORECASE)
_SUFFIXES = frozenset({"оглы", "оглу", "кызы", "гызы", "кизи", "угли", "уулу", "улы"})
_PARTICLES = frozenset(
    {"де", "да", "ди", "дю", "дель", "ла", "ле", "фон", "ван", "дер", "аль", "эль", "бен", "ибн", "бин", "и"}
)
_CLASS = re.compile(
    r"0?(\d{1,2})\s*[-–—_. ]*\s*[\"'«»“”„‘’(]*\s*([^\W_]{0,6})\s*[\"'«»“”„‘’)]*", re.IGNORECASE
)
_CLASS_WORD = re.compile(r"\b(?:классы?|кл)\b\.?", re.IGNORECASE)


class Wrong(Exception):
    """What a cell says cannot be taken; the text is Russian and completes «столбец …: …»."""


def name_part(text: str, what: str) -> str:
    """A surname, first name or patronymic from an ordinary cell. `what` is its Russian name. Raises Wrong."""
    text = re.sub(r"\s*[-–—]\s*", "-", one_alphabet(clean(text)))
    if _DATE_LIKE.search(text):
        raise Wrong(f"здесь дата, а должно быть: {what}. Похоже, столбцы перепутаны")
    if re.search(r"\d", text):
        raise Wrong(f"здесь цифры, а должно быть: {what}. Похоже, столбцы перепутаны")
    if not _NAME.fullmatch(text):
        raise Wrong(f"«{text[:40]}» не похоже на то, что должно быть: {what}")
    return cased(text)


def first_name(text: str) -> str:
    """Raises Wrong for a patronymic or an initial in the column of first names."""
    name = name_part(text, "имя")
    if _PATRONYMIC.search(name):
        raise Wrong(f"«{name[:40]}» похоже на отчество, а должно быть имя. Похоже, столбцы перепутаны")
    if len(name.rstrip(".")) == 1:
        raise Wrong("здесь одна буква: имя нужно полностью")
    return name


def last_name(text: str) -> str:
    """Raises Wrong where a whole name stands in the column of surnames."""
    name = name_part(text, "фамилия")
    words = name.split(" ")
    if len(words) > 2 and _PATRONYMIC.search(words[-1]):
        raise Wrong(
            "здесь фамилия, имя и отчество вместе: назовите столбец «ФИО» или разнесите их по столбцам"
        )
    return name


def cased(name: str) -> str:
    """ИВАНОВ-ПЕТРОВ and иванов-петров become Иванов-Петров; what has both kinds of letters stays."""
    words = name.split(" ")
    return " ".join(_cased_word(word, alone=len(words) == 1) for word in words)


def _cased_word(word: str, *, alone: bool) -> str:
    return "-".join(_cased_part(part, alone and "-" not in word) for part in word.split("-"))


def _cased_part(part: str, alone: bool) -> str:
    small = part.lower()
    if small in _SUFFIXES and not alone:
        return small
    if part == small and small in _PARTICLES and not alone:
        return part
    if len(part) > 1 and part not in {part.upper(), small}:
        return part
    return small[:1].upper() + small[1:]


def full_name(text: str) -> tuple[str, str, str]:
    """Surname, first name and patronymic of a participant from one cell. Raises Wrong where they are not clear."""
    text = re.sub(r"\s*[-–—]\s*", "-", one_alphabet(clean(text)))
    words = text.split(" ")
    if re.search(r"[^\W\d_]\.", text):
        raise Wrong("нужны полные имя и отчество, без сокращений")
    if len(words) < 2:
        name_part(text, "фамилия, имя и отчество")
        raise Wrong("здесь одно слово, а нужны фамилия и имя")
    rest = words[2:]
    if len(rest) > 1 and not (len(rest) == 2 and rest[1].lower() in _SUFFIXES):
        raise Wrong(
            "не понять, где здесь фамилия, имя и отчество: "
            "заведите для них отдельные столбцы «Фамилия», «Имя», «Отчество»"
        )
    if rest and not _PATRONYMIC.search(rest[0]) and _PATRONYMIC.search(words[1]):
        raise Wrong("отчество стоит вторым: нужен порядок «фамилия имя отчество»")
    patronymic = name_part(" ".join(rest), "отчество") if rest else ""
    return last_name(words[0]), first_name(words[1]), patronymic


def any_name(text: str) -> tuple[str, str, str]:
    """A parent's name from one cell: two or three words in order, or the whole as a surname."""
    words = cased(name_part(text, "фамилия, имя и отчество")).split(" ")
    if 2 <= len(words) <= 3 or (len(words) == 4 and words[3] in _SUFFIXES):
        return words[0], words[1], " ".join(words[2:])
    return " ".join(words), "", ""


def class_label(text: str) -> str:
    """«9А» from all the ways to write it. Raises Wrong where it is no class.

    >>> class_label('9 - "а" класс')
    '9А'
    """
    plain = clean(text)
    if key(plain) in {"экстерн", "экстернат"}:
        return "экстерн"
    if _DATE_LIKE.search(plain):
        raise Wrong(
            "здесь дата, а должен быть класс. Если класс записан как «9-1», сделайте ячейку текстовой"
        )
    bare = clean(_CLASS_WORD.sub(" ", plain))
    found = _CLASS.fullmatch(bare)
    if found is None or not 1 <= int(found[1]) <= 12:
        raise Wrong(f"«{plain[:40]}» не похоже на класс: напишите, например, «9А» или «экстерн»")
    letter = found[2]
    if letter.isdigit():
        return f"{int(found[1])}-{letter}"
    return f"{int(found[1])}{russian_letters(letter.upper()) if len(letter) == 1 else letter}"
