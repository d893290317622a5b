"""/setup/<token>: the first password."""

from datetime import timedelta

from appliance.desk.accounts import setup_link
from appliance.store import Store, users
from tests.conftest import Hands, Team
from tests.web.conftest import Browser, csrf_of, sign_in

CHOSEN = "another three words"


async def choose(browser: Browser, link: str, password: str = CHOSEN, again: str | None = None) -> tuple[int, str]:
    form = {"csrf": await csrf_of(browser, link), "password": password, "again": password if again is None else again}
    answer = await browser.post(link, data=form, allow_redirects=False)
    return answer.status, await answer.text()


async def test_a_link_sets_the_password_once_and_signs_in(browser: Browser, store: Store, team: Team) -> None:
    link = "/setup/" + await store.write(setup_link, team.emma.user)
    assert "Welcome, Emma" in await (await browser.get(link)).text()
    assert (await choose(browser, link))[0] == 303
    assert (await browser.get("/account")).status == 200
    assert (await browser.get(link)).status == 404
    browser.session.cookie_jar.clear()
    assert (await sign_in(browser, "emma", CHOSEN)).status == 303


async def test_a_short_password_and_two_different_ones_are_refused(browser: Browser, store: Store, team: Team) -> None:
    link = "/setup/" + await store.write(setup_link, team.emma.user)
    status, text = await choose(browser, link, "too short")
    assert status == 422
    assert "must have 10 characters or more" in text
    assert (await choose(browser, link, CHOSEN, "something else"))[0] == 422
    assert (await choose(browser, link))[0] == 303


async def test_a_link_runs_out(browser: Browser, store: Store, team: Team, hands: Hands) -> None:
    link = "/setup/" + await store.write(setup_link, team.emma.user, lasting=timedelta(hours=24))
    hands.move_on(hours=24)
    assert (await browser.get(link)).status == 404


async def test_a_link_of_a_disabled_person_opens_nothing(browser: Browser, store: Store, team: Team) -> None:
    link = "/setup/" + await store.write(setup_link, team.emma.user)
    await store.write(users.disable, team.emma.user)
    assert (await browser.get(link)).status == 404
    assert (await browser.get("/setup/nonsense")).status == 404
