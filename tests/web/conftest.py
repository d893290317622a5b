"""A real application on a real store in a real file, and browsers that are signed in to it."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from aiohttp import ClientResponse, web
from aiohttp.test_utils import TestClient, TestServer

from appliance.bus import Bus
from appliance.desk.accounts import hashed
from appliance.desk.answer import Correspondence
from appliance.settings import Settings
from appliance.store import Store, Tx, users
from appliance.vault import Vault
from appliance.web.server import application
from tests.conftest import Hands, Team

PASSWORD = "three words nobody joins"
HASH = hashed(PASSWORD)

Browser = TestClient[web.Request, web.Application]
SignIn = Callable[..., Awaitable[Browser]]


@pytest.fixture
def bus() -> Bus:
    return Bus()


@pytest.fixture
def settings() -> Settings:
    return Settings()


@pytest.fixture
async def store(tmp_path: Path, bus: Bus, hands: Hands) -> AsyncIterator[Store]:
    async with Store(tmp_path / "posthouse.db", clock=hands, tell=bus.tell) as store:
        yield store


@pytest.fixture
def app(
    store: Store, bus: Bus, settings: Settings, vault: Vault, correspondence: Correspondence, hands: Hands
) -> web.Application:
    return application(store=store, settings=settings, bus=bus, vault=vault, correspondence=correspondence, clock=hands)


@pytest.fixture
async def server(app: web.Application) -> AsyncIterator[TestServer]:
    async with TestServer(app) as server:
        yield server


@pytest.fixture
async def browser(server: TestServer) -> AsyncIterator[Browser]:
    """Nobody is signed in here."""
    async with TestClient(server) as browser:
        yield browser


@pytest.fixture
async def staff(store: Store, team: Team) -> Team:
    """The team, with passwords, and an admin."""
    await store.write(_equip)
    return team


@pytest.fixture
async def as_user(server: TestServer, staff: Team) -> AsyncIterator[SignIn]:
    """`await as_user("emma")` is a browser in which she is signed in; its `csrf` goes with every POST."""
    opened: list[Browser] = []

    async def sign_in_as(username: str) -> Browser:
        browser = TestClient(server)
        opened.append(browser)
        answer = await sign_in(browser, username)
        assert answer.status == 303, await answer.text()
        browser.session.headers["X-CSRF-Token"] = await csrf_of(browser, "/account")
        return browser

    yield sign_in_as
    for browser in opened:
        await browser.close()


async def csrf_of(browser: Browser, path: str) -> str:
    """The token that a form on this page carries."""
    text = await (await browser.get(path)).text()
    found = re.search(r'name="csrf" (?:value|content)="([^"]+)"', text)
    assert found, text
    return found[1]


async def sign_in(browser: Browser, username: str, password: str = PASSWORD, **fields: str) -> ClientResponse:
    """What the form of the sign-in page sends."""
    form = {"csrf": await csrf_of(browser, "/sign-in"), "username": username, "password": password, **fields}
    return await browser.post("/sign-in", data=form, allow_redirects=False)


def _equip(tx: Tx) -> None:
    for username in ("emma", "paolo", "boss"):
        users.set_password(tx, users.named(tx, username).id, HASH)
    users.add(tx, "admin", "Ada Min", ("admin",), password_hash=HASH)
