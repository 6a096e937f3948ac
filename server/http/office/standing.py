"""Where a participant stands before the exam, in words: what is missing, the scheme, whether another sitting is due."""

from dataclasses import dataclass
from datetime import date

from server.errors import Refused
from server.exam import rights
from server.exam.profile import Profile
from server.exam.readiness import SENTENCES, SHORT, Lack, lacks, misfits, of_school_year
from server.exam.rights import SchemeOf
from server.store.participants import ParticipantRow
from server.store.records import School

from .people_words import OUTCOMES

NO_PROFILE = "Профиль региона не выбран: выберите его в настройках школы."


@dataclass(frozen=True, slots=True)
class Standing:
    """Of one participant, for a list and for the participant's own page."""

    lacks: tuple[Lack, ...]
    misfits: tuple[str, ...]
    scheme: SchemeOf | None
    scheme_gap: str
    """Why the scheme is not known; empty where it is."""
    last_outcome: str
    again: bool | None
    """Whether another sitting is due; None: not asked, or the region's rules do not say."""
    again_why: str

    @property
    def short(self) -> list[str]:
        return [SHORT[one] for one in self.lacks]

    @property
    def sentences(self) -> list[str]:
        return [*(SENTENCES[one] for one in self.lacks), *self.misfits]


def of(row: ParticipantRow, school: School, profile: Profile | None, today: date) -> Standing:
    """C-02, D-01, D-14; D-21; C-07. Nothing is computed without a profile."""
    person = row.participant
    found, gap = _scheme(row, school, profile)
    again, why = _again(row, profile, today)
    return Standing(
        lacks=lacks(person),
        misfits=() if profile is None else misfits(person, profile),
        scheme=found,
        scheme_gap=gap,
        last_outcome=OUTCOMES[row.outcomes[-1][1]] if row.outcomes else "",
        again=again,
        again_why=why,
    )


def _scheme(row: ParticipantRow, school: School, profile: Profile | None) -> tuple[SchemeOf | None, str]:
    if profile is None:
        return None, NO_PROFILE
    person = row.participant
    sitting = rights.Sitting(person.form, person.answer, person.category, person.place)
    chosen: rights.Number | None = None
    if profile.scheme.choice == "school" and school.chosen_scheme is not None:
        chosen = 1 if school.chosen_scheme == 1 else 2
    try:
        return rights.scheme(profile, sitting, chosen), ""
    except Refused as gap:
        return None, gap.text


def _again(row: ParticipantRow, profile: Profile | None, today: date) -> tuple[bool | None, str]:
    year = of_school_year(row.outcomes, today)
    if not year:
        return None, ""
    if profile is None:
        return None, NO_PROFILE
    try:
        verdict = rights.may_sit_again(profile, year)
    except Refused as gap:
        return None, gap.text
    return verdict.allowed, verdict.reason
