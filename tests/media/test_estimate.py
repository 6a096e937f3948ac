import random
from dataclasses import dataclass, field

import pytest

from bench.relay import CLEAR, Line, Weather
from media.estimate import LEAST, Downlink, Estimate

POLICY = 1_200_000
VOICE = 150  # bytes of a packet


@dataclass
class Publisher:
    """A browser that sends a voice and as much picture as it is granted, over a line, on a clock of its own."""

    line: Line
    estimate: Estimate = field(default_factory=Estimate)
    now: float = 1000.0
    wants: int = 2_000_000
    granted: int = POLICY
    voice: int = 4_294_000_000  # its timestamp, soon to turn
    octets: int = 0
    waits: list[float] = field(default_factory=list)  # of voice packets in the last second
    lost: int = 0
    coming: list[tuple[float, int, int | None]] = field(default_factory=list)

    def seconds(self, count: int) -> list[int]:
        """What is granted at the end of each second."""
        return [self._second() for _ in range(count)]

    def _second(self) -> int:
        rate = min(self.granted, self.wants)
        self.waits, self.lost = [], 0
        budget = 0.0
        for _ in range(50):
            self._send(VOICE, self.voice)
            self.voice = (self.voice + 960) & 0xFFFF_FFFF
            budget += max(0.0, rate / 50 - VOICE * 8)
            while budget >= 1100 * 8:
                budget -= 1100 * 8
                self._send(1100, None)
            self.now += 0.02
            self._receive()
        self.granted = self.estimate.limit(self.now, self.octets, self.lost / 50, POLICY)
        return self.granted

    def _send(self, size: int, timestamp: int | None) -> None:
        departures = self.line.carry(self.now, size)
        self.lost += timestamp is not None and not departures
        self.coming += [(at, size, timestamp) for at in departures]
        if departures and timestamp is not None:
            self.waits.append(departures[0] - self.now)

    def _receive(self) -> None:
        self.coming.sort(key=lambda one: one[0])
        while self.coming and self.coming[0][0] <= self.now:
            at, size, timestamp = self.coming.pop(0)
            self.octets += size
            if timestamp is not None:
                self.estimate.arrived(timestamp, at)


def publisher(weather: Weather = CLEAR) -> Publisher:
    return Publisher(Line(weather, random.Random(1)))


def test_a_good_line_gets_what_the_policy_grants() -> None:
    assert set(publisher(Weather(delay=0.05, jitter=0.03)).seconds(20)) == {POLICY}


@pytest.mark.parametrize("rate", [512, 256, 128])
def test_the_picture_gives_way_before_the_voice_waits_or_is_lost(rate: int) -> None:
    page = publisher()
    page.seconds(5)
    page.line.weather = Weather(rate=rate, delay=0.03)
    page.seconds(6)
    granted = []
    for _ in range(60):
        granted += page.seconds(1)
        assert page.lost == 0
        assert max(page.waits) < 0.3
    assert rate * 600 < sum(granted) / 60 < rate * 1000


def test_a_line_that_recovers_is_used_again() -> None:
    page = publisher()
    page.seconds(3)
    page.line.weather = Weather(rate=256)
    assert page.seconds(10)[-1] < 300_000
    page.line.weather = CLEAR
    assert page.seconds(45)[-1] == POLICY


@pytest.mark.parametrize("part", [0.05, 0.2])
def test_loss_of_the_air_lowers_nothing(part: float) -> None:
    assert set(publisher(Weather(loss=part, delay=0.03)).seconds(20)) == {POLICY}


def test_a_longer_way_is_not_taken_for_a_queue() -> None:
    page = publisher(Weather(delay=0.05))
    page.seconds(5)
    page.line.weather = Weather(delay=0.4)
    assert page.seconds(8)[-1] == POLICY


def test_a_voice_that_paused_begins_a_new_count() -> None:
    page = publisher()
    page.seconds(3)
    page.voice = 7
    assert set(page.seconds(5)) == {POLICY}


def test_the_voice_is_always_granted() -> None:
    page = publisher()
    page.seconds(3)
    page.line.weather = Weather(rate=30)
    assert page.seconds(10)[-1] == LEAST


def test_the_policy_rules_at_once() -> None:
    estimate = Estimate()
    assert estimate.limit(1.0, 0, 0.0, 150_000) == 150_000
    assert estimate.limit(1.1, 500, 0.0, 1_200_000) == 1_200_000


# downlink


def second(line: Downlink, number: int, rate: float, remb: int | None) -> float | None:
    """A second in which `rate` bit/s were sent; what the line carries."""
    if remb is not None:
        line.told(remb)
    line.second(float(number), round(number * rate / 8), POLICY)
    return line.most


def test_a_listener_who_can_take_what_he_gets_limits_nothing() -> None:
    line = Downlink()
    assert {second(line, n, 300_000, 310_000) for n in range(20)} == {None}


def test_an_estimate_below_what_is_sent_limits_it_and_is_forgotten_by_and_by() -> None:
    line = Downlink()
    for n in range(5):
        second(line, n, 1_000_000, 1_100_000)
    limited = second(line, 5, 1_000_000, 500_000)
    assert limited is not None
    assert limited == pytest.approx(450_000)
    found = [second(line, n, 450_000, 500_000) for n in range(6, 40)]
    assert found[0] == pytest.approx(limited * 1.03)
    assert found[-1] is None


def test_what_is_told_while_almost_nothing_is_sent_means_nothing() -> None:
    line = Downlink()
    assert [second(line, n, 20_000, 10_000) for n in range(5)] == [None] * 5


def test_a_listener_always_gets_a_voice() -> None:
    line = Downlink()
    second(line, 0, 1_000_000, None)
    assert second(line, 1, 1_000_000, 1000) == LEAST


def test_a_picture_that_may_come_back_is_not_taken_for_too_much_at_once() -> None:
    """A browser that got little for a minute reckons with little, and with 8 % more each second."""
    line = Downlink()
    second(line, 0, 1_000_000, None)
    assert second(line, 1, 1_000_000, 85_000) == pytest.approx(76_500)
    for n in range(2, 60):
        second(line, n, 50_000, 85_000)
    told = 85_000.0
    for n in range(60, 90):
        most = second(line, n, 400_000, round(told))
        assert most is None or most > 400_000
        told *= 1.08
    assert second(line, 90, 1_000_000, 300_000) == pytest.approx(270_000), "now it has fallen"
