import itertools
from collections.abc import Iterator

import pylibsrtp
import pytest
from aiortc.rtp import RTCP_PSFB_PLI, RTCP_RTPFB_NACK, RtcpPsfbPacket, RtcpRtpfbPacket, RtcpSrPacket
from hypothesis import given, settings
from hypothesis import strategies as st

from media.jack import CACHE, LATE_VOICE, LEAP, RTX_PER_NACK, RTX_PER_SECOND, Jack
from media.plug import Plug, SenderClock
from media.rtp import ONE_BYTE, Packet
from tests.media.support import (
    HandClock,
    connect,
    delta_frame,
    hand_clock,
    key_frame,
    make_jack,
    make_plug,
    received,
    rtp_packet,
)


class Voice:
    """A publisher's microphone: 20 ms a packet, whose content tells who it is."""

    def __init__(self, hand: HandClock, name: bytes, first: int = 100, timestamp: int = 5_000_000) -> None:
        self.hand, self.name, self.next, self.timestamp = hand, name, first, timestamp
        self.plug, self.wire = make_plug(hand)

    def make(self, *, skip: int = 0) -> bytes:
        self.next += skip
        self.timestamp += 960 * skip
        data = rtp_packet(self.next, self.timestamp, self.name + str(self.next).encode())
        self.next += 1
        self.timestamp += 960
        return data

    def take(self, data: bytes) -> None:
        self.plug.received(received(data, self.hand.now(), 1))

    def speak(self, count: int = 1) -> None:
        for _ in range(count):
            self.take(self.make())
            self.hand.advance(0.02)


class Camera:
    """A publisher's camera: one packet a picture, 40 ms each."""

    def __init__(self, hand: HandClock, name: bytes, first: int = 30_000) -> None:
        self.hand, self.name, self.next = hand, name, first
        self.plug, self.wire = make_plug(hand, "video")

    def show(self, frame: bytes, *, padding: int = 0) -> None:
        data = rtp_packet(self.next, self.next * 3600, frame, payload_type=96, marker=True, padding=padding)
        self.plug.received(received(data, self.hand.now()))
        self.next += 1
        self.hand.advance(0.04)

    def key(self) -> None:
        self.show(key_frame(body=self.name))

    def delta(self) -> None:
        self.show(delta_frame(self.name))


def steps(packets: list[Packet]) -> list[int]:
    return [(b.seq - a.seq) & 0xFFFF for a, b in itertools.pairwise(packets)]


def times(packets: list[Packet]) -> Iterator[int]:
    for a, b in itertools.pairwise(packets):
        yield (b.timestamp - a.timestamp) & 0xFFFF_FFFF


# voice


def test_a_voice_runs_on_over_a_change_of_its_source(hand: HandClock) -> None:
    one, two = Voice(hand, b"one"), Voice(hand, b"two", 65_530, 4_294_960_000)
    jack, wire = make_jack(hand)
    connect(one.plug, jack)
    one.speak(10)
    hand.advance(1.5)
    one.plug.subscribers = ()
    connect(two.plug, jack)
    two.speak(10)
    packets = wire.packets
    assert [p.payload[:3] for p in packets] == [b"one"] * 10 + [b"two"] * 10
    assert steps(packets) == [1] * 19
    gaps = list(times(packets))
    assert gaps.pop(9) == pytest.approx(1.52 * 48_000, abs=2), "time goes on by the wall clock"
    assert gaps == [960] * 18
    assert [p.marker for p in packets] == ([True] + [False] * 9) * 2, "a talkspurt begins at a switch"
    assert (jack.packets, jack.octets) == (20, sum(len(p.payload) for p in packets))
    assert {int.from_bytes(data[8:12], "big") for data in wire.sent} == {jack.ssrc}


def test_numbers_begin_where_the_rollover_can_be_guessed(hand: HandClock) -> None:
    for _ in range(50):
        voice = Voice(hand, b"one", first=65_000)
        jack, wire = make_jack(hand)
        connect(voice.plug, jack)
        voice.speak()
        assert wire.packets[0].seq <= 0x8000


def test_a_lost_packet_leaves_its_gap(hand: HandClock) -> None:
    voice = Voice(hand, b"one")
    jack, wire = make_jack(hand)
    connect(voice.plug, jack)
    voice.speak(3)
    lost = voice.make()
    voice.speak(3)
    assert steps(wire.packets) == [1, 1, 2, 1, 1]
    voice.take(lost)
    assert wire.packets[-1].seq == wire.packets[2].seq + 1
    assert wire.packets[-1].timestamp == wire.packets[2].timestamp + 960
    voice.speak()
    assert wire.packets[-1].seq == wire.packets[-3].seq + 1, "a late packet does not move the others"


