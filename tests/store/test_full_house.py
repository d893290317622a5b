"""A list costs what it shows, not what there is: counted in steps of SQLite, the same on every machine."""

import sqlite3
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from appliance import clock
from appliance.model.user import Actor
from appliance.store import Store, View, interactions, users
from bench.inbox import fill

STRIDE = 10  # steps between two counts


@pytest.fixture
async def small(tmp_path: Path) -> AsyncIterator[sqlite3.Connection]:
    async for db in _filled(tmp_path / "small.db", 100):
        yield db


@pytest.fixture
async def full(tmp_path: Path) -> AsyncIterator[sqlite3.Connection]:
    async for db in _filled(tmp_path / "full.db", 9_900):
        yield db


async def _filled(path: Path, many: int) -> AsyncIterator[sqlite3.Connection]:
    async with Store(path, clock=clock.now, tell=lambda news: None) as store:
        await store.write(fill, many)
    db = sqlite3.connect(path)
    db.row_factory = sqlite3.Row
    yield db
    db.close()


def steps(db: sqlite3.Connection, username: str, view: str) -> tuple[int, int]:
    """How many rows a view shows, and what they cost."""
    count = 0

    def tick() -> int:
        nonlocal count
        count += STRIDE
        return 0

    looking = View(db, datetime.now(UTC))
    actor = Actor.of(users.named(looking, username))
    db.set_progress_handler(tick, STRIDE)
    page = interactions.listed(looking, actor, view)
    interactions.counts(looking, actor)
    db.set_progress_handler(None, 0)
    return len(page.items), count


@pytest.mark.parametrize("view", ["mine", "open"])
def test_a_page_of_rows_costs_the_same_in_a_full_house(
    small: sqlite3.Connection, full: sqlite3.Connection, view: str
) -> None:
    (few, cheap), (many, dear) = steps(small, "emma", view), steps(full, "emma", view)
    assert few == many == 50
    assert dear <= cheap * 1.1


@pytest.mark.parametrize("view", ["waiting", "postponed", "attention"])
def test_a_view_that_holds_nothing_costs_no_more_than_a_few_pages(full: sqlite3.Connection, view: str) -> None:
    """Emma sees nothing there, although one in ten waits in a campaign that is not hers."""
    rows, cost = steps(full, "emma", view)
    assert rows == 0
    assert cost <= steps(full, "emma", "open")[1] * 4
