"""A provider's submission server: Postfix that asks for TLS and a password, which Dovecot checks."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from bench.peers.postfix import Postfix
from bench.peers.program import Program, spawn


class Smarthost:
    """`async with Smarthost(users={"ada": "secret"}, certificate=(chain, key)) as smarthost:` listens on host:port.

    What it takes for other domains is thrown away, each mail a line in `log()`.
    """

    def __init__(
        self, users: Mapping[str, str], certificate: tuple[Path, Path], *, host: str = "", port: int = 0
    ) -> None:
        self._users = users
        self._postfix = Postfix(host=host, port=port, name="smarthost.example.net", certificate=certificate)
        self._postfix.set(
            smtpd_tls_security_level="encrypt",
            smtpd_tls_auth_only="yes",
            smtpd_sasl_auth_enable="yes",
            smtpd_sasl_type="dovecot",
            smtpd_sasl_path="private/auth",
            default_transport="discard:",
        )
        self.host = self._postfix.host
        self.port = self._postfix.port

    def log(self) -> str:
        return self._postfix.log()

    async def __aenter__(self) -> Self:
        await self._postfix.__aenter__()
        folder = self._postfix.folder / "dovecot"
        folder.mkdir()
        (folder / "users").write_text("".join(f"{name}:{{PLAIN}}{word}::::::\n" for name, word in self._users.items()))
        (folder / "dovecot.conf").write_text(self._configuration(folder))
        self._dovecot: Program = await spawn(
            "dovecot", "-F", "-c", str(folder / "dovecot.conf"), log=folder / "start.log"
        )
        async with asyncio.timeout(20):
            while not self._socket.is_socket():
                self._dovecot.check()
                await asyncio.sleep(0.02)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, e: BaseException | None, t: TracebackType | None
    ) -> None:
        await self._dovecot.stop()
        await self._postfix.__aexit__(kind, e, t)

    @property
    def _socket(self) -> Path:
        return self._postfix.folder / "queue" / "private" / "auth"

    def _configuration(self, folder: Path) -> str:
        return f"""
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/dovecot.log
protocols =
ssl = no
auth_mechanisms = plain login
disable_plaintext_auth = no
passdb {{
  driver = passwd-file
  args = username_format=%u {folder}/users
}}
userdb {{
  driver = static
  args = uid=65534 gid=65534 home=/nonexistent
}}
service auth {{
  unix_listener {self._socket} {{
    mode = 0660
    user = postfix
    group = postfix
  }}
}}
"""
