"""The pages in Chromium: nothing that the policy forbids, by keyboard, and with what other tabs hear."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiohttp.test_utils import TestServer
from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect

from appliance.bus import Bus
from appliance.model.ids import InteractionId
from appliance.model.news import InteractionChanged
from appliance.store import Store, sessions, users
from appliance.web.keys import STREAMS
from tests.conftest import Team
from tests.web.conftest import PASSWORD


@pytest.fixture
async def chromium() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        yield browser
        await browser.close()


@pytest.fixture
async def visitor(chromium: Browser, server: TestServer, staff: Team) -> AsyncIterator[BrowserContext]:
    """A browser of its own; what it complains of fails the test."""
    context = await chromium.new_context(base_url=str(server.make_url("/")), locale="en-GB", reduced_motion="reduce")
    complaints: list[str] = []
    context.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    context.on("weberror", lambda error: complaints.append(str(error.error)))
    yield context
    await context.close()
    assert [text for text in complaints if "status of 4" not in text and "ERR_INCOMPLETE" not in text] == []


async def enter(context: BrowserContext, place: str = "/account", username: str = "emma") -> Page:
    page = await context.new_page()
    await page.goto(place)
    await expect(page.get_by_label("Username")).to_be_focused()
    await page.keyboard.type(username)
    await page.keyboard.press("Tab")
    await page.keyboard.type(PASSWORD)
    await page.keyboard.press("Enter")
    await expect(page.locator("html[data-theme]")).to_be_visible()
    await expect(page.get_by_role("heading", level=1)).to_have_text("My account")
    return page


async def until(page: Page, expression: str, *, seconds: float = 5) -> None:
    """Wait until it is true; Playwright's own way evaluates a string in the page, which the policy forbids."""
    async with asyncio.timeout(seconds):
        while not await page.evaluate(expression):
            await page.wait_for_timeout(20)


async def test_signing_in_takes_the_keyboard_alone_and_breaks_no_policy(visitor: BrowserContext) -> None:
    page = await visitor.new_page()
    await page.goto("/sign-in?next=/account")
    await expect(page.get_by_label("Username")).to_be_focused()
    await page.keyboard.type("emma")
    await page.keyboard.press("Tab")
    await page.keyboard.type("wrong")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("alert")).to_have_text("Wrong name or password.")
    await expect(page.get_by_label("Password")).to_be_focused()
    await page.keyboard.type(PASSWORD)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", level=1)).to_have_text("My account")


async def test_the_sign_in_page_changes_its_language_at_once(visitor: BrowserContext) -> None:
    page = await visitor.new_page()
    await page.goto("/sign-in?next=/account")
    await page.get_by_label("Language").select_option("pl")
    await expect(page.locator("html")).to_have_attribute("lang", "pl")
    await page.locator("[name=username]").fill("emma")
    await page.locator("[name=password]").fill(PASSWORD)
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/account")
    await expect(page.locator("html")).to_have_attribute("lang", "pl")


async def test_colours_change_at_once_and_stay(visitor: BrowserContext) -> None:
    page = await enter(visitor)
    await page.get_by_label("My account: Emma").click()
    async with page.expect_response("**/account/theme") as answer:
        await page.get_by_role("button", name="Dark").click()
    assert (await answer.value).status == 204
    background = "getComputedStyle(document.body).backgroundColor"
    assert await page.evaluate(background) == "rgb(20, 23, 28)"
    await page.keyboard.press("Escape")
    await expect(page.get_by_label("My account: Emma")).to_be_focused()
    await page.reload()
    assert await page.evaluate(background) == "rgb(20, 23, 28)"


async def test_all_tabs_hear_the_news_on_one_stream(
    visitor: BrowserContext, server: TestServer, bus: Bus, staff: Team
) -> None:
    hear = """
        window.heard = [];
        document.body.addEventListener("posthouse:interaction", (event) => window.heard.push(event.detail));
        document.body.addEventListener("posthouse:connection", ({detail}) => { window.connected = detail.connected; });
    """
    pages = [await enter(visitor)]
    pages.append(await visitor.new_page())
    await pages[1].goto("/account")
    for page in pages:
        await page.evaluate(hear)
        await until(page, "navigator.locks.query().then(({held}) => held.length === 1)")
    assert server.app is not None
    while not len(server.app[STREAMS]):
        await pages[0].wait_for_timeout(20)
    bus.tell(InteractionChanged(InteractionId(7), staff.support, staff.emma.user, "arrived"))
    for page in pages:
        await until(page, "window.heard.length === 1", seconds=1)
        assert await page.evaluate("window.heard[0].mine")
    assert len(server.app[STREAMS]) == 1
    await pages[1].evaluate("window.connected = false")
    await pages[0].close()
    await until(pages[1], "window.connected")
    bus.tell(InteractionChanged(InteractionId(8), staff.support, None, "arrived"))
    await until(pages[1], "window.heard.length === 2", seconds=1)


async def test_who_is_thrown_out_sees_the_sign_in_page_within_seconds(
    visitor: BrowserContext, store: Store, staff: Team
) -> None:
    assert staff.emma.user is not None
    page = await enter(visitor)
    async with page.expect_event("requestfinished", lambda request: "events" in request.url, timeout=10_000):
        await store.write(sessions.end_all, staff.emma.user)
    await page.wait_for_url("**/sign-in?next=**", timeout=10_000)


async def test_pages_fit_a_telephone(visitor: BrowserContext, store: Store, staff: Team) -> None:
    assert staff.emma.user is not None
    await store.write(users.update, staff.emma.user, name="Emma With An Uncommonly Long Name")
    page = await visitor.new_page()
    await page.set_viewport_size({"width": 360, "height": 740})
    for place in ("/sign-in", "/setup/none", "/account"):
        await page.goto(place)
        assert await page.evaluate("document.documentElement.scrollWidth") == 360
