"""A running service and real browsers on it: what the benches and the browser tests share.

Every browser has a fake microphone with a tone of its own and a small fake camera with a colour of its own, so that
a page can tell whom it hears and sees.
"""

import asyncio
import contextlib
import json
import os
import signal
import socket
import sqlite3
import ssl
import subprocess
import sys
import urllib.error
import urllib.request
import wave
from array import array
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from math import pi, sin
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Page, async_playwright

ROOT = Path(__file__).resolve().parent.parent
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
RATE = 48_000


def free_port() -> int:
    """A TCP port of the loopback address that is free at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def free_udp_range(size: int) -> tuple[int, int]:
    """First and last of `size` UDP ports that are free at this moment."""
    for first in range(41_000 + (os.getpid() * 211) % 15_000, 60_000, size):
        with contextlib.ExitStack() as stack:
            try:
                for port in range(first, first + size):
                    probe = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
                    probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return first, first + size - 1
    raise RuntimeError("no free range of UDP ports")


@dataclass
class Service:
    """`python -m server` with a demo day in `data`. `kill` is SIGKILL; `start` again finds what was left."""

    data: Path
    environment: dict[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    udp: tuple[int, int] = field(default_factory=lambda: free_udp_range(200))
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where browsers find it; `PUBLIC_URL` of the environment with `{port}` filled in."""
        return self.environment.get("PUBLIC_URL", "http://localhost:{port}").format(port=self.port)

    @property
    def links(self) -> dict[str, list[dict[str, str]]]:
        """Links of the demo day by role, in the order of the plan."""
        found: dict[str, list[dict[str, str]]] = json.loads((self.data / "links.json").read_text())
        return found

    def link(self, role: str, index: int = 0) -> str:
        return self.links[role][index]["url"]

    def spawn(self) -> None:
        self.data.mkdir(parents=True, exist_ok=True)
        environment = {
            **os.environ,
            "HOST": "127.0.0.1",
            "PORT": str(self.port),
            "DATA_DIR": str(self.data),
            "DEMO": "1",
            "DEMO_LINKS": str(self.data / "links.json"),
            "MEDIA_LISTEN": "127.0.0.1",
            "MEDIA_UDP_PORTS": f"{self.udp[0]}-{self.udp[1]}",
            **self.environment,
            "PUBLIC_URL": self.url,
        }
        with (self.data / "server.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "server"], cwd=ROOT, env=environment, stdout=log, stderr=log
            )

    async def start(self, within: float = 30.0) -> None:
        """Start and wait until it answers."""
        self.spawn()
        await self.ready(within)

    async def ready(self, within: float = 30.0) -> None:
        assert self.process is not None
        for _ in range(int(within / 0.05)):
            if self.process.poll() is not None:
                raise RuntimeError(f"the server ended:\n{self.log()}")
            if await asyncio.to_thread(self._answers) and self._links_written():
                return
            await asyncio.sleep(0.05)
        raise TimeoutError(f"the server does not answer:\n{self.log()}")

    def _links_written(self) -> bool:
        """The server listens before it writes them: they name its port."""
        if self.environment.get("DEMO", "1") != "1":
            return True
        try:
            return bool(self.links)
        except (OSError, ValueError):
            return False

    def _answers(self) -> bool:
        try:
            context = ssl._create_unverified_context()  # noqa: S323 - a certificate of the school's own
            with urllib.request.urlopen(f"{self.url}/healthz", timeout=2, context=context) as answer:  # noqa: S310
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def log(self) -> str:
        return (self.data / "server.log").read_text(errors="replace")[-8000:]

    def kill(self) -> None:
        """kill -9 of the server; the media nodes go on."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def nodes(self) -> dict[str, int]:
        """Process ids of the media nodes that live, by name."""
        found = {}
        for path in (self.data / "run").glob("*.pid"):
            with contextlib.suppress(ValueError, OSError):
                pid = int(path.read_text())
                os.kill(pid, 0)
                found[path.name.split(".")[0]] = pid
        return found

    def recording_node(self) -> int:
        """The process id of the node that has the newest part of a recording, by the database."""
        with contextlib.closing(sqlite3.connect(self.data / "exam.sqlite3")) as database:
            newest = "SELECT node FROM recording_part ORDER BY id DESC LIMIT 1"
            return self.nodes()[database.execute(newest).fetchone()[0]]

    def stop(self) -> None:
        """End the server and every node of it."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        for pid in self.nodes().values():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def write_tone(path: Path, hertz: int, *, bursts: bool = True, seconds: float = 2.0) -> Path:
    """A WAV file, mono 16 bit: a tone at −12 dBFS, 150 ms on and 100 ms off if `bursts` (0 Hz: silence)."""
    samples = array("h")
    for n in range(int(seconds * RATE)):
        on = not bursts or n % (RATE // 4) < RATE * 0.15
        samples.append(int(8192 * sin(2 * pi * hertz * n / RATE)) if on and hertz else 0)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples.tobytes())
    return path


