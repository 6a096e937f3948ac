"""The names of our XML format; `participants.xsd` says the same to a machine, docs/IMPORT.md to a person."""

from functools import cache
from importlib.resources import files

from lxml import etree

from .fields import Field

NAMESPACE = "urn:oral-exam-conference:participants"
VERSION = "1"

ELEMENTS: dict[Field, str] = {
    Field.NUMBER: "number",
    Field.LAST: "last-name",
    Field.FIRST: "first-name",
    Field.PATRONYMIC: "patronymic",
    Field.CLASS_LABEL: "class",
    Field.BIRTH_DATE: "birth-date",
    Field.FORM: "form",
    Field.GROUND: "ground",
    Field.PLACE: "place",
    Field.CATEGORY: "category",
    Field.ACCOMPANYING: "accompanying-category",
    Field.DISABLED: "disabled",
    Field.PMPK: "pmpk",
    Field.ANSWER: "answer",
    Field.BREAK_MINUTES: "break-minutes",
    Field.APPLIED_ON: "applied-on",
    Field.CONSENT_ON: "consent-on",
    Field.FAMILY: "family",
    Field.NOTE: "note",
}
"""The element of each field of one value; documents and representatives have elements of their own."""

DOCUMENT = "document"
REPRESENTATIVES = "representatives"


def tag(name: str) -> str:
    return f"{{{NAMESPACE}}}{name}"


@cache
def schema_text() -> bytes:
    """The XSD, for whoever wants to write such files."""
    return files(__package__).joinpath("participants.xsd").read_bytes()


def schema() -> etree.XMLSchema:
    """A fresh one: its log of errors belongs to one validation."""
    return etree.XMLSchema(etree.fromstring(schema_text()))
