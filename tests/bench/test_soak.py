"""`bench.soak`: its sums, and a short run against a real node."""

import random
from collections.abc import Callable
from typing import Any

import pytest

from bench import unrest
from bench.endpoint import Inlet
from bench.servers import Connection
from bench.soak import Watch, arguments, left_over, measure, shapes, slope
from bench.unrest import TROUBLES, UNDER_WAY, Voices, broken_reports, garbage


def test_the_slope_is_that_of_the_straight_line() -> None:
    assert slope([(x / 10, 80 + 3 * x / 10) for x in range(20)]) == pytest.approx(3)
    assert slope([(0.0, 5.0), (1.0, 7.0), (2.0, 5.0)]) == pytest.approx(0)
    assert slope([(0.0, 1.0), (1.0, 2.0)]) is None
    assert slope([(1.0, 1.0)] * 5) is None


def test_a_slope_is_told_an_hour_and_without_the_warm_up() -> None:
    samples = [{"at": 60.0 * n, "rss_mib": 50.0 if n < 5 else 100.0 + n} for n in range(30)]
    assert Watch(0.0, samples).slope("rss_mib", 300.0) == pytest.approx(60)


def test_only_what_there_is_more_of_is_left_over() -> None:
    before = {"tasks": 8, "files": 6, "sockets": None, "threads": 3, "children": 1, "conferences": 0}
    after = {**before, "tasks": 9, "threads": 2}
    assert left_over(before, before) == {}
    assert left_over(before, after) == {"tasks": 1}


def test_thin_pictures_and_a_full_voice() -> None:
    sent = shapes(1.0, 0.1)
    assert sent["voice"].frames == 50
    assert sent["camera"].frames == pytest.approx(2.975)


# voices


class Sent:
    """As much of an outlet as is counted."""

    packets = 0


class Line:
    """A voice from one connection to another, without their endpoints."""

    outlet: Any

    def __init__(self) -> None:
        self.outlet = Sent()
        self.inlet = Inlet("audio")
        nowhere: Any = None
        self.source = Connection(nowhere, {"voice": self.outlet})
        self.sink = Connection(nowhere, {}, {"participant-voice": self.inlet})

    def carry(self, sent: int, came: int, lost: int = 0) -> None:
        self.outlet.packets += sent
        self.inlet.packets += came
        self.inlet.lost += lost


@pytest.mark.parametrize("disturbed", [lambda line: line.source, lambda line: line.sink])
async def test_a_voice_counts_until_something_happens_to_either_end(
    disturbed: Callable[[Line], Connection],
) -> None:
    voices, line = Voices(), Line()
    line.carry(100, 20, 3)  # before
    voices.begin([(line.outlet, line.inlet)])
    line.carry(500, 500)
    voices.begin([(line.outlet, line.inlet)])  # it goes on
    line.carry(500, 499, 1)
    await voices.end(disturbed(line))
    line.carry(100, 0, 9)  # afterwards
    await voices.end(disturbed(line))
    assert (voices.packets, voices.lost, voices.missing) == (999, 1, 0)


async def test_a_voice_that_no_longer_comes_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unrest, "DRAIN", 0.0)
    voices, line = Voices(), Line()
    voices.begin([(line.outlet, line.inlet)])
    line.carry(1000, 700)
    await voices.end(line.sink)
    assert (voices.lost, voices.missing) == (0, 300 - UNDER_WAY)


def test_garbage_is_of_every_kind_and_never_the_same() -> None:
    chance = random.Random(1)
    one, other = garbage(chance), garbage(chance)
    assert {data[0] >> 6 for data in one if data} >= {0, 2}
    assert one != other
    assert all(127 < data[0] < 192 for data in broken_reports(chance))


# a run


async def test_in_a_short_run_everything_happens_and_nothing_is_left() -> None:
    short = "--minutes 0.2 --rooms 2 --interview 3 --most-slope 100000"
    found = await measure(arguments(short.split()))
    assert found["left_over"] == {}
    assert found["log"]["tracebacks"] == 0
    assert found["exit_status"] == 0
    assert set(found["counts"]) >= {*TROUBLES, "conferences", "interviews", "servers", "listeners_broken_off"}
    assert found["counts"]["interviews"] >= 2
    assert found["voices"]["packets"] > 500
    assert found["recorded"]["files"] >= 5 * 2
    assert found["events"]["seat connected"] >= 4
    assert found["slope_mib_per_hour"]["node"]["after_warm_up"] is not None
    assert len(found["samples"]) >= 2