def test_nothing_older_than_the_switch_goes_out(hand: HandClock) -> None:
    one, two = Voice(hand, b"one"), Voice(hand, b"two")
    jack, wire = make_jack(hand)
    two.speak(5)
    late = two.make()
    two.speak(5)
    connect(one.plug, jack)
    one.speak(2)
    connect(two.plug, jack)
    two.take(late)
    assert len(wire.sent) == 2, "it was said before anybody was to hear it"
    two.speak(3)
    assert [p.payload[:3] for p in wire.packets] == [b"one"] * 2 + [b"two"] * 3
    two.take(late)
    assert len(wire.sent) == 5


def test_packets_around_the_switch_may_still_change_places(hand: HandClock) -> None:
    voice = Voice(hand, b"one")
    jack, wire = make_jack(hand)
    connect(voice.plug, jack)
    first, second, third = voice.make(), voice.make(), voice.make()
    voice.take(second)
    voice.take(first)
    voice.take(third)
    assert [p.payload for p in wire.packets] == [b"one101", b"one102"], "the jack began with the second"


def test_the_former_source_is_not_heard_any_more(hand: HandClock) -> None:
    one, two = Voice(hand, b"one"), Voice(hand, b"two")
    jack, wire = make_jack(hand)
    connect(one.plug, jack)
    one.speak()
    jack.switch(two.plug)  # the former plug still counts the jack among its listeners
    one.speak(5)
    jack.switch(None)
    one.speak(5)
    assert len(wire.sent) == 1


def test_to_the_same_source_again_is_no_switch(hand: HandClock) -> None:
    voice = Voice(hand, b"one")
    jack, wire = make_jack(hand)
    connect(voice.plug, jack)
    voice.speak(2)
    connect(voice.plug, jack)
    voice.speak(2)
    assert [p.marker for p in wire.packets] == [True, False, False, False]


def test_padding_alone_begins_nothing_and_is_passed_on_later(hand: HandClock) -> None:
    voice = Voice(hand, b"one")
    jack, wire = make_jack(hand)
    connect(voice.plug, jack)
    voice.take(rtp_packet(99, 1, b"", padding=100))
    assert not wire.sent
    voice.speak(2)
    voice.take(rtp_packet(voice.next, voice.timestamp, b"", padding=100))
    assert steps(wire.packets) == [1, 1]
    assert wire.packets[-1].padded


def test_the_listeners_extensions_are_the_nodes_own(hand: HandClock) -> None:
    voice = Voice(hand, b"one")
    jack, wire = make_jack(hand)
    connect(voice.plug, jack)
    block = bytes([0x10, 44, 0x22, 9, 9, 9, 0x30, ord("0")])
    voice.plug.received(received(rtp_packet(1, 1, extension=(ONE_BYTE, block)), hand.now(), 1))
    sent_at = hand.clock.send_time(hand.now()).to_bytes(3, "big")
    assert wire.sent[0][12:24] == b"\xbe\xde\x00\x02" + b"\x22" + sent_at + b"\x10\x2c" + b"\x00\x00"


def test_what_could_not_be_sent_is_neither_counted_nor_repeated(hand: HandClock) -> None:
    voice = Voice(hand, b"one")
    jack, wire = make_jack(hand)
    wire.cut = True
    connect(voice.plug, jack)
    voice.speak(3)
    wire.cut = False
    voice.speak(1)
    assert (jack.packets, len(wire.sent)) == (1, 1)
    jack.lost([wire.packets[0].seq - 1])
    assert not wire.resent


def leaping(voice: Voice | Camera, size: int) -> int:
    """The publisher's next number, `size` further than it should be; what comes in between is lost."""
    voice.next = (voice.next + size) & 0xFFFF
    return voice.next


