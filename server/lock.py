"""One server for one DATA_DIR: two would take the media nodes from each other, epoch after epoch."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from server.settings import SettingsProblem


@contextmanager
def sole_server(data_dir: Path) -> Iterator[None]:
    """Holds the folder for this process. Raises SettingsProblem if another server holds it.

    The kernel lets go of the lock when the process ends, however it ends.
    """
    data_dir.mkdir(parents=True, exist_ok=True)
    with (data_dir / "server.pid").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise SettingsProblem(
                f"С папкой данных {data_dir} уже работает другой сервис (процесс {file.read().strip()}). "
                "Остановите его или укажите другую папку в DATA_DIR."
            ) from None
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield
