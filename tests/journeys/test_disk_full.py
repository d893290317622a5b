"""A disk that is full: the house answers 452 and 503, loses nothing, and goes on by itself when there is room."""

import asyncio
import os
import sqlite3
import subprocess
import urllib.error
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.journeys.conftest import House, post

MAIL = b"From: ada@example.org\r\nSubject: %s\r\n\r\nHello"
RECOVERS = 10  # seconds, once there is room


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    if os.geteuid() != 0:
        pytest.skip("only root may mount")
    folder = tmp_path / "disk"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m", "none", folder], check=True)
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


def fill(folder: Path) -> Path:
    """Take all the room that is left."""
    ballast = folder / "ballast"
    with ballast.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            return ballast


def taken(database: Path) -> list[str]:
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as db:
        return [subject for (subject,) in db.execute("SELECT subject FROM interactions ORDER BY id")]


@pytest.mark.parametrize("spare", [4 << 20, 0], ids=["kept some room", "filled to the last byte"])
async def test_a_full_disk_is_a_pause_not_an_end(house: Callable[..., House], small_disk: Path, spare: int) -> None:
    posthouse = house(appliance={"data": str(small_disk / "data")}, limits={"min_free_bytes": spare})
    posthouse.start()
    assert await post(posthouse.smtp_port, "ada@example.org", MAIL % b"before") == 250

    ballast = fill(small_disk)
    codes = {await post(posthouse.smtp_port, "ada@example.org", MAIL % b"meanwhile") for _ in range(3)}
    assert codes == {452}
    assert "Username" in posthouse.read("/sign-in")
    if spare:
        with pytest.raises(urllib.error.HTTPError, match="503"):
            posthouse.read("/healthz")

    ballast.unlink()
    async with asyncio.timeout(RECOVERS):
        while await post(posthouse.smtp_port, "ada@example.org", MAIL % b"after") != 250:
            await asyncio.sleep(0.1)
        while taken(small_disk / "data" / "posthouse.db") != ["before", "after"]:
            await asyncio.sleep(0.1)
    assert '"ok"' in posthouse.read("/healthz")
    assert posthouse.stop() == 0
