"""The doctor's questions, asked of real sockets, files and certificates."""

import http.server
import ipaddress
import json
import os
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from server import tls
from server.doctor import network, probes
from server.doctor.finding import Level

ROOT = Path(__file__).resolve().parents[2]
NAMES = tls.Names(("localhost",), (ipaddress.ip_address("127.0.0.1"),))


@contextmanager
def listening() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield int(server.getsockname()[1])


@contextmanager
def web(body: bytes, context: ssl.SSLContext | None = None) -> Iterator[int]:
    """A web server that answers everything with this body."""

    class Handler(http.server.BaseHTTPRequestHandler):
        server_version = "Python/3.11 aiohttp/3.14.5"

        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the name is of http.server
            pass

    class Server(http.server.ThreadingHTTPServer):
        daemon_threads = False

        def get_request(self) -> tuple[socket.socket, object]:
            accepted, address = super().get_request()
            if context is None:
                return accepted, address
            accepted.settimeout(5)
            try:
                return context.wrap_socket(accepted, server_side=True), address
            except OSError:
                accepted.close()
                raise

    server = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def certificate_context(files: tls.Files) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(files.certificate, files.key)
    return context


def test_libraries_of_the_environment_load() -> None:
    assert probes.broken_libraries() == {}
    assert probes.installed_versions(["aiortc", "no-such-library"]) == {
        "aiortc": "1.16.0",
        "no-such-library": None,
    }


def test_free_port_is_free() -> None:
    with listening() as port:
        pass
    assert probes.tcp_port("127.0.0.1", port, secure=False).state == "free"


def test_port_in_use_is_told_with_its_holder() -> None:
    with listening() as port:
        facts = probes.tcp_port("127.0.0.1", port, secure=False)
    assert facts.state == "taken"
    assert str(os.getpid()) in facts.holder


def test_port_of_another_web_server_is_taken() -> None:
    with web(b"<h1>It works!</h1>") as port:
        assert probes.tcp_port("0.0.0.0", port, secure=False).state == "taken"


@pytest.mark.parametrize("secure", [False, True])
def test_port_of_our_own_service_is_ours(tmp_path: Path, *, secure: bool) -> None:
    files = tls.ensure(tmp_path, NAMES, datetime.now(UTC))
    with web(b'{"ok": true}', certificate_context(files) if secure else None) as port:
        assert probes.tcp_port("0.0.0.0", port, secure=secure).state == "ours"


def test_address_of_another_machine_cannot_be_listened_on() -> None:
    assert probes.tcp_port("192.0.2.77", 8080, secure=False).state == "foreign_address"


