"""Durable accept beside Postfix: the same smtp-source sends to both, turn by turn."""

import asyncio
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from bench.peers.postfix import Postfix
from bench.peers.program import free_port, listening, run, spawn
from bench.table import Effort, Row, compare

TO = "help@ours.test"
CASES = (  # bytes, sessions, reused, floor
    (4096, 10, True, 3.0),
    (4096, 50, True, 3.0),
    (4096, 10, False, 1.5),
    (51200, 10, True, 1.3),
    (4096, 1, True, 1.0),
)


async def measure(effort: Effort) -> list[Row]:
    async with Postfix([TO], discard=True, settings={"in_flow_delay": "0"}) as postfix:
        return [await _case(postfix, *case, effort) for case in CASES]


async def _case(postfix: Postfix, size: int, sessions: int, reused: bool, floor: float, effort: Effort) -> Row:
    async def to_postfix(count: int) -> float:
        took = await _send(postfix.host, postfix.port, count, size, sessions, reused)
        await _drained(postfix)
        return took

    way = "reused" if reused else "new connection each,"
    async with _door() as to_us:
        return await compare(
            f"accept {size // 1024} KiB, {sessions} {way} sessions / Postfix",
            lambda count: _send(*to_us, count, size, sessions, reused),
            to_postfix,
            effort,
            floor,
            "both fsync before 250; Postfix also discards what it took",
        )


@asynccontextmanager
async def _door() -> AsyncIterator[tuple[str, int]]:
    """Our door in a process of its own: where it listens."""
    with tempfile.TemporaryDirectory(prefix="door-") as name:
        folder, port = Path(name), free_port()
        door = await spawn(sys.executable, "-m", "bench.door", name, f"127.0.0.1:{port}", log=folder / "log")
        await listening("127.0.0.1", port, door)
        try:
            yield "127.0.0.1", port
        finally:
            await door.stop()


async def _send(host: str, port: int, count: int, size: int, sessions: int, reused: bool) -> float:
    """Seconds that smtp-source takes for so many mails; it stops at the first that is refused."""
    options = ["-d"] if reused else []
    numbers = ["-s", str(sessions), "-l", str(size), "-m", str(count)]
    began = time.perf_counter()
    await run("smtp-source", *options, *numbers, "-f", "ada@example.org", "-t", TO, f"{host}:{port}")
    return time.perf_counter() - began


async def _drained(postfix: Postfix) -> None:
    """What Postfix still discards must not slow down the next round, which is ours."""
    queues = [postfix.folder / "queue" / name for name in ("incoming", "active")]
    while any(file.is_file() for queue in queues for file in queue.rglob("*")):
        await asyncio.sleep(0.05)
