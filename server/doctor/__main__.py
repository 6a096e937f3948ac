"""Asks, judges, prints; the exit code is 1 when something stands in the way of an exam."""

import argparse
import asyncio
import json
import sys
import time
import zoneinfo
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from server import tls
from server.forms import library
from server.settings import Settings, SettingsProblem, from_environment

from . import machine, network, probes, turn
from .finding import Finding, as_json, as_text, healthy, problem, warning

LOCK = Path(__file__).resolve().parents[2] / "requirements.lock"


def examine() -> list[Finding]:
    """Everything the doctor can say. With broken settings, what does not depend on them."""
    started, started_monotonic = datetime.now(UTC), time.monotonic()
    findings = [*_software()]
    try:
        settings = from_environment()
    except SettingsProblem as error:
        findings.append(problem("Настройки", str(error), "исправьте переменную окружения"))
    else:
        findings += _network(settings)
        sqlite = settings.database_url.startswith("sqlite")
        findings += machine.judge_disk(probes.disk(settings.data_dir), sqlite=sqlite)
        known = frozenset(zoneinfo.available_timezones())
        findings.append(machine.judge_time_zone(settings.timezone, datetime.now(UTC), known))
    findings.append(machine.judge_clock(probes.clock(started, started_monotonic)))
    return findings


def _software() -> Iterator[Finding]:
    yield machine.judge_python(sys.version_info[:3])
    wanted = machine.pins(LOCK.read_text(encoding="utf-8")) if LOCK.exists() else []
    installed = probes.installed_versions([pin.name for pin in wanted])
    yield from machine.judge_libraries(wanted, installed, probes.broken_libraries())
    yield machine.judge_printing(library.missing())
    yield machine.judge_open_files(*probes.open_files())


def _network(settings: Settings) -> Iterator[Finding]:
    own = tls.own_names().addresses
    host = network.host_of(settings.public_url)
    resolved = probes.resolve(host)
    yield from network.judge_name(
        network.NameFacts(settings.public_url, resolved, own, settings.media_announce)
    )
    yield from _certificate(settings, host)
    yield network.judge_tcp(probes.tcp_port(settings.host, settings.port, secure=settings.secure))
    yield from network.judge_addresses(
        network.AddressFacts(
            listen=settings.media_listen,
            announced=settings.media_announce,
            own=own,
            public_host=host,
            turn=bool(settings.turn_urls),
        )
    )
    listen = [address for address in settings.media_listen if address in map(str, own)]
    yield from network.judge_udp(
        probes.udp_ports(
            settings.media_udp_ports,
            listen or [str(address) for address in own],
            nodes=settings.nodes,
            run_dir=settings.run_dir,
        )
    )
    for url in settings.turn_urls:
        yield network.judge_turn(asyncio.run(turn.ask(url, settings.turn_secret, datetime.now(UTC))))


def _certificate(settings: Settings, host: str) -> Iterator[Finding]:
    """Our own certificate, or, where a proxy holds it, the one that answers at the public address."""
    authority = settings.data_dir / "tls" / "ca.crt"
    if settings.tls_cert is not None and settings.tls_key is not None:
        try:
            facts = probes.certificate_of_files(settings.tls_cert, settings.tls_key, authority)
        except (OSError, ValueError, TypeError) as error:
            remedy = "проверьте TLS_CERT и TLS_KEY: это PEM, ключ без пароля"
            yield problem("Сертификат", f"не читается: {error}", remedy)
            return
        yield from network.judge_certificate(facts, host, datetime.now(UTC))
    elif settings.public_url.startswith("https:"):
        port = network.port_of(settings.public_url)
        seen = probes.certificate_of_server(host, port, authority) if port else None
        if seen is None:
            remedy = "запустите прокси с сертификатом (docker/README.md) и проверьте ещё раз"
            yield warning("Сертификат", f"по адресу {settings.public_url} никто не отвечает", remedy)
        else:
            yield from network.judge_certificate(seen, host, datetime.now(UTC))


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m server.doctor", description="Is this machine fit for an exam?"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args(arguments)
    findings = examine()
    print(json.dumps(as_json(findings), ensure_ascii=False, indent=2) if options.json else as_text(findings))
    return 0 if healthy(findings) else 1


if __name__ == "__main__":
    sys.exit(main())
