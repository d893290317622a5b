"""Bombs cost only themselves: each is answered, and the mail after it is read as if nothing had been."""

import asyncio
import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from appliance.mail.parse import parse
from appliance.model.mail import Mail
from appliance.worker import Failure, Worker, wire
from bench.bombs import BOMBS, HEAD

SECONDS_PER_BOMB = 5.0
NORMAL = (
    b"From: Ada <ada@acme.example>\r\nTo: help@acme.example\r\nSubject: =?utf-8?Q?Za=C5=BC?=\r\n"
    b"Date: Mon, 05 Jan 2026 09:00:00 +0100\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
    b"--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p style='color:red'>Hi <a href=https://x.example>x</a>"
    b"<img src=https://x.example/i><img src=cid:c>\r\n--b\r\nContent-Type: image/png; name=i.png\r\nContent-ID: <c>\r\n"
    b"Content-Transfer-Encoding: base64\r\n\r\niVBORw==\r\n--b--\r\n"
)


@pytest.fixture
async def worker() -> AsyncIterator[Worker]:
    async with Worker(seconds=3.0) as worker:
        yield worker


async def test_mails_come_back_as_if_they_were_parsed_here(worker: Worker) -> None:
    mails = [NORMAL, b"", b"From: a@b.example\n\nhello", NORMAL.replace(b"Ada", b"Eva")]
    assert await worker.parse(mails) == [parse(raw) for raw in mails]
    assert await worker.parse([]) == []


@pytest.mark.parametrize("make", BOMBS.values(), ids=BOMBS)
async def test_a_bomb_is_answered_and_the_mails_around_it_are_read(worker: Worker, make: Callable[[], bytes]) -> None:
    began = time.monotonic()
    before, bomb, after = await worker.parse([NORMAL, make(), NORMAL])
    assert time.monotonic() - began < SECONDS_PER_BOMB
    assert isinstance(bomb, Mail | Failure)
    assert before == after == parse(NORMAL)


async def test_mails_that_take_too_long_cost_only_themselves() -> None:
    slow = BOMBS["attributes behind a quote"]()
    async with Worker(seconds=0.5) as worker:
        first, second, third = await worker.parse([slow, NORMAL, slow])
        assert first == third == Failure("it takes longer than 0.5 s to parse")
        assert second == parse(NORMAL)


async def test_a_mail_that_needs_too_much_memory_costs_only_itself() -> None:
    huge = b"Subject: x\r\n\r\n" + b"x" * (40 << 20)
    async with Worker(memory=48 << 20) as worker:
        big, normal = await worker.parse([huge, NORMAL])
        assert isinstance(big, Failure)
        assert normal == parse(NORMAL)


async def test_a_killed_process_is_replaced(worker: Worker) -> None:
    await worker.parse([NORMAL])
    for child in children():
        os.kill(child, signal.SIGKILL)
    assert await worker.parse([NORMAL, NORMAL]) == [parse(NORMAL)] * 2


@pytest.mark.parametrize("turns", [0, 1, 3, 10, 100, 300])
async def test_after_a_cancelled_trip_nobody_gets_anothers_answer(worker: Worker, turns: int) -> None:
    big = HEAD + b"Content-Type: application/pdf; name=a.pdf\r\n\r\n" + b"x" * (4 << 20)
    trip = asyncio.create_task(worker.parse([big] * 3))
    for _ in range(turns):
        await asyncio.sleep(0)
    trip.cancel()
    with pytest.raises(asyncio.CancelledError):
        await trip
    assert await worker.parse([NORMAL]) == [parse(NORMAL)]


async def test_callers_take_turns(worker: Worker) -> None:
    mails = [NORMAL.replace(b"Ada", b"Ada%d" % number) for number in range(20)]
    results = await asyncio.gather(*(worker.parse([raw]) for raw in mails))
    assert results == [[parse(raw)] for raw in mails]


async def test_the_event_loop_goes_on_while_a_big_mail_is_read(worker: Worker) -> None:
    big = (
        HEAD
        + b"Content-Type: application/pdf; name=a.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        + b"QUFB" * 8_000_000
    )
    beats = 0

    async def beat() -> None:
        nonlocal beats
        while True:
            await asyncio.sleep(0)
            beats += 1

    heart = asyncio.create_task(beat())
    (mail,) = await worker.parse([big])
    heart.cancel()
    assert isinstance(mail, Mail)
    assert mail.parts[0].content == b"AAA" * 8_000_000
    assert beats > 100


async def test_the_process_knows_no_secrets_and_ends_with_its_owner(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POSTHOUSE_ADMIN_PASSWORD", "canary")
    async with Worker() as worker:
        await worker.parse([NORMAL])
        (child,) = children()
        assert b"canary" not in Path(f"/proc/{child}/environ").read_bytes()
        limits = Path(f"/proc/{child}/limits").read_text()
        assert (
            "unlimited" not in next(line for line in limits.splitlines() if line.startswith("Max address space"))[:52]
        )
    assert children() == []


OWNER = """
import asyncio, os, signal
from appliance.worker import Worker

async def main():
    async with Worker() as worker:
        print(worker._process.pid, flush=True)
        os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main())
"""


def test_a_killed_owner_leaves_no_process_behind() -> None:
    owner = subprocess.run([sys.executable, "-c", OWNER], capture_output=True, text=True, check=False)
    assert owner.returncode == -signal.SIGKILL
    assert gone(int(owner.stdout))


def gone(process: int) -> bool:
    try:
        pidfd = os.pidfd_open(process)
    except ProcessLookupError:
        return True
    with os.fdopen(pidfd, "rb") as watched:
        return bool(select.select([watched], [], [], 10)[0])


def children() -> list[int]:
    """The processes this one has started, workers all of them."""
    tasks = Path("/proc/self/task").glob("*/children")
    started = [int(child) for task in tasks for child in task.read_text().split()]
    return [child for child in started if b"appliance.worker" in Path(f"/proc/{child}/cmdline").read_bytes()]


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"[]",
        b"{",
        b"[" * 100_000,
        b'{"segments": 1}',
        b'{"segments": [-1]}',
        b'{"segments": [9999]}',
        b'{"segments": ["1"]}',
    ],
)
def test_a_head_that_is_not_ours_is_refused(head: bytes) -> None:
    with pytest.raises(wire.Broken):
        wire.read_head(head, most=1000)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("subject", 1),
        ("subject", "\ud800"),
        ("date", "never"),
        ("kind", "nobody"),
        ("parts", [[1, 2]]),
        ("to", [["x"]]),
        ("sender", None),
        ("content_hash", "zz"),
        ("trouble", [[]]),
        ("remote_images", "x"),
        ("reports", [["a"]]),
    ],
)
def test_an_answer_that_is_no_mail_is_refused(field: str, value: object) -> None:
    packed, segments = wire.pack(parse(NORMAL))
    head = json.loads(packed) | {field: value}
    with pytest.raises(wire.Broken):
        wire.unpack(head, segments)


def test_an_answer_without_its_texts_is_refused() -> None:
    head = json.loads(wire.pack(parse(NORMAL))[0])
    for segments in ([], [b"\xff", b""], [b"", b"", b"", b""]):
        with pytest.raises(wire.Broken):
            wire.unpack(head, segments)
