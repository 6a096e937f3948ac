from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from server.doctor import machine
from server.doctor.finding import Finding, Level, as_json, as_text, healthy, ok, problem, warning

NOW = datetime(2026, 2, 11, 6, 0, tzinfo=UTC)
DISK = machine.Disk(Path("/srv/exam"), 500 * machine.GB, "ext4", None, 200e6, 0.002)
CLOCK = machine.ClockFacts(NOW, True, "timedatectl", None, 0.0)

LOCK = """\
# made by
aiortc==1.16.0 \\
    --hash=sha256:00
numpy==2.4.6 ; python_full_version < '3.12' \\
    --hash=sha256:11
numpy==2.5.5 ; python_full_version >= '3.12' \\
    --hash=sha256:22
msgspec==0.22.0 \\
    --hash=sha256:33
    # via x==1
"""


def level(findings: list[Finding] | Finding) -> Level:
    """The worst of them."""
    listed = findings if isinstance(findings, list) else [findings]
    return max((one.level for one in listed), key=list(Level).index)


def test_lock_is_read_with_its_markers() -> None:
    assert machine.pins(LOCK) == [
        machine.Pin("aiortc", "1.16.0", False),
        machine.Pin("numpy", "2.4.6", True),
        machine.Pin("numpy", "2.5.5", True),
        machine.Pin("msgspec", "0.22.0", False),
    ]


@pytest.mark.parametrize(
    "changed,expected",
    [
        ({}, Level.OK),
        ({"numpy": "2.5.5"}, Level.OK),
        ({"numpy": None}, Level.OK),
        ({"numpy": "3.0"}, Level.WARNING),
        ({"msgspec": "0.23.0"}, Level.WARNING),
        ({"msgspec": None}, Level.PROBLEM),
        ({"aiortc": "1.17.0"}, Level.PROBLEM),
    ],
)
def test_another_release_of_a_library_is_noticed(changed: dict[str, str | None], expected: Level) -> None:
    installed: dict[str, str | None] = {"aiortc": "1.16.0", "numpy": "2.4.6", "msgspec": "0.22.0", **changed}
    assert level(machine.judge_libraries(machine.pins(LOCK), installed, {})) is expected


def test_library_that_does_not_load_is_a_problem() -> None:
    installed: dict[str, str | None] = {"aiortc": "1.16.0", "msgspec": "0.22.0"}
    found = machine.judge_libraries(machine.pins(LOCK), installed, {"av": "ImportError: libX"})
    assert level(found) is Level.PROBLEM
    assert "libX" in found[0].text


def test_without_a_lock_there_is_nothing_to_compare_with() -> None:
    assert level(machine.judge_libraries([], {}, {})) is Level.WARNING


@pytest.mark.parametrize("version,expected", [((3, 10, 9), Level.PROBLEM), ((3, 11, 0), Level.OK)])
def test_python_before_3_11_is_too_old(version: tuple[int, int, int], expected: Level) -> None:
    assert machine.judge_python(version).level is expected


@pytest.mark.parametrize(
    "soft,expected",
    [(256, Level.PROBLEM), (1024, Level.WARNING), (4096, Level.OK), (-1, Level.OK)],
)
def test_limit_of_open_files(soft: int, expected: Level) -> None:
    assert machine.judge_open_files(soft, 1_048_576).level is expected


def test_without_pango_an_exam_can_be_held_and_the_package_is_named() -> None:
    assert machine.judge_printing(()).level is Level.OK
    found = machine.judge_printing(("libpango-1.0-0", "libpangoft2-1.0-0"))
    assert found.level is Level.WARNING
    assert healthy([found])
    assert found.remedy.endswith("install --no-install-recommends libpango-1.0-0 libpangoft2-1.0-0")


@pytest.mark.parametrize(
    "changes,expected",
    [
        ({}, Level.OK),
        ({"free_bytes": 10 * machine.GB}, Level.WARNING),
        ({"free_bytes": machine.GB}, Level.PROBLEM),
        ({"bytes_per_second": 10e6}, Level.WARNING),
        ({"bytes_per_second": 1e6}, Level.PROBLEM),
        ({"fsync_seconds": 0.2}, Level.WARNING),
        ({"fsync_seconds": 2.0}, Level.PROBLEM),
        ({"error": "Permission denied"}, Level.PROBLEM),
        ({"filesystem": "nfs4"}, Level.PROBLEM),
        ({"filesystem": "tmpfs"}, Level.PROBLEM),
    ],
)
def test_disk_that_cannot_carry_an_exam_day(changes: dict[str, object], expected: Level) -> None:
    disk = replace(DISK, **changes)  # type: ignore[arg-type]
    assert level(machine.judge_disk(disk, sqlite=True)) is expected


def test_network_disk_is_fine_where_the_database_is_postgresql() -> None:
    assert level(machine.judge_disk(replace(DISK, filesystem="nfs4"), sqlite=False)) is Level.OK


@pytest.mark.parametrize(
    "changes,expected",
    [
        ({}, Level.OK),
        ({"synchronized": None}, Level.WARNING),
        ({"synchronized": False}, Level.WARNING),
        ({"offset_seconds": 0.02}, Level.OK),
        ({"offset_seconds": -3.0}, Level.PROBLEM),
        ({"drift_seconds": 5.0}, Level.PROBLEM),
        ({"now": datetime(1970, 1, 1, tzinfo=UTC)}, Level.PROBLEM),
    ],
)
def test_clock_that_would_stamp_a_wrong_time(changes: dict[str, object], expected: Level) -> None:
    assert machine.judge_clock(replace(CLOCK, **changes)).level is expected  # type: ignore[arg-type]


def test_time_zone_is_shown_as_the_time_on_the_wall() -> None:
    found = machine.judge_time_zone("Asia/Vladivostok", NOW, frozenset({"Asia/Vladivostok"}))
    assert found.level is Level.OK
    assert "16:00" in found.text


def test_unknown_time_zone_is_a_problem() -> None:
    assert machine.judge_time_zone("Europe/Moskva", NOW, frozenset({"Europe/Moscow"})).level is Level.PROBLEM


def test_warnings_do_not_stand_in_the_way_and_problems_do() -> None:
    assert healthy([ok("a", "b"), warning("a", "b", "c")])
    assert not healthy([ok("a", "b"), problem("a", "b", "c")])


def test_every_line_says_what_was_found_and_what_to_do() -> None:
    findings = [ok("Диск", "много"), problem("Порт", "занят", "возьмите другой")]
    assert as_text(findings).splitlines() == [
        "в порядке  Диск: много",
        "проблема   Порт: занят",
        "           → возьмите другой",
    ]
    assert as_json(findings) == {
        "ok": False,
        "findings": [
            {"level": "ok", "subject": "Диск", "text": "много", "remedy": ""},
            {"level": "problem", "subject": "Порт", "text": "занят", "remedy": "возьмите другой"},
        ],
    }
