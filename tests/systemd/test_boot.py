"""The unit in a machine of its own: a bare Debian 12 that systemd boots, where systemd/install.sh was run."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
DEBIAN = "systemd,systemd-sysv,dbus,python3-venv"
VENDOR = "appliance/web/static/vendor"
INSTALL = ["/posthouse/systemd/install.sh", "--domain", "example.org", "--hostname", "mail.example.org"]
SETTINGS = {
    "POSTHOUSE_RELAY_ROUTES": '{ "*" = "127.0.0.1:2526" }',
    "POSTHOUSE_DESK_UNDO_SECONDS": "0",
    "POSTHOUSE_ADMIN_PASSWORD": "correct horse battery",
}
UNIT = """
[Unit]
After=multi-user.target
SuccessAction=poweroff
FailureAction=poweroff
[Service]
Type=oneshot
TimeoutStartSec=300
ExecStart=/usr/local/lib/posthouse/bin/python /report.py /report.json
StandardOutput=file:/report.txt
StandardError=file:/report.txt
"""
# Where systemd does not run itself, nobody is there to register the machine with.
CONTAINER = [
    "systemd-nspawn",
    "--quiet",
    "--console=pipe",
    *([] if Path("/run/systemd/system").is_dir() else ["--register=no", "--keep-unit"]),
]

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """What report.py saw in the machine."""
    if os.geteuid() != 0:
        pytest.skip("only root makes machines")
    folder = tmp_path_factory.mktemp("machine")
    machine = folder / "root"
    try:
        run("mmdebstrap", "--variant=minbase", f"--include={DEBIAN}", "bookworm", machine)
        copy_sources(machine / "posthouse")
        install(machine, wheels(folder / "wheels"))
        boot(machine)
        told = (machine / "report.txt").read_text()
        seen = json.loads((machine / "report.json").read_text())
        assert "trouble" not in seen, told + seen["journal"]
        yield seen
    finally:
        shutil.rmtree(machine, ignore_errors=True)


def copy_sources(target: Path) -> None:
    """A clone with everything that is not committed yet, and with what npm brought."""
    tracked = run("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard").split("\0")
    for name in filter(None, tracked):
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target / name)
    shutil.copytree(ROOT / VENDOR, target / VENDOR)


def wheels(folder: Path) -> Path:
    """Everything that pip needs in there, so that the machine wants no network."""
    run(sys.executable, "-m", "pip", "wheel", "-qq", "--wheel-dir", folder, ROOT, "hatchling", "babel", "editables")
    return folder


def install(machine: Path, wheelhouse: Path) -> None:
    environ = {**SETTINGS, "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": "/wheels"}
    words = [f"--setenv={name}={value}" for name, value in environ.items()]
    run(*CONTAINER, f"--directory={machine}", f"--bind-ro={wheelhouse}:/wheels", *words, *INSTALL)


def boot(machine: Path) -> None:
    shutil.copy(Path(__file__).with_name("report.py"), machine / "report.py")
    system = machine / "etc/systemd/system"
    (system / "report.service").write_text(UNIT)
    wanted = system / "default.target.wants/report.service"
    wanted.parent.mkdir(exist_ok=True)
    wanted.symlink_to("../report.service")
    run(*CONTAINER, "--boot", "--private-network", f"--directory={machine}")


def run(*command: str | Path) -> str:
    done = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def test_the_service_starts_with_the_machine_as_a_user_of_its_own(report: dict[str, Any]) -> None:
    start = report["start"]
    assert (start["ActiveState"], start["SubState"], start["NRestarts"]) == ("active", "running", "0")
    assert start["health"] == 200
    assert "mail.example.org" in start["port_25"]
    assert start["owner"] == {"user": "posthouse", "capabilities": f"{1 << 10:016x}"}  # CAP_NET_BIND_SERVICE alone


def test_installing_again_changes_nothing(report: dict[str, Any]) -> None:
    assert report["again"] == {"codes": [0, 0], "changed": [], "same_process": True}


def test_an_administrator_s_commands_work_without_naming_the_installation(report: dict[str, Any]) -> None:
    commands = report["commands"]
    assert commands.pop("not posthouse's") == []
    assert {name: ran["code"] for name, ran in commands.items()} == dict.fromkeys(commands, 0), commands
    assert "zoe" in commands["users"]["said"]
    assert "example.org. 3600 IN MX 10 mail.example.org." in commands["zone"]["said"]


def test_a_mail_comes_in_and_its_answer_leaves_signed_with_the_published_key(report: dict[str, Any]) -> None:
    assert report["mail"]["subjects"] == ["Where is my parcel?"]
    assert report["mail"]["signed"], report["mail"]["letter"]


def test_a_killed_service_comes_back_with_its_mail(report: dict[str, Any]) -> None:
    killed = report["killed"]
    assert (killed["ActiveState"], killed["NRestarts"], killed["health"]) == ("active", "1", 200)
    assert killed["subjects"] == ["Where is my parcel?"]


def test_it_stops_within_ten_seconds_and_leaves_a_whole_store(report: dict[str, Any]) -> None:
    stopped = report["stopped"]
    assert (stopped["Result"], stopped["ExecMainStatus"], stopped["ActiveState"]) == ("success", "0", "inactive")
    assert stopped["seconds"] < 10
    assert "posthouse.db-wal" not in stopped["left"]


def test_a_service_that_hangs_is_started_again(report: dict[str, Any]) -> None:
    assert (report["hung"]["ActiveState"], report["hung"]["health"]) == ("active", 200)
    assert "Watchdog timeout" in report["journal"]


def test_the_log_tells_of_no_fault(report: dict[str, Any]) -> None:
    assert "Traceback" not in report["journal"]
    assert "ERROR" not in report["journal"]
