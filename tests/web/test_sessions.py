"""The cookie, the roles, and what a person decides about himself."""

import ssl
from collections.abc import AsyncIterator

import pytest
import trustme
from aiohttp import CookieJar, TCPConnector, web
from aiohttp.test_utils import TestClient, TestServer

from appliance.settings import Settings, WebSection
from appliance.store import Store, tokens, users
from tests.conftest import Team
from tests.web.conftest import PASSWORD, Browser, SignIn, sign_in


async def test_the_cookie_is_for_the_server_alone(browser: Browser, staff: Team) -> None:
    answer = await sign_in(browser, "emma")
    cookie = answer.cookies["posthouse"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert cookie["path"] == "/"
    assert not cookie["secure"]
    assert not cookie["domain"]


async def test_every_sign_in_is_a_new_session(as_user: SignIn, browser: Browser) -> None:
    first = await sign_in(browser, "emma")
    form = browser.session.cookie_jar.filter_cookies(browser.make_url("/"))
    browser.session.cookie_jar.clear()
    browser.session.cookie_jar.update_cookies({"posthouse-form": form["posthouse-form"].value, "posthouse": "planted"})
    second = await sign_in(browser, "emma")
    assert second.cookies["posthouse"].value not in ("planted", first.cookies["posthouse"].value)


async def test_signing_in_again_ends_the_session_before(as_user: SignIn, browser: Browser, staff: Team) -> None:
    twice = await as_user("emma")
    first = {cookie.key: cookie.value for cookie in twice.session.cookie_jar}
    form = {"username": "paolo", "password": PASSWORD}
    assert (await twice.post("/sign-in", data=form, allow_redirects=False)).status == 303
    assert (await browser.get("/account", cookies=first, allow_redirects=False)).status == 303


async def test_a_disabled_person_is_out_with_the_next_click(as_user: SignIn, store: Store, staff: Team) -> None:
    browser = await as_user("emma")
    await store.write(users.disable, staff.emma.user)
    assert (await browser.get("/account", allow_redirects=False)).status == 303


async def test_htmx_is_told_to_go_to_the_sign_in_page(browser: Browser) -> None:
    answer = await browser.get(
        "/account", headers={"HX-Request": "true", "HX-Current-URL": "http://posthouse.test/agent/inbox?q=a"}
    )
    assert answer.status == 401
    assert answer.headers["HX-Redirect"] == "/sign-in?next=/agent/inbox%3Fq%3Da"


async def test_the_role_beside_the_url_is_asked_for(as_user: SignIn) -> None:
    for username, status in (("emma", 403), ("boss", 200), ("admin", 200)):
        browser = await as_user(username)
        assert (await browser.get("/admin/quarantine")).status == status


async def test_the_api_knows_tokens_and_no_cookies(as_user: SignIn, store: Store) -> None:
    browser = await as_user("admin")
    refused = await browser.get("/api/v1/users")
    assert refused.status == 401
    assert refused.headers["WWW-Authenticate"].startswith("Bearer")
    assert refused.content_type == "application/problem+json"
    token = await store.write(tokens.create, "shop", "admin")
    assert (await browser.get("/api/v1/users", headers={"Authorization": f"Bearer {token}"})).status == 200


async def test_a_password_change_signs_out_the_other_browsers(as_user: SignIn) -> None:
    here, there = await as_user("emma"), await as_user("emma")
    wrong = await here.post("/account/password", data={"old": "wrong", "password": "another three words"})
    assert wrong.status == 422
    form = {"old": "three words nobody joins", "password": "another three words"}
    assert (await here.post("/account/password", data=form)).status == 200
    assert (await here.get("/account", allow_redirects=False)).status == 200
    assert (await there.get("/account", allow_redirects=False)).status == 303


async def test_colours_language_and_zone_are_kept(as_user: SignIn, store: Store, staff: Team) -> None:
    browser = await as_user("emma")
    assert (await browser.post("/account/theme", data={"theme": "dark"}, headers={"HX-Request": "true"})).status == 204
    assert 'data-theme="dark"' in await (await browser.get("/account")).text()
    form = {"name": "Emma M", "email": "emma@acme.test", "language": "es", "time_zone": "Europe/Madrid"}
    wrong = await browser.post("/account", data=form | {"email": "nonsense"})
    assert wrong.status == 422
    assert "is not an e-mail address" in await wrong.text()
    await browser.post("/account", data=form)
    emma = await store.read(users.get, staff.emma.user)
    assert (emma.name, emma.email, emma.language, emma.time_zone) == tuple(form.values())


class TestBehindAProxy:
    @pytest.fixture
    def settings(self) -> Settings:
        return Settings(web=WebSection(trusted_proxies=("127.0.0.1",)))

    async def test_the_cookie_is_secure_when_the_proxy_speaks_https(self, browser: Browser, staff: Team) -> None:
        browser.session.headers["X-Forwarded-Proto"] = "https"
        browser.session.cookie_jar.clear()
        page = await browser.get("/sign-in")
        assert page.cookies["posthouse-form"]["secure"]
        assert page.headers["Strict-Transport-Security"]

    async def test_the_address_is_the_one_that_the_proxy_saw(self, browser: Browser, staff: Team) -> None:
        """What stands left of it the client may have made up, one for each guess."""
        for guess in range(5):
            browser.session.headers["X-Forwarded-For"] = f"198.51.100.{guess}, 192.0.2.7"
            assert (await sign_in(browser, "emma", "wrong")).status == 401
        assert (await sign_in(browser, "emma")).status == 429
        browser.session.headers["X-Forwarded-For"] = "192.0.2.8"
        assert (await sign_in(browser, "emma")).status == 303


async def test_a_stranger_cannot_pretend_to_be_a_proxy(browser: Browser, staff: Team) -> None:
    browser.session.headers.update({"X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.9"})
    page = await browser.get("/sign-in")
    assert not page.cookies["posthouse-form"]["secure"]
    for guess in range(5):
        browser.session.headers["X-Forwarded-For"] = f"198.51.100.{guess}"
        await sign_in(browser, "emma", "wrong")
    assert (await sign_in(browser, "emma")).status == 429


@pytest.fixture
async def https(app: web.Application) -> AsyncIterator[Browser]:
    authority = trustme.CA()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    trust = ssl.create_default_context()
    authority.configure_trust(trust)
    server = TestServer(app, scheme="https")
    await server.start_server(ssl=context)
    client: Browser = TestClient(server, connector=TCPConnector(ssl=trust), cookie_jar=CookieJar(unsafe=True))
    async with client as browser:
        yield browser


async def test_the_cookie_is_secure_when_we_speak_https_ourselves(https: Browser, staff: Team) -> None:
    answer = await sign_in(https, "emma")
    assert answer.status == 303
    assert answer.cookies["posthouse"]["secure"]
