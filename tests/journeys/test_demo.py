"""The demo as a visitor meets it: the command, its screen, and a customer who answers in the browser."""

import asyncio
import os
import re
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import async_playwright, expect

from appliance.demo.letters.people import SOFIA
from appliance.demo.team import PASSWORD
from tests.demo.conftest import running

LONGEST = 20_000  # milliseconds that a page may take on a busy machine


@asynccontextmanager
async def demo(directory: Path, *options: str) -> AsyncIterator[asyncio.subprocess.Process]:
    command = (sys.executable, "-m", "appliance", "demo", "--dir", str(directory), *options)
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT, env=os.environ | {"COLUMNS": "100"}
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def read_until(process: asyncio.subprocess.Process, pattern: str) -> str:
    """The screen so far; all of it when the pattern never came."""
    assert process.stdout
    screen = ""
    async with asyncio.timeout(30):
        while not re.search(pattern, screen):
            line = (await process.stdout.readline()).decode()
            if not line:
                break
            screen += line
    return screen


async def test_a_visitor_answers_a_customer_and_sees_her_answer_come(tmp_path: Path) -> None:
    async with running(tmp_path / "demo") as world, async_playwright() as playwright:
        await world.world.play.settled.wait()
        url = re.search(r"http://127\.0\.0\.1:\d+", world.screen.getvalue())
        assert url
        chromium = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        page = await chromium.new_page(base_url=url[0])
        page.set_default_timeout(LONGEST)
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        await page.goto("/sign-in")
        await page.fill("input[name=username]", "emma")
        await page.fill("input[name=password]", PASSWORD)
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/agent/**")
        await page.goto("/agent/inbox?view=unassigned")
        await page.locator("a[href*='/agent/interactions/']", has_text="Sofia Marchetti").click()
        await page.get_by_text("Potete sbloccarlo voi?").first.wait_for()
        await page.keyboard.press("r")
        await expect(page.locator("#paper")).to_be_focused()
        await page.keyboard.type("Buongiorno Sofia, arriva domani.")
        await page.keyboard.press("Control+Enter")
        answer = SOFIA.answers[0].split("\n")[0]
        await expect(page.locator("main").get_by_text(answer).first).to_be_visible(timeout=LONGEST)
        await chromium.close()
    assert all(each.startswith(url[0]) for each in asked)


async def test_the_command_moves_to_a_free_port_ends_by_ctrl_c_and_goes_on_where_it_was(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        async with demo(tmp_path / "demo", "--port", str(port)) as process:
            screen = await read_until(process, "Pacco fermo")
            assert f"(port {port} is in use)" in screen
            process.send_signal(signal.SIGINT)
            assert "The world waits" in await read_until(process, "The world waits")
            assert await process.wait() == 0
    async with demo(tmp_path / "demo", "--port", str(port)) as process:
        assert "goes on where it was" in await read_until(process, "Nothing leaves")
        process.send_signal(signal.SIGTERM)
        assert "mail in" not in await read_until(process, "The world waits")
        assert await process.wait() == 0


@pytest.mark.parametrize("options", [(), ("--reset",)])
async def test_the_command_leaves_a_folder_alone_that_is_not_its_own(tmp_path: Path, options: tuple[str, ...]) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    async with demo(tmp_path, *options) as process:
        screen = await read_until(process, "nothing of this sort")
        assert await process.wait() == 2
    assert screen.startswith(f"posthouse: {tmp_path}: ")
    assert [file.name for file in tmp_path.iterdir()] == ["thesis.txt"]


async def test_two_demos_do_not_share_a_folder(tmp_path: Path) -> None:
    async with demo(tmp_path / "demo") as first:
        await read_until(first, "Nothing leaves")
        async with demo(tmp_path / "demo") as second:
            assert "another posthouse serves this folder" in await read_until(second, "nothing of this sort")
            assert await second.wait() == 2
