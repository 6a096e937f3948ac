import ipaddress
import os
import shlex
import socket
import ssl
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st

from server import tls

ROOT = Path(__file__).resolve().parents[2]
NOW = datetime(2026, 2, 11, 6, 0, tzinfo=UTC)
NAMES = tls.Names(
    ("localhost", "exam"), (ipaddress.ip_address("127.0.0.1"), ipaddress.ip_address("192.168.7.20"))
)


def certificate(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


def test_keys_are_readable_by_the_service_alone(tmp_path: Path) -> None:
    files = tls.ensure(tmp_path / "tls", NAMES, NOW)
    assert (tmp_path / "tls").stat().st_mode & 0o777 == 0o700
    assert files.key.stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "tls" / "ca.key").stat().st_mode & 0o777 == 0o600


def test_certificate_is_for_every_name_and_address(tmp_path: Path) -> None:
    files = tls.ensure(tmp_path, NAMES, NOW)
    names = tls.names_of(certificate(files.certificate))
    assert set(names.hosts) == {"localhost", "exam"}
    assert {str(address) for address in names.addresses} == {"127.0.0.1", "192.168.7.20"}


def test_good_certificate_is_left_alone(tmp_path: Path) -> None:
    first = tls.ensure(tmp_path, NAMES, NOW).certificate.read_bytes()
    assert tls.ensure(tmp_path, NAMES, NOW + timedelta(days=300)).certificate.read_bytes() == first


def test_certificate_near_its_end_is_renewed_by_the_same_authority(tmp_path: Path) -> None:
    first = tls.ensure(tmp_path, NAMES, NOW)
    before = certificate(first.certificate)
    later = NOW + tls.SERVER_LIFE - tls.RENEW_BEFORE
    renewed = tls.ensure(tmp_path, NAMES, later)
    after = certificate(renewed.certificate)
    assert renewed.fingerprint == first.fingerprint
    assert after.serial_number != before.serial_number
    assert after.not_valid_after_utc == later + tls.SERVER_LIFE


def test_new_private_address_renews_the_certificate_but_not_the_authority(tmp_path: Path) -> None:
    first = tls.ensure(tmp_path, NAMES, NOW)
    moved = tls.Names(NAMES.hosts, (ipaddress.ip_address("10.4.4.4"),))
    after = tls.ensure(tmp_path, moved, NOW)
    assert after.fingerprint == first.fingerprint
    assert ipaddress.ip_address("10.4.4.4") in tls.names_of(certificate(after.certificate)).addresses


def test_new_name_needs_a_new_authority(tmp_path: Path) -> None:
    first = tls.ensure(tmp_path, NAMES, NOW)
    after = tls.ensure(tmp_path, NAMES.with_host("экзамен.школа"), NOW)
    assert after.fingerprint != first.fingerprint
    assert "экзамен.школа".encode("idna").decode() in tls.names_of(certificate(after.certificate)).hosts


@pytest.mark.parametrize("name", ["ca.crt", "ca.key", "server.crt", "server.key"])
@pytest.mark.parametrize("damage", [b"", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
def test_damaged_file_is_made_anew(tmp_path: Path, name: str, damage: bytes) -> None:
    tls.ensure(tmp_path, NAMES, NOW)
    (tmp_path / name).write_bytes(damage)
    files = tls.ensure(tmp_path, NAMES, NOW)
    certificate(files.certificate).verify_directly_issued_by(certificate(files.authority))
    ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(files.certificate, files.key)


def handshake(files: tls.Files, names: str, authority: Path) -> None:
    """A TLS connection over loopback, as a browser that trusts the authority would make it."""
    server_context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server_context.load_cert_chain(files.certificate, files.key)
    client_context = ssl.create_default_context(cafile=str(authority))
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            accepted, _ = listening.accept()
            with accepted:
                try:
                    server_context.wrap_socket(accepted, server_side=True).close()
                except OSError:
                    pass

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            with (
                socket.create_connection(listening.getsockname(), 5) as plain,
                client_context.wrap_socket(plain, server_hostname=names),
            ):
                pass
        finally:
            thread.join(5)


@pytest.mark.parametrize("host", ["localhost", "exam", "127.0.0.1", "192.168.7.20"])
def test_client_that_trusts_the_authority_connects(tmp_path: Path, host: str) -> None:
    files = tls.ensure(tmp_path, NAMES, datetime.now(UTC))
    handshake(files, host, files.authority)


def test_stolen_authority_cannot_pose_as_another_site(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    files = tls.ensure(tmp_path, NAMES, now)
    authority = tls._load(files.authority, tmp_path / "ca.key")
    assert authority is not None
    for host in ("bank.example", "93.184.216.34"):
        forged = tls._make_server(authority, NAMES.with_host(host), now)
        tls._save(forged, files.certificate, files.key)
        with pytest.raises(ssl.SSLCertVerificationError, match="permitted subtree violation"):
            handshake(files, host, files.authority)


def test_own_names_hold_this_machine() -> None:
    names = tls.own_names()
    assert "localhost" in names.hosts
    assert ipaddress.ip_address("127.0.0.1") in names.addresses
    assert not any(address.is_link_local for address in names.addresses)


@given(st.ip_addresses())
def test_link_host_of_an_address_is_ready_for_a_url(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    if not address.is_unspecified:
        host = tls.link_host(str(address), NAMES)
        assert host == (f"[{address}]" if address.version == 6 else str(address))


def test_command_prints_settings_for_a_shell_and_advice_for_people(tmp_path: Path) -> None:
    folder = tmp_path / "с пробелом"
    env = {**os.environ, "DATA_DIR": str(folder), "HOST": "127.0.0.1", "PORT": "9443"}
    env.pop("PUBLIC_URL", None)
    done = subprocess.run(
        [sys.executable, "-m", "server.tls", "--shell"],
        cwd=ROOT, env=env, capture_output=True, text=True, check=True,
    )  # fmt: skip
    settings = dict(word.split("=", 1) for word in shlex.split(done.stdout) if word != "export")
    assert settings == {
        "TLS_CERT": str(folder / "tls" / "server.crt"),
        "TLS_KEY": str(folder / "tls" / "server.key"),
        "PUBLIC_URL": "https://127.0.0.1:9443",
    }
    assert "https://127.0.0.1:9443" in done.stderr
    assert str(folder / "tls" / "ca.crt") in done.stderr
