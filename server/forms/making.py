"""The one way from a view to a file within a process; the heavy libraries are loaded when they are needed."""

from typing import Any

from .catalogue import Document, Format


class NoLibrary(Exception):
    """The system's libraries for PDFs do not load; see `library`."""


def make(document: Document, form: Format, view: Any) -> bytes:
    """The view is of the document's type; an empty one gives a blank form. A spreadsheet needs no Pango."""
    if form is Format.XLSX:
        from .workbook import xlsx

        assert document.tables is not None
        return xlsx(document.tables(view))
    try:
        from .printer import pages_of, pdf
    except OSError as error:
        raise NoLibrary from error
    return pdf(pages_of(document, view))
