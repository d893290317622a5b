"""Runs as root inside the booted machine: uses Posthouse as its administrator would, and writes down what it saw."""

import json
import os
import signal
import smtplib
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import dkim
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

WEB = "http://127.0.0.1:8080"
OUTSIDE = 2526  # where install.sh was told that all mail leaves
INSTALL = ["/posthouse/systemd/install.sh", "--domain", "example.org", "--hostname", "mail.example.org"]
STAYS = ["/usr/local/lib/posthouse", "/usr/local/bin", "/etc/systemd", "/etc/posthouse", "/etc/passwd"]
STAYS += [f"/var/lib/posthouse/{name}" for name in ("posthouse.toml", "secret.key", "tls.crt", "tls.key")]


class Neighbour:
    """A mail server somewhere else, as aiosmtpd wants it."""

    def __init__(self) -> None:
        self.taken: list[bytes] = []

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        self.taken.append(envelope.original_content or b"")
        return "250 2.0.0 taken"


def main(file: Path) -> None:
    report: dict[str, Any] = {}
    try:
        tell(report)
    except Exception as error:
        report["trouble"] = repr(error)
        raise
    finally:
        report["journal"] = run("journalctl", "--no-pager", "--output=cat", "--unit=posthouse")["said"]
        file.write_text(json.dumps(report, indent=1, default=str))


def tell(report: dict[str, Any]) -> None:
    report["start"] = unit() | {"health": await_health(), "owner": owner(), "port_25": greeting()}
    report["again"] = install_again()
    report["commands"] = commands()
    token = run("posthouse", "token", "create", "probe", "--role", "admin")["said"].strip()
    report["mail"] = exchange(token)
    report["killed"] = kill(signal.SIGKILL) | {"subjects": subjects(token)}
    report["stopped"] = stop()
    run("systemctl", "start", "posthouse")
    report["hung"] = hang()


def commands() -> dict[str, Any]:
    """What an administrator types, by docs/operations.md, as root and as the service's own user."""
    typed = {
        "check": "posthouse check",
        "dns": "posthouse dns --json",
        "zone": "posthouse dns --zone",
        "queue": "posthouse queue list",
        "user": "posthouse user add zoe --name Zoe --campaign Inbox",
        "users": "posthouse user list --json",
        "as posthouse": "runuser -u posthouse -- posthouse queue list",
    }
    ran = {name: run(*command.split()) for name, command in typed.items()}
    others = [str(path) for path in Path("/var/lib/posthouse").iterdir() if path.owner() != "posthouse"]
    return ran | {"not posthouse's": others}


def install_again() -> dict[str, Any]:
    """install.sh twice more, with and without words: what changed by it."""
    before, pid = files(), unit()["MainPID"]
    ran = [run(*INSTALL), run(INSTALL[0])]
    after = files()
    changed = [name for name in before.keys() | after.keys() if before.get(name) != after.get(name)]
    return {"codes": [each["code"] for each in ran], "changed": changed, "same_process": unit()["MainPID"] == pid}


def exchange(token: str) -> dict[str, Any]:
    """A customer's mail comes in, an answer leaves, and its signature agrees with the records we publish."""
    send_mail("Where is my parcel?")
    number = wait_for(lambda: next(iter(asked(token, "interactions")["items"]), None))["number"]
    with neighbour() as outside:
        asked(token, f"interactions/{number}/replies", {"text": "On its way."})
        letter = wait_for(lambda: outside.taken and outside.taken[0])
        wait_for(lambda: asked(token, "outbox")["items"][0]["state"] == "delivered")
    return {"subjects": subjects(token), "letter": letter.decode(), "signed": verify(letter)}


def verify(letter: bytes) -> bool:
    records = {each["name"]: each["value"] for each in json.loads(run("posthouse", "dns", "--json")["said"])}
    return bool(
        dkim.verify(
            letter, dnsfunc=lambda name, timeout=5: records[name.decode().rstrip(".")].encode()
        )  # dkimpy's names
    )


