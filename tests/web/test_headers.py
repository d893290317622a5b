"""What every response tells the browser, and how files may be kept."""

import re

import pytest
from yarl import URL

from appliance.web import headers
from tests.web.conftest import Browser, SignIn

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "frame-src 'self'; media-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


@pytest.mark.parametrize("path", ["/sign-in", "/nothing-here", "/healthz", "/static/posthouse.css", "/setup/x", "/"])
async def test_every_response_is_guarded(browser: Browser, path: str) -> None:
    told = (await browser.get(path, allow_redirects=False)).headers
    assert told["Content-Security-Policy"] == POLICY
    assert told["X-Content-Type-Options"] == "nosniff"
    assert told["X-Frame-Options"] == "DENY"
    assert told["Referrer-Policy"] == "same-origin"
    assert told["Cross-Origin-Opener-Policy"] == "same-origin"
    assert told["Server"] == "Posthouse"


def test_the_composer_may_paint_and_nothing_else() -> None:
    assert set(headers.COMPOSER.split("; ")) - set(headers.PAGE.split("; ")) == {"style-src-attr 'unsafe-inline'"}


async def test_pages_are_not_kept_by_caches(as_user: SignIn) -> None:
    browser = await as_user("emma")
    assert (await browser.get("/account")).headers["Cache-Control"] == "no-store"


async def test_files_of_this_version_are_kept_for_ever_and_others_are_asked_for(browser: Browser) -> None:
    page = await (await browser.get("/sign-in")).text()
    (path,) = re.findall(r'href="(/static/~[0-9a-f]+/posthouse\.css)"', page)
    kept = await browser.get(path)
    assert kept.status == 200
    assert "immutable" in kept.headers["Cache-Control"]
    asked = await browser.get("/static/posthouse.css")
    assert "no-cache" in asked.headers["Cache-Control"]
    again = await browser.get("/static/posthouse.css", headers={"If-None-Match": asked.headers["ETag"]})
    assert again.status == 304


@pytest.mark.parametrize(
    "path", ["../server.py", "..%2fserver.py", "%2e%2e/server.py", "js", "~0/posthouse.css", "%00"]
)
async def test_only_files_of_the_folder_are_given_out(browser: Browser, path: str) -> None:
    url = URL(str(browser.make_url("/static/")) + path, encoded=True)
    assert (await browser.session.get(url)).status in (400, 404)


async def test_what_is_not_there_says_so_in_words(browser: Browser, as_user: SignIn) -> None:
    for visitor in (browser, await as_user("emma")):
        answer = await visitor.get("/nothing-here", headers={"Accept-Language": "en"})
        assert answer.status == 404
        assert "There is nothing here" in await answer.text()


async def test_a_method_that_a_page_does_not_know_is_refused(as_user: SignIn) -> None:
    browser = await as_user("emma")
    answer = await browser.put("/account")
    assert answer.status == 405
    assert "POST" in answer.headers["Allow"]
