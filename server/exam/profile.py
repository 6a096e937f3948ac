"""The rules of a region as data: everything the orders say differently, and what they do not say.

A profile is a TOML file (docs/PROFILES.md); `profile_file` reads and checks it. A value that is None was not given:
then its place, such as `scoring.criteria`, stands in `missing` (the order leaves it out, the organizer must supply it)
or in `not_required` (the region does not ask for it), with a sentence in Russian. `known` asks for such a value and
raises ProfileGap with that sentence: nothing is invented.
"""

from collections.abc import Iterator
from datetime import time
from typing import Annotated, TypeVar

import msgspec

from scheduling.terms import Kind, Term
from server.errors import ProfileGap

from .profile_parts import (
    About,
    Category,
    Dates,
    Deadlines,
    Distance,
    Exam,
    Instruction,
    Keeping,
    Notes,
    PaperForm,
    Part,
    Recheck,
    Retake,
    Scale,
    ScaleRow,
    Scheme,
    Scoring,
    Sentence,
)

T = TypeVar("T")


class Profile(Part, frozen=True, kw_only=True):
    """A region's rules for one year."""

    about: About
    dates: Dates
    exam: Exam
    distance: Distance
    deadlines: Deadlines
    scoring: Scoring
    scale: Scale | None = None
    scheme: Scheme
    retake: Retake
    recheck: Recheck
    notes: Notes
    keeping: Keeping
    instruction: Instruction
    forms: Annotated[tuple[PaperForm, ...], msgspec.Meta(min_length=1)]
    missing: dict[str, Sentence] = msgspec.field(default_factory=dict)
    not_required: dict[str, Sentence] = msgspec.field(default_factory=dict)

    @property
    def start(self) -> time:
        return time.fromisoformat(self.exam.start)

    def known(self, value: T | None, place: str) -> T:
        """The value that stands at the place. Raises ProfileGap with the organizer's sentence where it is not given.

        >>> profile.known(profile.scoring.criteria, "scoring.criteria")
        """
        if value is not None:
            return value
        raise self.gap(place)

    def gap(self, place: str) -> ProfileGap:
        """What to raise for a place without a value."""
        sentence = self.missing.get(place) or self.not_required.get(place)
        return ProfileGap(place, sentence, profile=self.about.id)

    def terms(self) -> dict[Kind, Term]:
        """The terms that the region has, for scheduling.deadlines; those missing are in `missing_terms`."""
        named = {kind: getattr(self.deadlines, kind.value) for kind in Kind if kind is not Kind.START}
        return {kind: term.value() for kind, term in named.items() if term is not None}

    def missing_terms(self) -> dict[Kind, str]:
        """The terms the organizer has yet to supply, each with its sentence."""
        places = {f"deadlines.{kind}": kind for kind in Kind}
        return {places[place]: text for place, text in self.missing.items() if place in places}

    def row(self, category: Category) -> ScaleRow:
        """The category's line of the OVZ scale. Raises ProfileGap where the region printed no scale or no such line."""
        for row in self.known(self.scale, "scale").rows:
            if row.category is category:
                return row
        raise ProfileGap(
            f"scale.{category}",
            f"В шкале профиля «{self.about.id}» нет этой категории участников: уточните её в регионе.",
            profile=self.about.id,
        )


def _optional_places() -> Iterator[str]:
    for section in msgspec.structs.fields(Profile):
        if section.default is None:
            yield section.name
        elif isinstance(section.type, type) and issubclass(section.type, msgspec.Struct):
            for field in msgspec.structs.fields(section.type):
                if field.default is None and section.name != "dates":
                    yield f"{section.name}.{field.name}"


OPTIONAL_PLACES = tuple(_optional_places())
"""Every place that may be without a value, such as `scale` or `retake.removed`."""


def value_at(profile: Profile, place: str) -> object:
    """The value at a place of OPTIONAL_PLACES."""
    value: object = profile
    for name in place.split("."):
        value = getattr(value, name)
    return value
