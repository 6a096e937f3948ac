"""What a killed process costs the people who are talking, in Chromium.

`python -m bench.failover --json` prints one object. `server_kill.voice_gap_ms`: the longest silence, at either end, in
a steady tone while the server is killed (SIGKILL) and started again. `node_kill.back_s`: the longest silence, at either
end, while the media node of the conference is killed and everybody finds the spare one. `undisturbed_ms` is the longest
silence measured in the same way while nothing happens.
"""

import asyncio
import os
import signal
import tempfile
from pathlib import Path

from playwright.async_api import Page

from bench import walk
from bench.exam import Service, browsers
from bench.figures import command, summary

# Looks at the newest 256 samples: a late look is no silence, only a look that finds silence is.
WATCH = """
(jack) => {
  const context = globalThis.__context ??= new AudioContext({ sampleRate: 48000, latencyHint: "interactive" });
  globalThis.__watch?.stop();
  const watch = { gap: 0, quiet: true, last: performance.now() };
  let stream = null;
  let analyser = null;
  const samples = new Float32Array(256);
  const timer = setInterval(() => {
    const element = document.querySelector(`audio[data-jack="${jack}"]`);
    if (element.srcObject !== stream) {
      stream = element.srcObject;
      analyser = context.createAnalyser();
      analyser.fftSize = 256;
      context.createMediaStreamSource(stream).connect(analyser);
    }
    analyser.getFloatTimeDomainData(samples);
    const now = performance.now();
    watch.quiet = !samples.some((value) => Math.abs(value) > 0.01);
    if (watch.quiet) watch.gap = Math.max(watch.gap, now - watch.last);
    else watch.last = now;
  }, 5);
  watch.stop = () => clearInterval(timer);
  globalThis.__watch = watch;
}
"""


async def watch(participant: Page, examiner: Page) -> None:
    await participant.evaluate(WATCH, "staff-voice")
    await examiner.evaluate(WATCH, "participant-voice")


async def longest(*pages: Page) -> float:
    """The longest silence at any of the pages since the watch began, in milliseconds; all sound again at its end."""
    for _ in range(300):
        if not any([await page.evaluate("__watch.quiet") for page in pages]):
            break
        await asyncio.sleep(0.1)
    else:
        raise TimeoutError("the voices do not come back")
    return max([float(await page.evaluate("__watch.gap")) for page in pages])


async def server_kill(service: Service, participant: Page, examiner: Page) -> float:
    await watch(participant, examiner)
    await asyncio.sleep(0.5)
    service.kill()
    await asyncio.sleep(1.0)
    await service.start()
    for page in (participant, examiner):
        await page.wait_for_selector('body[data-socket="open"]', state="attached", timeout=15_000)
    await asyncio.sleep(1.0)
    return await longest(participant, examiner)


async def undisturbed(participant: Page, examiner: Page) -> float:
    """The same measurement with nobody killed: what the fake microphones and the watch itself leave out."""
    await watch(participant, examiner)
    await asyncio.sleep(4.0)
    return await longest(participant, examiner)


async def node_kill(service: Service, participant: Page, examiner: Page) -> float:
    await watch(participant, examiner)
    await asyncio.sleep(0.5)
    os.kill(service.recording_node(), signal.SIGKILL)
    await asyncio.sleep(2.0)
    gap = await longest(participant, examiner)
    for _ in range(200):  # the new spare node
        if len(service.nodes()) >= 2:
            break
        await asyncio.sleep(0.1)
    return gap / 1000


async def measure(rounds: int) -> dict[str, object]:
    with tempfile.TemporaryDirectory() as folder:
        service = Service(Path(folder) / "service")
        await service.start()
        try:
            async with browsers(Path(folder)) as opened:
                participant = await opened.open(service.link("participant"), tone=440, bursts=False)
                await walk.queue_up(participant.page)
                examiner = await opened.open(service.link("examiner"), tone=880, bursts=False)
                pages = participant.page, examiner.page
                await asyncio.gather(*(walk.connected(page) for page in pages))
                await walk.admit_next(examiner.page)
                await asyncio.sleep(2.0)
                alone = [await undisturbed(*pages) for _ in range(3)]
                servers = [await server_kill(service, *pages) for _ in range(rounds)]
                nodes = [await node_kill(service, *pages) for _ in range(rounds)]
        finally:
            service.stop()
    return {
        "server_kill": {"voice_gap_ms": summary(servers)},
        "node_kill": {"back_s": summary(nodes)},
        "undisturbed_ms": round(max(alone), 1),
        "rounds": rounds,
    }


if __name__ == "__main__":
    command("failover", __doc__, measure, 10)