def test_a_voice_whose_numbers_leap_is_still_authentic_to_its_listener(hand: HandClock) -> None:
    """libsrtp guesses the rollover of 16-bit numbers; one wrong guess and a receiver refuses everything for good."""
    policy = pylibsrtp.Policy(key=bytes(30), ssrc_type=pylibsrtp.Policy.SSRC_ANY_OUTBOUND)
    sender = pylibsrtp.Session(policy)
    receiver = pylibsrtp.Session(pylibsrtp.Policy(key=bytes(30), ssrc_type=pylibsrtp.Policy.SSRC_ANY_INBOUND))
    voice = Voice(hand, b"one")
    jack, wire = make_jack(hand)
    connect(voice.plug, jack)
    for turn in range(12):
        voice.speak(3)
        leaping(voice, 0x7FF0 if turn % 2 else 0x7000)
    voice.speak(3)
    protected = [sender.protect(plain) for plain in wire.sent]
    heard = [
        receiver.unprotect(data) for data, n in zip(protected, range(len(protected)), strict=True) if n % 5
    ]
    assert len(heard) == 39 - 8
    assert max(steps(wire.packets)) <= LEAP


def test_a_short_loss_leaves_its_hole_and_a_long_one_does_not(hand: HandClock) -> None:
    voice = Voice(hand, b"one")
    jack, wire = make_jack(hand)
    connect(voice.plug, jack)
    voice.speak()
    leaping(voice, LEAP - 1)
    voice.speak()
    assert steps(wire.packets) == [LEAP]
    leaping(voice, LEAP)
    voice.speak()
    assert steps(wire.packets) == [LEAP, 1]


def test_a_picture_whose_numbers_leapt_goes_on_with_a_key_frame(hand: HandClock) -> None:
    camera = Camera(hand, b"one")
    jack, wire = make_jack(hand, "video")
    connect(camera.plug, jack)
    camera.key()
    hand.advance(1)
    leaping(camera, LEAP + 5)
    asked = camera.wire.plis
    camera.delta()
    camera.delta()
    assert len(wire.sent) == 1
    assert camera.wire.plis == asked + 1
    camera.key()
    assert steps(wire.packets) == [1]


# pictures


def test_a_new_camera_waits_for_its_key_frame(hand: HandClock) -> None:
    one, two = Camera(hand, b"one"), Camera(hand, b"two")
    jack, wire = make_jack(hand, "video")
    connect(one.plug, jack)
    one.key()
    one.delta()
    one.plug.subscribers = ()
    connect(two.plug, jack)
    assert two.wire.plis == 1, "asked for at once"
    two.delta()
    two.delta()
    assert len(wire.sent) == 2, "no picture of the next on top of the former one's"
    two.key()
    two.delta()
    assert [p.payload[-3:] for p in wire.packets] == [b"one", b"one", b"two", b"two"]
    assert steps(wire.packets) == [1, 1, 1]
    assert list(times(wire.packets))[1] == pytest.approx(0.12 * 90_000, abs=2)


def test_the_request_of_a_switch_goes_past_the_limit_and_is_repeated(hand: HandClock) -> None:
    camera = Camera(hand, b"one")
    jacks = [make_jack(hand, "video")[0] for _ in range(3)]
    for jack in jacks:
        camera.plug.subscribers = (jack,)
        jack.switch(camera.plug)
    assert camera.wire.plis == 3
    hand.advance(1.1)
    assert camera.wire.plis == 5
    camera.key()
    hand.advance(3)
    assert camera.wire.plis == 5


def test_the_pieces_of_a_key_frame_that_came_before_the_switch_begin_nothing(hand: HandClock) -> None:
    camera = Camera(hand, b"one")
    jack, wire = make_jack(hand, "video")
    camera.delta()
    key, piece = camera.next, camera.next + 1
    camera.plug.received(received(rtp_packet(piece, 1, b"\x00rest", marker=True), hand.now()))
    camera.next += 2
    connect(camera.plug, jack)
    again = received(rtp_packet(key, 1, key_frame()), hand.now())
    camera.plug.received(again, repaired=True)  # its other packet is never to come again
    assert not wire.sent
    camera.key()
    assert len(wire.sent) == 1


# nobody notices a hidden seat


def test_what_a_hidden_jack_wishes_never_reaches_a_publisher(hand: HandClock) -> None:
    transcripts = []
    for hidden_seats in (0, 3):
        camera = Camera(hand, b"one")
        jack, _ = make_jack(hand, "video")
        hidden = [make_jack(hand, "video", hidden=True) for _ in range(hidden_seats)]
        connect(camera.plug, jack, *(spy for spy, _ in hidden))
        camera.key()
        for n in range(100):
            for spy, wire in hidden:
                spy.key_frame_requested()
                if wire.sent:
                    spy.lost([p.seq for p in wire.packets[-3:]])
                spy.lost([n, 7])
                spy.receiver_report(255, 9, 0, 0, hand.now())
                spy.report(hand.now())
                spy.switch(None)
                spy.switch(camera.plug)
            camera.delta()
        transcripts.append([type(p).__name__ for p in camera.wire.rtcp])
    assert transcripts[0] == transcripts[1]


