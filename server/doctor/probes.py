"""Questions to the machine: each returns plain facts and judges nothing."""

import ctypes
import errno
import http.client
import importlib
import importlib.metadata
import ipaddress
import json
import os
import shutil
import socket
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import psutil
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from server import tls

from .machine import ClockFacts, Disk
from .network import CertificateFacts, TcpFacts, TcpState, UdpFacts

NETWORK_SECONDS = 3.0
MOST_PORTS_TRIED = 4000
TRIAL_BYTES = 32 * 1024 * 1024
TRIAL_FSYNCS = 15


def installed_versions(names: list[str]) -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    for name in names:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found[name] = None
    return found


def broken_libraries() -> dict[str, str]:
    """Binary libraries that are installed and yet do not load here, with the reason."""
    broken: dict[str, str] = {}
    for name in ("av", "pylibsrtp", "cryptography", "msgspec"):
        try:
            importlib.import_module(name)
        except Exception as error:  # whatever a foreign binary raises is the answer
            broken[name] = f"{type(error).__name__}: {error}"
    if "av" not in broken:
        codec = importlib.import_module("av.codec")
        for wanted in ("libopus", "libvpx"):
            try:
                codec.Codec(wanted, "w")
            except Exception as error:
                broken["av"] = f"{wanted}: {error}"
    return broken


def open_files() -> tuple[int, int]:
    """Soft and hard limit of descriptors; -1 is none."""
    soft, hard = psutil.Process().rlimit(psutil.RLIMIT_NOFILE)
    return soft, hard


def resolve(host: str) -> tuple[tls.Address, ...]:
    try:
        answers = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return ()
    return tuple(dict.fromkeys(ipaddress.ip_address(str(answer[4][0]).split("%")[0]) for answer in answers))


def certificate_of_files(certificate: Path, key: Path, authority: Path) -> CertificateFacts:
    """Raises OSError or ValueError for files that are missing or no certificate and key."""
    chain = x509.load_pem_x509_certificates(certificate.read_bytes())
    leaf = chain[0]
    private = serialization.load_pem_private_key(key.read_bytes(), password=None)
    encoding, form = serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    fits = private.public_key().public_bytes(encoding, form) == leaf.public_key().public_bytes(encoding, form)
    return _certificate(
        leaf, _issued_by_file(leaf, authority), key_fits=fits, key_private=not key.stat().st_mode & 0o077
    )


def certificate_of_server(host: str, port: int, authority: Path) -> CertificateFacts | None:
    """The certificate that answers at the public address, perhaps a proxy's; None where nobody answers."""
    try:
        pem = ssl.get_server_certificate((host, port), timeout=NETWORK_SECONDS)
    except (OSError, ValueError):
        return None
    leaf = x509.load_pem_x509_certificate(pem.encode())
    return _certificate(leaf, _issued_by_file(leaf, authority), trusted=_trusted(host, port))


def _certificate(
    leaf: x509.Certificate,
    from_own_authority: bool,
    *,
    trusted: bool | None = None,
    key_fits: bool | None = None,
    key_private: bool | None = None,
) -> CertificateFacts:
    return CertificateFacts(
        names=tls.names_of(leaf),
        not_before=leaf.not_valid_before_utc,
        not_after=leaf.not_valid_after_utc,
        self_made=from_own_authority or leaf.issuer == leaf.subject,
        trusted=trusted,
        key_fits=key_fits,
        key_private=key_private,
    )


def _issued_by_file(leaf: x509.Certificate, authority: Path) -> bool:
    try:
        leaf.verify_directly_issued_by(x509.load_pem_x509_certificate(authority.read_bytes()))
    except Exception:  # no such file, another issuer, another kind of key: all mean no
        return False
    return True


def _trusted(host: str, port: int) -> bool:
    context = ssl.create_default_context()
    try:
        with (
            socket.create_connection((host, port), NETWORK_SECONDS) as plain,
            context.wrap_socket(plain, server_hostname=host),
        ):
            return True
    except OSError:
        return False


