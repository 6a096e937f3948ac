"""What stands at the top of every form. Empty fields become lines to be filled in by hand."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated

import msgspec

BlankRows = Annotated[int, msgspec.Meta(ge=0, le=200)]
"""Empty rows below the known ones, to be filled in by hand."""


@dataclass(frozen=True, slots=True)
class Head:
    """Where and when."""

    region: str = ""
    """Субъект РФ."""
    municipality_code: str = ""
    municipality: str = ""
    school_code: str = ""
    school: str = ""
    day: date | None = None
    phone: str = ""
    """The school's, for whoever has to call."""
