"""How soon both hear each other again when a pupil's network comes back: the same address, or another.

`python -m bench.cut --json` puts the participant's browser into a network of its own (bench/wires.py; Linux and root)
and cuts that for ten seconds, everything at once: media, WebSocket, all. `back_s` is from the network's return until
voices move at both again, `same` with the address the browser had, `changed` with another one of its machine.
"""

import asyncio
import tempfile
import time
from pathlib import Path

from playwright.async_api import Page

from bench import walk
from bench.exam import CHROMIUM, WATCH_CONNECTIONS, Service, browsers
from bench.figures import command, say, summary
from bench.loss import WATCH_MOVES, moved
from bench.wires import Wires

CUT = 10.0  # seconds
PATIENCE = 12.0  # seconds after the return
CALM = 4.0  # seconds between two rounds


async def once(wires: Wires, participant: Page, examiner: Page, move: bool) -> dict[str, float]:
    """Seconds until each hears the other again; `PATIENCE` if not."""
    wires.cut()
    await asyncio.sleep(CUT)
    if move:
        wires.move()
    wires.cut(False)
    healed = time.time()
    await asyncio.sleep(PATIENCE)
    found = {}
    for name, page in (("participant", participant), ("examiner", examiner)):
        moves = await page.evaluate("__moves")
        back = moved(moves, "audio", healed + 0.05)  # what was being counted at the return came before it
        found[name] = PATIENCE if back is None else back + 0.05
    say(f"{'changed' if move else 'same'} address: {found}")
    await asyncio.sleep(CALM)
    return found


async def measure(rounds: int) -> dict[str, object]:
    with tempfile.TemporaryDirectory() as name, Wires(Path(name)) as wires:
        folder = Path(name)
        service = Service(folder / "service", wires.environment)
        await service.start()
        secure = f"--unsafely-treat-insecure-origin-as-secure={service.url}"
        try:
            async with browsers(folder) as opened:
                participant = await opened.open(
                    service.link("participant"),
                    tone=440,
                    bursts=False,
                    init=[WATCH_CONNECTIONS],
                    extra=[secure],
                    executable=wires.executable(CHROMIUM),
                )
                await walk.queue_up(participant.page)
                examiner = await opened.open(
                    service.link("examiner"), tone=880, bursts=False, init=[WATCH_CONNECTIONS], extra=[secure]
                )
                pages = participant.page, examiner.page
                await asyncio.gather(*(walk.connected(page) for page in pages))
                await walk.admit_next(examiner.page)
                for page in pages:
                    await page.evaluate(WATCH_MOVES)
                await asyncio.sleep(CALM)
                same = [await once(wires, *pages, False) for _ in range(rounds)]
                changed = [await once(wires, *pages, True) for _ in range(rounds)]
        finally:
            service.stop()
    return {
        name: {
            "back_s": summary([max(each.values()) for each in found]),
            "most_s": max(max(e.values()) for e in found),
        }
        for name, found in (("same", same), ("changed", changed))
    } | {"rounds": rounds, "cut_s": CUT}


if __name__ == "__main__":
    command("cut", __doc__, measure, 5)
