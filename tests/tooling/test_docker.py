"""What the container files say exists: settings, folders, ports, programs."""

import os
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from server.forms import library

ROOT = Path(__file__).resolve().parents[2]
DOCKER = ROOT / "docker"
COMPOSE: dict[str, Any] = yaml.safe_load((DOCKER / "compose.yaml").read_text(encoding="utf-8"))
SCRIPTS = [*DOCKER.glob("*.sh"), *(ROOT / ".ci").iterdir()]


def text(name: str) -> str:
    return (DOCKER / name).read_text(encoding="utf-8")


def variables(of: str) -> set[str]:
    """Names interpolated by Compose: ${NAME…}."""
    return set(re.findall(r"\$\{([A-Z_]+)", of))


def settings() -> set[str]:
    """Names of the environment that server/settings.py reads."""
    source = (ROOT / "server" / "settings.py").read_text(encoding="utf-8")
    return set(re.findall(r"""["']([A-Z]{2}[A-Z_]+)["']""", source))


def test_every_setting_of_the_service_exists() -> None:
    given = set(COMPOSE["services"]["exam"]["environment"])
    assert given - settings() == set()
    dockerfile = set(re.findall(r"^ +([A-Z_]+)=", text("Dockerfile"), re.MULTILINE)) - {"PYTHONUNBUFFERED"}
    assert dockerfile - settings() == set()


def test_env_example_gives_exactly_what_compose_asks_for() -> None:
    offered = set(re.findall(r"^([A-Z_]+)=", text(".env.example"), re.MULTILINE))
    assert offered == variables(text("compose.yaml"))


def test_udp_ports_are_published_as_they_are_used() -> None:
    exam = COMPOSE["services"]["exam"]
    ports = exam["environment"]["MEDIA_UDP_PORTS"]
    assert exam["ports"] == [f"{ports}:{ports}/udp"]
    assert "40000-40199" in ports
    assert "40000-40199/udp" in text("Dockerfile")


def test_relay_ports_are_published_as_coturn_uses_them() -> None:
    conf = dict(re.findall(r"^([a-z-]+)=(.+)$", text("turnserver.conf.template"), re.MULTILINE))
    published = COMPOSE["services"]["turn"]["ports"]
    relay = f"{conf['min-port']}-{conf['max-port']}"
    assert f"{relay}:{relay}/udp" in published
    assert f"{conf['listening-port']}:{conf['listening-port']}/udp" in published


def test_turn_template_is_filled_by_its_entrypoint() -> None:
    placeholders = set(re.findall(r"@([A-Z_]+)@", text("turnserver.conf.template")))
    assert placeholders == set(COMPOSE["services"]["turn"]["environment"])
    assert all(f"s|@{name}@|" in text("turn-entrypoint.sh") for name in placeholders)


def test_recordings_have_time_to_be_closed() -> None:
    assert COMPOSE["services"]["exam"]["stop_grace_period"] == "60s"


def test_what_compose_mounts_exists() -> None:
    for service in COMPOSE["services"].values():
        for volume in service.get("volumes", ()):
            source = volume.split(":")[0]
            assert (DOCKER / source).exists() if source.startswith(".") else source in COMPOSE["volumes"]


def test_image_holds_every_folder_the_service_runs_from() -> None:
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", text("Dockerfile"), re.MULTILINE)
    names = {name for line in copied for name in line.split()}
    assert {"server", "media", "scheduling", "web", "requirements.lock"} <= names
    admitted = set(re.findall(r"^!(\S+)", (ROOT / ".dockerignore").read_text(), re.MULTILINE))
    assert names <= admitted
    assert [name for name in names if not (ROOT / name).exists()] == []


def test_printing_needs_the_same_packages_everywhere() -> None:
    script = (ROOT / ".ci" / "system-packages").read_text(encoding="utf-8")
    assert dict(re.findall(r"^  library (\S+) (\S+)$", script, re.MULTILINE)) == {
        package: name for name, package in library.PACKAGES.items()
    }
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [
        one for one in library.PACKAGES.values() if one not in text("Dockerfile") or one not in readme
    ] == []


