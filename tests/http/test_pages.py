"""Pages, links that open nothing, headers, static files."""

import html
import json
import logging
import re

import pytest
from aiohttp import ClientResponse, WSServerHandshakeError

from media.layout import SeatKind
from server.http import headers
from server.store import links
from tests.signalling.house import PEOPLE, Exam


async def _get(day: Exam, path: str, **options: object) -> tuple[ClientResponse, str]:
    async with day.session.get(day.url(path), **options) as response:  # type: ignore[arg-type]
        return response, await response.text()


def _boot(text: str) -> dict[str, object]:
    found = re.search(r'<script type="application/json" id="boot">(.*?)</script>', text, re.DOTALL)
    assert found is not None
    boot = json.loads(html.unescape(found[1]))
    assert isinstance(boot, dict)
    return boot


@pytest.mark.parametrize(
    "name", ["anna", "examiner", "expert", "observer", "specialist", "organizer", "helper"]
)
async def test_link_opens_the_page_of_its_seat(day: Exam, name: str) -> None:
    response, text = await _get(day, f"/j/{day.token(name)}")
    kind, room = PEOPLE[name]
    assert response.status == 200
    assert _boot(text) == {
        "kind": kind.value,
        "name": f"Фамилия-{name} Имя",
        "ws": f"/j/{day.token(name)}/ws",
        "phone": "+7 000",
        "school": "Школа № 1",
        "zone": "Europe/Moscow",
        "room": None if room is None else "Аудитория 07",
        "secure": True,
        "version": 1,
    }
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["Permissions-Policy"] == headers.permissions(kind)
    assert ("link.opened", None) in day.journal()


async def test_page_of_a_participant_says_nothing_of_others(day: Exam) -> None:
    _, text = await _get(day, f"/j/{day.token('anna')}")
    for other in set(PEOPLE) - {"anna"}:
        assert f"Фамилия-{other} " not in text
        assert day.seat(other) not in text


def test_pages_may_ask_only_for_what_their_seats_send() -> None:
    assert "camera=(), microphone=(), display-capture=()" in headers.permissions(SeatKind.EXPERT)
    assert "camera=(), microphone=(), display-capture=()" in headers.permissions(SeatKind.OBSERVER)
    assert "camera=(self), microphone=(self), display-capture=()" in headers.permissions(SeatKind.PARTICIPANT)
    assert "display-capture=(self)" in headers.permissions(SeatKind.EXAMINER)
    assert "camera=(), microphone=(self)" in headers.permissions(SeatKind.SPECIALIST)


@pytest.mark.parametrize("path", ["/", "/j/foreign", "/nothing", "/static/js/none.js", "/healthz"])
async def test_every_answer_has_the_security_headers(day: Exam, path: str) -> None:
    response, _ = await _get(day, path)
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert response.headers["Referrer-Policy"] == "no-referrer"
    assert response.headers["X-Content-Type-Options"] == "nosniff"


async def test_foreign_link_is_told_whom_to_call(day: Exam) -> None:
    token = day.token("anna")
    for foreign in ("x", token[:-1] + ("A" if token[-1] != "A" else "B"), token + "x", "%00", "я" * 34):
        response, text = await _get(day, f"/j/{foreign}")
        assert response.status == 404
        assert 'data-problem="foreign"' in text
        assert "+7 000" in text


async def test_link_of_another_day_names_day_and_time_of_the_school(day: Exam) -> None:
    day.clock.move(days=-1)
    response, text = await _get(day, f"/j/{day.token('examiner')}")
    assert response.status == 403
    assert 'data-problem="wrong_day"' in text
    assert "11 февраля 2026" in text
    assert "08:30" in text


async def test_expired_and_revoked_links_say_so(day: Exam) -> None:
    async with day.house.store.begin() as session:
        await links.revoke(session, day.seat("boris"), day.clock.now())
    response, text = await _get(day, f"/j/{day.token('boris')}")
    assert response.status == 410
    assert 'data-problem="revoked"' in text
    day.clock.move(days=1)
    response, text = await _get(day, f"/j/{day.token('anna')}")
    assert response.status == 410
    assert 'data-problem="expired"' in text


@pytest.mark.parametrize("hours", [-8.9, -2, 0, 7.9, 9, 14.9])
async def test_on_the_day_a_link_always_opens(day: Exam, hours: float) -> None:
    """From midnight to midnight at the school, however early or late (D-07)."""
    day.clock.move(hours=hours)
    response, _ = await _get(day, f"/j/{day.token('anna')}")
    assert response.status == 200
    assert (await day.open("anna")).types()[0] == "welcome"


@pytest.mark.parametrize("kind", ["foreign", "revoked", "expired", "wrong_day"])
async def test_websocket_goes_through_the_same_door(day: Exam, kind: str) -> None:
    if kind == "revoked":
        async with day.house.store.begin() as session:
            await links.revoke(session, day.seat("examiner"), day.clock.now())
    day.clock.move(days={"expired": 1, "wrong_day": -1}.get(kind, 0))
    token = "x" * 34 if kind == "foreign" else day.token("examiner")
    async with day.session.ws_connect(day.url(f"/j/{token}/ws")) as socket:
        await socket.receive()
        assert socket.close_code == 4003


async def test_websocket_of_another_site_is_refused(day: Exam) -> None:
    url = day.url(f"/j/{day.token('anna')}/ws")
    with pytest.raises(WSServerHandshakeError) as refused:
        await day.session.ws_connect(url, headers={"Origin": "https://evil.example"})
    assert refused.value.status == 403
    async with day.session.ws_connect(url, headers={"Origin": day.address}) as socket:
        assert not socket.closed


async def test_no_token_enters_the_log(day: Exam, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        await _get(day, f"/j/{day.token('anna')}")
        await _get(day, f"/j/{day.token('anna')}x")
        page = await day.open("anna")
        await page.socket.send_str("broken")
        await page.closed()
    assert day.token("anna")[12:] not in caplog.text
    assert "Фамилия" not in "".join(
        record.getMessage() for record in caplog.records if record.name.startswith("server")
    )


async def test_static_files_are_revalidated(day: Exam) -> None:
    response, _ = await _get(day, "/static/js/core/wire.js")
    assert response.status == 200
    assert response.headers["Cache-Control"] == "no-cache"
    assert response.content_type == "text/javascript"
    again, _ = await _get(day, "/static/js/core/wire.js", headers={"If-None-Match": response.headers["ETag"]})
    assert again.status == 304


@pytest.mark.parametrize(
    "path",
    [
        "/static/templates/base.html",
        "/static/%2e%2e/pyproject.toml",
        "/static/js",
        "/static/js/..%2f..%2fLICENSE",
    ],
)
async def test_nothing_but_assets_is_served(day: Exam, path: str) -> None:
    response, text = await _get(day, path)
    assert response.status == 404
    assert 'data-problem="not_found"' in text


async def test_landing_and_health(day: Exam) -> None:
    response, text = await _get(day, "/")
    assert response.status == 200
    assert "Школа № 1" in text
    response, text = await _get(day, "/healthz")
    assert json.loads(text) == {"ok": True}


async def test_wrong_method_and_a_failing_database_are_answered_in_words(day: Exam) -> None:
    async with day.session.post(day.url("/")) as response:
        assert response.status == 405
        assert response.headers["Allow"]
    await day.house.store.close()
    response, text = await _get(day, f"/j/{day.token('anna')}")
    assert response.status >= 500
    assert 'data-problem="error"' in text
    await day.house.store.open()
