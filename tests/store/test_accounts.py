"""Accounts, one-time codes, signed-in browsers and counters of failures, on both databases."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta

import pytest
from sqlalchemy import select

from server.access.throttle import POLICIES, Trier
from server.errors import NotFound, Refused
from server.store import accounts, attempts, days, logins, one_time, tables
from server.store.database import Store
from server.store.logins import ABSOLUTE, HALFWAY, IDLE, SEEN_EVERY, digest_of
from server.store.records import Account, SignedIn
from tests.store.conftest import NOON, at

SECRET = b"s" * 32
OTHER_SECRET = b"t" * 32


@dataclass(frozen=True)
class Staff:
    store: Store
    school: int
    anna: Account
    boris: Account


async def person(store: Store, school: int | None, name: str) -> int:
    async with store.begin() as session:
        row = tables.Person(
            school_id=school,
            last_name=name,
            first_name="Имя",
            patronymic="",
            position="",
            workplace="",
            employed=True,
            qualifications="",
            phone="",
            email="",
        )
        session.add(row)
        await session.flush()
        return row.id


@pytest.fixture
async def staff(store: Store) -> Staff:
    async with store.begin() as session:
        school = await days.add_school(session, code="1", name="Школа", phone="1", timezone="Europe/Moscow")
    made: list[Account] = []
    for login, standing in (("anna", "organizer"), ("boris", None)):
        person_id = await person(store, school.id, login.title())
        async with store.begin() as session:
            made.append(
                await accounts.create_account(
                    session, person_id, login, "organizer" if standing else None, NOON
                )
            )
    return Staff(store, school.id, made[0], made[1])


async def events(store: Store) -> list[tuple[str, object]]:
    async with store.read() as session:
        rows = (await session.scalars(select(tables.Journal).order_by(tables.Journal.id))).all()
    assert all(row.day_id is None for row in rows)
    return [(row.event, (row.data or {}).get("account")) for row in rows]


async def signed(store: Store, token: str, minutes: float = 0) -> SignedIn | None:
    async with store.read() as session:
        return await accounts.by_login(session, digest_of(token), at(minutes))


async def opened(staff: Staff, *, complete: bool = True) -> str:
    async with staff.store.begin() as session:
        return await logins.open_login(session, staff.anna.id, agent="A", now=NOON, complete=complete)


async def test_a_new_account_has_nothing_to_sign_in_with(staff: Staff) -> None:
    anna = staff.anna
    assert (anna.login, anna.standing, anna.name, anna.school_id) == (
        "anna",
        "organizer",
        "Anna Имя",
        staff.school,
    )
    assert not anna.has_password
    assert anna.awaits_first_codes
    assert not anna.disabled


async def test_a_login_belongs_to_one_person_however_it_is_typed(staff: Staff) -> None:
    third = await person(staff.store, staff.school, "Vera")
    async with staff.store.begin() as session:
        with pytest.raises(Refused, match="login_taken"):
            await accounts.create_account(session, third, " ANNA ", None, NOON)
        with pytest.raises(Refused, match="account_exists"):
            await accounts.create_account(session, staff.anna.person_id, "anna2", None, NOON)
        with pytest.raises(Refused, match="login_form"):
            await accounts.create_account(session, third, "a b", None, NOON)
        with pytest.raises(NotFound):
            await accounts.create_account(session, 999, "vera", None, NOON)
    async with staff.store.read() as session:
        assert await accounts.account_by_login(session, " Anna") == staff.anna
        assert await accounts.accounts_of_school(session, staff.school) == (staff.anna, staff.boris)
        assert await accounts.accounts_of_school(session, staff.school + 1) == ()


async def test_an_invitation_finds_its_account_until_it_is_used_or_replaced(staff: Staff) -> None:
    async with staff.store.begin() as session:
        old = await accounts.invite(session, SECRET, staff.anna.id, NOON)
        code = await accounts.invite(session, SECRET, staff.anna.id, NOON)
    async with staff.store.begin() as session:
        assert await accounts.holder_of(session, SECRET, old, NOON) is None
        assert await accounts.holder_of(session, OTHER_SECRET, code, NOON) is None
        assert await accounts.holder_of(session, SECRET, code.lower().replace("-", " "), NOON) == (
            staff.anna,
            "invitation",
        )
        life = one_time.CODE_LIFE["invitation"]
        assert await accounts.holder_of(session, SECRET, code, NOON + life) is None
        assert await one_time.use_code(session, SECRET, staff.anna.id, code, "invitation", NOON)
        assert not await one_time.use_code(session, SECRET, staff.anna.id, code, "invitation", NOON)
        assert await accounts.holder_of(session, SECRET, code, NOON) is None


async def test_only_digests_of_codes_are_in_the_database(staff: Staff) -> None:
    async with staff.store.begin() as session:
        sheet = await one_time.new_codes(session, SECRET, staff.anna.id, NOON)
    async with staff.store.read() as session:
        kept = (await session.scalars(select(tables.OneTimeCode.digest))).all()
    assert len(kept) == len(sheet) == 10
    assert not any(code in kept or code.replace("-", "") in digest for code in sheet for digest in kept)


async def test_a_printed_code_works_once_for_its_account_and_purpose_only(staff: Staff) -> None:
    async with staff.store.begin() as session:
        first, second = await one_time.new_codes(session, SECRET, staff.anna.id, NOON, 2)
        await one_time.new_codes(session, SECRET, staff.boris.id, NOON, 2)
        use = one_time.use_code
        assert not await use(session, SECRET, staff.boris.id, first, "second_factor", NOON)
        assert not await use(session, SECRET, staff.anna.id, first, "reset", NOON)
        assert await accounts.holder_of(session, SECRET, first, NOON) is None
        assert await use(session, SECRET, staff.anna.id, first, "second_factor", NOON)
        assert not await use(session, SECRET, staff.anna.id, first, "second_factor", NOON)
        assert (await accounts.account(session, staff.anna.id)).codes_left == 1
        assert await use(session, SECRET, staff.anna.id, second, "second_factor", NOON)
        used_up = await accounts.account(session, staff.anna.id)
        assert used_up.codes_left == 0
        assert not used_up.awaits_first_codes
        old, *_ = await one_time.new_codes(session, SECRET, staff.anna.id, NOON)
        await one_time.new_codes(session, SECRET, staff.anna.id, NOON)
        assert not await use(session, SECRET, staff.anna.id, old, "second_factor", NOON)
        assert (await accounts.account(session, staff.anna.id)).codes_left == 10


async def test_of_two_browsers_with_the_same_code_one_gets_in(staff: Staff) -> None:
    async with staff.store.begin() as session:
        (code,) = await one_time.new_codes(session, SECRET, staff.anna.id, NOON, 1)

    async def use() -> bool:
        async with staff.store.begin() as session:
            return await one_time.use_code(session, SECRET, staff.anna.id, code, "second_factor", NOON)

    assert sorted(await asyncio.gather(use(), use())) == [False, True]


async def test_a_login_ends_when_idle_and_at_the_latest_after_a_day(staff: Staff) -> None:
    token = await opened(staff)
    idle = IDLE.total_seconds() / 60
    assert await signed(staff.store, token, idle - 1) is not None
    assert await signed(staff.store, token, idle) is None
    found = await signed(staff.store, token, 1)
    assert found is not None
    assert logins.is_stale(found, NOON + SEEN_EVERY)
    assert not logins.is_stale(found, NOON + SEEN_EVERY - timedelta(seconds=1))
    for minutes in (700.0, 1400.0):
        async with staff.store.begin() as session:
            await logins.touch(session, found.login_id, at(minutes))
    day = ABSOLUTE.total_seconds() / 60
    assert await signed(staff.store, token, day - 1) is not None
    assert await signed(staff.store, token, day) is None


async def test_the_database_holds_no_token(staff: Staff) -> None:
    token = await opened(staff)
    async with staff.store.read() as session:
        row = await session.scalar(select(tables.Login))
    assert row is not None
    assert token not in row.digest
    assert await signed(staff.store, row.digest) is None


async def test_the_second_factor_changes_the_token_and_is_waited_for_briefly(staff: Staff) -> None:
    token = await opened(staff, complete=False)
    half = await signed(staff.store, token)
    assert half is not None
    assert not half.complete
    assert await signed(staff.store, token, HALFWAY.total_seconds() / 60) is None
    async with staff.store.begin() as session:
        new = await logins.complete_login(session, half.login_id, NOON)
    assert await signed(staff.store, token) is None
    whole = await signed(staff.store, new, HALFWAY.total_seconds() / 60)
    assert whole is not None
    assert whole.complete


async def test_signing_out_everywhere_leaves_this_browser_in_if_asked(staff: Staff) -> None:
    one, two = await opened(staff), await opened(staff)
    here = await signed(staff.store, one)
    assert here is not None
    async with staff.store.begin() as session:
        assert len(await logins.logins_of(session, staff.anna.id, NOON)) == 2
        assert await logins.revoke_all(session, staff.anna.id, NOON, but=here.login_id) == 1
    assert await signed(staff.store, one) == here
    assert await signed(staff.store, two) is None
    async with staff.store.begin() as session:
        await logins.revoke_login(session, here.login_id, NOON)
        await logins.revoke_login(session, here.login_id, NOON)
    assert await signed(staff.store, one) is None
    assert [event for event, _ in await events(staff.store)].count("login.revoked") == 2


async def test_a_reset_signs_out_and_frees_what_was_slowed_down(staff: Staff) -> None:
    token = await opened(staff)
    who = Trier("anna", "192.0.2.1")
    async with staff.store.begin() as session:
        while not (await attempts.attempt(session, SECRET, who, NOON)).wait:
            pass
        code = await accounts.reset(session, SECRET, staff.anna.id, NOON, by=staff.boris.id)
        assert not (await attempts.attempt(session, SECRET, who, NOON)).wait
        holder = await accounts.holder_of(session, SECRET, code, NOON)
    assert holder is not None
    assert holder[1] == "reset"
    assert await signed(staff.store, token) is None
    assert ("account.reset", staff.anna.id) in await events(staff.store)


async def test_after_a_reset_no_second_factor_of_before_remains(staff: Staff) -> None:
    async with staff.store.begin() as session:
        await one_time.new_codes(session, SECRET, staff.anna.id, NOON)
        code = await accounts.reset(session, SECRET, staff.anna.id, NOON)
        await accounts.start_anew(session, staff.anna.id, "hash")
        anna = await accounts.account(session, staff.anna.id)
        assert anna.has_password
        assert anna.awaits_first_codes
        assert await accounts.holder_of(session, SECRET, code, NOON) is None


async def test_a_disabled_account_is_out_and_its_codes_open_nothing(staff: Staff) -> None:
    token = await opened(staff)
    async with staff.store.begin() as session:
        code = await accounts.invite(session, SECRET, staff.anna.id, NOON)
        assert (await accounts.disable(session, staff.anna.id, NOON)).disabled
        assert await accounts.holder_of(session, SECRET, code, NOON) is None
        with pytest.raises(Refused, match="account_disabled"):
            await accounts.reset(session, SECRET, staff.anna.id, NOON)
    assert await signed(staff.store, token) is None
    async with staff.store.begin() as session:
        assert not (await accounts.enable(session, staff.anna.id, NOON)).disabled
    assert await signed(staff.store, token) is None


async def test_attempts_of_unknown_browsers_wait_longer_and_longer_but_not_for_ever(staff: Staff) -> None:
    who, now, waited = Trier("anna", "192.0.2.1"), NOON, []
    async with staff.store.begin() as session:
        for _ in range(40):
            wait = (await attempts.attempt(session, SECRET, who, now)).wait
            waited.append(wait)
            now += wait
    longest = POLICIES["pair"].longest
    waits = [wait for wait in waited if wait]
    assert waited[:5] == [timedelta()] * 5
    assert waits == sorted(waits)
    assert waits[0] < waits[-1] == longest


async def test_signing_in_forgives_its_own_counter_only(staff: Staff) -> None:
    anna, boris = Trier("anna", "192.0.2.1"), Trier("boris", "192.0.2.1")
    async with staff.store.begin() as session:
        for _ in range(5):
            await attempts.attempt(session, SECRET, anna, NOON)
            await attempts.attempt(session, SECRET, boris, NOON)
        await attempts.forgive(session, SECRET, boris)
        assert (await attempts.attempt(session, SECRET, anna, NOON)).wait
        assert not (await attempts.attempt(session, SECRET, boris, NOON)).wait


async def test_a_right_password_makes_guessing_the_second_factor_no_cheaper(staff: Staff) -> None:
    who, looked_at = Trier("anna", "192.0.2.1"), 0
    async with staff.store.begin() as session:
        for _ in range(20):
            if (await attempts.attempt(session, SECRET, who, NOON)).wait:
                break
            await attempts.take_back(session, SECRET, who)
            looked_at += not (await attempts.attempt(session, SECRET, who, NOON)).wait
    assert looked_at == POLICIES["pair"].free


async def test_waiting_begins_with_one_attempt_of_many(staff: Staff) -> None:
    who = Trier("anna", "192.0.2.1")
    async with staff.store.begin() as session:
        locks = [(await attempts.attempt(session, SECRET, who, NOON)).locks for _ in range(9)]
    assert locks == [False, False, False, False, True, False, False, False, False]


async def test_many_attempts_at_once_are_all_counted(staff: Staff) -> None:
    async def attempt() -> bool:
        async with staff.store.begin() as session:
            trier = Trier("anna", "192.0.2.1")
            return not (await attempts.attempt(session, SECRET, trier, NOON)).wait

    assert sum(await asyncio.gather(*(attempt() for _ in range(12)))) == POLICIES["pair"].free


async def test_old_counters_and_logins_are_forgotten(staff: Staff) -> None:
    await opened(staff)
    async with staff.store.begin() as session:
        await attempts.attempt(session, SECRET, Trier("anna", "192.0.2.1"), NOON)
        late = NOON + timedelta(days=3)
        await attempts.forget_old(session, late)
        await logins.forget_old(session, late)
        assert (await session.scalars(select(tables.Throttle))).all() == []
        assert (await session.scalars(select(tables.Login))).all() == []


async def test_the_journal_tells_what_happened_without_names(staff: Staff) -> None:
    async with staff.store.begin() as session:
        (code,) = await one_time.new_codes(session, SECRET, staff.boris.id, NOON, 1)
        await one_time.use_code(session, SECRET, staff.boris.id, code, "second_factor", NOON)
        await accounts.invite(session, SECRET, staff.boris.id, NOON)
        await accounts.disable(session, staff.boris.id, NOON)
    assert await events(staff.store) == [
        ("account.created", staff.anna.id),
        ("account.created", staff.boris.id),
        *(
            (event, staff.boris.id)
            for event in ("codes.issued", "code.used", "account.invited", "account.disabled")
        ),
    ]
    async with staff.store.read() as session:
        texts = [str(row.data) for row in await session.scalars(select(tables.Journal))]
    assert not any("Boris" in text or "boris" in text or code in text for text in texts)
