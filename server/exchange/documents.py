"""Series and numbers of identity documents: as schools write them, and when a spreadsheet has spoilt them (D-14)."""

import re

from server.exam.people import DocumentKind

from .names import Wrong
from .text import clean

_PASSPORT = (re.compile(r"[0-9]{4}"), re.compile(r"[0-9]{6}"))
_BIRTH = re.compile(r"([IVXLC]+)\s*[-–— ]?\s*([А-ЯЁ]{2})\s*([0-9]{6})")
_KINDS = (
    (re.compile(r"паспорт\s*(?:рф|гражданина\s+рф)?", re.IGNORECASE), DocumentKind.PASSPORT),
    (
        re.compile(r"(?:свидетельство|св-во|свид\.?)\s*о\s*рожд[а-я.]*", re.IGNORECASE),
        DocumentKind.BIRTH_CERTIFICATE,
    ),
)
_FILLERS = re.compile(r"\b(?:серия|сер|номер|ном)\b\.?|[№:;,]|\bN\b", re.IGNORECASE)


def series_written(text: str) -> str:
    """«45 08» is 4508, «ii - жт» is II-ЖТ."""
    plain = re.sub(r"^(?:серия|сер\.?)\s*", "", text, flags=re.IGNORECASE)
    if re.fullmatch(r"[0-9 ]+", plain):
        return plain.replace(" ", "")
    if found := re.fullmatch(r"([IVXLC]+)\s*[-–— ]\s*([А-ЯЁ]{2})", plain.upper()):
        return f"{found[1]}-{found[2]}"
    return plain


def passport_wrong(series: str, number: str) -> str:
    """What is wrong with a Russian passport's series and number, Russian; "": nothing."""
    for what, text, form, length in (
        ("серии паспорта", series, _PASSPORT[0], 4),
        ("номере паспорта", number, _PASSPORT[1], 6),
    ):
        if text and not form.fullmatch(text):
            if text.isdigit() and len(text) < length:
                return (
                    f"в {what} {length} цифр{'ы' if length == 4 else ''}, а здесь {len(text)}. Если таблица отбросила "
                    f"ноль в начале, сделайте столбец текстовым и наберите заново"
                )
            return f"в {what} должно быть {length} цифр{'ы' if length == 4 else ''}"
    return ""


def likely(series: str, number: str) -> DocumentKind:
    """The kind of a document that nobody named, by the form of its series and number."""
    if series.isdigit() and number.isdigit() and len(series) <= 4 and len(number) <= 6:
        return DocumentKind.PASSPORT
    if re.fullmatch(r"[IVXLC]+-[А-ЯЁ]{2}", series) and re.fullmatch("[0-9]{6}", number):
        return DocumentKind.BIRTH_CERTIFICATE
    return DocumentKind.OTHER


def together(text: str) -> tuple[DocumentKind | None, str, str]:
    """Kind (where it is named), series and number from one cell. Raises Wrong where they cannot be told apart."""
    plain = clean(text)
    kind = None
    for words, named in _KINDS:
        if words.search(plain):
            kind, plain = named, words.sub(" ", plain, count=1)
            break
    plain = clean(_FILLERS.sub(" ", plain))
    if re.fullmatch(r"[0-9 ]+", plain):
        digits = plain.replace(" ", "")
        if len(digits) == 10:
            return kind or DocumentKind.PASSPORT, digits[:4], digits[4:]
    if found := _BIRTH.fullmatch(plain.upper()):
        return kind or DocumentKind.BIRTH_CERTIFICATE, f"{found[1]}-{found[2]}", found[3]
    words_left = plain.split(" ")
    if len(words_left) == 2 and all(re.search(r"\d", word) or len(word) <= 6 for word in words_left):
        return kind, words_left[0], words_left[1]
    raise Wrong(
        f"«{clean(text)[:40]}»: не понять, где здесь серия и где номер. Паспорт пишут так: 4508 123456; "
        "для других документов заведите столбцы «Вид документа», «Серия документа», «Номер документа»"
    )
