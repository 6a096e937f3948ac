"""Acts: early end ИС-08 and the observer's ИС-10 (Saratov прил. 10), removal (ours: Tambov prints no layout)."""

from dataclasses import dataclass, field
from datetime import date, time

from server.exam.people import Name

from .head import Head


@dataclass(frozen=True, slots=True)
class ActPerson:
    """The participant an act is about, as far as known."""

    name: Name | None = None
    birth_date: date | None = None
    series: str = ""
    number: str = ""
    class_label: str = ""
    room: str = ""
    school: str = ""
    """The participant's own, where it is not that of the exam."""
    at: time | None = None
    """When the interview ended early, or the participant was removed."""
    reason: str = ""
    organizer: str = ""
    examiner: str = ""
    school_head: str = ""


@dataclass(frozen=True, slots=True)
class EarlyEnds:
    """ИС-08 (D-24), a page for each."""

    head: Head = field(default_factory=Head)
    acts: tuple[ActPerson, ...] = (ActPerson(),)


@dataclass(frozen=True, slots=True)
class Removals:
    """The act of removal (D-23), a page for each."""

    head: Head = field(default_factory=Head)
    acts: tuple[ActPerson, ...] = (ActPerson(),)


@dataclass(frozen=True, slots=True)
class ObserverAct:
    name: Name | None = None
    certificate: str = ""
    """The number of the observer's certificate."""
    organizer: str = ""


@dataclass(frozen=True, slots=True)
class ObserverActs:
    """ИС-10; the checklist is the form's own text."""

    head: Head = field(default_factory=Head)
    acts: tuple[ObserverAct, ...] = (ObserverAct(),)
    rooms: str = ""
    """How many rooms there are."""
