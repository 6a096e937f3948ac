"""Asks a TURN server for a relay, as a browser would: with a password made from the shared secret."""

import asyncio
import base64
import contextlib
import hashlib
import hmac
import re
import socket
import ssl
from dataclasses import dataclass
from datetime import datetime

from aioice import stun, turn

from .network import TurnFacts

PATIENCE_SECONDS = 4.0
PASSWORD_SECONDS = 300

_URL = re.compile(
    r"^(?P<scheme>turns?):(?P<host>\[[0-9a-fA-F:.]+\]|[^:?\[\]]+)(:(?P<port>\d+))?(\?transport=(?P<transport>udp|tcp))?$"
)


@dataclass(frozen=True, slots=True)
class Target:
    """A TURN address taken apart (RFC 7065)."""

    host: str
    port: int
    transport: str
    tls: bool


def parse(url: str) -> Target | None:
    """None where it is no TURN address."""
    found = _URL.match(url)
    if found is None:
        return None
    tls = found["scheme"] == "turns"
    port = int(found["port"] or (5349 if tls else 3478))
    return Target(found["host"].strip("[]"), port, "tcp" if tls else found["transport"] or "udp", tls)


def credentials(secret: str, now: datetime) -> tuple[str, str]:
    """Name and password as coturn's use-auth-secret wants them: the name is the time they end."""
    name = f"{int(now.timestamp()) + PASSWORD_SECONDS}:doctor"
    digest = hmac.new(secret.encode(), name.encode(), hashlib.sha1).digest()
    return name, base64.b64encode(digest).decode()


class _Nobody(asyncio.DatagramProtocol):
    """Nothing is sent through the relay; only its end is awaited."""

    def __init__(self) -> None:
        self.closed = asyncio.Event()

    def connection_lost(self, exc: Exception | None) -> None:
        self.closed.set()


async def ask(url: str, secret: str, now: datetime) -> TurnFacts:
    target = parse(url)
    if target is None:
        return TurnFacts(url, "failed", detail="не похоже на адрес TURN")
    loop = asyncio.get_running_loop()
    try:
        kind = socket.SOCK_STREAM if target.transport == "tcp" else socket.SOCK_DGRAM
        resolved = await loop.getaddrinfo(target.host, target.port, type=kind)
    except OSError:
        return TurnFacts(url, "unresolved")
    server = str(resolved[0][4][0])
    name, password = credentials(secret, now)
    # With TLS the certificate is checked against the name.
    address = (target.host if target.tls else server, target.port)
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            transport, protocol = await turn.create_turn_endpoint(
                _Nobody,
                server_addr=address,
                username=name,
                password=password,
                lifetime=60,
                ssl=ssl.create_default_context() if target.tls else None,
                transport=target.transport,
            )
    except TimeoutError:
        return TurnFacts(url, "silent", server)
    except stun.TransactionFailed as error:
        return _failure(url, server, error)
    except ssl.SSLError as error:
        return TurnFacts(url, "failed", server, detail=f"сертификат: {error.reason or error}")
    except ConnectionRefusedError:
        return TurnFacts(url, "refused", server)
    except (stun.TransactionError, OSError) as error:
        return TurnFacts(url, "failed", server, detail=str(error))
    relay = str(transport.get_extra_info("sockname")[0])
    transport.close()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE_SECONDS):
            await protocol.closed.wait()
    return TurnFacts(url, "relayed", server, relay)


def _failure(url: str, server: str, error: stun.TransactionFailed) -> TurnFacts:
    code, reason = error.response.attributes.get("ERROR-CODE", (0, ""))
    if code in {401, 403, 441}:
        return TurnFacts(url, "unauthorized", server)
    return TurnFacts(url, "failed", server, detail=f"ответ {code} {reason}".strip())
