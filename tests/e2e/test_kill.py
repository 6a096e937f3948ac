"""Either process may die in the middle of an exam (decision 5)."""

import asyncio
import os
import signal

from playwright.async_api import Page

from bench import walk
from bench.exam import WATCH_CONNECTIONS, Browsers, Person, Service, heard


async def begun(service: Service, chromium: Browsers) -> tuple[Person, Person, Person]:
    """A participant in the exam, the examiner and the hidden expert."""
    participant = await chromium.open(service.link("participant"), tone=440, init=[WATCH_CONNECTIONS])
    examiner = await chromium.open(service.link("examiner"), tone=880, init=[WATCH_CONNECTIONS])
    expert = await chromium.open(service.link("expert"), devices=False, init=[WATCH_CONNECTIONS])
    await walk.queue_up(participant.page)
    await asyncio.gather(*(walk.connected(p.page) for p in (participant, examiner, expert)))
    await walk.admit_next(examiner.page)
    await walk.begin(examiner.page)
    await walk.phase(participant.page, "interview")
    return participant, examiner, expert


async def connections(page: Page) -> int:
    count: int = await page.evaluate("__connections.length")
    return count


async def test_killed_server_leaves_the_voices_and_comes_back(service: Service, chromium: Browsers) -> None:
    participant, examiner, expert = await begun(service, chromium)
    before = {p.tone: await connections(p.page) for p in (participant, examiner)}
    nodes = service.nodes()

    service.kill()
    assert await heard(participant.page, "staff-voice", milliseconds=2000) == {880}
    assert await heard(examiner.page, "participant-voice") == {440}
    assert await heard(expert.page, "participant-voice") == {440}
    await examiner.page.wait_for_selector('body[data-socket="connecting"]', state="attached")

    await service.start()
    for person in (participant, examiner, expert):
        await person.page.wait_for_selector('body[data-socket="open"]', state="attached")
    assert service.nodes() == nodes
    await walk.phase(examiner.page, "exam")
    # The state is that of before, on the same connections; and it can be gone on with.
    assert {p.tone: await connections(p.page) for p in (participant, examiner)} == before
    assert await heard(examiner.page, "participant-voice") == {440}
    await walk.finish(examiner.page)
    await walk.phase(participant.page, "finished")
    folder = next((service.data / "recordings").iterdir())
    assert [p.name[-10:] for p in folder.glob("*participant-voice*.mkv")] == ["part-1.mkv"]


async def test_killed_node_is_replaced_and_the_recording_goes_on(
    service: Service, chromium: Browsers
) -> None:
    participant, examiner, expert = await begun(service, chromium)
    folder = next((service.data / "recordings").iterdir())
    assert len(list(folder.glob("*participant-voice*.mkv"))) == 1

    busy = service.recording_node()
    os.kill(busy, signal.SIGKILL)

    for person, jack, tone in (
        (participant, "staff-voice", 880),
        (examiner, "participant-voice", 440),
        (expert, "participant-voice", 440),
    ):
        for _ in range(10):
            if await heard(person.page, jack) == {tone}:
                break
        else:
            raise AssertionError(f"{jack} is not heard again")
    await walk.phase(examiner.page, "exam")
    await walk.finish(examiner.page)
    await walk.phase(participant.page, "finished")
    parts = sorted(p.name[-10:] for p in folder.glob("*participant-voice*.mkv"))
    assert parts == ["part-1.mkv", "part-2.mkv"]
    for _ in range(100):
        if len(service.nodes()) >= 2 and busy not in service.nodes().values():
            break
        await asyncio.sleep(0.1)
    assert len(service.nodes()) >= 2, "there is no new spare node"
