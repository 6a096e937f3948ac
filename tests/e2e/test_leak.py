"""A forwarded link: the specialist sees it calmly on the wall, knows the participant, or replaces the link."""

from bench import walk
from bench.exam import Browsers, Service


async def test_a_link_on_another_device_is_seen_and_replaced(service: Service, chromium: Browsers) -> None:
    link = service.link("participant")
    specialist = (await chromium.open(service.link("specialist"), devices=False)).page
    mine = await chromium.open(link, tone=440)
    await walk.queue_up(mine.page)
    row = specialist.locator("[data-person]", has_text="Абрамова Дарья Олеговна")
    assert not await row.locator(".row-other").is_visible()

    laptop = await chromium.open(link, tone=660)
    await laptop.page.wait_for_selector('body[data-socket="taken"]', state="attached")
    await row.locator(".row-other").wait_for()
    assert "Chrome" in await row.locator(".row-other").inner_text()
    await row.locator('[data-act="own"]').click()
    await row.locator(".row-other").wait_for(state="hidden")
    await laptop.page.get_by_role("button", name="Продолжить здесь").click()
    await walk.phase(laptop.page, "waiting")
    await mine.page.get_by_text("открыто в другом окне").wait_for()

    stranger = await chromium.open(link, tone=880, viewport=(390, 844))
    await stranger.page.wait_for_selector('body[data-socket="taken"]', state="attached")
    await row.locator(".row-other").wait_for()
    await row.locator('[data-act="replace"]').click()
    await specialist.click("#confirm-yes")
    await specialist.wait_for_selector("#new-link-qr:visible")
    assert await specialist.evaluate("document.querySelector('#new-link-qr').naturalWidth") > 100
    new = await specialist.inner_text("#new-link-url")
    assert new != link
    for person in (laptop, stranger):
        await person.page.wait_for_selector('body[data-socket="ended"]', state="attached")
        await person.page.get_by_text("Ссылка больше не действует").wait_for()
    answer = await stranger.page.goto(link)
    assert answer is not None
    assert answer.status == 410

    await laptop.page.goto(new)
    await walk.phase(laptop.page, "waiting")
    await specialist.click("#new-link-close")
    await row.locator(".row-other").wait_for(state="hidden")
    assert await specialist.inner_text("#new-link-url") == ""
