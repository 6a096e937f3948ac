"""Uploaded files that wait for their confirmation: DATA_DIR/uploads, for an hour, readable by the service alone."""

import os
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from server.errors import NotFound

_NAME = re.compile(r"[A-Za-z0-9_-]{32}")


@dataclass(frozen=True, slots=True)
class Uploads:
    """A folder of files with random names, each of one school."""

    folder: Path
    life: timedelta

    def keep(self, school_id: int, content: bytes, now: datetime) -> str:
        """Writes the file and returns its name; those whose hour is over are removed."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.sweep(now)
        name = secrets.token_urlsafe(24)
        descriptor = os.open(self._path(school_id, name), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        os.utime(self._path(school_id, name), (now.timestamp(), now.timestamp()))
        return name

    def read(self, school_id: int, name: str, now: datetime) -> bytes:
        """Raises NotFound for a name that is not one of the school's, and for a file whose hour is over."""
        self.sweep(now)
        try:
            return self._path(school_id, name).read_bytes()
        except FileNotFoundError:
            raise NotFound(detail="uploaded file") from None

    def forget(self, school_id: int, name: str) -> None:
        self._path(school_id, name).unlink(missing_ok=True)

    def sweep(self, now: datetime) -> None:
        """Removes every file whose hour is over."""
        last = (now - self.life).timestamp()
        for path in self.folder.glob("*.upload"):
            try:
                if path.stat().st_mtime < last:
                    path.unlink()
            except FileNotFoundError:
                pass  # another request was faster

    def _path(self, school_id: int, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise NotFound(detail="name of an uploaded file")
        return self.folder / f"{school_id}-{name}.upload"
