"""The result of a rehearsal, by what the page says and what the server measured."""

import pytest

from server.exam.rehearsal import Line, Outcome, Problem, Second, judge

SPOKEN = Second(voice_dbfs=-30.0, picture_kbps=300.0, rtt_ms=40.0)
GOOD = Line(connected=True, seconds=(SPOKEN,) * 5)


def test_everything_good_is_ready() -> None:
    assert judge("ok", "ok", GOOD).outcome is Outcome.READY


@pytest.mark.parametrize(
    "camera, microphone, problem",
    [
        ("ok", "silent", Problem.SILENT),
        ("ok", "quiet", Problem.SOUND),
        ("ok", "noisy", Problem.SOUND),
        ("ok", "clipping", Problem.SOUND),
        ("ok", "denied", Problem.MICROPHONE),
        ("ok", "none", Problem.MICROPHONE),
        ("denied", "ok", Problem.CAMERA),
        ("busy", "ok", Problem.CAMERA),
    ],
)
def test_a_device_that_is_not_fit_is_named(camera: str, microphone: str, problem: Problem) -> None:
    found = judge(camera, microphone, GOOD)
    assert (found.outcome, found.problems) == (Outcome.UNFIT, (problem,))
    assert judge(camera, microphone, None).problems == (problem,), "also where the line was not tested"


@pytest.mark.parametrize("dbfs", [None, -127.0, -90.0, -58.1])
def test_a_page_that_calls_silence_good_is_not_believed(dbfs: float | None) -> None:
    """The page may say what it likes: what arrives is silence."""
    silence = Line(connected=True, seconds=(Second(voice_dbfs=dbfs, picture_kbps=300.0),) * 5)
    found = judge("ok", "ok", silence)
    assert (found.outcome, found.problems) == (Outcome.UNFIT, (Problem.VOICE_LOST,))


def test_one_spoken_second_is_a_voice() -> None:
    seconds = (*(Second(voice_dbfs=-127.0, picture_kbps=300.0),) * 4, SPOKEN)
    assert judge("ok", "ok", Line(connected=True, seconds=seconds)).outcome is Outcome.READY


def test_without_any_measured_second_nothing_has_arrived() -> None:
    found = judge("ok", "ok", Line(connected=True))
    assert found.problems == (Problem.VOICE_LOST, Problem.PICTURE_LOST)


def test_a_connection_that_did_not_come_about_is_one_problem() -> None:
    assert judge("ok", "ok", Line(connected=False, seconds=(SPOKEN,))).problems == (Problem.CONNECTION,)


def test_a_slow_or_lossy_line_is_weak_and_a_single_late_answer_is_not() -> None:
    slow = Second(voice_dbfs=-30.0, picture_kbps=300.0, rtt_ms=900.0)
    lossy = Second(voice_dbfs=-30.0, picture_kbps=300.0, voice_loss=0.2)
    assert judge("ok", "ok", Line(True, (SPOKEN, slow, slow))).problems == (Problem.WEAK,)
    assert judge("ok", "ok", Line(True, (lossy,) * 3)).problems == (Problem.WEAK,)
    assert judge("ok", "ok", Line(True, (SPOKEN, SPOKEN, slow))).outcome is Outcome.READY


def test_an_untested_line_is_never_called_ready() -> None:
    assert judge("ok", "ok", None).outcome is Outcome.UNTESTED
