"""Notes and silent calls of a room's staff."""

import pytest

from media.layout import SeatKind
from server.errors import NotFound, Refused
from server.store import notes
from tests.store.conftest import NOON, Demo, at


async def test_the_last_notes_of_a_room_come_oldest_first_with_their_authors(demo: Demo) -> None:
    examiner, specialist = demo.seat(SeatKind.EXAMINER, 0), demo.seat(SeatKind.SPECIALIST)
    room, other = (room.id for room in demo.day.rooms)
    async with demo.store.begin() as session:
        await notes.add(session, room, examiner.id, at=NOON, text="рано")
        await notes.add(session, other, specialist.id, at=at(1), text="не сюда")
        await notes.add(session, room, examiner.id, at=at(2), call_to=SeatKind.SPECIALIST)
        answer = await notes.add(session, room, specialist.id, at=at(3), text="  иду  ")
    async with demo.store.read() as session:
        call, last = await notes.last(session, room, 2)
    assert (call.text, call.call_to, call.name, call.kind) == (
        "",
        "specialist",
        examiner.name,
        SeatKind.EXAMINER,
    )
    assert last == answer
    assert last.text == "иду"


@pytest.mark.parametrize("text", ["", "   ", "я" * (notes.TEXT_LIMIT + 1)])
async def test_an_empty_or_too_long_note_is_refused(demo: Demo, text: str) -> None:
    with pytest.raises(Refused):
        async with demo.store.begin() as session:
            await notes.add(
                session, demo.day.rooms[0].id, demo.seat(SeatKind.EXAMINER).id, at=NOON, text=text
            )


async def test_a_note_has_an_author(demo: Demo) -> None:
    with pytest.raises(NotFound):
        async with demo.store.begin() as session:
            await notes.add(session, demo.day.rooms[0].id, "nobody", at=NOON, text="кто здесь?")
