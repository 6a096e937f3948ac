"""The one negotiation of a connection: the browser offers its seat's layout, the node answers.

The answer is Opus and VP8 only, chosen here rather than trimmed from a library's list; header extensions are
abs-send-time and audio level alone (a MID or video-orientation of one publisher must never reach a subscriber).
"""

import ipaddress
import itertools
import re
import time
from dataclasses import dataclass

from aiortc import RTCRtpCodecParameters
from aiortc.rtcdtlstransport import RTCDtlsParameters
from aiortc.rtcicetransport import RTCIceCandidate, RTCIceParameters
from aiortc.sdp import MediaDescription, SessionDescription, candidate_to_sdp

from .layout import Layout
from .rtp import URI_ABS_SEND_TIME, URI_AUDIO_LEVEL

MAX_OFFER = 60_000  # characters
MAX_LINES = 250  # of one section (Chromium: 166); reading takes the square of it
OPUS_PARAMETERS = "minptime=10;useinbandfec=1;usedtx=0;maxaveragebitrate=48000"
VIDEO_FEEDBACK = ("goog-remb", "ccm fir", "nack", "nack pli")

_UFRAG = re.compile("[A-Za-z0-9+/]{4,256}")  # RFC 8839, 5.4
_PASSWORD = re.compile("[A-Za-z0-9+/]{22,256}")


class BadOffer(ValueError):
    """The offer is not one that this seat's page makes; the text says what is wrong."""


@dataclass(frozen=True, slots=True)
class Section:
    """One media section of the offer as the node uses it. `ssrc` and `rtx_ssrc` are set for plugs only."""

    name: str
    kind: str
    mid: str
    plug: bool
    payload_type: int
    rtx_payload_type: int | None
    ssrc: int | None
    rtx_ssrc: int | None
    send_time_id: int
    level_id: int
    feedback: tuple[str, ...]
    person: str


@dataclass(frozen=True, slots=True)
class Offer:
    sections: tuple[Section, ...]
    ice: RTCIceParameters
    dtls: RTCDtlsParameters


@dataclass(frozen=True, slots=True)
class JackSource:
    """What the answer announces for a jack: the SSRCs it will send with."""

    ssrc: int
    rtx_ssrc: int


def parse_offer(text: str, layout: Layout) -> Offer:
    """Read a browser's offer and check it against the layout of its seat.

    BadOffer if it is too large, malformed, not bundled, or its sections are not the layout's plugs (sendonly)
    followed by its jacks (recvonly). A hidden seat therefore cannot even negotiate a microphone.
    """
    expected = len(layout.plugs) + len(layout.jacks)
    if len(text) > MAX_OFFER:
        raise BadOffer(f"the offer has {len(text)} characters, at most {MAX_OFFER} are read")
    # Candidates are not needed (the browser is found by its own checks), and .local names block for seconds.
    lines = [line for line in text.splitlines() if not line.startswith(("a=candidate", "a=end-of-cand"))]
    starts = [index for index, line in enumerate(lines) if line.startswith("m=")]
    if len(starts) != expected:
        raise BadOffer(f"the offer has {len(starts)} media sections, this seat has {expected}")
    if any(end - start > MAX_LINES for start, end in itertools.pairwise([0, *starts, len(lines)])):
        raise BadOffer(f"a section has more than {MAX_LINES} lines")
    try:
        session = SessionDescription.parse("\r\n".join(lines) + "\r\n")
    except Exception as error:  # the parser raises whatever its slices and asserts raise
        raise BadOffer(f"the offer cannot be read: {type(error).__name__}") from error
    mids = [media.rtp.muxId for media in session.media]
    bundle = next((group for group in session.group if group.semantic == "BUNDLE"), None)
    if bundle is None or set(bundle.items) != set(mids) or len(set(mids)) != len(mids) or not all(mids):
        raise BadOffer("all media sections must be in one BUNDLE group")
    first = session.media[0]
    if first.dtls is None or not first.dtls.fingerprints:
        raise BadOffer("the offer has no DTLS fingerprint")
    if first.dtls.role == "server":
        raise BadOffer("the offer must let the node choose the DTLS role")
    ice = first.ice
    if ice is None or not _credentials(ice):
        raise BadOffer("the offer has no ICE credentials")
    sections: list[Section] = []
    for index, media in enumerate(session.media):
        if index < len(layout.plugs):
            plug = layout.plugs[index]
            sections.append(_section(media, plug.name, plug.kind, True, ""))
        else:
            jack = layout.jacks[index - len(layout.plugs)]
            sections.append(_section(media, jack.name, jack.kind, False, jack.person))
    ssrcs = [s for section in sections for s in (section.ssrc, section.rtx_ssrc) if s is not None]
    if len(set(ssrcs)) != len(ssrcs):
        raise BadOffer("the offer names one SSRC twice")
    return Offer(tuple(sections), ice, first.dtls)


