"""Killed again and again while it sends: nothing is lost, and at most one mail a connection arrives twice."""

import asyncio
import random
import sys
from collections import Counter
from email import message_from_bytes
from pathlib import Path

import pytest

from appliance.clock import now
from appliance.store import Store, Tx, View, outbox
from bench.peers.mx import Mx

CONNECTIONS = 8
ALONE = Path(__file__).with_name("relay_alone.py")


def fill(tx: Tx, answers: int, dialer: int) -> None:
    for n in range(answers + dialer):
        source = "reply" if n % (answers + dialer) < answers else "dialer"
        name = f"{source}{n}"
        head = f"From: help@acme.test\r\nMessage-ID: <{name}@acme.test>\r\nSubject: {n}\r\n\r\n"
        outbox.put(
            tx,
            source=source,
            mail_from="help@acme.test",
            recipients=[f"{name}@example.org"],
            raw=(head + "Words. \r\n" * 100).encode(),
            message_id=f"{name}@acme.test",
            rank=n % 10,
        )


class Child:
    """The relay in a process of its own."""

    def __init__(self, database: Path, port: int) -> None:
        self._command = [sys.executable, str(ALONE), str(database), str(port), str(CONNECTIONS)]

    async def start(self) -> None:
        self.process = await asyncio.create_subprocess_exec(
            *self._command, stderr=asyncio.subprocess.PIPE, env={"PYTHONPATH": str(ALONE.parents[2])}
        )

    async def kill(self) -> None:
        self.process.kill()
        await self.process.communicate()

    async def end(self, seconds: float) -> None:
        async with asyncio.timeout(seconds):
            _, complaints = await self.process.communicate()
        assert self.process.returncode == 0, complaints.decode()


@pytest.mark.parametrize(
    ("answers", "dialer", "kills", "seed"),
    [
        pytest.param(300, 100, 3, 1, id="3 kills"),
        pytest.param(6000, 4000, 20, 2, id="20 kills", marks=[pytest.mark.slow, pytest.mark.timeout(600)]),
    ],
)
async def test_kill_minus_nine_loses_nothing_and_doubles_little(
    tmp_path: Path, answers: int, dialer: int, kills: int, seed: int
) -> None:
    chance = random.Random(seed)
    database = tmp_path / "t.db"
    async with Store(database, clock=now, tell=lambda news: None) as store:
        await store.write(fill, answers, dialer)
    async with Mx() as mx:
        child = Child(database, mx.port)
        for _ in range(kills):
            await child.start()
            enough = len(mx.taken) + chance.randrange(1, (answers + dialer) // (kills + 1))
            await mx.until(lambda enough=enough: len(mx.taken) >= enough, 60)  # type: ignore[misc]
            await asyncio.sleep(chance.uniform(0, 0.02))  # any moment, not only after a mail
            await child.kill()
        await child.start()
        await child.end(300)
        taken = Counter(mail.recipient.partition("@")[0] for mail in mx.taken)
        identities = {(mail.recipient, message_from_bytes(mail.raw)["Message-ID"]) for mail in mx.taken}
    async with Store(database, clock=now, tell=lambda news: None) as store:
        states = await store.read(states_by_recipient)
        unsure = await store.read(ever_unsure)
        totals = await store.read(outbox.totals)

    assert all(state == "delivered" for name, state in states.items() if name.startswith("reply"))
    assert all(state in ("delivered", "unsure") for state in states.values())
    assert [name for name, state in states.items() if state == "delivered" and not taken[name]] == []
    assert [name for name, times in taken.items() if times > 1 and name.startswith("dialer")] == []
    twice = {name for name, times in taken.items() if times > 1}
    assert twice <= unsure
    assert sum(taken.values()) - len(taken) <= kills * CONNECTIONS
    assert len(identities) == len(taken)
    assert totals["delivered"] + totals["unsure"] == answers + dialer
    assert len(unsure) <= kills * CONNECTIONS


def states_by_recipient(view: View) -> dict[str, str]:
    return {row["recipient"].partition("@")[0]: row["state"] for row in view.all("SELECT recipient, state FROM outbox")}


def ever_unsure(view: View) -> set[str]:
    rows = view.all("SELECT recipient FROM outbox WHERE id IN (SELECT outbox FROM attempts WHERE state = 'unsure')")
    return {row["recipient"].partition("@")[0] for row in rows}
