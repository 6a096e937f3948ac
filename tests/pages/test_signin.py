"""A teacher's way in, in Chromium: invitation, printed codes, passkey, locked out, back by the organizer's code."""

import asyncio
import os
import re
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from bench.exam import ROOT, Browsers, Service

PASSWORD = "тихий зелёный чайник"
SCHOOL = ("--school-code", "640001", "--school-name", "Школа № 1", "--phone", "+7 000")
PLACE = ("--timezone", "Europe/Saratov", "--profile", "saratov-2020")
PERSON = ("--login", "ivanova", "--name", "Иванова Мария Петровна")
AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
async def school(tmp_path: Path) -> AsyncIterator[Service]:
    """A service without a demo day."""
    running = Service(tmp_path / "school", environment={"DEMO": "0"})
    await running.start()
    try:
        yield running
    finally:
        running.stop()


async def organizer(service: Service, *arguments: str) -> str:
    """What the command prints as the code, run beside the service."""
    environment = {**os.environ, "DATA_DIR": str(service.data), "PUBLIC_URL": service.url}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "server.organizer",
        *arguments,
        cwd=ROOT,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
    )
    printed, _ = await process.communicate()
    text = printed.decode()
    assert process.returncode == 0, text
    assert f"{service.url}/invitation" in text
    found = re.search(r"Код: +(\S+)", text)
    assert found is not None
    return found[1]


async def submit(page: Page, **fields: str) -> None:
    for name, value in fields.items():
        await page.fill(f"main [name={name}]:visible", value)
    await page.click("main button[type=submit] >> nth=0")


async def accept(page: Page, service: Service, code: str) -> list[str]:
    """Invitation to office; the sheet's codes."""
    await page.goto(f"{service.url}/invitation")
    await submit(page, code=code)
    await expect(page.get_by_text("Иванова Мария Петровна")).to_be_visible()
    await submit(page, password=PASSWORD, again=PASSWORD)
    await expect(page.locator("h1")).to_have_text("Ваш лист с кодами")
    await expect(page.locator("#print")).to_be_visible()
    codes = await page.locator(".codes .code").all_inner_texts()
    await page.click("main button[type=submit]")
    await expect(page).to_have_url(f"{service.url}/login/codes")  # the tick is required
    await page.check("[name=kept]")
    await page.click("main button[type=submit]")
    await page.wait_for_url(f"{service.url}/office")
    return codes


async def log_out(page: Page, service: Service) -> None:
    await page.goto(f"{service.url}/account")
    await page.get_by_role("button", name="Выйти", exact=True).click()
    await page.wait_for_url(f"{service.url}/login")


async def test_invitation_codes_passkey_lockout_and_reset(school: Service, chromium: Browsers) -> None:
    code = await organizer(school, *SCHOOL, *PLACE, *PERSON)
    page = (await chromium.open(devices=False)).page
    refused: list[str] = []
    page.on("console", lambda message: refused.append(message.text) if "Policy" in message.text else None)
    codes = await accept(page, school, code)
    assert len(codes) == 10

    await log_out(page, school)
    await submit(page, login="Ivanova", password=PASSWORD)
    await page.wait_for_url(f"{school.url}/login/second")
    await submit(page, code=codes[0])
    await page.wait_for_url(f"{school.url}/office")

    devtools = await page.context.new_cdp_session(page)
    await devtools.send("WebAuthn.enable")
    made = await devtools.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
    await page.goto(f"{school.url}/account")
    await page.click("#new-passkey summary")
    await page.fill("#passkey-title", "Ноутбук в учительской")
    await page.fill("#passkey-password", "не тот пароль")
    await page.click("#passkey-button")
    await expect(page.locator("#passkey-trouble")).to_have_text("Нынешний пароль не подошёл.")
    await page.fill("#passkey-password", PASSWORD)
    await page.click("#passkey-button")
    await expect(page.get_by_text("Ключ доступа добавлен.")).to_be_visible()
    await expect(page.get_by_text("Ноутбук в учительской", exact=True)).to_be_visible()

    await log_out(page, school)
    await page.click("#passkey-button")
    await page.wait_for_url(f"{school.url}/office")
    await log_out(page, school)
    await submit(page, login="ivanova", password=PASSWORD)
    await page.click("#passkey-button")
    await page.wait_for_url(f"{school.url}/office")

    await log_out(page, school)
    unverified = {"authenticatorId": made["authenticatorId"], "isUserVerified": False}
    await devtools.send("WebAuthn.setUserVerified", unverified)
    await page.click("#passkey-button")
    await expect(page.locator("#passkey-trouble")).to_be_visible()
    assert page.url == f"{school.url}/login"

    stranger = (await chromium.open(devices=False)).page
    await stranger.goto(f"{school.url}/login")
    for number in range(6):
        await submit(stranger, login="ivanova", password=f"неверный пароль {number}")
        await expect(stranger.locator("#trouble")).to_be_visible()
    await expect(stranger.locator("#trouble")).to_contain_text("Слишком много")
    await submit(page, login="ivanova", password=PASSWORD)
    await page.wait_for_url(f"{school.url}/login/second")  # her own browser does not wait
    await submit(page, code=codes[1])
    await page.wait_for_url(f"{school.url}/office")

    fresh = await accept(stranger, school, await organizer(school, "--reset", "ivanova"))
    assert not set(fresh) & set(codes)
    await page.goto(f"{school.url}/account")
    await page.wait_for_url(f"{school.url}/login?next=/account")  # signed out by the reset
    await submit(page, login="ivanova", password=PASSWORD)
    await page.wait_for_url(f"{school.url}/login/second**")
    await expect(page.locator("#passkey")).to_have_count(0)
    await submit(page, code=codes[2])
    await expect(page.locator("#trouble")).to_contain_text("Код не подошёл")
    await submit(page, code=fresh[0])
    await page.wait_for_url(f"{school.url}/account")
    assert refused == []
