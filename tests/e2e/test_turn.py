"""Where no UDP gets through, a page reaches the node over TURN, with a password made for it (no default STUN)."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bench import walk
from bench.exam import Browsers, Service, heard
from bench.turn import Coturn, coturn

# The only way out of this participant's network.
RELAY_ONLY = """
globalThis.__connections = [];
globalThis.RTCPeerConnection = class extends globalThis.RTCPeerConnection {
  constructor(configuration) {
    super({ ...configuration, iceTransportPolicy: "relay" });
    globalThis.__connections.push(this);
  }
};
"""

SELECTED = """
async () => {
  const reports = [...(await __connections.at(-1).getStats()).values()];
  const pair = reports.find((report) => report.type === "candidate-pair" && report.nominated);
  return reports.find((report) => report.id === pair?.localCandidateId)?.candidateType;
}
"""


@pytest.fixture
async def relay(tmp_path: Path) -> AsyncIterator[Coturn]:
    folder = tmp_path / "coturn"
    folder.mkdir()
    with coturn(folder) as server:
        yield server


@pytest.fixture
async def service(tmp_path: Path, relay: Coturn) -> AsyncIterator[Service]:
    running = Service(tmp_path / "service", {"TURN_URLS": relay.url, "TURN_SECRET": relay.secret})
    await running.start()
    try:
        yield running
    finally:
        running.stop()


async def test_participant_behind_a_closed_network_is_heard(service: Service, chromium: Browsers) -> None:
    participant = await chromium.open(service.link("participant"), tone=440, init=[RELAY_ONLY])
    await walk.queue_up(participant.page)
    examiner = await chromium.open(service.link("examiner"), tone=880)
    await asyncio.gather(walk.connected(participant.page), walk.connected(examiner.page))
    assert await participant.page.evaluate(SELECTED) == "relay"
    await walk.admit_next(examiner.page)
    assert await heard(examiner.page, "participant-voice") == {440}
    assert await heard(participant.page, "staff-voice") == {880}
