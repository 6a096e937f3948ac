"""`python -m server.organizer`: the first person who may sign in, or the way back in for one who is locked out.

Asks in Russian for what is not given as an argument. Doing it again changes nothing that is there: the school, the
person and the account are found, and only who never signed in gets a new code. `--reset LOGIN` gives a code to any.
"""

import argparse
import asyncio
import sys
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from server import profiles
from server.access import names
from server.clock import SystemClock
from server.errors import ExamError, NotFound, Refused
from server.settings import Settings, SettingsProblem, from_environment
from server.store import accounts, days, tables
from server.store.database import Store
from server.store.one_time import CODE_LIFE
from server.store.records import Standing

Ask = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Who is to sign in, and at which school; the operator of the server belongs to none."""

    standing: Standing
    login: str
    name: str
    school_code: str = ""
    school_name: str = ""
    phone: str = ""
    timezone: str = ""
    profile: str | None = None


async def establish(store: Store, secret: bytes, wanted: Wanted, now: datetime) -> tuple[str, str]:
    """Login and invitation code of the account, made with its person and school where they are missing.

    Raises Refused: somebody else has the login, or the person has signed in already.
    """
    async with store.begin() as session:
        found = await accounts.account_by_login(session, wanted.login)
        if found is None:
            school = None if wanted.standing == "operator" else await _school(session, wanted)
            person = await _person(session, school, wanted)
            found = await accounts.create_account(session, person, wanted.login, wanted.standing, now)
        elif found.name != " ".join(wanted.name.split()) or found.standing != wanted.standing:
            raise Refused("login_taken", "Такой логин уже занят другим человеком. Придумайте другой.")
        elif found.has_password:
            raise Refused(
                "account_used",
                f"Учётная запись «{found.login}» уже работает. Код для входа без пароля: --reset {found.login}",
            )
        return found.login, await accounts.invite(session, secret, found.id, now)


async def reset(store: Store, secret: bytes, login: str, now: datetime) -> str:
    """A code that lets the owner of the login back in. Raises NotFound, Refused."""
    async with store.begin() as session:
        found = await accounts.account_by_login(session, login)
        if found is None:
            raise NotFound(text="Такого логина нет.")
        return await accounts.reset(session, secret, found.id, now)


async def schools(store: Store) -> frozenset[str]:
    """Codes of the schools there are."""
    async with store.read() as session:
        return frozenset(await session.scalars(select(tables.School.code)))


async def _school(session: AsyncSession, wanted: Wanted) -> int:
    """The school with that code, made if there is none; one that is there stays as it is."""
    row = await session.scalar(select(tables.School).where(tables.School.code == wanted.school_code))
    if row is not None:
        return row.id
    made = await days.add_school(
        session,
        code=wanted.school_code,
        name=wanted.school_name,
        phone=wanted.phone,
        timezone=wanted.timezone,
    )
    (await session.get_one(tables.School, made.id)).profile = wanted.profile
    return made.id


async def _person(session: AsyncSession, school: int | None, wanted: Wanted) -> int:
    """The card of the person at the school, made if nobody of that name has one."""
    last, first, patronymic = _name_parts(wanted.name)
    row = await session.scalar(
        select(tables.Person).where(
            tables.Person.school_id == school if school is not None else tables.Person.school_id.is_(None),
            tables.Person.last_name == last,
            tables.Person.first_name == first,
            tables.Person.patronymic == patronymic,
            tables.Person.archived_at.is_(None),
        )
    )
    if row is None:
        row = tables.Person(
            school_id=school,
            last_name=last,
            first_name=first,
            patronymic=patronymic,
            position="",
            workplace="",
            employed=school is not None,
            qualifications="",
            phone="",
            email="",
        )
        session.add(row)
        await session.flush()
    return row.id


def _name_parts(name: str) -> tuple[str, str, str]:
    last, *others = name.split()
    return last, others[0] if others else "", " ".join(others[1:])


def wanted_of(given: argparse.Namespace, ask: Ask, *, known: Collection[str], zone: str) -> Wanted:
    """The arguments, and answers to the questions about what they leave out. Raises Refused for what is wrong.

    `known`: codes of the schools there are.
    """

    def value(argument: str, question: str, read: Callable[[str], str]) -> str:
        """What the argument says; without one the question is put until the answer will do."""
        text: str | None = getattr(given, argument)
        while text is None:
            try:
                return read(ask(question))
            except Refused as problem:
                print(problem.text, file=sys.stderr)
        return read(text)

    def finished(wanted: Wanted) -> Wanted:
        login = value("login", "Логин", names.new)
        return replace(wanted, login=login, name=value("name", "Фамилия, имя и отчество", _full_name))

    if given.operator:
        return finished(Wanted("operator", "", ""))
    code = value("school_code", "Код школы", _filled)
    wanted = Wanted("organizer", "", "", school_code=code)
    if code not in known:
        profile = value(
            "profile",
            f"Профиль региона ({', '.join(profiles.names())}; можно оставить пустым)",
            lambda text: _profile(text.strip()) or "",
        )
        wanted = replace(
            wanted,
            school_name=value("school_name", "Название школы", _filled),
            phone=value("phone", "Телефон школы", _filled),
            timezone=value("timezone", f"Часовой пояс (пусто — {zone})", lambda text: _zone(text or zone)),
            profile=profile or None,
        )
    return finished(wanted)


def _filled(text: str) -> str:
    if not text.strip():
        raise Refused("empty", "Здесь нужен ответ.")
    return " ".join(text.split())


def _full_name(text: str) -> str:
    if len(text.split()) < 2:
        raise Refused("name", "Напишите хотя бы фамилию и имя.")
    return _filled(text)


def _zone(name: str) -> str:
    try:
        return ZoneInfo(name.strip()).key
    except (ZoneInfoNotFoundError, ValueError):
        raise Refused("timezone", f"Часовой пояс «{name}» не известен. Например: Europe/Saratov.") from None


def _profile(name: str) -> str | None:
    if name and name not in profiles.names():
        raise Refused("profile", f"Профиля «{name}» нет. Есть: {', '.join(profiles.names())}.")
    return name or None


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m server.organizer",
        description="Первый организатор школы; чего не хватает, программа спросит.",
    )
    parser.add_argument("--school-code", metavar="КОД", help="код школы; если такой школы нет, она заводится")
    parser.add_argument("--school-name", metavar="НАЗВАНИЕ")
    parser.add_argument("--phone", metavar="ТЕЛЕФОН", help="телефон школы, его видят участники")
    parser.add_argument("--timezone", metavar="ПОЯС", help="например Europe/Saratov")
    parser.add_argument(
        "--profile", metavar="ПРОФИЛЬ", help=f"правила региона: {', '.join(profiles.names())}"
    )
    parser.add_argument("--login", metavar="ЛОГИН")
    parser.add_argument("--name", metavar="ФИО", help="фамилия, имя и отчество")
    parser.add_argument("--operator", action="store_true", help="не организатор школы, а оператор сервера")
    parser.add_argument(
        "--reset", metavar="ЛОГИН", help="только код для входа, если пароль или коды потеряны"
    )
    return parser


async def main(given: argparse.Namespace, settings: Settings, ask: Ask) -> None:
    """Prints the code, where to type it, and how long it is good."""
    secret, now = settings.secret(), SystemClock().now()
    async with Store(settings.database_url) as store:
        if given.reset:
            login, code = names.normal(given.reset), await reset(store, secret, given.reset, now)
            life = f"{CODE_LIFE['reset'].total_seconds() / 3600:.0f} ч"
        else:
            known = await schools(store)
            wanted = wanted_of(given, ask, known=known, zone=settings.timezone)
            login, code = await establish(store, secret, wanted, now)
            life = f"{CODE_LIFE['invitation'].days} дней"
    print(f"\nЛогин:  {login}\nКод:    {code}\nАдрес:  {settings.public_url}/invitation")
    print(
        f"\nКод годится один раз, в течение {life}. С ним задают пароль и получают лист с кодами для входа."
    )


def run(arguments: Sequence[str] | None = None) -> int:
    """The exit status; what is wrong is told in a sentence."""
    given = parser().parse_args(arguments)
    try:
        asyncio.run(main(given, from_environment(), lambda question: input(f"{question}: ")))
    except SettingsProblem as problem:
        print(problem, file=sys.stderr)
        return 2
    except ExamError as error:
        print(error.text, file=sys.stderr)
        return 1
    except (EOFError, KeyboardInterrupt):
        print("\nНичего не изменено.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(run())