def udp_ports(ports: tuple[int, int], addresses: list[str], *, nodes: int, run_dir: Path) -> UdpFacts:
    """Binds and lets go each port of the range, or an even sample of a long one, on each address."""
    first, last = ports
    step = -(-(last - first + 1) // MOST_PORTS_TRIED)
    tried = range(first, last + 1, step)
    taken = {address: sum(not _can_bind_udp(address, port) for port in tried) for address in addresses}
    return UdpFacts(ports, len(tried), taken, nodes, nodes_running(run_dir) > 0)


def _can_bind_udp(address: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((address, port))
        except OSError as error:
            return error.errno not in {errno.EADDRINUSE, errno.EACCES}
    return True


def nodes_running(run_dir: Path) -> int:
    """Media nodes whose control sockets take a connection."""
    return sum(_answers(path) for path in run_dir.glob("*.sock"))


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(NETWORK_SECONDS)
        try:
            probe.connect(str(path))
        except OSError:
            return False
    return True


def tcp_port(host: str, port: int, *, secure: bool) -> TcpFacts:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except OSError:
        return TcpFacts(host, port, "foreign_address")
    with socket.socket(family, kind, protocol) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
            probe.listen(1)
        except OSError as error:
            states: dict[int | None, TcpState] = {
                errno.EACCES: "denied",
                errno.EADDRNOTAVAIL: "foreign_address",
            }
            state = states.get(error.errno, "taken")
        else:
            return TcpFacts(host, port, "free")
    if state == "taken" and _is_ours(host, port, secure=secure):
        state = "ours"
    return TcpFacts(host, port, state, _holder(port) if state == "taken" else "")


def _is_ours(host: str, port: int, *, secure: bool) -> bool:
    """Whether our own service answers there."""
    near = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(host, host)
    connection: http.client.HTTPConnection
    if secure:
        context = ssl.create_default_context()
        context.check_hostname = False  # the question is who it is, not whether a browser would trust it
        context.verify_mode = ssl.CERT_NONE
        connection = http.client.HTTPSConnection(near, port, timeout=NETWORK_SECONDS, context=context)
    else:
        connection = http.client.HTTPConnection(near, port, timeout=NETWORK_SECONDS)
    try:
        connection.request("GET", "/healthz")
        answer = connection.getresponse()
        made_by = answer.getheader("Server") or ""
        return "aiohttp" in made_by and json.loads(answer.read(65536)) == {"ok": True}
    except (OSError, http.client.HTTPException, ValueError):
        return False
    finally:
        connection.close()


def _holder(port: int) -> str:
    """The program that listens on a TCP port, as far as this user may know."""
    try:
        for connection in psutil.net_connections("tcp"):
            at = getattr(connection.laddr, "port", None)
            if at == port and connection.status == psutil.CONN_LISTEN and connection.pid:
                return f"{psutil.Process(connection.pid).name()}, процесс {connection.pid}"
    except (psutil.Error, OSError):
        pass
    return ""


def disk(data_dir: Path) -> Disk:
    """Writes a trial file where the recordings will be, and removes it."""
    folder = data_dir.absolute()
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    filesystem = _filesystem(folder)
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            block = os.urandom(1024 * 1024)
            started = time.perf_counter()
            for _ in range(min(TRIAL_BYTES, free // 4) // len(block)):
                file.write(block)
            file.flush()
            os.fsync(file.fileno())
            speed = file.tell() / max(time.perf_counter() - started, 1e-6)
            waits = [_timed(lambda: _append(file.fileno())) for _ in range(TRIAL_FSYNCS)]
    except OSError as error:
        return Disk(folder, free, filesystem, error.strerror or str(error), 0.0, 0.0)
    return Disk(folder, free, filesystem, None, speed, statistics.median(waits))


def _append(descriptor: int) -> None:
    os.write(descriptor, b"x" * 4096)
    os.fsync(descriptor)


def _timed(action: Callable[[], None]) -> float:
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def _filesystem(folder: Path) -> str:
    """The type of the file system the folder lies on: the one with the longest mount point above it."""
    real = folder.resolve()
    best, kind = -1, ""
    for partition in psutil.disk_partitions(all=True):
        mount = Path(partition.mountpoint)
        if real.is_relative_to(mount) and len(mount.parts) >= best:
            best, kind = len(mount.parts), partition.fstype
    return kind


def clock(started: datetime, started_monotonic: float) -> ClockFacts:
    """Compares with a reading taken earlier, and asks whoever keeps the clock."""
    now = datetime.now(UTC)
    drift = (now - started).total_seconds() - (time.monotonic() - started_monotonic)
    for ask in (_chrony, _timedatectl, _kernel):
        synchronized, source, offset = ask()
        if synchronized is not None:
            return ClockFacts(now, synchronized, source, offset, drift)
    return ClockFacts(now, None, "", None, drift)


Synchronization = tuple[bool | None, str, float | None]


def _chrony() -> Synchronization:
    fields = _output("chronyc", "-c", "tracking").strip().split(",")
    if len(fields) < 14:
        return None, "chrony", None
    try:
        return fields[13].strip() != "Not synchronised", "chrony", float(fields[4])
    except ValueError:
        return None, "chrony", None


def _timedatectl() -> Synchronization:
    answer = _output("timedatectl", "show", "--property=NTPSynchronized", "--value").strip()
    return {"yes": True, "no": False}.get(answer), "timedatectl", None


def _kernel() -> Synchronization:
    """The kernel's own opinion (adjtimex): in containers nothing else can tell."""
    if not sys.platform.startswith("linux") or ctypes.sizeof(ctypes.c_long) != 8:
        return None, "", None
    # struct timex: int modes, then long offset, freq, maxerror, esterror, then int status
    buffer = ctypes.create_string_buffer(512)
    state = ctypes.CDLL(None, use_errno=True).adjtimex(buffer)
    if state < 0:
        return None, "", None
    unsynchronized = int.from_bytes(buffer.raw[40:44], sys.byteorder) & 0x40
    return not unsynchronized, "ядро", None


def _output(*command: str) -> str:
    """What a command prints; nothing where it is missing or fails."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=NETWORK_SECONDS, check=True)
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout
