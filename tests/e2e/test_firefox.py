"""Firefox ESR connects, is heard and hears. It does not pair its address with a loopback one (AIORTC.md)."""

import asyncio
import json
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bench import walk
from bench.exam import ROOT, WATCH_CONNECTIONS, Browsers, Service
from media.seams import machine_addresses

FIREFOX = os.environ.get("FIREFOX", "/usr/bin/firefox-esr")

LOUDNESS = """
async () => {
  let energy = 0;
  for (const connection of __connections)
    for (const report of (await connection.getStats()).values())
      if (report.type === "inbound-rtp" && report.kind === "audio") energy += report.totalAudioEnergy ?? 0;
  return energy;
}
"""


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[Service]:
    running = Service(tmp_path / "service", {"MEDIA_LISTEN": machine_addresses()[0]})
    await running.start()
    try:
        yield running
    finally:
        running.stop()


async def step(process: asyncio.subprocess.Process, name: str) -> Any:
    assert process.stdout is not None
    line = await asyncio.wait_for(process.stdout.readline(), 90)
    assert line, "Firefox ended"
    return json.loads(line)[name]


async def test_firefox_connects_and_hears(service: Service, chromium: Browsers, tmp_path: Path) -> None:
    assert os.access(FIREFOX, os.X_OK), f"{FIREFOX} is missing: apt-get install firefox-esr"
    process = await asyncio.create_subprocess_exec(
        "node",
        "firefox.mjs",
        FIREFOX,
        service.link("participant"),
        cwd=ROOT / "tests" / "e2e",
        env={**os.environ, "HOME": str(tmp_path)},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        offer = await step(process, "offer")
        assert "a=ssrc:" in offer
        assert await step(process, "waiting")
        examiner = await chromium.open(service.link("examiner"), tone=880, init=[WATCH_CONNECTIONS])
        await walk.connected(examiner.page)
        await walk.admit_next(examiner.page)
        heard = await step(process, "heard")
        assert heard["packets"] >= 100
        assert heard["energy"] > 0.01
        assert await examiner.page.evaluate(LOUDNESS) > 0.001
        assert process.stdin is not None
        process.stdin.write(b"\n")
        await process.stdin.drain()
        assert await asyncio.wait_for(process.wait(), 20) == 0
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()
