"""A 250 is a promise: whatever is cut off in the middle, an accepted mail is an interaction after the restart, once."""

import asyncio
import random
import sqlite3
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

MAILS_OF_A_CLIENT = 100


class Sender:
    """A client that does not rest until each of its mails got a 250, on as many connections as it takes."""

    def __init__(self, port: int, name: int, mails: int, acked: set[str]) -> None:
        self._port = port
        self._waiting = [f"{name}-{n}" for n in range(mails)]
        self._acked = acked

    async def run(self) -> None:
        while self._waiting:
            try:
                await self._one_connection()
            except (OSError, EOFError, asyncio.IncompleteReadError):
                await asyncio.sleep(0.05)  # the server is down: a client's usual pause

    async def _one_connection(self) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        try:
            await _expect(reader, b"220")
            await _ask(reader, writer, b"EHLO client.test\r\n", b"250")
            while self._waiting:
                await self._send(reader, writer, self._waiting[-1])
                self._acked.add(self._waiting.pop())
        finally:
            writer.close()

    async def _send(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, name: str) -> None:
        await _ask(reader, writer, f"MAIL FROM:<c{name}@example.org>\r\n".encode(), b"250")
        await _ask(reader, writer, b"RCPT TO:<inbox@acme.test>\r\n", b"250")
        await _ask(reader, writer, b"DATA\r\n", b"354")
        mail = f"From: c{name}@example.org\r\nSubject: Matter {name}\r\nMessage-ID: <{name}@example.org>\r\n\r\n"
        await _ask(reader, writer, f"{mail}{'Words. ' * 300}\r\n.\r\n".encode(), b"250")


async def _ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, line: bytes, code: bytes) -> None:
    writer.write(line)
    await writer.drain()
    await _expect(reader, code)


async def _expect(reader: asyncio.StreamReader, code: bytes) -> None:
    while True:
        line = await reader.readline()
        if not line:
            raise EOFError
        if line[3:4] != b"-":
            assert line.startswith(code), line
            return


async def _load(port: int, clients: int, mails: int, acked: set[str], kill: Callable[[], None], kills: int) -> None:
    """Send it all, and kill the server whenever the next of `kills` seeded shares of the mails is acknowledged."""
    seed = random.Random(20261122)
    moments = sorted(seed.sample(range(1, clients * mails), kills))
    sending = asyncio.gather(*(Sender(port, name, mails, acked).run() for name in range(clients)))
    for moment in moments:
        while len(acked) < moment and not sending.done():
            await asyncio.sleep(0.001)
        await asyncio.to_thread(kill)
    await sending


def _drained(database: Any) -> Counter[str]:
    """The Message-IDs of all messages, once intake has nothing left to do."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as db:
            (left,) = db.execute("SELECT count(*) FROM arrivals").fetchone()
            if not left:
                return Counter(row[0] for row in db.execute("SELECT message_id FROM messages"))
        time.sleep(0.1)
    raise AssertionError(f"{left} arrivals were not sorted")


@pytest.mark.parametrize(
    ("clients", "mails", "kills"),
    [(10, 60, 3), pytest.param(50, 100, 20, marks=[pytest.mark.slow, pytest.mark.timeout(600)])],
)
async def test_every_mail_that_got_a_250_is_an_interaction_after_kill_9_and_once(
    house: Any, clients: int, mails: int, kills: int
) -> None:
    posthouse = house()
    posthouse.start()
    acked: set[str] = set()

    def kill_and_start() -> None:
        posthouse.kill()
        posthouse.start()

    await _load(posthouse.smtp_port, clients, mails, acked, kill_and_start, kills)

    kept = await asyncio.to_thread(_drained, posthouse.database)
    assert len(acked) == clients * mails
    assert {f"{name}@example.org" for name in acked} - kept.keys() == set()
    assert [name for name, times in kept.items() if times > 1] == []
    assert posthouse.stop() == 0
    with sqlite3.connect(posthouse.database) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert db.execute("SELECT count(*) FROM interactions").fetchone() == (clients * mails,)
