"""/api/v1/users"""

import pytest
from aiohttp.test_utils import TestClient

from tests.conftest import Team
from tests.web.api.conftest import Program
from tests.web.conftest import SignIn, sign_in

ZOE = {"username": "zoe", "name": "Zoë", "roles": ["agent"], "password": "a long enough secret"}


async def test_a_user_is_made_read_changed_and_disabled(admin: Program, browser: TestClient) -> None:
    made = await admin.ask("POST", "users", ZOE | {"email": "zoe@acme.test", "language": "pl"}, status=201)
    assert made == {
        "id": made["id"],
        "username": "zoe",
        "name": "Zoë",
        "email": "zoe@acme.test",
        "roles": ["agent"],
        "enabled": True,
        "language": "pl",
        "time_zone": "UTC",
        "screen_monitoring": False,
    }
    url = f"users/{made['id']}"
    assert await admin.ask("GET", url) == made
    changed = await admin.ask("PATCH", url, {"roles": ["agent", "supervisor"], "screen_monitoring": True})
    assert changed == made | {"roles": ["supervisor", "agent"], "screen_monitoring": True}
    assert (await sign_in(browser, "zoe", "a long enough secret")).status == 303
    assert await admin.ask("DELETE", url, status=204) is None
    assert (await admin.ask("GET", url))["enabled"] is False


async def test_a_new_password_opens_and_signs_out_everywhere(
    admin: Program, as_user: SignIn, team: Team, browser: TestClient
) -> None:
    emma = await as_user("emma")
    await admin.ask("PATCH", f"users/{team.emma.user}", {"password": "quite another secret"})
    assert (await emma.get("/account", allow_redirects=False)).status == 303
    assert (await sign_in(browser, "emma", "quite another secret")).status == 303


async def test_a_password_is_never_told(admin: Program) -> None:
    made = await admin.ask("POST", "users", ZOE, status=201)
    assert not any("password" in field for field in made)


async def test_a_username_is_given_once(admin: Program) -> None:
    await admin.ask("POST", "users", ZOE, status=201)
    problem = await admin.ask("POST", "users", ZOE | {"username": "ZOE"}, status=409)
    assert "taken" in problem["title"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("username", ""),
        ("username", "two words"),
        ("username", None),
        ("name", "a\nb"),
        ("roles", []),
        ("roles.0", ["king"]),
        ("email", "nobody"),
        ("language", "xx"),
        ("time_zone", "Mars/Olympus"),
        ("password", "short"),
        ("enabled", "yes"),
    ],
)
async def test_a_bad_value_is_told_by_its_field(admin: Program, field: str, value: object) -> None:
    sent = ZOE | {field.partition(".")[0]: value}
    assert set(await admin.faults("POST", "users", sent)) == {field}
    assert (await admin.ask("GET", "users"))["items"] == []


async def test_what_must_be_there_is_missed(admin: Program) -> None:
    assert set(await admin.faults("POST", "users", {})) == {"username", "name", "roles"}


async def test_a_list_comes_in_pages_the_newest_first(admin: Program) -> None:
    for n in range(5):
        await admin.ask("POST", "users", {"username": f"u{n}", "name": "U", "roles": ["agent"]}, status=201)
    names, after = [], ""
    for size in (2, 2, 1):
        page = await admin.ask("GET", f"users?limit=2{after}")
        assert len(page["items"]) == size
        names += [user["username"] for user in page["items"]]
        after = f"&after={page['next']}"
    assert names == ["u4", "u3", "u2", "u1", "u0"]
    assert page["next"] is None
