"""One walk under the browser's own autoplay policy: a page that only receives is mute until somebody presses."""

import asyncio
from typing import Any

from playwright.async_api import CDPSession

from bench import walk
from bench.exam import Browsers, Service, heard


class Watcher:
    """Looks into a page without touching it: what Playwright evaluates counts as a gesture of the person."""

    def __init__(self, session: CDPSession) -> None:
        self._session = session

    async def value(self, expression: str) -> Any:
        answer = await self._session.send(
            "Runtime.evaluate", {"expression": expression, "returnByValue": True}
        )
        return answer["result"].get("value")

    async def until(self, expression: str, within: float = 20.0) -> None:
        for _ in range(int(within / 0.1)):
            if await self.value(expression):
                return
            await asyncio.sleep(0.1)
        raise AssertionError(f"never true: {expression}")


def playing(jack: str) -> str:
    return f"""(() => {{
      const element = document.querySelector('audio[data-jack="{jack}"]');
      return Boolean(element?.srcObject) && !element.paused;
    }})()"""


async def test_walk_without_autoplay_ends_with_everybody_hearing(
    service: Service, chromium: Browsers
) -> None:
    expert = await chromium.open(service.link("expert"), devices=False, autoplay=False)
    watcher = Watcher(await expert.page.context.new_cdp_session(expert.page))
    await watcher.until("document.body.dataset.media === 'connected'")
    participant = await chromium.open(service.link("participant"), tone=440, autoplay=False)
    await walk.queue_up(participant.page)
    examiner = await chromium.open(service.link("examiner"), tone=880, autoplay=False)
    await asyncio.gather(walk.connected(participant.page), walk.connected(examiner.page))
    await walk.admit_next(examiner.page)
    await walk.phase(participant.page, "interview")

    # The expert has pressed nothing: the browser keeps him deaf, and the page says so in one big button.
    await watcher.until("document.body.dataset.muted === 'yes'")
    assert not await watcher.value("navigator.userActivation.hasBeenActive")
    assert not await watcher.value(playing("participant-voice"))
    await expert.page.get_by_role("button", name="Слушать").click()
    for jack in ("participant-voice", "examiner-voice"):
        await watcher.until(playing(jack))
    await watcher.until("document.body.dataset.muted !== 'yes'")
    assert await heard(expert.page, "participant-voice") == {440}

    # Participant and examiner hold a microphone: their browsers play.
    assert await heard(participant.page, "staff-voice") == {880}
    assert await heard(examiner.page, "participant-voice") == {440}
