"""Mail bombs by SMTP, one after the other, into a house that serves: nobody else notices."""

import asyncio
import re
import sqlite3
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from bench.bombs import BOMBS
from tests.journeys.conftest import House, post

EVERY = 0.1  # seconds between two mails of the usual client
SECONDS_PER_BOMB = 5.0
MOST_LAG = 0.5  # seconds; 0.1 is what we promise of a machine that does nothing else


@dataclass
class UsualClient:
    """Sends a mail and another one, on a new connection each, whatever others send."""

    port: int
    waits: list[float] = field(default_factory=list)  # seconds from connecting to the 250, one a mail

    async def run(self) -> None:
        while True:
            began, name = time.monotonic(), len(self.waits)
            head = f"From: eve@example.org\r\nMessage-ID: <{name}@example.org>\r\nSubject: Matter {name}\r\n"
            assert await post(self.port, "eve@example.org", f"{head}\r\nHello\r\n".encode()) == 250
            self.waits.append(time.monotonic() - began)
            await asyncio.sleep(EVERY)


def forms(bomb: bytes) -> Iterator[bytes]:
    """As it is, and with lines so short that every door must let them in; with the line ends and dots of SMTP."""
    bomb = re.sub(rb"\r?\n|\r", b"\r\n", bomb)
    yield bomb.replace(b"\r\n.", b"\r\n..")
    head, gap, body = bomb.partition(b"\r\n\r\n")
    head = re.sub(rb"[^\r\n]{900}(?=[^\r\n])", rb"\g<0>\r\n ", head)
    body = re.sub(rb"[^\r\n]{900}(?=[^\r\n])", rb"\g<0>\r\n", body)
    folded = head + gap + body
    if folded != bomb:
        yield folded.replace(b"\r\n.", b"\r\n..")


async def test_bombs_cost_only_themselves(house: Callable[..., House]) -> None:
    posthouse = house()
    posthouse.start()
    usual = UsualClient(posthouse.smtp_port)
    serving = asyncio.create_task(usual.run())
    fates: list[str] = []
    lags: list[float] = []
    for name, make in BOMBS.items():
        for form in forms(make()):
            began = time.monotonic()
            fates.append(await _drop(posthouse, f"bomb{len(fates)}@example.org", form))
            took = time.monotonic() - began
            lags.append(await asyncio.to_thread(lag, posthouse))
            print(f"{name}, {len(form):,} bytes: {fates[-1]} in {took:.2f} s, loop lag {lags[-1] * 1000:.0f} ms")
            assert took < SECONDS_PER_BOMB, name
    assert not serving.done()
    serving.cancel()
    await asyncio.wait([serving])
    await _fate(posthouse, "eve@example.org")

    print(f"the others' mail: {len(usual.waits)} taken, the slowest in {max(usual.waits):.2f} s")
    assert set(fates) <= {"interaction", "550", "552", "554"}  # none is set aside: what cannot be read is shown
    sorted_ = len(usual.waits) + fates.count("interaction")
    assert _messages(posthouse) in (sorted_, sorted_ + 1)  # the usual client's last may have been under way
    assert max(usual.waits) < SECONDS_PER_BOMB
    assert max(lags) < MOST_LAG
    assert posthouse.stop() == 0


async def _drop(house: House, sender: str, bomb: bytes) -> str:
    code = await post(house.smtp_port, sender, bomb)
    return await _fate(house, sender) if code == 250 else str(code)


async def _fate(house: House, sender: str) -> str:
    """Wait until all that came from there is sorted, and say how."""
    while True:
        waiting = _query(house, "SELECT quarantine FROM arrivals WHERE mail_from = ?", sender)
        if not waiting:
            return "interaction"
        if all(reason is not None for (reason,) in waiting):
            return "quarantine"
        await asyncio.sleep(0.02)


def _messages(house: House) -> int:
    """How many there are, those that came once more counted again."""
    ((messages, copies),) = _query(
        house, "SELECT (SELECT count(*) FROM messages), (SELECT count(*) FROM history WHERE what = 'copy')"
    )
    return int(messages) + int(copies)


def _query(house: House, sql: str, *values: str) -> list[Any]:
    with sqlite3.connect(f"file:{house.database}?mode=ro", uri=True) as db:
        return db.execute(sql, values).fetchall()


def lag(house: House) -> float:
    """Seconds that the event loop was late at most in the last ten."""
    (line,) = [line for line in house.read("/metrics").splitlines() if line.startswith("posthouse_loop_lag_seconds ")]
    return float(line.split()[1])
