"""The life of one interview as a state machine: who may take which step from where, and what it changes.

invited → testing → waiting ⇄ admitted → exam → finished
exits: no_show (before the conference), removed (from waiting on); an exit can be reversed with a reason
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum

from media.layout import SeatKind
from server.errors import Refused

REASON_LIMIT = 500
"""Characters in the reason of a reversal."""


class InterviewState(StrEnum):
    INVITED = "invited"
    TESTING = "testing"
    WAITING = "waiting"
    ADMITTED = "admitted"
    EXAM = "exam"
    FINISHED = "finished"
    NO_SHOW = "no_show"
    REMOVED = "removed"


class Step(StrEnum):
    CONNECT = "connect"
    JOIN_QUEUE = "join_queue"
    ADMIT = "admit"
    SEND_BACK = "send_back"
    BEGIN = "begin"
    FINISH = "finish"
    NO_SHOW = "no_show"
    REMOVE = "remove"
    REVERSE = "reverse"


_S = InterviewState

BEFORE_CONFERENCE = frozenset({_S.INVITED, _S.TESTING, _S.WAITING})
IN_CONFERENCE = frozenset({_S.ADMITTED, _S.EXAM})
OVER = frozenset({_S.FINISHED, _S.NO_SHOW, _S.REMOVED})


@dataclass(frozen=True, slots=True)
class Interview:
    """One participant's interview. Times are aware and in UTC."""

    id: int
    seat: str
    """The participant's seat id."""
    order: int
    """The place in the school's order for the room (D-10)."""
    state: InterviewState = _S.INVITED
    planned_at: datetime | None = None
    ovz: bool = False
    """A participant with OVZ has 30 minutes more (D-19)."""
    before_exit: InterviewState | None = None
    """Where the exit came from, for as long as the interview is over; a reversal leads back there."""
    was_over_after_conference: bool = False
    """Once finished or removed out of the conference: never again among those waiting (D-11). Never unset."""
    waiting_since: datetime | None = None
    sent_back_at: datetime | None = None
    """Sent back before the exam: since then at the end of the queue (D-09)."""
    admitted_at: datetime | None = None
    begun_at: datetime | None = None
    """The start time of ИС-02 (D-16)."""
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Rule:
    sources: frozenset[InterviewState]
    seats: frozenset[SeatKind]


_PARTICIPANT = frozenset({SeatKind.PARTICIPANT})
_EXAMINER = frozenset({SeatKind.EXAMINER})
_IN_CHARGE = frozenset({SeatKind.EXAMINER, SeatKind.ORGANIZER})

RULES: dict[Step, _Rule] = {
    Step.CONNECT: _Rule(frozenset({_S.INVITED}), _PARTICIPANT),
    Step.JOIN_QUEUE: _Rule(frozenset({_S.TESTING}), _PARTICIPANT),
    Step.ADMIT: _Rule(frozenset({_S.WAITING}), _EXAMINER),
    Step.SEND_BACK: _Rule(frozenset({_S.ADMITTED}), _EXAMINER),
    Step.BEGIN: _Rule(frozenset({_S.ADMITTED}), _EXAMINER),
    Step.FINISH: _Rule(frozenset({_S.EXAM}), _EXAMINER),
    Step.NO_SHOW: _Rule(BEFORE_CONFERENCE, _IN_CHARGE),
    Step.REMOVE: _Rule(frozenset({_S.WAITING}) | IN_CONFERENCE, _IN_CHARGE),
    Step.REVERSE: _Rule(OVER, _IN_CHARGE),
}
"""From which states and by which kinds of seats a step may be taken; `advance` adds the conditions."""

_ANY_TIME = datetime(2000, 1, 1, tzinfo=UTC)

