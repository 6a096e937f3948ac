"""The matrix of addresses and roles, walked as a whole on the running application."""

from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, asynccontextmanager
from dataclasses import dataclass

import pytest

from server import log
from server.exam.people import CommissionRole, Name, StaffPerson
from server.http import access
from server.http.access import Key, Role, Scope
from server.http.csrf import token_for
from server.http.matrix import MATRIX
from server.store import accounts, days, logins, staff
from server.store.records import Standing
from tests.signalling.house import MORNING, Exam

KEYS = sorted(MATRIX)
GUARDED = [key for key in KEYS if not MATRIX[key].everybody]
STRANGER = "stranger"
STANDINGS: dict[Role, Standing] = {Role.ORGANIZER: "organizer", Role.OPERATOR: "operator"}
PEOPLE = (*Role, STRANGER)
"""One account for each role at the school of the test, and one that has none."""


@dataclass(frozen=True)
class Signed:
    """A browser somebody signed in with."""

    cookie: str
    csrf: str


@dataclass
class Gate:
    """The service, and whom its last request was let in as."""

    day: Exam
    browsers: dict[str, Signed]
    school: int
    other_school: int
    other_day: int
    let_in: bool = False

    def path(self, pattern: str, *, foreign: bool = False) -> str:
        school, day = (self.other_school, self.other_day) if foreign else (self.school, self.day.seeded.day)
        known = {"school": school, "day": day, "seat": self.day.seat("examiner"), "format": "csv"}
        parts = [
            str(known.get(part[1:-1], 999999)) if part.startswith("{") else part
            for part in pattern.split("/")
        ]
        return "/".join(parts)

    async def ask(self, who: str | None, key: Key, *, foreign: bool = False, csrf: bool = True) -> int:
        """The status of the answer; `let_in` is whether the request came past the gate."""
        method, pattern = key
        signed = None if who is None else self.browsers[who]
        headers = {"Sec-Fetch-Site": "same-origin"}
        if signed is not None:
            headers["Cookie"] = f"login={signed.cookie}"
            if csrf:
                headers["X-CSRF-Token"] = signed.csrf
        self.let_in = False
        async with self.day.session.request(
            method,
            self.day.url(self.path(pattern, foreign=foreign)),
            headers=headers,
            allow_redirects=False,
        ) as response:
            await response.read()
            return response.status


async def _account(
    day: Exam, school: int | None, login: str, standing: Standing | None
) -> tuple[int, Signed]:
    now = day.clock.now()
    async with day.house.store.begin() as session:
        person = await staff.add_person(session, school, StaffPerson(Name("Ёлкина", "Анна", login)))
        account = await accounts.create_account(session, person.id, login, standing, now)
        token = await logins.open_login(session, account.id, agent="test", now=now, complete=True)
    return person.id, Signed(token, token_for(day.house.secret, token))


@asynccontextmanager
async def _gate(day: Exam) -> AsyncIterator[Gate]:
    store = day.house.store
    async with store.begin() as session:
        own = (await days.load_header(session, day.seeded.day))[0]
        other = await days.add_school(
            session, code="640002", name="Школа № 2", phone="", timezone="Europe/Moscow"
        )
        foreign = await days.add_day(
            session,
            school_id=other.id,
            date=MORNING.date(),
            opens_at=MORNING,
            starts_at=MORNING,
            closes_at=MORNING,
        )
    browsers: dict[str, Signed] = {}
    for role in Role:
        standing = STANDINGS.get(role)
        school = None if role is Role.OPERATOR else own.id
        person, browsers[role] = await _account(day, school, f"{role.value}-one", standing)
        if standing is None:
            async with store.begin() as session:
                await staff.appoint(
                    session, day_id=day.seeded.day, person_id=person, role=CommissionRole(role.value)
                )
    _, browsers[STRANGER] = await _account(day, own.id, "nobody-one", None)
    gate = Gate(day, browsers, own.id, other.id, foreign.id)

    yield gate


