"""What every test may have: a real store in a real file, a clock that moves when told to, and real mail servers."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from appliance.model.news import News
from appliance.store import Store
from bench.peers.postfix import Postfix
from bench.peers.scripted import ScriptedMx
from bench.peers.sink import Sink


class Hands:
    """The hands of the clock: always Monday nine o'clock, until a test moves them on."""

    def __init__(self) -> None:
        self.now = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def move_on(self, **by: float) -> None:
        self.now += timedelta(**by)


@pytest.fixture
def hands() -> Hands:
    return Hands()


@pytest.fixture
def news() -> list[News]:
    return []


@pytest.fixture
async def store(tmp_path: Path, news: list[News], hands: Hands) -> AsyncIterator[Store]:
    async with Store(tmp_path / "posthouse.db", clock=hands, tell=news.append) as store:
        yield store


@pytest.fixture
async def mx() -> AsyncIterator[ScriptedMx]:
    """A remote mail server that takes everything until its `script` says otherwise."""
    async with ScriptedMx() as mx:
        yield mx


@pytest.fixture
async def postfix() -> AsyncIterator[Postfix]:
    """Debian's Postfix as the mail host of bob@example.net and eve@example.net."""
    async with Postfix(["bob@example.net", "eve@example.net"]) as postfix:
        yield postfix


@pytest.fixture
async def sink(tmp_path: Path) -> AsyncIterator[Sink]:
    """Postfix's smtp-sink, which takes everything and keeps nothing."""
    async with Sink(tmp_path / "sink") as sink:
        yield sink
