"""A mail server that behaves as badly as the script says, at the stage the script says."""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Self

ACTS = ("4xx", "5xx", "drop", "hang", "garbage", "slow byte")
STAGES = ("banner", "EHLO", "STARTTLS", "MAIL", "RCPT", "DATA", "body", "dot", "QUIT")

_SAID = {"4xx": b"451 4.7.1 not now\r\n", "5xx": b"554 5.7.1 never\r\n", "garbage": b"\x00\xffHTTP/1.1 200 OK\r\n"}
_FINE = {
    "banner": b"220 mx.test ESMTP\r\n", "MAIL": b"250 2.1.0 ok\r\n", "RCPT": b"250 2.1.5 ok\r\n",
    "DATA": b"354 go on\r\n", "dot": b"250 2.0.0 taken\r\n", "QUIT": b"221 2.0.0 bye\r\n", "RSET": b"250 2.0.0 ok\r\n",
    "STARTTLS": b"220 2.0.0 ready\r\n", "AUTH": b"235 2.7.0 welcome\r\n",
}  # fmt: skip


class _HungUp(Exception):
    pass


class ScriptedMx:
    """`script` maps a stage to one of ACTS or to the literal bytes to say; `mails` is what was taken at the dot."""

    def __init__(
        self,
        script: Mapping[str, str | bytes] | None = None,
        *,
        offers: Sequence[str] = ("PIPELINING", "8BITMIME"),
        tls: ssl.SSLContext | None = None,
        host: str = "127.0.0.1",
    ) -> None:
        self.script = dict(script or {})
        self.offers = offers
        self.host = host
        self.port = 0
        self.commands: list[bytes] = []
        self.mails: list[bytes] = []  # as they were on the wire, still stuffed, without the final dot
        self.connections = 0
        self._tls = tls
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)  # so that "hang" in the body is soon felt
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((self.host, self.port))
        self.port = listener.getsockname()[1]
        self._server = await asyncio.start_server(self._serve, sock=listener)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, e: BaseException | None, t: TracebackType | None
    ) -> None:
        self._server.close()
        self.hang_up()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()

    def hang_up(self) -> None:
        """Drop all who are connected."""
        for writer in self._writers:
            writer.transport.abort()

    def say(self, words: bytes) -> None:
        """Say something nobody asked for, to all who are connected."""
        for writer in self._writers:
            writer.write(words)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._writers.add(writer)
        task = asyncio.current_task()
        assert task
        self._tasks.add(task)
        try:
            await self._converse(reader, writer)
        except (_HungUp, OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.transport.abort()
            self._writers.discard(writer)
            self._tasks.discard(task)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._say("banner", writer)
        while command := await reader.readline():
            self.commands.append(command)
            verb = command[:4].upper()
            if verb in (b"EHLO", b"HELO"):
                await self._say("EHLO" if verb == b"EHLO" or "HELO" not in self.script else "HELO", writer)
            elif verb == b"STAR":
                await self._say("STARTTLS", writer)
                if self._tls:
                    await writer.start_tls(self._tls)
            elif verb == b"DATA":
                await self._data(reader, writer)
            else:
                await self._say(verb.decode(), writer)

    async def _data(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.script.get("DATA") and not str(self.script["DATA"]).startswith("354"):
            await self._say("DATA", writer)
            return
        await self._say("DATA", writer)
        if "body" in self.script:
            await reader.read(100)
            await self._say("body", writer)
            while await reader.read(65536):
                pass
            raise _HungUp
        lines = [await reader.readline()]
        while lines[-1] not in (b".\r\n", b""):
            lines.append(await reader.readline())
        self.mails.append(b"".join(lines[:-1]))
        await self._say("dot", writer)

    async def _say(self, stage: str, writer: asyncio.StreamWriter) -> None:
        act = self.script.get(stage, "")
        if act == "drop":
            raise _HungUp
        if act == "hang":
            await asyncio.get_running_loop().create_future()
        if act == "slow byte":
            await self._dribble(self._fine(stage), writer)
            return
        writer.write(act if isinstance(act, bytes) else _SAID.get(act) or self._fine(stage))
        with contextlib.suppress(ConnectionError):
            await writer.drain()

    async def _dribble(self, words: bytes, writer: asyncio.StreamWriter) -> None:
        """A byte now and then, never the whole reply in time."""
        for at in range(len(words) - 1):
            writer.write(words[at : at + 1])
            await asyncio.sleep(0.05)
        await asyncio.get_running_loop().create_future()

    def _fine(self, stage: str) -> bytes:
        if stage not in ("EHLO", "HELO"):
            return _FINE.get(stage, b"250 ok\r\n")
        lines = ["mx.test", *self.offers]
        return b"".join(
            f"250{' ' if at == len(lines) else '-'}{line}\r\n".encode() for at, line in enumerate(lines, start=1)
        )
