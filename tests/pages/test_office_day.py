"""An organizer's way through a day in Chromium: appointed, listed, planned, corrected, approved, held."""

import re
from datetime import UTC, datetime

import pytest
from playwright.async_api import Page, expect

from bench.exam import Browsers, Service
from server.store import accounts, logins
from server.store.database import Store


async def organizer(service: Service, chromium: Browsers) -> Page:
    """A page of the demo school's organizer, already signed in."""
    now = datetime.now(UTC)
    async with Store(f"sqlite+aiosqlite:///{service.data}/exam.sqlite3") as store, store.begin() as session:
        account = await accounts.account_by_login(session, "organizer")
        assert account is not None
        token = await logins.open_login(session, account.id, agent="test", now=now, complete=True)
    page = (await chromium.open(devices=False)).page
    await page.context.add_cookies([{"name": "login", "value": token, "url": service.url}])
    page.set_default_timeout(20_000)
    return page


def card(page: Page, name: str) -> str:
    return f"[data-card]:has-text('{name}')"


async def room_of(page: Page, name: str) -> str:
    return await page.locator(f"[data-room]:has({card(page, name)}) h2").inner_text()


async def time_of(page: Page, name: str) -> str:
    return await page.locator(f"{card(page, name)} .plan-time").inner_text()


async def appoint(page: Page, service: Service) -> str:
    """A day of the next year with everybody on its list; the start of its addresses."""
    await page.goto(f"{service.url}/schools/1/days")
    await page.click("summary:has-text('дату')")
    await page.fill("#date", f"{datetime.now(UTC).year + 1}-02-10")
    await page.fill("#start", "09:00")
    await page.click("details[open] button[type=submit]")
    await page.wait_for_url(re.compile(r"/days/\d+/participants"))
    await page.click("button:has-text('Отметить всех')")
    await page.click("button:has-text('Добавить отмеченных (12)')")
    await expect(page.locator(".figures")).to_contain_text("12 в списке дня")
    return page.url.split("/participants")[0]


async def form_commission(page: Page, base: str) -> None:
    await page.goto(f"{base}/commission")
    for number in ("07", "12"):
        await page.fill("#number", number)
        await page.click("button:has-text('Добавить аудиторию')")
    for name, role, room in (
        ("Соколова", "examiner", "07"),
        ("Голенищева", "expert", "07"),
        ("Кузнецов", "examiner", "12"),
        ("Орлова", "expert", "12"),
        ("Мухаметзянов", "specialist", ""),
        ("Белоусова", "organizer", ""),
    ):
        options = page.locator("#person option")
        value = await options.filter(has_text=name).first.get_attribute("value")
        await page.select_option("#person", value)
        await page.select_option("#role", role)
        if room:
            label = page.locator("#appoint-room option").filter(has_text=room)
            await page.select_option("#appoint-room", await label.first.get_attribute("value"))
        await page.click("section:has(#appointing) button[type=submit]")
        await expect(page.locator(".member").filter(has_text=name)).to_be_visible()