def _credentials(ice: RTCIceParameters) -> bool:
    return bool(_UFRAG.fullmatch(ice.usernameFragment or "") and _PASSWORD.fullmatch(ice.password or ""))


def _section(media: MediaDescription, name: str, kind: str, plug: bool, person: str) -> Section:
    wanted = "sendonly" if plug else "recvonly"
    if media.kind != kind or media.direction != wanted:
        raise BadOffer(f"section {name} must be {wanted} {kind}, not {media.direction} {media.kind}")
    if not media.rtcp_mux:
        raise BadOffer(f"section {name} must use rtcp-mux")
    codec = _codec(media, "audio/opus" if kind == "audio" else "video/vp8")
    if codec is None or codec.payloadType is None:
        raise BadOffer(f"section {name} offers no {'Opus' if kind == 'audio' else 'VP8'}")
    if not _possible(codec.payloadType):
        raise BadOffer(f"section {name} names an impossible payload type")
    rtx = next(
        (
            c
            for c in media.rtp.codecs
            if c.name.lower() == "rtx"
            and c.parameters.get("apt") == codec.payloadType
            and _possible(c.payloadType)
            and c.payloadType != codec.payloadType
        ),
        None,
    )
    ssrc = rtx_ssrc = None
    if plug:
        if not media.ssrc:
            raise BadOffer(f"section {name} names no SSRC")
        ssrc = media.ssrc[0].ssrc
        for group in media.ssrc_group:
            if group.semantic == "FID" and len(group.items) == 2:
                ssrc, rtx_ssrc = int(group.items[0]), int(group.items[1])
                break
        if not all(0 < value < 2**32 for value in (ssrc, rtx_ssrc) if value is not None):
            raise BadOffer(f"section {name} names an impossible SSRC")
    extensions = {e.uri: e.id for e in media.rtp.headerExtensions if 0 < e.id < 15}
    offered = {f"{f.type} {f.parameter}".strip() if f.parameter else f.type for f in codec.rtcpFeedback}
    return Section(
        name=name,
        kind=kind,
        mid=media.rtp.muxId,
        plug=plug,
        payload_type=codec.payloadType,
        rtx_payload_type=rtx.payloadType if rtx and (rtx_ssrc is not None or not plug) else None,
        ssrc=ssrc,
        rtx_ssrc=rtx_ssrc if rtx else None,
        send_time_id=extensions.get(URI_ABS_SEND_TIME, 0),
        level_id=extensions.get(URI_AUDIO_LEVEL, 0) if kind == "audio" else 0,
        feedback=tuple(f for f in VIDEO_FEEDBACK if f in offered) if kind == "video" else (),
        person=person,
    )


def _possible(payload_type: int | None) -> bool:
    """Whether it fits beside the marker bit and is not taken for RTCP (RFC 5761, 4)."""
    return payload_type is not None and 0 <= payload_type < 128 and not 64 <= payload_type < 96


def _codec(media: MediaDescription, mime: str) -> RTCRtpCodecParameters | None:
    return next((codec for codec in media.rtp.codecs if codec.mimeType.lower() == mime), None)


