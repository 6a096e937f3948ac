"""The office for tests: people who signed in, and their forms."""

import html
import io
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import ClientResponse, FormData

from server.exam.people import Name, Participant, StaffPerson
from server.http.csrf import token_for
from server.store import accounts, days, logins, participants, staff
from server.store.records import Standing
from tests.signalling.house import Exam


@dataclass
class Browser:
    """Somebody's browser with the cookie of a login."""

    day: Exam
    person: int
    account: int
    cookie: str
    csrf: str
    last: str = field(default="")

    def _headers(self) -> dict[str, str]:
        return {"Cookie": f"login={self.cookie}", "Sec-Fetch-Site": "same-origin"}

    async def get(self, path: str) -> tuple[ClientResponse, str]:
        async with self.day.session.get(
            self.day.url(path), headers=self._headers(), allow_redirects=False
        ) as response:
            self.last = await response.text(errors="replace")
            return response, self.last

    async def page(self, path: str) -> str:
        """A page that must open."""
        response, text = await self.get(path)
        assert response.status == 200, (path, response.status, text[:400])
        return text

    async def post(
        self, path: str, data: Mapping[str, str] | None = None, *, csrf: str | None = None
    ) -> tuple[ClientResponse, str]:
        """A form; the token comes with it."""
        form = {**(data or {}), "csrf": self.csrf if csrf is None else csrf}
        async with self.day.session.post(
            self.day.url(path), data=form, headers=self._headers(), allow_redirects=False
        ) as response:
            return response, await response.text()

    async def send(
        self, path: str, content: Any, *, csrf: str | None = None, name: str = "list.xlsx", **headers: str
    ) -> tuple[ClientResponse, str]:
        """A file."""
        form = FormData()
        body = io.BytesIO(content) if isinstance(content, bytes) else content
        form.add_field("file", body, filename=name, content_type="application/octet-stream")
        url = self.day.url(f"{path}?csrf={self.csrf if csrf is None else csrf}")
        async with self.day.session.post(
            url, data=form, headers={**self._headers(), **headers}, allow_redirects=False
        ) as response:
            return response, await response.text()

    async def saved(self, path: str, data: Mapping[str, str] | None = None) -> str:
        """A form that must be accepted; where it leads."""
        response, text = await self.post(path, data)
        assert response.status == 303, (path, response.status, wrong(text))
        return response.headers["Location"]


def form(text: str, action: str) -> dict[str, str]:
    """The fields of the form with that action as a browser would send them; of the page's first such form."""
    found = re.search(
        rf'<form[^>]*action="{re.escape(action)}(?:\?[^"]*)?"[^>]*>(.*?)</form>', text, re.DOTALL
    )
    assert found is not None, f"no form {action}"
    inner, values = found[1], {}
    for tag in re.findall(r"<input[^>]*>", inner):
        attributes = {key: html.unescape(value) for key, value in re.findall(r'([\w-]+)="([^"]*)"', tag)}
        if "name" not in attributes:
            continue
        if attributes.get("type") == "checkbox" and " checked" not in tag:
            continue
        values[attributes["name"]] = attributes.get("value", "")
    for name, body in re.findall(r'<select[^>]*name="([^"]*)"[^>]*>(.*?)</select>', inner, re.DOTALL):
        chosen = re.search(r'<option value="([^"]*)" selected', body) or re.search(
            r'<option value="([^"]*)"', body
        )
        values[name] = html.unescape(chosen[1]) if chosen else ""
    for name, body in re.findall(r'<textarea[^>]*name="([^"]*)"[^>]*>(.*?)</textarea>', inner, re.DOTALL):
        values[name] = html.unescape(body)
    return values


def wrong(text: str) -> list[str]:
    """The mistakes a page shows beside its fields."""
    return [html.unescape(one) for one in re.findall(r'class="field-error"[^>]*>([^<]*)<', text)]


def plain(text: str) -> str:
    """What a person reads: without tags, with single spaces."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", text)).split())


@dataclass
class Office:
    day: Exam
    school: int
    other_school: int
    organizer: Browser
    second: Browser
    """Another organizer of the same school."""
    stranger: Browser
    """The organizer of the other school."""
    operator: Browser

    def path(self, tail: str = "", *, other: bool = False) -> str:
        return f"/schools/{self.other_school if other else self.school}{tail}"

    async def participant(self, last: str, label: str = "9А", **more: Any) -> int:
        async with self.day.house.store.begin() as session:
            person = Participant(Name(last, "Анна", "Петровна"), label, **more)
            row = await participants.add(session, self.school, person, at=self.day.clock.now())
            return row.id

    async def everybody(self) -> tuple[participants.ParticipantRow, ...]:
        async with self.day.house.store.read() as session:
            return await participants.of_school(session, self.school, archived=True)

    async def person(self, last: str, **more: Any) -> int:
        async with self.day.house.store.begin() as session:
            return (
                await staff.add_person(session, self.school, StaffPerson(Name(last, "Ирина", ""), **more))
            ).id


async def signed_in(day: Exam, school: int | None, login: str, standing: Standing | None) -> Browser:
    """A person with an account whose browser is signed in."""
    now = day.clock.now()
    async with day.house.store.begin() as session:
        person = await staff.add_person(session, school, StaffPerson(Name("Орлова", "Мария", login)))
        account = await accounts.create_account(session, person.id, login, standing, now)
        await accounts.set_password(session, account.id, "argon2")
        token = await logins.open_login(session, account.id, agent="test", now=now, complete=True)
    return Browser(day, person.id, account.id, token, token_for(day.house.secret, token))


@asynccontextmanager
async def office_of(day: Exam) -> AsyncIterator[Office]:
    async with day.house.store.begin() as session:
        own = (await days.load_header(session, day.seeded.day))[0]
        other = await days.add_school(
            session, code="640002", name="Школа № 2", phone="", timezone="Europe/Moscow"
        )
    yield Office(
        day,
        own.id,
        other.id,
        await signed_in(day, own.id, "orlova", "organizer"),
        await signed_in(day, own.id, "petrova", "organizer"),
        await signed_in(day, other.id, "sidorova", "organizer"),
        await signed_in(day, None, "operator", "operator"),
    )
