"""A foreign program that a test or a measurement starts, and stops by its own process id."""

import asyncio
import contextlib
import os
import shutil
import signal
import socket
from dataclasses import dataclass
from pathlib import Path


@dataclass(slots=True)
class Program:
    process: asyncio.subprocess.Process
    log: Path

    def check(self) -> None:
        """Complain with the program's own words when it has ended."""
        if self.process.returncode is not None:
            raise RuntimeError(f"ended with {self.process.returncode}: {self.log.read_text(errors='replace')[-2000:]}")

    async def stop(self, seconds: float = 10) -> None:
        """SIGTERM, and SIGKILL for who does not listen."""
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGTERM)
            try:
                async with asyncio.timeout(seconds):
                    await self.process.wait()
            except TimeoutError:
                self.process.kill()
        await self.process.wait()


async def spawn(name: str, *arguments: str, log: Path, folder: Path | None = None) -> Program:
    """Start a program in the foreground, what it says going to the log file."""
    with log.open("ab") as output:
        process = await asyncio.create_subprocess_exec(
            find(name),
            *arguments,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=folder,
        )
    return Program(process, log)


async def run(name: str, *arguments: str) -> str:
    """Run a program to its end; what it said (both outputs). RuntimeError when it failed."""
    process = await asyncio.create_subprocess_exec(
        find(name), *arguments, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    said, _ = await process.communicate()
    if process.returncode:
        raise RuntimeError(f"{name} ended with {process.returncode}: {said.decode(errors='replace')[-2000:]}")
    return said.decode(errors="replace")


def find(name: str) -> str:
    """Where a program is; Debian keeps daemons in /usr/sbin, which is not on everybody's PATH."""
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin:/usr/lib/postfix/sbin")
    if found is None:
        raise FileNotFoundError(f"{name} is not installed (bin/test installs it)")
    return found


def own_host() -> str:
    """A loopback address of this process alone, so that tests side by side never take each other's ports."""
    pid = os.getpid()
    return f"127.{100 + pid % 100}.{pid // 100 % 250}.1"


def free_port(host: str = "127.0.0.1") -> int:
    """A port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        port: int = probe.getsockname()[1]
        return port


async def listening(host: str, port: int, program: Program | None = None, seconds: float = 20) -> None:
    """Return when somebody accepts connections there."""
    async with asyncio.timeout(seconds):
        while True:
            if program:
                program.check()
            try:
                _, writer = await asyncio.open_connection(host, port)
            except OSError:
                await asyncio.sleep(0.02)
                continue
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()
            return
