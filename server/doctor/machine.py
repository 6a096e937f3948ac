"""Judgements about this machine: versions, limits, disk, clock, time zone. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from .finding import Finding, ok, problem, warning

OLDEST_PYTHON = (3, 11)
SEAMS = ("aioice", "aiortc", "av", "pylibsrtp")
"""Libraries whose inner parts the media node uses: another release is another program."""

GB = 1_000_000_000
ROOM_HOUR_BYTES = 1_600_000_000
"""A recorded hour of one room at full bitrate: two cameras, a screen and three voices, 3.6 Mbit/s."""

_PIN = re.compile(
    r"^(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)==(?P<version>[^\s;\\]+)(?P<marker>\s*;)?", re.MULTILINE
)


@dataclass(frozen=True, slots=True)
class Pin:
    """A locked release; one with a marker is for some platforms only and may be absent."""

    name: str
    version: str
    conditional: bool


def pins(lock: str) -> list[Pin]:
    """The releases named by the text of a requirements lock."""
    return [
        Pin(found["name"], found["version"], found["marker"] is not None) for found in _PIN.finditer(lock)
    ]


def judge_python(version: tuple[int, int, int]) -> Finding:
    text = ".".join(map(str, version))
    if version < OLDEST_PYTHON:
        return problem("Python", f"версия {text} слишком старая", "поставьте Python 3.11 или новее")
    return ok("Python", f"версия {text}")


def judge_libraries(
    wanted: list[Pin], installed: Mapping[str, str | None], broken: Mapping[str, str]
) -> list[Finding]:
    """`installed` gives a version or None for each pinned name, `broken` why a library cannot be loaded."""
    subject = "Библиотеки"
    remedy = "выполните make install"
    if not wanted:
        return [
            warning(subject, "нет файла requirements.lock, сравнить не с чем", "возьмите его из поставки")
        ]
    found: list[Finding] = []
    versions: dict[str, set[str]] = {}
    optional: set[str] = set()
    for pin in wanted:
        versions.setdefault(pin.name, set()).add(pin.version)
        if pin.conditional:
            optional.add(pin.name)
    other: list[str] = []
    for name, admitted in versions.items():
        present = installed.get(name)
        if present in admitted or (present is None and name in optional):
            continue
        locked = " или ".join(sorted(admitted))
        if present is None:
            found.append(problem(subject, f"нет {name} {locked}", remedy))
        elif name in SEAMS:
            found.append(problem(subject, f"{name} {present}, а служба работает только с {locked}", remedy))
        else:
            other.append(f"{name} {present} вместо {locked}")
    if other:
        found.append(warning(subject, f"не те версии: {', '.join(other)}", remedy))
    found += [
        problem(
            subject,
            f"{name} не загружается: {why}",
            f"{remedy}; не поможет, проверьте, что система 64-битная",
        )
        for name, why in broken.items()
    ]
    return found or [ok(subject, f"{len(versions)}, все как в requirements.lock")]


def judge_printing(missing: tuple[str, ...]) -> Finding:
    """`missing` are Debian's names of the packages that forms are printed with. An exam can be held without."""
    subject = "Печать форм"
    if missing:
        remedy = f"apt-get install --no-install-recommends {' '.join(missing)}"
        return warning(subject, "документы в PDF не сделать: нет системных библиотек", remedy)
    return ok(subject, "библиотеки на месте")


def judge_open_files(soft: int, hard: int) -> Finding:
    """Each connection of a browser takes a few descriptors; soft or hard -1 means without limit."""
    subject = "Открытые файлы"
    remedy = "поднимите предел: ulimit -n 65536, в systemd LimitNOFILE=65536"
    if soft == -1 or soft >= 4096:
        return ok(subject, "без предела" if soft == -1 else f"предел {soft}")
    if soft >= 1024:
        return warning(subject, f"предел {soft}: хватит на несколько аудиторий", remedy)
    return problem(subject, f"предел {soft} (можно поднять до {hard})", remedy)


@dataclass(frozen=True, slots=True)
class Disk:
    """`error` is why nothing could be written, in the system's words; speeds are of a trial write."""

    folder: Path
    free_bytes: int
    filesystem: str
    error: str | None
    bytes_per_second: float
    fsync_seconds: float


