"""Login names: how they are written and compared."""

import re
import unicodedata

from server.errors import Refused

LONGEST = 64
_FORM = re.compile(r"[a-zа-яё0-9][a-zа-яё0-9._@-]{2,63}")


def normal(login: str) -> str:
    """The one form in which a login is kept and looked for: «Ivanova » and «ivanova» are the same."""
    return unicodedata.normalize("NFKC", login).strip().casefold()[:LONGEST]


def new(login: str) -> str:
    """The normal form of a login that is to be made. Raises Refused."""
    name = normal(login)
    if not _FORM.fullmatch(name) or len(login.strip()) > LONGEST:
        raise Refused(
            "login_form",
            "Логин — от 3 до 64 знаков: буквы, цифры, точка, дефис, подчёркивание. Первый знак — буква или цифра.",
        )
    return name
