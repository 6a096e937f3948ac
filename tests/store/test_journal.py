"""The journal is append-only, whatever is tried."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from server.store import journal
from server.store.database import Store
from tests.store.conftest import NOON, Demo, at

COUNT = text("SELECT count(*) FROM journal")


async def write_three(store: Store) -> None:
    async with store.begin() as session:
        for number in range(3):
            await journal.append(
                session, "link.opened", at=at(number), day=7, seat="seat", data={"n": number}
            )


async def test_rows_are_read_back_in_the_order_of_writing(store: Store) -> None:
    await write_three(store)
    async with store.read() as session:
        entries = await journal.of_day(session, 7, event="link.opened")
        assert await journal.of_day(session, 7, event="link") == ()
        assert await journal.of_day(session, 8) == ()
    assert [entry.data for entry in entries] == [{"n": 0}, {"n": 1}, {"n": 2}]
    assert [entry.at for entry in entries] == [NOON, at(1), at(2)]
    assert {(entry.seat_id, entry.room_id, entry.interview_id) for entry in entries} == {("seat", None, None)}


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE journal SET event = 'forged'",
        "UPDATE journal SET at = at",
        "DELETE FROM journal",
        "DELETE FROM journal WHERE id = (SELECT max(id) FROM journal)",
    ],
)
async def test_no_row_is_changed_or_deleted(store: Store, statement: str) -> None:
    await write_three(store)
    with pytest.raises(DBAPIError, match="append-only"):
        async with store.begin() as session:
            await session.execute(text(statement))
    async with store.read() as session:
        assert len(await journal.of_day(session, 7, event="link.opened")) == 3


async def test_a_row_is_not_replaced_on_sqlite(sqlite_url: str) -> None:
    async with Store(sqlite_url) as store:
        await write_three(store)
        with pytest.raises(DBAPIError, match="append-only"):
            async with store.begin() as session:
                await session.execute(
                    text(
                        "INSERT OR REPLACE INTO journal (id, at, day_id, event) VALUES (1, '2026-01-01', 7, 'forged')"
                    )
                )


async def test_the_journal_is_not_truncated_on_postgresql(postgresql_url: str) -> None:
    async with Store(postgresql_url) as store:
        await write_three(store)
        with pytest.raises(DBAPIError, match="append-only"):
            async with store.begin() as session:
                await session.execute(text("TRUNCATE journal"))


async def write_and_fail(store: Store) -> None:
    async with store.begin() as session:
        await journal.append(session, "server.start", at=NOON, day=None)
        raise RuntimeError("after the row")


async def test_a_rolled_back_transaction_leaves_no_row(store: Store) -> None:
    with pytest.raises(RuntimeError, match="after the row"):
        await write_and_fail(store)
    async with store.read() as session:
        assert await session.scalar(COUNT) == 0


async def test_the_journal_of_an_interview_is_its_own(demo: Demo) -> None:
    first, second = demo.interview(0, 0), demo.interview(0, 1)
    async with demo.store.begin() as session:
        await journal.append(session, "media.counters", at=NOON, day=demo.day.id, interview=first.id, data={})
        await journal.append(session, "media.counters", at=NOON, day=demo.day.id, interview=second.id)
    async with demo.store.read() as session:
        (entry,) = await journal.of_interview(session, first.id)
    assert (entry.interview_id, entry.data) == (first.id, {})


async def test_a_time_without_a_zone_is_never_stored(store: Store) -> None:
    naive = NOON.replace(tzinfo=None)
    with pytest.raises(Exception, match="without a time zone"):
        async with store.begin() as session:
            await journal.append(session, "server.start", at=naive, day=None)
