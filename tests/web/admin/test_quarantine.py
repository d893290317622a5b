"""Mail that could not be sorted in: who is told that it waits, what it says of itself, and how it gets on."""

import pytest

from appliance.model.arrival import Envelope
from appliance.model.ids import ArrivalId
from appliance.store import Store, Tx, arrivals
from tests.web.conftest import Browser, SignIn

RAW = b"From: eve@example.org\r\n\r\nstrange\r\n"
WHY = "ValueError: nobody expects <this>"
SIGN = "/admin/quarantine/sign"


@pytest.fixture
async def strange(store: Store) -> ArrivalId:
    """A mail that waits in quarantine."""
    return await store.write(_quarantine)


@pytest.mark.usefixtures("strange")
async def test_the_rail_shows_how_many_wait_and_nothing_when_none_does(as_user: SignIn, store: Store) -> None:
    boss = await as_user("boss")
    full = await _text(boss, SIGN)
    await store.write(arrivals.release, ArrivalId(1))

    assert '<span class="pip">1</span>' in full
    assert await _text(boss, SIGN) == ""
    assert SIGN in await _text(boss, "/agent/inbox")
    assert SIGN not in await _text(await as_user("emma"), "/agent/inbox")


async def test_a_supervisor_sees_why_saves_the_mail_and_has_it_tried_again(
    as_user: SignIn, store: Store, strange: ArrivalId
) -> None:
    boss = await as_user("boss")

    shown = await _text(boss, "/admin/quarantine")
    saved = await boss.get(f"/admin/quarantine/{strange}/raw")
    released = await boss.post(f"/admin/quarantine/{strange}/release", allow_redirects=False)

    assert "nobody expects &lt;this&gt;" in shown
    assert "help@acme.test, other@acme.test" in shown
    assert await saved.read() == RAW
    assert saved.headers["Content-Disposition"].startswith("attachment")
    assert released.status == 303
    assert [each.id for each in await store.read(arrivals.waiting, 10, 1000)] == [strange]
    assert "Nothing is in quarantine" in await _text(boss, "/admin/quarantine")


async def _text(browser: Browser, path: str) -> str:
    answer = await browser.get(path)
    assert answer.status == 200
    return await answer.text()


def _quarantine(tx: Tx) -> ArrivalId:
    arrival = arrivals.keep(tx, RAW, Envelope("eve@example.org", ("help@acme.test", "other@acme.test")))
    arrivals.quarantine(tx, arrival, WHY)
    return arrival
