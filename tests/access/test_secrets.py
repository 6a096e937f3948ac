"""Passwords, TOTP, passkeys' challenges, sealed values."""

import asyncio
from datetime import UTC, datetime, timedelta
from unicodedata import normalize

import pyotp
import pytest
from argon2 import PasswordHasher
from hypothesis import given
from hypothesis import strategies as st

from server.access import sealed, totp
from server.access.passkeys import CHALLENGE_LIFE, Passkeys
from server.access.passwords import LONGEST, QUEUE, SHORTEST, Passwords, check_new
from server.access.totp import STEP
from server.errors import Refused, TooSoon

SECRET = b"s" * 32
APP_SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
NOON = datetime(2026, 2, 11, 9, tzinfo=UTC)
GOOD = "тихий зелёный чайник"


def later(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


async def test_a_password_is_known_again_however_the_keyboard_composes_it() -> None:
    passwords = Passwords()
    hashed = await passwords.hash(normalize("NFD", GOOD))
    assert hashed.startswith("$argon2id$")
    assert GOOD not in hashed
    assert await passwords.verify(hashed, normalize("NFC", GOOD))
    assert not await passwords.verify(hashed, GOOD + " ")
    assert not await passwords.verify(None, GOOD)
    assert not await passwords.verify("garbage", GOOD)


async def test_what_comes_after_the_longest_password_still_counts() -> None:
    passwords = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    hashed = await passwords.hash("x" * LONGEST)
    assert not await passwords.verify(hashed, "x" * (LONGEST + 1))


async def test_for_nobody_a_hash_of_the_same_costs_is_computed(monkeypatch: pytest.MonkeyPatch) -> None:
    computed: list[str] = []
    verify = PasswordHasher.verify

    def watched(self: PasswordHasher, hashed: str, password: str) -> bool:
        computed.append(hashed.rsplit("$", 2)[0])
        return verify(self, hashed, password)

    monkeypatch.setattr(PasswordHasher, "verify", watched)
    passwords = Passwords()
    await passwords.verify(None, GOOD)
    await passwords.verify(await passwords.hash("что-то другое"), GOOD)
    assert len(computed) == 2
    assert computed[0] == computed[1]


async def test_a_flood_of_passwords_is_sent_away_and_the_next_is_looked_at() -> None:
    passwords = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    results = await asyncio.gather(
        *(passwords.verify(None, GOOD) for _ in range(QUEUE + 20)), return_exceptions=True
    )
    assert 0 < sum(isinstance(result, TooSoon) for result in results) <= 20
    assert await passwords.verify(await passwords.hash(GOOD), GOOD)


async def test_hashes_of_other_costs_are_outdated() -> None:
    weak = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    passwords = Passwords()
    assert passwords.outdated(await Passwords(weak).hash(GOOD))
    assert not passwords.outdated(await passwords.hash(GOOD))


@pytest.mark.parametrize(
    "password, code",
    [
        ("x" * (SHORTEST - 1), "password_short"),
        ("абвг" * 40, "password_long"),
        ("Ivanova.Maria", "password_login"),
        ("ivanova.maria2026", "password_login"),
        ("1234567890", "password_common"),
        ("ЙЦУКЕНГШЩЗ", "password_common"),
        ("аааааааааааа", "password_common"),
    ],
)
def test_a_bad_password_is_refused_with_what_is_wrong(password: str, code: str) -> None:
    with pytest.raises(Refused) as refused:
        check_new(password, "ivanova.maria")
    assert refused.value.code == code


def test_a_phrase_is_a_good_password() -> None:
    check_new(GOOD, "ivanova")


def test_a_totp_code_of_the_step_before_or_after_is_taken_and_others_are_not() -> None:
    secret = totp.new_secret()
    code = pyotp.TOTP(secret).at(int(NOON.timestamp()))
    for seconds, right in ((-61, False), (-STEP, True), (0, True), (STEP, True), (2 * STEP, False)):
        assert (totp.step_of(secret, code, later(seconds), last=None) is not None) is right


def test_a_totp_code_is_never_taken_twice_nor_an_older_one_after_it() -> None:
    secret = totp.new_secret()
    app, at = pyotp.TOTP(secret), int(NOON.timestamp())
    step = totp.step_of(secret, app.at(at), NOON, last=None)
    assert step is not None
    assert totp.step_of(secret, app.at(at), NOON, last=step) is None
    assert totp.step_of(secret, app.at(at - STEP), NOON, last=step) is None
    assert totp.step_of(secret, app.at(at + STEP), NOON, last=step) == step + 1


@given(st.text(max_size=40) | st.text("0123456789 ٣²", min_size=5, max_size=8))
def test_whatever_is_typed_for_totp_is_refused_quietly(text: str) -> None:
    secret = APP_SECRET
    found = totp.step_of(secret, text, NOON, last=None)
    assert found is None or len("".join(text.split())) == 6


def test_the_database_alone_gives_no_totp_codes() -> None:
    secret = totp.new_secret()
    kept = totp.seal(SECRET, secret, NOON)
    assert secret not in kept
    assert len(kept) <= 200
    assert totp.unseal(SECRET, kept, later(10**8)) == secret
    assert totp.unseal(b"t" * 32, kept, NOON) is None


def test_the_picture_holds_the_address_for_applications() -> None:
    uri = totp.address(APP_SECRET, "ivanova", "Итоговое собеседование")
    assert uri.startswith("otpauth://totp/")
    assert f"secret={APP_SECRET}" in uri
    assert totp.picture(uri).startswith("data:image/svg+xml")


def test_what_is_sealed_is_opened_in_time_for_its_purpose_by_its_server_only() -> None:
    text = sealed.seal(SECRET, "one", {"ключ": [1, 2]}, NOON)
    assert sealed.unseal(SECRET, "one", text, later(10), seconds=10) == {"ключ": [1, 2]}
    assert sealed.unseal(SECRET, "one", text, later(11), seconds=10) is None
    assert sealed.unseal(SECRET, "two", text, NOON, seconds=10) is None
    assert sealed.unseal(b"t" * 32, "one", text, NOON, seconds=10) is None
    assert sealed.unseal(SECRET, "one", text[:-3] + "abc", NOON, seconds=10) is None


@pytest.mark.parametrize(
    "url, host, works",
    [
        ("https://exam.school.ru", "exam.school.ru", True),
        ("http://localhost:8080", "localhost", True),
        ("https://192.168.1.5:8443", "192.168.1.5", False),
        ("https://exam.school.ru", "192.168.1.5", False),
        ("https://[2001:db8::1]:8443", "2001:db8::1", False),
    ],
)
def test_passkeys_work_under_the_servers_own_name_only(url: str, host: str, works: bool) -> None:
    assert Passkeys(SECRET, url).work_at(host) is works


def test_passkeys_are_asked_to_verify_their_user() -> None:
    passkeys = Passkeys(SECRET, "https://exam.school.ru")
    new = passkeys.ask_new(1, "ivanova", "Иванова", ["AAAA"], NOON).options
    assert new["rp"]["id"] == "exam.school.ru"
    assert new["authenticatorSelection"]["userVerification"] == "required"
    assert new["excludeCredentials"][0]["id"] == "AAAA"
    assert passkeys.ask(None, (), NOON).options["userVerification"] == "required"


@pytest.mark.parametrize(
    "asked_for, answered_for, wait", [(1, 2, 0.0), (None, 1, 0.0), (1, 1, CHALLENGE_LIFE.total_seconds() + 1)]
)
def test_a_challenge_of_another_account_or_too_old_is_refused(
    asked_for: int | None, answered_for: int, wait: float
) -> None:
    passkeys = Passkeys(SECRET, "https://exam.school.ru")
    ticket = passkeys.ask(asked_for, (), NOON).ticket
    with pytest.raises(Refused, match="passkey_late"):
        passkeys.check({}, ticket, b"", 0, later(wait), account=answered_for)


@pytest.mark.parametrize(
    "answer", [None, "text", [], {}, {"id": 1}, {"id": "AA", "response": {}, "type": "x"}]
)
def test_broken_answers_of_passkeys_are_refused(answer: object) -> None:
    passkeys = Passkeys(SECRET, "https://exam.school.ru")
    ticket = passkeys.ask(None, (), NOON).ticket
    with pytest.raises(Refused, match="passkey_wrong"):
        passkeys.check(answer, ticket, b"", 0, NOON, account=None)
    with pytest.raises(Refused, match="passkey_wrong"):
        passkeys.check_new(answer, passkeys.ask_new(1, "a", "b", (), NOON).ticket, 1, NOON)
