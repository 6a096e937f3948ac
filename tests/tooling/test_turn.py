"""A real coturn, configured by docker/turnserver.conf.template, on a free loopback port."""

import asyncio
import os
import socket
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aioice import stun
from aioice import turn as aioice_turn

from bench.turn import DOCKER, Coturn, free_port
from bench.turn import coturn as started_coturn
from server.doctor import turn


@pytest.fixture(scope="module")
def coturn(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Coturn]:
    with started_coturn(tmp_path_factory.mktemp("coturn")) as server:
        yield server


@pytest.mark.parametrize("transport", ["", "?transport=udp", "?transport=tcp"])
async def test_server_with_our_secret_gives_a_relay(coturn: Coturn, transport: str) -> None:
    facts = await turn.ask(coturn.url + transport, coturn.secret, datetime.now(UTC))
    assert facts.state == "relayed", facts
    assert facts.relay == "127.0.0.1"


async def test_another_secret_is_refused(coturn: Coturn) -> None:
    assert (await turn.ask(coturn.url, "another", datetime.now(UTC))).state == "unauthorized"


async def test_password_from_a_clock_that_is_behind_is_refused(coturn: Coturn) -> None:
    hour_ago = datetime.now(UTC) - timedelta(hours=1)
    assert (await turn.ask(coturn.url, coturn.secret, hour_ago)).state == "unauthorized"


async def test_silent_server_is_noticed_within_the_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turn, "PATIENCE_SECONDS", 0.3)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as mute:
        mute.bind(("127.0.0.1", 0))
        facts = await turn.ask(f"turn:127.0.0.1:{mute.getsockname()[1]}", "any secret", datetime.now(UTC))
    assert facts.state == "silent"


async def test_closed_tcp_port_is_refused() -> None:
    facts = await turn.ask(f"turn:127.0.0.1:{free_port()}?transport=tcp", "any secret", datetime.now(UTC))
    assert facts.state == "refused"


async def test_name_that_does_not_resolve() -> None:
    facts = await turn.ask("turn:no-such-host.invalid:3478", "any secret", datetime.now(UTC))
    assert facts.state == "unresolved"


async def test_turns_without_tls_behind_it_fails(coturn: Coturn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turn, "PATIENCE_SECONDS", 1.0)
    facts = await turn.ask(f"turns:127.0.0.1:{coturn.port}", coturn.secret, datetime.now(UTC))
    assert facts.state in {"failed", "silent"}


class Receiver(asyncio.DatagramProtocol):
    def __init__(self) -> None:
        self.received: asyncio.Queue[bytes] = asyncio.Queue()

    def datagram_received(self, data: bytes, addr: tuple[str | object, int]) -> None:
        self.received.put_nowait(data)


class Peer(asyncio.DatagramProtocol):
    def __init__(self) -> None:
        self.failed: asyncio.Queue[Exception] = asyncio.Queue()
        self.closed = asyncio.Event()

    def error_received(self, exc: Exception) -> None:
        self.failed.put_nowait(exc)

    def connection_lost(self, exc: Exception | None) -> None:
        self.closed.set()


async def test_relay_leads_to_the_media_nodes_and_nowhere_else(coturn: Coturn) -> None:
    loop = asyncio.get_running_loop()
    node, receiver = await loop.create_datagram_endpoint(Receiver, local_addr=("127.0.0.1", 0))
    name, password = turn.credentials(coturn.secret, datetime.now(UTC))
    relay, peer = await aioice_turn.create_turn_endpoint(
        Peer, server_addr=("127.0.0.1", coturn.port), username=name, password=password
    )
    try:
        async with asyncio.timeout(5):
            relay.sendto(b"voice", node.get_extra_info("sockname"))
            assert await receiver.received.get() == b"voice"
            relay.sendto(b"scan", ("192.168.1.1", 80))
            refused = await peer.failed.get()
        assert isinstance(refused, stun.TransactionFailed)
        assert refused.response.attributes["ERROR-CODE"][0] == 403
    finally:
        relay.close()
        async with asyncio.timeout(5):
            await peer.closed.wait()
        node.close()


def test_rendered_configuration_is_for_coturn_alone(coturn: Coturn) -> None:
    assert coturn.conf.stat().st_mode & 0o077 == 0
    assert "@" not in coturn.conf.read_text()


def test_value_that_would_break_the_configuration_is_refused(tmp_path: Path) -> None:
    env = {
        "PATH": os.environ["PATH"],
        "TURN_SECRET": "a\nno-auth",
        "TURN_REALM": "exam",
        "MEDIA_ANNOUNCE": "127.0.0.1",
        "TURN_TEMPLATE": str(DOCKER / "turnserver.conf.template"),
        "TURN_CONF": str(tmp_path / "turnserver.conf"),
    }
    done = subprocess.run([str(DOCKER / "turn-entrypoint.sh")], env=env, capture_output=True, text=True)
    assert done.returncode == 1
    assert "TURN_SECRET" in done.stderr


@pytest.mark.parametrize(
    "url,expected",
    [
        ("turn:turn.example", turn.Target("turn.example", 3478, "udp", False)),
        ("turn:turn.example:80?transport=tcp", turn.Target("turn.example", 80, "tcp", False)),
        ("turns:turn.example:443?transport=tcp", turn.Target("turn.example", 443, "tcp", True)),
        ("turns:turn.example", turn.Target("turn.example", 5349, "tcp", True)),
        ("turn:[2001:db8::1]:3478", turn.Target("2001:db8::1", 3478, "udp", False)),
        ("https://turn.example", None),
        ("turn:", None),
    ],
)
def test_address_is_taken_apart(url: str, expected: turn.Target | None) -> None:
    assert turn.parse(url) == expected
