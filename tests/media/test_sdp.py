import itertools
import random
import re
import time
from pathlib import Path

import pytest
from aiortc import RTCCertificate
from aiortc.rtcdtlstransport import RTCDtlsParameters
from aiortc.rtcicetransport import RTCIceCandidate, RTCIceParameters
from aiortc.sdp import MediaDescription, SessionDescription
from hypothesis import given
from hypothesis import strategies as st

from media.layout import LAYOUTS, SeatKind
from media.rtp import URI_ABS_SEND_TIME, URI_AUDIO_LEVEL
from media.sdp import MAX_OFFER, BadOffer, JackSource, Offer, candidates_for, parse_offer, write_answer
from tests.media.support import OFFERS, chromium_offer

FILES = sorted(OFFERS.glob("*.sdp"))  # <seat>-<browser>.sdp, as the browser made them
ICE = RTCIceParameters(usernameFragment="node", password="p" * 22)
DTLS = RTCDtlsParameters(fingerprints=RTCCertificate.generateCertificate().getFingerprints())
HOST = RTCIceCandidate(1, "f", "192.0.2.1", 40000, 1, "udp", "host")
PARTICIPANT = chromium_offer(SeatKind.PARTICIPANT)


def seat(file: Path) -> SeatKind:
    return SeatKind(file.stem.partition("-")[0])


def answer(offer: Offer) -> str:
    numbers = itertools.count(1001)
    sources = {s.name: JackSource(next(numbers), next(numbers)) for s in offer.sections if not s.plug}
    return write_answer(offer, sources, ICE, DTLS, [HOST], "cname")


def sections(text: str) -> list[str]:
    return re.split(r"(?m)^(?=m=)", text)[1:]


# offers of real browsers


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_real_offer_is_read(file: Path) -> None:
    layout = LAYOUTS[seat(file)]
    offer = parse_offer(file.read_text(), layout)
    names = [plug.name for plug in layout.plugs] + [jack.name for jack in layout.jacks]
    assert [section.name for section in offer.sections] == names
    for section in offer.sections:
        assert (section.ssrc is not None) == section.plug
        assert section.send_time_id or section.kind == "audio"
        assert bool(section.level_id) == (section.kind == "audio")
        if section.kind == "video":
            assert section.rtx_payload_type is not None
            assert (section.rtx_ssrc is not None) == section.plug
            assert {"goog-remb", "nack", "nack pli"} <= set(section.feedback)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_the_answer_fits_the_offer(file: Path) -> None:
    layout = LAYOUTS[seat(file)]
    offer = parse_offer(file.read_text(), layout)
    text = answer(offer)
    read = SessionDescription.parse(text)
    offered = SessionDescription.parse(file.read_text())
    assert [m.rtp.muxId for m in read.media] == [m.rtp.muxId for m in offered.media]
    assert read.group[0].items == [m.rtp.muxId for m in offered.media]
    for ours, theirs, section in zip(read.media, offered.media, offer.sections, strict=True):
        assert (ours.kind, ours.port) == (theirs.kind, 9)
        assert ours.direction == ("recvonly" if section.plug else "sendonly")
        assert ours.rtcp_mux
        assert ours.dtls is not None
        assert ours.dtls.role == "server"
        assert {f.algorithm for f in ours.dtls.fingerprints} == {"sha-256"}
        assert ours.ice == ICE
        assert [c.ip for c in ours.ice_candidates] == ["192.0.2.1"]
        assert ours.ice_candidates_complete
        their_types = {c.payloadType: c.mimeType.lower() for c in theirs.rtp.codecs}
        assert all(their_types[c.payloadType] == c.mimeType.lower() for c in ours.rtp.codecs)
        their_ids = {e.uri: e.id for e in theirs.rtp.headerExtensions}
        assert all(their_ids[e.uri] == e.id for e in ours.rtp.headerExtensions)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_lost_voice_may_be_asked_for_again(file: Path) -> None:
    for media in SessionDescription.parse(answer(parse_offer(file.read_text(), LAYOUTS[seat(file)]))).media:
        if media.kind == "audio":
            assert [f.type for f in media.rtp.codecs[0].rtcpFeedback] == ["nack"]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_the_answer_takes_opus_and_vp8_alone(file: Path) -> None:
    for media in SessionDescription.parse(answer(parse_offer(file.read_text(), LAYOUTS[seat(file)]))).media:
        names = [c.name.lower() for c in media.rtp.codecs]
        assert names == (["opus"] if media.kind == "audio" else ["vp8", "rtx"])
        if media.kind == "audio":
            assert media.rtp.codecs[0].parameters == {
                "minptime": 10,
                "useinbandfec": 1,
                "usedtx": "0",
                "maxaveragebitrate": "48000",
            }
        else:
            assert media.rtp.codecs[1].parameters == {"apt": media.rtp.codecs[0].payloadType}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_nothing_that_tells_of_the_publisher_is_negotiated(file: Path) -> None:
    text = answer(parse_offer(file.read_text(), LAYOUTS[seat(file)]))
    used = set(re.findall(r"a=extmap:\d+ (\S+)", text))
    assert used == {URI_ABS_SEND_TIME, URI_AUDIO_LEVEL}
    for forbidden in (
        "sdes:mid",
        "video-orientation",
        "transport-cc",
        "transport-wide-cc",
        "rid",
        "simulcast",
    ):
        assert forbidden not in text


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_voice_and_camera_of_a_person_share_a_stream_and_nobody_elses(file: Path) -> None:
    layout = LAYOUTS[seat(file)]
    text = answer(parse_offer(file.read_text(), layout))
    streams = re.findall(r"a=msid:(\S+) (\S+)", text)
    assert streams == [(jack.person, jack.name) for jack in layout.jacks]
    for section in sections(text)[: len(layout.plugs)]:
        assert "msid" not in section
        assert "a=ssrc" not in section
    named = re.findall(r"a=ssrc:(\d+)", text)
    assert len(named) == len(set(named))


