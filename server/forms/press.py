"""Makes documents in processes of low priority, so that no interview stutters while the school prints.

The child is `python -m server.forms`; see there for what goes over its pipes. It dies with its time limit or
when whoever waits for it goes away; a document is made wholly or not at all.
"""

import asyncio
import logging
import sys
from pathlib import Path
from typing import Any

import msgspec

from server.errors import FormProblem

from . import library
from .catalogue import DOCUMENTS, Format

log = logging.getLogger(__name__)

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 300.0
"""200 protocols in one file take 80 s of a processor; whatever else is printed for 200 takes a fifth of it."""
REASON_LONGEST = 200

BAD_VIEW, NO_LIBRARY, NO_MEMORY, BROKEN = 3, 4, 5, 6
"""Exit statuses of the child."""


class Press:
    """Makes `at_once` documents at a time; the others wait their turn."""

    def __init__(self, *, seconds: float = SECONDS, at_once: int = 1) -> None:
        self._seconds = seconds
        self._turn = asyncio.Semaphore(at_once)

    async def make(self, kind: str, view: Any, form: Format = Format.PDF) -> bytes:
        """The file of a document of the catalogue, whose type the view has.

        Raises FormProblem with code form_library, form_timeout, form_memory, form_killed or form_broken.
        """
        document = DOCUMENTS[kind]
        if not isinstance(view, document.view) or form not in document.formats:
            raise TypeError(f"{kind}.{form.value} is not made of {type(view).__name__}")
        async with self._turn:
            return await self._child(kind, form, msgspec.json.encode(view))

    async def _child(self, kind: str, form: Format, view: bytes) -> bytes:
        child = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "server.forms", kind, form.value),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            cwd=ROOT,
        )
        try:
            async with asyncio.timeout(self._seconds):
                made, said = await child.communicate(view)
        except TimeoutError:
            raise _problem("form_timeout", kind, "too slow") from None
        finally:
            if child.returncode is None:
                child.kill()
                await child.wait()
        if child.returncode == 0:
            return made
        raise _of_status(kind, child.returncode or 0, said)


def _of_status(kind: str, status: int, said: bytes) -> FormProblem:
    reason = said.decode(errors="replace").strip().rpartition("\n")[2][:REASON_LONGEST]
    if status < 0:
        return _problem("form_killed", kind, f"signal {-status}")
    if status == NO_LIBRARY:
        return _problem("form_library", kind, reason)
    if status == NO_MEMORY:
        return _problem("form_memory", kind, reason)
    return _problem("form_broken", kind, f"status {status}: {reason}")


def _problem(code: str, kind: str, why: str) -> FormProblem:
    """The child's last line names no person: see `server.forms.__main__`."""
    log.warning("form %s not made: %s: %s", kind, code, why)
    texts = {
        "form_library": _library_text(),
        "form_timeout": "Документ готовился слишком долго. Напечатайте его по частям или попробуйте позже.",
        "form_memory": "Документ слишком большой для этого сервера. Напечатайте его по частям.",
        "form_killed": "Подготовка документа прервалась. Попробуйте ещё раз.",
    }
    return FormProblem(code, texts.get(code), detail=f"{kind}: {why}")


def _library_text() -> str:
    packages = " ".join(library.missing() or library.PACKAGES.values())
    return (
        "На сервере нет библиотеки для печати. Техническому специалисту: "
        f"apt-get install --no-install-recommends {packages}"
    )
