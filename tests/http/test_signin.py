"""Signing in over real HTTP: factors, cookies, forms of strangers, waiting, invitations, one's own account."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pyotp
import pytest
from aiohttp.test_utils import make_mocked_request
from yarl import URL

from server.access.throttle import POLICIES
from server.access.totp import STEP
from server.http.forms import own_path
from server.http.request import client_address
from server.organizer import Wanted, establish, reset
from server.settings import Settings
from server.store import accounts, logins
from tests.signalling.house import Exam, Seeded, exam

PASSWORD = "тихий зелёный чайник"
AGENT = "Mozilla/5.0 (Windows NT 10.0) Chrome/140.0"


@dataclass
class Browser:
    """Keeps cookies and fills in forms, as a browser does."""

    day: Exam
    http: aiohttp.ClientSession
    headers: dict[str, str] = field(default_factory=dict)

    async def get(self, path: str) -> tuple[aiohttp.ClientResponse, str]:
        async with self.http.get(self.day.url(path), headers=self.headers, allow_redirects=False) as response:
            return response, await response.text()

    async def post(
        self, path: str, *, page: str | None = None, csrf: str | None = None, **fields: str
    ) -> tuple[aiohttp.ClientResponse, str]:
        """Sends the form of `page`, by default of the path itself, with its token."""
        token = csrf if csrf is not None else hidden((await self.get(page or path))[1], "csrf")
        async with self.http.post(
            self.day.url(path), data={"csrf": token, **fields}, headers=self.headers, allow_redirects=False
        ) as response:
            return response, await response.text()

    async def json(self, path: str, page: str, body: object) -> tuple[int, Any]:
        text = (await self.get(page))[1]
        found = re.search(r'data-csrf="([0-9a-f]+)"|name="csrf" value="([0-9a-f]+)"', text)
        assert found is not None
        headers = {**self.headers, "X-CSRF-Token": found[1] or found[2]}
        async with self.http.post(self.day.url(path), json=body, headers=headers) as response:
            return response.status, await response.json()

    def cookies(self) -> dict[str, str]:
        return {cookie.key: cookie.value for cookie in self.http.cookie_jar}


def hidden(text: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', text)
    assert found is not None, f"no {name} in the page"
    return found[1]


@asynccontextmanager
async def new_browser(day: Exam) -> AsyncIterator[Browser]:
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(cookie_jar=jar, headers={"User-Agent": AGENT}) as http:
        yield Browser(day, http)


@pytest.fixture
async def browser(day: Exam) -> AsyncIterator[Browser]:
    async with new_browser(day) as one:
        yield one


def secret(day: Exam) -> bytes:
    return Settings(data_dir=day.seeded.path.parent).secret()


async def invited(day: Exam, login: str = "ivanova") -> str:
    wanted = Wanted("organizer", login, "Иванова Мария Петровна", school_code="640001")
    return (await establish(day.house.store, secret(day), wanted, day.clock.now()))[1]


async def accepted(browser: Browser, code: str) -> list[str]:
    """The invitation used, the sheet kept; its codes."""
    response, _ = await browser.post("/invitation", code=code, password=PASSWORD, again=PASSWORD)
    assert (response.status, response.headers["Location"]) == (303, "/login/codes")
    _, page = await browser.get("/login/codes")
    codes = re.findall(r'<span class="code">([^<]+)</span>', page)
    response, _ = await browser.post(
        "/login/codes", csrf=hidden(page, "csrf"), ticket=hidden(page, "ticket"), kept="yes"
    )
    assert (response.status, response.headers["Location"]) == (303, "/office")
    return codes


async def signed_in(browser: Browser) -> bool:
    response, _ = await browser.get("/account")
    return response.status == 200


async def password(
    browser: Browser, given: str = PASSWORD, login: str = "ivanova"
) -> tuple[aiohttp.ClientResponse, str]:
    return await browser.post("/login", login=login, password=given)


async def out(browser: Browser) -> None:
    await browser.post("/logout", page="/account")
    assert not await signed_in(browser)


async def test_an_invitation_leads_to_password_codes_and_the_office(day: Exam, browser: Browser) -> None:
    code = await invited(day)
    _, page = await browser.post("/invitation", code=code.lower().replace("-", " "))
    assert "Иванова Мария Петровна" in page
    codes = await accepted(browser, code)
    assert len(set(codes)) == 10
    assert await signed_in(browser)
    assert {"login.opened", "code.used", "account.invited"} <= {event for event, _ in day.journal()}


async def test_an_invitation_works_once(day: Exam, browser: Browser) -> None:
    code = await invited(day)
    await accepted(browser, code)
    async with new_browser(day) as thief:
        response, page = await thief.post("/invitation", code=code)
        assert response.status == 422
        assert "уже использован" in page
        assert not await signed_in(thief)


@pytest.mark.parametrize(
    "new, again, said",
    [
        ("короткий", "короткий", "Пароль короче 10 знаков"),
        (PASSWORD, PASSWORD + "!", "Пароли не совпадают"),
        ("йцукен12345", "йцукен12345", "легко угадать"),
    ],
)
async def test_a_bad_new_password_leaves_the_invitation_unused(
    day: Exam, browser: Browser, new: str, again: str, said: str
) -> None:
    code = await invited(day)
    response, page = await browser.post("/invitation", code=code, password=new, again=again)
    assert response.status == 422
    assert said in page
    await accepted(browser, code)


async def test_codes_that_were_not_ticked_are_not_valid_and_the_login_not_complete(
    day: Exam, browser: Browser
) -> None:
    await browser.post("/invitation", code=await invited(day), password=PASSWORD, again=PASSWORD)
    _, page = await browser.get("/login/codes")
    shown = re.findall(r'<span class="code">([^<]+)</span>', page)
    response, page = await browser.post("/login/codes", ticket=hidden(page, "ticket"))
    assert response.status == 422
    assert not set(shown) & set(re.findall(r'<span class="code">([^<]+)</span>', page))
    assert not await signed_in(browser)


async def test_password_and_a_printed_code_sign_in_and_the_code_is_used_up(
    day: Exam, browser: Browser
) -> None:
    codes = await accepted(browser, await invited(day))
    await out(browser)
    response, _ = await password(browser)
    assert response.headers["Location"] == "/login/second"
    assert not await signed_in(browser)
    response, _ = await browser.post("/login/second", code=codes[0].replace("-", "").lower())
    assert (response.status, response.headers["Location"]) == (303, "/office")
    assert await signed_in(browser)
    await out(browser)
    await password(browser)
    response, page = await browser.post("/login/second", code=codes[0])
    assert response.status == 422
    assert "Код не подошёл" in page
    assert not await signed_in(browser)


async def test_half_a_login_opens_nothing_and_gets_no_codes(day: Exam, browser: Browser) -> None:
    await accepted(browser, await invited(day))
    _, sheet = await browser.post("/account/codes", page="/account", password=PASSWORD)
    await out(browser)
    await password(browser)
    for path in ("/account", "/account/totp", "/login/codes"):
        response, _ = await browser.get(path)
        assert response.status == 303
    response, _ = await browser.post(
        "/login/codes", page="/login/second", ticket=hidden(sheet, "ticket"), kept="yes"
    )
    assert response.headers["Location"] == "/login/second"
    assert not await signed_in(browser)


async def test_the_sheet_of_another_account_is_of_no_use(day: Exam, browser: Browser) -> None:
    async with new_browser(day) as other:
        ticket = hidden(await _first_page_of_another(day, other), "ticket")
    await browser.post("/invitation", code=await invited(day), password=PASSWORD, again=PASSWORD)
    response, _ = await browser.post("/login/codes", ticket=ticket, kept="yes")
    assert response.status == 422
    assert not await signed_in(browser)


async def _first_page_of_another(day: Exam, browser: Browser) -> str:
    wanted = Wanted("organizer", "petrov", "Петров Пётр", school_code="640001")
    code = (await establish(day.house.store, secret(day), wanted, day.clock.now()))[1]
    await browser.post("/invitation", code=code, password=PASSWORD, again=PASSWORD)
    return (await browser.get("/login/codes"))[1]


async def test_the_token_changes_with_the_second_factor(day: Exam, browser: Browser) -> None:
    codes = await accepted(browser, await invited(day))
    await out(browser)
    await password(browser)
    half = browser.cookies()["login"]
    await browser.post("/login/second", code=codes[0])
    assert browser.cookies()["login"] != half
    async with new_browser(day) as thief:
        thief.http.cookie_jar.update_cookies({"login": half}, URL(day.address))
        assert not await signed_in(thief)


async def test_unknown_login_wrong_password_and_disabled_account_get_the_same_answer(
    day: Exam, browser: Browser
) -> None:
    await accepted(browser, await invited(day))
    async with new_browser(day) as other:
        wrong = (await password(other, "совсем не тот пароль"))[1]
        unknown = (await password(other, PASSWORD, "nobody"))[1]
        async with day.house.store.begin() as session:
            account = await accounts.account_by_login(session, "ivanova")
            assert account is not None
            await accounts.disable(session, account.id, day.clock.now())
        disabled = (await password(other))[1]

    def neutral(page: str) -> str:
        return re.sub(r'value="[^"]*"|data-csrf="[^"]*"', "", page)

    assert "не подошли" in wrong
    assert neutral(wrong) == neutral(unknown) == neutral(disabled)
    assert not await signed_in(browser)


async def test_guessers_of_a_login_wait_and_its_owner_does_not(day: Exam, browser: Browser) -> None:
    """Same address: the guesser sits behind the school's own NAT."""
    codes = await accepted(browser, await invited(day))
    await out(browser)
    async with new_browser(day) as guesser:
        statuses = [(await password(guesser, f"пароль номер {n}"))[0].status for n in range(12)]
        free = POLICIES["pair"].free
        assert statuses == [422] * free + [429] * (12 - free)
        response, page = await password(guesser)
        assert response.status == 429
        assert int(response.headers["Retry-After"]) > 0
        assert "организатора" in page
    response, _ = await password(browser)
    assert response.headers["Location"] == "/login/second"
    response, _ = await browser.post("/login/second", code=codes[0])
    assert response.headers["Location"] == "/office"