def test_the_browser_may_choose_the_dtls_role() -> None:
    offer = parse_offer(PARTICIPANT.replace("setup:actpass", "setup:active"), LAYOUTS[SeatKind.PARTICIPANT])
    assert "a=setup:passive" in answer(offer)
    assert "a=setup:active" not in answer(offer)


def test_without_rtx_and_extensions_the_answer_has_none() -> None:
    lines = [
        line
        for line in PARTICIPANT.splitlines()
        if not re.search("extmap|apt=|rtx|FID", line) and not (line.startswith("a=ssrc:") and "audio" in line)
    ]
    offer = parse_offer("\r\n".join(lines), LAYOUTS[SeatKind.PARTICIPANT])
    assert all(s.rtx_payload_type is None and s.rtx_ssrc is None for s in offer.sections)
    text = answer(offer)
    assert "extmap" not in text
    assert "rtx" not in text
    assert "FID" not in text


# seats


@pytest.mark.parametrize("kind", [SeatKind.EXPERT, SeatKind.OBSERVER])
@pytest.mark.parametrize("direction", ["sendonly", "sendrecv"])
def test_a_hidden_seat_cannot_even_offer_a_microphone(kind: SeatKind, direction: str) -> None:
    own = chromium_offer(SeatKind.EXPERT)
    with pytest.raises(BadOffer):
        parse_offer(own.replace("a=recvonly", f"a={direction}", 1), LAYOUTS[kind])
    with pytest.raises(BadOffer):
        parse_offer(PARTICIPANT, LAYOUTS[kind])
    microphone = sections(PARTICIPANT)[0].replace("a=mid:0", "a=mid:more")
    with pytest.raises(BadOffer):
        parse_offer(own.replace("a=group:BUNDLE", "a=group:BUNDLE more") + microphone, LAYOUTS[kind])


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_an_offer_fits_no_seat_with_another_layout(file: Path) -> None:
    for kind in SeatKind:
        if LAYOUTS[kind] != LAYOUTS[seat(file)] and kind != SeatKind.RECORDER:
            if not LAYOUTS[kind].plugs and not LAYOUTS[seat(file)].plugs:
                continue
            with pytest.raises(BadOffer):
                parse_offer(file.read_text(), LAYOUTS[kind])


# hostile offers


def replaced(old: str, new: str, count: int = -1) -> str:
    assert old in PARTICIPANT
    return PARTICIPANT.replace(old, new, count)


