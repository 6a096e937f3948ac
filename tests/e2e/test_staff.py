"""The specialist's private check, the organizer on call, staff texts, and exits that can be undone."""

import asyncio
import json

from bench import walk
from bench.exam import WATCH_CONNECTIONS, Browsers, Service, heard, received


async def test_private_check_is_heard_by_two_and_recorded_by_nobody(
    service: Service, chromium: Browsers
) -> None:
    one = await chromium.open(service.link("participant"), tone=440, init=[WATCH_CONNECTIONS])
    await walk.queue_up(one.page)
    other = await chromium.open(service.link("participant", 1), tone=660, init=[WATCH_CONNECTIONS])
    await walk.queue_up(other.page)
    specialist = await chromium.open(service.link("specialist"), tone=1100)
    examiner = await chromium.open(service.link("examiner"), tone=880, init=[WATCH_CONNECTIONS])
    await asyncio.gather(*(walk.connected(p.page) for p in (one, other, examiner)))

    await specialist.page.click('[data-person]:has-text("Васильев") [data-act="check"]')
    await walk.connected(specialist.page)
    await other.page.wait_for_selector("#check-banner:visible")
    assert await heard(other.page, "staff-voice") == {1100}
    assert await heard(specialist.page, "participant-voice") == {660}
    assert not any((await received(one.page)).values())
    assert not any((await received(examiner.page)).values())

    await specialist.page.fill("#verdict-note", "Помехи по Wi-Fi, посоветовал кабель")
    await specialist.page.click('[data-verdict="acceptable"]')
    await examiner.page.locator('#queue li:has-text("Васильев")', has_text="Связь").first.wait_for()
    await specialist.page.click("#check-stop")
    await other.page.wait_for_selector("#check-banner", state="hidden")
    await other.page.wait_for_timeout(500)  # what was on its way is played to the end
    assert await heard(other.page, "staff-voice") == set()
    assert not list((service.data / "recordings").rglob("*.mkv"))


async def test_staff_text_reaches_staff_and_no_participant(service: Service, chromium: Browsers) -> None:
    frames: list[str] = []
    participant = await chromium.open(tone=440)
    participant.page.on(
        "websocket", lambda socket: socket.on("framereceived", lambda t: frames.append(str(t)))
    )
    await participant.page.goto(service.link("participant"))
    await walk.queue_up(participant.page)
    examiner = await chromium.open(service.link("examiner"), tone=880)
    organizer = await chromium.open(service.link("organizer"), tone=1100)
    expert = await chromium.open(service.link("expert"), devices=False)
    await walk.connected(examiner.page)
    before = len([f for f in frames if json.loads(f)["type"] not in {"pong", "done"}])

    await examiner.page.fill("#say", "Нужна помощь с показом экрана")
    await examiner.page.click("#say-send")
    for page in (expert.page, organizer.page):
        await page.get_by_text("Нужна помощь с показом экрана").first.wait_for()
    told = [f for f in frames if json.loads(f)["type"] not in {"pong", "done"}]
    assert len(told) == before
    assert not any("показом" in frame for frame in frames)

    # The organizer, called, comes into the conference as a third person; both hear him.
    await walk.admit_next(examiner.page)
    await organizer.page.click('[data-act="enter"] >> nth=0')
    await organizer.page.click("#confirm-yes")
    await walk.connected(organizer.page)
    assert await heard(participant.page, "third-voice") == {1100}
    assert await heard(examiner.page, "third-voice") == {1100}
    assert await heard(organizer.page, "participant-voice") == {440}
    await organizer.page.click("#leave")
    await organizer.page.wait_for_selector('body[data-entered="none"]', state="attached")
    await participant.page.wait_for_timeout(500)
    assert await heard(participant.page, "third-voice") == set()


async def test_exits_ask_once_and_are_undone_with_a_reason(service: Service, chromium: Browsers) -> None:
    participant = await chromium.open(service.link("participant"), tone=440)
    await walk.queue_up(participant.page)
    examiner = await chromium.open(service.link("examiner"), tone=880)
    page = examiner.page
    await asyncio.gather(walk.connected(participant.page), walk.connected(page))
    await walk.admit_next(page)
    await walk.begin(page)

    await page.click("#finish")
    await page.click("#confirm-no")
    await walk.phase(page, "exam")
    await walk.finish(page)
    await walk.phase(participant.page, "finished")

    row = page.locator('#queue [data-state="finished"]')
    await row.locator('[data-act="more"]').click()
    await row.locator('[data-act="reverse"]').click()
    await page.fill("#confirm-reason", "Завершено по ошибке, осталось задание 4")
    await page.click("#confirm-yes")
    await walk.phase(page, "exam")
    await walk.phase(participant.page, "interview")
    await walk.connected(participant.page)
    for _ in range(5):
        if await heard(page, "participant-voice") == {440}:
            break
    else:
        raise AssertionError("the participant is not heard after the reversal")
    assert await page.locator("#send-back").is_hidden()
