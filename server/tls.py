"""A certificate of the school's own, for a network without a public name.

Browsers give camera and microphone only to HTTPS. Where no real certificate can be had,
`python -m server.tls` makes a small authority and, signed by it, a certificate for every name and address
of this machine:

    DATA_DIR/tls/ca.crt       the authority; what is installed on the school's computers
    DATA_DIR/tls/ca.key       its key, 0600
    DATA_DIR/tls/server.crt   the server's certificate with the authority's behind it
    DATA_DIR/tls/server.key   its key, 0600

The authority is limited to these names and to private networks (RFC 5280, name constraints): whoever stole
its key could not pose as a bank to the computers that trust it.
"""

import argparse
import contextlib
import ipaddress
import os
import shlex
import socket
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import psutil
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

AUTHORITY_LIFE = timedelta(days=3650)
SERVER_LIFE = timedelta(days=397)
"""Apple's devices refuse a server's certificate that lives longer than 825 days."""
RENEW_BEFORE = timedelta(days=30)
SKEW = timedelta(days=1)
"""A visitor's clock may be a little behind ours."""

PRIVATE_NETWORKS: tuple[Network, ...] = (
    ipaddress.ip_network("10.0.0.0/8"),
    ipaddress.ip_network("172.16.0.0/12"),
    ipaddress.ip_network("192.168.0.0/16"),
    ipaddress.ip_network("127.0.0.0/8"),
    ipaddress.ip_network("fc00::/7"),
    ipaddress.ip_network("::1/128"),
)


@dataclass(frozen=True, slots=True)
class Names:
    """What a browser may write into its address line to come to this machine."""

    hosts: tuple[str, ...]
    addresses: tuple[Address, ...]

    def with_host(self, host: str) -> "Names":
        """These and one more, which may be a name or an address."""
        try:
            address = ipaddress.ip_address(host)
        except ValueError:
            name = host.encode("idna").decode().lower()
            return self if name in self.hosts else Names((*self.hosts, name), self.addresses)
        return self if address in self.addresses else Names(self.hosts, (*self.addresses, address))

    def within(self, other: "Names") -> bool:
        return set(self.hosts) <= set(other.hosts) and set(self.addresses) <= set(other.addresses)


@dataclass(frozen=True, slots=True)
class Files:
    """Where the certificates lie, and the authority's fingerprint to compare on the computers."""

    authority: Path
    certificate: Path
    key: Path
    fingerprint: str


@dataclass(frozen=True, slots=True)
class _Pair:
    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey


def own_names() -> Names:
    """Names and addresses of this machine; link-local ones are left out, no browser can be sent to them."""
    short = socket.gethostname().split(".")[0].lower()
    addresses: dict[Address, None] = {}
    for entries in psutil.net_if_addrs().values():
        for entry in entries:
            if entry.family in {socket.AF_INET, socket.AF_INET6}:
                address = ipaddress.ip_address(entry.address.split("%")[0])
                if not address.is_link_local:
                    addresses[address] = None
    ordered = sorted(addresses, key=lambda address: (address.version, int(address)))
    hosts = ["localhost"]
    for name in (short, f"{short}.local", socket.gethostname().lower()):
        with contextlib.suppress(UnicodeError, x509.UnsupportedGeneralNameType):
            if name not in hosts and name.isascii():
                hosts.append(name)
    return Names(tuple(hosts), tuple(ordered))


def ensure(directory: Path, names: Names, now: datetime) -> Files:
    """Makes what is missing, broken, near its end or lacks a name; leaves alone what is good."""
    directory.mkdir(parents=True, exist_ok=True)
    directory.chmod(0o700)
    authority = _load(directory / "ca.crt", directory / "ca.key")
    if authority is None or not _authority_serves(authority.certificate, names, now):
        authority = _make_authority(names, now)
        _save(authority, directory / "ca.crt", directory / "ca.key")
    server = _load(directory / "server.crt", directory / "server.key")
    if server is None or not _server_serves(server.certificate, authority.certificate, names, now):
        server = _make_server(authority, names, now)
        _save(server, directory / "server.crt", directory / "server.key", behind=authority.certificate)
    fingerprint = authority.certificate.fingerprint(hashes.SHA256()).hex(":").upper()
    return Files(directory / "ca.crt", directory / "server.crt", directory / "server.key", fingerprint)


def names_of(certificate: x509.Certificate) -> Names:
    """The names a certificate was issued for."""
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return Names((), ())
    addresses = [
        address
        for address in names.get_values_for_type(x509.IPAddress)
        if isinstance(address, Address)  # a network has no place in a server's certificate
    ]
    return Names(tuple(names.get_values_for_type(x509.DNSName)), tuple(addresses))


def _authority_serves(certificate: x509.Certificate, names: Names, now: datetime) -> bool:
    """It outlives the certificates it signs, and its limits admit these names."""
    if certificate.not_valid_before_utc > now or certificate.not_valid_after_utc < now + SERVER_LIFE:
        return False
    try:
        limits = certificate.extensions.get_extension_for_class(x509.NameConstraints).value
    except x509.ExtensionNotFound:
        return False
    permitted = limits.permitted_subtrees or []
    hosts = {name.value for name in permitted if isinstance(name, x509.DNSName)}
    networks = [name.value for name in permitted if isinstance(name, x509.IPAddress)]
    return set(names.hosts) <= hosts and all(
        any(isinstance(network, Network) and address in network for network in networks)
        for address in names.addresses
    )


