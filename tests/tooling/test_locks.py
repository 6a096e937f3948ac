"""All installs take the same releases, and the locks tell nobody where they came from."""

import json
import re
import tomllib
from pathlib import Path

import pytest

from server.doctor import machine

ROOT = Path(__file__).resolve().parents[2]


def lock(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def project() -> dict[str, list[str]]:
    with (ROOT / "pyproject.toml").open("rb") as file:
        content = tomllib.load(file)
    return {
        "requirements.lock": content["project"]["dependencies"],
        "requirements-dev.lock": content["project"]["dependencies"] + content["dependency-groups"]["dev"],
    }


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_lock_names_no_index_and_no_host(name: str) -> None:
    assert (
        re.findall(r"https?:|file:|--(?:extra-)?index-url|--find-links|^-[fie] ", lock(name), re.MULTILINE)
        == []
    )


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_every_locked_release_has_its_hashes(name: str) -> None:
    blocks = re.split(r"^(?=[A-Za-z0-9])", lock(name), flags=re.MULTILINE)[1:]
    assert len(blocks) == len(machine.pins(lock(name)))
    assert all("--hash=sha256:" in block for block in blocks)


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_lock_holds_what_the_project_asks_for(name: str) -> None:
    wanted = {re.split(r"[\[<>=]", line)[0].lower() for line in project()[name]}
    assert wanted <= {pin.name.lower() for pin in machine.pins(lock(name))}


def test_tools_lock_repeats_the_service_lock() -> None:
    assert set(machine.pins(lock("requirements.lock"))) <= set(machine.pins(lock("requirements-dev.lock")))


def test_libraries_with_private_seams_are_pinned_exactly() -> None:
    asked = {line.split("==")[0]: line for line in project()["requirements.lock"] if "==" in line}
    locked = {pin.name: pin.version for pin in machine.pins(lock("requirements.lock"))}
    assert set(asked) == set(machine.SEAMS)
    assert all(line == f"{name}=={locked[name]}" for name, line in asked.items())


def test_page_tools_lock_names_no_host() -> None:
    packages = json.loads(lock("package-lock.json"))["packages"]
    assert [name for name, entry in packages.items() if "resolved" in entry] == []
    assert [name for name, entry in packages.items() if name and "integrity" not in entry] == []
