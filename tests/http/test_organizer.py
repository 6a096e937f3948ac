"""The command that makes the first organizer: what it asks, what it makes, and that doing it again is safe."""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, select

from server import organizer
from server.errors import NotFound, Refused
from server.organizer import Wanted, establish, parser, reset, schools, wanted_of
from server.store import accounts, tables
from server.store.database import Store

SECRET = b"s" * 32
NOON = datetime(2026, 2, 11, 9, tzinfo=UTC)
WANTED = Wanted(
    "organizer",
    "ivanova",
    "Иванова Мария Петровна",
    school_code="640001",
    school_name="Школа № 1",
    phone="+7 000",
    timezone="Europe/Saratov",
    profile="saratov-2020",
)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with Store(f"sqlite+aiosqlite:///{tmp_path}/exam.sqlite3") as store:
        yield store


async def counts(store: Store) -> list[int | None]:
    async with store.read() as session:
        kinds = (tables.School, tables.Person, tables.Account)
        return [await session.scalar(select(func.count()).select_from(kind)) for kind in kinds]


async def test_school_person_and_account_are_made_once(store: Store) -> None:
    login, first = await establish(store, SECRET, WANTED, NOON)
    _, second = await establish(store, SECRET, WANTED, NOON)
    assert login == "ivanova"
    assert await counts(store) == [1, 1, 1]
    assert await schools(store) == {"640001"}
    async with store.read() as session:
        assert await accounts.holder_of(session, SECRET, first, NOON) is None
        found = await accounts.holder_of(session, SECRET, second, NOON)
        school = await session.scalar(select(tables.School))
    assert found is not None
    assert (found[0].standing, found[0].name) == ("organizer", WANTED.name)
    assert school is not None
    assert (school.profile, school.timezone, school.phone) == ("saratov-2020", "Europe/Saratov", "+7 000")


async def test_an_account_that_works_is_not_invited_again(store: Store) -> None:
    await establish(store, SECRET, WANTED, NOON)
    async with store.begin() as session:
        account = await accounts.account_by_login(session, "ivanova")
        assert account is not None
        await accounts.start_anew(session, account.id, "hash")
    with pytest.raises(Refused, match="account_used"):
        await establish(store, SECRET, WANTED, NOON)
    code = await reset(store, SECRET, " IVANOVA", NOON)
    async with store.read() as session:
        found = await accounts.holder_of(session, SECRET, code, NOON)
    assert found is not None
    assert found[1] == "reset"


async def test_somebody_elses_login_is_not_taken_over(store: Store) -> None:
    await establish(store, SECRET, WANTED, NOON)
    for other in (
        Wanted("organizer", "ivanova", "Петров Пётр", school_code="640001"),
        Wanted("operator", "ivanova", WANTED.name),
    ):
        with pytest.raises(Refused, match="login_taken"):
            await establish(store, SECRET, other, NOON)
    assert await counts(store) == [1, 1, 1]


async def test_the_operator_belongs_to_no_school(store: Store) -> None:
    await establish(store, SECRET, Wanted("operator", "root1", "Сидоров Иван"), NOON)
    async with store.read() as session:
        account = await accounts.account_by_login(session, "root1")
    assert account is not None
    assert (account.standing, account.school_id) == ("operator", None)
    assert await counts(store) == [0, 1, 1]


async def test_a_login_nobody_has_cannot_be_reset(store: Store) -> None:
    with pytest.raises(NotFound):
        await reset(store, SECRET, "nobody", NOON)


def answers(*texts: str) -> tuple[Callable[[str], str], list[str]]:
    asked: list[str] = []
    left = list(texts)

    def ask(question: str) -> str:
        asked.append(question)
        return left.pop(0)

    return ask, asked


def test_what_is_not_given_is_asked() -> None:
    ask, asked = answers("640001", "", "Школа № 1", "+7 000", "", "Ivanova", "Иванова  Мария Петровна")
    wanted = wanted_of(parser().parse_args([]), ask, known=(), zone="Europe/Moscow")
    assert asked[0] == "Код школы"
    assert len(asked) == 7
    assert wanted.login == "ivanova"
    assert wanted.name == "Иванова Мария Петровна"
    assert (wanted.timezone, wanted.profile) == ("Europe/Moscow", None)


def test_of_a_school_that_is_there_only_the_person_is_asked() -> None:
    ask, asked = answers("ivanova", "Иванова Мария")
    given = parser().parse_args(["--school-code", "640001"])
    wanted = wanted_of(given, ask, known=("640001",), zone="Europe/Moscow")
    assert (wanted.school_code, wanted.school_name, len(asked)) == ("640001", "", 2)


def test_an_answer_that_will_not_do_is_asked_for_again(capsys: pytest.CaptureFixture[str]) -> None:
    ask, asked = answers("", "640001", "Иванова Мария", "ivanova", "Иванова", "Иванова Мария")
    wanted = wanted_of(parser().parse_args([]), ask, known=("640001",), zone="Europe/Moscow")
    assert (wanted.school_code, wanted.login, wanted.name) == ("640001", "ivanova", "Иванова Мария")
    assert asked.count("Код школы") == asked.count("Логин") == asked.count("Фамилия, имя и отчество") == 2
    assert "Напишите хотя бы фамилию и имя." in capsys.readouterr().err


@pytest.mark.parametrize(
    "argument, code",
    [
        (["--timezone", "Mars/Base"], "timezone"),
        (["--profile", "atlantis"], "profile"),
        (["--login", "a b"], "login_form"),
        (["--name", "Иванова"], "name"),
        (["--phone", " "], "empty"),
    ],
)
def test_wrong_arguments_are_told(argument: list[str], code: str) -> None:
    good = ["--school-code", "1", "--school-name", "Школа", "--phone", "1", "--timezone", "Europe/Moscow"]
    good += ["--profile", "kaluga-2020", "--login", "ivanova", "--name", "Иванова Мария"]
    with pytest.raises(Refused) as refused:
        wanted_of(parser().parse_args([*good, *argument]), lambda _: "", known=(), zone="Europe/Moscow")
    assert refused.value.code == code


def test_the_command_says_in_a_sentence_what_is_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    assert organizer.run(["--reset", "nobody"]) == 1
    assert capsys.readouterr().err == "Такого логина нет.\n"
