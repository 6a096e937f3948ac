import pytest
from aiortc.rtp import RtpPacket
from hypothesis import example, given
from hypothesis import strategies as st

from media.rtp import ONE_BYTE, Outgoing, Packet, Sequence, parse
from tests.media.support import received, rtp_packet, wrap_rtx

OUT = Outgoing(0xCAFE, 111, 2, 1)
PLAIN = Outgoing(0xCAFE, 96, 0, 0)
SEND_TIME = 0x123456


def rewrite(packet: Packet, out: Outgoing, seq: int, timestamp: int, marker: bool, send_time: int) -> bytes:
    return out.head(packet, seq, timestamp, marker, send_time) + packet.data[packet.start :]


def extensions(data: bytes) -> list[tuple[int, bytes]]:
    """The one-byte extensions of a packet."""
    if not data[0] & 0x10:
        return []
    start = 12 + 4 * (data[0] & 0x0F)
    assert data[start : start + 2] == ONE_BYTE.to_bytes(2, "big")
    words = int.from_bytes(data[start + 2 : start + 4], "big")
    block, found, position = data[start + 4 : start + 4 + 4 * words], [], 0
    while position < len(block):
        if block[position] == 0:
            position += 1
            continue
        size = (block[position] & 0x0F) + 1
        found.append((block[position] >> 4, block[position + 1 : position + 1 + size]))
        position += 1 + size
    return found


@st.composite
def packets(draw: st.DrawFn) -> bytes:
    """Well-formed packets of every shape."""
    items = draw(st.lists(st.tuples(st.integers(1, 14), st.binary(min_size=1, max_size=16)), max_size=5))
    block = b"".join(bytes([(number << 4) | (len(value) - 1)]) + value for number, value in items)
    return rtp_packet(
        draw(st.integers(0, 0xFFFF)),
        draw(st.integers(0, 0xFFFF_FFFF)),
        draw(st.binary(max_size=60)),
        ssrc=draw(st.integers(0, 0xFFFF_FFFF)),
        payload_type=draw(st.integers(0, 127)),
        marker=draw(st.booleans()),
        extension=(draw(st.sampled_from([ONE_BYTE, 0x1000, 0x4242])), block) if items else None,
        padding=draw(st.integers(0, 20)),
        csrcs=draw(st.lists(st.integers(0, 0xFFFF_FFFF), max_size=15)),
    )


@given(st.binary(max_size=80), st.integers(0, 14))
@example(b"\x90" + bytes(11) + b"\xbe\xde\x00\x01\x10", 1)
@example(b"\xa0" + bytes(10) + b"\xff", 0)
def test_whatever_comes_is_a_packet_or_a_value_error(data: bytes, level_id: int) -> None:
    try:
        packet, payload_type, _ = parse(data, 0.0, level_id)
    except ValueError:
        return
    assert 12 <= packet.start <= packet.end <= len(data)
    assert 0 <= payload_type < 128


@given(packets(), st.data())
def test_a_cut_or_bent_packet_is_a_packet_or_a_value_error(data: bytes, choice: st.DataObject) -> None:
    position = choice.draw(st.integers(0, len(data) - 1))
    bent = bytearray(data)
    bent[position] = choice.draw(st.integers(0, 255))
    for hostile in (data[:position], bytes(bent)):
        try:
            packet, _, _ = parse(hostile, 0.0, 1)
        except ValueError:
            continue
        assert packet.start <= packet.end


@given(packets())
def test_a_packet_is_read_as_the_library_reads_it(data: bytes) -> None:
    try:
        theirs = RtpPacket.parse(data)
    except ValueError:
        return
    packet, payload_type, ssrc = parse(data, 3.5)
    assert (packet.seq, packet.timestamp, packet.marker) == (
        theirs.sequence_number,
        theirs.timestamp,
        bool(theirs.marker),
    )
    assert (payload_type, ssrc, packet.payload) == (theirs.payload_type, theirs.ssrc, theirs.payload)
    assert (len(data) - packet.end, packet.padded) == (theirs.padding_size, bool(theirs.padding_size))
    assert packet.arrival == 3.5


@given(
    packets(),
    st.integers(0, 0xFFFF),
    st.integers(0, 0xFFFF_FFFF),
    st.booleans(),
    st.sampled_from([OUT, PLAIN]),
)
def test_rewriting_keeps_the_payload_and_nothing_else(
    data: bytes, seq: int, timestamp: int, marker: bool, out: Outgoing
) -> None:
    packet = received(data, 0.0, 5)
    written = rewrite(packet, out, seq, timestamp, marker, SEND_TIME)
    again, payload_type, ssrc = parse(written, 0.0)
    assert (again.payload, again.seq, again.timestamp, again.marker) == (
        packet.payload,
        seq,
        timestamp,
        marker,
    )
    assert (payload_type, ssrc) == (out.payload_type, out.ssrc)
    assert len(written) - again.end == len(data) - packet.end
    assert not written[0] & 0x0F, "contributing sources are the publisher's affair"
    wanted = []
    if out.send_time_id:
        wanted.append((out.send_time_id, SEND_TIME.to_bytes(3, "big")))
    if out.level_id and packet.level is not None:
        wanted.append((out.level_id, bytes([packet.level])))
    assert extensions(written) == wanted


