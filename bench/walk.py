"""The steps of people on the pages, as they make them: buttons and what is then shown."""

import contextlib

from playwright.async_api import Error, Page


async def phase(page: Page, name: str, *, within: float = 15.0) -> None:
    """Wait until the page is in a phase (body[data-phase])."""
    await page.wait_for_selector(f'body[data-phase="{name}"]', state="attached", timeout=within * 1000)


async def connected(page: Page, *, within: float = 15.0) -> None:
    """Wait until the page's media connection stands."""
    await page.wait_for_selector('body[data-media="connected"]', state="attached", timeout=within * 1000)


async def check_devices(page: Page) -> None:
    """A participant's way from the information to the verdict on the devices."""
    await phase(page, "information")
    await page.click("#informed-yes")
    await phase(page, "test")
    await speak(page)


async def speak(page: Page) -> None:
    """The device test: allow, read aloud, hear oneself."""
    await page.wait_for_selector("#devices-open:visible, #voice-record:visible")
    if await page.is_visible("#devices-open"):
        # Devices that are allowed already are opened by the page itself, perhaps at this very moment.
        with contextlib.suppress(Error):
            await page.click("#devices-open", timeout=1000)
    await page.click("#voice-record")
    await page.click("#voice-good")
    await page.wait_for_selector("#join:visible")


async def queue_up(page: Page) -> None:
    """A participant's way into the queue."""
    await check_devices(page)
    await page.click("#join")
    await phase(page, "waiting")


async def admit_next(examiner: Page) -> None:
    await examiner.click("#admit-next")
    await phase(examiner, "admitted")


async def begin(examiner: Page) -> None:
    await examiner.click("#begin")
    await phase(examiner, "exam")


async def finish(examiner: Page) -> None:
    """End the interview; the page asks once."""
    await examiner.click("#finish")
    await examiner.click("#confirm-yes")
    await phase(examiner, "idle")


async def send_back(examiner: Page) -> None:
    await examiner.click("#send-back")
    await phase(examiner, "idle")
