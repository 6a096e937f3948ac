"""Settings: one frozen object, read once from the environment and passed inward.

variable           meaning                                                       when not given
HOST, PORT         where the service listens                                     127.0.0.1, 8080
PUBLIC_URL         the address that stands in the links                          scheme, HOST and PORT
DATA_DIR           database, secret, recordings, sockets of the media nodes      ./data
DATABASE_URL       SQLAlchemy address, SQLite or PostgreSQL                      SQLite in DATA_DIR
DEMO               1: an empty database gets a demo day, links are printed       0
DEMO_LINKS         where the demo links are also written, as JSON                –
TIMEZONE           the school's time zone (demo day, dates of a new school)      Europe/Moscow
TLS_CERT, TLS_KEY  certificate and key: the service speaks HTTPS itself          –
MEDIA_UDP_PORTS    UDP ports of all media nodes together, "A-B"                  40000-40999
MEDIA_LISTEN       "auto" or the local addresses media is bound to, with commas  auto
MEDIA_ANNOUNCE     the address browsers are told instead (the school's NAT)      –
TURN_URLS          addresses of TURN servers, with commas                        –
TURN_SECRET        the secret shared with coturn (use-auth-secret)               –
NODES              working media nodes, or "auto": one per core but one          auto
TRUST_PROXY        1: X-Forwarded-Proto comes from our own proxy               0
SMTP_URL           the school's mail server, smtp://user:password@host:587 or    –
                   smtps://…; %-escapes in user and password
SMTP_FROM          the address the letters come from                             –
"""

import ipaddress
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


class SettingsProblem(Exception):
    """A setting that cannot be used; the text is for the technician who wrote it."""


@dataclass(frozen=True, slots=True)
class Smtp:
    """The mail server of the school. Without `secure` encryption begins with STARTTLS, where offered."""

    host: str
    port: int
    sender: str
    secure: bool = False
    """TLS from the first byte (smtps://)."""
    user: str = ""
    password: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything the outside decides. See the module's table."""

    host: str = "127.0.0.1"
    port: int = 8080
    public_url: str = "http://127.0.0.1:8080"
    database_url: str = "sqlite+aiosqlite:///data/exam.sqlite3"
    data_dir: Path = Path("data")
    demo: bool = False
    demo_links: Path | None = None
    timezone: str = "Europe/Moscow"
    tls_cert: Path | None = None
    tls_key: Path | None = None
    media_udp_ports: tuple[int, int] = (40000, 40999)
    media_listen: tuple[str, ...] = ()
    media_announce: str = ""
    media_capacity: int = 12
    media_packet_path: str = "fast"
    turn_urls: tuple[str, ...] = ()
    turn_secret: str = ""
    nodes: int = 1
    trust_proxy: bool = False
    smtp: Smtp | None = None
    """None: no letters are sent; links are printed or exported."""

    @property
    def run_dir(self) -> Path:
        """Control sockets and pid files of the media nodes."""
        return self.data_dir / "run"

    @property
    def log_dir(self) -> Path:
        """Logs of the media nodes, which outlive this process and its terminal."""
        return self.data_dir / "log"

    @property
    def recordings_dir(self) -> Path:
        return self.data_dir / "recordings"

    @property
    def secure(self) -> bool:
        """Whether this process itself speaks HTTPS."""
        return self.tls_cert is not None

    def secret(self) -> bytes:
        """The key of all links, 32 bytes, made at the first start and kept beside the database, mode 0600."""
        path = self.data_dir / "secret"
        self.data_dir.mkdir(parents=True, exist_ok=True)
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            pass
        else:
            with os.fdopen(descriptor, "wb") as file:
                file.write(secrets.token_bytes(32))
                file.flush()
                os.fsync(file.fileno())
        key = path.read_bytes()
        if len(key) < 32:
            raise SettingsProblem(f"{path} is shorter than 32 bytes: restore it from a copy, or delete it")
        return key


def from_environment(env: Mapping[str, str] = os.environ) -> Settings:
    """Settings from environment variables. Raises SettingsProblem naming the variable."""
    data_dir = Path(env.get("DATA_DIR") or "data").absolute()
    host = env.get("HOST") or "127.0.0.1"
    port = _integer(env, "PORT", 8080, 0, 65535)
    cert, key = _path(env, "TLS_CERT"), _path(env, "TLS_KEY")
    if (cert is None) != (key is None):
        raise SettingsProblem("TLS_CERT and TLS_KEY are given together or not at all")
    turn_urls, turn_secret = _list(env, "TURN_URLS"), env.get("TURN_SECRET", "")
    for url in turn_urls:
        if not url.startswith(("turn:", "turns:")):
            raise SettingsProblem(f"TURN_URLS: {url!r} does not begin with turn: or turns:")
    if turn_urls and not turn_secret:
        raise SettingsProblem("TURN_URLS needs TURN_SECRET, the static-auth-secret of coturn")
    return Settings(
        host=host,
        port=port,
        public_url=(env.get("PUBLIC_URL") or _own_url(host, port, cert is not None)).rstrip("/"),
        database_url=env.get("DATABASE_URL") or f"sqlite+aiosqlite:///{data_dir / 'exam.sqlite3'}",
        data_dir=data_dir,
        demo=_flag(env, "DEMO"),
        demo_links=_path(env, "DEMO_LINKS"),
        timezone=_timezone(env),
        tls_cert=cert,
        tls_key=key,
        media_udp_ports=_ports(env),
        media_listen=_addresses(env),
        media_announce=env.get("MEDIA_ANNOUNCE", "").strip(),
        media_capacity=_integer(env, "MEDIA_CAPACITY", 12, 1, 1000),
        media_packet_path=_one_of(env, "MEDIA_PACKET_PATH", ("fast", "plain")),
        turn_urls=turn_urls,
        turn_secret=turn_secret,
        nodes=_nodes(env),
        trust_proxy=_flag(env, "TRUST_PROXY"),
        smtp=_smtp(env),
    )


