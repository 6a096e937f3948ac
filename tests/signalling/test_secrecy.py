"""What a participant's page is sent does not depend on hidden seats, nor on the others who wait (D-06, D-10)."""

from pathlib import Path
from typing import Any

import pytest

from tests.signalling.house import Exam, PageClient, Seeded, exam

HIDDEN = ("expert", "observer")


def _transcript(page: PageClient) -> list[dict[str, Any]]:
    """Everything the page was sent, but for the random id of its connection."""
    return [
        {key: value for key, value in message.items() if key != "peer"}
        for message in page.all
        if message["type"] != "pong"
    ]


async def _settled(*pages: PageClient) -> None:
    """Every command sent before has been worked on and everything sent has arrived."""
    for page in pages:
        await page.ask("stats", data={})


async def _hidden_life(day: Exam, hidden: tuple[str, ...]) -> None:
    """Hidden seats come, connect, speak among the staff, reload and leave."""
    for name in hidden:
        page = await day.connected(name)
        if name == "expert":
            await page.ask("say", text="Слышу хорошо")
            await page.ask("call", to="specialist")
        await page.ask("stats", data={"loss": 0.1})
        await day.open(name, page=f"page-{name}-1")
        await page.closed()


async def _walk(seeded: Seeded, tmp_path: Path, hidden: tuple[str, ...]) -> dict[str, list[dict[str, Any]]]:
    tmp_path.mkdir()
    async with exam(seeded, tmp_path) as day:
        examiner = await day.connected("examiner")
        await _hidden_life(day, hidden)
        pages = dict(zip(("anna", "boris"), await day.waiting("anna", "boris"), strict=True))
        for page in pages.values():
            assert (await page.ask("offer", sdp="v=0"))["type"] == "answer"
        for command in ("admit", "begin", "finish"):
            await _hidden_life(day, hidden)
            await examiner.ask(command)
            day.clock.move(minutes=3)
            day.house.hub.show_all()
        await _hidden_life(day, hidden)
        await examiner.ask("admit")
        await _settled(*pages.values())
        return {name: _transcript(page) for name, page in pages.items()}


async def test_transcript_is_the_same_with_and_without_hidden_seats(seeded: Seeded, tmp_path: Path) -> None:
    alone = await _walk(seeded, tmp_path / "alone", ())
    watched = await _walk(seeded, tmp_path / "watched", HIDDEN)
    assert watched == alone
    assert len(alone["anna"]) > 10


async def test_nothing_is_sent_to_those_who_wait_when_others_come_and_go(day: Exam) -> None:
    (boris,) = await day.waiting("boris")
    await _settled(boris)
    before = len(boris.all)
    await day.waiting("vera")
    await day.open("gleb")
    vera = day.pages[-2]
    await vera.ask("help", on=True)
    await vera.ask("alarm", kind="page_hidden", on=True)
    await vera.close()
    day.house.hub.show_all()
    await _settled(boris)
    assert [message["type"] for message in boris.all[before:]] == ["done"]


async def test_no_message_to_a_participant_names_anybody_else(day: Exam) -> None:
    await day.connected("expert")
    examiner = await day.connected("examiner")
    anna, boris = await day.waiting("anna", "boris")
    await examiner.ask("say", text="Секрет сотрудников")
    await examiner.ask("admit")
    await _settled(anna, boris)
    for page, name in ((anna, "anna"), (boris, "boris")):
        told = repr(page.all)
        for other in set(day.seeded.seats) - {name}:
            assert day.seat(other) not in told
            assert f"Фамилия-{other}'" not in told
        assert "Секрет" not in told


@pytest.mark.parametrize("name", ["anna", "helper", "observer"])
async def test_notes_of_the_staff_reach_no_page_outside_the_staff(day: Exam, name: str) -> None:
    page = await day.open(name)
    examiner = await day.open("examiner")
    await _settled(page)
    before = len(page.all)
    await examiner.ask("say", text="Тихо")
    await examiner.ask("call", to="organizer")
    await _settled(page)
    assert [message["type"] for message in page.all[before:]] == ["done"]


async def test_notes_reach_the_staff_of_the_room_and_of_the_day_only(day: Exam) -> None:
    staff = [await day.open(name) for name in ("expert", "specialist", "organizer")]
    other = await day.open("expert2")
    examiner = await day.open("examiner")
    await examiner.ask("call", to="organizer")
    expert = await staff[0].view_where(lambda view: view["notes"])
    assert expert["notes"][0]["call_to"] == "organizer"
    for page in staff[1:]:
        view = await page.view_where(lambda view: view["rooms"][0]["notes"])
        assert view["rooms"][1]["notes"] == []
    await other.ask("stats", data={})
    assert all(view["notes"] == [] for view in other.views())


async def test_expert_and_observer_are_welcomed_without_plugs(day: Exam) -> None:
    for name in HIDDEN:
        page = await day.open(name)
        welcome = page.all[0]
        assert welcome["layout"]["plugs"] == []
        assert len(welcome["layout"]["jacks"]) == 7
        assert ("notes" in page.views()[-1]) == (name == "expert")


async def test_encoders_of_those_waiting_are_off_but_for_the_next(day: Exam) -> None:
    examiner = await day.connected("examiner")
    anna, boris = await day.waiting("anna", "boris")
    assert anna.views()[-1]["encoders"] is True
    assert boris.views()[-1]["encoders"] is False
    await examiner.ask("admit", interview=None)
    await boris.view_where(lambda view: view["encoders"] and view["waiting"]["next"])
