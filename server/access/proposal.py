"""A login proposed from a person's name: Latin letters, so that it can be typed on any keyboard."""

from collections.abc import Container

_LETTERS = {
    "а": "a", "б": "b", "в": "v", "г": "g", "д": "d", "е": "e", "ё": "e", "ж": "zh", "з": "z", "и": "i", "й": "y",
    "к": "k", "л": "l", "м": "m", "н": "n", "о": "o", "п": "p", "р": "r", "с": "s", "т": "t", "у": "u", "ф": "f",
    "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "shch", "ъ": "", "ы": "y", "ь": "", "э": "e", "ю": "yu",
    "я": "ya",
}  # fmt: skip
_LONGEST = 40


def latin(text: str) -> str:
    """«Салтыков-Щедрин» → `saltykov-shchedrin`; what is neither letter, digit nor dash is left out."""
    written = "".join(_LETTERS.get(sign, sign) for sign in text.casefold())
    return "".join(sign for sign in written if sign.isascii() and (sign.isalnum() or sign == "-")).strip("-")


def proposed(last: str, first: str, patronymic: str, taken: Container[str]) -> str:
    """`ivanova.ms` from the surname and the initials, with a number where others have it already."""
    initials = "".join(latin(part)[:1] for part in (first, patronymic) if part)
    base = ".".join(part for part in (latin(last)[:_LONGEST], initials) if part) or "login"
    if len(base) < 3:
        base += "-login"
    login, number = base, 1
    while login in taken:
        number += 1
        login = f"{base}{number}"
    return login
