"""The limited process: what strangers send is understood where it can hang, grow or crash without harm.

This is our side of it: send mails, await values, and replace the process when a mail breaks it.
"""

import asyncio
import contextlib
import struct
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path
from types import TracebackType
from typing import Any

from appliance.model.mail import Mail
from appliance.worker.wire import HEAD_BYTES, WORDS_BYTES, Broken, Failure, read_head, unpack

__all__ = ["Failure", "Worker"]

START_SECONDS = 60.0
MEMORY = 512 << 20
_CHUNK = 256 << 10
_IN_THREAD = 1 << 20  # answers above this are put together in a thread
_LENGTH = struct.Struct("!Q")
_HEAD = struct.Struct("!I")
_ROOT = Path(__file__).parents[2]


class Worker:
    """A process that parses mails, at most `seconds` each and `memory` bytes over its start.

    async with Worker() as worker:
        results = await worker.parse([raw, ...])
    """

    def __init__(self, seconds: float = 3.0, memory: int = MEMORY) -> None:
        self._seconds = seconds
        self._memory = memory
        self._process: Process | None = None
        self._answered = 0  # by this process
        self._turn = asyncio.Lock()

    async def __aenter__(self) -> "Worker":
        await self._running()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        await self._end()

    async def parse(self, mails: list[bytes]) -> list[Mail | Failure]:
        """A value for each mail, in order. A mail that hangs, crashes or confuses the process costs only itself."""
        results: list[Mail | Failure] = []
        async with self._turn:
            while len(results) < len(mails):
                results += await self._trip(mails[len(results) :])
        return results

    async def _trip(self, mails: list[bytes]) -> list[Mail | Failure]:
        """The answers to all the mails in one go, or those up to the mail that broke the process."""
        process = await self._running()
        results: list[Mail | Failure] = []
        sending = asyncio.create_task(_send(process, mails))
        try:
            for mail in mails:
                results.append(await self._answer(process, len(mail)))  # noqa: PERF401 - those before a break are kept
            await sending
        except (TimeoutError, Broken, OSError, asyncio.IncompleteReadError) as error:
            own_fault = self._answered == 0 or isinstance(error, TimeoutError)
            await self._end()
            if own_fault:  # else those before it may have worn the process out: once more, in a new one
                results.append(Failure(_reason(error, process, self._seconds)))
        except BaseException:
            await self._end()  # cancelled half-way: nobody would take the other answers
            raise
        finally:
            sending.cancel()
        return results

    async def _answer(self, process: Process, length: int) -> Mail | Failure:
        async with asyncio.timeout(self._seconds):
            result = await _receive(process, most=4 * length + WORDS_BYTES)
        self._answered += 1
        return result

    async def _running(self) -> Process:
        if self._process is None:
            self._process = await _start(self._seconds, self._memory)
            self._answered = 0
        return self._process

    async def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            await asyncio.shield(_kill(process))


async def _start(seconds: float, memory: int) -> Process:
    """A fresh process, ready. It inherits no descriptors and no environment: secrets may be in there."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-s", "-P", "-m", "appliance.worker", "intake", str(seconds), str(memory)),
        stdin=PIPE,
        stdout=PIPE,
        close_fds=True,
        env={"PYTHONPATH": str(_ROOT), "LANG": "C.UTF-8"},
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(START_SECONDS):
            await process.stdout.readexactly(1)
    except BaseException:
        await asyncio.shield(_kill(process))
        raise
    return process


async def _kill(process: Process) -> None:
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.close()
    await process.stdout.read()  # wait() does not return while there is something left to read
    await process.wait()


async def _send(process: Process, mails: list[bytes]) -> None:
    """All the mails, in small pieces: the event loop goes on between them."""
    assert process.stdin is not None
    with contextlib.suppress(ConnectionError):  # it died: who waits for the answers finds out
        for mail in mails:
            process.stdin.write(_LENGTH.pack(len(mail)))
            for start in range(0, len(mail), _CHUNK):
                process.stdin.write(mail[start : start + _CHUNK])
                await process.stdin.drain()
        await process.stdin.drain()


async def _receive(process: Process, most: int) -> Mail | Failure:
    assert process.stdout is not None
    (length,) = _HEAD.unpack(await process.stdout.readexactly(_HEAD.size))
    if length > HEAD_BYTES:
        raise Broken("the head is too long")
    data = await process.stdout.readexactly(length)
    head = await asyncio.to_thread(read_head, data, most) if length > _IN_THREAD else read_head(data, most)
    segments = [await _segment(process.stdout, size) for size in head["segments"]]
    if length + sum(head["segments"]) > _IN_THREAD:
        return await asyncio.to_thread(_assemble, head, segments)
    return _assemble(head, segments)


async def _segment(stream: asyncio.StreamReader, size: int) -> list[bytes]:
    """In chunks: one read of 50 MB would hold the event loop."""
    return [await stream.readexactly(min(_CHUNK, size - start)) for start in range(0, size, _CHUNK)]


def _assemble(head: dict[str, Any], segments: list[list[bytes]]) -> Mail | Failure:
    return unpack(head, [b"".join(chunks) for chunks in segments])


def _reason(error: Exception, process: Process, seconds: float) -> str:
    if isinstance(error, TimeoutError):
        return f"it takes longer than {seconds:g} s to parse"
    if isinstance(error, Broken):
        return f"the parser answered nonsense: {error}"
    return f"the parser died of it (exit code {process.returncode})"
