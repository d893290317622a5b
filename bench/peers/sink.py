"""Postfix's smtp-sink: takes everything, keeps nothing, as fast as it can."""

import os
from pathlib import Path
from types import TracebackType
from typing import Self

from bench.peers.program import Program, free_port, listening, own_host, spawn


class Sink:
    """`async with Sink(folder) as sink:` listens on sink.host:sink.port. Options are smtp-sink's, like `-R DATA`."""

    def __init__(self, folder: Path, *options: str, host: str = "", port: int = 0) -> None:
        self._folder = folder
        self._options = options
        self.host = host or own_host()
        self.port = port or free_port(self.host)

    async def __aenter__(self) -> Self:
        self._folder.mkdir(parents=True, exist_ok=True)
        user = ["-u", "nobody"] if os.geteuid() == 0 else []
        arguments = [*self._options, *user, f"{self.host}:{self.port}", "1000"]
        self._program: Program = await spawn("smtp-sink", *arguments, log=self._folder / "sink.log", folder=Path("/"))
        await listening(self.host, self.port, self._program)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, e: BaseException | None, t: TracebackType | None
    ) -> None:
        await self._program.stop()
