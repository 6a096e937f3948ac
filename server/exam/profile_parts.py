"""The sections of a region's profile: the words it is written in, and frozen typed objects for its tables.

Most docstrings name the rule; docs/PROFILES.md explains every key to who writes a profile. None is "not given".
"""

from datetime import date, time, timedelta
from enum import StrEnum
from typing import Annotated, Literal, get_args

import msgspec

from scheduling.calendar import ByList, ByRule, NthWeekday, Schedule
from scheduling.terms import Bound, Event, Term

Sentence = Annotated[str, msgspec.Meta(min_length=10, max_length=600)]
Title = Annotated[str, msgspec.Meta(min_length=2, max_length=300)]
_Clock = Annotated[str, msgspec.Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]\Z")]
_Count = Annotated[int, msgspec.Meta(ge=1, le=60)]
_Points = Annotated[int, msgspec.Meta(ge=0, le=100)]
_Span = Annotated[int, msgspec.Meta(ge=-400, le=400)]

Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
Task = Literal[1, 2, 3, 4]
Criterion = Literal[
    "ИЧ", "ТЧ", "П1", "П2", "П3", "П4", "Р1.Г", "Р1.О", "Р1.Р", "Р1.Иск",
    "М1", "М2", "М3", "Д1", "Д2", "Р2.Г", "Р2.О", "Р2.Р", "Р2.РО",
]  # fmt: skip


class Form(StrEnum):
    """Where the participant is (D-01)."""

    IN_PERSON = "in_person"
    DISTANCE = "distance"


class Answer(StrEnum):
    ORAL = "oral"
    WRITTEN = "written"


class Place(StrEnum):
    """Where the participant's interview is organized."""

    SCHOOL = "school"
    HOME = "home"
    MEDICAL = "medical"


class Ground(StrEnum):
    """Why a participant sits the distance form (D-01)."""

    DISTANCE_TAUGHT = "distance_taught"
    HEALTH = "health"
    QUARANTINE = "quarantine"
    CANNOT_COME = "cannot_come"


class Category(StrEnum):
    """Categories of the OVZ scales."""

    DEAF_SIGN = "deaf_sign"
    DEAF = "deaf"
    HARD_OF_HEARING = "hard_of_hearing"
    BLIND_BRAILLE = "blind_braille"
    BLIND = "blind"
    WEAK_SIGHT = "weak_sight"
    SPEECH = "speech"
    MOTOR = "motor"
    MOTOR_WITH_OTHER = "motor_with_other"
    ASD = "asd"
    MENTAL_DELAY = "mental_delay"
    OTHER = "other"
    NO_ORAL_SPEECH = "no_oral_speech"


class Outcome(StrEnum):
    """How a participant's day ended, as the rights to sit again and to a re-check see it."""

    PASS = "pass"  # noqa: S105 - an outcome, no password
    FAIL = "fail"
    ABSENT_VALID = "absent_valid"
    ABSENT = "absent"
    UNFINISHED_VALID = "unfinished_valid"
    UNFINISHED = "unfinished"
    REMOVED = "removed"


class Applicant(StrEnum):
    PARTICIPANT = "participant"
    PARENT = "parent"


class Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A table of the file: no unknown keys, nothing changes after loading."""


class About(Part, frozen=True, kw_only=True):
    id: Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9-]{1,60}\Z")]
    region: Title
    order: Title
    """The order's date and number, as the region writes them."""
    year: Annotated[int, msgspec.Meta(ge=2019, le=2100)]
    """The calendar year of the exam that the texts were written for."""
    readings: tuple[Sentence, ...] = ()
    """Where the texts contradict themselves or leave room, and how they are read here."""


class DayRule(Part, frozen=True, kw_only=True):
    month: Annotated[int, msgspec.Meta(ge=1, le=12)]
    weekday: Weekday
    number: Annotated[int, msgspec.Meta(ge=1, le=5)]
    working: bool = False
    """Count only the weekdays that are working days."""

    def value(self) -> NthWeekday:
        return NthWeekday(self.month, get_args(Weekday).index(self.weekday), self.number, self.working)


class Dates(Part, frozen=True, kw_only=True):
    """Either a list, the main date first, or rules (C-01)."""

    source: Title
    listed: tuple[date, ...] = ()
    main: DayRule | None = None
    additional: tuple[DayRule, ...] = ()

    def schedule(self) -> Schedule:
        if self.main is None:
            return ByList(self.listed)
        return ByRule(self.main.value(), tuple(rule.value() for rule in self.additional))


class DeadlineTerm(Part, frozen=True, kw_only=True):
    """One term; see scheduling.terms.Term."""

    source: Title
    """Paragraph of the order."""
    since: Event = Event.EXAM
    days: _Span = 0
    working_days: _Span = 0
    months: Annotated[int, msgspec.Meta(ge=0, le=120)] = 0
    next_year: Annotated[str, msgspec.Meta(pattern=r"^[0-3][0-9]\.[01][0-9]\Z")] | None = None
    """Day and month, "01.03"."""
    listed: dict[date, date] = msgspec.field(default_factory=dict)
    at: _Clock | None = None
    minutes_before_start: Annotated[int, msgspec.Meta(ge=1, le=600)] | None = None
    bound: Bound = Bound.NOT_LATER

    def value(self) -> Term:
        """Raises TermProblem with a Russian text for a contradictory term."""
        day_month = None if self.next_year is None else tuple(map(int, self.next_year.split(".")))
        before = self.minutes_before_start
        return Term(
            since=self.since,
            days=self.days,
            working_days=self.working_days,
            months=self.months,
            next_year=None if day_month is None else (day_month[1], day_month[0]),
            listed=tuple(sorted(self.listed.items())),
            at=None if self.at is None else time.fromisoformat(self.at),
            before_start=None if before is None else timedelta(minutes=before),
            bound=self.bound,
        )


