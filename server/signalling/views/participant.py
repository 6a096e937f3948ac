"""The participant's view, and the assistant's: one thing at a time, and never a word about others."""

from datetime import datetime

from server.exam.interview import InterviewState

from ..facts import AssistantFacts, ParticipantFacts
from .parts import View, ms, room

_S = InterviewState
_PHASES = {
    _S.WAITING: "waiting",
    _S.ADMITTED: "interview",
    _S.EXAM: "interview",
    _S.FINISHED: "finished",
    _S.NO_SHOW: "no_show",
    _S.REMOVED: "removed",
}


def phase(facts: ParticipantFacts, now: datetime) -> str:
    """What the page shows. Before the opening: the device test and a countdown, never "closed"."""
    if facts.state is None:
        return "unplanned"
    if facts.state in _PHASES:
        return _PHASES[facts.state]
    if facts.informed is False:
        return "refused"
    if now < facts.opens_at:
        return "early"
    return "test" if facts.informed else "information"


def participant(facts: ParticipantFacts, now: datetime) -> View:
    waits = facts.state is _S.WAITING
    return {
        "type": "view",
        "phase": phase(facts, now),
        "opens_at": ms(facts.opens_at),
        "starts_at": ms(facts.starts_at),
        "encoders": facts.encoders,
        "informed": facts.informed,
        "waiting": {"next": facts.next, "minutes": facts.minutes} if waits else None,
        "check": facts.check,
        "begun_at": ms(facts.begun_at),
        "third": facts.third,
        "screen": facts.screen,
        "help": facts.help,
        "phone": facts.phone,
        "school": facts.school,
        "alarms": facts.alarms,
    }


def assistant(facts: AssistantFacts) -> View:
    return {
        "type": "view",
        "encoders": facts.encoders,
        "room": room(facts.room),
        "opens_at": ms(facts.opens_at),
        "current": facts.current,
        "begun_at": ms(facts.begun_at),
        "over": facts.over,
        "phone": facts.phone,
        "school": facts.school,
    }
