"""Days by each school's own calendar."""

from datetime import UTC, date, datetime

import pytest

from media.layout import SeatKind
from server.errors import NotFound
from server.store import days
from server.store.database import Store
from tests.store.conftest import NOON, Demo


async def add_day_in(store: Store, timezone: str, code: str) -> int:
    """11 February from 08:00 to 18:00 UTC, whatever the zone."""
    async with store.begin() as session:
        school = await days.add_school(session, code=code, name="Школа", phone="+7", timezone=timezone)
        day = await days.add_day(
            session,
            school_id=school.id,
            date=date(2026, 2, 11),
            opens_at=datetime(2026, 2, 11, 8, tzinfo=UTC),
            starts_at=datetime(2026, 2, 11, 9, tzinfo=UTC),
            closes_at=datetime(2026, 2, 11, 18, tzinfo=UTC),
        )
    return day.id


@pytest.mark.parametrize(
    "now, expected",
    [
        (datetime(2026, 2, 10, 13, 59, tzinfo=UTC), []),
        (datetime(2026, 2, 10, 14, tzinfo=UTC), ["Asia/Vladivostok"]),
        (datetime(2026, 2, 10, 22, tzinfo=UTC), ["Asia/Vladivostok", "Europe/Kaliningrad"]),
        (datetime(2026, 2, 11, 17, 59, tzinfo=UTC), ["Asia/Vladivostok", "Europe/Kaliningrad"]),
        (datetime(2026, 2, 11, 18, tzinfo=UTC), ["Europe/Kaliningrad"]),
        (datetime(2026, 2, 11, 22, tzinfo=UTC), []),
    ],
)
async def test_today_is_each_schools_own_or_what_is_still_open(
    store: Store, now: datetime, expected: list[str]
) -> None:
    zones = ["Asia/Vladivostok", "Europe/Kaliningrad"]
    ids = {await add_day_in(store, zone, code=zone): zone for zone in zones}
    async with store.read() as session:
        assert [ids[day] for day in await days.today(session, now)] == expected


async def test_a_day_is_read_whole_and_in_order(demo: Demo) -> None:
    day = demo.day
    assert [room.number for room in day.rooms] == ["07", "12"]
    assert [row.interview.order for row in day.interviews] == [1, 2, 3, 4, 5, 6] * 2
    assert all(day.seat(row.seat_id).kind is SeatKind.PARTICIPANT for row in day.interviews)
    assert all(row in day.in_room(row.room_id) for row in day.interviews)
    async with demo.store.read() as session:
        assert await days.load_header(session, day.id) == (day.school, day.day)


async def test_what_is_not_of_the_day_is_not_found(demo: Demo) -> None:
    for lookup in (demo.day.room, demo.day.interview):
        with pytest.raises(KeyError):
            lookup(10_000)
    with pytest.raises(KeyError):
        demo.day.seat("nobody")
    async with demo.store.read() as session:
        with pytest.raises(NotFound):
            await days.load_day(session, 10_000)
        with pytest.raises(NotFound):
            await days.load_header(session, 10_000)


async def test_the_interview_of_an_assistant_is_that_of_his_participant(demo: Demo) -> None:
    assistant = demo.seat(SeatKind.ASSISTANT)
    row = demo.day.interview_of(assistant.id)
    assert row is not None
    assert row.ovz
    assert demo.day.interview_of(row.seat_id) == row
    assert demo.day.interview_of(demo.seat(SeatKind.EXAMINER).id) is None


async def test_times_come_back_aware_and_in_utc(demo: Demo) -> None:
    moment = demo.day.day.opens_at
    assert moment.utcoffset() is not None
    assert moment.tzinfo == UTC
    assert moment == datetime(2026, 2, 10, 21, tzinfo=UTC)
    assert demo.day.seats[0].created_at == NOON
