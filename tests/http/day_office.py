"""The office as its tests use it: the running service, an organizer's browser, a school that can hold a day."""

import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from server.exam.people import CommissionRole, Document, DocumentKind, Name, Participant, StaffPerson
from server.exam.profile_parts import Category, Ground
from server.http.csrf import token_for
from server.store import accounts, days, logins, participants, staff, tables
from server.store.plan_inputs import Book, load_book
from server.store.records import Standing
from tests.signalling.house import MORNING, Exam

PEOPLE = (
    "Абрамова Дарья",
    "Ким Алексей",
    "Ермаков Тимофей",
    "Гусева Полина",
    "Новиков Глеб",
    "Щербаков Матвей",
)
PUPIL = Participant(
    Name("", ""),
    "9А",
    document=Document(DocumentKind.PASSPORT, "6800", "123456"),
    ground=Ground.DISTANCE_TAUGHT,
    applied_on=date(2026, 1, 20),
    consent_on=date(2026, 1, 20),
)


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes
    location: str

    @property
    def text(self) -> str:
        return self.body.decode(errors="replace")

    @property
    def words(self) -> str:
        """The page's text without its tags."""
        plain = re.sub(r"<(script|style|svg)\b.*?</\1>", " ", self.text, flags=re.DOTALL)
        return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", plain)).split())


@dataclass
class Browser:
    """Somebody's browser, signed in."""

    day: Exam
    cookie: str
    csrf: str

    async def get(self, path: str, **headers: str) -> Answer:
        return await self._ask("GET", path, None, headers)

    async def post(
        self, path: str, fields: Mapping[str, Any] | Sequence[tuple[str, Any]], **headers: str
    ) -> Answer:
        pairs = list(fields.items()) if isinstance(fields, Mapping) else list(fields)
        return await self._ask("POST", path, [(key, str(value)) for key, value in pairs], headers)

    async def _ask(
        self, method: str, path: str, data: list[tuple[str, str]] | None, headers: Mapping[str, str]
    ) -> Answer:
        sent = {
            "Cookie": f"login={self.cookie}",
            "Sec-Fetch-Site": "same-origin",
            "Sec-Fetch-Dest": "document",
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        if data is not None:
            data = [("csrf", self.csrf), *data]
        async with self.day.session.request(
            method, self.day.url(path), data=data, headers=sent, allow_redirects=False
        ) as response:
            return Answer(response.status, await response.read(), response.headers.get("Location", ""))


async def sign_in(day: Exam, person_id: int, login: str, standing: Standing | None = None) -> Browser:
    now = day.clock.now()
    async with day.house.store.begin() as session:
        account = await accounts.create_account(session, person_id, login, standing, now)
        token = await logins.open_login(session, account.id, agent="test", now=now, complete=True)
    return Browser(day, token, token_for(day.house.secret, token))


async def sign_in_again(day: Exam, person_id: int) -> Browser:
    async with day.house.store.begin() as session:
        account = await accounts.account_of_person(session, person_id)
        assert account is not None
        token = await logins.open_login(session, account.id, agent="test", now=day.clock.now(), complete=True)
    return Browser(day, token, token_for(day.house.secret, token))


@dataclass
class School:
    """The school of the seeded day with people of its own, and its organizer's browser."""

    day: Exam
    id: int
    organizer: Browser
    people: dict[str, int]
    """Participants by surname."""
    staff: dict[str, int]

    async def appoint_day(self, on: str = "2026-03-11") -> int:
        answer = await self.organizer.post(f"/schools/{self.id}/days", {"date": on, "start": "09:00"})
        assert answer.status == 303, answer.words
        return int(answer.location.split("/")[2])

    async def ready_day(self, on: str = "2026-03-11") -> int:
        """A day with everybody on its list, two rooms and a commission, without a plan."""
        day = await self.appoint_day(on)
        await self.organizer.post(f"/days/{day}/participants", [("who", one) for one in self.people.values()])
        async with self.day.house.store.begin() as session:
            rooms = [
                (await days.add_room(session, day_id=day, number=number, title="Кабинет")).id
                for number in ("07", "12")
            ]
            for role, name, room in COMMISSION:
                await staff.appoint(
                    session,
                    day_id=day,
                    person_id=self.staff[name],
                    role=role,
                    room_id=None if room is None else rooms[room],
                )
        return day

    async def planned_day(self, on: str = "2026-03-11") -> int:
        """The same with an approved plan."""
        day = await self.ready_day(on)
        made = await self.organizer.post(f"/days/{day}/plan", HABITS | {"action": "make"})
        assert made.status == 303, made.words
        done = await self.organizer.post(f"/days/{day}/plan", {"action": "apply"})
        assert done.status == 303, done.words
        return day

    async def at(self, day: int, minutes: float) -> None:
        """The clock so many minutes after the day's start; the organizer has signed in again by then."""
        starts = (await self.book(day)).day.day.starts_at
        self.day.clock.move(seconds=(starts - self.day.clock.now()).total_seconds() + minutes * 60)
        self.organizer = await sign_in_again(self.day, self.staff["Организаторова"])

    async def book(self, day: int) -> Book:
        async with self.day.house.store.read() as session:
            return await load_book(session, day, None)


HABITS = {
    "start": "09:00",
    "latest_end": "17:00",
    "preparation": "4",
    "staff_break": "15",
    "work_most": "120",
}
COMMISSION = (
    (CommissionRole.ORGANIZER, "Организаторова", None),
    (CommissionRole.SPECIALIST, "Техников", None),
    (CommissionRole.USHER, "Вестникова", None),
    (CommissionRole.EXAMINER, "Соколова", 0),
    (CommissionRole.EXPERT, "Орлова", 0),
    (CommissionRole.EXAMINER, "Кузнецов", 1),
    (CommissionRole.EXPERT, "Голенищева", 1),
)
SPARE = "Запасная"


async def open_school(day: Exam) -> School:
    now = day.clock.now()
    async with day.house.store.begin() as session:
        school = (await days.load_header(session, day.seeded.day))[0]
        row = await session.get_one(tables.School, school.id)
        row.profile = "tambov-2026"
        people = {}
        for number, name in enumerate(PEOPLE):
            last, first = name.split()
            one = replace(PUPIL, name=Name(last, first), class_label="9А" if number < 3 else "9Б")
            if last == "Гусева":
                one = replace(one, category=Category.OTHER, pmpk="№ 7 от 01.09.2025")
            people[last] = (await participants.add(session, school.id, one, at=now)).id
        working = {}
        for last in [name for _, name, _ in COMMISSION] + [SPARE]:
            person = await staff.add_person(session, school.id, StaffPerson(Name(last, "Анна", "Петровна")))
            working[last] = person.id
    organizer = await sign_in(day, working["Организаторова"], "organizer-one", "organizer")
    return School(day, school.id, organizer, people, working)


async def foreign_day(day: Exam) -> tuple[int, int]:
    """Another school and its day."""
    async with day.house.store.begin() as session:
        other = await days.add_school(
            session, code="640002", name="Школа № 2", phone="", timezone="Europe/Moscow"
        )
        made = await days.add_day(
            session,
            school_id=other.id,
            date=MORNING.date(),
            opens_at=MORNING,
            starts_at=MORNING,
            closes_at=MORNING + timedelta(hours=8),
        )
    return other.id, made.id
