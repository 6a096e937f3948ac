import asyncio
from collections.abc import Callable, Iterator

import aioice.ice
import pytest

from media import seams
from media.seams import PortRangeLoop
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


def pytest_asyncio_loop_factories() -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """The node's own event loop, with ports as the system gives them."""
    return {"node": lambda: PortRangeLoop(range(0))}