def test_a_visible_jack_may_ask_for_a_key_frame(hand: HandClock) -> None:
    camera = Camera(hand, b"one")
    jack, _ = make_jack(hand, "video")
    jack.key_frame_requested()
    connect(camera.plug, jack)
    camera.key()
    hand.advance(1)
    before = camera.wire.plis
    jack.key_frame_requested()
    assert camera.wire.plis == before + 1
    kinds = {(type(p), getattr(p, "fmt", None)) for p in camera.wire.rtcp}
    assert kinds == {(RtcpPsfbPacket, RTCP_PSFB_PLI)}


def test_a_listeners_nack_is_never_asked_upstream(hand: HandClock) -> None:
    voice = Voice(hand, b"one")
    jack, _ = make_jack(hand)
    connect(voice.plug, jack)
    voice.speak(3)
    jack.lost([1, 2, 3])
    hand.advance(3)
    assert not [p for p in voice.wire.rtcp if isinstance(p, RtcpRtpfbPacket) and p.fmt == RTCP_RTPFB_NACK]


# retransmission


def test_a_voice_is_sent_again_as_the_very_same_bytes(hand: HandClock) -> None:
    voice = Voice(hand, b"one")
    jack, wire = make_jack(hand)
    connect(voice.plug, jack)
    voice.speak(20)
    jack.lost([wire.packets[12].seq, wire.packets[17].seq])
    assert wire.resent == [wire.sent[12] + b"protected", wire.sent[17] + b"protected"]
    assert jack.packets == 20


def test_a_picture_is_sent_again_on_the_stream_of_repairs(hand: HandClock) -> None:
    camera = Camera(hand, b"one")
    jack, wire = make_jack(hand, "video")
    connect(camera.plug, jack)
    camera.key()
    camera.delta()
    first, second = wire.packets
    for _ in range(2):
        jack.lost([second.seq, first.seq])
    assert not wire.resent
    repairs = wire.packets[2:]
    assert [p.payload[2:] for p in repairs] == [second.payload, first.payload] * 2
    assert [int.from_bytes(p.payload[:2], "big") for p in repairs] == [second.seq, first.seq] * 2
    assert steps(repairs) == [1, 1, 1]
    assert {p.data[8:12] for p in repairs} == {(jack.ssrc + 1).to_bytes(4, "big")}
    assert {p.data[1] & 0x7F for p in repairs} == {97}


def test_a_voice_is_not_sent_again_when_it_would_come_late(hand: HandClock) -> None:
    """After a hole of a second the listener's browser asks for all of it, and would wait for it ever after."""
    voice = Voice(hand, b"one")
    jack, wire = make_jack(hand)
    connect(voice.plug, jack)
    voice.speak(50)
    numbers = [packet.seq for packet in wire.packets]
    jack.lost(numbers)
    assert wire.resent == [data + b"protected" for data in wire.sent[-LATE_VOICE - 1 :]]


@pytest.mark.parametrize("later, heard", [(LATE_VOICE, True), (LATE_VOICE + 1, False)])
def test_a_voice_repaired_too_late_is_for_the_record_only(hand: HandClock, later: int, heard: bool) -> None:
    jack, wire = make_jack(hand, "audio")
    voice = Voice(hand, b"one")
    connect(voice.plug, jack)
    voice.speak()
    lost = voice.make()
    voice.speak(later)
    before = len(wire.sent)
    voice.take(lost)
    assert (len(wire.sent) > before) is heard


def test_a_key_frame_whose_begin_was_repaired_goes_out_whole(hand: HandClock) -> None:
    jack, wire = make_jack(hand, "video")
    camera = Camera(hand, b"one")
    connect(camera.plug, jack)
    camera.delta()  # of the picture before; it means nothing to the listener
    begin, camera.next = camera.next, camera.next + 1
    for n in range(3):
        camera.show(b"\x00rest %d" % n)
    assert not wire.sent
    data = rtp_packet(begin, begin * 3600, key_frame(), payload_type=96)
    camera.plug.received(received(data, hand.now()), repaired=True)
    camera.delta()
    assert [p.payload for p in wire.packets] == [
        key_frame(),
        b"\x00rest 0",
        b"\x00rest 1",
        b"\x00rest 2",
        delta_frame(b"one"),
    ]
    assert steps(wire.packets) == [1] * 4