def _server_serves(
    certificate: x509.Certificate, authority: x509.Certificate, names: Names, now: datetime
) -> bool:
    try:
        certificate.verify_directly_issued_by(authority)
    except (ValueError, TypeError, InvalidSignature):
        return False
    in_time = certificate.not_valid_before_utc <= now < certificate.not_valid_after_utc - RENEW_BEFORE
    return in_time and names.within(names_of(certificate))


def _make_authority(names: Names, now: datetime) -> _Pair:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = _subject(f"Видеосвязь школы ({socket.gethostname()})"[:64])
    others = [
        ipaddress.ip_network(address)
        for address in names.addresses
        if not any(address in network for network in PRIVATE_NETWORKS)
    ]
    permitted: list[x509.GeneralName] = [x509.DNSName(host) for host in names.hosts]
    permitted += [x509.IPAddress(network) for network in (*PRIVATE_NETWORKS, *others)]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - SKEW)
        .not_valid_after(now + AUTHORITY_LIFE)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(x509.NameConstraints(permitted, None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    return _Pair(certificate, key)


def _make_server(authority: _Pair, names: Names, now: datetime) -> _Pair:
    key = ec.generate_private_key(ec.SECP256R1())
    alternatives: list[x509.GeneralName] = [x509.DNSName(host) for host in names.hosts]
    alternatives += [x509.IPAddress(address) for address in names.addresses]
    issuer_key = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key())
    certificate = (
        x509.CertificateBuilder()
        .subject_name(_subject(socket.gethostname()[:64]))
        .issuer_name(authority.certificate.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - SKEW)
        .not_valid_after(now + SERVER_LIFE)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(issuer_key, critical=False)
        .sign(authority.key, hashes.SHA256())
    )
    return _Pair(certificate, key)


def _subject(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _load(certificate_path: Path, key_path: Path) -> _Pair | None:
    """A pair that belongs together, or None: a half-written or foreign one is made anew."""
    try:
        certificate = x509.load_pem_x509_certificate(certificate_path.read_bytes())
        key = serialization.load_pem_private_key(key_path.read_bytes(), password=None)
    except (FileNotFoundError, ValueError, TypeError):
        return None
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.public_key() != certificate.public_key():
        return None
    key_path.chmod(0o600)
    return _Pair(certificate, key)


def _save(
    pair: _Pair, certificate_path: Path, key_path: Path, behind: x509.Certificate | None = None
) -> None:
    pem = serialization.Encoding.PEM
    key = pair.key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    chain = pair.certificate.public_bytes(pem) + (behind.public_bytes(pem) if behind else b"")
    _write(key_path, key, 0o600)
    _write(certificate_path, chain, 0o644)


def _write(path: Path, content: bytes, mode: int) -> None:
    """All or nothing, and never readable by others on the way."""
    draft = path.with_name(f"{path.name}.new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def network_address(names: Names) -> str:
    """The address to put into links: the one this machine uses towards its network. Sends nothing."""
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))
        return str(probe.getsockname()[0])
    outside = [address for address in names.addresses if not address.is_loopback]
    return str(outside[0]) if outside else "localhost"


def link_host(host: str, names: Names) -> str:
    """The host of the links for a service that listens on `host`, ready for a URL."""
    chosen = network_address(names) if host in {"0.0.0.0", "::", ""} else host
    return f"[{chosen}]" if ":" in chosen else chosen


ADVICE = """\
Служба откроется по адресу {url}

Сертификат сделан на этой машине, поэтому браузеры его ещё не знают.
Лучший путь: один раз установить на каждый компьютер и телефон файл
    {authority}
    отпечаток SHA-256: {fingerprint}

  Windows      от имени администратора: certutil -addstore Root ca.crt (для Chrome, Edge, Яндекса)
  Firefox      Настройки → Приватность и защита → Просмотр сертификатов → Центры сертификации → Импортировать
  Linux        Chrome и Chromium: Настройки → Конфиденциальность и безопасность → Безопасность → Сертификаты
  Android      Настройки → Безопасность → Установить сертификат → Сертификат ЦС
  iPhone       открыть файл, установить профиль, затем Настройки → Основные → Об этом устройстве →
               Доверие сертификатам: включить

Для пробы хватит и так: на странице предупреждения нажать «Дополнительно» → «Перейти на сайт»
(в Firefox «Принять риск и продолжить»). На iPhone этого мало: там сертификат нужно установить.
Файлы *.key никому не передавайте.
"""


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m server.tls", description="A certificate of the school's own."
    )
    parser.add_argument(
        "--name", action="append", default=[], help="one more name or address of this machine"
    )
    parser.add_argument("--shell", action="store_true", help="print the settings for a shell to evaluate")
    options = parser.parse_args(arguments)
    env = os.environ
    names = own_names()
    public = env.get("PUBLIC_URL", "").rstrip("/")
    public_host = urlsplit(public).hostname
    for extra in (*options.name, *((public_host,) if public_host else ())):
        names = names.with_host(extra)
    directory = Path(env.get("DATA_DIR") or "data").absolute() / "tls"
    files = ensure(directory, names, datetime.now(UTC))
    host, port = env.get("HOST") or "0.0.0.0", env.get("PORT") or "8443"
    url = public or f"https://{link_host(host, names)}:{port}"
    print(ADVICE.format(url=url, authority=files.authority, fingerprint=files.fingerprint), file=sys.stderr)
    if options.shell:
        settings = {"TLS_CERT": str(files.certificate), "TLS_KEY": str(files.key), "PUBLIC_URL": url}
        for name, value in settings.items():
            print(f"export {name}={shlex.quote(value)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