def judge_disk(disk: Disk, *, sqlite: bool) -> list[Finding]:
    subject = "Диск"
    if disk.error is not None:
        return [
            problem(
                subject, f"в {disk.folder} не записать: {disk.error}", "дайте службе право писать в DATA_DIR"
            )
        ]
    found = [_judge_space(disk), _judge_speed(disk)]
    network = disk.filesystem in {"nfs", "nfs4", "cifs", "smb3", "smbfs", "fuse.sshfs", "9p"}
    if network and sqlite:
        text = f"{disk.folder} лежит на сетевом диске ({disk.filesystem}), SQLite может испортиться"
        found.append(problem(subject, text, "укажите DATA_DIR на своём диске машины или возьмите PostgreSQL"))
    if disk.filesystem in {"tmpfs", "ramfs"}:
        text = f"{disk.folder} лежит в памяти: после перезагрузки записей не будет"
        found.append(problem(subject, text, "укажите DATA_DIR на настоящем диске"))
    return found


def _judge_space(disk: Disk) -> Finding:
    subject = "Место на диске"
    hours = disk.free_bytes / ROOM_HOUR_BYTES
    text = f"свободно {disk.free_bytes / GB:.1f} ГБ, это около {hours:.0f} ч записи одной аудитории"
    remedy = "освободите место или укажите DATA_DIR на другом диске"
    if disk.free_bytes < 3 * GB:
        return problem(subject, text, remedy)
    if disk.free_bytes < 20 * GB:
        return warning(subject, text, remedy)
    return ok(subject, text)


def _judge_speed(disk: Disk) -> Finding:
    subject = "Скорость диска"
    speed, fsync = disk.bytes_per_second / 1_000_000, disk.fsync_seconds * 1000
    text = f"запись {speed:.0f} МБ/с, подтверждение {fsync:.1f} мс"
    remedy = "закройте то, что занимает диск, или укажите DATA_DIR на более быстром"
    if speed < 3 or fsync > 1000:
        return problem(subject, text, remedy)
    if speed < 20 or fsync > 100:
        return warning(subject, text, remedy)
    return ok(subject, text)


@dataclass(frozen=True, slots=True)
class ClockFacts:
    """`synchronized` is None where nothing on the machine could tell; `drift_seconds` is by how much the
    clock moved against the monotonic one while we looked."""

    now: datetime
    synchronized: bool | None
    source: str
    offset_seconds: float | None
    drift_seconds: float


def judge_clock(clock: ClockFacts) -> Finding:
    subject = "Часы"
    shown = clock.now.strftime("%Y-%m-%d %H:%M:%S UTC")
    by_hand = "сравните время с телефоном; включите синхронизацию: timedatectl set-ntp true"
    if clock.now.year < 2025:
        return problem(subject, f"показывают {shown}", "установите время и включите timedatectl set-ntp true")
    if abs(clock.drift_seconds) > 0.5:
        text = f"только что прыгнули на {clock.drift_seconds:+.1f} с"
        return problem(subject, text, "дождитесь конца синхронизации и проверьте ещё раз")
    if clock.offset_seconds is not None and abs(clock.offset_seconds) > 1:
        text = f"расходятся с сервером времени на {clock.offset_seconds:+.1f} с"
        return problem(subject, text, "chronyc makestep")
    if clock.synchronized is None:
        return warning(subject, f"{shown}; узнать о синхронизации не удалось", by_hand)
    if not clock.synchronized:
        return warning(subject, f"{shown}; не синхронизированы ({clock.source})", by_hand)
    return ok(subject, f"{shown}, синхронизированы ({clock.source})")


def judge_time_zone(name: str, now: datetime, known: frozenset[str]) -> Finding:
    subject = "Часовой пояс"
    if name not in known:
        return problem(subject, f"{name!r} неизвестен", "укажите TIMEZONE, например Europe/Saratov")
    local = now.astimezone(ZoneInfo(name))
    return ok(subject, f"{name}: в школе сейчас {local:%H:%M}, {local:%d.%m.%Y} (сверьте с часами на стене)")
