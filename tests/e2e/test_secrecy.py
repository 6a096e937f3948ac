"""What a participant's page is told, asked and counted does not change with hidden seats (D-06)."""

import asyncio
import json
import re
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import walk
from bench.exam import WATCH_CONNECTIONS, Browsers, Service, browsers, heard

STATS = """
async () => {
  const out = {};
  for (const report of (await __connections.at(-1).getStats()).values())
    if (report.type === "outbound-rtp")
      out[report.kind] = {pli: report.pliCount ?? 0, nack: report.nackCount, fir: report.firCount ?? 0,
                          keys: report.keyFramesEncoded ?? 0, size: report.frameWidth ?? 0};
  return out;
}
"""

# Key frames that the examiner's own browser asked for: the exam's business, and the participant's.
ASKED = """
async () => {
  let asked = 0;
  for (const report of (await __connections.at(-1).getStats()).values())
    if (report.type === "inbound-rtp") asked += report.pliCount ?? 0;
  return asked;
}
"""

# Ids, keys, ports and times are new in every conference; they are replaced by what they are.
RANDOM = (
    (r"ice-ufrag:\S+", "ice-ufrag"),
    (r"ice-pwd:\S+", "ice-pwd"),
    (r"fingerprint:sha-256 \S+", "fingerprint"),
    (r"a=ssrc-group:FID \d+ \d+", "a=ssrc-group:FID"),
    (r"a=ssrc:\d+ cname:\S+", "a=ssrc cname"),
    (r"o=- \d+", "o=-"),
    (r"a=candidate:.*", "a=candidate"),
)
TIMES = {"now", "t", "opens_at", "starts_at", "begun_at", "peer", "id", "re"}


def constant(message: Any) -> Any:
    """The message without what is random or a time."""
    if isinstance(message, dict):
        return {
            key: "…" if key in TIMES and value is not None else constant(value)
            for key, value in message.items()
        }
    if isinstance(message, list):
        return [constant(item) for item in message]
    if isinstance(message, str):
        for pattern, word in RANDOM:
            message = re.sub(pattern, word, message)
    return message


@dataclass(frozen=True)
class Transcript:
    """All that a participant's page was told in one interview, what its browser counted, and what it fetched.

    `explained` is how many key frames the recorder (one in 4 s), the switch and the examiner may have asked for.
    """

    messages: list[Any]
    counters: dict[str, dict[str, int]]
    requests: list[str]
    explained: float


async def transcript(folder: Path, *, hidden: bool) -> Transcript:
    service = Service(folder / "service")
    await service.start()
    try:
        async with browsers(folder) as opened:
            return await _interview(service, opened, hidden=hidden)
    finally:
        service.stop()


async def _interview(service: Service, opened: Browsers, *, hidden: bool) -> Transcript:
    messages: list[Any] = []
    requests: list[str] = []
    participant = await opened.open(tone=440, init=[WATCH_CONNECTIONS])

    def keep(text: str | bytes) -> None:
        message = json.loads(text)
        if message["type"] not in {"pong", "done"}:  # answers to what the page counts by its own clock
            messages.append(constant(message))

    link = service.link("participant")
    participant.page.on("websocket", lambda socket: socket.on("framereceived", keep))
    participant.page.on("request", lambda request: requests.append(request.url.replace(link, "LINK")))
    await participant.page.goto(link)
    if hidden:
        await opened.open(service.link("expert"), devices=False)
    await walk.queue_up(participant.page)
    examiner = await opened.open(service.link("examiner"), tone=880, init=[WATCH_CONNECTIONS])
    await asyncio.gather(walk.connected(participant.page), walk.connected(examiner.page))
    await walk.admit_next(examiner.page)
    admitted = time.monotonic()
    await walk.begin(examiner.page)
    observer = None
    if hidden:  # one who comes in the middle must wait for the next key frame like everybody
        observer = await opened.open(service.link("observer"), devices=False)
        await walk.connected(observer.page)
    assert await heard(participant.page, "staff-voice") == {880}
    await participant.page.wait_for_timeout(9000)
    if observer is not None:
        assert await heard(observer.page, "participant-voice") == {440}
    counters: dict[str, dict[str, int]] = await participant.page.evaluate(STATS)
    elapsed = time.monotonic() - admitted
    asked: int = await examiner.page.evaluate(ASKED)
    await walk.finish(examiner.page)
    await walk.phase(participant.page, "finished")
    await participant.page.wait_for_timeout(1000)
    fetched = sorted({url.replace(service.url, "") for url in requests})
    return Transcript(messages, counters, fetched, elapsed / 4 + 2 + asked)


async def test_participant_cannot_tell_whether_anybody_listens(tmp_path: Path) -> None:
    alone = await transcript(tmp_path / "alone", hidden=False)
    watched = await transcript(tmp_path / "watched", hidden=True)
    assert watched.messages == alone.messages
    assert watched.requests == alone.requests
    for kind in ("audio", "video"):
        for counter in ("nack", "fir"):
            assert watched.counters[kind][counter] == alone.counters[kind][counter] == 0
    for run in (alone, watched):
        assert 1 <= run.counters["video"]["pli"] <= run.explained
        assert run.counters["video"]["keys"] <= run.explained
