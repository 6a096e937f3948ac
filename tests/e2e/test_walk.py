"""A whole exam conference in real browsers: who hears whom when, and what is on record (D-06, D-10, D-11, D-22)."""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import av
import numpy as np
from playwright.async_api import Page

from bench import walk
from bench.exam import COLOURS, TONES, WATCH_CONNECTIONS, Browsers, Service, heard, received

PICTURE = """
(jack) => {
  const video = document.querySelector(`video[data-jack="${jack}"]`);
  if (!video?.videoWidth) return null;
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 1;
  const context = canvas.getContext("2d");
  context.drawImage(video, 0, video.videoHeight / 4, 1, 1, 0, 0, 1, 1);
  return [...context.getImageData(0, 0, 1, 1).data.slice(0, 3)];
}
"""


def rgb(tone: int) -> tuple[int, int, int]:
    """About the colour of the fake camera that goes with a tone."""
    u, v = COLOURS[tone]
    red = 120 + 1.402 * (v - 128)
    green = 120 - 0.344 * (u - 128) - 0.714 * (v - 128)
    blue = 120 + 1.772 * (u - 128)
    return int(np.clip(red, 0, 255)), int(np.clip(green, 0, 255)), int(np.clip(blue, 0, 255))


def like(picture: Any, tone: int) -> bool:
    """Whether a pixel is nearer to this tone's colour than to any other's."""
    if picture is None:
        return False
    distance = {t: sum((a - b) ** 2 for a, b in zip(picture, rgb(t), strict=True)) for t in TONES}
    return min(distance, key=lambda t: distance[t]) == tone


async def until(condition: Callable[[], Awaitable[bool]], within: float = 8.0) -> bool:
    """Whether the condition comes true within the time."""
    loop = asyncio.get_running_loop()
    end = loop.time() + within
    while loop.time() < end:
        if await condition():
            return True
        await asyncio.sleep(0.1)
    return False


async def hears(page: Page, jack: str, tone: int) -> bool:
    return tone in await heard(page, jack, milliseconds=300)


async def shows(page: Page, jack: str, tone: int) -> bool:
    async def there() -> bool:
        return like(await page.evaluate(PICTURE, jack), tone)

    return await until(there)


def decoded_voice(path: Path) -> "np.ndarray[Any, Any]":
    """The voice of a recording on its own time line, 48 kHz mono float."""
    with av.open(str(path), "r") as container:
        resampler = av.AudioResampler(format="flt", layout="mono", rate=48000)
        pieces: list[tuple[int, np.ndarray[Any, Any]]] = []
        for frame in container.decode(audio=0):
            assert frame.time is not None
            at = round(frame.time * 48000)
            pieces += [(at, piece.to_ndarray()[0]) for piece in resampler.resample(frame)]
    line = np.zeros(max(at + len(piece) for at, piece in pieces) + 48000)
    for at, piece in pieces:
        line[at : at + len(piece)] = piece
    return line


def loudest_tone(voice: "np.ndarray[Any, Any]") -> int:
    spectrum = np.abs(np.fft.rfft(voice))
    bins = {tone: round(tone * len(voice) / 48000) for tone in TONES}
    return max(bins, key=lambda tone: spectrum[bins[tone] - 2 : bins[tone] + 3].max())


def journal(service: Service) -> list[tuple[str, str]]:
    with sqlite3.connect(service.data / "exam.sqlite3") as database:
        return database.execute("select event, data from journal order by id").fetchall()


