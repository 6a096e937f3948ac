"""Judgements about the network: name, certificate, ports, addresses, TURN. Pure."""

import ipaddress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from urllib.parse import urlsplit

from server import tls

from .finding import Finding, ok, problem, warning

PORTS_FOR_COMFORT = 30
"""People one media node should be able to hold: two rooms with those who wait."""


@dataclass(frozen=True, slots=True)
class NameFacts:
    """What PUBLIC_URL's host resolves to, and which addresses are this machine's."""

    url: str
    resolved: tuple[tls.Address, ...]
    own: tuple[tls.Address, ...]
    announced: str


def host_of(url: str) -> str:
    return urlsplit(url).hostname or ""


def port_of(url: str) -> int | None:
    """The port a browser would use; None where it is no port."""
    parts = urlsplit(url)
    try:
        return parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        return None


def is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def judge_name(name: NameFacts) -> list[Finding]:
    subject = "Адрес службы"
    parts = urlsplit(name.url)
    host = parts.hostname or ""
    if parts.scheme not in {"http", "https"} or not host or port_of(name.url) is None:
        return [problem(subject, f"{name.url!r} не похож на адрес", "PUBLIC_URL=https://имя[:порт]")]
    found: list[Finding] = []
    if parts.scheme == "http" and not is_loopback(host):
        text = f"{name.url} без HTTPS: браузеры не дадут ни камеры, ни микрофона"
        found.append(problem(subject, text, "make run HTTPS=1 или прокси с сертификатом (docker/README.md)"))
    if not name.resolved:
        remedy = "добавьте имя в DNS школы или укажите в PUBLIC_URL адрес"
        return [*found, problem(subject, f"имя {host} не находится", remedy)]
    shown = ", ".join(map(str, name.resolved))
    if is_loopback(host):
        found.append(ok(subject, f"{name.url}, виден только с этой машины"))
    elif set(name.resolved) & set(name.own) or name.announced in map(str, name.resolved):
        found.append(ok(subject, f"{name.url} ведёт сюда ({shown})"))
    else:
        text = f"{host} ведёт на {shown}, это не адрес этой машины"
        found.append(
            warning(subject, text, "верно, если перед службой стоит прокси или роутер; иначе исправьте DNS")
        )
    return found


@dataclass(frozen=True, slots=True)
class CertificateFacts:
    """`trusted` is None where it was not tried; `key_fits` and `key_private` are None for a certificate seen
    from outside, by way of a proxy."""

    names: tls.Names
    not_before: datetime
    not_after: datetime
    self_made: bool
    trusted: bool | None = None
    key_fits: bool | None = None
    key_private: bool | None = None


def covers(names: tls.Names, host: str) -> bool:
    """Whether a browser would take this for the host (RFC 9525: a wildcard is one whole label)."""
    try:
        return ipaddress.ip_address(host) in names.addresses
    except ValueError:
        pass
    try:
        wanted = host.rstrip(".").encode("idna").decode().lower()
    except UnicodeError:
        return False
    listed = {name.lower() for name in names.hosts}
    return wanted in listed or f"*.{wanted.partition('.')[2]}" in listed


def judge_certificate(certificate: CertificateFacts, host: str, now: datetime) -> list[Finding]:
    subject = "Сертификат"
    renew = "make run HTTPS=1 сделает новый" if certificate.self_made else "обновите сертификат"
    left = certificate.not_after - now
    found: list[Finding] = []
    if now < certificate.not_before:
        text = f"начнёт действовать только {certificate.not_before:%d.%m.%Y %H:%M} UTC"
        found.append(problem(subject, text, "проверьте часы машины"))
    if left <= timedelta(0):
        found.append(problem(subject, f"истёк {certificate.not_after:%d.%m.%Y}", renew))
    elif left < timedelta(days=14):
        found.append(warning(subject, f"истекает через {left.days} дн.", renew))
    if not covers(certificate.names, host):
        names = ", ".join([*certificate.names.hosts, *map(str, certificate.names.addresses)]) or "ничего"
        remedy = renew if certificate.self_made else "получите сертификат на это имя"
        found.append(problem(subject, f"не для {host}: в нём {names}", remedy))
    if certificate.key_fits is False:
        found.append(
            problem(subject, "ключ TLS_KEY не от этого сертификата", "укажите пару TLS_CERT и TLS_KEY")
        )
    if certificate.key_private is False:
        found.append(
            warning(subject, "ключ могут прочитать другие пользователи машины", "chmod 600 на файл TLS_KEY")
        )
    if not certificate.self_made and certificate.trusted is False and not found:
        text = "браузеры ему не поверят (не та цепочка или неизвестный издатель)"
        found.append(problem(subject, text, "проверьте, что файл содержит всю цепочку (fullchain)"))
    if not found:
        own = "; самодельный: на компьютеры нужно установить ca.crt" if certificate.self_made else ""
        found.append(ok(subject, f"для {host}, ещё {left.days} дн.{own}"))
    return found


@dataclass(frozen=True, slots=True)
class UdpFacts:
    """How many ports of the range were tried and were taken on each local address."""

    ports: tuple[int, int]
    tried: int
    taken: dict[str, int]
    nodes: int
    nodes_running: bool


