"""A well-meaning mail server that remembers all it was given, and answers each recipient as the test says."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Self, cast

from aiosmtpd.smtp import SMTP, Envelope, Session

Answer = Callable[[str], str]  # recipient to reply; "" is the usual one, "drop" hangs up


@dataclass(frozen=True, slots=True)
class Taken:
    """A mail of which the final dot was seen. Whether the other side heard our reply is another matter."""

    recipient: str
    mail_from: str
    raw: bytes
    reply: str
    connection: int
    time: float  # of the event loop


def usual(recipient: str) -> str:
    return ""


class Mx:
    """`rcpt` and `dot` answer at these stages; `hello` at EHLO. `gate`, when it is closed, holds back every dot."""

    def __init__(self, *, host: str = "127.0.0.1", port: int = 0, size_limit: int = 50_000_000) -> None:
        self.host = host
        self.port = port
        self.rcpt: Answer = usual
        self.dot: Answer = usual
        self.taken: list[Taken] = []
        self.connections = 0
        self.refused: list[str] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.waiting = 0  # mails held back at the gate
        self._more = asyncio.Condition()
        self._size = size_limit
        self._transports: set[asyncio.WriteTransport] = set()

    @property
    def delivered(self) -> list[str]:
        """The recipients of what we took and said so, in order."""
        return [mail.recipient for mail in self.taken if mail.reply.startswith("250")]

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Smtp(self, self._size), self.host, self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, e: BaseException | None, t: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Stop listening and drop everybody."""
        self._server.close()
        self.gate.set()
        for transport in list(self._transports):
            transport.abort()
        await asyncio.sleep(0)

    async def until(self, true: Callable[[], bool], seconds: float = 20) -> None:
        """Wait for something about us to become true; asked whenever something happens here."""
        async with asyncio.timeout(seconds), self._more:
            await self._more.wait_for(true)

    async def happened(self) -> None:
        async with self._more:
            self._more.notify_all()

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        reply = self.rcpt(address)
        if reply:
            self.refused.append(address)
            await self.happened()
            return _spoken(server, reply)
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 ok"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        assert isinstance(server, _Smtp)
        recipient = envelope.rcpt_tos[0]
        self.waiting += 1
        await self.happened()
        await self.gate.wait()
        self.waiting -= 1
        reply = self.dot(recipient) or "250 2.0.0 taken"
        number, now = server.number, asyncio.get_running_loop().time()
        self.taken.append(Taken(recipient, envelope.mail_from or "", envelope.content, reply, number, now))
        await self.happened()
        return _spoken(server, reply)


class _Smtp(SMTP):
    def __init__(self, mx: Mx, size: int) -> None:
        super().__init__(mx, data_size_limit=size, hostname="mx.test")
        self._mx = mx
        self.number = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._mx.connections += 1
        self.number = self._mx.connections
        self._mx._transports.add(cast("asyncio.WriteTransport", transport))
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self._mx._transports.discard(self.transport)
        super().connection_lost(error)


def _spoken(server: SMTP, reply: str) -> str:
    if reply == "drop":
        cast("asyncio.WriteTransport", server.transport).abort()
        return "421 gone"
    return reply
