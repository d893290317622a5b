"""The little world lives: customers answer, the team has begun its day, nothing leaves loopback."""

import asyncio
import re
from pathlib import Path

import aiohttp

from appliance.demo.letters.opening import OPENING
from appliance.demo.letters.people import SOFIA
from appliance.demo.team import PASSWORD
from appliance.desk.answer import Writing
from appliance.model.ids import InteractionId
from appliance.model.interaction import Interaction, Message
from appliance.model.user import Actor
from appliance.store import View, interactions, messages, users

from .conftest import Running, Starter, running

ANYBODY = Actor(None, "test", ("admin",))


def with_subject(view: View, subject: str) -> Interaction | None:
    page = interactions.listed(view, ANYBODY, "open", limit=200)
    return next((each for each in page.items if each.subject.startswith(subject)), None)


def messages_of(view: View, number: InteractionId, at_least: int) -> tuple[Message, ...] | None:
    found = messages.of(view, ANYBODY, number)
    return found if len(found) >= at_least else None


def in_need_of_attention(view: View, at_least: int) -> list[str] | None:
    page = interactions.listed(view, ANYBODY, "attention")
    return sorted(each.attention for each in page.items) if len(page.items) >= at_least else None


def all_sent(view: View) -> bool:
    page = interactions.listed(view, ANYBODY, "open", limit=200)
    states = [
        delivery.state
        for each in page.items
        for message in messages.of(view, ANYBODY, each.id)
        for delivery in message.deliveries
    ]
    return bool(states) and set(states) <= {"delivered", "failed"}


async def settled(demo: Running) -> None:
    async with asyncio.timeout(30):
        await demo.world.play.settled.wait()


async def test_a_customer_answers_what_an_agent_writes_in_the_same_interaction(tmp_path: Path, start: Starter) -> None:
    demo = await start(tmp_path / "demo")
    await settled(demo)
    interaction = await demo.until(with_subject, "Pacco fermo")
    marco = Actor.of(await demo.world.house.store.read(users.named, "marco"))
    await demo.world.house.correspondence.reply(marco, interaction.id, Writing(html="<p>Lo sblocchiamo noi.</p>"))
    hers, ours, answer = await demo.until(messages_of, interaction.id, 3)
    assert [each.direction for each in (hers, ours, answer)] == ["in", "out", "in"]
    assert answer.text.startswith(SOFIA.answers[0].split("\n")[0])
    assert answer.joined_because == "message-id"
    await demo.screen.shows(f"#{interaction.id} Support, Sofia Marchetti: Re: Pacco fermo")


async def test_every_view_shows_something_when_the_morning_is_over(tmp_path: Path, start: Starter) -> None:
    demo = await start(tmp_path / "demo")
    await settled(demo)
    store = demo.world.house.store
    lucia = Actor.of(await store.read(users.named, "lucia"))
    counts = await store.read(interactions.counts, lucia)
    assert {view for view, n in counts.views.items() if n} >= {"mine", "unassigned", "waiting", "open", "closed"}
    full, later = await demo.until(in_need_of_attention, 2)
    assert "maria.rossi@full.example" in full
    assert "5.2.2" in full
    assert "tom@later.example" in later
    emma = Actor.of(await store.read(users.named, "emma"))
    assert (await store.read(interactions.counts, emma)).views["postponed"]
    piotr = Actor.of(await store.read(users.named, "piotr"))
    drafted = [each for each in (await store.read(interactions.listed, piotr, "mine")).items if each.draft]
    assert [each.subject for each in drafted] == ["Zmiana terminu dostawy lodówki"]


async def test_who_hesitates_takes_the_mail_when_it_comes_again(tmp_path: Path, start: Starter) -> None:
    demo = await start(tmp_path / "demo")
    await settled(demo)
    assert await demo.until(all_sent)
    assert "deferred" in demo.screen.getvalue()


async def test_nothing_listens_but_on_loopback(tmp_path: Path, start: Starter) -> None:
    await start(tmp_path / "demo")
    listening = _own_listeners()
    assert len(listening) == 3  # mail, pages, and the outside world
    assert set(listening) == {"0100007F"}


async def test_the_screen_says_where_to_go_and_the_password_opens(tmp_path: Path, start: Starter) -> None:
    demo = await start(tmp_path / "demo")
    screen = demo.screen.getvalue()
    url = re.search(r"http://127\.0\.0\.1:\d+", screen)
    assert url
    assert re.search(r"swaks --server 127\.0\.0\.1:\d+ .*--to support@acme\.test", screen)
    assert {"emma", "marco", "lucia", "piotr", "admin", PASSWORD} <= set(re.findall(r"[\w-]+", screen))
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as browser:
        async with browser.get(f"{url[0]}/sign-in") as page:
            token = re.search(r'name="csrf" value="([^"]+)"', await page.text())
        form = {"username": "piotr", "password": PASSWORD, "csrf": token[1] if token else ""}
        async with browser.post(f"{url[0]}/sign-in", data=form, headers={"Origin": url[0]}) as inbox:
            assert "piotr" in (await inbox.text()).lower()
            assert inbox.status == 200
            assert inbox.url.path.startswith("/agent")


async def test_the_second_time_the_world_goes_on_where_it_was(tmp_path: Path) -> None:
    async with running(tmp_path / "demo") as demo:
        await settled(demo)
    async with running(tmp_path / "demo") as demo:
        await settled(demo)
        view = await demo.world.house.store.read(interactions.listed, ANYBODY, "open", limit=200)
        assert len(view.items) == len(OPENING) - 1  # one was closed
        assert "goes on where it was" in demo.screen.getvalue()


def _own_listeners() -> list[str]:
    """The addresses, as the kernel writes them, on which this very process listens."""
    inodes = set()
    for descriptor in Path("/proc/self/fd").iterdir():
        try:
            inodes.add(str(descriptor.readlink()))
        except FileNotFoundError:
            continue
    rows = [
        line.split()
        for table in ("tcp", "tcp6")
        for line in Path(f"/proc/self/net/{table}").read_text().splitlines()[1:]
    ]
    return [row[1].partition(":")[0] for row in rows if row[3] == "0A" and f"socket:[{row[9]}]" in inodes]
