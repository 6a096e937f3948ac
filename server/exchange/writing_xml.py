"""Participants as our XML: everything that is known, in one order, the same bytes every time."""

from collections.abc import Iterable
from datetime import date
from enum import StrEnum

from lxml import etree

from server.exam.people import Participant

from . import xml_names
from .fields import Field, Value, flat
from .text import escaped, hidden
from .xml_names import NAMESPACE, VERSION, tag


def to_xml(participants: Iterable[Participant]) -> bytes:
    """UTF-8, indented. Reading it gives equal participants."""
    root = etree.Element(tag("participants"), version=VERSION, nsmap={None: NAMESPACE})  # type: ignore[dict-item]
    for participant in participants:
        _participant(etree.SubElement(root, tag("participant")), participant)
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True, pretty_print=True)


def _participant(element: etree._Element, participant: Participant) -> None:
    for field, value in flat(participant).items():
        if field is Field.DOCUMENT_KIND:
            _document(element, participant)
        elif field is Field.REPRESENTATIVES:
            _representatives(element, participant)
        elif field in xml_names.ELEMENTS:
            _text(element, xml_names.ELEMENTS[field], _written(value))


def _written(value: Value) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, StrEnum):
        return value.value
    return value.isoformat() if isinstance(value, date) else str(value)


def _text(parent: etree._Element, name: str, text: str) -> None:
    element = etree.SubElement(parent, tag(name))
    if hidden(text):
        element.set("escaped", "true")
        text = escaped(text)
    if text:
        element.text = text


def _document(parent: etree._Element, participant: Participant) -> None:
    element = etree.SubElement(parent, tag(xml_names.DOCUMENT))
    if participant.document is not None:
        element.set("kind", participant.document.kind.value)
        _text(element, "series", participant.document.series)
        _text(element, "number", participant.document.number)


def _representatives(parent: etree._Element, participant: Participant) -> None:
    everybody = etree.SubElement(parent, tag(xml_names.REPRESENTATIVES))
    for one in participant.representatives:
        element = etree.SubElement(everybody, tag("representative"))
        for name, text in (
            ("last-name", one.name.last),
            ("first-name", one.name.first),
            ("patronymic", one.name.patronymic),
            ("relation", one.relation),
            ("phone", one.phone),
            ("email", one.email),
        ):
            _text(element, name, text)
