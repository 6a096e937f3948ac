"""Broken and hostile input harms only the page it comes from."""

import contextlib
import json
from typing import Any

import aiohttp
import pytest

from server.signalling import connection
from tests.signalling.house import Exam

BROKEN = [
    "",
    "null",
    "[]",
    "5",
    '"hello"',
    "{",
    "{}",
    '{"type":"join"}',
    '{"type":"join","id":-1}',
    '{"type":"join","id":"1"}',
    '{"type":"join","id":1,"more":2}',
    '{"type":"no_such_thing","id":1}',
    '{"type":"say","id":1,"text":"\\ud800"}',
    '{"type":"devices","id":1,"camera":"<b>","microphone":"ok"}',
    json.dumps(
        {
            "type": "devices",
            "id": 1,
            "camera": "ok",
            "microphone": "ok",
            "detail": {"а": {}},
        }
    ),
    '{"type":"stats","id":1,"data":{"rtt_ms":1e999}}',
    "[" * 30_000,
    '{"a":' * 10_000,
    json.dumps({"type": "stats", "id": 1, "data": {"network": "x" * 41}}),
    json.dumps({"type": "offer", "id": 1, "sdp": "x" * 61_500}),
]


@pytest.mark.parametrize("frame", BROKEN, ids=range(len(BROKEN)))
async def test_broken_message_closes_its_own_connection_only(day: Exam, frame: str) -> None:
    anna, boris = await day.open("anna"), await day.open("boris")
    before = day.dump()
    await anna.socket.send_str(frame)
    assert await anna.closed() == connection.BAD_MESSAGE
    assert (await boris.ask("help", on=True))["type"] == "done"
    assert day.dump()["interview"] == before["interview"]
    assert (await day.open("anna", page="page-anna-2")).types()[0] == "welcome"


async def test_binary_frame_is_a_bad_message(day: Exam) -> None:
    anna = await day.open("anna")
    await anna.socket.send_bytes(b"\0" * 10)
    assert await anna.closed() == connection.BAD_MESSAGE


async def test_too_large_frame_closes_the_connection(day: Exam) -> None:
    anna = await day.open("anna")
    await anna.socket.send_str("x" * (64 * 1024 + 1))
    assert await anna.closed() == aiohttp.WSCloseCode.MESSAGE_TOO_BIG


async def test_flood_is_closed_and_others_are_not_disturbed(day: Exam) -> None:
    anna, boris = await day.open("anna"), await day.open("boris")
    for number in range(100):
        await anna.socket.send_json({"type": "ping", "id": number, "t": 1})
    assert await anna.closed() == connection.FLOOD
    assert (await boris.ask("help", on=True))["type"] == "done"


@pytest.mark.parametrize("kind", ["ping", "pong", "text", "half", "stats", "offer", "say"])
async def test_flood_of_any_frames_disturbs_nobody(day: Exam, kind: str) -> None:
    anna, boris, examiner = await day.open("anna"), await day.open("boris"), await day.open("examiner")
    tellings: dict[str, dict[str, Any]] = {
        "stats": {"type": "stats", "data": {}},
        "offer": {"type": "offer", "sdp": "v=0"},
        "say": {"type": "say", "text": "Шум"},
    }
    for number in range(300):
        with contextlib.suppress(ConnectionError):  # it is closed before the last one
            if kind in {"ping", "pong"}:
                await (anna.socket.ping if kind == "ping" else anna.socket.pong)(b"")
            elif kind in {"text", "half"}:
                await anna.socket.send_str("" if kind == "text" else '{"type":"join"')
            else:
                await anna.socket.send_json({**tellings[kind], "id": number})
        if number % 30 == 0:
            assert (await boris.ask("help", on=bool(number % 60)))["type"] == "done"
            assert (await examiner.ask("ping", t=number))["type"] == "pong"
    assert await anna.closed() == (connection.BAD_MESSAGE if kind in {"text", "half"} else connection.FLOOD)
    assert not day.journal("note")
    assert len(boris.views()) > 1


async def test_too_many_actions_are_refused_before_they_reach_the_database(day: Exam) -> None:
    anna = await day.open("anna")
    answers = [await anna.ask("help", on=bool(number % 2)) for number in range(40)]
    assert {answer.get("code") for answer in answers[32:]} == {"too_fast"}
    assert len(day.journal("participant.help")) <= 30


async def test_commands_before_hello_are_bad_messages(day: Exam) -> None:
    page = await day.socket("anna")
    await page.socket.send_json({"type": "join", "id": 1})
    assert await page.closed() == connection.BAD_MESSAGE


async def test_second_hello_is_a_bad_message(day: Exam) -> None:
    page = await day.open("anna")
    await page.socket.send_json({"type": "hello", "id": 9, "version": 1, "page": "a" * 8, "tab": "b" * 8})
    assert await page.closed() == connection.BAD_MESSAGE


async def test_bad_offer_is_refused_in_words(day: Exam) -> None:
    anna = await day.open("anna")
    answer = await anna.ask("offer", sdp="bad")
    assert (answer["type"], answer["code"]) == ("refused", "bad_offer")
    assert (await anna.ask("offer", sdp="v=0"))["type"] == "answer"


async def test_page_that_reads_nothing_is_dropped_and_others_get_theirs(
    day: Exam, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "OUT_LIMIT", 8)
    slow, examiner = await day.open("specialist"), await day.open("examiner")
    holder = day.live.places[day.seat("specialist")].holder
    assert holder is not None
    for number in range(9):
        holder.connection.send({"type": "quality", "seats": {}, "number": number})
    assert holder.connection.closing
    await slow.closed()
    assert (await examiner.ask("say", text="Я здесь"))["type"] == "done"


async def test_silent_socket_is_noticed(day: Exam) -> None:
    await day.open("anna")
    place = day.live.places[day.seat("anna")]
    assert place.holder is not None
    place.holder.connection.heard_at -= connection.SILENCE_SECONDS + 1
    await day.pages[-1].closed()
    examiner = await day.open("examiner")
    day.clock.move(seconds=3)
    day.house.hub.show_all()
    await examiner.view_where(lambda view: not view["queue"][0]["present"])


async def test_text_of_a_note_loses_control_characters_and_keeps_the_rest(day: Exam) -> None:
    examiner = await day.open("examiner")
    await examiner.ask("say", text="Строка\u0000\u2028 <b>одна</b>\nи вторая ")
    view = await examiner.view_where(lambda view: view["notes"])
    assert view["notes"][0]["text"] == "Строка <b>одна</b>\nи вторая"


async def test_note_of_control_characters_only_is_refused(day: Exam) -> None:
    examiner = await day.open("examiner")
    assert (await examiner.ask("say", text="\u0000 \u0007"))["code"] == "note_empty"