async def test_a_locked_out_person_is_back_at_once_with_the_organizers_code(
    day: Exam, browser: Browser
) -> None:
    await accepted(browser, await invited(day))
    async with new_browser(day) as elsewhere:
        for n in range(9):
            await password(elsewhere, f"пароль номер {n}")
        assert (await password(elsewhere))[0].status == 429
        code = await reset(day.house.store, secret(day), "ivanova", day.clock.now())
        assert not await signed_in(browser)
        await accepted(elsewhere, code)
        assert await signed_in(elsewhere)


async def test_the_journal_counts_failures_without_names(day: Exam, browser: Browser) -> None:
    await accepted(browser, await invited(day))
    async with new_browser(day) as guesser:
        for n in range(7):
            await password(guesser, f"пароль номер {n}")
        await password(guesser, PASSWORD, "nobody-knows")
    rows = day.journal()
    assert [event for event, _ in rows].count("login.failed") == POLICIES["pair"].free + 1
    assert [event for event, _ in rows].count("login.locked") == 1
    assert not any("ivanova" in str(data) or "nobody" in str(data) for _, data in rows)


async def test_a_form_without_the_pages_token_changes_nothing(day: Exam, browser: Browser) -> None:
    await accepted(browser, await invited(day))
    for token in ("", "0" * 64, "й"):
        response, _ = await browser.post("/logout", csrf=token)
        assert response.status == 403
    async with new_browser(day) as other:
        strange = hidden((await other.get("/login"))[1], "csrf")
        response, page = await other.post("/login", csrf="", login="ivanova", password=PASSWORD)
        assert response.status == 403
        assert "устарела" in page
    assert (await browser.post("/logout", csrf=strange))[0].status == 403
    assert await signed_in(browser)