class Deadlines(Part, frozen=True, kw_only=True):
    """The terms around a day. Their names are those of scheduling.terms.Kind."""

    applications: DeadlineTerm | None = None
    commissions: DeadlineTerm | None = None
    kim: DeadlineTerm | None = None
    conference: DeadlineTerm | None = None
    report: DeadlineTerm | None = None
    summary: DeadlineTerm | None = None
    checking: DeadlineTerm | None = None
    files: DeadlineTerm | None = None
    results: DeadlineTerm | None = None
    recheck_application: DeadlineTerm | None = None
    recheck_passed_on: DeadlineTerm | None = None
    recheck: DeadlineTerm | None = None
    recheck_told: DeadlineTerm | None = None
    kim_paper: DeadlineTerm | None = None
    destruction: DeadlineTerm | None = None


class Exam(Part, frozen=True, kw_only=True):
    """The day itself."""

    start: _Clock
    """By the school's clocks (C-04)."""
    minutes: tuple[_Count, _Count] | None = None
    """From … to …, of one participant (D-19)."""
    ovz_more: Annotated[int, msgspec.Meta(ge=0, le=120)]
    """Minutes more for OVZ and disabled participants (D-19)."""
    per_hour: tuple[_Count, _Count] | None = None
    """Participants an hour and room, from … to … (C-04)."""
    rooms_per_class: _Count | None = None
    observers: bool | None = None
    staff_phones: bool | None = None
    """Whether staff may carry means of communication."""
    joint_commission: Literal["always", "small", "never"] | None = None
    """Conducting and checking in one commission (C-03)."""
    listening: Literal["offered", "required"] | None = None
    """The participant hears the own record (D-27)."""


class Distance(Part, frozen=True, kw_only=True):
    """The distance form (D-01)."""

    grounds: Annotated[tuple[Ground, ...], msgspec.Meta(min_length=1)] | None = None
    """Who may sit it; not given: the region knows no distance form."""


class Scoring(Part, frozen=True, kw_only=True):
    criteria: Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9-]{1,60}\Z")] | None = None
    """The edition of the criteria."""


class ScaleRow(Part, frozen=True, kw_only=True):
    """A category of the OVZ scale. Points are those of the whole work."""

    category: Category
    title: Title
    answer: Annotated[tuple[Answer, ...], msgspec.Meta(min_length=1)] = (Answer.ORAL, Answer.WRITTEN)
    as_other: bool = False
    """Scored as the accompanying category; no points of its own."""
    maximum: _Points | None = None
    minimum: _Points | None = None
    tasks: tuple[Task, ...] = ()
    criteria: tuple[Criterion, ...] = ()
    """Only these are scored; empty where the PMPK's recommendation decides."""


class Scale(Part, frozen=True, kw_only=True):
    source: Title
    criteria_by: Literal["scale", "pmpk"]
    """Who says which criteria are scored."""
    rows: Annotated[tuple[ScaleRow, ...], msgspec.Meta(min_length=1)]


class SecondScheme(Part, frozen=True, kw_only=True):
    """Who is scored after the exam, from the record (D-21). What is not given may be anything."""

    source: Title
    category: Category | None = None
    place: Annotated[tuple[Place, ...], msgspec.Meta(min_length=1)] | None = None
    form: Form | None = None
    room: Literal["no_expert", "nobody_else"] | None = None
    """Who must not be in the room, where the text says so."""
    reason: Sentence
    """For the organizer, shown before the day."""


class Scheme(Part, frozen=True, kw_only=True):
    source: Title
    choice: Literal["rule", "school"]
    """Whether the scheme follows from the rules or the school chooses."""
    second: tuple[SecondScheme, ...] = ()


class Retake(Part, frozen=True, kw_only=True):
    """Who may sit again (C-07)."""

    most: _Count | None = None
    """Retakes in a school year."""
    outcomes: Annotated[tuple[Outcome, ...], msgspec.Meta(min_length=1)] | None = None
    removed: bool | None = None


class Recheck(Part, frozen=True, kw_only=True):
    """The right to a re-check (C-10)."""

    source: Title
    right: Literal["repeated_fail", "any_fail"]
    applicants: Annotated[tuple[Applicant, ...], msgspec.Meta(min_length=1)]
    to: Title
    """Where the application goes, Russian."""
    by: Title
    """Who checks, Russian."""
    final: bool | None = None


class Notes(Part, frozen=True, kw_only=True):
    """What a participant may write down (D-20)."""

    notes: Literal["task_2", "preparation", "never"] | None = None
    drafts: Literal["ovz_written", "never"] | None = None


class Keeping(Part, frozen=True, kw_only=True):
    """After the terms of `deadlines` (C-09)."""

    act_years: _Count | None = None
    """How long the act 1А is kept."""
    places: tuple[Sentence, ...] = ()
    """What is kept where, Russian."""


class Instruction(Part, frozen=True, kw_only=True):
    """What the examiner reads to the participant (D-15)."""

    text: Annotated[str, msgspec.Meta(min_length=40, max_length=20_000)] | None = None
    editable: bool


class PaperForm(Part, frozen=True, kw_only=True):
    code: Annotated[str, msgspec.Meta(min_length=1, max_length=20)]
    title: Title
    layout: Literal["printed", "not_printed"]
    """Whether the order prints it; what it does not print is ours, editable and marked so."""