async def test_an_organizer_makes_a_day_and_corrects_its_plan(service: Service, chromium: Browsers) -> None:
    page = await organizer(service, chromium)
    refused: list[str] = []
    page.on("console", lambda message: refused.append(message.text) if "Policy" in message.text else None)
    base = await appoint(page, service)
    await form_commission(page, base)
    await page.goto(f"{base}/plan")
    await page.click("button:has-text('Составить план')")
    await expect(page.locator("#board")).to_have_attribute("data-draft", "yes")
    await expect(page.locator("[data-card]")).to_have_count(12)
    await page.wait_for_load_state("load")  # a key that is pressed before the script is there does nothing

    # By the keyboard: to the next room, and the focus stays on the card.
    name = "Абрамова"
    before = await room_of(page, name)
    key = "ArrowRight" if "07" in before else "ArrowLeft"
    await page.locator(f"{card(page, name)} [data-grip]").focus()
    await page.keyboard.press(key)
    await expect(page.locator("#said")).to_contain_text("Готово")
    assert await room_of(page, name) != before
    assert name in await page.evaluate("document.activeElement.textContent")

    # By the mouse: before the first card of the other room.
    target = page.locator(f"[data-room]:has(h2:text-is('{before.strip()}')) [data-card]").first
    first = await target.get_attribute("data-card")
    await page.drag_and_drop(card(page, name), f"[data-card='{first}']")
    await expect(page.locator(f"[data-room]:has({card(page, name)}) h2")).to_have_text(before)

    at = await time_of(page, name)

    # To an impossible time: the conflict stands on the card and in the list, and nothing is approved.
    await page.locator(f"{card(page, name)} [data-grip]").click()
    await page.fill("dialog #at", "08:00")
    await page.click("dialog button[type=submit]")
    await expect(page.locator("#conflicts")).to_contain_text("день начинается в 09:00")
    await expect(page.locator(f"{card(page, name)} .plan-conflict")).to_contain_text("09:00")
    await page.click("button:has-text('Отменить последнее')")
    await expect(page.locator("#conflicts")).to_have_count(0)
    assert await time_of(page, name) == at

    await page.click("button:has-text('Утвердить план')")
    await expect(page.get_by_text("План утверждён")).to_be_visible()
    await expect(page.locator("#board")).to_have_attribute("data-draft", "no")
    await page.goto(f"{base}/links")
    await page.check("label:has-text('Абрамова') input")
    async with page.expect_download() as printed:
        await page.click("button:has-text('Напечатать карточки')")
    path = await (await printed.value).path()
    assert path.read_bytes().startswith(b"%PDF")
    assert refused == []


@pytest.mark.parametrize("script", [True, False])
async def test_an_absence_is_marked_and_reported(service: Service, chromium: Browsers, script: bool) -> None:
    page = await organizer(service, chromium)
    if not script:
        context = await page.context.browser.new_context(java_script_enabled=False)  # type: ignore[union-attr]
        await context.add_cookies(await page.context.cookies())  # type: ignore[arg-type]
        page = await context.new_page()
    await page.goto(f"{service.url}/days/1")
    await page.click("button:has-text('Открыть конференцию')")
    await expect(page.get_by_text("Конференция открыта в")).to_be_visible()
    row = page.locator("#day-board ol.rows > li").filter(has_text="Ермаков")
    await row.locator("summary").click()
    await row.locator("input[name=reason]").fill("болеет, мама звонила")
    await row.locator("select").select_option("yes")
    await row.get_by_role("button", name="Поставить «Н»").click()
    await expect(page.get_by_text("Отмечено «Н».")).to_be_visible()
    await expect(page.locator("#day-board .figures")).to_contain_text("1 отсутствуют")
    await expect(page.locator("#day-board")).to_contain_text("болеет, мама звонила, подтверждена")
    async with page.expect_download() as report:
        await page.locator("section:has(#report) a", has_text="XLSX").click()
    path = await (await report.value).path()
    assert path.read_bytes().startswith(b"PK")


async def test_the_board_comes_anew_by_itself_and_leaves_a_form_alone(
    service: Service, chromium: Browsers
) -> None:
    page = await organizer(service, chromium)
    other = await organizer(service, chromium)
    await page.goto(f"{service.url}/days/1")
    await other.goto(f"{service.url}/days/1")
    await other.locator("#day-board ol.rows > li").filter(has_text="Ермаков").locator("summary").click()
    await other.get_by_role("button", name="Поставить «Н»").click()
    await expect(page.locator("#day-board .figures")).to_contain_text("1 отсутствуют", timeout=20_000)
    row = page.locator("#day-board ol.rows > li").filter(has_text="Новиков")
    await row.locator("summary").click()
    await row.locator("input[name=reason]").fill("пишу причину")
    undo = other.locator("#day-board ol.rows > li").filter(has_text="Ермаков")
    await undo.get_by_role("button", name="Снять «Н»").click()
    await expect(other.locator("#day-board .figures")).to_contain_text("0 отсутствуют")
    await expect(row.locator("input[name=reason]")).to_have_value("пишу причину")
    await row.locator("input[name=reason]").fill("")
    await row.locator("summary").click()
    await expect(page.locator("#day-board .figures")).to_contain_text("0 отсутствуют", timeout=20_000)
