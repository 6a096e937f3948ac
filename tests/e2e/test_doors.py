"""Reload, a second tab and a second device at every step; links that are not valid; devices that do not work."""

import asyncio

import pytest
from playwright.async_api import Page

from bench import walk
from bench.exam import WATCH_CONNECTIONS, Browsers, Person, Service, heard


async def reloaded(page: Page, name: str) -> None:
    """The page comes back to where it was after a reload."""
    await page.reload()
    await walk.phase(page, name)
    await page.wait_for_selector('body[data-socket="open"]', state="attached")


async def moved_and_back(person: Person, url: str, name: str) -> None:
    """A second tab asks, takes the seat, and gives it back when the first one wants it."""
    second = await person.page.context.new_page()
    await second.goto(url)
    await second.wait_for_selector('body[data-socket="taken"]', state="attached")
    assert await person.page.get_attribute("body", "data-phase") == name
    await second.get_by_role("button", name="Продолжить здесь").click()
    await walk.phase(second, name)
    await person.page.wait_for_selector('body[data-socket="moved"]', state="attached")
    await person.page.get_by_role("button", name="Вернуть сюда").click()
    await walk.phase(person.page, name)
    await second.wait_for_selector('body[data-socket="moved"]', state="attached")
    await second.close()


async def test_reload_and_second_tab_at_every_step(service: Service, chromium: Browsers) -> None:
    link = service.link("participant")
    one = await chromium.open(link, tone=440, init=[WATCH_CONNECTIONS])
    page = one.page
    await walk.phase(page, "information")
    await reloaded(page, "information")
    await moved_and_back(one, link, "information")
    await page.click("#informed-yes")
    await walk.phase(page, "test")
    await reloaded(page, "test")
    await moved_and_back(one, link, "test")
    await page.reload()
    await walk.phase(page, "test")
    await walk.speak(page)
    await page.click("#join")
    await walk.phase(page, "waiting")
    await reloaded(page, "waiting")
    await moved_and_back(one, link, "waiting")

    examiner = await chromium.open(service.link("examiner"), tone=880)
    await asyncio.gather(walk.connected(page), walk.connected(examiner.page))
    await walk.admit_next(examiner.page)
    await walk.phase(page, "interview")
    await reloaded(page, "interview")
    await walk.connected(page)
    assert await heard(page, "staff-voice") == {880}
    await moved_and_back(one, link, "interview")
    await walk.connected(page)
    assert await heard(examiner.page, "participant-voice") == {440}

    await reloaded(examiner.page, "admitted")
    await walk.connected(examiner.page)
    await walk.begin(examiner.page)
    await reloaded(page, "interview")
    await walk.connected(page)
    await heard_again(examiner.page, "participant-voice", 440)

    await walk.finish(examiner.page)
    await walk.phase(page, "finished")
    await reloaded(page, "finished")
    await moved_and_back(one, link, "finished")


async def heard_again(page: Page, jack: str, tone: int) -> None:
    """The tone comes within a few seconds."""
    for _ in range(6):
        if await heard(page, jack) == {tone}:
            return
    raise AssertionError(f"{tone} Hz is not heard at {jack}")


async def test_second_device_is_asked_and_the_first_is_told(service: Service, chromium: Browsers) -> None:
    link = service.link("participant", 2)
    first = await chromium.open(link, tone=440)
    await walk.phase(first.page, "information")
    phone = await chromium.open(link, tone=660, viewport=(390, 844), is_mobile=True, has_touch=True)
    await phone.page.wait_for_selector('body[data-socket="taken"]', state="attached")
    await phone.page.get_by_role("button", name="Продолжить здесь").click()
    await walk.phase(phone.page, "information")
    await first.page.get_by_text("открыто в другом окне").wait_for()


@pytest.mark.parametrize("token", ["x", "A" * 34, "%D0%B0", "..%2f..%2fetc"])
async def test_foreign_link_gets_help_and_the_school_phone(
    service: Service, chromium: Browsers, token: str
) -> None:
    person = await chromium.open(devices=False)
    answer = await person.page.goto(f"{service.url}/j/{token}")
    assert answer is not None
    assert answer.status == 404
    assert await person.page.locator("h1").count() == 1


async def test_refused_permission_gets_help_in_plain_words(service: Service, chromium: Browsers) -> None:
    refusing = """
    navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("no", "NotAllowedError"));
    """
    person = await chromium.open(service.link("participant"), init=[refusing], viewport=(390, 844))
    await walk.phase(person.page, "information")
    await person.page.click("#informed-yes")
    await person.page.wait_for_selector("#devices-open:visible, #obstacle:visible")
    if await person.page.is_visible("#devices-open"):
        await person.page.click("#devices-open")
    await person.page.wait_for_selector('#obstacle[data-obstacle="denied"]:visible')
    assert await person.page.locator('#obstacle a[href^="tel:"]').count() >= 1
