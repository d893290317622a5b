"""What was acknowledged is there, whenever the door is killed; and ten thousand idle clients do not shut it."""

import asyncio
import contextlib
import itertools
import random
import re
import resource
import socket
import sqlite3
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bench.peers.program import Program, free_port, listening, spawn
from tests.smtp.conftest import Client

HOST = "127.0.0.1"
BODY = b"\r\n" + (b"x" * 76 + b"\r\n") * 60


@asynccontextmanager
async def door(folder: Path, port: int) -> AsyncIterator[Program]:
    program = await spawn(sys.executable, "-m", "bench.door", str(folder), f"{HOST}:{port}", log=folder / "log")
    try:
        await listening(HOST, port, program)
        yield program
    finally:
        await program.stop()


async def send_until_it_breaks(port: int, numbers: "itertools.count[int]", acknowledged: list[int]) -> None:
    """One client: mail after mail on one connection, noting which ones got their 250."""
    with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
        client = Client(*await asyncio.open_connection(HOST, port))
        try:
            if not (await client.reply()).startswith("220") or not await client.ask("EHLO client.example"):
                return
            for number in numbers:
                client.say(b"MAIL FROM:<ada@example.org>\r\nRCPT TO:<help@ours.test>\r\nDATA\r\n")
                replies = [await client.reply() for _ in range(3)]
                if not replies[-1].startswith("354"):
                    return
                client.say(b"X-Number: %d\r\n" % number + BODY + b".\r\n")
                if not (await client.reply()).startswith("250 "):
                    return
                acknowledged.append(number)
        finally:
            await client.close()


@pytest.mark.parametrize("kills", [3, pytest.param(20, marks=pytest.mark.slow)])
async def test_what_got_its_250_is_there_after_kill_9(tmp_path: Path, kills: int) -> None:
    chance = random.Random(20260105)
    port, numbers, acknowledged = free_port(HOST), itertools.count(1), list[int]()
    for _ in range(kills):
        before = len(acknowledged)
        async with door(tmp_path, port) as program, asyncio.TaskGroup() as group:
            for _ in range(50):
                group.create_task(send_until_it_breaks(port, numbers, acknowledged))
            enough = before + chance.randint(50, 1000)
            while len(acknowledged) < enough:
                await asyncio.sleep(0.001)
            program.process.kill()
    with contextlib.closing(sqlite3.connect(tmp_path / "posthouse.db")) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        raws = [raw for (raw,) in db.execute("SELECT data FROM arrivals JOIN blobs ON blobs.id = arrivals.blob")]
    kept = [int(found[1]) for raw in raws if (found := re.search(rb"X-Number: (\d+)", raw))]
    assert all(raw.endswith(BODY) for raw in raws)
    assert set(acknowledged) <= set(kept)
    assert len(kept) == len(set(kept)) <= len(acknowledged) + kills * 50


@pytest.mark.slow
async def test_ten_thousand_idle_clients_leave_room_for_one_who_writes(tmp_path: Path) -> None:
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 30_000), hard))
    port = free_port(HOST)
    async with door(tmp_path, port) as program:
        with contextlib.ExitStack() as idle:
            for number in range(10_000):
                source = (f"127.0.{1 + number // 200}.{1 + number % 200}", 0)
                client = idle.enter_context(socket.create_connection((HOST, port), timeout=10, source_address=source))
                assert client.recv(100).startswith(b"220 ")
            async with asyncio.timeout(5):
                one = Client(*await asyncio.open_connection(HOST, port))
                await one.begin()
                assert (await one.ask(".")).startswith("250 ")
                await one.close()
            status = Path(f"/proc/{program.process.pid}/status").read_text()
            memory = re.search(r"VmRSS:\s+(\d+) kB", status)
            assert memory is not None
            assert int(memory[1]) < 600 * 1024
