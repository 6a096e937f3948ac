"""What is fuzzed: functions that take any bytes and return, unless something promised does not hold.

A target may let no error escape but those that its parser documents, and asserts what the parser's result promises.
"""

import asyncio
import contextlib
import itertools
import re
import struct
from collections.abc import Callable
from dataclasses import dataclass

import aioice.stun
import msgspec
from aiortc import RTCCertificate
from aiortc.rtcdtlstransport import RTCDtlsParameters
from aiortc.rtcicetransport import RTCIceParameters
from aiortc.rtp import RtcpPacket, RtcpRrPacket, RtcpRtpfbPacket, RtcpSrPacket, RtpPacket
from aiortc.sdp import SessionDescription
from hypothesis import strategies as st

from media import rtcp, stun, timing
from media.control import BadMessage, Desired, SeatOffer, decode
from media.estimate import Estimate
from media.layout import LAYOUTS
from media.livecheck import header_size, vint, whole_clusters
from media.plug import Plug
from media.rtp import Packet, parse
from media.sdp import BadOffer, JackSource, parse_offer, write_answer
from media.vp8 import descriptor_size, frame_size, is_key_frame, starts_key_frame
from server import errors
from server.signalling import messages
from tests.media.support import connect, hand_clock, key_frame, make_jack, make_plug, received, rtp_packet

from . import hall, schoolday, shapes
from .corpus import seeds
from .hall import LODGER, SSRC_NAMES, UNAUTHENTICATED, entries
from .shapes import bent, hostile, joined, record, recorded, records

MOST_THROWN = 60  # datagrams of one example: a connection takes 3000 a second
MOST_ENTRIES = 9000  # of all containers of a conference: the caches of two patched jacks alone have 4000
MOST_COMMANDS = 40
CERTIFICATE = RTCCertificate.generateCertificate()


@dataclass(frozen=True)
class Target:
    """`run` raises what is wrong; `inputs` draws what it is given; `share` is its part of a short run."""

    name: str
    run: Callable[[bytes], None]
    inputs: st.SearchStrategy[bytes]
    share: int = 100


# RTP


def rtp(data: bytes) -> None:
    """A packet or a ValueError; the payload lies inside, is the library's, and survives forwarding and repair."""
    for level_id in (0, 14, 1):
        try:
            packet, payload_type, ssrc = parse(data, 0.0, level_id)
        except ValueError:
            return
        assert 12 <= packet.start <= packet.end <= len(data)
        assert 0 <= payload_type < 128
        assert packet.level is None or 0 <= packet.level < 128
        assert starts_key_frame(packet.data, packet.start, packet.end) in (True, False)
        with contextlib.suppress(
            ValueError, struct.error, IndexError
        ):  # the library is stricter in extensions
            theirs = RtpPacket.parse(data)
            assert (theirs.payload, theirs.ssrc, theirs.payload_type) == (packet.payload, ssrc, payload_type)
    forwarded(data, "audio")
    forwarded(data, "video")


def forwarded(data: bytes, kind: str) -> None:
    """Behind a first packet this one goes out under the next number and is repaired as what it was."""
    with hand_clock() as hand:
        (plug, _), (jack, wire) = make_plug(hand, kind), make_jack(hand, kind)
        connect(plug, jack)
        packet = received(data, hand.time, 1)
        number, level, payload = packet.seq, packet.level if kind == "audio" else None, packet.payload
        plug.received(received(rtp_packet(number - 1, packet.timestamp, key_frame()), hand.time))
        plug.received(packet)
        first, second = wire.packets
        assert (second.payload, second.level, second.padded) == (payload, level, packet.padded)
        assert (second.seq - first.seq, second.timestamp - first.timestamp) == (1, 0)
        jack.lost([second.seq])
        if kind == "audio":
            assert len(wire.resent) == 1
        else:
            assert wire.packets[2].payload == second.seq.to_bytes(2, "big") + payload
        plug.close()


class Listener:
    """Notes the numbers of what a plug hands on."""

    def __init__(self) -> None:
        self.numbers: list[int] = []

    def forward(self, packet: Packet, plug: Plug) -> None:
        self.numbers.append(packet.seq)


