"""The profiles of the regions: one TOML file each, the service's own here, a region's in a folder of the operator."""

from collections.abc import Iterable
from pathlib import Path

from server.exam.profile import Profile
from server.exam.profile_file import Mistake, ProfileProblem, parse

SHIPPED = Path(__file__).parent
LARGEST = 1_000_000
"""Bytes; the shipped ones have a few dozen thousand."""


def names(folder: Path = SHIPPED) -> list[str]:
    """The ids of the profiles in a folder, sorted."""
    return sorted(path.stem for path in folder.glob("*.toml"))


def load(name: str, folders: Iterable[Path] = (SHIPPED,)) -> Profile:
    """The profile with that id. Raises ProfileProblem, also where no folder or more than one has it."""
    found = [folder / f"{name}.toml" for folder in folders if name in names(folder)]
    if len(found) != 1:
        what = "такого профиля нет" if not found else "профиль с таким именем есть в двух папках"
        raise ProfileProblem(f"{name}.toml", (Mistake(0, what),))
    return read(found[0])


def read(path: Path) -> Profile:
    """A profile from its file, whose name is its id. Raises ProfileProblem."""
    try:
        if path.stat().st_size > LARGEST:
            raise ProfileProblem(path.name, (Mistake(0, "файл слишком велик для профиля"),))
        content = path.read_bytes()
    except OSError as error:
        raise ProfileProblem(path.name, (Mistake(0, f"файл не прочитать ({error.strerror})"),)) from None
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ProfileProblem(path.name, (Mistake(line, "файл сохранён не в UTF-8"),)) from None
    profile = parse(text, path.name)
    if profile.about.id != path.stem:
        what = f"id «{profile.about.id}» не совпадает с именем файла"
        raise ProfileProblem(path.name, (Mistake(0, what),))
    return profile
