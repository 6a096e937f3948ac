"""Inputs worth keeping, `corpus/<target>/<name>`: every crash ever found, and valid and invalid cases to begin from."""

import functools
import hashlib
from pathlib import Path

FOLDER = Path(__file__).parent / "corpus"


def kept(target: str) -> dict[str, bytes]:
    """The inputs of a target by their names."""
    return {path.name: path.read_bytes() for path in sorted((FOLDER / target).glob("*"))}


@functools.cache
def seeds(target: str) -> tuple[bytes, ...]:
    """The same without names, to be bent."""
    return tuple(kept(target).values()) or (b"",)


def keep(target: str, data: bytes) -> Path:
    """Add a crash; its name is made of its content."""
    path = FOLDER / target / f"crash-{hashlib.sha256(data).hexdigest()[:12]}"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path
