"""The command line as people and scripts use it: what it prints, and how it fails."""

import fcntl
import json
import os
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

PASSWORD = "correct horse battery"
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def posthouse(tmp_path: Path) -> Run:
    """Run a command in an empty folder, with the admin's password unless it is taken out."""

    def run(*words: str, **environ: str) -> subprocess.CompletedProcess[str]:
        ours = {name: value for name, value in os.environ.items() if not name.startswith("POSTHOUSE_")}
        return subprocess.run(
            [sys.executable, "-m", "appliance", *words],
            cwd=tmp_path,
            env={**ours, "PYTHONPATH": str(Path(__file__).parents[2]), "COLUMNS": "300", **environ},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    return run


@pytest.fixture
def installed(posthouse: Run) -> Run:
    done = posthouse("init", ".", "--domain", "acme.test", POSTHOUSE_ADMIN_PASSWORD=PASSWORD)
    assert done.returncode == 0, done.stderr
    return posthouse


def test_init_prints_a_setup_link_and_never_a_password(posthouse: Run, tmp_path: Path) -> None:
    done = posthouse("init", "house", "--domain", "acme.test")

    assert "/setup/" in done.stdout
    assert {"posthouse.toml", "posthouse.db", "secret.key"} <= {file.name for file in (tmp_path / "house").iterdir()}
    assert [oct((tmp_path / "house" / name).stat().st_mode)[-3:] for name in ("secret.key", "posthouse.db")] == [
        "600",
        "600",
    ]


def test_init_twice_changes_nothing(installed: Run, tmp_path: Path) -> None:
    before = (tmp_path / "secret.key").read_text(), (tmp_path / "posthouse.toml").read_text()
    again = installed("init", ".", "--domain", "other.test", POSTHOUSE_ADMIN_PASSWORD="something else")

    assert (again.returncode, "Already there" in again.stdout) == (0, True)
    assert ((tmp_path / "secret.key").read_text(), (tmp_path / "posthouse.toml").read_text()) == before
    assert json.loads(installed("dns", "--json").stdout)[0]["name"].endswith("acme.test")


def test_first_boot_has_what_every_team_starts_with(installed: Run, tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "posthouse.db") as db:
        queue = db.execute("SELECT name, address FROM campaigns JOIN mailboxes ON mailboxes.id = mailbox").fetchall()
        statuses = [row[0] for row in db.execute("SELECT name FROM statuses ORDER BY position")]
        counts = [db.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in ("priorities", "break_types")]

    assert queue == [("Inbox", "inbox@acme.test")]
    assert statuses == ["New", "In progress", "Waiting for client", "Postponed", "Closed", "Merged"]
    assert counts == [4, 5]


def test_init_writes_the_overrides_it_sees_and_no_secret(posthouse: Run, tmp_path: Path) -> None:
    posthouse("init", ".", "--domain", "acme.test", POSTHOUSE_DESK_UNDO_SECONDS="3", POSTHOUSE_ADMIN_PASSWORD=PASSWORD)
    text = (tmp_path / "posthouse.toml").read_text()

    assert "undo_seconds = 3" in text
    assert PASSWORD not in text


def test_a_token_is_printed_alone(installed: Run) -> None:
    done = installed("token", "create", "robot", "--role", "agent")

    assert done.stdout.strip() == done.stdout.splitlines()[0]
    assert done.stdout.startswith("ph_")


def test_people_are_added_listed_and_disabled(installed: Run) -> None:
    added = installed("user", "add", "emma", "--name", "Emma", "--role", "agent", "--campaign", "inbox")
    assert "/setup/" in added.stdout
    assert installed("user", "disable", "emma").returncode == 0

    people = {user["username"]: user for user in json.loads(installed("user", "list", "--json").stdout)}
    assert (people["emma"]["enabled"], people["admin"]["enabled"]) == (False, True)
    assert installed("user", "add", "emma").returncode == 1


def test_the_records_to_publish_are_a_table_a_zone_and_json(installed: Run) -> None:
    records = json.loads(installed("dns", "--json").stdout)

    assert {record["type"] for record in records} >= {"MX", "TXT"}
    assert any("._domainkey." in record["name"] and "v=DKIM1" in record["value"] for record in records)
    assert all(not record["name"].endswith(".") and record["why"] for record in records)
    assert "_domainkey" in installed("dns", "--zone").stdout
    assert installed("dns", "stranger.test").returncode == 1


def test_an_empty_queue_says_so(installed: Run) -> None:
    assert "empty" in installed("queue", "list").stdout
    assert json.loads(installed("queue", "list", "--json").stdout) == []


def test_check_finds_what_is_wrong(installed: Run, tmp_path: Path) -> None:
    environ = {"POSTHOUSE_SMTP_LISTEN": '["127.0.0.1:0"]', "POSTHOUSE_WEB_LISTEN": '["127.0.0.1:0"]'}
    assert installed("check", **environ).returncode == 0
    (tmp_path / "secret.key").chmod(0o644)

    done = installed("check", "--json", **environ)
    assert done.returncode == 1
    assert [each["what"] for each in json.loads(done.stdout) if each["state"] == "wrong"] == ["secret.key"]


def test_check_says_whether_a_port_in_use_is_in_use_by_us(installed: Run, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other, (tmp_path / "serve.lock").open("wb") as lock:
        listener = f"127.0.0.1:{other.getsockname()[1]}"
        environ = {"POSTHOUSE_SMTP_LISTEN": f'["{listener}"]', "POSTHOUSE_WEB_LISTEN": '["127.0.0.1:0"]'}
        strangers = installed("check", "--json", **environ)
        fcntl.flock(lock, fcntl.LOCK_EX)  # as a server does
        ours = installed("check", **environ)

    assert (strangers.returncode, ours.returncode) == (1, 0)
    (wrong,) = [each for each in json.loads(strangers.stdout) if each["state"] == "wrong"]
    assert wrong["detail"] == f"smtp.listen: {listener} is in use by another program"


@pytest.mark.parametrize("command", [("serve",), ("check",), ("queue", "list"), ("user", "list")])
def test_a_broken_configuration_ends_every_command_with_one_line_that_names_the_key(
    installed: Run, tmp_path: Path, command: tuple[str, ...]
) -> None:
    (tmp_path / "posthouse.toml").write_text("[smtp]\nlissen = []\n")

    done = installed(*command)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.strip().endswith("smtp.lissen is not a setting")
    assert done.stderr.count("\n") == 1


def test_no_configuration_at_all_says_how_to_get_one(posthouse: Run) -> None:
    done = posthouse("serve")
    assert (done.returncode, "posthouse init" in done.stderr) == (2, True)


@pytest.mark.parametrize("door", ["SMTP", "WEB"])
def test_a_port_in_use_is_said_in_one_line(installed: Run, door: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        environ = {"POSTHOUSE_SMTP_LISTEN": '["127.0.0.1:0"]', "POSTHOUSE_WEB_LISTEN": '["127.0.0.1:0"]'}
        done = installed("serve", **{**environ, f"POSTHOUSE_{door}_LISTEN": f'["{address}"]'})

    line = f"posthouse: {door.lower()}.listen: {address} is in use by another program"
    assert (done.returncode, done.stderr.splitlines()[-1]) == (2, line)
    assert "Traceback" not in done.stderr
