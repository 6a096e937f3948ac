"""A whole service and real browsers: one service per test, on its own data and ports."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bench.exam import CHROMIUM, Browsers, Service, browsers


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[Service]:
    running = Service(tmp_path / "service")
    await running.start()
    try:
        yield running
    finally:
        running.stop()


@pytest.fixture
async def chromium(tmp_path: Path) -> AsyncIterator[Browsers]:
    assert os.access(CHROMIUM, os.X_OK), f"{CHROMIUM} is missing: apt-get install chromium"
    async with browsers(tmp_path) as opened:
        yield opened
