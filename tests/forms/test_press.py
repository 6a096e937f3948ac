"""The press: a real child of low priority, and every way it can fail, told in plain words."""

import asyncio
import contextlib
import logging
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from server.errors import FormProblem, http_status
from server.exam.people import Name
from server.forms import library, press
from server.forms.catalogue import Format
from server.forms.lists import Attendance, ListedParticipant, ParticipantList
from server.forms.press import Press
from tests.forms.conftest import ANNA, HEAD, LONG
from tests.forms.reading import letters, pages

ROOT = Path(__file__).resolve().parents[2]
SMALL = ParticipantList(HEAD, (ListedParticipant(LONG),))
BIG = ParticipantList(HEAD, tuple(ListedParticipant(ANNA, "9А", str(n)) for n in range(600)))


def children() -> list[psutil.Process]:
    return [one for one in psutil.Process().children() if "server.forms" in " ".join(command(one))]


def command(process: psutil.Process) -> list[str]:
    with contextlib.suppress(psutil.Error):
        return process.cmdline()
    return []


async def child_of(task: "asyncio.Task[bytes]") -> psutil.Process:
    """The child, once it runs our code."""
    while not (found := children()):
        assert not task.done()
        await asyncio.sleep(0.01)
    return found[0]


async def test_a_document_comes_out_of_the_child() -> None:
    made = await Press().make("is-01", SMALL)
    assert letters(str(LONG)) in letters("".join(pages(made)))
    assert (await Press().make("is-01", SMALL, Format.XLSX)).startswith(b"PK")
    assert children() == []


async def test_the_child_gives_way_to_the_interviews() -> None:
    own = psutil.Process().nice()
    task = asyncio.create_task(Press().make("is-01", BIG))
    child, seen = await child_of(task), own
    while not task.done():
        with contextlib.suppress(psutil.Error):
            seen = max(seen, child.nice())
        await asyncio.sleep(0.02)
    assert (await task).startswith(b"%PDF")
    assert seen == min(19, own + 15)


async def test_a_killed_child_is_told_in_plain_words(caplog: pytest.LogCaptureFixture) -> None:
    task = asyncio.create_task(Press().make("is-01", BIG))
    (await child_of(task)).kill()
    with caplog.at_level(logging.DEBUG), pytest.raises(FormProblem) as told:
        await task
    assert told.value.code == "form_killed"
    assert http_status(told.value) == 503
    assert "Петрова" not in caplog.text


async def test_a_slow_document_ends_with_its_child() -> None:
    with pytest.raises(FormProblem) as told:
        await Press(seconds=0.2).make("is-01", BIG)
    assert told.value.code == "form_timeout"
    assert children() == []


async def test_whoever_goes_away_takes_the_child_along() -> None:
    task = asyncio.create_task(Press().make("is-01", BIG))
    child = await child_of(task)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not child.is_running()


async def test_one_document_is_made_at_a_time() -> None:
    house = Press()
    tasks = [asyncio.create_task(house.make("is-01", SMALL)) for _ in range(3)]
    most = 0
    while not all(task.done() for task in tasks):
        most = max(most, len(children()))
        await asyncio.sleep(0.02)
    assert [task.result()[:4] for task in tasks] == [b"%PDF"] * 3
    assert most == 1


@pytest.fixture
def no_pango(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine on which Pango does not load: the loader finds rubbish first."""
    for name in library.PACKAGES:
        (tmp_path / name).write_bytes(b"no library")
    monkeypatch.setenv("LD_LIBRARY_PATH", str(tmp_path))


@pytest.mark.usefixtures("no_pango")
async def test_without_pango_the_package_to_install_is_named() -> None:
    with pytest.raises(FormProblem) as told:
        await Press().make("is-01", SMALL)
    assert told.value.code == "form_library"
    assert "apt-get install" in told.value.text
    assert "libpango-1.0-0 libpangoft2-1.0-0" in told.value.text


@pytest.mark.usefixtures("no_pango")
async def test_spreadsheets_do_not_need_pango() -> None:
    assert (await Press().make("is-01", SMALL, Format.XLSX)).startswith(b"PK")


@pytest.mark.usefixtures("no_pango")
def test_missing_libraries_are_known_without_making_anything() -> None:
    code = "from server.forms import library; print(*library.missing())"
    found = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert found.stdout.split() == list(library.PACKAGES.values())


def test_here_nothing_is_missing() -> None:
    assert library.missing() == ()


async def test_a_wrong_view_never_reaches_a_child() -> None:
    with pytest.raises(TypeError):
        await Press().make("is-01", Attendance())
    with pytest.raises(TypeError):
        await Press().make("attendance", Attendance(), Format.XLSX)


@pytest.mark.parametrize("said", ['{"rows": [{"name": "Петрова"}]}', "{", ""])
def test_a_child_that_refuses_its_view_does_not_repeat_it(said: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "server.forms", "is-01", "pdf"],
        cwd=ROOT,
        input=said.encode(),
        capture_output=True,
    )
    assert done.returncode == press.BAD_VIEW
    assert done.stdout == b""
    assert "Петрова" not in done.stderr.decode()
    assert "Error at" in done.stderr.decode()


def test_the_service_loads_neither_weasyprint_nor_openpyxl() -> None:
    code = "import sys, server.forms.press; print({'weasyprint', 'openpyxl'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


async def test_an_empty_name_is_no_reason_to_fail() -> None:
    made = await Press().make("is-01", ParticipantList(rows=(ListedParticipant(Name("", "")),)))
    assert made.startswith(b"%PDF")
