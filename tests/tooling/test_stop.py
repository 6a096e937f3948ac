"""Media nodes left by a server that is gone: real processes, ended by `make stop`."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from server import stop

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def node(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A node as the server starts it, with its socket in DATA_DIR/run."""
    socket = tmp_path / "run" / "node-1.sock"
    command = [
        *(sys.executable, "-m", "media", "--socket", str(socket), "--name", "node-1"),
        *(
            "--udp-ports",
            "41900-41949",
            "--listen",
            "127.0.0.1",
            "--recordings",
            str(tmp_path / "recordings"),
        ),
    ]
    process = subprocess.Popen(command, cwd=ROOT, start_new_session=True, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 15
        while not socket.with_name("node-1.sock.pid").exists():
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.05)
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()


def test_node_left_behind_closes_its_files_and_ends(node: subprocess.Popen[bytes], tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "server.stop"],
        cwd=ROOT, env={**os.environ, "DATA_DIR": str(tmp_path)}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout == "node-1: остановлен, файлы закрыты\n"
    assert node.wait(5) == 0
    assert not (tmp_path / "run" / "node-1.sock").exists()


async def test_node_that_does_not_answer_is_ended_by_signal(
    node: subprocess.Popen[bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stop, "CLOSING_SECONDS", 0.3)
    os.kill(node.pid, signal.SIGSTOP)
    assert await stop.stop_all(tmp_path / "run") == ["node-1: остановлен сигналом SIGKILL"]
    assert node.wait(5) == -signal.SIGKILL


async def test_another_process_with_the_number_of_a_dead_node_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "node-1.sock.pid").write_text(f"{os.getpid()}\n")
    assert await stop.stop_all(tmp_path) == []


async def test_where_nothing_ever_ran_there_is_nothing_to_stop(tmp_path: Path) -> None:
    assert await stop.stop_all(tmp_path / "run") == []
