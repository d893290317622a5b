"""Who may come in, and how the API says no."""

import pytest
from aiohttp.test_utils import TestClient, TestServer

from appliance.store import Store, tokens, users
from tests.conftest import Receive, Team
from tests.web.api.conftest import Bearing, Program
from tests.web.conftest import SignIn

TOKENS = ["", "Bearer", "Bearer ", "Bearer ph_wrong", "Basic YTpi", "bearer ph_wrong ph_more"]


@pytest.mark.parametrize("authorization", TOKENS)
async def test_without_a_good_token_nobody_comes_in(browser: TestClient, authorization: str) -> None:
    answer = await browser.get("/api/v1/interactions", headers={"Authorization": authorization})
    assert answer.status == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert answer.content_type == "application/problem+json"
    assert (await answer.json())["status"] == 401


async def test_the_cookie_of_a_browser_opens_no_api(as_user: SignIn) -> None:
    browser = await as_user("admin")
    assert (await browser.get("/api/v1/users")).status == 401


async def test_the_token_of_a_disabled_person_opens_nothing(bearing: Bearing, store: Store, team: Team) -> None:
    emma = await bearing("agent", team.emma.user)
    await emma.ask("GET", "interactions")
    await store.write(users.disable, team.emma.user)
    await emma.ask("GET", "interactions", status=401)


@pytest.mark.parametrize("role", ["agent", "supervisor"])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "users"),
        ("POST", "users"),
        ("DELETE", "users/1"),
        ("GET", "mailboxes"),
        ("POST", "campaigns"),
        ("PATCH", "campaigns/1"),
        ("PUT", "campaigns/1/members/1"),
        ("GET", "outbox"),
    ],
)
async def test_what_is_for_admins_is_for_nobody_else(bearing: Bearing, role: str, method: str, path: str) -> None:
    problem = await (await bearing(role)).ask(method, path, status=403)
    assert problem["status"] == 403
    assert "admin" in problem["title"]
    assert problem["errors"] == []


@pytest.mark.parametrize(
    "path", ["nothing", "users/abc", "users/-1", "users/99", f"users/{2**63}", "users/" + "9" * 99]
)
async def test_what_does_not_exist_is_not_found(admin: Program, path: str) -> None:
    assert (await admin.ask("GET", path, status=404))["status"] == 404


async def test_a_verb_that_a_resource_does_not_know_is_told_which_it_does(admin: Program) -> None:
    answer = await admin.response("PUT", "users")
    assert answer.status == 405
    assert set(answer.headers["Allow"].split(",")) >= {"GET", "POST"}


@pytest.mark.parametrize(
    "sent", [b"", b"{", b"[]", b"null", b'"x"', b"\xff\xfe", b"[" * 100_000, b'{"name": "\\ud800"}']
)
async def test_what_is_no_object_of_json_is_refused(admin: Program, sent: bytes) -> None:
    assert await admin.faults("POST", "users", sent)


async def test_a_body_whose_compression_is_broken_is_refused(server: TestServer, store: Store) -> None:
    token = await store.write(tokens.create, "a program", "admin")
    headers = {"Authorization": f"Bearer {token}", "Content-Encoding": "gzip"}
    async with TestClient(server) as client:
        assert (await client.post("/api/v1/users", data=b"not compressed", headers=headers)).status == 400


async def test_a_field_that_we_do_not_know_is_refused_by_name(admin: Program) -> None:
    sent = {"username": "zoe", "name": "Zoe", "roles": ["agent"], "shoe_size": 38, "self": 1}
    assert set(await admin.faults("POST", "users", sent)) == {"shoe_size", "self"}


async def test_a_filter_that_we_do_not_know_is_refused_by_name(admin: Program, receive: Receive) -> None:
    assert set(await admin.faults("GET", "interactions?campaing=1", None)) == {"campaing"}
    assert set(await admin.faults("GET", "interactions?campaign=1&campaign=2", None)) == {"campaign"}


@pytest.mark.parametrize("query", ["limit=0", "limit=201", "limit=many", "after=x", "after=-1", f"after={2**63}"])
async def test_a_list_is_never_longer_than_200(admin: Program, query: str) -> None:
    assert set(await admin.faults("GET", f"users?{query}", None)) == {query.partition("=")[0]}
