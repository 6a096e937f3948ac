"""As much of STUN (RFC 8489, RFC 8445) as one end of a connection between known addresses needs.

A node holds hundreds of connections open, each checked every few seconds, so this costs little.
"""

import hmac
import socket
import struct
import zlib
from collections.abc import Iterable

COOKIE = 0x2112A442
REQUEST = 0x0001
RESPONSE = 0x0101

USERNAME = 0x0006
INTEGRITY = 0x0008
MAPPED = 0x0020
PRIORITY = 0x0024
USE_CANDIDATE = 0x0025
FINGERPRINT = 0x8028
CONTROLLED = 0x8029
CONTROLLING = 0x802A

HEADER = struct.Struct(">HHI12s")
_ATTRIBUTE = struct.Struct(">HH")


def message(kind: int, transaction: bytes, attributes: Iterable[tuple[int, bytes]], password: bytes) -> bytes:
    """A message with integrity and fingerprint."""
    body = b"".join(
        _ATTRIBUTE.pack(number, len(value)) + value + bytes(-len(value) % 4) for number, value in attributes
    )
    begin = HEADER.pack(kind, len(body) + 24, COOKIE, transaction) + body
    body += _ATTRIBUTE.pack(INTEGRITY, 20) + hmac.digest(password, begin, "sha1")
    begin = HEADER.pack(kind, len(body) + 8, COOKIE, transaction) + body
    return begin + _ATTRIBUTE.pack(FINGERPRINT, 4) + struct.pack(">I", zlib.crc32(begin) ^ 0x5354554E)


def kind_of(data: bytes) -> tuple[int, bytes] | None:
    """Kind and transaction of a message, None for anything else. Its integrity is not checked."""
    if len(data) < 20:
        return None
    kind, length, cookie, transaction = HEADER.unpack_from(data)
    if cookie != COOKIE or length != len(data) - 20:
        return None
    return kind, transaction


def mapped(address: tuple[str, int], transaction: bytes) -> bytes:
    """The value of XOR-MAPPED-ADDRESS."""
    port = address[1] ^ (COOKIE >> 16)
    if ":" not in address[0]:
        return struct.pack(">BBHI", 0, 1, port, int.from_bytes(socket.inet_aton(address[0]), "big") ^ COOKIE)
    host = int.from_bytes(socket.inet_pton(socket.AF_INET6, address[0]), "big")
    mask = int.from_bytes(COOKIE.to_bytes(4, "big") + transaction, "big")
    return struct.pack(">BBH16s", 0, 2, port, (host ^ mask).to_bytes(16, "big"))


def answer(data: bytes, address: tuple[str, int], username: bytes, password: bytes) -> bytes | None:
    """The answer to an authentic check of the controlling end at `address`; None for whatever else it may be."""
    found = kind_of(data)
    if found is None or found[0] != REQUEST:
        return None
    position, named, controlling = 20, False, False
    while position + 4 <= len(data):
        number, length = _ATTRIBUTE.unpack_from(data, position)
        value = data[position + 4 : position + 4 + length]
        if number == INTEGRITY:
            begin = data[:2] + (position + 4).to_bytes(2, "big") + data[4:position]
            if not (named and controlling) or not hmac.compare_digest(
                hmac.digest(password, begin, "sha1"), value
            ):
                return None
            return message(RESPONSE, found[1], [(MAPPED, mapped(address, found[1]))], password)
        named = named or (number == USERNAME and value == username)
        controlling = controlling or number == CONTROLLING
        position += 4 + length + -length % 4
    return None