def test_nothing_early_of_a_former_source_goes_out(hand: HandClock) -> None:
    jack, wire = make_jack(hand, "video")
    one, two = Camera(hand, b"one"), Camera(hand, b"two", 100)
    connect(one.plug, jack)
    one.delta()
    connect(two.plug, jack)
    two.key()
    assert len(wire.sent) == 1


def test_what_is_no_longer_or_never_was_there_is_not_sent_again(hand: HandClock) -> None:
    voice = Voice(hand, b"one")
    jack, wire = make_jack(hand)
    jack.lost([1, 2, 3])
    connect(voice.plug, jack)
    voice.speak(CACHE + 10)
    first = wire.packets[0].seq
    jack.lost([first, (first - 1) & 0xFFFF, (first + CACHE + 10) & 0xFFFF])
    assert not wire.resent
    jack.lost([(first + CACHE + 5) & 0xFFFF])
    assert len(wire.resent) == 1


@pytest.mark.parametrize("kind", ["audio", "video"])
def test_nothing_of_a_former_source_is_sent_again(hand: HandClock, kind: str) -> None:
    """One who waits again gets nothing, whatever he asks for."""
    jack, wire = make_jack(hand, kind)
    source = Voice(hand, b"one") if kind == "audio" else Camera(hand, b"one")
    connect(source.plug, jack)
    if isinstance(source, Voice):
        source.speak(3)
    else:
        source.key()
    numbers, sent = [p.seq for p in wire.packets], len(wire.sent)
    jack.switch(None)
    jack.lost(numbers)
    jack.switch(source.plug)
    jack.lost(numbers)
    assert (wire.resent, len(wire.sent)) == ([], sent)


def test_a_listener_that_asks_for_everything_again_is_bounded(hand: HandClock) -> None:
    voice = Voice(hand, b"one")
    jack, wire = make_jack(hand)
    connect(voice.plug, jack)
    voice.speak(200)
    numbers = [p.seq for p in wire.packets][-LATE_VOICE:] * 10
    jack.lost(numbers)
    assert len(wire.resent) == RTX_PER_NACK
    for _ in range(100):
        jack.lost(numbers)
    assert len(wire.resent) == RTX_PER_SECOND
    hand.advance(1)
    jack.lost(numbers[:3])
    assert len(wire.resent) == RTX_PER_SECOND + 3


# reports


def test_voice_and_camera_of_a_person_stay_together_at_the_listener(hand: HandClock) -> None:
    clock = SenderClock()
    voice, camera = Voice(hand, b"one"), Camera(hand, b"one")
    voice.plug.clock = camera.plug.clock = clock
    sound, sound_wire = make_jack(hand, ssrc=900)
    sight, sight_wire = make_jack(hand, "video", ssrc=910)
    connect(voice.plug, sound)
    connect(camera.plug, sight)
    # Both streams at the same moment of the publisher's clock, 3000.0 s; the camera's report comes late.
    moment = round(3000.0 * 2**32)
    said, shown = voice.timestamp, camera.next * 3600
    voice.speak()
    camera.key()
    voice.plug.sender_report(moment, said, hand.now())
    hand.advance(0.7)
    camera.plug.sender_report(moment, shown, hand.now())
    for n in range(1, 4):
        hand.advance(1)
        sound.report(hand.now())
        sight.report(hand.now())
        heard, seen = sound_wire.rtcp[-1], sight_wire.rtcp[-1]
        assert isinstance(heard, RtcpSrPacket)
        assert isinstance(seen, RtcpSrPacket)
        assert heard.sender_info.ntp_timestamp == seen.sender_info.ntp_timestamp
        assert heard.sender_info.ntp_timestamp == hand.clock.ntp(hand.now())
        heard_ago = (heard.sender_info.rtp_timestamp - sound_wire.packets[0].timestamp) / 48_000
        seen_ago = (seen.sender_info.rtp_timestamp - sight_wire.packets[0].timestamp) / 90_000
        assert heard_ago == pytest.approx(seen_ago, abs=0.001)
        assert heard_ago == pytest.approx(n + 0.7, abs=0.001)
        assert (heard.sender_info.packet_count, heard.sender_info.octet_count) == (
            sound.packets,
            sound.octets,
        )


def test_a_silent_jack_sends_no_report(hand: HandClock) -> None:
    voice = Voice(hand, b"one")
    jack, wire = make_jack(hand)
    jack.report(hand.now())
    connect(voice.plug, jack)
    voice.plug.sender_report(1 << 40, 1, hand.now())
    jack.report(hand.now())
    assert not wire.rtcp, "nothing has gone out yet"
    voice.speak()
    jack.report(hand.now())
    assert len(wire.rtcp) == 1
    jack.switch(None)
    jack.report(hand.now())
    assert len(wire.rtcp) == 1


