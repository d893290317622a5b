"""The promise of the store: what was said to be written is on disk, and one who fails fails alone."""

import asyncio
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from appliance import clock
from appliance.errors import Busy, Full
from appliance.model.arrival import Envelope
from appliance.model.news import ArrivalKept, News, SomebodyElseWrote
from appliance.settings import BadSettings
from appliance.store import Store, Tx, View, arrivals

TO_HELP = Envelope("ada@example.org", ("help@acme.test",))


def half_way(tx: Tx) -> None:
    arrivals.keep(tx, b"half-way", TO_HELP)
    raise RuntimeError("half-way")


def kept(view: View) -> list[bytes]:
    return [arrival.raw for arrival in arrivals.waiting(view, 100, 1_000_000)]


async def test_writes_that_are_ready_together_are_committed_together_and_fail_alone(store: Store) -> None:
    results = await asyncio.gather(
        store.write(arrivals.keep, b"one", TO_HELP),
        store.write(half_way),
        store.write(arrivals.keep, b"two", TO_HELP),
        return_exceptions=True,
    )

    assert [type(result) for result in results] == [int, RuntimeError, int]
    assert await store.read(kept) == [b"one", b"two"]


async def test_news_is_told_once_committed_and_never_of_work_that_failed(store: Store, news: list[News]) -> None:
    with pytest.raises(RuntimeError):
        await store.write(half_way)
    assert news == []

    await store.write(arrivals.keep, b"one", TO_HELP)
    assert news == [ArrivalKept()]


async def test_nobody_is_told_that_his_mail_is_kept_when_the_disk_is_full(store: Store) -> None:
    await store.write(fill_up)

    results = await asyncio.gather(
        *(store.write(arrivals.keep, bytes([each]) * 100_000, TO_HELP) for each in range(6)), return_exceptions=True
    )

    assert [type(result) for result in results] == [Full] * 6
    assert await store.read(kept) == []
    await store.write(make_room)
    await store.write(arrivals.keep, b"now there is room", TO_HELP)


def fill_up(tx: Tx) -> None:
    """As far as SQLite is concerned, the disk ends ten pages from here."""
    pages = tx.one("PRAGMA page_count")
    assert pages is not None
    tx.one(f"PRAGMA max_page_count = {pages[0] + 10}")


def make_room(tx: Tx) -> None:
    tx.one("PRAGMA max_page_count = 1000000")


async def test_a_locked_database_is_busy_for_all_who_waited_and_serves_again(store: Store, tmp_path: Path) -> None:
    await store.write(lambda tx: tx.one("PRAGMA busy_timeout = 50"))
    other = sqlite3.connect(tmp_path / "posthouse.db", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    results = await asyncio.gather(
        *(store.write(arrivals.keep, b"x", TO_HELP) for _ in range(3)), return_exceptions=True
    )
    other.execute("ROLLBACK")
    other.close()

    assert [type(result) for result in results] == [Busy] * 3
    await store.write(arrivals.keep, b"x", TO_HELP)


async def test_a_reader_sees_one_moment_and_cannot_write(store: Store) -> None:
    await store.write(arrivals.keep, b"one", TO_HELP)

    with pytest.raises(Busy, match="readonly"):
        await store.read(lambda view: view.one("DELETE FROM arrivals"))


async def test_a_caller_who_gives_up_waiting_does_not_take_his_work_back(store: Store) -> None:
    writing = asyncio.create_task(store.write(arrivals.keep, b"one", TO_HELP))
    await asyncio.sleep(0)
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing

    await store.write(arrivals.keep, b"two", TO_HELP)
    assert await store.read(kept) == [b"one", b"two"]


async def test_what_another_process_writes_is_noticed(tmp_path: Path) -> None:
    heard = asyncio.Event()

    def listen(news: News) -> None:
        if news == SomebodyElseWrote():
            heard.set()

    async with Store(tmp_path / "a.db", clock=clock.now, tell=listen) as store:
        watching = asyncio.create_task(store.watch())
        async with Store(tmp_path / "a.db", clock=clock.now, tell=lambda news: None) as other:
            await other.write(arrivals.keep, b"from the command line", TO_HELP)
        async with asyncio.timeout(10):
            await heard.wait()
        watching.cancel()


async def test_commits_are_durable_and_references_are_checked(store: Store) -> None:
    def pragmas(tx: Tx) -> list[object]:
        names = ("journal_mode", "synchronous", "foreign_keys", "auto_vacuum")
        return [row[0] for name in names if (row := tx.one(f"PRAGMA {name}"))]

    assert await store.write(pragmas) == ["wal", 2, 1, 2]


def of_a_newer_posthouse(path: Path) -> None:
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA user_version = 999")
    db.close()


def no_database(path: Path) -> None:
    path.write_bytes(b"Dear diary, " * 1000)


@pytest.mark.parametrize(
    ("spoil", "why"), [(of_a_newer_posthouse, "please upgrade"), (no_database, "not a database")], ids=["newer", "none"]
)
async def test_a_file_that_cannot_be_used_is_named_and_let_go(
    tmp_path: Path, spoil: Callable[[Path], None], why: str
) -> None:
    spoil(tmp_path / "odd.db")
    before = set(threading.enumerate())

    with pytest.raises(BadSettings, match=f"odd.db: .*{why}"):
        async with Store(tmp_path / "odd.db", clock=clock.now, tell=lambda news: None):
            pass

    for thread in set(threading.enumerate()) - before:
        await asyncio.to_thread(thread.join, 5)  # one that lives keeps the process from ending
        assert not thread.is_alive()
