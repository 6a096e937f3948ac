"""The pure parts of `bench.forwarding`: pacing, windows, and the endpoint against a real node."""

import itertools
import random
from pathlib import Path

import pytest

from bench import offers
from bench.endpoint import Endpoint, identity
from bench.forwarding import Bench, markdown, run
from bench.load import CAMERA, SCREEN, VOICE, Load, Pacer, Shape, Slot, key_frame
from bench.windows import Idle, Window, chosen, greatest, median_ratio, percentile
from media.layout import LAYOUTS, SeatKind
from media.sdp import parse_offer
from media.vp8 import frame_size, is_key_frame


def slots(shape: Shape, seconds: float, key_packets: int = 4) -> list[Slot]:
    pacer = Pacer(shape, 100.0, key_packets)
    return list(itertools.takewhile(lambda slot: slot.due < 100.0 + seconds, iter(pacer.next, None)))


def window(cpu: float, stall: float = 0.0, packets: int = 1_000_000, late: float = 0.0) -> Window:
    """A window in which a packet cost `cpu` microseconds."""
    return Window(packets, cpu * packets / 1e6, packets, 0, {"audio": [1.0], "video": [2.0]}, stall, late)


# pacing


@pytest.mark.parametrize("shape, rate", [(VOICE, 50), (CAMERA, 119), (SCREEN, 38)])
def test_a_stream_has_its_packets_a_second(shape: Shape, rate: int) -> None:
    assert len(slots(shape, 10)) == pytest.approx(rate * 10, abs=shape.packets)


def test_packets_of_a_frame_are_paced_and_the_last_is_marked() -> None:
    frame = slots(CAMERA, 0.03)
    assert [slot.due for slot in frame] == pytest.approx([100.0, 100.003, 100.006, 100.009])
    assert [slot.last for slot in frame] == [False, False, False, True]


def test_key_frames_come_first_regularly_and_when_asked_for() -> None:
    pacer = Pacer(CAMERA, 0.0, 4)
    keys = []
    for n in range(119 * 26):
        slot = pacer.next()
        if slot.index == 0 and slot.key:
            keys.append(slot.due)
        if n == 119 * 15:
            pacer.key_wanted = True
    assert keys == pytest.approx([0, 10, 15, 25], abs=0.1)


def test_a_large_key_frame_keeps_the_order_of_packets() -> None:
    dues = [slot.due for slot in slots(CAMERA, 3.0, key_packets=40)]
    assert dues == sorted(dues)
    assert dues[-1] > 102.9


def test_a_voice_has_no_key_frames() -> None:
    assert not any(slot.key for slot in slots(VOICE, 2))


def test_the_key_frame_is_one_that_a_recorder_knows() -> None:
    assert is_key_frame(key_frame())
    assert frame_size(key_frame()) == (640, 360)


# windows


def test_percentiles_are_values_that_occurred() -> None:
    values = list(range(1, 101))
    random.Random(1).shuffle(values)
    assert [percentile(values, part) for part in (0, 50, 99, 99.5, 100)] == [1, 50, 99, 100, 100]
    assert percentile([7], 99) == 7
    with pytest.raises(ValueError):
        percentile([], 50)


def test_disturbed_windows_do_not_count_where_enough_are_left() -> None:
    quiet = [window(20 + n) for n in range(5)]
    others = [window(90, stall=0.02), window(80, packets=0), window(70, late=0.2)]
    assert chosen([*others, *quiet]) == quiet


def test_of_too_few_undisturbed_windows_the_least_disturbed_are_added() -> None:
    windows = [window(20, stall=stall) for stall in (0.5, 0.0, 0.02, 0.3, 0.0, 0.04, 0.2)]
    assert [w.stall for w in chosen(windows)] == [0.0, 0.0, 0.02, 0.04, 0.2]


def test_a_ratio_is_the_median_of_pairs_and_not_of_a_machine_that_slowed_down() -> None:
    slower = [(window(8.0 * n), window(10.0 * n)) for n in range(1, 8)]
    disturbed = [(window(50.0, stall=0.1), window(10.0))]
    assert median_ratio(slower + disturbed) == pytest.approx(0.8)
    assert median_ratio([]) is None


@pytest.mark.parametrize("limit, most", [(0, 40), (1, 40), (11, 40), (16, 40), (39, 40), (40, 40), (99, 30)])
async def test_the_search_finds_the_greatest_number(limit: int, most: int) -> None:
    asked = []

    async def good(rooms: int) -> bool:
        asked.append(rooms)
        return rooms <= limit

    assert await greatest(good, 8, most) == min(limit, most)
    assert max(asked) <= most
    assert len(asked) == len(set(asked))


# the wire


async def test_the_load_reaches_its_receivers_and_tells_its_delay(tmp_path: Path) -> None:
    with Load() as load, Idle([0]) as idle:
        bench = Bench(tmp_path, load, idle, identity("gcm"), core=0, waiting=1)
        server = bench.server("ours", recorder=True)
        try:
            await server.start()
            await server.add(1)
            found = await bench.window(server, 1, 1.0)
        finally:
            await server.stop()
    assert 0 <= found.lost < found.sent  # how much comes in time is the machine's affair
    assert found.packets > 0
    assert found.cpu > 0
    assert all(found.delays[kind] and min(found.delays[kind]) > 0 for kind in ("audio", "video"))
    entry = run(server, 1, [found], 1.0)
    assert entry["server"] == "ours"
    assert entry["latency_ms"]["voice"]["p99"] >= entry["latency_ms"]["voice"]["p50"]
    assert list((tmp_path / "1-ours" / "recordings" / "bench").glob("*.mkv"))


def test_an_offer_of_the_load_is_one_that_the_node_takes() -> None:
    with Load() as load:
        endpoint = Endpoint("127.0.0.1", identity("sha1"))
        layout = LAYOUTS[SeatKind.EXAMINER]
        sections = [offers.Section(plug.kind, 1000 + 2 * n) for n, plug in enumerate(layout.plugs)]
        sections += [offers.Section(jack.kind) for jack in layout.jacks]
        found = parse_offer(offers.offer(endpoint, "AB:CD", sections), layout)
        load.add(endpoint)
        load.remove([endpoint])
    assert [section.ssrc for section in found.sections[:3]] == [1000, 1002, 1004]
    assert found.sections[1].rtx_ssrc == 1003
    assert endpoint.closed


def test_the_table_says_what_the_result_does() -> None:
    latency = {"voice": {"p50": 0.11, "p99": 0.52}, "video": None}
    common = {
        "cpu_us_per_packet": 30.5,
        "latency_ms": latency,
        "loss": 0.0,
        "mib_per_room": 3.1,
        "windows": 7,
    }
    runs = [
        {
            "server": "ours",
            "rooms": 8,
            "recorder": True,
            "rooms_per_core": 24,
            "rooms_per_core_limit": "server",
            **common,
        },
        {"server": "janus", "rooms": 8, "recorder": False, "rooms_per_core": None, **common},
    ]
    text = markdown({"runs": runs, "ratios": {"8": 0.777}, "suite": "GCM", "waiting_seats": 12})
    assert "0.78 with 8 rooms" in text
    assert "| ours, with recorder | 8 | 30.5 | 0.11 / 0.52 | – | 0.00% | 3.1 | 24 (server) |" in text
    assert "| janus | 8 | 30.5 | 0.11 / 0.52 | – | 0.00% | 3.1 | – |" in text
