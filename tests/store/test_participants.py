"""The list of a school under two hands at once."""

import asyncio

from server.exam.people import Name, Participant
from server.store import days, participants
from server.store.database import Store
from tests.store.test_plans import MORNING


async def test_two_imports_at_once_add_nobody_twice(store: Store) -> None:
    """Each adds whom it does not find; the second reads only after the first is done."""
    async with store.begin() as session:
        school = await days.add_school(session, code="1", name="Школа", phone="", timezone="Europe/Moscow")
    one = Participant(Name("Ёлкина", "Анна"), "9А")

    async def second() -> bool:
        async with store.begin() as session:
            await participants.hold(session, school.id)
            empty = not await participants.of_school(session, school.id)
            if empty:
                await participants.add_all(session, school.id, [one], at=MORNING)
            return empty

    async with store.begin() as session:
        await participants.hold(session, school.id)
        assert await participants.of_school(session, school.id) == ()
        running = asyncio.create_task(second())
        done, _ = await asyncio.wait([running], timeout=0.3)
        await participants.add_all(session, school.id, [one], at=MORNING)
    assert not done
    assert not await running
    async with store.read() as session:
        assert len(await participants.of_school(session, school.id)) == 1
