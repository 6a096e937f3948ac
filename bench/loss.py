"""What bad lines do to the recorded voice, to the voices that are heard, and to the time until all is well again.

`python -m bench.loss --json` prints one object, `--markdown` writes docs/LOSS.md. A participant behind a bad line (a
relay at the announced address, bench/relay.py) talks with an examiner on a good one, both in Chromium, and is
recorded. Every case is a stretch of one interview, followed by calm. Up is from the participant to the node.
"""

import argparse
import asyncio
import itertools
import json
import random
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import av
from playwright.async_api import Page

from bench import walk
from bench.exam import ROOT, WATCH_CONNECTIONS, Service, browsers, free_udp_range
from bench.relay import CLEAR, Relay, Weather, only_through
from media.timing import REBASED, TimingRecord, read

NODE, RELAY = "127.0.0.2", "127.0.0.3"
REORDERING = 0.02  # seconds: what comes so soon after its successor was never missing
FRAME_MS = 20
CALM = 4.0  # seconds between two cases


@dataclass(frozen=True, slots=True)
class Case:
    """A stretch of weather up and down; or the line cut for some seconds, after which it may be another address."""

    name: str
    up: Weather = CLEAR
    down: Weather = CLEAR
    cut: float = 0.0
    move: bool = False


def both(name: str, weather: Weather) -> Case:
    return Case(name, weather, weather)


CASES = (
    both("clear", CLEAR),
    *(both(f"{part} % loss", Weather(loss=part / 100)) for part in (1, 5, 10, 20)),
    both("5 % loss, 100 ms", Weather(loss=0.05, delay=0.1)),
    both("10 % loss, 100 ms", Weather(loss=0.10, delay=0.1)),
    *(both(f"{delay} ms", Weather(delay=delay / 1000)) for delay in (100, 400)),
    both("1 % reordered", Weather(reorder=0.01)),
    Case("burst of 1 s", cut=1.0),
    Case("burst of 3 s", cut=3.0),
    Case("cut of 10 s", cut=10.0),
    Case("cut of 10 s, other address", cut=10.0, move=True),
    *(Case(f"{rate} kbit/s down", down=Weather(rate=rate)) for rate in (512, 256, 128, 64)),
    *(Case(f"{rate} kbit/s up", up=Weather(rate=rate)) for rate in (512, 256, 128, 64)),
)

# Counters of the voices a page hears, of the pictures it sees and of what it sends, over all its connections.
STATS = """
async () => {
  const sum = {};
  const add = (name, value) => { sum[name] = (sum[name] ?? 0) + (value ?? 0); };
  for (const connection of globalThis.__connections) {
    if (connection.connectionState === "closed") continue;
    for (const r of (await connection.getStats()).values()) {
      if (r.type === "inbound-rtp" && r.kind === "audio" && r.packetsReceived) {
        for (const name of ["concealedSamples", "silentConcealedSamples", "totalSamplesReceived", "packetsReceived",
            "packetsLost", "packetsDiscarded", "fecPacketsReceived", "jitterBufferDelay", "jitterBufferEmittedCount",
            "nackCount"])
          add(name, r[name]);
      } else if (r.type === "inbound-rtp" && r.kind === "video") {
        add("framesDecoded", r.framesDecoded);
        add("freezes", r.totalFreezesDuration);
        add("videoNacks", r.nackCount);
      } else if (r.type === "outbound-rtp") {
        add(`${r.kind}Sent`, r.bytesSent);
        add(`${r.kind}Resent`, r.retransmittedPacketsSent);
      }
    }
  }
  return sum;
}
"""

# Notes when voice and picture move on, so that the time of a return can be told afterwards.
WATCH_MOVES = """
() => {
  globalThis.__moves = [];
  let before = {};
  setInterval(async () => {
    const now = {};
    for (const connection of globalThis.__connections) {
      if (connection.connectionState === "closed") continue;
      for (const r of (await connection.getStats()).values()) {
        if (r.type !== "inbound-rtp") continue;
        const count = r.kind === "audio" ? r.packetsReceived : r.framesDecoded;
        const key = r.kind + r.ssrc;
        now[key] = count;
        if (count > (before[key] ?? 0)) globalThis.__moves.push([r.kind, Date.now() / 1000]);
      }
    }
    before = now;
  }, 50);
}
"""