SSRC = next(iter(re.findall(r"a=ssrc:(\d+)", PARTICIPANT)))
CAMERA = next(iter(re.findall(r"FID (\d+)", PARTICIPANT)))
UFRAG = next(iter(re.findall(r"a=ice-ufrag:(\S+)", PARTICIPANT)))
PASSWORD = next(iter(re.findall(r"a=ice-pwd:(\S+)", PARTICIPANT)))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "v=0",
        "m=audio 9 UDP/TLS/RTP/SAVPF 111",
        "\x00" * 1000,
        PARTICIPANT + "a=x\r\n" * MAX_OFFER,
        replaced("a=group:BUNDLE 0 1 2 3 4 5 6", "a=group:BUNDLE 0 1 2 3 4 5"),
        replaced("a=group:BUNDLE", "a=group:LS"),
        replaced("a=mid:1", "a=mid:0"),
        replaced("a=rtcp-mux\n", "", 1),
        replaced("a=sendonly", "a=recvonly", 1),
        replaced("a=sendonly", "a=inactive", 1),
        replaced("a=recvonly", "a=sendrecv", 1),
        replaced("a=setup:actpass", "a=setup:passive"),
        replaced("a=setup:actpass", "a=setup:holdconn"),
        re.sub("a=fingerprint:.*\n", "", PARTICIPANT),
        re.sub("a=ice-ufrag:.*\n", "", PARTICIPANT),
        re.sub("a=ice-pwd:.*\n", "", PARTICIPANT),
        replaced(f"a=ice-ufrag:{UFRAG}", "a=ice-ufrag:" + "x" * 257),
        replaced(f"a=ice-ufrag:{UFRAG}", "a=ice-ufrag:кто\x01"),
        replaced(f"a=ice-pwd:{PASSWORD}", "a=ice-pwd:short"),
        replaced("VP8/90000", "VP7/90000"),
        replaced("opus/48000", "sopu/48000"),
        re.sub("a=ssrc:.*\n", "", PARTICIPANT),
        replaced(SSRC, "0"),
        replaced(SSRC, "4294967296"),
        replaced(SSRC, "-1"),
        replaced(SSRC, "9" * 5000),
        replaced(CAMERA, SSRC),
        replaced(":111 ", ":300 "),
        replaced(":111 ", ":200 "),
        replaced(":111 ", ":72 "),
        replaced(":111 ", ":-1 "),
    ],
)
def test_what_is_not_this_seats_offer_is_refused(text: str) -> None:
    with pytest.raises(BadOffer):
        parse_offer(text, LAYOUTS[SeatKind.PARTICIPANT])


@pytest.mark.parametrize("payload_type", [300, 200, 72, 96, -1])
def test_an_impossible_retransmission_is_not_negotiated(payload_type: int) -> None:
    text = replaced("a=rtpmap:97 rtx", f"a=rtpmap:{payload_type} rtx").replace(
        "a=fmtp:97 ", f"a=fmtp:{payload_type} "
    )
    try:
        offer = parse_offer(text, LAYOUTS[SeatKind.PARTICIPANT])
    except BadOffer:
        return
    assert all(s.rtx_payload_type is None for s in offer.sections)


def test_mdns_and_other_candidates_are_not_even_looked_at() -> None:
    candidate = "a=candidate:1 1 udp 2113937151 4d2f9a34.local 51000 typ host\na=candidate:broken\na=mid:0"
    parse_offer(replaced("a=mid:0", candidate, 1), LAYOUTS[SeatKind.PARTICIPANT])


@pytest.mark.parametrize(
    "line",
    [
        "a=rtpmap:0 a/1",
        "a=rtcp-fb:* x",
        "a=ssrc:{n} a:",
        "a=fmtp:111 x",
        "a=extmap:1 x",
        "a=x",
        "a=group:x y",
        "m=x 1 A x",
    ],
)
def test_an_offer_made_to_be_slow_is_refused_quickly(line: str) -> None:
    start = time.process_time()
    half = ("m=audio 9 UDP/TLS/RTP/SAVPF 0\n" + "a=rtpmap:0 a/1\n" * 125 + f"{line}\n" * 124) * 7
    full = "m=audio 9 UDP/TLS/RTP/SAVPF 0\n" * 6
    full += "m=audio 9 UDP/TLS/RTP/SAVPF 0\n" + "a=rtpmap:0 a/1\n" * 1900 + f"{line}\n" * 5000
    many = f"{line}\n" * 60_000
    for text in (half, full, many):
        with pytest.raises(BadOffer):
            parse_offer(text[:MAX_OFFER], LAYOUTS[SeatKind.PARTICIPANT])
    assert time.process_time() - start < 1.5


