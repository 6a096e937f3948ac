import itertools
from dataclasses import dataclass, field

import pytest
from aiortc.rtp import RTCP_PSFB_PLI, RTCP_RTPFB_NACK, RtcpPsfbPacket, RtcpRtpfbPacket

from media.plug import MOST_OCTETS, MOST_PACKETS, NACK_LIFE, NACK_MOST, NACK_SOONEST, Plug, SenderClock
from media.rtp import ONE_BYTE, Packet
from tests.media.support import (
    HandClock,
    Wire,
    connect,
    delta_frame,
    key_frame,
    make_jack,
    make_plug,
    received,
    rtp_packet,
)


@dataclass
class Listener:
    packets: list[Packet] = field(default_factory=list)

    def forward(self, packet: Packet, plug: Plug) -> None:
        self.packets.append(packet)

    @property
    def numbers(self) -> list[int]:
        return [packet.seq & 0xFFFF for packet in self.packets]


class Broken:
    def forward(self, packet: Packet, plug: Plug) -> None:
        raise RuntimeError("a fault")


def listened(hand: HandClock, kind: str = "audio") -> tuple[Plug, Wire, Listener]:
    plug, wire = make_plug(hand, kind)
    listener = Listener()
    plug.subscribers = (listener,)
    return plug, wire, listener


def voice(hand: HandClock, plug: Plug, *numbers: int, repaired: bool = False) -> None:
    for number in numbers:
        plug.received(received(rtp_packet(number, number * 960), hand.now()), repaired)


def picture(hand: HandClock, plug: Plug, number: int, payload: bytes) -> None:
    plug.received(received(rtp_packet(number, number * 3000, payload), hand.now()))


def nacked(wire: Wire) -> list[list[int]]:
    return [p.lost for p in wire.rtcp if isinstance(p, RtcpRtpfbPacket) and p.fmt == RTCP_RTPFB_NACK]


# media


