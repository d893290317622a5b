"""/healthz and /metrics, a store that is busy, and faults of ours."""

import asyncio
import logging
import sqlite3
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from appliance.bus import Bus
from appliance.desk.answer import Correspondence
from appliance.model.arrival import Envelope
from appliance.settings import BadSettings, Settings, WebSection
from appliance.store import Store, arrivals, tokens
from appliance.vault import Vault
from appliance.web.keys import CHECKS
from appliance.web.server import Server, application
from tests.web.conftest import Browser, SignIn


async def test_all_is_well(browser: Browser) -> None:
    answer = await browser.get("/healthz")
    assert answer.status == 200
    assert await answer.json() == {"status": "ok", "version": "0.1.0", "checks": {"store": True}}
    assert (await browser.head("/healthz")).status == 200


async def test_a_door_that_does_not_listen_is_named(app: web.Application) -> None:
    app[CHECKS] = {"smtp": lambda: False}
    async with TestClient(TestServer(app)) as browser:
        answer = await browser.get("/healthz")
        assert answer.status == 503
        assert (await answer.json())["checks"] == {"store": True, "smtp": False}


async def test_the_figures_tell_of_the_mail_that_came_waits_and_left(
    store: Store, bus: Bus, vault: Vault, correspondence: Correspondence
) -> None:
    kept = await store.write(arrivals.keep, b"strange", Envelope("a@b.test", ("c@acme.test",)))
    await store.write(arrivals.quarantine, kept, "nobody understands it")
    made = application(
        store=store, settings=Settings(), bus=bus, vault=vault, correspondence=correspondence, door={"accepted": 7}
    )
    async with TestClient(TestServer(made)) as browser:
        text = await (await browser.get("/metrics")).text()

    assert 'posthouse_smtp_total{event="accepted"} 7.0' in text
    assert 'posthouse_arrivals{state="quarantined"} 1.0' in text
    assert 'posthouse_outbox{state="ready"} 0.0' in text


@pytest.mark.parametrize("settings", [Settings(web=WebSection(trusted_proxies=("192.0.2.0/24",)))])
async def test_figures_are_for_the_machine_and_for_admins(
    server: TestServer, browser: Browser, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = await (await browser.get("/metrics")).text()
    assert "posthouse_loop_lag_seconds" in text
    assert "posthouse_http_request_seconds" in text
    monkeypatch.setattr("appliance.web.client.is_loopback", lambda address: False)
    assert (await browser.get("/metrics")).status == 403
    for role, status in (("agent", 403), ("admin", 200)):
        token = await store.write(tokens.create, "monitor", role)
        answer = await browser.get("/metrics", headers={"Authorization": f"Bearer {token}"})
        assert answer.status == status


class TestBehindAProxy:
    @pytest.fixture(params=[(), ("127.0.0.1",)], ids=["of which nobody told us", "that we trust"])
    def settings(self, request: pytest.FixtureRequest) -> Settings:
        return Settings.model_validate({"web": {"trusted_proxies": request.param}})

    async def test_figures_are_not_for_who_comes_through_a_proxy_of_this_machine(self, browser: Browser) -> None:
        assert (await browser.get("/metrics")).status == 200
        assert (await browser.get("/metrics", headers={"X-Forwarded-For": "203.0.113.9"})).status == 403


async def test_a_locked_store_is_a_moment_of_patience_and_not_a_fault(
    as_user: SignIn, store: Store, tmp_path: Path
) -> None:
    browser = await as_user("emma")
    await store.write(lambda tx: tx.run("PRAGMA busy_timeout = 50"))
    other = sqlite3.connect(tmp_path / "posthouse.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        answer = await browser.post("/account/theme", data={"theme": "dark"})
        assert answer.status == 503
        assert answer.headers["Retry-After"]
        assert "Just a moment" in await answer.text()
        assert (await browser.get("/account")).status == 200
    finally:
        other.close()
    assert (await browser.post("/account/theme", data={"theme": "dark"}, allow_redirects=False)).status == 303


async def test_a_fault_of_ours_is_logged_and_not_shown(app: web.Application, caplog: pytest.LogCaptureFixture) -> None:
    def break_down() -> bool:
        raise RuntimeError("a secret of the house")

    app[CHECKS] = {"broken": break_down}
    async with TestClient(TestServer(app)) as browser:
        with caplog.at_level(logging.ERROR):
            answer = await browser.get("/healthz")
        assert answer.status == 500
        assert "secret" not in await answer.text()
        assert "a secret of the house" in caplog.text


async def test_a_refusal_leaves_what_htmx_shows_and_says_why_at_the_edge(as_user: SignIn) -> None:
    browser = await as_user("emma")
    answer = await browser.post("/account/theme", data={"theme": "pink"}, headers={"HX-Request": "true"})
    assert answer.status == 422
    assert answer.headers["HX-Reswap"] == "none"
    assert "posthouse:toast" in answer.headers["HX-Trigger"]


class TestServerItself:
    @pytest.fixture
    def settings(self) -> Settings:
        return Settings(web=WebSection(listen=("127.0.0.1:0", "127.0.0.2:0")))

    @pytest.fixture
    def service(self, app: web.Application) -> Server:
        return Server(app)

    async def test_it_says_when_and_where_it_listens_and_stops_at_once(self, service: Server) -> None:
        running = asyncio.create_task(service.run())
        await service.listening.wait()
        assert [url.rpartition(":")[0] for url in service.urls] == ["http://127.0.0.1", "http://127.0.0.2"]
        reader, writer = await asyncio.open_connection("127.0.0.2", int(service.urls[1].rpartition(":")[2]))
        writer.write(b"GET /healthz HTTP/1.0\r\n\r\n")
        assert b"200 OK" in await reader.readline()
        writer.close()
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        assert not service.listening.is_set()

    async def test_who_never_finishes_a_head_is_closed(self, service: Server, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("appliance.web.server.SILENCE", 0.1)
        running = asyncio.create_task(service.run())
        await service.listening.wait()
        reader, writer = await asyncio.open_connection("127.0.0.1", int(service.urls[0].rpartition(":")[2]))
        writer.write(b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: ")
        async with asyncio.timeout(5):
            assert await reader.read() == b""
        writer.close()
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running

    async def test_a_port_in_use_is_named(
        self, store: Store, bus: Bus, vault: Vault, correspondence: Correspondence, unused_tcp_port: int
    ) -> None:
        other = await asyncio.start_server(lambda reader, writer: None, "127.0.0.1", unused_tcp_port)
        address = f"127.0.0.1:{unused_tcp_port}"
        settings = Settings(web=WebSection(listen=(address,)))
        service = Server(
            application(store=store, settings=settings, bus=bus, vault=vault, correspondence=correspondence)
        )
        async with other:
            with pytest.raises(BadSettings, match=rf"^web\.listen: {address} is in use by another program$"):
                await service.run()
