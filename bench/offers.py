"""The SDP of the load: what Chromium offers, without all that no server here chooses."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bench.endpoint import Endpoint
from bench.load import LEVEL_ID, SEND_TIME_ID
from media.rtp import URI_ABS_SEND_TIME, URI_AUDIO_LEVEL

FEEDBACK = ("goog-remb", "ccm fir", "nack", "nack pli")


@dataclass(frozen=True, slots=True)
class Section:
    """A media section of ours. What is sent has an SSRC, and for video one of retransmissions after it."""

    kind: str
    ssrc: int | None = None


@dataclass(slots=True)
class TheirSection:
    mid: str
    kind: str
    lines: list[str]
    ssrcs: list[int]


@dataclass(slots=True)
class Description:
    """What the other end says of itself."""

    ufrag: str
    password: str
    address: tuple[str, int]
    sections: list[TheirSection]
    passive: bool
    """It is the server of the DTLS handshake."""


def _head(mids: Sequence[str]) -> list[str]:
    return [
        "v=0",
        "o=- 1 1 IN IP4 127.0.0.1",
        "s=-",
        "t=0 0",
        f"a=group:BUNDLE {' '.join(mids)}",
        "a=msid-semantic: WMS bench",
    ]


def _transport(endpoint: Endpoint, fingerprint: str, setup: str) -> list[str]:
    host, port = endpoint.address
    return [
        f"c=IN IP4 {host}",
        f"a=ice-ufrag:{endpoint.ufrag}",
        f"a=ice-pwd:{endpoint.password}",
        f"a=fingerprint:sha-256 {fingerprint}",
        f"a=setup:{setup}",
        "a=rtcp-mux",
        f"a=candidate:1 1 udp 2122260223 {host} {port} typ host",
        "a=end-of-candidates",
    ]


def _codec(kind: str) -> list[str]:
    lines = [f"a=extmap:{SEND_TIME_ID} {URI_ABS_SEND_TIME}"]
    if kind == "audio":
        lines.append(f"a=extmap:{LEVEL_ID} {URI_AUDIO_LEVEL}")
        return [*lines, "a=rtpmap:111 opus/48000/2", "a=fmtp:111 minptime=10;useinbandfec=1"]
    lines.append("a=rtpmap:96 VP8/90000")
    lines += [f"a=rtcp-fb:96 {feedback}" for feedback in FEEDBACK]
    return [*lines, "a=rtpmap:97 rtx/90000", "a=fmtp:97 apt=96"]


def offer(endpoint: Endpoint, fingerprint: str, sections: Sequence[Section]) -> str:
    """One offer of all sections: those with an SSRC send, the others receive."""
    lines = _head([str(n) for n in range(len(sections))])
    for n, section in enumerate(sections):
        types = "111" if section.kind == "audio" else "96 97"
        lines += [f"m={section.kind} 9 UDP/TLS/RTP/SAVPF {types}", f"a=mid:{n}"]
        lines += _transport(endpoint, fingerprint, "actpass") + _codec(section.kind)
        if section.ssrc is None:
            lines.append("a=recvonly")
            continue
        lines += ["a=sendonly", f"a=msid:bench {section.kind}{n}"]
        repair = [section.ssrc + 1] if section.kind == "video" else []
        if repair:
            lines.append(f"a=ssrc-group:FID {section.ssrc} {repair[0]}")
        lines += [f"a=ssrc:{ssrc} cname:bench" for ssrc in [section.ssrc, *repair]]
    return "\r\n".join(lines) + "\r\n"


def answer(endpoint: Endpoint, fingerprint: str, theirs: Description) -> str:
    """The answer to an offer that only sends, with the offer's payload types."""
    lines = _head([section.mid for section in theirs.sections])
    for section in theirs.sections:
        lines += [section.lines[0], f"a=mid:{section.mid}", "a=recvonly"]
        lines += _transport(endpoint, fingerprint, "passive")
        kept = ("a=rtpmap", "a=fmtp", "a=rtcp-fb", "a=extmap")
        lines += [line for line in section.lines if line.startswith(kept)]
    return "\r\n".join(lines) + "\r\n"


def read(text: str) -> Description:
    """A description with its first UDP candidate on IPv4. ValueError if something is missing."""
    ufrag = re.search(r"^a=ice-ufrag:(\S+)", text, re.MULTILINE)
    password = re.search(r"^a=ice-pwd:(\S+)", text, re.MULTILINE)
    candidate = re.search(
        r"^a=candidate:\S+ 1 udp \d+ ([\d.]+) (\d+) typ host", text, re.MULTILINE | re.IGNORECASE
    )
    if ufrag is None or password is None or candidate is None:
        raise ValueError("a description without credentials or candidate")
    sections = []
    for part in re.split(r"^(?=m=)", text, flags=re.MULTILINE)[1:]:
        lines = part.splitlines()
        mid = re.search(r"^a=mid:(\S+)", part, re.MULTILINE)
        ssrcs = list(dict.fromkeys(int(n) for n in re.findall(r"^a=ssrc:(\d+)", part, re.MULTILINE)))
        sections.append(TheirSection(mid[1] if mid else "", lines[0][2:].split()[0], lines, ssrcs))
    passive = "a=setup:passive" in text
    return Description(ufrag[1], password[1], (candidate[1], int(candidate[2])), sections, passive)
