"""/sign-in and /sign-out."""

import asyncio
import time

import pytest
from aiohttp import web
from yarl import URL

from appliance import __version__
from appliance.desk.accounts import Refused
from appliance.settings import Settings, WebSection
from appliance.store import Store, users
from appliance.web.keys import ACCOUNTS
from tests.conftest import Hands, Team
from tests.web.conftest import Browser, SignIn, csrf_of, sign_in

WRONG = "Wrong name or password."


@pytest.fixture(autouse=True)
def _staff(staff: Team) -> Team:
    return staff


async def test_the_right_password_opens_the_page_that_was_asked_for(browser: Browser) -> None:
    asked = await browser.get("/account?x=1", allow_redirects=False)
    assert (asked.status, URL(asked.headers["Location"]).query["next"]) == (303, "/account?x=1")
    answer = await sign_in(browser, "emma", next="/account?x=1")
    assert (answer.status, answer.headers["Location"]) == (303, "/account?x=1")
    assert (await browser.get("/account")).status == 200


async def test_the_page_says_which_version_it_is(browser: Browser) -> None:
    assert f"Posthouse {__version__}" in await (await browser.get("/sign-in")).text()


async def test_who_is_signed_in_is_sent_on(as_user: SignIn) -> None:
    browser = await as_user("emma")
    answer = await browser.get("/sign-in?next=/account", allow_redirects=False)
    assert answer.headers["Location"] == "/account"
    assert (await browser.get("/", allow_redirects=False)).headers["Location"] == "/agent/inbox"


@pytest.mark.parametrize("place", ["https://evil.test/", "//evil.test/", "/\\evil.test", "\\/evil.test", "evil.test"])
async def test_nobody_is_sent_to_another_site(browser: Browser, place: str) -> None:
    answer = await sign_in(browser, "emma", next=place)
    assert answer.headers["Location"] == "/"


async def test_wrong_unknown_and_disabled_look_alike(browser: Browser, store: Store, staff: Team) -> None:
    await store.write(users.disable, staff.paolo.user)
    answers = [
        await sign_in(browser, "emma", "not her password"),
        await sign_in(browser, "nobody", "not a password"),
        await sign_in(browser, "paolo"),
    ]
    assert [answer.status for answer in answers] == [401] * 3
    texts = [await answer.text() for answer in answers]
    assert all(WRONG in text for text in texts)
    assert len({text.replace("nobody", "emma").replace("paolo", "emma") for text in texts}) == 1


async def test_an_unknown_name_costs_as_much_as_a_known_one(app: web.Application) -> None:
    """Counted in the processor's time, which other programs do not disturb."""
    cost = {}
    for username in ("emma", "nobody"):
        before = time.process_time()
        for address in range(5):
            client_ip = f"192.0.2.{address}"
            assert await app[ACCOUNTS].sign_in(username, "wrong", client_ip=client_ip, client="") == Refused()
        cost[username] = time.process_time() - before
    assert cost["nobody"] > cost["emma"] / 2


async def test_a_guesser_waits_longer_and_longer_and_then_is_locked_out(browser: Browser, hands: Hands) -> None:
    for _ in range(5):
        assert (await sign_in(browser, "emma", "wrong")).status == 401
    refused = await sign_in(browser, "emma")
    assert (refused.status, refused.headers["Retry-After"]) == (429, "2")
    assert WRONG not in await refused.text()
    waits = []
    for _ in range(5):
        wait = int((await sign_in(browser, "emma", "wrong")).headers["Retry-After"])
        waits.append(wait)
        hands.move_on(seconds=wait)
        assert (await sign_in(browser, "emma", "wrong")).status == 401
    assert waits == [2, 4, 8, 16, 32]
    assert (await sign_in(browser, "emma")).headers["Retry-After"] == "900"
    hands.move_on(minutes=15)
    assert (await sign_in(browser, "emma")).status == 303


async def test_one_persons_guesser_does_not_lock_out_the_others(browser: Browser) -> None:
    for _ in range(6):
        await sign_in(browser, "emma", "wrong")
    assert (await sign_in(browser, "paolo")).status == 303


class TestBehindAProxy:
    @pytest.fixture
    def settings(self) -> Settings:
        return Settings(web=WebSection(trusted_proxies=("127.0.0.1",)))

    async def test_a_machine_is_one_guesser_whatever_its_ipv6_address(self, browser: Browser) -> None:
        for guess in range(5):
            browser.session.headers["X-Forwarded-For"] = f"2001:db8:1:2::{guess}"
            assert (await sign_in(browser, "emma", "wrong")).status == 401
        browser.session.headers["X-Forwarded-For"] = "2001:db8:1:2:ffff::1"
        assert (await sign_in(browser, "emma")).status == 429
        browser.session.headers["X-Forwarded-For"] = "2001:db8:1:3::1"
        assert (await sign_in(browser, "emma")).status == 303


async def test_a_right_password_makes_earlier_mistakes_forgotten(browser: Browser, as_user: SignIn) -> None:
    for _ in range(4):
        await sign_in(browser, "emma", "wrong")
    await as_user("emma")
    for _ in range(4):
        assert (await sign_in(browser, "emma", "wrong")).status == 401


async def test_guesses_made_at_the_same_time_are_all_counted(browser: Browser) -> None:
    csrf = await csrf_of(browser, "/sign-in")
    form = {"csrf": csrf, "username": "emma", "password": "wrong"}
    answers = await asyncio.gather(*(browser.post("/sign-in", data=form) for _ in range(12)))
    assert [answer.status for answer in answers].count(401) == 5


async def test_signing_out_ends_the_session_for_good(as_user: SignIn, browser: Browser) -> None:
    signed_in = await as_user("emma")
    cookies = {cookie.key: cookie.value for cookie in signed_in.session.cookie_jar}
    answer = await signed_in.post("/sign-out", allow_redirects=False)
    assert (answer.status, answer.headers["Location"]) == (303, "/sign-in")
    replayed = await browser.get("/account", cookies=cookies, allow_redirects=False)
    assert (replayed.status, replayed.headers["Location"]) == (303, "/sign-in?next=/account")


@pytest.mark.parametrize(
    ("accepted", "language"),
    [("pl", "pl"), ("de-DE,it;q=0.8,en;q=0.9", "en"), ("es-MX, en;q=0.1", "es"), ("xx;q=nonsense", "en"), ("", "en")],
)
async def test_the_page_speaks_the_browsers_language(browser: Browser, accepted: str, language: str) -> None:
    text = await (await browser.get("/sign-in", headers={"Accept-Language": accepted})).text()
    assert f'<html lang="{language}"' in text
    assert f'<option value="{language}" selected>' in text


async def test_a_language_chosen_there_is_kept(browser: Browser, store: Store, staff: Team) -> None:
    await sign_in(browser, "emma", language="it")
    assert '<html lang="it"' in await (await browser.get("/account")).text()
    assert (await store.read(users.get, staff.emma.user)).language == "it"


async def test_a_language_that_the_browser_chose_changes_nobody(browser: Browser, store: Store, staff: Team) -> None:
    browser.session.headers["Accept-Language"] = "pl"
    await sign_in(browser, "emma", language="pl")
    assert (await store.read(users.get, staff.emma.user)).language == "en"
