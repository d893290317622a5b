"""A whole demo world in a temporary folder, where nobody takes his time."""

import asyncio
import io
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

import pytest
from rich.console import Console

from appliance.demo.outside import Pace
from appliance.demo.world import World
from appliance.store import View

P = ParamSpec("P")
R = TypeVar("R")
AT_ONCE = Pace(answer=(0, 0), between=(3600, 3600), undo=0, retry=(0.05,))


class Screen(io.StringIO):
    """What was printed; one can wait for words."""

    def __init__(self) -> None:
        super().__init__()
        self._printed = asyncio.Event()

    def write(self, text: str) -> int:
        self._printed.set()
        return super().write(text)

    async def shows(self, words: str) -> None:
        async with asyncio.timeout(20):
            while words not in self.getvalue():
                self._printed.clear()
                await self._printed.wait()


@dataclass
class Running:
    world: World
    screen: Screen

    async def until(self, work: Callable[Concatenate[View, P], R | None], *args: P.args, **kwargs: P.kwargs) -> R:
        """What the work reads, as soon as it reads anything; it looks again after each piece of news."""
        house = self.world.house
        async with asyncio.timeout(20):
            with house.bus.queue() as news:
                while not (found := await house.store.read(work, *args, **kwargs)):
                    await news.get()
        return found


Starter = Callable[[Path], Awaitable[Running]]


@asynccontextmanager
async def running(directory: Path) -> AsyncIterator[Running]:
    screen = Screen()
    world = World(directory, 0, smtp_port=0, console=Console(file=screen, width=120), pace=AT_ONCE)
    task = asyncio.create_task(world.run())
    begun = asyncio.create_task(world.begun.wait())
    await asyncio.wait([task, begun], return_when=asyncio.FIRST_COMPLETED)
    if task.done():
        begun.cancel()
        task.result()
    yield Running(world, screen)
    # asyncio leaks a connection that it accepts while its server closes (python/cpython#109564): let the posting end
    async with asyncio.timeout(30):
        await world.play.settled.wait()
    task.cancel()
    await asyncio.wait([task])
    if not task.cancelled():
        task.result()


@pytest.fixture
async def start(tmp_path: Path) -> AsyncIterator[Starter]:
    async with AsyncExitStack() as stack:

        async def begin(directory: Path) -> Running:
            return await stack.enter_async_context(running(directory))

        yield begin