def write_answer(
    offer: Offer,
    jacks: dict[str, JackSource],
    ice: RTCIceParameters,
    dtls: RTCDtlsParameters,
    candidates: list[RTCIceCandidate],
    cname: str,
) -> str:
    """The answer to an offer: every section accepted, candidates complete, one stream id per person."""
    origin = int(time.time())
    lines = [
        "v=0",
        f"o=- {origin} 1 IN IP4 0.0.0.0",
        "s=-",
        "t=0 0",
        "a=group:BUNDLE " + " ".join(section.mid for section in offer.sections),
        "a=msid-semantic: WMS *",
    ]
    for section in offer.sections:
        lines += _answer_section(section, jacks.get(section.name) if not section.plug else None, cname)
        lines += [f"a=candidate:{candidate_to_sdp(candidate)}" for candidate in candidates]
        lines += ["a=end-of-candidates", f"a=ice-ufrag:{ice.usernameFragment}", f"a=ice-pwd:{ice.password}"]
        lines += [
            f"a=fingerprint:{f.algorithm} {f.value}" for f in dtls.fingerprints if f.algorithm == "sha-256"
        ]
        lines.append("a=setup:passive")
    return "\r\n".join(lines) + "\r\n"


def _answer_section(section: Section, source: JackSource | None, cname: str) -> list[str]:
    types = [section.payload_type]
    if section.rtx_payload_type is not None:
        types.append(section.rtx_payload_type)
    lines = [
        f"m={section.kind} 9 UDP/TLS/RTP/SAVPF {' '.join(map(str, types))}",
        "c=IN IP4 0.0.0.0",
        "a=rtcp:9 IN IP4 0.0.0.0",
        "a=rtcp-mux",
        "a=rtcp-rsize",
        f"a=mid:{section.mid}",
        "a=recvonly" if section.plug else "a=sendonly",
    ]
    if section.send_time_id:
        lines.append(f"a=extmap:{section.send_time_id} {URI_ABS_SEND_TIME}")
    if section.level_id:
        lines.append(f"a=extmap:{section.level_id} {URI_AUDIO_LEVEL}")
    if section.kind == "audio":
        lines += [
            f"a=rtpmap:{section.payload_type} opus/48000/2",
            f"a=rtcp-fb:{section.payload_type} nack",  # not offered, but Chromium then asks for lost voice again
            f"a=fmtp:{section.payload_type} {OPUS_PARAMETERS}",
        ]
    else:
        lines.append(f"a=rtpmap:{section.payload_type} VP8/90000")
        lines += [f"a=rtcp-fb:{section.payload_type} {feedback}" for feedback in section.feedback]
        if section.rtx_payload_type is not None:
            lines += [
                f"a=rtpmap:{section.rtx_payload_type} rtx/90000",
                f"a=fmtp:{section.rtx_payload_type} apt={section.payload_type}",
            ]
    if source is not None:
        lines.append(f"a=msid:{section.person} {section.name}")
        if section.rtx_payload_type is not None:
            lines.append(f"a=ssrc-group:FID {source.ssrc} {source.rtx_ssrc}")
        lines.append(f"a=ssrc:{source.ssrc} cname:{cname}")
        if section.rtx_payload_type is not None:
            lines.append(f"a=ssrc:{source.rtx_ssrc} cname:{cname}")
    return lines


def candidates_for(gathered: list[RTCIceCandidate], announce: str | None) -> list[RTCIceCandidate]:
    """The candidates to announce: behind NAT each host candidate's port under the announced address comes first."""
    if announce is None:
        return gathered
    version = ipaddress.ip_address(announce).version
    mapped = [
        RTCIceCandidate(
            component=c.component,
            foundation=f"a{c.foundation}",
            ip=announce,
            port=c.port,
            priority=c.priority,
            protocol=c.protocol,
            type=c.type,
        )
        for c in gathered
        if c.type == "host" and ipaddress.ip_address(c.ip).version == version
    ]
    return mapped + [c for c in gathered if c.ip != announce]