def write_colour(path: Path, u: int, v: int, *, width: int = 320, height: int = 240, fps: int = 10) -> Path:
    """A raw video: one colour (its U and V) with a moving grey bar."""
    half = (width // 2) * (height // 2)
    with path.open("wb") as file:
        file.write(f"YUV4MPEG2 W{width} H{height} F{fps}:1 Ip A1:1 C420jpeg\n".encode())
        for frame in range(fps):
            file.write(b"FRAME\n")
            bar = frame * width // fps
            row = bytes(200 if bar <= x < bar + 16 else 120 for x in range(width))
            file.write(row * height + bytes([u]) * half + bytes([v]) * half)
    return path


@dataclass
class Person:
    """A browser of its own with a page: somebody at a device."""

    browser: Browser
    page: Page
    tone: int

    async def close(self) -> None:
        await self.browser.close()


COLOURS = {440: (90, 200), 660: (200, 90), 880: (60, 60), 1100: (180, 180)}

# Speech processing would take a steady tone for noise: tests switch it off before the page loads.
UNPROCESSED = """
globalThis.__captureConstraints = {
  audio: {echoCancellation: false, noiseSuppression: false, autoGainControl: false, channelCount: 1},
};
"""


class Browsers:
    """Opens browsers; use `async with browsers(tmp) as open_browser`."""

    def __init__(self, playwright: Any, folder: Path) -> None:
        self._playwright = playwright
        self._folder = folder
        self._people: list[Person] = []

    async def open(
        self,
        url: str | None = None,
        *,
        tone: int = 440,
        bursts: bool = True,
        devices: bool = True,
        autoplay: bool = True,
        processing: bool = False,
        viewport: tuple[int, int] = (1366, 768),
        init: Sequence[str] = (),
        extra: Sequence[str] = (),
        executable: Path | str = CHROMIUM,
        **context: Any,
    ) -> Person:
        """A Chromium with a microphone of `tone` Hz; without `autoplay` the browser's own policy rules."""
        wav = self._folder / f"{tone}-{'bursts' if bursts else 'steady'}.wav"
        if not wav.exists():
            write_tone(wav, tone, bursts=bursts)
        video = self._folder / f"{tone}.y4m"
        if not video.exists():
            write_colour(video, *COLOURS.get(tone, (128, 128)))
        arguments = [
            "--no-sandbox",
            "--disable-background-networking",
            "--disable-gpu",
            "--allow-loopback-in-peer-connection",
            "--auto-select-desktop-capture-source=Entire screen",
            "--autoplay-policy=no-user-gesture-required" if autoplay else "",
            *extra,
        ]
        if devices:
            arguments += [
                "--use-fake-ui-for-media-stream",
                "--use-fake-device-for-media-stream",
                f"--use-file-for-fake-audio-capture={wav}",
                f"--use-file-for-fake-video-capture={video}",
            ]
        browser = await self._playwright.chromium.launch(
            executable_path=executable, args=[a for a in arguments if a]
        )
        made = await browser.new_context(
            viewport={"width": viewport[0], "height": viewport[1]}, locale="ru-RU", **context
        )
        if not processing:
            await made.add_init_script(UNPROCESSED)
        for script in init:
            await made.add_init_script(script)
        page = await made.new_page()
        person = Person(browser, page, tone)
        self._people.append(person)
        if url is not None:
            await page.goto(url)
        return person

    async def close(self) -> None:
        for person in self._people:
            with contextlib.suppress(Exception):  # a browser that a test has killed
                await person.close()


@contextlib.asynccontextmanager
async def browsers(folder: Path) -> AsyncIterator[Browsers]:
    """Browsers that end with the block."""
    async with async_playwright() as playwright:
        opened = Browsers(playwright, folder)
        try:
            yield opened
        finally:
            await opened.close()


HEARD = """
async ([jack, tones, milliseconds]) => {
  const element = document.querySelector(`audio[data-jack="${jack}"]`);
  if (!element || !element.srcObject) return [];
  const context = globalThis.__ears ??= new AudioContext({sampleRate: 48000});
  const source = context.createMediaStreamSource(element.srcObject);
  const analyser = context.createAnalyser();
  analyser.fftSize = 8192;
  analyser.smoothingTimeConstant = 0;
  source.connect(analyser);
  const bins = new Float32Array(analyser.frequencyBinCount);
  const loudest = new Map(tones.map((tone) => [tone, -200]));
  const end = performance.now() + milliseconds;
  while (performance.now() < end) {
    await new Promise((done) => setTimeout(done, 40));
    analyser.getFloatFrequencyData(bins);
    for (const tone of tones) {
      const bin = Math.round(tone * 8192 / 48000);
      loudest.set(tone, Math.max(loudest.get(tone), bins[bin - 1], bins[bin], bins[bin + 1]));
    }
  }
  source.disconnect();
  return tones.filter((tone) => loudest.get(tone) > -50);
}
"""

TONES = (440, 660, 880, 1100)


async def heard(page: Page, jack: str, *, milliseconds: int = 1200) -> set[int]:
    """Which of the tones come out of a jack of the page within the time."""
    return set(await page.evaluate(HEARD, [jack, list(TONES), milliseconds]))


RECEIVED = """
async () => {
  const out = {};
  for (const connection of globalThis.__connections ?? []) {
    for (const report of (await connection.getStats()).values())
      if (report.type === "inbound-rtp")
        out[report.kind] = (out[report.kind] ?? 0) + report.packetsReceived;
  }
  return out;
}
"""

# Lets a test see every connection that the page makes.
WATCH_CONNECTIONS = """
globalThis.__connections = [];
globalThis.RTCPeerConnection = class extends globalThis.RTCPeerConnection {
  constructor(...options) { super(...options); globalThis.__connections.push(this); }
};
"""


async def received(page: Page) -> dict[str, int]:
    """Media packets the page received on all its connections, by kind (needs WATCH_CONNECTIONS)."""
    counts: dict[str, int] = await page.evaluate(RECEIVED)
    return counts
