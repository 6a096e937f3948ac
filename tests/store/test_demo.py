"""The demo day is believable, complete, and never mixed with real data."""

import json
import os
import stat
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from media.layout import SeatKind
from scheduling.plan import Habits
from scheduling.plan_check import check
from server import profiles
from server.demo import as_text, create_demo, ensure_demo, write_json
from server.demo import links as links_of
from server.demo_people import LOGIN, PROFILE, ensure_organizer
from server.errors import Refused
from server.store import accounts, days, links
from server.store.database import Store
from server.store.plan_inputs import current_plan, load_book, load_inputs
from tests.store.conftest import NOON, Demo

SECRET = b"s" * 32
CAST = {
    "participant": 12,
    "examiner": 2,
    "expert": 2,
    "observer": 1,
    "specialist": 1,
    "organizer": 1,
    "assistant": 1,
}


def test_the_cast_is_complete_and_nobody_is_there_twice(demo: Demo) -> None:
    assert Counter(seat.kind.value for seat in demo.day.seats) == CAST
    assert len({seat.name for seat in demo.day.seats}) == len(demo.day.seats)
    for room in demo.day.rooms:
        kinds = Counter(seat.kind for seat in demo.day.seats if seat.room_id == room.id)
        assert (kinds[SeatKind.PARTICIPANT], kinds[SeatKind.EXAMINER], kinds[SeatKind.EXPERT]) == (6, 1, 1)
    assert any(len(seat.name) > 50 for seat in demo.day.seats)


def test_one_participant_has_ovz_an_assistant_and_more_time(demo: Demo) -> None:
    """D-19."""
    (special,) = [row for row in demo.day.interviews if row.ovz]
    assert special.assistant_seat_id == demo.seat(SeatKind.ASSISTANT).id
    plan = [row.interview.planned_at for row in demo.day.in_room(special.room_id)]
    assert plan == [demo.day.day.starts_at + timedelta(minutes=m) for m in (0, 20, 40, 60, 130, 150)]


def test_the_day_is_today_and_open(demo: Demo) -> None:
    day = demo.day.day
    assert day.date == NOON.astimezone(demo.day.school.zone).date()
    assert day.opens_at <= day.starts_at <= NOON
    assert day.closes_at - NOON >= timedelta(hours=12)
    for seat in demo.day.seats:
        links.check(seat, demo.day.school, day, NOON)


def test_links_are_given_by_role_and_open_their_seats(demo: Demo) -> None:
    roles = links_of(demo.day, SECRET, "https://exam.example/")
    assert {role: len(people) for role, people in roles.items()} == CAST
    everybody = [person for people in roles.values() for person in people]
    assert all(set(person) == {"name", "url"} for person in everybody)
    assert {person["name"]: person["url"] for person in everybody} == {
        seat.name: f"https://exam.example/j/{links.token_for(SECRET, seat.id)}" for seat in demo.day.seats
    }


def test_the_text_has_every_link_in_one_column_under_its_role(demo: Demo) -> None:
    lines = as_text(demo.day, SECRET, "https://exam.example").splitlines()
    with_link = [line for line in lines if "https://" in line]
    assert len(with_link) == sum(CAST.values())
    assert len({line.index("https://") for line in with_link}) == 1
    assert lines[0] == "Участник"
    assert lines[1].startswith("  ауд. 07  Абрамова Дарья Олеговна ")
    assert "Технический специалист" in lines


async def test_a_revoked_link_is_not_given(demo: Demo) -> None:
    async with demo.store.begin() as session:
        await links.revoke(session, demo.seat(SeatKind.OBSERVER).id, NOON)
        day = await days.load_day(session, demo.day.id)
    assert "observer" not in links_of(day, SECRET, "https://exam.example")


async def test_a_database_that_is_not_empty_gets_no_demo(demo: Demo) -> None:
    with pytest.raises(Refused):
        await create_demo(demo.store, now=NOON, timezone="Europe/Moscow")
    async with demo.store.read() as session:
        assert await days.load_day(session, demo.day.id) == demo.day
        assert await days.today(session, NOON) == (demo.day.id,)


