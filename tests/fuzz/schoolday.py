"""An exam day on which any seat may say anything."""

import contextlib
import functools
import tempfile
from collections.abc import Iterable
from pathlib import Path

from server.errors import BadMessage, ExamError
from server.signalling import messages
from tests.signalling.house import PEOPLE, Seeded, exam, seed

SEATS = tuple(PEOPLE)


@functools.cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="schoolday-")


_seeded: list[Seeded] = []


async def work_through(said: Iterable[tuple[str, bytes]]) -> None:
    """Obey each message that is one; whatever is not an ExamError escapes."""
    if not _seeded:
        _seeded.append(await seed(Path(_folder().name) / "seed.sqlite3"))
    with tempfile.TemporaryDirectory(prefix="schoolday-") as folder:
        async with exam(_seeded[0], Path(folder)) as day:
            for seat, text in said:
                if seat not in PEOPLE:
                    continue
                with contextlib.suppress(BadMessage):
                    command = messages.decode(text.decode("utf-8", "replace"))
                    with contextlib.suppress(ExamError):
                        await day.obey(seat, command)
                day.clock.move(seconds=1)
            day.house.hub.show_all()
            day.dump()
