"""Cards to be cut apart: a participant's link with its QR code, and what a member of the staff signs in with."""

from dataclasses import dataclass, field
from datetime import datetime, time
from typing import Annotated

import msgspec
import segno

from server.exam.people import Name

from .head import Head

Short = Annotated[str, msgspec.Meta(max_length=120)]
Link = Annotated[str, msgspec.Meta(pattern=r"^https?://\S+\Z", max_length=160)]
Thing = Annotated[str, msgspec.Meta(min_length=1, max_length=60)]
Things = Annotated[tuple[Thing, ...], msgspec.Meta(max_length=6)]

TO_HAVE = ("документ, удостоверяющий личность", "ручка с чёрными чернилами")
"""Nothing else may lie on the desk (D-12)."""


@dataclass(frozen=True, slots=True)
class LinkCard:
    name: Name
    link: Link
    ready_at: time
    """When to have opened the link, by the school's clocks; the interview comes after."""
    class_label: str = ""
    number: str = ""
    """Of the participant in the school's list, so that the card is handed to the right person."""
    to_have: Things = TO_HAVE

    @property
    def tight(self) -> bool:
        """Whether smaller letters are needed for all to stay within half a page."""
        return len(self.link) > 70 or len("; ".join(self.to_have)) > 120

    @property
    def qr(self) -> str:
        """An inline SVG without a colour of its own for the ground: paper is white."""
        return segno.make(self.link, error="m", micro=False).svg_inline(
            border=0, svgclass="qr", omitsize=True
        )


@dataclass(frozen=True, slots=True)
class LinkCards:
    """Two on a page, in the order given (D-07)."""

    head: Head = field(default_factory=Head)
    cards: tuple[LinkCard, ...] = ()
    rehearsal: bool = False
    """The link is for testing the device on an earlier day."""


Code = Annotated[str, msgspec.Meta(min_length=1, max_length=40)]


@dataclass(frozen=True, slots=True)
class StaffCard:
    """One-time codes, so that nobody needs a phone on the day (Saratov 6.9.1). The view is kept nowhere."""

    name: Name
    login: Short
    address: Link
    """Where to sign in."""
    role: Short = ""
    invitation: Annotated[str, msgspec.Meta(max_length=60)] = ""
    """The one-time code with which the person chooses a password; empty for who has one."""
    invitation_until: datetime | None = None
    """Aware, in the school's zone."""
    codes: Annotated[tuple[Code, ...], msgspec.Meta(max_length=20)] = ()


@dataclass(frozen=True, slots=True)
class StaffCards:
    head: Head = field(default_factory=Head)
    cards: tuple[StaffCard, ...] = ()
