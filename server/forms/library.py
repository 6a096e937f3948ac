"""The system's libraries that PDFs are made with, and the Debian packages they come in."""

import ctypes

PACKAGES: dict[str, str] = {
    "libpango-1.0.so.0": "libpango-1.0-0",
    "libpangoft2-1.0.so.0": "libpangoft2-1.0-0",
    "libharfbuzz-subset.so.0": "libharfbuzz-subset0",
}
"""Each brings along what it is built on: GLib, HarfBuzz, Fontconfig."""


def missing() -> tuple[str, ...]:
    """Debian's names of the packages whose library does not load here."""
    return tuple(package for library, package in PACKAGES.items() if not _loads(library))


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True