def kill(number: signal.Signals) -> dict[str, Any]:
    before = unit()
    os.kill(int(before["MainPID"]), number)
    wait_for(lambda: int(unit()["NRestarts"]) > int(before["NRestarts"]))
    return {"health": await_health()} | unit()


def stop() -> dict[str, Any]:
    """SIGTERM while a client and a browser are connected and say nothing."""
    with smtplib.SMTP("127.0.0.1", 25) as client, urllib.request.urlopen(WEB + "/sign-in") as _page:
        client.ehlo()
        begun = time.monotonic()
        run("systemctl", "stop", "posthouse")
        seconds = time.monotonic() - begun
        client.close()
    left = sorted(path.name for path in Path("/var/lib/posthouse").iterdir())
    return {"seconds": seconds, "left": left} | unit()


def hang() -> dict[str, Any]:
    """A process that does nothing any more; we are less patient than the unit is."""
    drop_in = Path("/run/systemd/system/posthouse.service.d/impatient.conf")
    drop_in.parent.mkdir(parents=True, exist_ok=True)
    drop_in.write_text("[Service]\nWatchdogSec=3\n")
    run("systemctl", "daemon-reload")
    run("systemctl", "restart", "posthouse")
    await_health()
    return kill(signal.SIGSTOP)


def unit() -> dict[str, str]:
    names = "ActiveState,SubState,Result,MainPID,NRestarts,ExecMainStatus,ExecMainCode,WatchdogUSec"
    shown = run("systemctl", "show", "posthouse", f"--property={names}")["said"]
    return dict(line.split("=", 1) for line in shown.splitlines())


def owner() -> dict[str, str]:
    lines = Path(f"/proc/{unit()['MainPID']}/status").read_text().splitlines()
    status = dict(line.split(":", 1) for line in lines)
    user = Path(f"/proc/{unit()['MainPID']}").owner()
    return {"user": user, "capabilities": status["CapEff"].strip()}


def greeting() -> str:
    with smtplib.SMTP() as client:
        return str(client.connect("127.0.0.1", 25))


def send_mail(subject: str) -> None:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "ada@example.net", "inbox@example.org", subject
    mail.set_content("I ordered it a week ago.")
    with smtplib.SMTP("127.0.0.1", 25) as client:
        client.starttls()
        client.send_message(mail)


def subjects(token: str) -> list[str]:
    return [each["subject"] for each in asked(token, "interactions")["items"]]


def asked(token: str, path: str, body: object = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    request = urllib.request.Request(f"{WEB}/api/v1/{path}", data, headers)
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def await_health() -> int:
    def health() -> int | None:
        try:
            return int(urllib.request.urlopen(WEB + "/healthz").status)
        except urllib.error.URLError:
            return None

    return wait_for(health)


def wait_for(look: Callable[[], Any], seconds: float = 60) -> Any:
    """What `look` sees, as soon as that is something."""
    end = time.monotonic() + seconds
    while not (seen := look()):
        if time.monotonic() > end:
            raise TimeoutError(f"waited too long for line {look.__code__.co_firstlineno}")
        time.sleep(0.05)
    return seen


@contextmanager
def neighbour() -> Iterator[Neighbour]:
    handler = Neighbour()
    controller = Controller(handler, hostname="127.0.0.1", port=OUTSIDE)
    controller.start()
    try:
        yield handler
    finally:
        controller.stop()


def files() -> dict[str, tuple[int, int]]:
    """Everything that install.sh and init made: when it was last written, and its mode."""
    found = [path for place in map(Path, STAYS) for path in (place, *place.rglob("*")) if path.name != "__pycache__"]
    return {str(path): (path.lstat().st_mtime_ns, path.lstat().st_mode) for path in found}


def run(*command: str) -> dict[str, Any]:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return {"code": done.returncode, "said": done.stdout, "cried": done.stderr}


if __name__ == "__main__":
    main(Path(sys.argv[1]))
