import pytest
from aiortc.rtp import (
    RTCP_PSFB_APP,
    RtcpPacket,
    RtcpPsfbPacket,
    RtcpReceiverInfo,
    RtcpRrPacket,
    RtcpRtpfbPacket,
    RtcpSrPacket,
    unpack_remb_fci,
)
from hypothesis import given
from hypothesis import strategies as st

from media import rtcp
from media.rtcp import Reception


@given(st.binary(max_size=120))
def test_whatever_comes_is_rtcp_or_a_value_error(data: bytes) -> None:
    try:
        rtcp.parse(data)
    except ValueError:
        return


GOOD = (
    rtcp.sender_report(1, 2, 3, 4, 5)
    + rtcp.receiver_report(1, [RtcpReceiverInfo(9, 1, 2, 3, 4, 5, 6)])
    + rtcp.pli(1, 2)
    + rtcp.nack(1, 2, [3, 4, 90])
    + rtcp.remb(1, 300_000, [7, 8])
    + b"\x81\xca\x00\x03" + b"\x00\x00\x00\x01\x01\x02ab" + b"\x00\x00\x00\x00"
    + b"\x81\xcb\x00\x01\x00\x00\x00\x01"
)  # fmt: skip


@given(st.integers(0, len(GOOD) - 1), st.integers(0, 255))
def test_a_cut_or_bent_compound_is_rtcp_or_a_value_error(position: int, value: int) -> None:
    bent = bytearray(GOOD)
    bent[position] = value
    for hostile in (GOOD[:position], bytes(bent)):
        try:
            rtcp.parse(hostile)
        except ValueError:
            continue


def test_what_the_node_writes_reads_back() -> None:
    assert len(rtcp.parse(GOOD)) == 7
    (pli,) = rtcp.parse(rtcp.pli(10, 20))
    assert isinstance(pli, RtcpPsfbPacket)
    assert (pli.fmt, pli.ssrc, pli.media_ssrc) == (1, 10, 20)
    lost = rtcp.parse(rtcp.nack(10, 20, [0x1FFFD, 0x1FFFF, 0x20000, 0x20001, 0x20050]))
    assert all(isinstance(p, RtcpRtpfbPacket) and (p.fmt, p.media_ssrc) == (1, 20) for p in lost)
    assert [p.lost for p in lost if isinstance(p, RtcpRtpfbPacket)] == [[0xFFFD, 0xFFFF], [0, 1, 0x50]]
    (remb,) = rtcp.parse(rtcp.remb(10, 1_200_000, [1, 2]))
    assert isinstance(remb, RtcpPsfbPacket)
    assert (remb.fmt, remb.media_ssrc) == (RTCP_PSFB_APP, 0)
    bitrate, ssrcs = unpack_remb_fci(remb.fci)
    assert ssrcs == [1, 2]
    assert bitrate == pytest.approx(1_200_000, rel=1e-4)
    (report,) = rtcp.parse(rtcp.sender_report(1, 2**63, -1, 2**32 + 1, 2**33))
    assert isinstance(report, RtcpSrPacket)
    assert report.sender_info.rtp_timestamp == 0xFFFF_FFFF
    assert (report.sender_info.packet_count, report.sender_info.octet_count) == (1, 0)


# statistics


def stream(reception: Reception, numbers: list[int], rate: int = 48000) -> None:
    for number in numbers:
        reception.received(number, number * 960, 100, 1000 + number * 960 / rate)


def test_loss_is_counted_since_the_last_report() -> None:
    reception = Reception(48000)
    stream(reception, [n for n in range(101) if n % 4 or not n % 100])
    first = reception.report(7, 1002.0)
    assert reception.fraction == 24 / 101
    assert (first.ssrc, first.packets_lost, first.highest_sequence) == (7, 24, 100)
    assert first.fraction_lost == 60
    stream(reception, list(range(101, 150)))
    second = reception.report(7, 1003.0)
    assert (second.fraction_lost, reception.fraction, second.packets_lost) == (0, 0.0, 24)


def test_repaired_packets_stay_lost_in_the_reports() -> None:
    """The browser's error correction follows what the line loses, not what was mended."""
    reception = Reception(90000)
    stream(reception, [0, 1, 4, 5])
    reception.repaired(100)
    reception.repaired(100)
    report = reception.report(7, 0.0)
    assert (report.packets_lost, report.fraction_lost) == (2, 85)
    assert (reception.packets, reception.octets) == (4, 600)


def test_an_even_stream_has_no_jitter_and_a_shaken_one_has() -> None:
    even, shaken = Reception(48000), Reception(48000)
    for n in range(500):
        even.received(n, n * 960, 1, 1000 + n * 0.02)
        shaken.received(n, n * 960, 1, 1000 + n * 0.02 + (0.01 if n % 2 else 0))
    assert even.report(1, 0.0).jitter == 0
    assert shaken.report(1, 0.0).jitter == pytest.approx(480, rel=0.05)


def test_a_wrapping_timestamp_is_no_jitter() -> None:
    reception = Reception(48000)
    for n in range(10):
        reception.received(n, (0xFFFF_F000 + n * 960) & 0xFFFF_FFFF, 1, 1000 + n * 0.02)
    assert reception.jitter < 1


def test_the_round_trip_fields_answer_the_last_sender_report() -> None:
    reception = Reception(48000)
    stream(reception, [1])
    assert (reception.report(1, 5.0).lsr, reception.report(1, 5.0).dlsr) == (0, 0)
    reception.last_sr, reception.last_sr_at = 0xABCD1234, 10.0
    block = reception.report(1, 10.5)
    assert (block.lsr, block.dlsr) == (0xABCD1234, 32768)


@given(
    st.lists(st.tuples(st.integers(0, 2**40), st.integers(0, 2**32 - 1), st.floats(0, 1e7)), max_size=30),
    st.floats(0, 1e7),
)
def test_a_report_can_always_be_written(packets: list[tuple[int, int, float]], now: float) -> None:
    reception = Reception(90000)
    for seq, timestamp, arrival in packets:
        reception.received(seq, timestamp, 1000, arrival)
    written = rtcp.receiver_report(1, [reception.report(2, now)])
    (read,) = RtcpPacket.parse(written)
    assert isinstance(read, RtcpRrPacket)
    assert read.reports[0].ssrc == 2
