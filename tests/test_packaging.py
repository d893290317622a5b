"""The frame of the repository: settings are documented, the unit is sound, scripts start, a wheel is complete."""

import json
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from appliance.settings import Settings, load

ROOT = Path(__file__).resolve().parent.parent
UNIT = ROOT / "systemd/posthouse.service"
CONFIG = ROOT / "config/posthouse.toml"
SCRIPTS = [*sorted((ROOT / "bin").iterdir()), ROOT / ".ci/run", ROOT / "systemd/install.sh"]


def run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)


def uncommented() -> str:
    """config/posthouse.toml with every key switched on."""
    return re.sub(r"^# (\w+ = )", r"\1", CONFIG.read_text(), flags=re.MULTILINE)


def test_the_configuration_as_it_is_shipped_changes_nothing() -> None:
    assert load(CONFIG, {}).model_dump() == Settings().model_dump()


def test_every_setting_is_documented_with_its_default() -> None:
    documented = tomllib.loads(uncommented())
    known = json.loads(Settings().model_dump_json(exclude_none=True))
    assert documented == known


def test_every_setting_has_a_sentence_before_it() -> None:
    lines = CONFIG.read_text().splitlines()
    keys = [number for number, line in enumerate(lines) if re.match(r"# \w+ = ", line)]
    silent = [lines[number] for number in keys if not re.match(r"# [A-Z.]", lines[number - 1])]
    assert silent == []


def test_systemd_finds_nothing_to_say_about_the_unit() -> None:
    verified = run("systemd-analyze", "verify", UNIT)
    assert (verified.returncode, verified.stderr) == (0, "")  # a misspelt directive is only a warning, on stderr


def test_the_unit_exposes_little() -> None:
    scored = run("systemd-analyze", "security", "--offline=yes", "--threshold=16", UNIT)
    assert scored.returncode == 0, scored.stdout


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_a_script_is_plain_sh_and_can_be_started(script: Path) -> None:
    assert script.read_text().startswith("#!/bin/sh\n")
    assert os.access(script, os.X_OK)
    assert run("sh", "-n", script).stderr == ""


def test_packages_of_the_browser_are_locked_by_hash_and_name_no_host() -> None:
    lock = json.loads((ROOT / "package-lock.json").read_text())
    packages = [package for name, package in lock["packages"].items() if name]
    assert packages
    assert all(package["integrity"].startswith("sha512-") and "resolved" not in package for package in packages)


def test_a_wheel_holds_what_the_browser_needs(tmp_path: Path) -> None:
    built = run(sys.executable, "-m", "pip", "wheel", "-qq", "--no-deps", "--no-build-isolation", "-w", tmp_path, ROOT)
    assert built.returncode == 0, built.stderr
    names = zipfile.ZipFile(next(tmp_path.glob("*.whl"))).namelist()
    vendor = {Path(name).name for name in names if "/static/vendor/" in name}
    assert {"htmx.min.js", "sse.min.js", "idiomorph-ext.min.js", "squire.mjs", "purify.es.mjs"} <= vendor
    catalogues = {path.parent.parent.name for path in ROOT.glob("appliance/locale/*/LC_MESSAGES/messages.po")}
    assert {name.split("/")[2] for name in names if name.endswith("/messages.mo")} == catalogues
    assert any(name.endswith("licenses/LICENSE") for name in names)


def test_every_requirement_of_the_mission_has_one_row() -> None:
    rows = re.findall(r"^\| (M\d+) \|", (ROOT / "docs/mission.md").read_text(), re.MULTILINE)
    assert sorted(rows, key=lambda row: int(row[1:])) == [f"M{number}" for number in range(1, 318)]
