"""Debian's knot on loopback, authoritative for whatever the test says."""

import asyncio
import contextlib
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from bench.peers.program import Program, free_port, own_host, spawn


@dataclass(frozen=True, slots=True)
class Record:
    name: str  # absolute, without the final dot
    kind: str  # "MX", "A", "TXT" ...
    value: str  # as in a zone file; a TXT is quoted and split here
    ttl: int = 60


class Nameserver:
    """`async with Nameserver(folder, records) as ns: Resolver([ns.server])`. Names under no zone are REFUSED."""

    def __init__(self, folder: Path, records: Sequence[Record], zones: Sequence[str] = (), host: str = "") -> None:
        self._folder = folder
        self._records = records
        self._zones = sorted({*zones, *(".".join(record.name.split(".")[-2:]) for record in records)})
        self.host = host or own_host()
        self.port = free_port(self.host)
        self._program: Program | None = None

    @property
    def server(self) -> str:
        return f"{self.host}:{self.port}"

    async def __aenter__(self) -> Self:
        self._folder.mkdir(parents=True, exist_ok=True)
        for zone in self._zones:
            (self._folder / f"{zone}.zone").write_text(self._zone(zone))
        (self._folder / "knot.conf").write_text(self._configuration())
        self._program = await spawn("knotd", "-c", str(self._folder / "knot.conf"), log=self._folder / "knot.log")
        await self._ready()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, e: BaseException | None, t: TracebackType | None
    ) -> None:
        assert self._program
        await self._program.stop()

    def _configuration(self) -> str:
        folder = self._folder
        zones = "".join(f'  - domain: {zone}\n    file: "{folder}/{zone}.zone"\n' for zone in self._zones)
        return (
            f'server:\n  rundir: "{folder}"\n  listen: {self.host}@{self.port}\n  udp-workers: 1\n  tcp-workers: 1\n'
            f'  background-workers: 1\nlog:\n  - target: stderr\n    any: info\ndatabase:\n  storage: "{folder}/db"\n'
            f"zone:\n{zones}"
        )

    def _zone(self, zone: str) -> str:
        lines = [f"$ORIGIN {zone}.", "@ 60 SOA ns hostmaster 1 3600 600 86400 60", "@ 60 NS ns", f"ns 60 A {self.host}"]
        lines += [
            f"{r.name}. {r.ttl} {r.kind} {_txt(r.value) if r.kind == 'TXT' else r.value}"
            for r in self._records
            if r.name == zone or r.name.endswith("." + zone)
        ]
        return "\n".join(lines) + "\n"

    async def _ready(self) -> None:
        """A zone that is still being read is answered with SERVFAIL: ask for each SOA until it is there."""
        from dns import asyncquery, message, rcode

        assert self._program
        for zone in self._zones:
            while True:
                self._program.check()
                with contextlib.suppress(OSError, TimeoutError):
                    async with asyncio.timeout(1):
                        question = message.make_query(zone, "SOA")
                        answer = await asyncquery.tcp(question, self.host, port=self.port)
                    if answer.rcode() == rcode.NOERROR:
                        break
                await asyncio.sleep(0.02)


def silent_server() -> tuple[socket.socket, str]:
    """A name server that never answers: the bound socket (close it) and its host:port."""
    silence = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    silence.bind(("127.0.0.1", 0))
    return silence, f"127.0.0.1:{silence.getsockname()[1]}"


def _txt(value: str) -> str:
    pieces = [value[at : at + 255] for at in range(0, len(value), 255)] or [""]
    return " ".join('"' + piece.replace("\\", "\\\\").replace('"', '\\"') + '"' for piece in pieces)
