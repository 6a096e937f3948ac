"""How long 5,000 participants take to be read and compared with what the school knows, and in how much memory.

`python -m bench.importing --json` prints one object. `seconds` and `mib` are the larger of those of the formats, each
measured in a process of its own: reading the file and the dry run against as many known participants, half of them
changed; `mib` is by how much the process grew at its greatest, `cpu_s` tells a slow import from a busy machine.
"""

import asyncio
import multiprocessing
import re
import time
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from pathlib import Path

from bench.figures import command
from server.exam.people import Document, DocumentKind, Name, Participant, Representative
from server.exam.profile_parts import Category, Ground
from server.exchange.comparing import Fate, compare
from server.exchange.matching import Known
from server.exchange.reading import read
from server.exchange.writing import to_xlsx
from server.exchange.writing_xml import to_xml

ROWS = 5_000
WRITERS: dict[str, Callable[[Sequence[Participant]], bytes]] = {"xml": to_xml, "xlsx": to_xlsx}
_LAST = ("Семёнов", "Иванов-Петров", "Алиев", "Кузнецов", "Щукин", "Ёлкин", "Жуков")
_FIRST = ("Пётр", "Иван", "Али", "Тимофей", "Юрий")


def school(rows: int) -> list[Participant]:
    """As many participants, every field of theirs filled in, no two alike."""
    return [
        Participant(
            Name(
                f"{_LAST[index % 7]}{_letter(index // 7)}{_letter(index // 224)}",
                _FIRST[index % 5],
                "Ильич",
            ),
            f"9{'АБВГД'[index % 5]}",
            number=str(index + 1),
            birth_date=date(2010, 1, 1) + timedelta(days=index % 700),
            document=Document(DocumentKind.PASSPORT, f"{400 + index % 99:04}", f"{index:06}"),
            ground=list(Ground)[index % len(Ground)],
            category=list(Category)[index % len(Category)] if index % 4 == 0 else None,
            pmpk=f"№ {index} от 10.09.2025" if index % 4 == 0 else "",
            applied_on=date(2026, 1, 20),
            consent_on=date(2026, 1, 20),
            note="Нужна аудитория на первом этаже.",
            representatives=(
                Representative(
                    Name("Семёнова", "Анна", "Петровна"), "мать", f"8 900 {index:07}", "mother@example.ru"
                ),
                Representative(Name("Семёнов", "Илья", "Ильич"), "отец", f"8 901 {index:07}"),
            ),
        )
        for index in range(rows)
    ]


def _letter(number: int) -> str:
    return chr(ord("а") + number % 32)


def _memory(what: str) -> int:
    """KiB of this process by /proc: VmRSS now, VmHWM at its greatest."""
    found = re.search(rf"^{what}:\s+(\d+) kB$", Path("/proc/self/status").read_text(), re.MULTILINE)
    assert found is not None
    return int(found[1])


def _measured(content: bytes, rows: int) -> dict[str, float]:
    """In its own process: seconds of reading and comparing, MiB by which the process grew."""
    known = [
        Known(index, one if index % 2 else Participant(one.name, "9Я", number=one.number))
        for index, one in enumerate(school(rows))
    ]
    Path("/proc/self/clear_refs").write_text("5")  # the greatest begins anew
    before, start, cpu = _memory("VmRSS"), time.perf_counter(), time.process_time()
    reading = read(content)
    read_s = time.perf_counter() - start
    result = compare(reading.rows, known)
    seconds = time.perf_counter() - start
    if [len(result.of(fate)) for fate in (Fate.SAME, Fate.CHANGE)] != [rows // 2, rows - rows // 2]:
        raise RuntimeError("the rows were not understood")
    cpu_s = time.process_time() - cpu
    return {"seconds": seconds, "read_s": read_s, "cpu_s": cpu_s, "mib": (_memory("VmHWM") - before) / 1024}


def _in_its_own_process(content: bytes, rows: int) -> dict[str, float]:
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_measured, (content, rows))


async def measure(rounds: int) -> dict[str, object]:
    everybody = school(ROWS)
    result: dict[str, object] = {"seconds": 0.0, "mib": 0.0, "rows": ROWS}
    worst = {"seconds": 0.0, "mib": 0.0}
    for name, write in WRITERS.items():
        content = write(everybody)
        found = [await asyncio.to_thread(_in_its_own_process, content, ROWS) for _ in range(rounds)]
        greatest = {key: round(max(one[key] for one in found), 2) for key in found[0]}
        worst = {key: max(value, greatest[key]) for key, value in worst.items()}
        result[name] = {**greatest, "file_mib": round(len(content) / 2**20, 2)}
    return {**result, **worst}


if __name__ == "__main__":
    command("importing", __doc__, measure, 1)
