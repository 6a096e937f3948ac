"""The view of a rehearsal's page."""

from datetime import datetime

from server.exam.rehearsal import Rehearsed

from .parts import View, ms


def rehearsal(
    *, planned_at: datetime, come_at: datetime, testable: bool, heard: bool, result: Rehearsed | None
) -> View:
    return {
        "type": "view",
        "phase": "rehearsal",
        "encoders": True,
        "planned_at": ms(planned_at),
        "come_at": ms(come_at),
        "testable": testable,
        "heard": heard,
        "result": None
        if result is None
        else {"outcome": result.outcome.value, "problems": [one.value for one in result.problems]},
    }