@pytest.mark.parametrize(
    "headers, passes",
    [
        ({"Sec-Fetch-Site": "same-origin", "Origin": "null"}, True),
        ({"Sec-Fetch-Site": "cross-site"}, False),
        ({"Sec-Fetch-Site": "same-site"}, False),
        ({"Origin": "https://evil.example"}, False),
        ({"Origin": "null"}, True),
        ({}, True),
    ],
)
async def test_a_browser_that_tells_of_another_site_is_believed(
    day: Exam, browser: Browser, headers: dict[str, str], passes: bool
) -> None:
    await accepted(browser, await invited(day))
    browser.headers = headers
    response, _ = await browser.post("/logout", page="/account")
    assert (response.status == 303) is passes


async def test_cookies_are_out_of_reach_of_scripts_and_of_other_sites(day: Exam, browser: Browser) -> None:
    code = await invited(day)
    response, _ = await browser.post("/invitation", code=code, password=PASSWORD, again=PASSWORD)
    text = response.headers["Set-Cookie"]
    assert text.startswith("login=")
    assert {"HttpOnly", "Path=/", "SameSite=Lax"} <= set(text.split("; "))
    assert response.headers["Cache-Control"] == "no-store"


async def test_idle_browsers_are_signed_out_and_busy_ones_after_a_day(day: Exam, browser: Browser) -> None:
    await accepted(browser, await invited(day))
    for _ in range(3):
        day.clock.move(hours=7)
        assert await signed_in(browser)
    day.clock.move(hours=4)
    assert not await signed_in(browser)


