"""posthouse check: is all well before, and while, we serve?"""

import errno
import fcntl
import shutil
import socket
import stat
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import click

from appliance import clock
from appliance.cli.common import config_option, done, installation, json_option, show
from appliance.errors import ApplianceError
from appliance.settings import Settings, cannot_listen, host_and_port
from appliance.store import Store, campaigns
from appliance.vault import Vault

NOT_BEFORE = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Finding:
    what: str
    state: str  # ok, warning, wrong
    detail: str


@click.command()
@json_option
@config_option
def check(as_json: bool, config: Path | None) -> None:
    """Configuration, ports, clock, disk, permissions, store. Fails when something is wrong, not for a warning."""
    settings = installation(config)
    findings = [Finding("configuration", "ok", str(settings.file)), *_findings(settings)]
    show([asdict(each) for each in findings], ["what", "state", "detail"], as_json=as_json, empty="")
    sys.exit(1 if any(each.state == "wrong" for each in findings) else 0)


def _findings(settings: Settings) -> Iterator[Finding]:
    yield _key(settings)
    yield _store(settings)
    yield _disk(settings)
    yield _clock()
    served = _is_served(settings)
    yield from (_port(name, listener, served) for name, listener in _listeners(settings))


def _key(settings: Settings) -> Finding:
    path = settings.data / "secret.key"
    try:
        Vault.at(path)
    except (OSError, ValueError) as error:
        return Finding("secret.key", "wrong", str(error))
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        return Finding("secret.key", "wrong", f"{path} can be read by others: chmod 600 it")
    return Finding("secret.key", "ok", str(path))


def _store(settings: Settings) -> Finding:
    path = settings.data / "posthouse.db"
    if not path.exists():
        return Finding("store", "wrong", f"{path} does not exist: posthouse init makes it")

    async def queues() -> int:
        async with Store(path, clock=clock.now, tell=lambda news: None) as store:
            return len(await store.read(campaigns.listed))

    try:
        return Finding("store", "ok", f"{path}, campaigns: {done(queues())}")
    except (ApplianceError, RuntimeError) as error:
        return Finding("store", "wrong", str(error))


def _disk(settings: Settings) -> Finding:
    free = shutil.disk_usage(settings.data).free
    state = "ok" if free > 10 * settings.limits.min_free_bytes else "warning"
    return Finding("disk", "wrong" if free < settings.limits.min_free_bytes else state, f"{free >> 20} MB free")


def _clock() -> Finding:
    now = clock.now()
    return Finding("clock", "ok" if now > NOT_BEFORE else "wrong", f"{now:%Y-%m-%d %H:%M:%S} UTC")


def _listeners(settings: Settings) -> Iterator[tuple[str, str]]:
    yield from (("smtp", each) for each in settings.smtp.listen)
    yield from (("web", each) for each in (*settings.web.listen, *settings.web.tls_listen))


def _is_served(settings: Settings) -> bool:
    """Whether a server holds the lock of this folder."""
    try:
        with (settings.data / "serve.lock").open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        pass
    return False


def _port(name: str, listener: str, served: bool) -> Finding:
    """Can we have it, or is it we who have it?"""
    what = f"{name} {listener}"
    host, port = host_and_port(listener)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno == errno.EACCES:
                return Finding(what, "warning", "ports below 1024 can be looked at by root alone")
            if error.errno == errno.EADDRINUSE and served:
                return Finding(what, "ok", "in use while posthouse serves")
            return Finding(what, "wrong", str(cannot_listen(f"{name}.listen", listener, error)))
    return Finding(what, "ok", "free")
