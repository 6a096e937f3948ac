"""The pure parts: limits, ICE servers, phases, names of recordings."""

import base64
import hashlib
import hmac
from dataclasses import replace
from datetime import timedelta

import pytest

from server.exam.interview import InterviewState
from server.signalling import cast, ice
from server.signalling.facts import ParticipantFacts
from server.signalling.limits import Bucket
from server.signalling.views.participant import phase
from tests.signalling.house import MORNING, Exam


def test_bucket_lets_a_burst_through_and_then_the_rate() -> None:
    bucket = Bucket(rate=2, burst=3)
    assert [bucket.take(10.0) for _ in range(4)] == [True, True, True, False]
    assert bucket.take(10.5)
    assert not bucket.take(10.5)
    assert [bucket.take(100.0) for _ in range(4)] == [True, True, True, False]


def test_there_is_no_ice_server_unless_turn_is_configured() -> None:
    assert ice.servers((), "", "seat", MORNING) == []


def test_turn_credentials_are_those_of_coturn_and_expire() -> None:
    (server,) = ice.servers(("turn:turn.school.ru:3478",), "secret", "seat-1", MORNING)
    expiry, seat = server["username"].split(":")
    assert int(expiry) == MORNING.timestamp() + ice.LIFETIME_SECONDS
    assert seat == "seat-1"
    mac = hmac.new(b"secret", server["username"].encode(), hashlib.sha1).digest()
    assert base64.b64decode(server["credential"]) == mac


FACTS = ParticipantFacts(
    state=InterviewState.TESTING, opens_at=MORNING, starts_at=MORNING, school="Школа", phone="+7"
)


@pytest.mark.parametrize(
    "facts,minutes,shown",
    [
        (FACTS, -1, "early"),
        (replace(FACTS, informed=True), -1, "early"),
        (FACTS, 0, "information"),
        (replace(FACTS, informed=True), 0, "test"),
        (replace(FACTS, informed=False), 0, "refused"),
        (replace(FACTS, informed=False), -1, "refused"),
        (replace(FACTS, state=InterviewState.WAITING), -1, "waiting"),
        (replace(FACTS, state=InterviewState.ADMITTED), 0, "interview"),
        (replace(FACTS, state=InterviewState.EXAM), 0, "interview"),
        (replace(FACTS, state=InterviewState.FINISHED), 0, "finished"),
        (replace(FACTS, state=InterviewState.NO_SHOW), 0, "no_show"),
        (replace(FACTS, state=InterviewState.REMOVED), 0, "removed"),
    ],
)
def test_phase_of_a_participant(facts: ParticipantFacts, minutes: int, shown: str) -> None:
    assert phase(facts, MORNING + timedelta(minutes=minutes)) == shown


async def test_names_of_recordings_are_fit_for_files(day: Exam) -> None:
    live = day.live.day
    room = replace(live.rooms[0], number="12/а корпус")
    odd = replace(live, rooms=(room, live.rooms[1]))
    assert cast.recording(odd, day.row("anna"), 3).stem == "2026-02-11_640001_aud-12-а-корпус_int-0001"