def judge_udp(udp: UdpFacts) -> list[Finding]:
    """One person takes a port on each address, and a second one while reconnecting."""
    subject = "Порты UDP"
    first, last = udp.ports
    size = last - first + 1
    people = size // (udp.nodes + 1) // 2
    found: list[Finding] = []
    remedy = "расширьте MEDIA_UDP_PORTS, например 40000-40999"
    if people < 8:
        text = f"{first}-{last}: по {people} чел. на медиаузел, не хватит и одной аудитории"
        found.append(problem(subject, text, remedy))
    elif people < PORTS_FOR_COMFORT:
        found.append(warning(subject, f"{first}-{last}: не больше {people} чел. на медиаузел", remedy))
    if not udp.nodes_running:
        for address, taken in udp.taken.items():
            if taken * 2 > udp.tried:
                text = f"{first}-{last} на {address}: занято {taken} из {udp.tried}"
                found.append(problem(subject, text, "укажите в MEDIA_UDP_PORTS другой промежуток"))
            elif taken * 10 > udp.tried:
                text = f"{first}-{last} на {address}: занято {taken} из {udp.tried}"
                found.append(warning(subject, text, "посмотрите, кем: ss -lunp"))
    if not found:
        state = "служба работает" if udp.nodes_running else "свободны"
        text = f"{first}-{last}, {state}, до {people} чел. на медиаузел (откройте их и в брандмауэре)"
        found.append(ok(subject, text))
    return found


@dataclass(frozen=True, slots=True)
class AddressFacts:
    """`listen` is empty for "auto"; `announced` is empty where there is no NAT."""

    listen: tuple[str, ...]
    announced: str
    own: tuple[tls.Address, ...]
    public_host: str
    turn: bool


def judge_addresses(facts: AddressFacts) -> list[Finding]:
    subject = "Адреса звука и видео"
    own = set(map(str, facts.own))
    found: list[Finding] = []
    foreign = [address for address in facts.listen if str(ipaddress.ip_address(address)) not in own]
    if foreign:
        text = f"MEDIA_LISTEN: {', '.join(foreign)} нет на этой машине"
        found.append(problem(subject, text, f"есть {', '.join(sorted(own))}; или уберите MEDIA_LISTEN"))
    used = [ipaddress.ip_address(address) for address in facts.listen if address not in foreign]
    used = used or list(facts.own)
    outside = [address for address in used if not address.is_loopback]
    if not outside and not is_loopback(facts.public_host):
        found.append(problem(subject, "только внутренний адрес 127.0.0.1", "подключите машину к сети"))
    if facts.announced:
        found += _judge_announced(subject, facts.announced)
    elif (
        _is_global(facts.public_host) and not any(address.is_global for address in outside) and not facts.turn
    ):
        text = f"адрес службы {facts.public_host} внешний, а у машины только внутренние: нужен проброс портов"
        remedy = "пробросьте UDP на роутере и укажите MEDIA_ANNOUNCE с внешним адресом, или поставьте TURN"
        found.append(warning(subject, text, remedy))
    if not found:
        shown = facts.announced or ", ".join(map(str, outside)) or "127.0.0.1"
        found.append(ok(subject, shown))
    return found


def _judge_announced(subject: str, announced: str) -> list[Finding]:
    try:
        address = ipaddress.ip_address(announced)
    except ValueError:
        text = f"MEDIA_ANNOUNCE={announced} не адрес"
        return [problem(subject, text, "укажите сам адрес, например 203.0.113.7, а не имя")]
    if address.is_loopback or address.is_unspecified:
        text = f"MEDIA_ANNOUNCE={announced}: по такому адресу никто не придёт"
        return [problem(subject, text, "укажите адрес, видимый участникам")]
    return []


def _is_global(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        return False


TcpState = Literal["free", "ours", "taken", "denied", "foreign_address"]


@dataclass(frozen=True, slots=True)
class TcpFacts:
    """`holder` is the program that listens on the port, where the system tells."""

    host: str
    port: int
    state: TcpState
    holder: str = ""


def judge_tcp(tcp: TcpFacts) -> Finding:
    subject = "Порт службы"
    where = f"{tcp.host}:{tcp.port}"
    match tcp.state:
        case "free":
            return ok(subject, f"{where} свободен")
        case "ours":
            return ok(subject, f"{where}, служба уже работает")
        case "denied":
            return problem(
                subject, f"{where} занять нельзя", "порты до 1024 только для root: возьмите PORT=8443"
            )
        case "foreign_address":
            return problem(subject, f"адреса {tcp.host} на машине нет", "HOST=0.0.0.0 слушает на всех")
        case "taken":
            holder = f" ({tcp.holder})" if tcp.holder else ""
            return problem(subject, f"{where} занят другой программой{holder}", "возьмите другой PORT")


TurnState = Literal["relayed", "unresolved", "silent", "refused", "unauthorized", "failed"]


@dataclass(frozen=True, slots=True)
class TurnFacts:
    """What one TURN server answered when asked for a relay with a short-lived password."""

    url: str
    state: TurnState
    server: str = ""
    relay: str = ""
    detail: str = ""


def judge_turn(turn: TurnFacts) -> Finding:
    subject = "TURN"
    match turn.state:
        case "relayed":
            private_relay = not ipaddress.ip_address(turn.relay).is_global
            if private_relay and _is_global(turn.server):
                text = f"{turn.url} отвечает, но предлагает внутренний адрес {turn.relay}"
                return warning(subject, text, "в turnserver.conf укажите external-ip")
            return ok(subject, f"{turn.url} отвечает, пароль принят")
        case "unresolved":
            return problem(subject, f"{turn.url}: имя не находится", "проверьте TURN_URLS и DNS")
        case "silent":
            remedy = "проверьте, что coturn запущен и порт открыт в брандмауэре"
            return problem(subject, f"{turn.url} молчит", remedy)
        case "refused":
            return problem(
                subject, f"{turn.url}: соединение не принято {turn.detail}".rstrip(), "запустите coturn"
            )
        case "unauthorized":
            text = f"{turn.url} не принял пароль"
            return problem(subject, text, "TURN_SECRET должен совпадать с static-auth-secret, часы тоже")
        case "failed":
            return problem(subject, f"{turn.url}: {turn.detail}", "посмотрите журнал coturn")
