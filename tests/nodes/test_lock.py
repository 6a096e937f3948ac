"""Two servers never share one folder of data."""

import subprocess
import sys
from pathlib import Path

import pytest

from server.lock import sole_server
from server.settings import SettingsProblem

HOLDER = "import sys; from pathlib import Path; from server.lock import sole_server\n"
HOLDER += "with sole_server(Path(sys.argv[1])): print('held', flush=True); sys.stdin.read()"


def test_second_server_is_refused_until_the_first_is_gone(tmp_path: Path) -> None:
    root = Path(__file__).resolve().parents[2]
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path)],
        cwd=root,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(SettingsProblem, match=f"процесс {holder.pid}"), sole_server(tmp_path):
            pass
        holder.kill()  # as hard as it gets: the kernel lets go all the same
    with sole_server(tmp_path):
        pass