async def test_after_signing_in_only_own_addresses_are_gone_to(day: Exam, browser: Browser) -> None:
    codes = await accepted(browser, await invited(day))
    await out(browser)
    response, _ = await browser.post("/login", login="ivanova", password=PASSWORD, next="/days/1?room=2")
    assert response.headers["Location"] == "/login/second?next=%2Fdays%2F1%3Froom%3D2"
    response, _ = await browser.post("/login/second", code=codes[0], next="//evil.example/")
    assert response.headers["Location"] == "/office"


@pytest.mark.parametrize(
    "path", ["//evil", "/\\evil", "https://evil", "evil", "", "/a\nb", "/\tevil", "/a b", "/" + "a" * 600]
)
def test_other_addresses_lead_to_the_office(path: str) -> None:
    assert own_path(path) == "/office"
    assert own_path("/days/1") == "/days/1"


async def test_totp_signs_in_once_per_code(day: Exam, browser: Browser) -> None:
    await accepted(browser, await invited(day))
    _, page = await browser.get("/account/totp")
    found = re.search(r'id="totp-secret">([A-Z2-7]+)<', page)
    assert found is not None
    app = pyotp.TOTP(found[1])
    now = int(day.clock.now().timestamp())
    response, page = await browser.post(
        "/account/totp", ticket=hidden(page, "ticket"), code=app.at(now), password="не мой пароль"
    )
    assert response.status == 422
    response, _ = await browser.post(
        "/account/totp", ticket=hidden(page, "ticket"), code=app.at(now), password=PASSWORD
    )
    assert response.headers["Location"] == "/account?done=totp"
    await out(browser)
    await password(browser)
    assert (await browser.post("/login/second", code=app.at(now)))[0].status == 422
    day.clock.move(seconds=STEP)
    response, _ = await browser.post("/login/second", code=app.at(now + STEP))
    assert response.headers["Location"] == "/office"
    await out(browser)
    await password(browser)
    assert (await browser.post("/login/second", code=app.at(now + STEP)))[0].status == 422


async def test_changing_the_password_signs_other_browsers_out(day: Exam, browser: Browser) -> None:
    codes = await accepted(browser, await invited(day))
    async with new_browser(day) as other:
        await password(other)
        await other.post("/login/second", code=codes[0])
        assert await signed_in(other)
        new = "ещё один длинный пароль"
        response, page = await browser.post(
            "/account/password", page="/account", old="не тот", new=new, again=new
        )
        assert response.status == 422
        assert "Нынешний пароль не подошёл" in page
        response, _ = await browser.post(
            "/account/password", page="/account", old=PASSWORD, new=new, again=new
        )
        assert response.headers["Location"] == "/account?done=password"
        assert await signed_in(browser)
        assert not await signed_in(other)
        assert (await password(other, new))[0].status == 303


async def test_new_codes_replace_the_old_ones_only_when_kept(day: Exam, browser: Browser) -> None:
    codes = await accepted(browser, await invited(day))
    _, page = await browser.post("/account/codes", page="/account", password=PASSWORD)
    fresh = re.findall(r'<span class="code">([^<]+)</span>', page)
    form = {"csrf": hidden(page, "csrf"), "ticket": hidden(page, "ticket")}
    await out(browser)
    await password(browser)
    assert (await browser.post("/login/second", code=fresh[0]))[0].status == 422
    assert (await browser.post("/login/second", code=codes[0]))[0].status == 303
    response, _ = await browser.post(
        "/account/codes/keep", page="/account", ticket=form["ticket"], kept="yes"
    )
    assert response.headers["Location"] == "/account?done=codes"
    await out(browser)
    await password(browser)
    assert (await browser.post("/login/second", code=codes[1]))[0].status == 422
    assert (await browser.post("/login/second", code=fresh[1]))[0].status == 303


