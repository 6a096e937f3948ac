"""The Jinja2 templates of web/templates/forms: escaped, and without characters that no font shows."""

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from . import words

TEMPLATES = Path(__file__).resolve().parents[2] / "web" / "templates"


def environment() -> Environment:
    """A name that a template misses is an error, not a blank."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_finalized,
    )
    made.filters.update(
        day=words.day, short_day=words.short_day, weekday=words.weekday, clock=words.clock, count=words.count
    )
    return made


def _finalized(value: Any) -> Any:
    return value if isinstance(value, Markup) else words.visible(str(value))
