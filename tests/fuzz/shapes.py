"""What the fuzz targets are fed: valid packets and texts of every shape, and what becomes of them when bent.

Everything is drawn as `bytes`, the form in which the corpus keeps it. Targets that take several things in a row read
records: a kind (1 byte), a length (2), the body.
"""

import functools
import hashlib
import json
import struct
from collections.abc import Iterator
from typing import Any

from aioice import stun
from hypothesis import strategies as st

from media import rtcp
from media.layout import LAYOUTS, SeatKind
from media.rtp import ONE_BYTE
from media.timing import RECORD
from server.signalling import messages
from tests.media.support import OFFERS, delta_frame, key_frame, rtp_packet

EXTREMES = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF)
u8, u16, u32 = st.integers(0, 0xFF), st.integers(0, 0xFFFF), st.integers(0, 0xFFFF_FFFF)
u64 = st.integers(0, 2**64 - 1)


# records


def record(kind: int, body: bytes) -> bytes:
    body = body[:0xFFFF]
    return bytes([kind]) + len(body).to_bytes(2, "big") + body


def records(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Kinds and bodies; a torn last record ends where the data ends."""
    at = 0
    while at + 3 <= len(data):
        end = at + 3 + int.from_bytes(data[at + 1 : at + 3], "big")
        yield data[at], data[at + 3 : end]
        at = end


def recorded(kind: int, bodies: st.SearchStrategy[bytes]) -> st.SearchStrategy[bytes]:
    return bodies.map(lambda body: record(kind, body))


def joined(parts: st.SearchStrategy[bytes], most: int = 30) -> st.SearchStrategy[bytes]:
    return st.lists(parts, max_size=most).map(b"".join)


# bending


@st.composite
def bent(draw: st.DrawFn, whole: st.SearchStrategy[bytes]) -> bytes:
    """Something valid after one to four mishaps."""
    data = bytearray(draw(whole))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(data)))
        match draw(st.sampled_from(["flip", "set", "cut", "longer", "word", "twice", "splice", "gone"])):
            case "flip" if at < len(data):
                data[at] ^= 1 << draw(st.integers(0, 7))
            case "set" if at < len(data):
                data[at] = draw(u8)
            case "cut":
                del data[at:]
            case "longer":
                data += draw(st.binary(max_size=40))
            case "word":
                size = draw(st.sampled_from([1, 2, 4]))
                data[at : at + size] = (draw(st.sampled_from(EXTREMES)) & (256**size - 1)).to_bytes(
                    size, "big"
                )
            case "twice":
                end = draw(st.integers(at, min(len(data), at + 200)))
                data[at:at] = data[at:end] * draw(st.integers(1, 3))
            case "splice":
                other = draw(whole)
                data[at:] = other[draw(st.integers(0, len(other))) :]
            case "gone":
                del data[at : draw(st.integers(at, len(data)))]
            case _:
                pass
    return bytes(data)


def hostile(whole: st.SearchStrategy[bytes]) -> st.SearchStrategy[bytes]:
    """The valid, the bent and the senseless."""
    return st.one_of(whole, bent(whole), st.binary(max_size=120))


ODD = ("", " ", "\t", "\0", "\x85", "\u2028", "\r", "\n", "é", "١", "𝟙", "%", "/", ":", "*", "=", ";")
NUMBERS = (
    "-1",
    "0",
    "00",
    "1",
    "15",
    "63",
    "64",
    "127",
    "128",
    "255",
    "256",
    "65536",
    "4294967296",
    "9" * 40,
)


@st.composite
def bent_text(draw: st.DrawFn, whole: st.SearchStrategy[str]) -> str:
    """A text of lines after one to four mishaps: lines lost, doubled, swapped, grafted, numbers altered."""
    lines = draw(whole).splitlines()
    for _ in range(draw(st.integers(1, 4))):
        if not lines:
            break
        at = draw(st.integers(0, len(lines) - 1))
        other = draw(st.integers(0, len(lines) - 1))
        words = lines[at].replace(":", " : ").split(" ")
        word = draw(st.integers(0, len(words) - 1))
        match draw(
            st.sampled_from(["gone", "twice", "swap", "many", "word", "number", "odd", "cut", "none"])
        ):
            case "gone":
                del lines[at]
            case "twice":
                lines.insert(other, lines[at])
            case "swap":
                lines[at], lines[other] = lines[other], lines[at]
            case "many":
                lines[at:at] = [lines[at]] * draw(st.sampled_from([10, 100, 300]))
            case "word":
                theirs = lines[other].split(" ")
                words[word] = theirs[draw(st.integers(0, len(theirs) - 1))]
                lines[at] = " ".join(words).replace(" : ", ":")
            case "number":
                words[word] = draw(st.sampled_from(NUMBERS))
                lines[at] = " ".join(words).replace(" : ", ":")
            case "odd":
                place = draw(st.integers(0, len(lines[at])))
                lines[at] = lines[at][:place] + draw(st.sampled_from(ODD)) + lines[at][place:]
            case "cut":
                lines[at] = lines[at][: draw(st.integers(0, len(lines[at])))]
            case _:
                lines[at] = lines[at].partition(":")[0]
    return "\r\n".join(lines) + "\r\n"


# RTP


@st.composite
def rtp_packets(draw: st.DrawFn, payloads: st.SearchStrategy[bytes] | None = None) -> bytes:
    """Well-formed packets: any extensions, padding and contributing sources."""
    items = draw(st.lists(st.tuples(st.integers(1, 14), st.binary(min_size=1, max_size=16)), max_size=4))
    block = b"".join(bytes([(number << 4) | (len(value) - 1)]) + value for number, value in items)
    return rtp_packet(
        draw(u16),
        draw(u32),
        draw(payloads if payloads is not None else st.binary(max_size=60)),
        ssrc=draw(u32),
        payload_type=draw(st.sampled_from([111, 96, 97, 0, 63, 72, 127])),
        marker=draw(st.booleans()),
        extension=(draw(st.sampled_from([ONE_BYTE, 0x1000, 0x100F, 0])), block) if items else None,
        padding=draw(st.sampled_from([0, 0, 1, 4, 255])),
        csrcs=draw(st.lists(u32, max_size=15)),
    )


VP8 = st.one_of(
    st.binary(min_size=8, max_size=20).map(lambda body: key_frame(body=body)),
    st.binary(max_size=20).map(delta_frame),
    st.tuples(u8, u8, st.binary(max_size=12)).map(lambda t: bytes([t[0] | 0x80, t[1]]) + t[2]),
    st.binary(max_size=30),
)


# RTCP


def rtcp_packet(kind: int, count: int, body: bytes) -> bytes:
    body += bytes(-len(body) % 4)
    return struct.pack(">BBH", 0x80 | count, kind, len(body) // 4) + body


def report_blocks(ssrcs: st.SearchStrategy[int]) -> st.SearchStrategy[list[bytes]]:
    block = st.tuples(ssrcs, u32, u32, u32, u32, u32).map(lambda fields: struct.pack(">6I", *fields))
    return st.lists(block, max_size=4)


def rtcp_packets(ssrcs: st.SearchStrategy[int] = u32) -> st.SearchStrategy[bytes]:
    """One packet of any kind a browser may send, and some it never does."""
    items = st.lists(st.tuples(u8, st.binary(max_size=12)), max_size=3)
    described = items.map(lambda found: b"".join(bytes([kind, len(text)]) + text for kind, text in found))
    nacks = st.lists(st.tuples(u16, u16), max_size=40)
    return st.one_of(
        st.tuples(ssrcs, u64, u32, report_blocks(ssrcs)).map(
            lambda t: rtcp_packet(
                200, len(t[3]), struct.pack(">IQIII", t[0], t[1], t[2], 0, 0) + b"".join(t[3])
            )
        ),
        st.tuples(ssrcs, report_blocks(ssrcs)).map(
            lambda t: rtcp_packet(201, len(t[1]), t[0].to_bytes(4, "big") + b"".join(t[1]))
        ),
        st.tuples(ssrcs, described).map(
            lambda t: rtcp_packet(202, 1, t[0].to_bytes(4, "big") + t[1] + b"\0")
        ),
        st.lists(ssrcs, max_size=31).map(
            lambda found: rtcp_packet(203, len(found), b"".join(n.to_bytes(4, "big") for n in found))
        ),
        st.tuples(ssrcs, ssrcs, nacks).map(
            lambda t: rtcp_packet(
                205,
                1,
                struct.pack(">II", t[0], t[1]) + b"".join(struct.pack(">HH", *pair) for pair in t[2]),
            )
        ),
        st.tuples(st.integers(0, 31), ssrcs, ssrcs, st.binary(max_size=24)).map(
            lambda t: rtcp_packet(206, t[0], struct.pack(">II", t[1], t[2]) + t[3])
        ),
        st.tuples(ssrcs, ssrcs).map(
            lambda t: rtcp_packet(206, 4, struct.pack(">IIIBBH", t[0], 0, t[1], 1, 0, 0))
        ),
        st.tuples(ssrcs, u64, st.lists(ssrcs, max_size=5)).map(lambda t: rtcp.remb(t[0], t[1], t[2])),
        st.tuples(st.integers(192, 223), st.integers(0, 31), st.binary(max_size=24)).map(
            lambda t: rtcp_packet(*t)
        ),
    )


# STUN


def stun_attribute(kind: int, value: bytes) -> bytes:
    return struct.pack(">HH", kind, len(value)) + value + bytes(-len(value) % 4)


def signed(user: str, key: str, attributes: bytes) -> bytes:
    """A binding request with these attributes and a valid MESSAGE-INTEGRITY by `key`."""
    name = user.encode()
    body = struct.pack(">HH", 0x0006, len(name)) + name + bytes(-len(name) % 4) + attributes
    transaction = hashlib.sha256(attributes).digest()[:12]
    head = struct.pack(">HHI", 1, len(body), stun.COOKIE) + transaction
    body += struct.pack(">HH", 0x0008, 20) + stun.message_integrity(head + body, key.encode())
    return struct.pack(">HHI", 1, len(body), stun.COOKIE) + transaction + body


STUN_ATTRIBUTES = st.one_of(
    u32.map(lambda n: stun_attribute(0x0024, n.to_bytes(4, "big"))),  # PRIORITY
    st.just(stun_attribute(0x0025, b"")),  # USE-CANDIDATE
    u64.map(lambda n: stun_attribute(0x802A, n.to_bytes(8, "big"))),  # ICE-CONTROLLING
    st.tuples(
        st.sampled_from([entry[0] for entry in stun.ATTRIBUTES] + [0, 0xFFFF]), st.binary(max_size=24)
    ).map(lambda t: stun_attribute(*t)),
)
STUN_MESSAGES = st.tuples(
    st.sampled_from([0x0001, 0x0011, 0x0101, 0x0111, 0x0002, 0x0003, 0x3FFF]),
    st.binary(min_size=12, max_size=12),
    joined(STUN_ATTRIBUTES, 6),
).map(lambda t: struct.pack(">HHI", t[0], len(t[2]), stun.COOKIE) + t[1] + t[2])
DTLS_RECORDS = st.tuples(
    st.integers(20, 63), st.sampled_from([0xFEFF, 0xFEFD, 0xFEFC, 0]), u16, st.binary(max_size=60)
).map(lambda t: struct.pack(">BHHIHH", t[0], t[1], t[2], 0, 1, len(t[3])) + t[3])


# texts


@functools.cache
def offers() -> tuple[str, ...]:
    """What browsers offered."""
    return tuple(path.read_text() for path in sorted(OFFERS.glob("*.sdp")))


_OFFERS = st.integers(0, len(offers()) - 1).map(lambda number: offers()[number])
OFFER_TEXTS = st.one_of(bent_text(_OFFERS), _OFFERS, st.text(max_size=200)).map(
    lambda text: text.encode("utf-8", "replace")
)


ODD_VALUES: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False),
    st.text(max_size=12),
    st.sampled_from(["a\n", "\0", "../..", "x" * 1100, "\ufeff", "\u2028", "null", [], {}, [[]], {"": {}}]),
)


@st.composite
def json_of(draw: st.DrawFn, whole: st.SearchStrategy[Any]) -> bytes:
    """JSON with, now and then, one field missing, added, or of another kind."""
    value = draw(whole)
    if isinstance(value, dict):
        match draw(st.integers(0, 5)):
            case 0 if value:
                del value[draw(st.sampled_from(sorted(value)))]
            case 1:
                value[draw(st.text(max_size=8))] = draw(ODD_VALUES)
            case 2 | 3 if value:
                value[draw(st.sampled_from(sorted(value)))] = draw(ODD_VALUES)
            case _:
                pass
    return json.dumps(value, ensure_ascii=draw(st.booleans())).encode("utf-8", "surrogatepass")


def page_messages() -> st.SearchStrategy[dict[str, Any]]:
    """Every message of a page, as docs/WIRE.md has it."""
    rows, words = st.integers(1, 20), st.sampled_from(["ok", "none", "no_sound"])
    flags, texts = st.booleans(), st.text(max_size=30)
    random = st.sampled_from(["page-000001", "a" * 64, "_-_-_-_-", "short", "page-000001\n"])
    numbers = st.one_of(st.none(), st.floats(-1e9, 1e9))
    stats = st.fixed_dictionaries(
        {},
        optional={
            **dict.fromkeys(("rtt_ms", "loss", "jitter_ms", "kbps_up", "kbps_down", "concealed"), numbers),
            "hidden": flags,
            "screen": st.fixed_dictionaries({}, optional={"width": numbers, "height": numbers}),
            "network": texts,
        },
    )
    fields: dict[type[messages.Command], dict[str, st.SearchStrategy[Any]]] = {
        messages.Hello: {"version": st.integers(0, 2), "page": random, "tab": random, "peer": random},
        messages.Ping: {"t": st.floats(0, 1e15)},
        messages.Offer: {"sdp": st.one_of(st.sampled_from(["v=0", "bad"]), _OFFERS), "room": rows},
        messages.Stats: {"data": stats},
        messages.Alarm: {
            "kind": st.sampled_from(["camera_lost", "microphone_lost", "page_hidden", "microphone_muted"]),
            "on": flags,
        },
        messages.Informed: {"agree": flags},
        messages.Devices: {
            "camera": words,
            "microphone": words,
            "detail": st.dictionaries(texts, st.one_of(texts, numbers, flags), max_size=4),
        },
        messages.Help: {"on": flags},
        messages.Admit: {"interview": st.one_of(st.none(), rows)},
        messages.ShareScreen: {"on": flags},
        messages.NoShow: {"interview": rows},
        messages.Remove: {"interview": rows},
        messages.Reverse: {"interview": rows, "reason": texts},
        messages.Say: {"text": texts, "room": rows},
        messages.Call: {
            "to": st.sampled_from(["specialist", "organizer", "expert", "examiner"]),
            "room": rows,
        },
        messages.Check: {"interview": st.one_of(st.none(), rows)},
        messages.Verdict: {
            "interview": rows,
            "verdict": st.sampled_from(["good", "acceptable", "bad"]),
            "note": texts,
        },
        messages.FreeSeat: {"seat": texts},
        messages.Enter: {"room": rows},
    }
    kinds = messages.AnyCommand.__args__
    return st.one_of(
        *(
            st.fixed_dictionaries(
                {
                    "type": st.just(kind.__struct_config__.tag),
                    "id": st.integers(0, 2**53),
                    **fields.get(kind, {}),
                }
            )
            for kind in kinds
        )
    )


def control_messages() -> st.SearchStrategy[dict[str, Any]]:
    """Desired states and offers, as docs/NODE.md has them."""
    seats = st.sampled_from(["p", "x", "recorder", "a" * 64, "a\n", "a/b", ""])
    plugs = st.sampled_from(["voice", "camera", "screen", "nothing"])
    jacks = st.sampled_from([jack.name for layout in LAYOUTS.values() for jack in layout.jacks])
    target = st.fixed_dictionaries(
        {
            "interview": seats,
            "directory": st.sampled_from(["2026-02-11", "..", "d\n", "a/b"]),
            "stem": st.sampled_from(["s", "..", "s\n", "a/b", "ы" * 120, "\0", ""]),
            "part": st.sampled_from([0, 1, 9999, 10000]),
        }
    )
    desired = st.fixed_dictionaries(
        {
            "version": st.one_of(st.integers(0, 9), st.integers()),
            "seats": st.dictionaries(seats, st.sampled_from([str(kind) for kind in SeatKind])),
            "patches": st.lists(st.tuples(seats, plugs, seats, jacks).map(list), max_size=4),
        },
        optional={"priority": st.lists(seats, max_size=3), "recording": st.one_of(st.none(), target)},
    )
    return st.one_of(desired, st.fixed_dictionaries({"peer": seats, "sdp": st.text(max_size=20)}))


# files


TIMING = st.lists(st.tuples(u8, u32, u32, u32, u64, st.binary(max_size=30)), max_size=6)
TIMING_FILES = TIMING.map(lambda rows: b"{}\n" + b"".join(RECORD.pack(*row[:5]) for row in rows))
LATE_FILES = TIMING.map(
    lambda rows: (
        b"{}\n" + b"".join(RECORD.pack(*row[:5]) + len(row[5]).to_bytes(2, "big") + row[5] for row in rows)
    )
)
EBML = st.tuples(
    st.sampled_from([b"\x1f\x43\xb6\x75", b"\xe7", b"\xa3", b"\xec"]), st.binary(max_size=20), st.booleans()
).map(lambda t: t[0] + (b"\x01" + len(t[1]).to_bytes(7, "big") if t[2] else bytes([0x80 | len(t[1])])) + t[1])