LINES = [file.read_text().splitlines() for file in FILES]
HOSTILE = st.one_of(
    st.text(max_size=30),
    st.sampled_from(
        ["", "0", "-1", "4294967296", "é", "\u2028m=audio 9 A 0", "a=mid:", "9" * 5000, "a=ssrc-group:FID"]
    ),
)


@st.composite
def mutations(draw: st.DrawFn) -> tuple[str, SeatKind]:
    """A real offer with a few of its lines lost, doubled, moved, cut or rewritten."""
    lines = list(draw(st.sampled_from(LINES)))
    for _ in range(draw(st.integers(1, 6))):
        index = draw(st.integers(0, len(lines) - 1))
        match draw(st.integers(0, 6)):
            case 0:
                del lines[index]
            case 1:
                lines.insert(index, lines[draw(st.integers(0, len(lines) - 1))])
            case 2:
                lines[index] = lines[index][: draw(st.integers(0, len(lines[index])))]
            case 3:
                lines[index] = draw(HOSTILE)
            case 4:
                head, colon, _ = lines[index].partition(":")
                lines[index] = head + colon + draw(HOSTILE)
            case 5:
                words = lines[index].split(" ")
                words[draw(st.integers(0, len(words) - 1))] = draw(HOSTILE)
                lines[index] = " ".join(words)
            case _:
                other = draw(st.integers(0, len(lines) - 1))
                lines[index], lines[other] = lines[other], lines[index]
        if not lines:
            break
    return "\r\n".join(lines), draw(
        st.sampled_from([SeatKind.PARTICIPANT, SeatKind.EXAMINER, SeatKind.EXPERT])
    )


def check_answer(offer: Offer) -> None:
    """Whatever was accepted has an answer that a library reads, and headers that can be written."""
    read = SessionDescription.parse(answer(offer))
    assert len(read.media) == len(offer.sections)
    assert all(isinstance(m, MediaDescription) for m in read.media)
    for s in offer.sections:
        assert 0 <= s.payload_type < 128
        assert s.rtx_payload_type is None or 0 <= s.rtx_payload_type < 128
        assert 0 <= s.send_time_id < 15
        assert 0 <= s.level_id < 15
        assert s.ssrc is None or 0 < s.ssrc < 2**32


@given(mutations())
def test_a_mutated_offer_is_answered_or_a_bad_offer(case: tuple[str, SeatKind]) -> None:
    text, kind = case
    try:
        offer = parse_offer(text, LAYOUTS[kind])
    except BadOffer:
        return
    check_answer(offer)


@given(st.text(max_size=300), st.sampled_from(list(SeatKind)))
def test_any_text_is_a_bad_offer(text: str, kind: SeatKind) -> None:
    with pytest.raises(BadOffer):
        parse_offer(text, LAYOUTS[kind])


def test_shuffled_lines_never_raise_anything_else() -> None:
    chance = random.Random(7)
    for _ in range(30):
        lines = list(chance.choice(LINES))
        chance.shuffle(lines)
        with pytest.raises(BadOffer):
            parse_offer("\n".join(lines), LAYOUTS[SeatKind.PARTICIPANT])


# candidates


def test_behind_nat_the_announced_address_comes_first_with_the_same_port() -> None:
    six = RTCIceCandidate(1, "g", "2001:db8::1", 40001, 1, "udp", "host")
    found = candidates_for([HOST, six], "203.0.113.5")
    assert [(c.ip, c.port) for c in found] == [
        ("203.0.113.5", 40000),
        ("192.0.2.1", 40000),
        ("2001:db8::1", 40001),
    ]
    assert len({c.foundation for c in found}) == 3
    assert candidates_for([HOST, six], None) == [HOST, six]


def test_an_announced_address_of_the_machine_is_named_once() -> None:
    assert [c.ip for c in candidates_for([HOST], "192.0.2.1")] == ["192.0.2.1"]
