"""Files in and out. The libraries of spreadsheets are loaded with the first file, not at the service's start."""

from collections.abc import Sequence

from server.exam.people import Participant

from .sheet import Reading

CONTENT_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "xml": "application/xml; charset=utf-8",
}
"""Of the formats of an export."""


def read(content: bytes, filename: str = "") -> Reading:
    """As `reading.read`."""
    from . import reading

    return reading.read(content, filename)


def write(kind: str, participants: Sequence[Participant]) -> bytes:
    """The participants in one of the formats."""
    from . import writing, writing_xml

    made = {"csv": writing.to_csv, "xlsx": writing.to_xlsx, "xml": writing_xml.to_xml}
    return made[kind](participants)


def template() -> bytes:
    """The empty table to fill in, XLSX."""
    from .template import template_xlsx

    return template_xlsx()


def schema() -> bytes:
    """The XSD of our XML."""
    from .xml_names import schema_text

    return schema_text()