async def test_who_used_up_the_sheet_gets_no_new_one_for_the_password_alone(
    day: Exam, browser: Browser
) -> None:
    codes = await accepted(browser, await invited(day))
    for code in codes:
        await out(browser)
        await password(browser)
        assert (await browser.post("/login/second", code=code))[0].status == 303
    await out(browser)
    response, _ = await password(browser)
    assert response.headers["Location"] == "/login/second"
    _, page = await browser.get("/login/second")
    assert "закончились" in page
    assert (await browser.get("/login/codes"))[0].status == 303


async def test_a_passkey_nobody_has_opens_nothing(day: Exam, browser: Browser) -> None:
    status, asked = await browser.json("/login/passkey/options", "/login", {})
    assert status == 200
    for answer in (None, {"id": "x"}, {"id": "x", "response": {}}, "text"):
        status, said = await browser.json(
            "/login/passkey", "/login", {"answer": answer, "ticket": asked["ticket"]}
        )
        assert (status, said["code"]) == (422, "passkey_unknown")
    assert not await signed_in(browser)


async def test_the_network_sees_no_password(day: Exam, browser: Browser) -> None:
    """By plain HTTP under a name that is not this machine's own."""
    browser.headers = {"Host": "exam.school.example"}
    response, page = await browser.get("/login")
    assert "password" not in re.findall(r'type="(\w+)"', page)
    response, page = await browser.post(
        "/login",
        csrf=hidden(page, "csrf") if 'name="csrf"' in page else "",
        login="ivanova",
        password=PASSWORD,
    )
    assert response.status in {403, 422}


async def test_after_the_wait_the_guess_is_looked_at_again(day: Exam) -> None:
    async with new_browser(day) as guesser:
        for n in range(5):
            await password(guesser, f"пароль номер {n}")
        last = (await password(guesser, "шестой пароль"))[0]
        assert last.status == 429
        day.clock.move(seconds=int(last.headers["Retry-After"]))
        assert (await password(guesser, "ещё один"))[0].status == 422
        assert (await password(guesser, "и ещё один"))[0].status == 429
        assert POLICIES["pair"].longest <= timedelta(minutes=15)


async def test_by_https_the_cookies_are_the_hosts_own(seeded: Seeded, tmp_path: Path) -> None:
    """A cookie another site could have set, without the prefix, signs nobody in."""
    proxied = {"X-Forwarded-Proto": "https"}
    async with exam(seeded, tmp_path, trust_proxy=True) as day:
        await invited(day)
        async with day.house.store.begin() as session:
            account = await accounts.account_by_login(session, "ivanova")
            assert account is not None
            token = await logins.open_login(session, account.id, agent="", now=day.clock.now(), complete=True)
        async with day.session.get(day.url("/login"), headers=proxied) as response:
            parts = set(response.headers["Set-Cookie"].split("; "))
        assert {"HttpOnly", "Secure", "Path=/", "SameSite=Lax"} <= parts
        assert not any(part.startswith("Domain") for part in parts)
        assert any(part.startswith("__Host-before=") for part in parts)
        for name, status in (("login", 303), ("__Host-login", 200)):
            headers = proxied | {"Cookie": f"{name}={token}"}
            async with day.session.get(
                day.url("/account"), headers=headers, allow_redirects=False
            ) as response:
                assert response.status == status


@pytest.mark.parametrize(
    "trust, forwarded, seen",
    [
        (False, "203.0.113.9", "127.0.0.1"),
        (True, "203.0.113.9", "203.0.113.9"),
        (True, "198.51.100.1, 203.0.113.9", "203.0.113.9"),
        (True, "", "127.0.0.1"),
    ],
)
def test_the_proxys_word_for_the_address_counts_only_where_there_is_a_proxy(
    trust: bool, forwarded: str, seen: str
) -> None:
    request = make_mocked_request("GET", "/", headers={"X-Forwarded-For": forwarded})
    assert client_address(request.clone(remote="127.0.0.1"), Settings(trust_proxy=trust)) == seen