async def test_a_restart_finds_the_demo_day_and_the_next_day_gets_a_new_one(store: Store) -> None:
    first = await ensure_demo(store, now=NOON, timezone="Europe/Moscow")
    assert first is not None
    assert await ensure_demo(store, now=NOON + timedelta(hours=5), timezone="Europe/Moscow") == first
    second = await ensure_demo(store, now=NOON + timedelta(days=1), timezone="Europe/Moscow")
    assert second not in {None, first}


async def test_a_demo_begun_before_midnight_goes_on_after_it(store: Store) -> None:
    late = datetime(2026, 2, 11, 20, 55, tzinfo=UTC)
    day_id = await ensure_demo(store, now=late, timezone="Europe/Moscow")
    assert day_id is not None
    later = late + timedelta(hours=1)
    assert await ensure_demo(store, now=later, timezone="Europe/Moscow") == day_id
    async with store.read() as session:
        day = await days.load_day(session, day_id)
        assert await days.today(session, later) == (day_id,)
    links.check(day.seats[0], day.school, day.day, later)


async def test_a_real_school_gets_no_demo_beside_it(store: Store) -> None:
    async with store.begin() as session:
        await days.add_school(session, code="640002", name="Школа", phone="+7", timezone="Europe/Saratov")
    assert await ensure_demo(store, now=NOON, timezone="Europe/Moscow") is None


def test_the_file_of_links_is_for_its_owner_only_even_over_an_older_one(tmp_path: Path) -> None:
    path = tmp_path / "new" / "links.json"
    path.parent.mkdir()
    path.write_text("old")
    path.chmod(0o644)
    write_json(path, {"expert": [{"name": "Орлова", "url": "https://x"}]})
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert json.loads(path.read_text()) == {"expert": [{"name": "Орлова", "url": "https://x"}]}
    assert [file.name for file in path.parent.iterdir()] == ["links.json"]


def test_as_a_command_it_prints_and_writes_the_links_once(tmp_path: Path, url: str) -> None:
    written = tmp_path / "links.json"
    given = {"DATA_DIR": str(tmp_path), "DATABASE_URL": url, "DEMO_LINKS": str(written), "PORT": "8111"}

    def run() -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "server.demo"]
        return subprocess.run(
            command, env=os.environ | given, capture_output=True, text=True, timeout=60, check=False
        )

    done = run()
    assert (done.returncode, done.stderr) == (0, "")
    roles = json.loads(written.read_text())
    assert {role: len(people) for role, people in roles.items()} == CAST
    for people in roles.values():
        for person in people:
            assert f"{person['url']}\n" in done.stdout + "\n"
    again = run()
    assert again.returncode == 1
    assert "не пуста" in again.stderr


async def test_every_link_of_the_demo_has_its_card_and_the_plan_has_no_conflict(demo: Demo) -> None:
    async with demo.store.read() as session:
        book = await load_book(session, demo.day.id, profiles.load(PROFILE))
    start = demo.day.day.starts_at.astimezone(demo.day.school.zone)
    inputs = load_inputs(book, Habits(start, start + timedelta(hours=8), work_most=0))
    assert [one.text for one in check(current_plan(book), inputs)] == []
    assert len(book.sittings) == 12
    for seat in demo.day.seats:
        assert (seat.participant_id is None) != (seat.person_id is None)
    assert {one.seat_id for one in book.members if one.seat_id} == {
        seat.id for seat in demo.day.seats if seat.person_id is not None
    }


async def test_the_demos_organizer_is_invited_until_a_password_is_chosen(demo: Demo) -> None:
    first = await ensure_organizer(demo.store, SECRET, demo.day.id, NOON)
    again = await ensure_organizer(demo.store, SECRET, demo.day.id, NOON)
    assert first is not None
    assert again is not None
    assert (first.login, again.login) == (LOGIN, LOGIN)
    async with demo.store.begin() as session:
        assert await accounts.holder_of(session, SECRET, first.code, NOON) is None
        held = await accounts.holder_of(session, SECRET, again.code, NOON)
        assert held is not None
        await accounts.set_password(session, held[0].id, "hash")
    assert await ensure_organizer(demo.store, SECRET, demo.day.id, NOON) is None