@pytest.fixture
async def gate(day: Exam, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Gate]:
    async with _gate(day) as gate:

        def bound(*, account: int) -> AbstractContextManager[None]:
            """What the gate does last before the handler."""
            gate.let_in = True
            return log.bound(account=account)

        monkeypatch.setattr(access, "bound", bound)
        yield gate


async def test_every_address_has_a_rule_and_every_rule_an_address(day: Exam) -> None:
    found = {
        (route.method, route.resource.canonical)
        for route in day.house.app.router.routes()
        if route.resource is not None and route.method != "HEAD"
    }
    assert found == set(MATRIX)


async def test_each_role_comes_in_exactly_where_the_matrix_says(gate: Gate) -> None:
    wrong = []
    for key in GUARDED:
        rule = MATRIX[key]
        for who in PEOPLE:
            status = await gate.ask(who, key)
            may = rule.signed_in or (who in rule.roles)
            if gate.let_in != may or (not may and status not in {403, 404}):
                wrong.append((*key, who, status, gate.let_in))
    assert wrong == []


async def test_somebody_elses_school_does_not_exist(gate: Gate) -> None:
    wrong = []
    for key in GUARDED:
        if MATRIX[key].scope is Scope.SERVER:
            continue
        for who in PEOPLE:
            if who == Role.OPERATOR:
                continue
            status = await gate.ask(who, key, foreign=True)
            if gate.let_in or status != 404:
                wrong.append((*key, who, status))
    assert wrong == []


async def test_nobody_comes_in_without_signing_in(gate: Gate) -> None:
    for key in GUARDED:
        status = await gate.ask(None, key)
        assert not gate.let_in
        assert status == (403 if key[0] == "POST" else 303), key


async def test_no_form_of_another_site_is_obeyed(gate: Gate) -> None:
    for key in GUARDED:
        if key[0] == "POST":
            who = next(one for one in PEOPLE if MATRIX[key].signed_in or one in MATRIX[key].roles)
            assert await gate.ask(who, key, csrf=False) == 403, key


async def test_who_is_taken_out_of_the_commission_is_out_at_once(gate: Gate) -> None:
    key: Key = ("GET", "/days/{day}")
    assert await gate.ask(Role.SPECIALIST, key) == 200
    store, day_id = gate.day.house.store, gate.day.seeded.day
    async with store.begin() as session:
        member = next(
            one for one in await staff.members(session, day_id) if one.role is CommissionRole.SPECIALIST
        )
        await staff.set_away(session, day_id, member.id, MORNING)
    assert await gate.ask(Role.SPECIALIST, key) == 404


async def test_a_signed_out_browser_comes_in_nowhere(gate: Gate) -> None:
    assert await gate.ask(Role.ORGANIZER, ("GET", "/office")) == 200
    async with gate.day.house.store.begin() as session:
        signed = await accounts.account_by_login(session, "organizer-one")
        assert signed is not None
        await logins.revoke_all(session, signed.id, gate.day.clock.now())
    assert await gate.ask(Role.ORGANIZER, ("GET", "/office")) == 303


async def test_the_navigation_shows_only_what_opens(gate: Gate) -> None:
    """The rows of links are the matrix's: whoever sees one may open it."""
    for who in (Role.ORGANIZER, Role.HEAD, Role.SPECIALIST, Role.USHER):
        headers = {"Cookie": f"login={gate.browsers[who].cookie}"}
        async with gate.day.session.get(
            gate.day.url(f"/days/{gate.day.seeded.day}"), headers=headers
        ) as page:
            text = await page.text()
        for pattern in ("/participants", "/commission", "/plan", "/links", "/print", "/deadlines"):
            shown = f'href="/days/{gate.day.seeded.day}{pattern}"' in text
            assert shown == (who in MATRIX["GET", f"/days/{{day}}{pattern}"].roles), (who, pattern)
