"""What is wrong with a commission or with a plan, as a value for the organizer's page."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Conflict:
    """One thing that contradicts a rule."""

    code: str
    rule: str
    """Paragraph of a region's order, an id of the regulations' digest, or `HOUSE`."""
    text: str
    """Russian, for the organizer."""
    persons: tuple[int, ...] = ()
    participants: tuple[int, ...] = ()
    room: int | None = None
    blocking: bool = True
    """The day cannot be held so; otherwise it is for the organizer to judge."""


HOUSE = "правило сервиса"
"""Asked by common sense and the school's wish; no order of a region names it."""
