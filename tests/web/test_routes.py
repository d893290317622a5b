"""The table of contents, row by row, with every role."""

import re

from appliance.store import Store, tokens
from appliance.web.route import ANYONE, Route, admits
from appliance.web.routes import ROUTES
from tests.web.conftest import Browser, SignIn

GUARDED = [route for route in ROUTES if route.role != ANYONE]
PAGES = [route for route in GUARDED if not route.path.startswith("/api/")]
REFUSED = (401, 403)


def somewhere(route: Route) -> str:
    """A path that the route matches, where nothing is."""
    return re.sub(r"\{\w+(?::[^{}]*(?:\{[^{}]*\}[^{}]*)*)?\}", "999999", route.path)


async def test_a_stranger_comes_nowhere(browser: Browser) -> None:
    for route in GUARDED:
        answer = await browser.request(route.method, somewhere(route), allow_redirects=False)
        sent_away = answer.status == 303 and answer.headers["Location"].startswith("/sign-in")
        assert sent_away or answer.status in REFUSED, route


async def test_everybody_comes_where_his_role_leads_and_nowhere_else(as_user: SignIn) -> None:
    for username, role in (("emma", "agent"), ("boss", "supervisor"), ("admin", "admin")):
        browser = await as_user(username)
        for route in PAGES:
            if route.method == "GET":
                answer = await browser.head(somewhere(route), allow_redirects=False)
                assert (answer.status != 403) == admits(route.role, (role,)), (route, username)
                assert answer.status < 500, route


async def test_a_token_comes_where_its_role_leads_and_nowhere_else(browser: Browser, store: Store) -> None:
    for role in ("agent", "supervisor", "admin"):
        bearer = {"Authorization": f"Bearer {await store.write(tokens.create, role, role)}"}
        for route in GUARDED:
            answer = await browser.request(
                "HEAD" if route.method == "GET" else route.method,
                somewhere(route),
                headers=bearer,
                allow_redirects=False,
            )
            is_api = route.path.startswith("/api/")
            may = is_api and admits(route.role, (role,))
            assert (answer.status in (*REFUSED, 303)) != may, (route, role)
            assert answer.status < 500, route


def test_an_url_stands_in_the_table_once() -> None:
    seen = [(route.method, re.sub(r"\{\w+", "{", route.path)) for route in ROUTES]
    assert len(seen) == len(set(seen))
