"""Postfix's smtp-sink: takes everything, keeps nothing, as fast as it can."""

from pathlib import Path
from types import TracebackType
from typing import Self

from bench.peers.program import Program, free_port, listening, spawn


class Sink:
    """`async with Sink(folder) as sink:` listens on sink.host:sink.port. Options are smtp-sink's, like `-R DATA`."""

    def __init__(self, folder: Path, *options: str, host: str = "127.0.0.1", port: int = 0) -> None:
        self._folder = folder
        self._options = options
        self.host = host
        self.port = port or free_port(host)

    async def __aenter__(self) -> Self:
        self._folder.mkdir(parents=True, exist_ok=True)
        # As root smtp-sink wants to be somebody else, and may then no longer read a private folder: it needs none.
        arguments = [*self._options, "-u", "nobody", f"{self.host}:{self.port}", "1000"]
        self._program: Program = await spawn("smtp-sink", *arguments, log=self._folder / "sink.log", folder=Path("/"))
        await listening(self.host, self.port, self._program)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, e: BaseException | None, t: TracebackType | None
    ) -> None:
        await self._program.stop()