@pytest.mark.parametrize("kind", ["audio", "video"])
def test_more_than_a_stream_has_goes_no_further(hand: HandClock, kind: str) -> None:
    plug, _, listener = listened(hand, kind)
    for number in range(MOST_PACKETS[kind] + 100):
        voice(hand, plug, number)
    assert len(listener.packets) == MOST_PACKETS[kind]
    hand.advance(1)
    voice(hand, plug, MOST_PACKETS[kind] + 100)
    assert len(listener.packets) == MOST_PACKETS[kind] + 1
    hand.advance(1)
    large = bytes(1000)
    for number in range(1100):
        picture(hand, plug, 3000 + number, large)
    told = [packet for packet in listener.packets if len(packet.payload) == 1000]
    assert len(told) == min(MOST_PACKETS[kind], MOST_OCTETS[kind] // 1012)


def test_every_packet_reaches_the_listeners_once(hand: HandClock) -> None:
    plug, _, listener = listened(hand)
    voice(hand, plug, 65534, 65535, 0, 65535, 2, 1, 1, 2, 0)
    assert listener.numbers == [65534, 65535, 0, 2, 1]
    assert [b.seq - a.seq for a, b in itertools.pairwise(listener.packets)] == [
        1,
        1,
        2,
        -1,
    ]
    assert plug.newest == listener.packets[3].seq


def test_a_repaired_packet_that_came_already_goes_no_further(hand: HandClock) -> None:
    plug, _, listener = listened(hand, "video")
    picture(hand, plug, 1, key_frame())
    voice(hand, plug, 1, repaired=True)
    assert listener.numbers == [1]


def test_a_fault_of_one_listener_does_not_reach_the_others(hand: HandClock) -> None:
    plug, _, listener = listened(hand)
    plug.subscribers = (Broken(), listener)
    voice(hand, plug, 1, 2)
    assert listener.numbers == [1, 2]
    assert plug.faults == 2


def test_the_loudest_level_is_kept_until_taken(hand: HandClock) -> None:
    plug, _, _ = listened(hand)
    assert plug.take_level() is None
    for number, level in enumerate([90, 20, 60]):
        data = rtp_packet(number, 0, extension=(ONE_BYTE, bytes([0x10, level])))
        plug.received(received(data, hand.now(), 1))
    assert plug.take_level() == 20
    assert plug.take_level() is None


# key frames


def test_many_wishes_for_a_key_frame_are_one_request_in_half_a_second(hand: HandClock) -> None:
    plug, wire, _ = listened(hand, "video")
    for _ in range(100):
        plug.request_key_frame()
        hand.advance(0.01)
    assert 2 <= wire.plis <= 3
    pli = wire.rtcp[0]
    assert isinstance(pli, RtcpPsfbPacket)
    assert (pli.fmt, pli.media_ssrc) == (RTCP_PSFB_PLI, plug.ssrc)


def test_a_switch_asks_at_once(hand: HandClock) -> None:
    plug, wire, _ = listened(hand, "video")
    plug.request_key_frame()
    plug.request_key_frame(at_once=True)
    assert wire.plis == 2


def test_the_request_is_repeated_until_a_key_frame_comes(hand: HandClock) -> None:
    plug, wire, _ = listened(hand, "video")
    plug.request_key_frame(at_once=True)
    picture(hand, plug, 1, delta_frame())
    hand.advance(1.6)
    assert wire.plis == 4
    picture(hand, plug, 2, key_frame())
    assert plug.last_key_frame == hand.now()
    hand.advance(10)
    assert wire.plis == 4


def test_nobody_listening_asks_for_nothing(hand: HandClock) -> None:
    plug, wire, _ = listened(hand, "video")
    plug.request_key_frame()
    plug.subscribers = ()
    hand.advance(10)
    assert wire.plis == 1


def test_a_voice_has_no_key_frames(hand: HandClock) -> None:
    plug, wire, _ = listened(hand)
    plug.request_key_frame(at_once=True)
    hand.advance(5)
    assert not wire.rtcp


def test_a_closed_plug_sends_nothing_more(hand: HandClock) -> None:
    plug, wire, _ = listened(hand, "video")
    plug.request_key_frame()
    voice(hand, plug, 1, 5)
    plug.close()
    before = len(wire.rtcp)
    hand.advance(10)
    assert len(wire.rtcp) == before


# loss


def test_a_missing_packet_is_asked_for_after_20_ms_until_it_comes(hand: HandClock) -> None:
    plug, wire, listener = listened(hand)
    voice(hand, plug, 1, 2, 5)
    hand.advance(0.019)
    assert not nacked(wire)
    hand.advance(0.002)
    assert nacked(wire) == [[3, 4]]
    hand.advance(0.08)
    voice(hand, plug, 4)
    hand.advance(0.03)
    assert nacked(wire) == [[3, 4], [3]]
    voice(hand, plug, 3)
    hand.advance(5)
    assert nacked(wire) == [[3, 4], [3]]
    assert listener.numbers == [1, 2, 5, 4, 3]


@pytest.mark.parametrize("trip", [0.01, 0.06, 0.4])
def test_it_is_asked_for_again_every_round_trip(hand: HandClock, trip: float) -> None:
    plug, wire, _ = listened(hand)
    voice(hand, plug, 1, 3)
    hand.advance(0.0201 + trip)
    voice(hand, plug, 2)
    assert plug.round_trip == pytest.approx(max(trip, NACK_SOONEST), abs=0.001)
    voice(hand, plug, 5)
    before = len(nacked(wire))
    hand.advance(1.0)
    assert len(nacked(wire)) - before == pytest.approx(1 / max(trip, NACK_SOONEST), abs=1)


def test_of_a_long_gap_in_a_voice_the_newest_are_asked_for(hand: HandClock) -> None:
    plug, wire, _ = listened(hand)
    voice(hand, plug, 1, 200)
    hand.advance(0.03)
    assert nacked(wire) == [list(range(200 - NACK_MOST, 200))]


def test_a_voice_repaired_in_its_own_stream_stays_lost_in_the_reports(hand: HandClock) -> None:
    plug, _, _ = listened(hand)
    voice(hand, plug, 1, 2, 4)
    hand.advance(0.1)
    voice(hand, plug, 3)
    assert plug.reception.report(plug.ssrc, hand.now()).packets_lost == 1


def test_a_voice_out_of_order_is_not_lost(hand: HandClock) -> None:
    plug, _, _ = listened(hand)
    voice(hand, plug, 1, 2, 4)
    hand.advance(0.01)
    voice(hand, plug, 3)
    assert plug.reception.report(plug.ssrc, hand.now()).packets_lost == 0


def test_mere_reordering_is_not_asked_for(hand: HandClock) -> None:
    plug, wire, _ = listened(hand)
    voice(hand, plug, 1, 3)
    hand.advance(0.01)
    voice(hand, plug, 2)
    hand.advance(1)
    assert not nacked(wire)


def test_a_gap_over_the_turn_of_the_numbers_is_asked_for(hand: HandClock) -> None:
    plug, wire, _ = listened(hand)
    voice(hand, plug, 65530, 3)
    hand.advance(0.03)
    assert [number for lost in nacked(wire) for number in lost] == [
        65531,
        65532,
        65533,
        65534,
        65535,
        0,
        1,
        2,
    ]
    hand.advance(0.13)
    assert len(nacked(wire)) == 4, "and asked again"


def test_what_does_not_come_in_two_seconds_is_given_up(hand: HandClock) -> None:
    plug, wire, _ = listened(hand, "video")
    picture(hand, plug, 1, key_frame())
    picture(hand, plug, 3, delta_frame())
    hand.advance(NACK_LIFE)
    assert len(nacked(wire)) > 10
    assert [type(p) for p in wire.rtcp] == [RtcpRtpfbPacket] * len(wire.rtcp)
    hand.advance(0.2)
    asked = len(nacked(wire))
    assert wire.plis == 1, "only a key frame helps now"
    hand.advance(0.4)
    assert len(nacked(wire)) == asked


def test_a_long_gap_is_not_asked_for_packet_by_packet(hand: HandClock) -> None:
    plug, wire, _ = listened(hand, "video")
    picture(hand, plug, 1, key_frame())
    picture(hand, plug, 1 + NACK_MOST + 2, delta_frame())
    hand.advance(0.1)
    assert not nacked(wire)
    assert wire.plis == 1


def test_a_publisher_full_of_gaps_costs_no_more_than_a_long_one(hand: HandClock) -> None:
    plug, wire, _ = listened(hand)
    for number in range(0, 30_000, 100):
        voice(hand, plug, number)
        hand.advance(0.001)
    assert all(len(lost) <= NACK_MOST for lost in nacked(wire))
    assert len(plug._missing) <= NACK_MOST


@pytest.mark.parametrize("loss, told", [(0.05, 12), (0.5, 23)])
def test_a_publisher_hears_of_its_worst_listener_within_bounds(
    hand: HandClock, loss: float, told: int
) -> None:
    plug, _ = make_plug(hand)
    (one, _), (other, _) = make_jack(hand), make_jack(hand)
    connect(plug, one, other)
    one.loss = loss
    assert plug.reception.report(plug.ssrc, hand.now(), plug.lost_behind).fraction_lost == told


def test_a_publisher_never_hears_of_a_hidden_listener(hand: HandClock) -> None:
    plug, _ = make_plug(hand)
    jack, _ = make_jack(hand, hidden=True)
    connect(plug, jack)
    jack.loss = 0.5
    assert plug.reception.report(plug.ssrc, hand.now(), plug.lost_behind).fraction_lost == 0


# time


def ntp(seconds: float) -> int:
    return round(seconds * 2**32)


def test_an_rtp_timestamp_is_told_from_the_sender_report(hand: HandClock) -> None:
    plug, _, _ = listened(hand)
    assert plug.timestamp_at(hand.now()) is None
    plug.sender_report(ntp(5_000), 48_000, hand.now())
    assert plug.timestamp_at(hand.now()) == 48_000
    assert plug.timestamp_at(hand.now() + 0.5) == 72_000
    assert plug.timestamp_at(hand.now() - 1.5) == -24_000


def test_a_report_of_before_a_pause_tells_nothing_of_what_comes_after(hand: HandClock) -> None:
    """A browser may stop a stream's timestamps together with its encoder."""
    plug, _, _ = listened(hand)
    voice(hand, plug, 1)
    plug.sender_report(ntp(5_000), 960, hand.now())
    hand.advance(1)
    voice(hand, plug, 2)
    assert plug.timestamp_at(hand.now()) == 960 + 48_000
    hand.advance(600)
    voice(hand, plug, 3)
    assert plug.timestamp_at(hand.now()) is None
    plug.sender_report(ntp(5_601), 2_880, hand.now())
    assert plug.timestamp_at(hand.now()) == 2_880


def test_the_quickest_report_of_half_a_minute_tells_the_publishers_clock() -> None:
    clock = SenderClock()
    assert clock.offset is None
    for second, delay in enumerate([0.3, 0.05, 0.4, 0.2]):
        clock.note(100.0 + second, 1000.0 + second + delay)
    assert clock.offset == pytest.approx(900.05)
    for second in range(35, 70):
        clock.note(100.0 + second, 1000.0 + second + 0.1)
    assert clock.offset == pytest.approx(900.1), "a drifting clock is followed"


def test_voice_and_camera_of_a_person_are_on_one_timeline(hand: HandClock) -> None:
    clock = SenderClock()
    voice_plug, _ = make_plug(hand, "audio", clock)
    camera_plug, _ = make_plug(hand, "video", clock)
    voice_plug.sender_report(ntp(5_000), 0, hand.now() + 0.02)
    camera_plug.sender_report(ntp(5_000.5), 1000, hand.now() + 0.9)  # held up by 0.4 s on its way
    moment = hand.now() + 1.0
    voice_at, camera_at = voice_plug.timestamp_at(moment), camera_plug.timestamp_at(moment)
    assert voice_at is not None
    assert camera_at is not None
    assert voice_at / 48_000 == pytest.approx((camera_at - 1000) / 90_000 + 0.5, abs=0.001)
