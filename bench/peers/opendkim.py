"""Debian's opendkim as a second opinion on one mail, its DNS being knot and unbound's library on loopback."""

from collections.abc import Sequence
from pathlib import Path

from bench.peers.nameserver import Nameserver, Record
from bench.peers.program import run


async def verify(folder: Path, raw: bytes, records: Sequence[Record]) -> str:
    """What opendkim says about the mail: its log and the Authentication-Results header ("dkim=pass")."""
    folder = folder / "opendkim"
    folder.mkdir(exist_ok=True)
    mail = folder / "mail.eml"
    mail.write_bytes(raw)
    async with Nameserver(folder / "dns", records) as nameserver:
        (folder / "resolver.conf").write_text(_resolver(nameserver))
        (folder / "opendkim.conf").write_text(
            f"Mode v\nSyslog no\nAuthservID test\nAlwaysAddARHeader yes\nResolverConfiguration {folder}/resolver.conf\n"
        )
        return await run("opendkim", "-x", str(folder / "opendkim.conf"), "-t", str(mail), "-vvv")


def _resolver(nameserver: Nameserver) -> str:
    """`.test` is NXDOMAIN in libunbound unless told otherwise."""
    return (
        'server:\n  local-zone: "test." nodefault\n  do-not-query-localhost: no\n  module-config: "iterator"\n'
        f'forward-zone:\n  name: "."\n  forward-addr: {nameserver.host}@{nameserver.port}\n'
    )
