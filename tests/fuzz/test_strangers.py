"""What somebody with a socket and no key, or a page with its own key, can make of a connection."""

import asyncio
import contextlib
import os
import socket
import struct
from collections.abc import AsyncIterator

import aioice.stun
import pytest
import pytest_asyncio

from tests.fuzz.hall import STRANGER_SIGNED, Hall, entries
from tests.media.support import rtp_packet

PRIORITY = struct.pack(">HHI", 0x0024, 4, 1)
ALERT = b"\x15\xfe\xfd" + bytes(8) + b"\x00\x02\x02\x28"  # fatal, in the clear


@pytest_asyncio.fixture
async def hall() -> AsyncIterator[Hall]:
    async with contextlib.AsyncExitStack() as stack:
        opened = Hall()
        stack.push_async_callback(opened.close)
        yield await opened.open()


def rubbish(number: int) -> bytes:
    """Of every kind: what looks like STUN, DTLS, RTP, RTCP and nothing."""
    kinds = (b"\x00\x01", b"\x16\xfe\xfd", b"\x17\xfe\xfd", b"\x40", b"\x80\x6f", b"\x80\xc8", b"\xff", ALERT)
    return kinds[number % len(kinds)] + os.urandom(number % 60)


async def test_a_strangers_datagrams_leave_nothing_behind(hall: Hall) -> None:
    before = entries(hall.conference)
    for number in range(2000):
        hall.from_stranger(rubbish(number) if number % 2 else hall.request(PRIORITY, "x" * 22))
        if number % 100 == 0:
            await hall.talk()
    await hall.talk()
    assert hall.connected
    assert entries(hall.conference) - before < 500


async def test_the_peers_own_requests_from_many_addresses_leave_little(hall: Hall) -> None:
    before = entries(hall.conference)
    for number in range(600):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
            other.bind((f"127.0.{1 + number // 200}.{1 + number % 200}", 0))
            other.sendto(hall.request(PRIORITY), hall.address)
        if number % 100 == 0:
            await hall.talk()
    await hall.talk()
    assert hall.connected
    assert entries(hall.conference) - before < 500


async def test_a_request_without_a_priority_harms_nothing(hall: Hall) -> None:
    await hall.throw([(STRANGER_SIGNED, b""), (STRANGER_SIGNED, PRIORITY)] * 10)
    await hall.talk()
    assert hall.connected


async def test_a_long_chain_of_fingerprints_is_not_counted_through(
    hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = bytearray(struct.pack(">HHI", 1, 0, aioice.stun.COOKIE) + bytes(12))
    while len(data) < 60_000:
        data += struct.pack(">HHI", 0x8028, 4, aioice.stun.message_fingerprint(bytes(data)))
    data[2:4] = (len(data) - 20).to_bytes(2, "big")
    original, counted = aioice.stun.message_fingerprint, 0

    def count(message: bytes) -> int:
        nonlocal counted
        counted += len(message)
        return original(message)

    monkeypatch.setattr(aioice.stun, "message_fingerprint", count)
    hall.from_stranger(bytes(data))
    await hall.talk()
    assert counted < 1_000_000


async def test_what_comes_before_the_handshake_does_not_pile_up() -> None:
    hall = Hall()
    grown: list[int] = []

    async def pester(seat: str) -> None:
        if seat == "p":
            before = entries(hall.conference)
            for number in range(3000):
                hall.from_stranger(b"\x40" + bytes(20))
                if number % 50 == 0:
                    await asyncio.sleep(0)
            await asyncio.sleep(0.05)
            grown.append(entries(hall.conference) - before)

    try:
        await hall.open(pester)
        await hall.talk()
    finally:
        await hall.close()
    assert grown[0] < 500


async def test_a_stranger_cannot_end_a_handshake() -> None:
    hall, tasks = Hall(), []

    async def pester(seat: str) -> None:
        async def alert() -> None:
            while True:
                hall.from_stranger(ALERT)
                await asyncio.sleep(0.001)

        if seat == "p":
            tasks.append(asyncio.create_task(alert()))

    try:
        async with asyncio.timeout(3):
            await hall.open(pester)
        await hall.talk()
    finally:
        for task in tasks:
            task.cancel()
        await hall.close()


async def test_an_oversized_packet_costs_only_itself(hall: Hall) -> None:
    for size in (1400, 1472, 1500, 9000, 60_000):
        hall.from_stranger(rtp_packet(1, 1, bytes(size)))
        hall.from_stranger(b"\x80\xc8" + bytes(size))
    await hall.talk()
