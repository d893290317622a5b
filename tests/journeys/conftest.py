"""A whole appliance as its users start it: `posthouse init`, `posthouse serve`, a process of its own."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, async_playwright

from appliance.settings import to_toml

PASSWORD = "correct horse battery"
POSTHOUSE = [sys.executable, "-m", "appliance"]
BOOT_SECONDS = 30
QUIET_CHROMIUM = (
    "--no-sandbox",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-domain-reliability",
    "--disable-sync",
)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class House:
    """An installation in a folder, and the process that serves it."""

    def __init__(self, folder: Path, **sections: dict[str, Any]) -> None:
        self.folder = folder
        self.smtp_port, self.web_port = free_port(), free_port()
        self.web = f"http://127.0.0.1:{self.web_port}"
        self.database = folder / "posthouse.db"
        self.process: subprocess.Popen[bytes] | None = None
        ours = {
            "appliance": {"domain": "acme.test", "hostname": "mail.acme.test"},
            "smtp": {"listen": [f"127.0.0.1:{self.smtp_port}"]},
            "submission": {"listen": []},
            "web": {"listen": [f"127.0.0.1:{self.web_port}"]},
        }
        for section, keys in sections.items():
            ours.setdefault(section, {}).update(keys)
        folder.mkdir()
        (folder / "posthouse.toml").write_text(to_toml(ours))
        self.command("init", str(folder), "--domain", "acme.test", config=False)

    def command(self, *words: str, config: bool = True) -> str:
        """What a command of posthouse prints; it must succeed."""
        more = ["--config", str(self.folder / "posthouse.toml")] if config else []
        done = subprocess.run(
            [*POSTHOUSE, *words, *more], env=self.environ, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    @property
    def environ(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("POSTHOUSE_")}
        return {**kept, "POSTHOUSE_ADMIN_PASSWORD": PASSWORD}

    def start(self) -> None:
        """Return when every door is open."""
        with (self.folder / "log").open("ab") as log:
            config = str(self.folder / "posthouse.toml")
            self.process = subprocess.Popen(
                [*POSTHOUSE, "serve", "--config", config], env=self.environ, stdout=log, stderr=log
            )
        deadline = time.monotonic() + BOOT_SECONDS
        while not self._healthy():
            assert self.process.poll() is None, self.log()
            assert time.monotonic() < deadline, self.log()
            time.sleep(0.02)

    def _healthy(self) -> bool:
        try:
            return bool(self.read("/healthz"))
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return False

    def read(self, path: str) -> str:
        """What a page says to somebody on this machine who has not signed in."""
        with urllib.request.urlopen(f"{self.web}{path}", timeout=5) as answer:
            return str(answer.read().decode())

    def kill(self) -> None:
        """As the power cut does: no goodbye."""
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        """As systemd does; the exit code."""
        return self._end(signal.SIGTERM)

    def _end(self, number: int) -> int:
        assert self.process is not None
        self.process.send_signal(number)
        code = self.process.wait(60)
        self.process = None
        return code

    def log(self) -> str:
        return (self.folder / "log").read_text()


async def post(port: int, mail_from: str, content: bytes) -> int:
    """Hand in a mail for the Inbox, its content as it is; the code that it was accepted or first refused with."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)

    async def code() -> int:
        return int((await reader.readline())[:3])

    try:
        await code()
        for command in ("HELO client.test", f"MAIL FROM:<{mail_from}>", "RCPT TO:<inbox@acme.test>", "DATA"):
            writer.write(f"{command}\r\n".encode())
            refusal = await code()
            if refusal >= 400:
                return refusal
        writer.write(content + b"\r\n.\r\n")
        return await code()
    finally:
        writer.close()


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Callable[..., House]]:
    """Make a House with these sections of settings; all are stopped at the end."""
    houses: list[House] = []

    def build(**sections: dict[str, Any]) -> House:
        houses.append(House(tmp_path / f"house{len(houses)}", **sections))
        return houses[-1]

    yield build
    for each in houses:
        if each.process is not None:
            each.kill()


@pytest.fixture
async def chromium() -> AsyncIterator[Browser]:
    """Debian's Chromium, which talks to nobody but us."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=QUIET_CHROMIUM)
        yield browser
        await browser.close()