def test_without_the_publishers_report_there_is_none(hand: HandClock) -> None:
    voice = Voice(hand, b"one")
    jack, wire = make_jack(hand)
    connect(voice.plug, jack)
    voice.speak()
    jack.report(hand.now())
    assert not wire.rtcp


def test_the_round_trip_is_told_from_the_listeners_report(hand: HandClock) -> None:
    jack, _ = make_jack(hand)
    sent = (hand.clock.ntp(hand.now()) >> 16) & 0xFFFF_FFFF
    hand.advance(0.35)
    jack.receiver_report(64, 480, sent, 16_384, hand.now())
    assert jack.rtt == pytest.approx(0.1, abs=0.001)
    assert (jack.loss, jack.jitter_ms) == (0.25, 10.0)
    jack.receiver_report(0, 0, (sent + (1 << 31)) & 0xFFFF_FFFF, 0, hand.now())
    assert jack.rtt == pytest.approx(0.1, abs=0.001), "nonsense is not believed"
    jack.receiver_report(0, 0, 0, 0, hand.now())
    assert jack.rtt == pytest.approx(0.1, abs=0.001), "no report of ours has come there yet"


# SRTP: one number, one content

CASE = st.lists(
    st.one_of(
        st.tuples(st.just("new"), st.integers(0, 2), st.integers(0, 3)),
        st.tuples(st.just("lose"), st.integers(0, 2), st.integers(1, 300)),
        st.tuples(st.just("again"), st.integers(0, 2), st.integers(0, 40)),
        st.tuples(st.just("repair"), st.integers(0, 2), st.integers(0, 40)),
        st.tuples(st.just("switch"), st.integers(-1, 2), st.integers(0, 0)),
        st.tuples(st.just("nack"), st.integers(0, 1), st.integers(0, 60)),
        st.tuples(st.just("wait"), st.just(0), st.integers(0, 3000)),
        st.tuples(st.just("pad"), st.integers(0, 2), st.integers(0, 3)),
    ),
    max_size=120,
)


@settings(max_examples=150)
@given(CASE, st.sampled_from(["audio", "video"]), st.lists(st.integers(0, 0xFFFF), min_size=3, max_size=3))
def test_no_number_of_a_stream_ever_carries_two_contents(
    case: list[tuple[str, int, int]], kind: str, firsts: list[int]
) -> None:
    """Under any order of new, lost, doubled and repaired packets and of switches back and forth.

    `Wire.protect` fails at a second content; and every source's packets keep their order and distance.
    """
    with hand_clock() as hand:
        jack, wire = make_jack(hand, kind)
        plugs: list[Plug] = [make_plug(hand, kind)[0] for _ in range(3)]
        owners: list[Jack] = [jack]
        numbers = list(firsts)
        sent: list[list[bytes]] = [[], [], []]
        for plug in plugs:
            plug.subscribers = tuple(owners)
        for action, which, amount in case:
            if action == "switch":
                jack.switch(plugs[which] if which >= 0 else None)
            elif action == "wait":
                hand.advance(amount / 1000)
            elif action == "nack":
                known = [p.seq for p in wire.packets]
                jack.lost(known[-amount:] if which else list(range(amount)))
            elif action in ("again", "repair"):
                if len(sent[which]) > amount:
                    data = sent[which][-1 - amount]
                    plugs[which].received(received(data, hand.now()), repaired=action == "repair")
            elif action == "lose":
                numbers[which] += amount
                lost = rtp_packet(numbers[which] - 1, numbers[which] * 960, b"\x10lost%d" % numbers[which])
                sent[which].append(lost)
            else:
                for _ in range(amount):
                    body = key_frame() if action == "new" and numbers[which] % 3 else delta_frame()
                    data = rtp_packet(
                        numbers[which],
                        numbers[which] * 960,
                        b"" if action == "pad" else body + b"%d of %d" % (numbers[which], which),
                        padding=9 if action == "pad" else 0,
                    )
                    sent[which].append(data)
                    numbers[which] += 1
                    plugs[which].received(received(data, hand.now()))
        media = [p for p in wire.packets if int.from_bytes(p.data[8:12], "big") == jack.ssrc]
        assert len({p.seq for p in media}) == len(media)
        assert not any(plug.faults for plug in plugs)
