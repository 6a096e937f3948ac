"""The floors of the house: imports run down only."""

import ast
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("server", "media", "scheduling", "bench")

# A floor may import itself and what is listed; what is not named here belongs to the composition.
MAY_IMPORT: dict[str, set[str]] = {
    "scheduling": set(),
    "media": set(),
    "server.clock": set(),
    "server.errors": set(),
    "server.settings": set(),
    "server.exam": {"server.errors", "media.layout", "scheduling"},
    "server.profiles": {"server.exam", "server.errors"},
    "server.exchange": {"server.exam", "server.errors"},
    "server.forms": {"server.exam", "server.errors", "server.scoring", "scheduling", "media.layout"},
    "server.scoring": {"server.errors"},
    "server.access": {"server.errors"},
    "server.store": {
        "server.exam",
        "server.scoring",
        "server.access",
        "server.errors",
        "server.clock",
        "scheduling",
        "media.layout",
    },
}
COMPOSITION = {"server", "media", "scheduling"}


def modules(package: str) -> Iterator[tuple[str, Path]]:
    """Every module of a package: its dotted name and its file."""
    for path in sorted((ROOT / package).rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts), path


def imports(name: str, path: Path) -> Iterator[str]:
    """Dotted names a module imports of ours, relative ones made absolute."""
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*above, *([base] if base else [])])
            yield from (f"{base}.{alias.name}" for alias in node.names)


def ours(name: str) -> bool:
    return name.split(".")[0] in PACKAGES


def within(name: str, floor: str) -> bool:
    return name == floor or name.startswith(f"{floor}.")


@pytest.mark.parametrize("floor", MAY_IMPORT)
def test_floor_imports_only_what_lies_below_it(floor: str) -> None:
    allowed = {floor, *MAY_IMPORT[floor]}
    wrong = [
        f"{name} imports {imported}"
        for name, path in modules(floor.split(".")[0])
        if within(name, floor)
        for imported in imports(name, path)
        if ours(imported) and not any(within(imported, one) for one in allowed)
    ]
    assert wrong == []


def test_what_the_service_runs_never_imports_tests_or_benches() -> None:
    wrong = [
        f"{name} imports {imported}"
        for package in COMPOSITION
        for name, path in modules(package)
        for imported in imports(name, path)
        if imported.split(".")[0] in {"tests", "bench"}
    ]
    assert wrong == []


def test_pages_and_signalling_do_not_touch_the_database_library() -> None:
    wrong = [
        f"{name} imports {imported}"
        for name, path in modules("server")
        if within(name, "server.http") or within(name, "server.signalling")
        for imported in imports(name, path)
        if imported.split(".")[0] in {"sqlalchemy", "alembic", "asyncpg", "aiosqlite"}
        and not imported.startswith("sqlalchemy.ext.asyncio.AsyncSession")
    ]
    assert wrong == []


def test_the_rules_of_the_exam_do_no_input_or_output() -> None:
    outside = {"aiohttp", "sqlalchemy", "asyncio", "socket", "pathlib", "os", "subprocess", "time", "random"}
    wrong = [
        f"{name} imports {imported}"
        for package in ("server", "scheduling")
        for name, path in modules(package)
        if within(name, "server.exam") or within(name, "scheduling")
        for imported in imports(name, path)
        if imported.split(".")[0] in outside
    ]
    assert wrong == []


@pytest.mark.parametrize("package", PACKAGES)
def test_package_resolves_beside_pyproject(package: str) -> None:
    spec = find_spec(package)
    assert spec is not None
    assert spec.origin is not None
    assert Path(spec.origin) == ROOT / package / "__init__.py"
    assert (ROOT / "pyproject.toml").exists()


def test_every_folder_with_code_is_a_package() -> None:
    bare = {path.parent for package in PACKAGES for _, path in modules(package)}
    missing = [str(folder) for folder in bare if not (folder / "__init__.py").exists()]
    assert [folder for folder in missing if "migrations" not in folder] == []


def test_tests_are_no_package() -> None:
    assert list((ROOT / "tests").rglob("__init__.py")) == []


def test_import_walk_sees_relative_imports(tmp_path: Path) -> None:
    module = tmp_path / "seats.py"
    module.write_text("from . import b\nfrom ..store.links import token_for\nimport media.layout\n")
    assert list(imports("server.exam.seats", module)) == [
        "server.exam.b",
        "server.store.links.token_for",
        "media.layout",
    ]
