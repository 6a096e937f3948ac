"""The plan changes under a waiting participant: another room sees and hears him, and he does nothing for it."""

from pathlib import Path

from sqlalchemy import select

from bench import walk
from bench.exam import Browsers, Service, heard
from server.store import moves, tables
from server.store.database import Store
from server.store.moves import Planned


async def moved_to_the_other_room(data: Path, seat: str) -> None:
    async with Store(f"sqlite+aiosqlite:///{data / 'exam.sqlite3'}") as store, store.begin() as session:
        row = (await session.scalars(select(tables.Interview).where(tables.Interview.seat_id == seat))).one()
        other = select(tables.Room).where(tables.Room.id != row.room_id)
        room = (await session.scalars(other)).one()
        await moves.move(session, {row.id: Planned(room.id, 99)})


async def test_a_waiting_participant_is_admitted_in_the_other_room_without_a_reload(
    service: Service, chromium: Browsers
) -> None:
    link = service.link("participant")
    page = (await chromium.open(link, tone=440)).page
    await walk.queue_up(page)
    await walk.connected(page)
    await page.evaluate("globalThis.notReloaded = true")
    examiner = (await chromium.open(service.link("examiner", 1), tone=880)).page
    await walk.connected(examiner)
    await moved_to_the_other_room(service.data, link.rsplit("/", 1)[1][:12])
    await examiner.get_by_text("Абрамова").first.wait_for()
    await walk.admit_next(examiner)
    await walk.phase(page, "interview")
    assert await heard(examiner, "participant-voice") == {440}
    assert await heard(page, "staff-voice") == {880}
    assert await page.evaluate("globalThis.notReloaded")
