from collections.abc import Iterator

import aioice.ice
import pytest

from media import seams
from tests.media.support import HandClock, hand_clock


@pytest.fixture
def hand() -> Iterator[HandClock]:
    with hand_clock() as clock:
        yield clock


@pytest.fixture
def loopback() -> Iterator[None]:
    """ICE gathers the loopback address alone."""
    before = aioice.ice.get_host_addresses
    seams.listen_on(["127.0.0.1"])
    yield
    aioice.ice.get_host_addresses = before
