"""What every test may have: a real store in a real file, a clock that moves when told to, and real mail servers."""

import os
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import settings

from appliance.desk.answer import Correspondence
from appliance.desk.intake import sort
from appliance.desk.threading import Signs
from appliance.mail.parse import parse
from appliance.model.arrival import Envelope
from appliance.model.ids import CampaignId, InteractionId, UserId
from appliance.model.news import News
from appliance.model.user import Actor
from appliance.store import Store, Tx, arrivals, campaigns, domains, mailboxes, users
from appliance.vault import Vault
from bench.peers.postfix import Postfix
from bench.peers.scripted import ScriptedMx
from bench.peers.sink import Sink

settings.register_profile("untimed", deadline=None)  # a busy machine is no failure
settings.load_profile("untimed")


class Hands:
    """The hands of the clock: always Monday nine o'clock, until a test moves them on."""

    def __init__(self) -> None:
        self.now = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def move_on(self, **by: float) -> None:
        self.now += timedelta(**by)


@pytest.fixture
def hands() -> Hands:
    return Hands()


@pytest.fixture
def news() -> list[News]:
    return []


@pytest.fixture
async def store(tmp_path: Path, news: list[News], hands: Hands) -> AsyncIterator[Store]:
    async with Store(tmp_path / "posthouse.db", clock=hands, tell=news.append) as store:
        yield store


@pytest.fixture
async def mx() -> AsyncIterator[ScriptedMx]:
    """A remote mail server that takes everything until its `script` says otherwise."""
    async with ScriptedMx() as mx:
        yield mx


@pytest.fixture
async def postfix() -> AsyncIterator[Postfix]:
    """Debian's Postfix as the mail host of bob@example.net and eve@example.net."""
    if os.geteuid() != 0:
        pytest.skip("Postfix starts as root")
    async with Postfix(["bob@example.net", "eve@example.net"]) as postfix:
        yield postfix


@pytest.fixture
async def sink(tmp_path: Path) -> AsyncIterator[Sink]:
    """Postfix's smtp-sink, which takes everything and keeps nothing."""
    async with Sink(tmp_path / "sink") as sink:
        yield sink


@dataclass(frozen=True)
class Team:
    """Emma works in Support alone, Paolo in Billing alone; the boss sees everything."""

    support: CampaignId
    billing: CampaignId
    emma: Actor
    paolo: Actor
    boss: Actor


Receive = Callable[..., Awaitable[list[InteractionId]]]


@pytest.fixture
async def team(store: Store) -> Team:
    return await store.write(hire)


def hire(tx: Tx) -> Team:
    domains.add(tx, "acme.test")
    campaigns.add(tx, "Inbox", mailboxes.add(tx, "inbox@acme.test"))
    support = campaigns.add(tx, "Support", mailboxes.add(tx, "help@acme.test", aliases=("aiuto@acme.test",)))
    billing = campaigns.add(tx, "Billing", mailboxes.add(tx, "billing@acme.test"))
    emma = users.add(tx, "emma", "Emma", ("agent",))
    paolo = users.add(tx, "paolo", "Paolo", ("agent",))
    campaigns.join(tx, support, emma)
    campaigns.join(tx, billing, paolo)
    boss = users.get(tx, users.add(tx, "boss", "Boss", ("supervisor",)))
    return Team(support, billing, _actor(tx, emma), _actor(tx, paolo), Actor.of(boss))


def _actor(tx: Tx, user: UserId) -> Actor:
    return Actor.of(users.get(tx, user))


@pytest.fixture
def vault() -> Vault:
    return Vault(bytes(32))


@pytest.fixture
def signs(vault: Vault) -> Signs:
    return Signs(vault.derive("message-id"), subject_days=7)


@pytest.fixture
def correspondence(store: Store, vault: Vault) -> Correspondence:
    return Correspondence(store, vault, undo_seconds=10, max_cc=30, max_upload_bytes=1_000_000)


@pytest.fixture
def receive(store: Store, team: Team, signs: Signs) -> Receive:
    """A mail comes in as it would from the door and the worker; the interactions it made or moved, by number."""

    async def receive(raw: str | bytes, *to: str, mail_from: str = "ada@example.org") -> list[InteractionId]:
        octets = raw if isinstance(raw, bytes) else raw.replace("\n", "\r\n").encode()
        await store.write(arrivals.keep, octets, Envelope(mail_from, to or ("help@acme.test",)))
        (arrival,) = await store.read(arrivals.waiting, 1, 1_000_000)
        await store.write(sort, signs, arrival, parse(octets))
        rows = await store.read(
            lambda view: view.all(
                "SELECT interaction FROM messages WHERE raw = :raw ORDER BY id DESC LIMIT :n", raw=arrival.blob, n=9
            )
        )
        return sorted({InteractionId(row["interaction"]) for row in rows})

    return receive