async def test_exam_from_link_to_farewell(service: Service, chromium: Browsers) -> None:
    first = await chromium.open(service.link("participant", 0), tone=440, init=[WATCH_CONNECTIONS])
    await walk.queue_up(first.page)
    second = await chromium.open(service.link("participant", 1), tone=660, init=[WATCH_CONNECTIONS])
    await walk.queue_up(second.page)
    examiner = await chromium.open(service.link("examiner"), tone=880, init=[WATCH_CONNECTIONS])
    expert = await chromium.open(service.link("expert"), devices=False, init=[WATCH_CONNECTIONS])
    everybody = [first, second, examiner, expert]
    await asyncio.gather(*(walk.connected(person.page) for person in everybody))

    # Waiting: fully connected, and nothing is patched.
    for person in everybody:
        assert not any((await received(person.page)).values())

    await walk.admit_next(examiner.page)
    await walk.phase(first.page, "interview")
    assert await heard(first.page, "staff-voice") == {880}
    assert await heard(examiner.page, "participant-voice") == {440}
    assert await heard(expert.page, "participant-voice") == {440}
    assert await heard(expert.page, "examiner-voice") == {880}
    assert await shows(examiner.page, "participant-camera", 440)
    assert await shows(first.page, "staff-camera", 880)
    assert await shows(expert.page, "participant-camera", 440)
    await walk.begin(examiner.page)
    assert not any((await received(second.page)).values())

    # The screen, never shared so far, has harmed no other track; now it arrives.
    await examiner.page.click("#share-start")
    for person, jack in ((first, "screen"), (expert, "examiner-screen")):

        async def arrived(page: Page = person.page, jack: str = jack) -> bool:
            return await page.evaluate(PICTURE, jack) is not None

        assert await until(arrived), f"the screen does not arrive at {jack}"

    # The camera goes dark, for good: both are told at once, and the voice goes on.
    await first.page.evaluate(
        """() => {
          const gone = () => Promise.reject(new DOMException("unplugged", "NotReadableError"));
          navigator.mediaDevices.getUserMedia = gone;
          const sender = __connections.at(-1).getSenders().find((s) => s.track?.kind === "video");
          sender.track.stop();
          sender.track.dispatchEvent(new Event("ended"));
        }"""
    )
    await first.page.wait_for_selector('#alarm-banner[data-kind="camera_lost"]:visible')
    await examiner.page.wait_for_selector('#alarms [data-alarm="camera_lost"]')
    assert await heard(examiner.page, "participant-voice") == {440}

    await walk.finish(examiner.page)
    await walk.phase(first.page, "finished")
    assert await first.page.evaluate("__connections.at(-1).connectionState") == "closed"

    # The next: only his voice and picture, nothing of the one before (D-11).
    before = await received(second.page)
    assert not any(before.values())
    await walk.admit_next(examiner.page)
    assert await shows(examiner.page, "participant-camera", 660)
    # The browser conceals a silence with the last sound it had; what counts is what it plays from the new voice on.
    assert await until(lambda: hears(examiner.page, "participant-voice", 660))
    assert await heard(examiner.page, "participant-voice") == {660}
    assert await heard(second.page, "staff-voice") == {880}
    assert await heard(first.page, "staff-voice") == set()
    await walk.begin(examiner.page)
    await walk.finish(examiner.page)

    await _recordings_are_right(service)
    counters = [data for event, data in journal(service) if event == "media.counters"]
    assert len(counters) >= 4


async def _recordings_are_right(service: Service) -> None:
    folder = next((service.data / "recordings").iterdir())

    async def closed() -> bool:
        return len(list(folder.glob("*participant-voice*.mkv"))) == 2

    assert await until(closed)
    names = sorted(path.name for path in folder.glob("*.mkv"))
    assert all(name.startswith(folder.name) and "_640001_" in name and "07" in name for name in names), names
    for interview, tone in (("int-0001", 440), ("int-0002", 660)):
        voice = decoded_voice(next(folder.glob(f"*{interview}_participant-voice_part-1.mkv")))
        examiner = decoded_voice(next(folder.glob(f"*{interview}_examiner-voice_part-1.mkv")))
        assert loudest_tone(voice) == tone
        assert loudest_tone(examiner) == 880
        # Both on one time line: they begin and end together.
        assert abs(len(voice) - len(examiner)) < 48000
        for second in range(1, len(voice) // 48000 - 2):
            part = voice[second * 48000 : (second + 1) * 48000]
            assert np.sqrt(np.mean(part**2)) > 0.02, f"{interview}: second {second} is silent"
        camera = next(folder.glob(f"*{interview}_participant-camera_part-1.mkv"))
        with av.open(str(camera), "r") as container:
            assert sum(1 for _ in container.decode(video=0)) > 10
    screen = next(folder.glob("*int-0001_examiner-screen_part-1.mkv"))
    with av.open(str(screen), "r") as container:
        assert sum(1 for _ in container.decode(video=0)) > 0
    assert not list(folder.glob("*int-0002_examiner-screen*"))
