"""A real store and a real door on loopback, and a client that says exactly what a test tells it to."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import trustme

from appliance.bus import Bus
from appliance.model.arrival import Arrival
from appliance.settings import Settings
from appliance.smtp.door import Deadlines
from appliance.smtp.receiver import Receiver
from appliance.store import Store, arrivals, domains, mailboxes

MONDAY = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


@dataclass
class Client:
    """Raw SMTP: what goes over the wire is what the test wrote."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    def say(self, raw: bytes) -> None:
        self.writer.write(raw)

    async def reply(self) -> str:
        """The next reply, all its lines. "" when the other side has hung up."""
        lines = []
        with suppress(ConnectionError):
            async with asyncio.timeout(20):
                while line := (await self.reader.readline()).decode():
                    lines.append(line.rstrip("\r\n"))
                    if line[3:4] != "-":
                        break
        return "\n".join(lines)

    async def ask(self, line: str) -> str:
        self.say(line.encode() + b"\r\n")
        return await self.reply()

    async def hello(self) -> None:
        assert (await self.reply()).startswith("220 ")
        assert (await self.ask("EHLO client.example")).startswith("250-")

    async def begin(self, to: str = "help@ours.test") -> str:
        """EHLO to DATA; the reply to DATA."""
        await self.hello()
        assert (await self.ask("MAIL FROM:<ada@example.org>")).startswith("250 2.1.0")
        assert (await self.ask(f"RCPT TO:<{to}>")).startswith("250 2.1.5")
        return await self.ask("DATA")

    async def close(self) -> None:
        self.writer.close()
        with suppress(ConnectionError, ssl.SSLError):
            await self.writer.wait_closed()


@dataclass
class House:
    """A door that is open, with what lies behind it."""

    store: Store
    receiver: Receiver
    bus: Bus
    task: "asyncio.Task[None]"
    clients: AsyncExitStack = field(repr=False)

    @property
    def host(self) -> str:
        return self.receiver.addresses[0][0]

    @property
    def port(self) -> int:
        return self.receiver.addresses[0][1]

    async def connect(self) -> Client:
        client = Client(*await asyncio.open_connection(self.host, self.port))
        self.clients.push_async_callback(client.close)
        return client

    async def kept(self) -> list[Arrival]:
        return await self.store.read(arrivals.waiting, 1000, 1 << 30)


Opener = Callable[..., Awaitable[House]]


@pytest.fixture(scope="session")
def server_tls() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("mail.ours.test").configure_cert(context)
    return context


@asynccontextmanager
async def opened(
    folder: Path, tls: ssl.SSLContext | None = None, deadlines: Deadlines | None = None, **sections: dict[str, Any]
) -> AsyncIterator[House]:
    """A door on a free port: help@ours.test and its alias info@ours.test are a mailbox, ours.test is a domain."""
    smtp = {"listen": ("127.0.0.1:0",)} | sections.pop("smtp", {})
    appliance = {"hostname": "mail.ours.test", "domain": "ours.test", "data": str(folder)}
    settings = Settings.model_validate({"appliance": appliance, "smtp": smtp, **sections})
    bus = Bus()
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(Store(folder / "t.db", clock=lambda: MONDAY, tell=bus.tell))
        await store.write(domains.add, "ours.test")
        await store.write(mailboxes.add, "help@ours.test", aliases=("info@ours.test",))
        receiver = Receiver(store, settings, bus, tls=tls, deadlines=deadlines, clock=lambda: MONDAY)
        task = asyncio.create_task(receiver.run())
        clients = await stack.enter_async_context(AsyncExitStack())
        listening = asyncio.create_task(receiver.listening.wait())
        await asyncio.wait([task, listening], return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            listening.cancel()
            task.result()
        yield House(store, receiver, bus, task, clients)
        await clients.aclose()
        task.cancel()
        await asyncio.wait([task])
        if not task.cancelled():
            task.result()


@pytest.fixture
async def open_house(tmp_path: Path) -> AsyncIterator[Opener]:
    """Open doors with settings of the test's own; all are closed after it."""
    async with AsyncExitStack() as stack:

        async def open_it(folder: Path | None = None, **options: Any) -> House:
            return await stack.enter_async_context(opened(folder or tmp_path, **options))

        yield open_it


@pytest.fixture
async def house(open_house: Opener, server_tls: ssl.SSLContext) -> House:
    return await open_house(tls=server_tls)