# the recording


def first_losses(records: Sequence[TimingRecord]) -> int:
    """How many packets were missing when their successors had come, whether they were repaired or not.

    Every connection counts its own numbers: what was said between two of them is in the gaps alone.
    """
    streams: dict[int, dict[int, float]] = {}
    for record in records:
        if record.kind != REBASED:
            streams.setdefault(record.ssrc, {}).setdefault(record.seq, record.microseconds / 1e6)
    missing = 0
    for arrivals in streams.values():
        soonest = float("inf")
        for seq in range(max(arrivals), min(arrivals) - 1, -1):
            at = arrivals.get(seq, float("inf"))
            missing += at > soonest + REORDERING
            soonest = min(soonest, at)
    return missing


def paused_ms(records: Sequence[TimingRecord]) -> int:
    """Milliseconds that the publisher itself left out: its time went on, its numbers without a gap."""
    times = {(r.ssrc, r.seq): r.timestamp for r in records if r.kind != REBASED}
    steps = (
        (times[ssrc, seq + 1] - time) & 0xFFFF_FFFF
        for (ssrc, seq), time in times.items()
        if (ssrc, seq + 1) in times
    )
    return sum(step // 48 - FRAME_MS for step in steps if step < 0x8000_0000)


def gaps_ms(moments: Sequence[float], records: Sequence[TimingRecord] = ()) -> list[int]:
    """The gaps between recorded voice frames of 20 ms, in milliseconds; not where the track's time was set right."""
    right = {round(record.microseconds / 1000) for record in records if record.kind == REBASED}
    pauses = [
        round((b - a) * 1000) - FRAME_MS
        for a, b in itertools.pairwise(moments)
        if not right & {round(b * 1000) + near for near in (-1, 0, 1)}
    ]
    return [pause for pause in pauses if pause >= FRAME_MS // 2]


@dataclass(frozen=True, slots=True)
class Voice:
    """A recorded voice. `started` is the Unix time of its zero."""

    started: float
    records: list[TimingRecord]
    moments: list[float]

    def measure(self, begin: float, end: float) -> dict[str, Any]:
        """What was missing between two Unix times, in milliseconds of voice."""
        begin, end = begin - self.started, end - self.started
        records = [r for r in self.records if begin <= r.microseconds / 1e6 < end]
        gaps = gaps_ms([moment for moment in self.moments if begin <= moment < end], self.records)
        return {
            "before_repair_ms": first_losses(records) * FRAME_MS,
            "after_repair_ms": max(0, sum(gaps) - paused_ms(records)),
            "longest_gap_ms": max(gaps, default=0),
            "paused_ms": paused_ms(records),
        }

    def back_s(self, moment: float) -> float | None:
        """Seconds from a Unix time to the next packet of the voice."""
        later = (self.started + r.microseconds / 1e6 - moment for r in self.records if r.kind != REBASED)
        return min((seconds for seconds in later if seconds >= 0), default=None)


def read_voice(path: Path) -> Voice:
    """A recorded voice with its timing."""
    header, records = read(path.with_suffix(".timing").read_bytes())
    with av.open(str(path)) as container:
        moments = [
            float(packet.pts * packet.time_base)
            for packet in container.demux()
            if packet.size and packet.pts is not None and packet.time_base is not None
        ]
    return Voice(json.loads(header)["started"], records, moments)


# the conference


async def stats(page: Page) -> dict[str, float]:
    found: dict[str, float] = await page.evaluate(STATS)
    return found


def heard(before: dict[str, float], after: dict[str, float], seconds: float) -> dict[str, Any]:
    """What a page heard and saw between two readings; after a new connection only what that one counted."""
    fresh = after.get("totalSamplesReceived", 0) < before.get("totalSamplesReceived", 0)
    grown = {name: value - (0 if fresh else before.get(name, 0)) for name, value in after.items()}
    emitted = grown.get("jitterBufferEmittedCount", 0)
    return {
        "concealed_ms": round(grown.get("concealedSamples", 0) / 48),
        "concealed_part": round(
            grown.get("concealedSamples", 0) / max(1, grown.get("totalSamplesReceived", 0)), 4
        ),
        "buffer_ms": round(1000 * grown.get("jitterBufferDelay", 0) / emitted) if emitted else None,
        "fec_packets": grown.get("fecPacketsReceived", 0),
        "voice_nacks": grown.get("nackCount", 0),
        "pictures_per_s": round(grown.get("framesDecoded", 0) / seconds, 1),
        "frozen_s": round(grown.get("freezes", 0), 2),
        "sent_voice_kbps": round(grown.get("audioSent", 0) / seconds / 125),
        "sent_video_kbps": round(grown.get("videoSent", 0) / seconds / 125),
    }


def moved(moves: list[tuple[str, float]], kind: str, moment: float) -> float | None:
    """Seconds from a Unix time to the next move of that kind."""
    return min((at - moment for what, at in moves if what == kind and at >= moment), default=None)


@dataclass(slots=True)
class Stretch:
    """One case as it was run: Unix times, and what the pages counted."""

    case: Case
    begin: float
    healed: float
    end: float
    participant: dict[str, Any]
    examiner: dict[str, Any]
    relay: dict[str, dict[str, int]]


def lost(before: dict[str, dict[str, int]], after: dict[str, dict[str, int]]) -> dict[str, dict[str, int]]:
    return {way: {name: after[way][name] - before[way][name] for name in after[way]} for way in after}


async def run(case: Case, seconds: float, relay: Relay, participant: Page, examiner: Page) -> Stretch:
    """One case and the calm after it."""
    pages = participant, examiner
    counted = relay.counters()
    before = [await stats(page) for page in pages]
    begin = time.time()
    if case.cut:
        relay.cut()
        await asyncio.sleep(case.cut)
        if case.move:
            relay.move("127.0.0.4")
        relay.cut(False)
    else:
        relay.weather(case.up, case.down)
        await asyncio.sleep(seconds)
        relay.weather(CLEAR)
    healed = time.time()
    await asyncio.sleep(max(CALM, min(case.cut, 6.0)))
    end = time.time()
    after = [await stats(page) for page in pages]
    views = [heard(b, a, end - begin) for b, a in zip(before, after, strict=True)]
    return Stretch(case, begin, healed, end, views[0], views[1], lost(counted, relay.counters()))


def write_grain(path: Path, width: int = 320, height: int = 240, fps: int = 10) -> None:
    """A raw video with the grain of a camera: it takes all the bit rate it is granted, and makes do with little."""
    chance = random.Random(1)
    with path.open("wb") as file:
        file.write(f"YUV4MPEG2 W{width} H{height} F{fps}:1 Ip A1:1 C420jpeg\n".encode())
        for _ in range(fps):
            grain = bytes(110 + (byte & 15) for byte in chance.randbytes(width * height))
            file.write(b"FRAME\n" + grain + bytes([128]) * (width * height // 2))


async def measure(seconds: float, wanted: str, seed: int) -> dict[str, Any]:
    cases = [case for case in CASES if wanted in case.name]
    first, last = free_udp_range(40)
    with tempfile.TemporaryDirectory() as folder:
        environment = {"MEDIA_LISTEN": NODE, "MEDIA_ANNOUNCE": RELAY}
        service = Service(Path(folder) / "service", environment, udp=(first, last))
        async with Relay(RELAY, NODE, range(first, last + 1), seed=seed) as relay:
            await service.start()
            try:
                async with browsers(Path(folder)) as opened:
                    for tone in (440, 880):  # cameras in place of the colours of these tones
                        write_grain(Path(folder) / f"{tone}.y4m")
                    outside = await opened.open(
                        service.link("participant"), tone=440, init=[WATCH_CONNECTIONS, only_through(RELAY)]
                    )
                    await walk.queue_up(outside.page)
                    inside = await opened.open(
                        service.link("examiner"), tone=880, init=[WATCH_CONNECTIONS, only_through(NODE)]
                    )
                    pages = outside.page, inside.page
                    await asyncio.gather(*(walk.connected(page) for page in pages))
                    await walk.admit_next(inside.page)
                    await walk.begin(inside.page)
                    for page in pages:
                        await page.evaluate(WATCH_MOVES)
                    await asyncio.sleep(CALM)
                    assert relay.up.counters.passed, "the participant does not come through the relay"
                    done = [await run(case, seconds, relay, *pages) for case in cases]
                    moves = [await page.evaluate("__moves") for page in pages]
                    await walk.finish(inside.page)
            finally:
                service.stop()
        files = sorted((service.data / "recordings").rglob("*participant-voice*.mkv"))
        voice = read_voice(files[0])
        found = {stretch.case.name: row(stretch, voice, *moves) for stretch in done}
    return {"seconds": seconds, "seed": seed, "cases": found}


def row(
    stretch: Stretch,
    voice: Voice,
    participant: list[tuple[str, float]],
    examiner: list[tuple[str, float]],
) -> dict[str, Any]:
    """The figures of a case."""
    back = {
        "recorder_s": voice.back_s(stretch.healed),
        "examiner_hears_s": moved(examiner, "audio", stretch.healed),
        "examiner_sees_s": moved(examiner, "video", stretch.healed),
        "participant_hears_s": moved(participant, "audio", stretch.healed),
    }
    return {
        "recorded": voice.measure(stretch.begin - 1, stretch.end - 1),
        "examiner": stretch.examiner,
        "participant": stretch.participant,
        "back": {name: None if value is None else round(value, 2) for name, value in back.items()}
        if stretch.case.cut
        else None,
        "relay": stretch.relay,
        "weather": {"up": asdict(stretch.case.up), "down": asdict(stretch.case.down)},
    }


# the table

HEAD = """# What bad lines do

Made by `python -m bench.loss --markdown`: a participant behind a bad line (up and down alike unless named; a delay
counts each way) talks with an examiner on a good one, two Chromium, {seconds:.0f} s of weather and
{calm:.0f} s of calm each, one after the other on the same connections: 64 kbit/s up finds the page on
voice alone, as 128 kbit/s left it.

- *missing before*: milliseconds of the participant's voice that did not come to the recorder at first; *after*: gaps in
  the recorded file once everything was repaired that could be, less what the browser itself left out (*paused*).
  Where the track's time was set right after a change of delay there is no voice missing.
- *concealed*: what the listener's browser made up, `concealedSamples` of `getStats`. The examiner hears the
  participant (up), the participant the examiner (down). *buffer*: mean delay of the browser's jitter buffer.
- *picture*: the participant's camera at the examiner; *sent*: what the participant's browser sent, kbit/s.

| line | missing before, ms | after, ms | longest gap | paused | examiner: concealed, ms | buffer, ms | picture, 1/s \
| frozen, s | participant: concealed, ms | buffer, ms | sent voice | sent video |
|---|---|---|---|---|---|---|---|---|---|---|---|---|
"""

BACK = """
## Back after the line was cut

Seconds from the line's return.

| line | recorder | examiner hears | examiner sees | participant hears |
|---|---|---|---|---|
"""


def markdown(result: dict[str, Any]) -> str:
    """docs/LOSS.md."""

    def line(*cells: object) -> str:
        return "| " + " | ".join("–" if cell is None else str(cell) for cell in cells) + " |\n"

    text = HEAD.format(seconds=result["seconds"], calm=CALM)
    returns = ""
    for name, case in result["cases"].items():
        examiner, participant = case["examiner"], case["participant"]
        text += line(
            name,
            *case["recorded"].values(),
            *(examiner[n] for n in ("concealed_ms", "buffer_ms", "pictures_per_s", "frozen_s")),
            *(participant[n] for n in ("concealed_ms", "buffer_ms", "sent_voice_kbps", "sent_video_kbps")),
        )
        if case["back"]:
            returns += line(name, *case["back"].values())
    return text + (BACK + returns if returns else "")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.loss", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print the result as one JSON object")
    parser.add_argument("--markdown", action="store_true", help="write docs/LOSS.md")
    parser.add_argument("--seconds", type=float, default=12.0, help="length of each case")
    parser.add_argument("--case", default="", help="only cases whose name contains this")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    result = asyncio.run(measure(options.seconds, options.case, options.seed))
    if options.markdown:
        (ROOT / "docs" / "LOSS.md").write_text(markdown(result), encoding="utf-8")
    if options.json:
        print(json.dumps(result))
    elif not options.markdown:
        print(markdown(result))


if __name__ == "__main__":
    main()
