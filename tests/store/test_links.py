"""Links open their seat, and nothing else opens any."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from media.layout import SeatKind
from server.demo import create_demo
from server.errors import LinkProblem, NotFound, Refused
from server.store import days, links
from server.store.database import Store
from server.store.records import ExamDay, School, SeatRow
from tests.store.conftest import NOON, Demo, at

SECRET = b"s" * 32


async def test_a_link_opens_its_seat(demo: Demo) -> None:
    async with demo.store.read() as session:
        for seat in demo.day.seats:
            assert await links.seat_of(session, SECRET, links.token_for(SECRET, seat.id)) == seat


async def test_a_link_with_any_character_changed_opens_nothing(demo: Demo) -> None:
    token = links.token_for(SECRET, demo.day.seats[0].id)
    async with demo.store.read() as session:
        for place, character in enumerate(token):
            other = "A" if character != "A" else "B"
            assert await links.seat_of(session, SECRET, token[:place] + other + token[place + 1 :]) is None


@pytest.mark.parametrize(
    "token", ["", "x", "я" * links.TOKEN_LENGTH, "A" * links.TOKEN_LENGTH, "A" * 100_000]
)
async def test_nonsense_opens_nothing(demo: Demo, token: str) -> None:
    async with demo.store.read() as session:
        assert await links.seat_of(session, SECRET, token) is None


async def test_a_link_of_another_server_or_of_no_seat_opens_nothing(demo: Demo) -> None:
    seat = demo.day.seats[0]
    async with demo.store.read() as session:
        assert await links.seat_of(session, SECRET, links.token_for(b"o" * 32, seat.id)) is None
        assert await links.seat_of(session, SECRET, links.token_for(SECRET, links.new_seat_id())) is None
        cut = links.token_for(SECRET, seat.id)[:-1]
        assert await links.seat_of(session, SECRET, cut) is None
        assert await links.seat_of(session, SECRET, cut + "==") is None


def test_tokens_are_safe_in_a_url_and_of_one_length() -> None:
    for _ in range(200):
        token = links.token_for(SECRET, links.new_seat_id())
        assert len(token) == 34
        assert token.replace("-", "a").replace("_", "a").isalnum()


async def test_nothing_secret_is_in_the_database(sqlite_url: str, tmp_path: Path) -> None:
    async with Store(sqlite_url) as store:
        day_id = await create_demo(store, now=NOON, timezone="Europe/Moscow")
        async with store.read() as session:
            seats = (await days.load_day(session, day_id)).seats
    kept = (tmp_path / "exam.sqlite3").read_bytes().decode("latin-1")
    for seat in seats:
        assert seat.id in kept
        assert links.token_for(SECRET, seat.id).removeprefix(seat.id) not in kept


async def test_a_revoked_link_is_found_and_refused(demo: Demo) -> None:
    seat = demo.day.seats[0]
    async with demo.store.begin() as session:
        await links.revoke(session, seat.id, NOON)
    async with demo.store.begin() as session:
        assert (await links.revoke(session, seat.id, at(5))).revoked_at == NOON
    async with demo.store.read() as session:
        found = await links.seat_of(session, SECRET, links.token_for(SECRET, seat.id))
    assert found is not None
    with pytest.raises(LinkProblem) as problem:
        links.check(found, demo.day.school, demo.day.day, NOON)
    assert (problem.value.kind, problem.value.phone) == ("revoked", demo.day.school.phone)


async def test_no_seat_is_revoked_that_is_not_there(store: Store) -> None:
    with pytest.raises(NotFound):
        async with store.begin() as session:
            await links.revoke(session, "nobody", NOON)


@pytest.mark.parametrize(
    "kind, in_room",
    [
        (SeatKind.PARTICIPANT, False),
        (SeatKind.EXAMINER, False),
        (SeatKind.SPECIALIST, True),
        (SeatKind.ORGANIZER, True),
        (SeatKind.RECORDER, True),
        (SeatKind.RECORDER, False),
    ],
)
async def test_a_seat_is_where_its_kind_belongs(demo: Demo, kind: SeatKind, in_room: bool) -> None:
    with pytest.raises(Refused):
        async with demo.store.begin() as session:
            await links.add_seat(
                session,
                day_id=demo.day.id,
                room_id=demo.day.rooms[0].id if in_room else None,
                kind=kind,
                last_name="Ким",
                first_name="Алексей",
                patronymic="",
                at=NOON,
            )


SCHOOL = School(id=1, code="1", name="Школа", phone="+7", timezone="Asia/Vladivostok")
MIDNIGHT = datetime(2026, 2, 10, 14, tzinfo=UTC)
"""00:00 of 11 February in Vladivostok."""
DAY = ExamDay(
    id=1,
    school_id=1,
    date=date(2026, 2, 11),
    opens_at=MIDNIGHT + timedelta(hours=8),
    starts_at=MIDNIGHT + timedelta(hours=9),
    closes_at=MIDNIGHT + timedelta(hours=18),
)
SEAT = SeatRow("seat", 1, 1, SeatKind.PARTICIPANT, "Ким", "Алексей", "", None, NOON)


@pytest.mark.parametrize("hours", [0, 7.9, 8, 12, 18, 23.99])
def test_on_the_day_a_valid_link_is_never_closed(hours: float) -> None:
    """D-07: by the school's calendar, before the opening and after the closing too."""
    links.check(SEAT, SCHOOL, DAY, MIDNIGHT + timedelta(hours=hours))


def test_before_the_day_the_link_tells_when_it_opens() -> None:
    with pytest.raises(LinkProblem) as problem:
        links.check(SEAT, SCHOOL, DAY, MIDNIGHT - timedelta(seconds=1))
    assert (problem.value.kind, problem.value.opens_at) == ("wrong_day", DAY.opens_at)


def test_after_the_day_the_link_is_expired() -> None:
    with pytest.raises(LinkProblem) as problem:
        links.check(SEAT, SCHOOL, DAY, MIDNIGHT + timedelta(hours=24))
    assert problem.value.kind == "expired"


async def test_a_replaced_link_opens_the_same_seat_and_the_old_one_says_so(demo: Demo) -> None:
    seat = demo.day.seats[0]
    async with demo.store.begin() as session:
        await links.revoke(session, seat.id, NOON)
        fresh = await links.replace_link(session, seat.id)
    old, new = (links.token_for(SECRET, seat.id, number) for number in (0, fresh.link_number))
    async with demo.store.read() as session:
        assert await links.seat_of(session, SECRET, new) == fresh
        assert await links.seat_of(session, SECRET, links.token_for(SECRET, seat.id, 2)) is None
        found = await links.seat_of(session, SECRET, old)
    assert found is not None
    with pytest.raises(LinkProblem, match="revoked"):
        links.check(found, demo.day.school, demo.day.day, NOON)
    links.check(fresh, demo.day.school, demo.day.day, NOON)