def test_a_machine_that_cannot_print_still_runs_the_service(tmp_path: Path) -> None:
    script = (ROOT / ".ci" / "system-packages").read_text(encoding="utf-8")
    other = tmp_path / "system-packages"
    other.write_text(script.replace(".so.0", ".so.987"), encoding="utf-8")
    # Without a PATH there is no apt-get.
    done = subprocess.run(["/bin/bash", other, "printing"], env={"PATH": ""}, capture_output=True, text=True)
    assert done.returncode == 0
    assert f"install --no-install-recommends {' '.join(library.PACKAGES.values())}" in done.stderr
    done = subprocess.run(["/bin/bash", other], env={"PATH": ""}, capture_output=True, text=True)
    assert done.returncode == 1
    assert "libpango-1.0-0" in done.stderr


@pytest.mark.parametrize("mode", ["internal", "technician@school.example"])
def test_caddy_accepts_its_configuration(mode: str) -> None:
    assert shutil.which("caddy"), "caddy is missing: make system-packages"
    env = {**os.environ, "SITE_ADDRESS": "exam.school.example", "CADDY_TLS": mode}
    command = ["caddy", "validate", "--config", str(DOCKER / "Caddyfile"), "--adapter", "caddyfile"]
    done = subprocess.run(command, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    adapted = ["caddy", "adapt", "--config", str(DOCKER / "Caddyfile"), "--adapter", "caddyfile"]
    config = subprocess.run(adapted, env=env, capture_output=True, text=True, check=True).stdout
    assert "exam:8080" in config
    assert '"logs"' not in config  # an access log would keep the links


def test_caddy_variables_are_given_by_compose() -> None:
    used = set(re.findall(r"\{\$([A-Z_]+)", text("Caddyfile")))
    assert used == set(COMPOSE["services"]["caddy"]["environment"])


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_shell_scripts_pass_shellcheck(script: Path) -> None:
    assert os.access(script, os.X_OK)
    done = subprocess.run(["shellcheck", str(script)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


class Container:
    """The image's first process with a made-up python in its path, so that the loop alone is tried."""

    def __init__(self, folder: Path, server: str) -> None:
        self.folder = folder
        (folder / "run").mkdir()
        fake = folder / "python"
        fake.write_text(
            f'#!/bin/bash\necho "$2" >>{folder}/calls\n[[ "$2" == server.stop ]] && exit 0\n{server}\n'
        )
        fake.chmod(0o755)
        env = {"PATH": f"{folder}:{os.environ['PATH']}", "DATA_DIR": str(folder)}
        self.process = subprocess.Popen([str(DOCKER / "entrypoint.sh")], env=env, stderr=subprocess.DEVNULL)

    def calls(self) -> list[str]:
        path = self.folder / "calls"
        return path.read_text().split() if path.exists() else []

    def wait_for(self, calls: int) -> None:
        deadline = time.monotonic() + 10
        while len(self.calls()) < calls:
            assert time.monotonic() < deadline
            time.sleep(0.02)


def test_container_starts_a_dead_server_anew_while_nodes_live(tmp_path: Path) -> None:
    node = tmp_path / "run" / "node-1.sock"
    # The first server starts a node and dies; the second finds it, ends it and dies as well.
    container = Container(tmp_path, f"if [[ -e {node} ]]; then rm {node}; exit 7; fi; touch {node}; exit 9")
    assert container.process.wait(10) == 7
    assert container.calls() == ["server", "server", "server.stop"]


def test_container_without_nodes_ends_with_its_server(tmp_path: Path) -> None:
    container = Container(tmp_path, "exit 3")
    assert container.process.wait(10) == 3
    assert container.calls() == ["server", "server.stop"]


def test_stopping_the_container_stops_the_server_first_and_then_the_nodes(tmp_path: Path) -> None:
    said = tmp_path / "calls"
    container = Container(
        tmp_path,
        f"trap 'echo closed >>{said}; exit 0' TERM; echo up >>{said}; while :; do sleep 0.05; done",
    )
    container.wait_for(2)
    container.process.send_signal(signal.SIGTERM)
    assert container.process.wait(10) == 0
    assert container.calls() == ["server", "up", "closed", "server.stop"]


def test_readme_names_every_setting_and_no_other() -> None:
    table = (ROOT / "README.md").read_text(encoding="utf-8").split("## Settings")[1].split("\n## ")[0]
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    assert {name for row in rows for name in re.findall(r"`([A-Z_]+)`", row)} == settings()
