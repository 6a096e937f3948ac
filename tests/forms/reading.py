"""Reads PDFs back with another library than the one that made them."""

import ctypes
import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass

import pypdfium2
import pypdfium2.raw as pdfium

from server.exam.people import Name

A4 = (595, 842)


def letters(text: str) -> str:
    """Letters and digits alone: where a line was broken does not matter."""
    return re.sub(r"[\W_]+", "", text)


def pages(file: bytes) -> list[str]:
    document = pypdfium2.PdfDocument(file)
    return [page.get_textpage().get_text_range() for page in document]


def sizes(file: bytes) -> set[tuple[int, int]]:
    return {(round(page.get_width()), round(page.get_height())) for page in pypdfium2.PdfDocument(file)}


def fonts(file: bytes) -> set[tuple[str, bool]]:
    """Family and whether it is embedded, of every text of the file."""
    found: set[tuple[str, bool]] = set()
    for page in pypdfium2.PdfDocument(file):
        for item in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_TEXT]):
            font = pdfium.FPDFTextObj_GetFont(item.raw)
            name = ctypes.create_string_buffer(200)
            pdfium.FPDFFont_GetBaseFontName(font, name, 200)
            found.add((name.value.decode().rpartition("+")[2], pdfium.FPDFFont_GetIsEmbedded(font) == 1))
    return found


def named(value: object) -> Iterator[Name]:
    """Every name anywhere in a view."""
    if isinstance(value, Name):
        yield value
    elif is_dataclass(value):
        for field in fields(value):
            yield from named(getattr(value, field.name))
    elif isinstance(value, tuple):
        for item in value:
            yield from named(item)
