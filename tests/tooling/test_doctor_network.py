import ipaddress
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server import tls
from server.doctor import network
from server.doctor.finding import Finding, Level

NOW = datetime(2026, 2, 11, 6, 0, tzinfo=UTC)
LOOPBACK, LAN, OUTER = (ipaddress.ip_address(text) for text in ("127.0.0.1", "192.168.7.20", "93.184.216.34"))
CERTIFICATE = network.CertificateFacts(
    names=tls.Names(("exam.school.example", "*.gorod.example"), (LAN,)),
    not_before=NOW - timedelta(days=1),
    not_after=NOW + timedelta(days=60),
    self_made=False,
    key_fits=True,
    key_private=True,
)
UDP = network.UdpFacts((40000, 40999), 1000, {"192.168.7.20": 0}, nodes=1, nodes_running=False)
ADDRESSES = network.AddressFacts((), "", (LOOPBACK, LAN), "exam.school.example", turn=False)


def level(findings: list[Finding]) -> Level:
    return max((one.level for one in findings), key=list(Level).index)


@pytest.mark.parametrize(
    "url,resolved,announced,expected",
    [
        ("https://exam.school.example", (LAN,), "", Level.OK),
        ("https://exam.school.example:8443", (OUTER,), "93.184.216.34", Level.OK),
        ("https://exam.school.example", (OUTER,), "", Level.WARNING),
        ("https://exam.school.example", (), "", Level.PROBLEM),
        ("http://exam.school.example", (LAN,), "", Level.PROBLEM),
        ("http://127.0.0.1:8080", (LOOPBACK,), "", Level.OK),
        ("http://localhost:8080", (LOOPBACK,), "", Level.OK),
        ("https://exam.school.example:port", (LAN,), "", Level.PROBLEM),
        ("exam.school.example", (), "", Level.PROBLEM),
        ("ftp://exam.school.example", (LAN,), "", Level.PROBLEM),
    ],
)
def test_address_of_the_service(
    url: str, resolved: tuple[tls.Address, ...], announced: str, expected: Level
) -> None:
    facts = network.NameFacts(url, resolved, (LOOPBACK, LAN), announced)
    assert level(network.judge_name(facts)) is expected


@pytest.mark.parametrize(
    "changes,host,expected",
    [
        ({}, "exam.school.example", Level.OK),
        ({}, "192.168.7.20", Level.OK),
        ({}, "EXAM.school.example", Level.OK),
        ({}, "a.gorod.example", Level.OK),
        ({}, "b.a.gorod.example", Level.PROBLEM),
        ({}, "gorod.example", Level.PROBLEM),
        ({}, "10.0.0.1", Level.PROBLEM),
        ({"not_after": NOW + timedelta(days=5)}, "exam.school.example", Level.WARNING),
        ({"not_after": NOW - timedelta(seconds=1)}, "exam.school.example", Level.PROBLEM),
        ({"not_before": NOW + timedelta(hours=1)}, "exam.school.example", Level.PROBLEM),
        ({"key_fits": False}, "exam.school.example", Level.PROBLEM),
        ({"key_private": False}, "exam.school.example", Level.WARNING),
        ({"trusted": False}, "exam.school.example", Level.PROBLEM),
        ({"trusted": False, "self_made": True}, "exam.school.example", Level.OK),
    ],
)
def test_certificate_a_browser_would_refuse(changes: dict[str, object], host: str, expected: Level) -> None:
    certificate = replace(CERTIFICATE, **changes)  # type: ignore[arg-type]
    assert level(network.judge_certificate(certificate, host, NOW)) is expected


@given(st.text())
def test_no_host_however_written_breaks_the_comparison(host: str) -> None:
    assert network.covers(CERTIFICATE.names, host) in {True, False}


def test_cyrillic_name_is_compared_as_browsers_do() -> None:
    names = tls.Names((), ()).with_host("экзамен.школа")
    assert network.covers(names, "экзамен.школа")


@pytest.mark.parametrize(
    "changes,expected",
    [
        ({}, Level.OK),
        ({"ports": (40000, 40099)}, Level.WARNING),
        ({"ports": (40000, 40019)}, Level.PROBLEM),
        ({"nodes": 31}, Level.WARNING),
        ({"taken": {"192.168.7.20": 200}}, Level.WARNING),
        ({"taken": {"192.168.7.20": 900}}, Level.PROBLEM),
        ({"taken": {"192.168.7.20": 900}, "nodes_running": True}, Level.OK),
    ],
)
def test_udp_ports_for_everybody_of_the_day(changes: dict[str, object], expected: Level) -> None:
    assert level(network.judge_udp(replace(UDP, **changes))) is expected  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "changes,expected",
    [
        ({}, Level.OK),
        ({"listen": ("192.168.7.20",)}, Level.OK),
        ({"listen": ("192.168.7.21",)}, Level.PROBLEM),
        ({"own": (LOOPBACK,)}, Level.PROBLEM),
        ({"own": (LOOPBACK,), "public_host": "127.0.0.1"}, Level.OK),
        ({"announced": "93.184.216.34"}, Level.OK),
        ({"announced": "exam.school.example"}, Level.PROBLEM),
        ({"announced": "127.0.0.1"}, Level.PROBLEM),
        ({"public_host": "93.184.216.34"}, Level.WARNING),
        ({"public_host": "93.184.216.34", "turn": True}, Level.OK),
        ({"public_host": "93.184.216.34", "own": (OUTER,)}, Level.OK),
    ],
)
def test_addresses_media_can_be_reached_at(changes: dict[str, object], expected: Level) -> None:
    assert level(network.judge_addresses(replace(ADDRESSES, **changes))) is expected  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "state,expected",
    [
        ("free", Level.OK),
        ("ours", Level.OK),
        ("taken", Level.PROBLEM),
        ("denied", Level.PROBLEM),
        ("foreign_address", Level.PROBLEM),
    ],
)
def test_port_of_the_service(state: network.TcpState, expected: Level) -> None:
    assert network.judge_tcp(network.TcpFacts("0.0.0.0", 8443, state, "nginx, процесс 7")).level is expected


@pytest.mark.parametrize(
    "state,expected",
    [
        ("relayed", Level.OK),
        ("unresolved", Level.PROBLEM),
        ("silent", Level.PROBLEM),
        ("refused", Level.PROBLEM),
        ("unauthorized", Level.PROBLEM),
        ("failed", Level.PROBLEM),
    ],
)
def test_turn_server(state: network.TurnState, expected: Level) -> None:
    facts = network.TurnFacts("turn:turn.example", state, "192.168.7.2", "192.168.7.2", "508")
    assert network.judge_turn(facts).level is expected


def test_turn_server_that_offers_an_inner_address_to_the_outside() -> None:
    facts = network.TurnFacts("turn:turn.example", "relayed", "93.184.216.34", "172.18.0.3")
    assert network.judge_turn(facts).level is Level.WARNING