_NOT_YOURS = "Это действие вам недоступно."
_NOT_NOW: dict[Step, str] = {
    Step.CONNECT: "Участник уже подключался.",
    Step.JOIN_QUEUE: "Встать в очередь можно после проверки устройств.",
    Step.ADMIT: "Пригласить можно только того, кто ждёт.",
    Step.SEND_BACK: "Вернуть в очередь можно только приглашённого, пока экзамен не начат.",
    Step.BEGIN: "Начать экзамен можно только с приглашённым участником.",
    Step.FINISH: "Завершить можно только идущий экзамен.",
    Step.NO_SHOW: "Неявку можно отметить только до приглашения участника.",
    Step.REMOVE: "Удалить можно только ожидающего или того, кто в аудитории.",
    Step.REVERSE: "Отменять нечего: участник не завершил экзамен, не удалён и не отмечен неявившимся.",
}


def advance(
    interview: Interview,
    step: Step,
    by: SeatKind,
    at: datetime,
    *,
    reason: str | None = None,
    conference_free: bool = True,
) -> Interview:
    """The interview after the step, taken by a seat of that kind at that time.

    `conference_free`: nobody else is in the conference of the room. Raises `Refused` and changes nothing
    where the rules say no (D-10, D-11, D-16, D-23, D-25).
    """
    rule = RULES[step]
    if by not in rule.seats:
        raise Refused("not_yours", _NOT_YOURS)
    if interview.state not in rule.sources:
        raise Refused("not_now", _NOT_NOW[step])
    match step:
        case Step.CONNECT:
            return replace(interview, state=_S.TESTING)
        case Step.JOIN_QUEUE:
            return _wait(interview, at)
        case Step.ADMIT:
            return _enter(replace(interview, admitted_at=at), _S.ADMITTED, conference_free)
        case Step.SEND_BACK:
            return replace(_wait(interview, at), admitted_at=None, sent_back_at=at)
        case Step.BEGIN:
            return replace(interview, state=_S.EXAM, begun_at=at)
        case Step.FINISH:
            return _leave(interview, _S.FINISHED, at)
        case Step.NO_SHOW:
            return _leave(interview, _S.NO_SHOW, at)
        case Step.REMOVE:
            return _leave(interview, _S.REMOVED, at)
        case Step.REVERSE:
            return _reverse(interview, reason, conference_free)


def allowed(interview: Interview, step: Step, by: SeatKind, *, conference_free: bool = True) -> bool:
    """Whether the step would be taken, given a reason where one is due; what a page shows as a button."""
    try:
        advance(interview, step, by, _ANY_TIME, reason="—", conference_free=conference_free)
    except Refused:
        return False
    return True


def _wait(interview: Interview, at: datetime) -> Interview:
    """Among those waiting: never after the conference is over for the participant (D-11)."""
    if interview.was_over_after_conference:
        raise Refused("was_over", "Участник уже завершал экзамен и не может вернуться к ожидающим.")
    return replace(interview, state=_S.WAITING, waiting_since=at)


def _enter(interview: Interview, state: InterviewState, conference_free: bool) -> Interview:
    """Into the conference: one participant at a time (D-10)."""
    if not conference_free:
        raise Refused("conference_taken", "В аудитории сейчас другой участник.")
    return replace(interview, state=state)


def _leave(interview: Interview, state: InterviewState, at: datetime) -> Interview:
    """Out, with the way back remembered, and for good if it was out of the conference (D-11)."""
    return replace(
        interview,
        state=state,
        ended_at=at,
        before_exit=interview.state,
        was_over_after_conference=interview.was_over_after_conference or interview.state in IN_CONFERENCE,
    )


def _reverse(interview: Interview, reason: str | None, conference_free: bool) -> Interview:
    """Back to where the exit came from, with a reason of 1 to 500 characters."""
    text = (reason or "").strip()
    if not text:
        raise Refused("reason_missing", "Укажите причину отмены.")
    if len(text) > REASON_LIMIT:
        raise Refused("reason_too_long", f"Причина длиннее {REASON_LIMIT} знаков. Сократите её.")
    target = interview.before_exit
    if target is None:
        raise Refused("not_now", _NOT_NOW[Step.REVERSE])
    if target not in IN_CONFERENCE and interview.was_over_after_conference:
        raise Refused("was_over", "Участник уже завершал экзамен и не может вернуться к ожидающим.")
    back = replace(interview, before_exit=None, ended_at=None)
    return _enter(back, target, conference_free) if target in IN_CONFERENCE else replace(back, state=target)
