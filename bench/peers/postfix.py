"""Debian's Postfix, a whole instance of its own: a remote MX with mailboxes, a discarding one, or a smarthost."""

import asyncio
import os
import shutil
import signal
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from bench.peers.program import Program, free_port, listening, own_host, run, spawn

_SERVICES = """
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
virtual unix - n n - - virtual
discard unix - - n - - discard
error unix - - n - - error
retry unix - - n - - error
anvil unix - - n - 1 anvil
tlsmgr unix - - n 1000? 1 tlsmgr
postlog unix-dgram n - n - 1 postlogd
pickup unix n - n 60 1 pickup
"""


class Postfix:
    """`async with Postfix(mailboxes=["bob@example.net"]) as mx:` listens on mx.host:mx.port, needs root.

    Domains are those of the mailboxes; everybody else there is 550 5.1.1, every other domain 554 5.7.1. `settings`
    are further lines of main.cf. Folders are its own, not below pytest's, which Postfix's users may not enter.
    """

    def __init__(
        self,
        mailboxes: Sequence[str] = (),
        *,
        host: str = "",
        port: int = 0,
        name: str = "mx.example.net",
        certificate: tuple[Path, Path] | None = None,  # chain and key, PEM
        discard: bool = False,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self.host = host or own_host()
        self.port = port or free_port(self.host)
        self.name = name
        self.folder = Path(tempfile.mkdtemp(prefix="postfix-"))
        self._mailboxes = mailboxes
        self._settings = {
            **self._basics(),
            **(self._tls(*certificate) if certificate else {}),
            **({"virtual_transport": "discard:"} if discard else {}),
            **(settings or {}),
        }

    def set(self, **settings: str) -> None:
        """More lines for main.cf, before it starts."""
        self._settings |= settings

    async def __aenter__(self) -> Self:
        self._write()
        configuration = str(self.folder / "etc")
        self._program: Program = await spawn("postfix", "-c", configuration, "start-fg", log=self.folder / "start.log")
        try:
            await listening(self.host, self.port, self._program)
            await self._greeted()
        except BaseException:
            await self.__aexit__(None, None, None)
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, e: BaseException | None, t: TracebackType | None
    ) -> None:
        master = self.folder / "queue" / "pid" / "master.pid"
        if master.exists():  # `postfix start-fg` does not pass our signal on
            os.kill(int(master.read_text()), signal.SIGTERM)
            await self._program.process.wait()
        await self._program.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def mails(self, mailbox: str) -> list[bytes]:
        """What has been delivered to a mailbox, in the order of arrival; line ends as Postfix stores them, LF."""
        folder = self._maildir(mailbox) / "new"
        files = sorted(folder.iterdir(), key=lambda file: file.stat().st_mtime_ns) if folder.exists() else []
        return [file.read_bytes() for file in files]

    async def delivered(self, mailbox: str, count: int = 1, seconds: float = 20) -> list[bytes]:
        """Wait until the mailbox holds so many mails."""
        async with asyncio.timeout(seconds):
            while len(mails := self.mails(mailbox)) < count:
                await asyncio.sleep(0.02)
        return mails

    def log(self) -> str:
        return (self.folder / "mail.log").read_text(errors="replace")

    async def flush(self) -> None:
        """Try what waits in the queue again, now."""
        await run("postqueue", "-c", str(self.folder / "etc"), "-f")

    async def _greeted(self, seconds: float = 20) -> None:
        """A setting that smtpd does not like is only seen in its log: the port listens all the same."""
        reader, writer = await asyncio.open_connection(self.host, self.port)
        try:
            async with asyncio.timeout(seconds):
                await reader.readline()
        except TimeoutError:
            raise RuntimeError(f"Postfix does not greet: {self.log()[-2000:]}") from None
        finally:
            writer.close()

    def _maildir(self, mailbox: str) -> Path:
        return self.folder / "mail" / mailbox

    def _basics(self) -> dict[str, str]:
        folder = self.folder
        domains = sorted({mailbox.rpartition("@")[2] for mailbox in self._mailboxes})
        return {
            "compatibility_level": "3.6",
            "queue_directory": f"{folder}/queue",
            "data_directory": f"{folder}/data",
            "command_directory": "/usr/sbin",
            "daemon_directory": "/usr/lib/postfix/sbin",
            "maillog_file": f"{folder}/mail.log",
            "maillog_file_prefixes": str(folder),
            "inet_interfaces": "127.0.0.1",  # another 127.x here is fatal; master.cf names the address
            "inet_protocols": "ipv4",
            "smtp_host_lookup": "native",
            "myhostname": self.name,
            "mydestination": "",
            "mynetworks": "",
            "alias_maps": "",
            "local_recipient_maps": "",
            "smtpd_recipient_restrictions": "permit_sasl_authenticated, reject_unauth_destination",
            "smtpd_relay_restrictions": "permit_sasl_authenticated, reject_unauth_destination",
            "smtpd_client_connection_count_limit": "0",
            "smtpd_peername_lookup": "no",
            "virtual_mailbox_domains": ", ".join(domains),
            "virtual_mailbox_base": f"{folder}/mail",
            "virtual_mailbox_maps": f"texthash:{folder}/etc/mailboxes",
            "virtual_minimum_uid": "1",
            "virtual_uid_maps": "static:65534",
            "virtual_gid_maps": "static:65534",
        }

    def _tls(self, chain: Path, key: Path) -> dict[str, str]:
        return {"smtpd_tls_chain_files": f"{key}, {chain}", "smtpd_tls_security_level": "may"}

    def _write(self) -> None:
        self.folder.chmod(0o755)
        for name in ("etc", "queue", "data", "mail"):
            (self.folder / name).mkdir()
        shutil.chown(self.folder / "data", "postfix")
        shutil.chown(self.folder / "mail", 65534, 65534)
        shutil.copy("/etc/postfix/dynamicmaps.cf", self.folder / "etc")
        settings = "".join(f"{name} = {value}\n" for name, value in self._settings.items())
        (self.folder / "etc" / "main.cf").write_text(settings)
        (self.folder / "etc" / "master.cf").write_text(f"{self.host}:{self.port} inet n - n - - smtpd{_SERVICES}")
        mailboxes = "".join(f"{mailbox} {mailbox}/\n" for mailbox in self._mailboxes)
        (self.folder / "etc" / "mailboxes").write_text(mailboxes)
