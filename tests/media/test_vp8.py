import av
import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.vp8 import descriptor_size, frame_size, is_key_frame, starts_frame, starts_key_frame
from tests.media.support import clip, vp8_payloads


@pytest.mark.parametrize(
    "descriptor, size",
    [
        (b"\x10", 1),
        (b"\x90\x00", 2),
        (b"\x90\x80\x11", 3),  # picture id of 7 bits
        (b"\x90\x80\x91\x22", 4),  # of 15 bits
        (b"\x90\x40\x33", 3),  # TL0PICIDX
        (b"\x90\x20\x44", 3),  # TID
        (b"\x90\x10\x44", 3),  # KEYIDX shares the byte of TID
        (b"\x90\x30\x44", 3),
        (b"\x90\xf0\x91\x22\x33\x44", 6),
    ],
)
def test_the_length_of_a_descriptor(descriptor: bytes, size: int) -> None:
    payload = b"header" + descriptor
    assert descriptor_size(payload, 6, len(payload)) == size
    assert descriptor_size(payload + b"frame", 6, len(payload) + 5) == size
    for end in range(6, len(payload)):
        with pytest.raises(ValueError):
            descriptor_size(payload, 6, end)


@given(st.binary(max_size=12), st.integers(0, 14))
def test_whatever_comes_has_a_length_or_is_a_value_error(payload: bytes, start: int) -> None:
    try:
        size = descriptor_size(payload, start, len(payload))
    except ValueError:
        assert not starts_key_frame(payload, start, len(payload))
        return
    assert start + size <= len(payload)
    starts_key_frame(payload, start, len(payload))


def test_only_the_first_packet_of_a_real_key_frame_starts_one() -> None:
    frames = clip(width=640, height=480)
    key, *deltas = ([b"head" + payload for payload in vp8_payloads(frame, 300)] for frame in frames)
    assert starts_key_frame(key[0], 4, len(key[0]))
    assert not any(starts_key_frame(payload, 4, len(payload)) for payload in key[1:])
    assert not any(starts_key_frame(payload, 4, len(payload)) for delta in deltas for payload in delta)
    assert all(starts_frame(payloads[0], 4) for payloads in (key, *deltas))
    assert not any(starts_frame(payload, 4) for payloads in (key, *deltas) for payload in payloads[1:])


def test_a_partition_that_is_not_the_first_starts_no_frame() -> None:
    assert starts_frame(b"\x10", 0)
    assert not starts_frame(b"\x11", 0)
    assert not starts_frame(b"\x00", 0)


def test_the_size_of_a_key_frame_is_what_the_decoder_finds() -> None:
    for width, height in ((160, 120), (640, 480)):
        key, delta, *_ = clip(width=width, height=height)
        assert frame_size(key) == (width, height)
        assert (is_key_frame(key), is_key_frame(delta), is_key_frame(b"")) == (True, False, False)
        assert frame_size(delta) is None
        assert frame_size(key[:9]) is None
        assert frame_size(b"\x00" * 20) is None
        decoder = av.CodecContext.create("vp8", "r")
        assert isinstance(decoder, av.VideoCodecContext)
        picture = decoder.decode(av.Packet(key))[0]
        assert (picture.width, picture.height) == (width, height)
