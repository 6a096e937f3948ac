from collections.abc import Iterator

import pytest

from tests.fuzz.hall import on_loopback


@pytest.fixture
def loopback() -> Iterator[None]:
    """ICE gathers the loopback address alone."""
    with on_loopback():
        yield