def _own_url(host: str, port: int, secure: bool) -> str:
    name = "127.0.0.1" if host in {"0.0.0.0", "::", ""} else host
    bracketed = f"[{name}]" if ":" in name else name
    return f"{'https' if secure else 'http'}://{bracketed}:{port}"


def _flag(env: Mapping[str, str], name: str) -> bool:
    value = env.get(name, "").strip().lower()
    if value in {"", "0", "no", "false"}:
        return False
    if value in {"1", "yes", "true"}:
        return True
    raise SettingsProblem(f"{name}: write 1 or 0, not {value!r}")


def _one_of(env: Mapping[str, str], name: str, values: tuple[str, ...]) -> str:
    """The variable, the first of the values if it is not given."""
    value = env.get(name, "").strip().lower() or values[0]
    if value not in values:
        raise SettingsProblem(f"{name}: write {' or '.join(values)}, not {value!r}")
    return value


def _integer(env: Mapping[str, str], name: str, default: int, low: int, high: int) -> int:
    text = env.get(name, "").strip()
    if not text:
        return default
    try:
        value = int(text)
    except ValueError:
        raise SettingsProblem(f"{name}: {text!r} is not a number") from None
    if not low <= value <= high:
        raise SettingsProblem(f"{name}: {value} is not between {low} and {high}")
    return value


def _path(env: Mapping[str, str], name: str) -> Path | None:
    text = env.get(name, "").strip()
    return Path(text).absolute() if text else None


def _list(env: Mapping[str, str], name: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in env.get(name, "").split(",") if part.strip())


def _addresses(env: Mapping[str, str]) -> tuple[str, ...]:
    """Local addresses; the empty tuple is "auto": the node finds them itself."""
    addresses = _list(env, "MEDIA_LISTEN")
    if addresses in {(), ("auto",)}:
        return ()
    for address in addresses:
        try:
            ipaddress.ip_address(address)
        except ValueError:
            raise SettingsProblem(f"MEDIA_LISTEN: {address!r} is not an IP address") from None
    return addresses


def _ports(env: Mapping[str, str]) -> tuple[int, int]:
    text = env.get("MEDIA_UDP_PORTS", "").strip() or "40000-40999"
    first, dash, last = text.partition("-")
    try:
        low, high = int(first), int(last if dash else "")
    except ValueError:
        raise SettingsProblem(f"MEDIA_UDP_PORTS: write A-B, not {text!r}") from None
    if not 1024 <= low < high <= 65535:
        raise SettingsProblem(f"MEDIA_UDP_PORTS: {text} is not a range within 1024-65535")
    return low, high


def _timezone(env: Mapping[str, str]) -> str:
    name = env.get("TIMEZONE", "").strip() or "Europe/Moscow"
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise SettingsProblem(f"TIMEZONE: {name!r} is not known; for example Europe/Saratov") from None
    return name


def _nodes(env: Mapping[str, str]) -> int:
    """Working nodes; one warm spare comes on top."""
    if env.get("NODES", "").strip() in {"", "auto"}:
        return max(1, len(os.sched_getaffinity(0)) - 1)
    return _integer(env, "NODES", 1, 1, 64)


def _smtp(env: Mapping[str, str]) -> Smtp | None:
    """The problem never repeats the address: a password stands in it."""
    url, sender = env.get("SMTP_URL", "").strip(), env.get("SMTP_FROM", "").strip()
    if not url and not sender:
        return None
    if not url or not sender:
        raise SettingsProblem("SMTP_URL and SMTP_FROM are given together or not at all")
    name, at, domain = sender.partition("@")
    if not name or not at or not domain or not sender.isascii() or set(sender) & set(' <>,;"\r\n'):
        raise SettingsProblem(f"SMTP_FROM: {sender!r} is not a plain address such as exam@school.example")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port, parts = None, None, urlsplit("")
    if parts.scheme not in {"smtp", "smtps"} or not host or parts.path not in {"", "/"} or parts.query:
        raise SettingsProblem(
            "SMTP_URL: write smtp://user:password@host:587 or smtps://user:password@host:465"
        )
    if (parts.username is None) != (parts.password is None):
        raise SettingsProblem("SMTP_URL: user and password are given together or not at all")
    secure = parts.scheme == "smtps"
    return Smtp(
        host=host,
        port=port or (465 if secure else 587),
        sender=sender,
        secure=secure,
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
    )