def test_the_audio_level_is_copied_under_the_listeners_own_id() -> None:
    block = bytes([0x40, ord("0"), 0x70, 0x80 | 33])  # a MID and a level with the voice flag
    packet = received(rtp_packet(1, 2, extension=(ONE_BYTE, block)), 0.0, 7)
    assert packet.level == 33
    written = rewrite(packet, OUT, 1, 2, False, SEND_TIME)
    assert extensions(written) == [(2, b"\x12\x34\x56"), (1, b"\x21")]
    only_level = rewrite(packet, Outgoing(1, 111, 0, 3), 1, 2, False, SEND_TIME)
    assert extensions(only_level) == [(3, b"\x21")]


def test_a_level_behind_other_extensions_padding_and_the_end_mark() -> None:
    def level(block: bytes, profile: int = ONE_BYTE) -> int | None:
        return received(rtp_packet(1, 2, extension=(profile, block)), 0.0, 7).level

    assert level(bytes([0, 0, 0x12, 1, 2, 3, 0x70, 9])) == 9
    assert level(bytes([0xF0, 0x70, 9])) is None, "15 ends the block (RFC 8285, 4.2)"
    assert level(bytes([0x3F, 1, 2])) is None, "a length beyond the block"
    assert level(bytes([0, 0, 0, 0x70])) is None, "a level without its value"
    assert level(bytes([0x70, 9]), 0x1000) is None, "two-byte extensions were not negotiated"


def test_a_padding_only_packet_has_an_empty_payload() -> None:
    packet = received(rtp_packet(1, 2, b"", padding=200), 0.0)
    assert packet.start == packet.end
    assert packet.padded


@given(packets(), st.integers(0, 0xFFFF))
def test_a_retransmission_carries_the_original_number_and_payload(data: bytes, seq: int) -> None:
    plain = rewrite(received(data, 0.0, 5), OUT, 4321, 77, True, SEND_TIME)
    again, payload_type, ssrc = parse(wrap_rtx(plain, 0xBEEF, 97, seq), 0.0)
    assert (again.seq, again.timestamp, again.marker, payload_type, ssrc) == (seq, 77, True, 97, 0xBEEF)
    original = parse(plain, 0.0)[0]
    assert again.payload == (4321).to_bytes(2, "big") + original.payload
    assert extensions(again.data) == extensions(plain)


def test_wrap_rtx_is_what_the_library_unwraps() -> None:
    plain = rewrite(received(rtp_packet(9, 9, b"x" * 50), 0.0), OUT, 65535, 8, False, SEND_TIME)
    theirs = RtpPacket.parse(wrap_rtx(plain, 5, 97, 3))
    assert theirs.payload[:2] == b"\xff\xff"
    assert theirs.payload[2:] == b"x" * 50


# sequence numbers


@given(st.integers(0, 0xFFFF), st.lists(st.integers(-1000, 3000), max_size=300))
def test_extended_numbers_follow_the_real_ones(first: int, steps: list[int]) -> None:
    sequence, highest = Sequence(), 0x10000 | first
    assert sequence.take(first) == highest
    oldest, seen = highest - Sequence.BEFORE, {highest}
    for step in steps:
        real = max(highest + step, 0)
        fresh = real not in seen and real >= oldest and real > highest - Sequence.WINDOW
        assert sequence.take(real & 0xFFFF) == (real if fresh else None)
        seen.add(real)
        highest = max(highest, real)
        assert sequence.highest == highest


@given(st.lists(st.integers(0, 0xFFFF), max_size=400))
def test_no_extended_number_is_taken_twice(numbers: list[int]) -> None:
    sequence, taken = Sequence(), set[int]()
    for number in numbers:
        extended = sequence.take(number)
        if extended is not None:
            assert extended & 0xFFFF == number
            assert extended not in taken
            taken.add(extended)


@pytest.mark.parametrize("jump", [Sequence.WINDOW - 1, Sequence.WINDOW, Sequence.WINDOW + 1, 30000])
def test_after_a_long_jump_only_what_cannot_be_told_is_refused(jump: int) -> None:
    sequence = Sequence()
    assert sequence.take(0) == 0x10000
    assert sequence.take(jump) == 0x10000 + jump
    assert sequence.take(jump) is None
    assert sequence.take(0) is None
    assert sequence.take(jump - 1) == 0x10000 + jump - 1
    oldest = max(1, jump - Sequence.WINDOW + 1)
    assert sequence.take(oldest) == 0x10000 + oldest
    assert sequence.take(jump - Sequence.WINDOW & 0xFFFF) is None


def test_what_is_kept_of_lost_numbers_is_bounded() -> None:
    sequence = Sequence()
    for number in range(0, 400_000, 2):
        sequence.take(number & 0xFFFF)
    assert sequence._absent.bit_length() <= 2 * Sequence.WINDOW
