"""Schools, municipalities and corrections of calendars; many participants changed at once."""

from datetime import UTC, date, datetime

import pytest

from server.errors import NotFound, Refused
from server.exam.people import Name, Participant, Representative
from server.store import participants, schools
from server.store.database import Store
from server.store.schools import SchoolCard

NOW = datetime(2026, 1, 10, 9, 0, tzinfo=UTC)
CARD = SchoolCard("640001", "Школа № 1", "Europe/Moscow", municipality="Тамбов")


async def test_a_municipality_is_one_whatever_its_letters(store: Store) -> None:
    async with store.begin() as session:
        first = await schools.add(session, CARD)
        second = await schools.add(session, SchoolCard("640002", "Ш", "Asia/Omsk", municipality="ТАМБОВ"))
        assert (first.municipality, second.municipality) == ("Тамбов", "Тамбов")
        assert await schools.municipalities(session) == ("Тамбов",)
        changed = await schools.change(session, second.id, SchoolCard("640002", "Ш", "Asia/Omsk"))
    assert changed.municipality == ""


async def test_a_code_is_of_one_school(store: Store) -> None:
    async with store.begin() as session:
        first = await schools.add(session, CARD)
        with pytest.raises(Refused):
            await schools.add(session, CARD)
        assert (await schools.change(session, first.id, CARD)).code == "640001"
        with pytest.raises(NotFound):
            await schools.change(session, first.id + 1, SchoolCard("9", "Ш", "Europe/Moscow"))


async def test_a_correction_is_removed_by_its_own_school_only(store: Store) -> None:
    async with store.begin() as session:
        own = await schools.add(session, CARD)
        other = await schools.add(session, SchoolCard("2", "Ш", "Europe/Moscow"))
        await schools.correct(session, own.id, date(2026, 2, 11), working=False, note="")
        (known,) = await schools.corrections(session, own.id)
        with pytest.raises(NotFound):
            await schools.remove_correction(session, other.id, known.id)
        assert await schools.corrections(session, other.id) == ()
        await schools.remove_correction(session, own.id, known.id)
        assert await schools.corrections(session, own.id) == ()


async def test_two_participants_exchange_their_numbers_at_once(store: Store) -> None:
    parent = Representative(Name("Ким", "Ольга"))
    async with store.begin() as session:
        school = (await schools.add(session, CARD)).id
        people = [Participant(Name(last, "Анна"), "9А", number=last) for last in ("А", "Б")]
        first, second = [await participants.add(session, school, one, at=NOW) for one in people]
        changed = {
            first.id: Participant(Name("А", "Анна"), "9А", number="Б", representatives=(parent,)),
            second.id: Participant(Name("Б", "Анна"), "9А", number="А"),
        }
        await participants.change_all(session, school, changed, at=NOW)
    async with store.read() as session:
        rows = await participants.of_school(session, school)
    assert {row.id: row.participant for row in rows} == changed


async def test_of_many_changes_none_is_of_another_school(store: Store) -> None:
    async with store.begin() as session:
        own = (await schools.add(session, CARD)).id
        other = (await schools.add(session, SchoolCard("2", "Ш", "Europe/Moscow"))).id
        row = await participants.add(session, other, Participant(Name("А", "Б"), "9А"), at=NOW)
    with pytest.raises(NotFound):
        async with store.begin() as session:
            await participants.change_all(session, own, {row.id: row.participant}, at=NOW)
