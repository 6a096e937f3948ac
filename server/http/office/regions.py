"""The regions' profiles as pages need them: those of the service and those of the operator's own folder."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from server import profiles
from server.exam.profile import Profile
from server.exam.profile_file import ProfileProblem
from server.settings import Settings
from server.store.participants import ParticipantRow
from server.store.plan_inputs import scheme_number
from server.store.records import School

FOLDER = "profiles"
"""Under DATA_DIR: a region's own files lie there."""


@dataclass(frozen=True, slots=True)
class Region:
    """A profile, or why it cannot be used."""

    id: str
    profile: Profile | None
    problem: str = ""
    """Russian, a line per mistake with file and line number."""

    @property
    def title(self) -> str:
        if self.profile is None:
            return f"{self.id} — в файле ошибка"
        return f"{self.profile.about.region}, {self.profile.about.year} год"


def folders(settings: Settings) -> tuple[Path, ...]:
    return (profiles.SHIPPED, settings.data_dir / FOLDER)


def all_of(settings: Settings) -> tuple[Region, ...]:
    """Every profile there is, also those with mistakes, by title."""
    names = {name for folder in folders(settings) for name in profiles.names(folder)}
    return tuple(sorted((region(settings, name) for name in names), key=lambda one: (one.title, one.id)))


def region(settings: Settings, name: str) -> Region:
    """The profile with that id; a file that was changed is read again."""
    where = folders(settings)
    return _read(name, where, tuple(_stamp(folder / f"{name}.toml") for folder in where))


def profile_of(settings: Settings, name: str | None) -> Profile | None:
    """The school's profile; None where none is chosen or its file has mistakes: then nothing is computed from it."""
    return None if name is None else region(settings, name).profile


def schemes_of(settings: Settings, school: School) -> Callable[[ParticipantRow], int]:
    """How each participant of the school is scored (D-21); on the spot where the rules do not tell."""
    profile = profile_of(settings, school.profile)
    return lambda person: scheme_number(profile, person, school.chosen_scheme)


@lru_cache(maxsize=64)
def _read(name: str, where: tuple[Path, ...], _stamps: tuple[tuple[int, int] | None, ...]) -> Region:
    try:
        return Region(name, profiles.load(name, where))
    except ProfileProblem as problem:
        return Region(name, None, str(problem))


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size
