"""No other site can make a browser change something."""

import asyncio

import pytest
from aiohttp import FormData

from tests.web.conftest import Browser, SignIn, csrf_of

EVIL = "https://evil.test"


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": EVIL},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Referer": f"{EVIL}/page"},
        {"Origin": EVIL, "Sec-Fetch-Site": "same-origin"},
    ],
)
async def test_a_change_from_another_site_is_refused_though_its_token_is_right(
    as_user: SignIn, headers: dict[str, str]
) -> None:
    browser = await as_user("emma")
    assert (await browser.post("/account/theme", data={"theme": "dark"}, headers=headers)).status == 403
    assert 'data-theme="auto"' in await (await browser.get("/account")).text()


@pytest.mark.parametrize("named_by", ["Origin", "Referer", "Sec-Fetch-Site", None])
async def test_a_change_from_our_own_pages_is_made(as_user: SignIn, named_by: str | None) -> None:
    browser = await as_user("emma")
    ours = {
        "Origin": str(browser.make_url("/"))[:-1],
        "Referer": str(browser.make_url("/account")),
        "Sec-Fetch-Site": "same-origin",
    }
    headers = {named_by: ours[named_by]} if named_by else {}
    answer = await browser.post("/account/theme", data={"theme": "dark"}, headers=headers, allow_redirects=False)
    assert answer.status == 303


@pytest.mark.parametrize("token", [None, "", "nonsense", "é"])
async def test_a_change_without_the_pages_token_is_refused(as_user: SignIn, token: str | None) -> None:
    browser = await as_user("emma")
    del browser.session.headers["X-CSRF-Token"]
    form = {"theme": "dark"} | ({} if token is None else {"csrf": token})
    answer = await browser.post("/account/theme", data=form)
    assert answer.status == 403
    assert "load it again" in await answer.text()


async def test_the_token_of_somebody_else_is_no_use(as_user: SignIn) -> None:
    emma, paolo = await as_user("emma"), await as_user("paolo")
    token = emma.session.headers["X-CSRF-Token"]
    answer = await paolo.post("/account/theme", data={"theme": "dark"}, headers={"X-CSRF-Token": token})
    assert answer.status == 403


async def test_a_form_with_files_carries_its_token_as_a_field(as_user: SignIn) -> None:
    browser = await as_user("emma")
    token = browser.session.headers.pop("X-CSRF-Token")
    form = FormData({"csrf": token, "theme": "dark"}, default_to_multipart=True)
    assert (await browser.post("/account/theme", data=form, allow_redirects=False)).status == 303


async def test_signing_in_needs_the_form_of_this_browser(browser: Browser) -> None:
    token = await csrf_of(browser, "/sign-in")
    browser.session.cookie_jar.clear()
    form = {"csrf": token, "username": "emma", "password": "x"}
    assert (await browser.post("/sign-in", data=form)).status == 403


async def test_a_stranger_who_never_finishes_a_form_is_sent_away(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("appliance.web.csrf.PATIENCE", 0.1)
    reader, writer = await asyncio.open_connection("127.0.0.1", browser.port)
    writer.write(b"POST /sign-in HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n")
    writer.write(b"Content-Length: 99\r\n\r\nusername=")
    async with asyncio.timeout(5):
        assert b"408" in await reader.readline()
    writer.close()


async def test_a_stranger_cannot_make_us_read_megabytes(browser: Browser) -> None:
    token = await csrf_of(browser, "/sign-in")
    form = {"csrf": token, "username": "x" * 100_000, "password": "x"}
    assert (await browser.post("/sign-in", data=form)).status == 413
