"""Guessing is slowed down, and nobody's guessing slows down an owner."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.access import devices, throttle
from server.access.throttle import FIRST_TRIES, FLOOD, POLICIES, Counter, Tally, Trier

SECRET = b"s" * 32
NOON = datetime(2026, 2, 11, 9, tzinfo=UTC)
SCHOOL = "203.0.113.7"


@dataclass
class Counters:
    """Counters in memory, used as `server.store.attempts` uses them."""

    kept: dict[str, Tally] = field(default_factory=dict)

    def fail(self, who: Trier, now: datetime = NOON, *, totp: bool = False) -> timedelta:
        keys = throttle.keys(SECRET, who, totp=totp)
        tallies = {kind: self.kept.get(key, Tally(0, now)) for kind, key in keys.items()}
        wait = throttle.wait(tallies, now)
        if not wait:
            self.kept |= {keys[kind]: throttle.after_attempt(tally, now) for kind, tally in tallies.items()}
        return wait

    def waits(self, who: Trier, now: datetime = NOON, *, totp: bool = False) -> bool:
        keys = throttle.keys(SECRET, who, totp=totp)
        return bool(
            throttle.wait({kind: self.kept.get(key, Tally(0, now)) for kind, key in keys.items()}, now)
        )


def test_a_thousand_guesses_from_everywhere_do_not_stop_the_owners_browser() -> None:
    counters = Counters()
    for number in range(1000):
        counters.fail(Trier("anna", f"198.51.{number // 250}.{number % 250}"))
        counters.fail(Trier("anna", f"198.51.{number // 250}.{number % 250}"), totp=True)
    assert not counters.waits(Trier("anna", SCHOOL, device="hers"))
    assert not counters.waits(Trier("anna", SCHOOL, device="hers"), totp=True)
    assert not counters.waits(Trier("anna", SCHOOL))


def test_a_guesser_behind_the_schools_address_stops_neither_owners_nor_colleagues() -> None:
    counters = Counters()
    for _ in range(1000):
        counters.fail(Trier("anna", SCHOOL))
    assert counters.waits(Trier("anna", SCHOOL))
    assert not counters.waits(Trier("anna", SCHOOL, device="hers"))
    assert not counters.waits(Trier("boris", SCHOOL))


def test_a_guesser_of_everybody_leaves_each_colleague_first_tries() -> None:
    counters = Counters()
    for number in range(200):
        counters.fail(Trier(f"login{number}", SCHOOL))
    tries = [counters.fail(Trier("boris", SCHOOL)) for _ in range(FIRST_TRIES + 1)]
    assert tries[:FIRST_TRIES] == [timedelta()] * FIRST_TRIES
    assert timedelta() < tries[FIRST_TRIES] <= POLICIES["address"].longest


def test_spraying_one_password_over_many_logins_is_slowed_down() -> None:
    counters = Counters()
    looked_at = 0
    for _ in range(10):
        for number in range(50):
            looked_at += not counters.fail(Trier(f"login{number}", SCHOOL))
    assert looked_at == 50 * FIRST_TRIES


def test_a_flood_from_one_address_is_stopped_and_known_browsers_there_are_not() -> None:
    counters = Counters()
    looked_at = sum(not counters.fail(Trier(f"login{number}", SCHOOL)) for number in range(5000))
    assert looked_at == FLOOD
    assert counters.waits(Trier("boris", SCHOOL))
    assert not counters.waits(Trier("boris", SCHOOL, device="his"))
    assert not counters.waits(Trier("boris", "198.51.100.1"))


def test_a_known_device_is_not_free_to_guess() -> None:
    counters = Counters()
    done = sum(not counters.fail(Trier("anna", SCHOOL, device="hers")) for _ in range(100))
    assert done == POLICIES["device"].free


def test_guessing_totp_from_everywhere_ends_and_printed_codes_still_work() -> None:
    counters = Counters()
    done = sum(not counters.fail(Trier("anna", f"198.51.100.{number}"), totp=True) for number in range(250))
    assert done == POLICIES["totp"].free
    assert counters.waits(Trier("anna", SCHOOL), totp=True)
    assert not counters.waits(Trier("anna", SCHOOL), totp=False)


@given(st.sampled_from(sorted(POLICIES)), st.integers(0, 10**9))
def test_waiting_grows_and_has_an_end(counter: Counter, failures: int) -> None:
    policy = POLICIES[counter]
    wait = policy.wait(failures)
    assert timedelta() <= wait <= policy.longest
    assert wait <= policy.wait(failures + 1)
    assert bool(wait) == (failures >= policy.free)


def test_counters_are_forgotten_when_nobody_adds_to_them() -> None:
    tally = Tally(10**6, NOON)
    late = NOON + throttle.FORGOTTEN_AFTER
    assert not throttle.wait({"device": tally}, late)
    assert throttle.after_attempt(tally, late) == Tally(1, late)


def test_counters_tell_nobody_login_or_address() -> None:
    for key in throttle.keys(SECRET, Trier("anna", SCHOOL), totp=True).values():
        assert "anna" not in key
        assert SCHOOL not in key


@pytest.mark.parametrize(
    "one, other, same",
    [
        ("203.0.113.7", "203.0.113.8", False),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("::ffff:203.0.113.7", "203.0.113.7", True),
        ("fe80::1%eth0", "fe80::2", True),
        ("garbage", "", True),
    ],
)
def test_an_address_stands_for_one_household(one: str, other: str, same: bool) -> None:
    assert (throttle.network(one) == throttle.network(other)) is same


def test_a_device_is_known_for_the_logins_that_signed_in_there() -> None:
    cookie = devices.with_login(SECRET, None, "anna", NOON)
    device = devices.known(SECRET, cookie, "anna", NOON)
    assert device is not None
    assert devices.known(SECRET, cookie, "boris", NOON) is None
    both = devices.with_login(SECRET, cookie, "boris", NOON)
    assert devices.known(SECRET, both, "anna", NOON) == devices.known(SECRET, both, "boris", NOON) == device


@pytest.mark.parametrize("cookie", [None, "", "x", "й", "gAAAAA" + "A" * 100])
def test_a_made_up_device_is_unknown(cookie: str | None) -> None:
    assert devices.known(SECRET, cookie, "anna", NOON) is None
    assert devices.known(b"t" * 32, devices.with_login(SECRET, None, "anna", NOON), "anna", NOON) is None


def test_a_device_is_forgotten_after_its_time() -> None:
    cookie = devices.with_login(SECRET, None, "anna", NOON)
    assert devices.known(SECRET, cookie, "anna", NOON + devices.LIFE - timedelta(days=1)) is not None
    assert devices.known(SECRET, cookie, "anna", NOON + devices.LIFE + timedelta(days=1)) is None
