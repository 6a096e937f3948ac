"""What is known of a participant, in the words of a page."""

from collections.abc import Iterable

from server.exam.people import Participant
from server.exam.profile import Profile
from server.exam.profile_parts import Category, Ground, Outcome
from server.exchange import words
from server.exchange.comparing import shown
from server.exchange.fields import TITLES, Field, flat

OUTCOMES: dict[Outcome, str] = {
    Outcome.PASS: "зачёт",
    Outcome.FAIL: "незачёт",
    Outcome.ABSENT_VALID: "неявка, причина подтверждена",
    Outcome.ABSENT: "неявка",
    Outcome.UNFINISHED_VALID: "не завершено, причина подтверждена",
    Outcome.UNFINISHED: "не завершено",
    Outcome.REMOVED: "удалён",
}


def differences(kept: Participant, typed: Participant) -> list[str]:
    """What is kept and differs from what was typed, a line per field."""
    before, after = flat(kept), flat(typed)
    return [f"{TITLES[field]}: {shown(before[field])}" for field in Field if before[field] != after[field]]


def category_titles(profile: Profile | None) -> list[tuple[Category, str]]:
    """The categories of the region's scale in its words; all there are where the region printed no scale."""
    if profile is None or profile.scale is None:
        return [(one, _capital(words.title(one))) for one in Category]
    return [(row.category, _capital(row.title)) for row in profile.scale.rows]


def grounds(profile: Profile | None) -> list[tuple[Ground, str]]:
    """The grounds of the region for the distance form (D-01); all four where it names none."""
    named: Iterable[Ground] = Ground if profile is None else profile.distance.grounds or Ground
    return [(one, _capital(words.title(one))) for one in named]


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
