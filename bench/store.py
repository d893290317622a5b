"""Group commit: durable writes a second, one to fifty callers at a time."""

import asyncio
import itertools
import os
import tempfile
import time
from pathlib import Path

from appliance import clock
from appliance.store import Store, blobs
from bench.table import Effort, rate

BYTES = 4096
CALLERS = (1, 10, 50)


async def measure(effort: Effort) -> str:
    lines = ["| callers | durable writes/s of 4 KiB: median (least to most) |", "|---|---|"]
    for callers in CALLERS:
        with tempfile.TemporaryDirectory(prefix="store-") as folder:
            async with Store(Path(folder) / "t.db", clock=clock.now, tell=lambda news: None) as store:
                least, middle, most = await rate(lambda count: _write(store, callers, count), effort)  # noqa: B023
        lines.append(f"| {callers} | **{middle:,.0f}** ({least:,.0f} to {most:,.0f}) |")
    return "\n".join(lines)


async def _write(store: Store, callers: int, count: int) -> float:
    """Seconds for so many rows, each caller waiting for his commit before the next."""
    body = os.urandom(BYTES)
    turns = itertools.count()

    async def call() -> None:
        while (turn := next(turns)) < count:
            await store.write(blobs.keep, os.urandom(8) + turn.to_bytes(8) + body[16:])

    began = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for _ in range(callers):
            group.create_task(call())
    return time.perf_counter() - began
