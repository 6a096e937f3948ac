import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.http.office import Office, office_of
from tests.signalling.house import Exam, Seeded, exam, seed


@pytest.fixture(scope="session")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Seeded:
    return asyncio.run(seed(tmp_path_factory.mktemp("day") / "seed.sqlite3"))


@pytest.fixture
async def day(seeded: Seeded, tmp_path: Path) -> AsyncIterator[Exam]:
    async with exam(seeded, tmp_path) as running:
        yield running


@pytest.fixture
async def office(day: Exam) -> AsyncIterator[Office]:
    async with office_of(day) as opened:
        yield opened
