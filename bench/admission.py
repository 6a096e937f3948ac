"""How long it takes to connect, and from the examiner's press to the first audible sound, both ways, in Chromium.

`python -m bench.admission --json` prints one object; times are seconds. `connect_s`: page ready → connected.
`admit_to_sound_s`: press on «Пригласить следующего» → the participant's page plays the examiner's tone.
`admit_to_examiner_hears_s`: the same press → the examiner's page plays the participant's tone.
"""

import asyncio
import tempfile
from pathlib import Path

from playwright.async_api import Page

from bench import walk
from bench.exam import Service, browsers
from bench.figures import command, summary

CONNECTED = """
performance.getEntriesByName("media-connected")[0].startTime - performance.getEntriesByName("page-ready")[0].startTime
"""

PRESS = """
addEventListener("click", (event) => {
  if (event.target.closest?.("#admit-next")) globalThis.__pressed = performance.timeOrigin + performance.now();
}, true);
"""

LISTEN = """
(jack) => {
  const context = globalThis.__context ??= new AudioContext({ sampleRate: 48000, latencyHint: "interactive" });
  const element = document.querySelector(`audio[data-jack="${jack}"]`);
  const source = context.createMediaStreamSource(element.srcObject);
  const analyser = context.createAnalyser();
  analyser.fftSize = 256;
  source.connect(analyser);
  const samples = new Float32Array(256);
  globalThis.__heard = null;
  const timer = setInterval(() => {
    analyser.getFloatTimeDomainData(samples);
    if (samples.some((value) => Math.abs(value) > 0.02)) {
      globalThis.__heard = performance.timeOrigin + performance.now();
      clearInterval(timer);
      source.disconnect();
    }
  }, 4);
}
"""


async def connections(page: Page, rounds: int) -> list[float]:
    """Seconds from page ready to connected, of as many reloads."""
    found = []
    for _ in range(rounds):
        await page.reload()
        await walk.connected(page)
        found.append(await page.evaluate(CONNECTED) / 1000)
        await page.wait_for_timeout(500)
    return found


async def heard(page: Page, within: float = 15.0) -> float:
    """When the page's armed ear heard the first sound, milliseconds since the epoch."""
    for _ in range(int(within / 0.05)):
        moment: float | None = await page.evaluate("globalThis.__heard")
        if moment is not None:
            return moment
        await page.wait_for_timeout(50)
    raise TimeoutError("nothing is heard after the admission")


async def admission(participant: Page, examiner: Page) -> tuple[float, float]:
    """One admission and sending back: seconds to sound at the participant, at the examiner."""
    await participant.evaluate(LISTEN, "staff-voice")
    await examiner.evaluate(LISTEN, "participant-voice")
    await examiner.wait_for_timeout(400)
    await walk.admit_next(examiner)
    pressed = await examiner.evaluate("__pressed")
    times = [(await heard(page) - pressed) / 1000 for page in (participant, examiner)]
    await walk.send_back(examiner)
    await walk.phase(participant, "waiting")
    await participant.wait_for_timeout(1500)  # the one who is next warms his encoders up
    return times[0], times[1]


async def measure(rounds: int) -> dict[str, object]:
    with tempfile.TemporaryDirectory() as folder:
        service = Service(Path(folder) / "service")
        await service.start()
        try:
            async with browsers(Path(folder)) as opened:
                participant = await opened.open(service.link("participant"), tone=440, bursts=False)
                await walk.queue_up(participant.page)
                connect = await connections(participant.page, rounds)
                examiner = await opened.open(service.link("examiner"), tone=880, bursts=False, init=[PRESS])
                await asyncio.gather(walk.connected(participant.page), walk.connected(examiner.page))
                await participant.page.wait_for_timeout(1500)
                both = [await admission(participant.page, examiner.page) for _ in range(rounds)]
        finally:
            service.stop()
    return {
        "connect_s": summary(connect),
        "admit_to_sound_s": summary([one for one, _ in both]),
        "admit_to_examiner_hears_s": summary([other for _, other in both]),
        "rounds": rounds,
    }


if __name__ == "__main__":
    command("admission", __doc__, measure, 20)
