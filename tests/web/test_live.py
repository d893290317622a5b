"""/agent/events: who hears what, and when a stream ends."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from aiohttp import ClientPayloadError, ClientResponse, web

from appliance.bus import Bus
from appliance.model.ids import InteractionId
from appliance.model.news import InteractionChanged
from appliance.store import Store, campaigns, sessions, users
from appliance.web import live
from appliance.web.keys import STREAMS
from tests.conftest import Team
from tests.web.conftest import Browser, SignIn

Event = tuple[str, dict[str, object], str]
Open = Callable[..., Awaitable["Stream"]]


class Stream:
    """One browser's ear."""

    def __init__(self, answer: ClientResponse) -> None:
        self.answer = answer

    async def next(self) -> Event | None:
        """The next event as (name, data, id), passing over comments; None when the stream has ended."""
        while block := await self.block():
            lines = dict(line.split(": ", 1) for line in block.splitlines())
            if "event" in lines:
                return lines["event"], json.loads(lines["data"]), lines["id"]
        return None

    async def block(self) -> str:
        async with asyncio.timeout(5):
            try:
                return (await self.answer.content.readuntil(b"\n\n")).decode().strip()
            except ClientPayloadError:  # broken off
                return ""

    async def end(self) -> None:
        while await self.next():
            pass


@pytest.fixture
async def listen() -> AsyncIterator[Open]:
    answers: list[ClientResponse] = []

    async def listen(browser: Browser, query: str = "", **headers: str) -> Stream:
        answer = await browser.get(f"/agent/events{query}", headers=headers)
        assert answer.content_type == "text/event-stream"
        answers.append(answer)
        return Stream(answer)

    yield listen
    for answer in answers:
        answer.close()


async def test_members_hear_of_their_campaigns_and_supervisors_of_all(
    as_user: SignIn, listen: Open, bus: Bus, staff: Team
) -> None:
    emma, boss = await listen(await as_user("emma")), await listen(await as_user("boss"))
    for stream in (emma, boss):
        greeting = await stream.next()
        assert greeting is not None
        assert greeting[0] == "snapshot"
    bus.tell(InteractionChanged(InteractionId(7), staff.billing, None, "arrived"))
    bus.tell(InteractionChanged(InteractionId(8), staff.support, staff.emma.user, "assigned"))
    seven = {"id": 7, "campaign": staff.billing, "what": "arrived", "mine": False}
    eight = {"id": 8, "campaign": staff.support, "what": "assigned", "mine": False}
    assert [(await boss.next() or ("", {}))[1] for _ in range(2)] == [seven, eight]
    heard = await emma.next()
    assert heard is not None
    assert heard[:2] == ("interaction", eight | {"mine": True})


async def test_what_is_given_to_a_person_is_heard_by_him_also_from_elsewhere(
    as_user: SignIn, listen: Open, bus: Bus, staff: Team
) -> None:
    stream = await listen(await as_user("emma"))
    await stream.next()
    bus.tell(InteractionChanged(InteractionId(7), staff.billing, staff.emma.user, "assigned"))
    heard = await stream.next()
    assert heard is not None
    assert heard[1]["id"] == 7


async def test_who_missed_nothing_is_not_made_to_look_again(
    as_user: SignIn, listen: Open, bus: Bus, app: web.Application, staff: Team
) -> None:
    browser = await as_user("emma")
    position = app[STREAMS].position
    assert f'data-position="{position}"' in await (await browser.get("/account")).text()
    greeting = await (await listen(browser, f"?from={position}")).next()
    assert greeting is not None
    assert greeting[0] == "position"
    bus.tell(InteractionChanged(InteractionId(7), staff.support, None, "arrived"))
    missed = await (await listen(browser, f"?from={position}")).next()
    assert missed is not None
    assert missed[0] == "snapshot"
    resumed = await (await listen(browser, **{"Last-Event-ID": missed[2]})).next()
    assert resumed is not None
    assert resumed[0] == "position"


async def test_signing_out_ends_this_browsers_stream_and_no_other(as_user: SignIn, listen: Open) -> None:
    here, there = await as_user("emma"), await as_user("emma")
    ended, going_on = await listen(here), await listen(there)
    await ended.next()
    await going_on.next()
    await here.post("/sign-out")
    await ended.end()
    assert not going_on.answer.content.at_eof()


async def test_a_person_thrown_out_or_disabled_hears_nothing_more(
    as_user: SignIn, listen: Open, store: Store, staff: Team
) -> None:
    for end in (sessions.end_all, users.disable):
        stream = await listen(await as_user("emma"))
        await stream.next()
        await store.write(end, staff.emma.user)
        await stream.end()


async def test_a_new_member_looks_again_and_hears_of_his_campaign_at_once(
    as_user: SignIn, listen: Open, store: Store, bus: Bus, staff: Team
) -> None:
    stream = await listen(await as_user("emma"))
    await stream.next()
    await store.write(campaigns.join, staff.billing, staff.emma.user)
    told = await stream.next()
    assert told is not None
    assert told[0] == "snapshot"
    bus.tell(InteractionChanged(InteractionId(7), staff.billing, None, "arrived"))
    heard = await stream.next()
    assert heard is not None
    assert heard[1]["id"] == 7


async def test_a_browser_that_does_not_read_is_dropped(
    as_user: SignIn, listen: Open, bus: Bus, app: web.Application, staff: Team
) -> None:
    stream = await listen(await as_user("emma"))
    await stream.next()
    for number in range(live.BACKLOG + 1):
        bus.tell(InteractionChanged(InteractionId(number), staff.support, None, "arrived"))
    await stream.end()
    assert len(app[STREAMS]) == 0


async def test_streams_end_when_the_server_stops(as_user: SignIn, listen: Open, app: web.Application) -> None:
    stream = await listen(await as_user("emma"))
    await stream.next()
    await app.shutdown()
    await stream.end()


async def test_a_stranger_hears_nothing(browser: Browser) -> None:
    assert (await browser.get("/agent/events", allow_redirects=False)).status == 303