def sequence(data: bytes) -> None:
    """No number is handed on twice, each is the one that was sent, and the highest never falls."""
    with hand_clock() as hand:
        plug, listener = make_plug(hand)[0], Listener()
        plug.subscribers = (listener,)
        highest = 0
        for (number,) in struct.iter_unpack(">H", data[: len(data) & ~1]):
            before = len(listener.numbers)
            plug.received(received(rtp_packet(number, number), hand.time))
            assert all(taken & 0xFFFF == number for taken in listener.numbers[before:])
            assert plug.newest == max([highest, *listener.numbers[before:]])
            highest = plug.newest
        assert len(set(listener.numbers)) == len(listener.numbers)
        assert all(number >= 0 for number in listener.numbers)
        plug.close()


def vp8(data: bytes) -> None:
    """A descriptor inside the payload or a ValueError; whether it is a key frame is never an error."""
    for start in (0, 1, len(data)):
        for end in (len(data), len(data) // 2):
            if start > end:
                continue
            with contextlib.suppress(ValueError):
                assert 1 <= descriptor_size(data, start, end) <= end - start
            if starts_key_frame(data, start, end):
                assert start + descriptor_size(data, start, end) < end
    size = frame_size(data)
    if size is not None:
        assert is_key_frame(data)
        assert all(0 <= side < 1 << 14 for side in size)


# RTCP


def compound(data: bytes) -> None:
    """Packets or a ValueError; no more of anything than the bytes could say; reports survive writing."""
    try:
        packets = rtcp.parse(data)
    except ValueError:
        return
    assert len(packets) <= len(data) // 4
    for packet in packets:
        if isinstance(packet, RtcpRtpfbPacket):
            assert len(packet.lost) <= len(data) // 4 * 17
            assert all(0 <= number <= 0xFFFF + 16 for number in packet.lost)
            assert len(RtcpPacket.parse(rtcp.nack(1, 2, sorted(set(packet.lost))))) <= 2
        elif isinstance(packet, RtcpSrPacket | RtcpRrPacket):
            assert rtcp.parse(bytes(packet)) == [packet]


# STUN


def check(data: bytes) -> None:
    """An answer only to what is authentic to aioice too, if it can read it, and one that is; else None."""
    for signed in (
        data,
        shapes.signed("node:page", "p" * 22, data),
        shapes.signed("node:page", "q" * 22, data),
    ):
        found = stun.kind_of(signed)
        said = stun.answer(signed, ("192.0.2.7", 40_000), b"node:page", b"p" * 22)
        if said is None:
            continue
        try:
            asked = aioice.stun.parse_message(signed)
        except (ValueError, struct.error):  # it reads more of the attributes
            continue
        assert found == (stun.REQUEST, asked.transaction_id)
        assert asked.check_message_integrity(b"p" * 22)
        answer = aioice.stun.parse_message(said)
        assert answer.message_class == aioice.stun.Class.RESPONSE
        assert answer.transaction_id == asked.transaction_id
        assert answer.attributes["XOR-MAPPED-ADDRESS"] == ("192.0.2.7", 40_000)
        assert answer.check_message_integrity(b"p" * 22)


# one publisher, his listeners, and what both of them send


def stream(data: bytes) -> None:
    """Whatever a publisher and his listeners send, in any order and at any time, is forwarded or dropped.

    No listener ever gets two contents under one number (the wire of the support watches), none is a fault, nothing
    grows with what came, and every report can be written.
    """
    with hand_clock() as hand:
        estimate = Estimate()
        plugs = [make_plug(hand, kind) for kind in ("audio", "audio", "video")]
        jacks = [
            make_jack(hand),
            make_jack(hand, hidden=True),
            make_jack(hand, "video"),
            make_jack(hand, "video"),
        ]
        connect(plugs[0][0], jacks[0][0], jacks[1][0])
        connect(plugs[2][0], jacks[2][0], jacks[3][0])
        for kind, body in records(data):
            plug, jack = plugs[kind % len(plugs)][0], jacks[kind % len(jacks)][0]
            match kind >> 4:
                case 0 | 1 | 2 | 3:
                    with contextlib.suppress(ValueError):
                        packet = received(body, hand.time, 1)
                        if plug.kind == "audio":
                            estimate.arrived(packet.timestamp, hand.time)
                        plug.received(packet, repaired=kind >> 4 == 3)
                case 4 | 5:
                    jack.lost([number for (number,) in struct.iter_unpack(">H", body[: len(body) & ~1])])
                case 6:
                    jack.key_frame_requested()
                case 7 | 8 if len(body) >= 12:
                    ntp, timestamp = struct.unpack_from(">QI", body)
                    plug.sender_report(ntp, timestamp, hand.time)
                case 9 if len(body) >= 13:
                    fraction, jitter, lsr, dlsr = struct.unpack_from(">BIII", body)
                    jack.receiver_report(fraction, jitter, lsr, dlsr, hand.time)
                case 10 | 11 | 12:
                    hand.advance(int.from_bytes(body[:2], "big") / 1000)
                case 13 | 14:  # another source for the first listener, or silence
                    source = plugs[kind % 2][0] if kind >> 4 == 13 else None
                    for each, _ in plugs[:2]:
                        each.subscribers = tuple(
                            one for one in each.subscribers if one is not jacks[0][0]
                        ) + ((jacks[0][0],) if each is source else ())
                    jacks[0][0].switch(source)
                case _:
                    blocks = [p.reception.report(p.ssrc, hand.time, p.lost_behind) for p, _ in plugs]
                    octets = sum(p.reception.octets for p, _ in plugs)
                    granted = estimate.limit(hand.time, octets, plugs[0][0].reception.fraction, 1_200_000)
                    told = rtcp.receiver_report(1, blocks) + rtcp.remb(1, granted, [77])
                    assert len(rtcp.parse(told)) == 2
                    for each_jack, _ in jacks:
                        each_jack.report(hand.time)
        assert not any(plug.faults for plug, _ in plugs)
        for jack, wire in jacks:
            assert jack.packets <= len(wire.sent)
            assert len(wire.packets) == len(wire.sent)
        for plug, _ in plugs:
            plug.close()


# SDP


def offer(data: bytes) -> None:
    """A BadOffer, or an offer whose answer a browser reads: the same sections, nothing that was not offered."""
    text = data.decode("utf-8", "replace")
    for layout in LAYOUTS.values():
        try:
            found = parse_offer(text, layout)
        except BadOffer:
            continue
        jacks = {jack.name: JackSource(1000 + n, 2000 + n) for n, jack in enumerate(layout.jacks)}
        dtls = RTCDtlsParameters(fingerprints=CERTIFICATE.getFingerprints(), role="auto")
        answer = write_answer(found, jacks, RTCIceParameters("abcd", "p" * 22), dtls, [], "cname")
        session = SessionDescription.parse(answer)
        assert len(session.media) == len(found.sections) == len(layout.plugs) + len(layout.jacks)
        for section, media in zip(found.sections, session.media, strict=True):
            assert (media.rtp.muxId, media.kind) == (section.mid, section.kind)
            assert media.direction == ("recvonly" if section.plug else "sendonly")
            assert {codec.payloadType for codec in media.rtp.codecs} == set(media.fmt)
            assert all(0 <= number < 128 and not 64 <= number < 96 for number in media.fmt)
            assert all(0 < extension.id < 15 for extension in media.rtp.headerExtensions)
        assert len(answer.splitlines()) < 40 * len(found.sections) + 10
        ssrcs = [s for section in found.sections for s in (section.ssrc, section.rtx_ssrc) if s is not None]
        assert all(0 < ssrc < 2**32 for ssrc in ssrcs)
        assert len(set(ssrcs)) == len(ssrcs)


# messages


def page_message(data: bytes) -> None:
    """A BadMessage, or a command that is the same when written and read again."""
    text = data.decode("utf-8", "replace")
    try:
        command = messages.decode(text)
    except errors.BadMessage:
        return
    assert messages.decode(msgspec.json.encode(command).decode()) == command
    if isinstance(command, messages.Hello):
        for word in (command.page, command.tab, command.peer or command.page):
            assert re.fullmatch("[A-Za-z0-9_-]{8,64}", word)
    elif isinstance(command, messages.Devices):
        assert re.fullmatch("[a-z_]{1,40}", command.camera)
        assert re.fullmatch("[a-z_]{1,40}", command.microphone)
    elif isinstance(command, messages.Say):
        assert (
            messages.plain(command.text).isprintable() or "\n" in command.text or not command.text.isascii()
        )


def control_message(data: bytes) -> None:
    """A BadMessage, or a state whose names are safe in paths and whose patches are possible or refused."""
    with contextlib.suppress(BadMessage):
        assert re.fullmatch("[A-Za-z0-9_-]{1,64}", decode(data, SeatOffer).peer)
    try:
        desired = decode(data, Desired)
    except BadMessage:
        return
    assert decode(msgspec.json.encode(desired), Desired) == desired
    assert all(re.fullmatch("[A-Za-z0-9_-]{1,64}", seat) for seat in desired.seats)
    if desired.recording is not None:
        for name in (desired.recording.interview, desired.recording.directory):
            assert re.fullmatch("[A-Za-z0-9_-]{1,64}", name)
        assert 1 <= len(desired.recording.stem) <= 120
        assert not set("/\0") & set(desired.recording.stem)
    with contextlib.suppress(ValueError):
        desired.check()


# a whole connection, a whole exam day


def connection(data: bytes) -> None:
    """Nobody's datagrams end a connection (but the page's own authenticated ones its own) or pile up at the node."""
    thrown = [(kind % 7, body) for kind, body in itertools.islice(records(data), MOST_THROWN)]
    opened = LODGER.open()
    try:
        LODGER.run(opened.throw(thrown))
        if all(kind in UNAUTHENTICATED for kind, _ in thrown) or opened.connected:
            LODGER.run(opened.talk())
        grown = entries(opened.conference) - opened.before
        assert grown < MOST_ENTRIES, f"{grown} entries more than at the beginning"
        if not opened.connected:
            LODGER.leave()
    except BaseException:
        LODGER.leave()
        raise


def commands(data: bytes) -> None:
    """Lines of a seat, a blank and a message: whatever seats say in whatever order, only an ExamError is an answer."""
    lines = [line.partition(b" ") for line in data.split(b"\n")[:MOST_COMMANDS]]
    asyncio.run(schoolday.work_through([(seat.decode("utf-8", "replace"), text) for seat, _, text in lines]))


# files


def timing_file(data: bytes) -> None:
    """Whatever is left of a timing file or a side file is read as far as it is whole."""
    header, rows = timing.read(data)
    assert data.startswith(header)
    body = data[len(header) + 1 :]
    assert [timing.RECORD.unpack(bytes(row)) for row in rows] == list(
        timing.RECORD.iter_unpack(body[: len(rows) * timing.RECORD.size])
    )
    header, late = timing.read_late(data)
    written = [timing.late_record(row, payload) for row, payload in late]
    assert sum(map(len, written)) <= len(body)
    at = 0
    for (row, payload), again in zip(late, written, strict=True):
        assert timing.RECORD.unpack_from(body, at) == tuple(row)
        assert body[at + len(again) - len(payload) : at + len(again)] == payload
        at += len(again)


def clusters(data: bytes) -> None:
    """The end of what is whole lies within, or a ValueError; more data never makes it less."""
    assert 0 <= header_size(data) <= len(data)
    with contextlib.suppress(ValueError, IndexError):
        value, end = vint(data, 0, keep_marker=False)
        assert value >= -1
        assert 0 < end <= len(data)
    try:
        end = whole_clusters(data, 0)
    except ValueError:
        return
    assert 0 <= end <= len(data)
    assert whole_clusters(data[:end], 0) == end


# what each is fed


def _kept(name: str) -> st.SearchStrategy[bytes]:
    """The corpus, chosen by number: what is chosen from would be written out in every message."""
    found = seeds(name)
    return st.integers(0, len(found) - 1).map(lambda number: found[number])


def _inputs(name: str, whole: st.SearchStrategy[bytes]) -> st.SearchStrategy[bytes]:
    return st.one_of(hostile(whole), bent(_kept(name)))


_stream_packets = shapes.rtp_packets(shapes.VP8)
_near = st.tuples(st.integers(0, 40), st.sampled_from([0, 0, 0, 0x7FF0, 0xFFF0])).map(
    lambda t: (t[0] + t[1]) & 0xFFFF
)
_numbered = st.tuples(_stream_packets, _near).map(lambda t: t[0][:2] + t[1].to_bytes(2, "big") + t[0][4:])
_stream = joined(
    st.one_of(
        st.tuples(st.integers(0, 0x3F), st.one_of(_numbered, _numbered, hostile(_stream_packets))).map(
            lambda t: record(*t)
        ),
        st.tuples(
            st.integers(0x40, 0xFF), st.one_of(st.binary(max_size=16), st.binary(min_size=12, max_size=80))
        ).map(lambda t: record(*t)),
    ),
    60,
)
_runs = st.lists(st.tuples(shapes.u16, st.integers(1, 30)), max_size=20).map(
    lambda runs: b"".join(
        ((first + n) & 0xFFFF).to_bytes(2, "big") for first, count in runs for n in range(count)
    )
)
_page = shapes.json_of(shapes.page_messages())
_control = shapes.json_of(shapes.control_messages())
_files = st.one_of(shapes.TIMING_FILES, shapes.LATE_FILES)
_known = st.sampled_from(SSRC_NAMES)
_ssrcs = st.one_of(_known.map(lambda name: int.from_bytes(name, "big")), shapes.u32)
_sent = st.tuples(shapes.rtp_packets(shapes.VP8), _known).map(lambda t: t[0][:8] + t[1] + t[0][12:])
_attributes = joined(shapes.STUN_ATTRIBUTES, 5)
_thrown = joined(
    st.one_of(
        st.tuples(
            st.sampled_from([hall.STRANGER, hall.OWN]),
            hostile(
                st.one_of(
                    shapes.STUN_MESSAGES, shapes.DTLS_RECORDS, shapes.rtp_packets(), shapes.rtcp_packets()
                )
            ),
        ).map(lambda t: record(*t)),
        recorded(hall.RTP, hostile(_sent)),
        recorded(hall.RTCP, hostile(joined(shapes.rtcp_packets(_ssrcs), 4))),
        recorded(hall.STRANGER_SIGNED, _attributes),
        recorded(hall.OWN_SIGNED, _attributes),
        recorded(hall.MISSIGNED, _attributes),
    )
)
_commands = st.lists(
    st.tuples(st.sampled_from([name.encode() for name in schoolday.SEATS]), st.one_of(_page, _page, _page)),
    max_size=30,
).map(lambda said: b"\n".join(b" ".join(line) for line in said))

TARGETS = {
    target.name: target
    for target in (
        Target("rtp", rtp, _inputs("rtp", shapes.rtp_packets(shapes.VP8)), 100),
        Target("sequence", sequence, _inputs("sequence", _runs), 60),
        Target("vp8", vp8, _inputs("vp8", shapes.VP8), 100),
        Target("rtcp", compound, _inputs("rtcp", joined(shapes.rtcp_packets(), 6)), 100),
        Target("stream", stream, _inputs("stream", _stream), 40),
        Target("sdp", offer, st.one_of(shapes.OFFER_TEXTS, bent(_kept("sdp"))), 50),
        Target("message", page_message, _inputs("message", _page), 120),
        Target("control", control_message, _inputs("control", _control), 100),
        Target("timing", timing_file, _inputs("timing", _files), 50),
        Target("stun", check, _inputs("stun", st.one_of(_attributes, shapes.STUN_MESSAGES)), 100),
        Target("connection", connection, _inputs("connection", _thrown), 20),
        Target("commands", commands, _inputs("commands", _commands), 8),
        Target("clusters", clusters, _inputs("clusters", joined(shapes.EBML, 8)), 80),
    )
}