def test_taken_udp_port_is_counted(tmp_path: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        facts = probes.udp_ports((port, port), ["127.0.0.1"], nodes=1, run_dir=tmp_path)
    assert facts.taken == {"127.0.0.1": 1}
    assert facts.tried == 1
    after = probes.udp_ports((port, port), ["127.0.0.1"], nodes=1, run_dir=tmp_path)
    assert after.taken == {"127.0.0.1": 0}


def test_long_range_is_tried_by_an_even_sample(tmp_path: Path) -> None:
    facts = probes.udp_ports((20000, 59999), ["127.0.0.1"], nodes=1, run_dir=tmp_path)
    assert facts.tried == probes.MOST_PORTS_TRIED


def test_living_node_is_told_from_a_socket_left_behind(tmp_path: Path) -> None:
    left = socket.socket(socket.AF_UNIX)
    left.bind(str(tmp_path / "node-1.sock"))
    left.close()
    assert probes.nodes_running(tmp_path) == 0
    with socket.socket(socket.AF_UNIX) as alive:
        alive.bind(str(tmp_path / "node-2.sock"))
        alive.listen()
        assert probes.nodes_running(tmp_path) == 1


def test_expired_certificate_of_a_running_server_is_found(tmp_path: Path) -> None:
    files = tls.ensure(tmp_path, NAMES, datetime.now(UTC) - tls.SERVER_LIFE - timedelta(days=3))
    with web(b"", certificate_context(files)) as port:
        facts = probes.certificate_of_server("127.0.0.1", port, tmp_path / "ca.crt")
    assert facts is not None
    found = network.judge_certificate(facts, "127.0.0.1", datetime.now(UTC))
    assert [one.level for one in found] == [Level.PROBLEM]
    assert "истёк" in found[0].text


def test_certificate_of_a_foreign_authority_is_not_trusted(tmp_path: Path) -> None:
    files = tls.ensure(tmp_path, NAMES, datetime.now(UTC))
    with web(b"", certificate_context(files)) as port:
        ours = probes.certificate_of_server("127.0.0.1", port, tmp_path / "ca.crt")
        foreign = probes.certificate_of_server("127.0.0.1", port, tmp_path / "none.crt")
    assert ours is not None
    assert ours.self_made
    assert foreign is not None
    assert not foreign.self_made
    assert foreign.trusted is False


def test_nobody_at_the_public_address() -> None:
    with listening() as port:
        pass
    assert probes.certificate_of_server("127.0.0.1", port, Path("none.crt")) is None


def test_key_of_another_certificate_does_not_fit(tmp_path: Path) -> None:
    one = tls.ensure(tmp_path / "one", NAMES, datetime.now(UTC))
    other = tls.ensure(tmp_path / "other", NAMES, datetime.now(UTC))
    assert probes.certificate_of_files(one.certificate, one.key, one.authority).key_fits
    assert not probes.certificate_of_files(one.certificate, other.key, one.authority).key_fits


def test_key_others_can_read_is_noticed(tmp_path: Path) -> None:
    files = tls.ensure(tmp_path, NAMES, datetime.now(UTC))
    assert probes.certificate_of_files(files.certificate, files.key, files.authority).key_private
    files.key.chmod(0o644)
    assert not probes.certificate_of_files(files.certificate, files.key, files.authority).key_private


def test_disk_is_tried_where_the_data_will_be_and_left_clean(tmp_path: Path) -> None:
    facts = probes.disk(tmp_path / "not" / "yet" / "there")
    assert facts.folder == tmp_path
    assert facts.error is None
    assert facts.bytes_per_second > 0
    assert facts.fsync_seconds > 0
    assert list(tmp_path.iterdir()) == []


def test_folder_nothing_can_be_written_to() -> None:
    facts = probes.disk(Path("/proc/self"))
    assert facts.error is not None


def test_clock_is_compared_with_an_earlier_reading() -> None:
    facts = probes.clock(datetime.now(UTC) - timedelta(seconds=90), time.monotonic())
    assert 89 < facts.drift_seconds < 91
    assert abs(probes.clock(datetime.now(UTC), time.monotonic()).drift_seconds) < 0.2


def test_names_resolve_or_do_not() -> None:
    assert ipaddress.ip_address("127.0.0.1") in probes.resolve("localhost")
    assert probes.resolve("192.0.2.1") == (ipaddress.ip_address("192.0.2.1"),)
    assert probes.resolve("no-such-host.invalid") == ()


def doctor(tmp_path: Path, **settings: str) -> tuple[int, dict[str, dict[str, str]]]:
    """The command as the technician runs it: its exit code, and the worst finding of each subject."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    done = subprocess.run(
        [sys.executable, "-m", "server.doctor", "--json"],
        cwd=ROOT, env={**kept, "DATA_DIR": str(tmp_path), **settings}, capture_output=True, text=True,
    )  # fmt: skip
    assert done.stderr == ""
    order = [level.value for level in Level]
    findings = sorted(json.loads(done.stdout)["findings"], key=lambda one: order.index(one["level"]))
    return done.returncode, {one["subject"]: one for one in findings}


def free_port() -> str:
    with listening() as port:
        return str(port)


def test_doctor_finds_a_fit_machine_fit(tmp_path: Path) -> None:
    _, found = doctor(tmp_path, PORT=free_port())
    for subject in ("Python", "Библиотеки", "Адрес службы", "Порт службы", "Порты UDP", "Часовой пояс"):
        assert found[subject]["level"] == "ok", found[subject]
    assert {"Место на диске", "Скорость диска", "Часы", "Открытые файлы"} <= set(found)


def test_doctor_names_everything_that_is_wrong_at_once(tmp_path: Path) -> None:
    files = tls.ensure(tmp_path / "tls", NAMES, datetime.now(UTC) - timedelta(days=500))
    with listening() as port:
        code, found = doctor(
            tmp_path,
            PORT=str(port),
            PUBLIC_URL=f"https://no-such-host.invalid:{port}",
            TLS_CERT=str(files.certificate),
            TLS_KEY=str(files.key),
            MEDIA_UDP_PORTS="40000-40005",
            MEDIA_LISTEN="192.0.2.77",
            MEDIA_ANNOUNCE="router.invalid",
        )
    assert code == 1
    for subject in ("Адрес службы", "Сертификат", "Порт службы", "Порты UDP", "Адреса звука и видео"):
        assert found[subject]["level"] == "problem", found[subject]
        assert found[subject]["remedy"]


def test_doctor_explains_a_setting_that_cannot_be_read(tmp_path: Path) -> None:
    code, found = doctor(tmp_path, MEDIA_UDP_PORTS="many")
    assert code == 1
    assert "MEDIA_UDP_PORTS" in found["Настройки"]["text"]
