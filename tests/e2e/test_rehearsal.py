"""A rehearsal in a real browser with a real node: a voice passes, silence never does, and the exam day is untouched."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.async_api import Page
from sqlalchemy import select

from bench import walk
from bench.exam import Browsers, Service
from media.layout import SeatKind
from server.exam.interview import InterviewState
from server.exam.rehearsal import Outcome, Problem
from server.store import days, interviews, rehearsals, tables
from server.store.database import Store
from server.store.links import add_seat, token_for

ONLY_THE_NODE_HEARS_SILENCE = """
const replace = RTCRtpSender.prototype.replaceTrack;
RTCRtpSender.prototype.replaceTrack = function (track) {
  if (track?.kind !== "audio") return replace.call(this, track);
  const silence = new AudioContext().createMediaStreamDestination().stream.getAudioTracks()[0];
  return replace.call(this, silence);
};
"""


@dataclass(frozen=True)
class Coming:
    """The day after next with one participant."""

    store: Store
    day: int
    seat: str
    interview: int
    link: str

    async def last(self) -> rehearsals.LastRehearsal:
        async with self.store.read() as session:
            return (await rehearsals.last_of_day(session, self.day))[self.seat]

    async def state(self) -> InterviewState:
        async with self.store.read() as session:
            return (await interviews.load(session, self.interview)).interview.state


@pytest.fixture
async def coming(service: Service) -> Coming:
    store = Store(f"sqlite+aiosqlite:///{service.data / 'exam.sqlite3'}")
    await store.open()
    now = datetime.now(UTC)
    async with store.begin() as session:
        school = (await session.scalars(select(tables.School))).one()
        zone = ZoneInfo(school.timezone)
        date = now.astimezone(zone).date() + timedelta(days=2)
        starts = datetime.combine(date, time(9), zone)
        day = await days.add_day(
            session,
            school_id=school.id,
            date=date,
            opens_at=starts - timedelta(minutes=30),
            starts_at=starts,
            closes_at=starts + timedelta(hours=8),
        )
        room = await days.add_room(session, day_id=day.id, number="07", title="Кабинет")
        seat = await add_seat(
            session,
            day_id=day.id,
            room_id=room.id,
            kind=SeatKind.PARTICIPANT,
            last_name="Абрамова",
            first_name="Дарья",
            patronymic="Олеговна",
            at=now,
        )
        row = await interviews.add(
            session,
            room_id=room.id,
            seat_id=seat.id,
            order=1,
            class_label="9А",
            planned_at=starts + timedelta(minutes=20),
        )
    secret = (service.data / "secret").read_bytes()
    return Coming(store, day.id, seat.id, row.id, f"{service.url}/j/{token_for(secret, seat.id)}")


async def begun(page: Page) -> None:
    await walk.phase(page, "rehearsal")
    assert "в 9:20" in await page.inner_text("#intro-title")
    await page.click("#rehearse")
    await page.wait_for_selector("#devices-open:visible, #voice-record:visible")
    if await page.is_visible("#devices-open"):
        await page.click("#devices-open")
    await page.click("#voice-record")


async def test_a_voice_that_arrives_is_ready(coming: Coming, chromium: Browsers) -> None:
    person = await chromium.open(coming.link, tone=440)
    page = person.page
    await begun(page)
    await page.click("#voice-good")
    await page.wait_for_selector('#result[data-outcome="ready"]:visible')
    assert "в 9:10" in await page.inner_text("#result-come-at")
    assert await page.locator('#result-list [data-good="yes"]').count() == 3
    last = await coming.last()
    assert (last.outcome, last.problems) == (Outcome.READY, ())
    assert last.report is not None
    assert last.report["line"]["voice_dbfs"] > -40
    assert await coming.state() is InterviewState.INVITED
    await person.close()
    await coming.store.close()


async def test_a_microphone_that_gives_silence_is_not_fit(coming: Coming, chromium: Browsers) -> None:
    page = (await chromium.open(coming.link, tone=0, viewport=(390, 844))).page
    await begun(page)
    await page.wait_for_selector('[data-screen="test"][data-step="bad"]:visible')
    await page.click("#bad-skip")
    await page.wait_for_selector('#result[data-outcome="unfit"]:visible')
    assert await page.is_visible('#result-phone a[href^="tel:"]')
    last = await coming.last()
    assert (last.outcome, last.problems) == (Outcome.UNFIT, (Problem.SILENT,))
    await coming.store.close()


async def test_a_voice_that_only_the_page_hears_is_not_fit(coming: Coming, chromium: Browsers) -> None:
    """The page's own check is content: what arrives at the server is silence."""
    page = (await chromium.open(coming.link, tone=440, init=[ONLY_THE_NODE_HEARS_SILENCE])).page
    await begun(page)
    await page.click("#voice-good")
    await page.wait_for_selector('#result[data-outcome="unfit"]:visible')
    assert (await coming.last()).problems == (Problem.VOICE_LOST,)
    await coming.store.close()
