"""The relay from the outbox to a mail server on loopback, and what it writes down."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dkim as dkimpy
import pytest

from appliance.bus import Bus
from appliance.doorbell import Doorbell
from appliance.mail import dkim
from appliance.model.delivery import Deferred, Refused
from appliance.model.ids import OutboxId
from appliance.model.news import OutboxChanged
from appliance.model.outbox import Posted
from appliance.settings import Settings
from appliance.smtp import relay as relaying
from appliance.smtp.carrier import author_domain
from appliance.smtp.hop import Hop, Limits, Tls
from appliance.smtp.relay import Relay
from appliance.smtp.retry import wished
from appliance.smtp.route import Route
from appliance.store import Store, arrivals, domains, mailboxes, outbox
from bench.peers.mx import Mx

RAW = (
    b"From: Desk <help@ours.test>\r\nTo: ada@example.org\r\nSubject: Hi\r\nMessage-ID: <1@ours.test>\r\n\r\n.Hello\r\n"
)
SOON = Limits(*[2.0] * 10, quit=0.2)


@dataclass
class Time:
    """Stands still until it is told to go on."""

    now: datetime = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, **amount: float) -> None:
        self.now += timedelta(**amount)


@dataclass
class Ways:
    """Where mail for each domain goes: what DNS would tell."""

    ways: dict[str, Route | Refused | Deferred] = field(default_factory=dict)

    async def route(self, domain: str) -> Route | Refused | Deferred:
        return self.ways.get(domain) or self.ways["*"]

    def lead(self, domain: str, *mxs: Mx | Hop, direct: bool = True) -> None:
        hops = tuple(mx if isinstance(mx, Hop) else to(mx) for mx in mxs)
        self.ways[domain] = Route("+".join(f"{hop.host}:{hop.port}" for hop in hops), hops, direct)


def to(mx: Mx) -> Hop:
    return Hop("mx.test", mx.port, Tls.NONE, addresses=(mx.host,))


@dataclass
class Office:
    """A store, a relay that is stepped by hand, and where its mail goes."""

    store: Store
    relay: Relay
    ways: Ways
    time: Time
    bell: Doorbell

    async def post(self, *recipients: str, **more: Any) -> list[OutboxId]:
        facts = {"source": "reply", "mail_from": "help@ours.test", "raw": RAW, "message_id": "1@ours.test"} | more
        return await self.store.write(lambda tx: outbox.put(tx, recipients=recipients, **facts))

    async def turn(self) -> int:
        """Send all that is due, and what becomes due by that."""
        sent = await self.relay.step()
        await self.relay.quiet()
        return sent

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """The relay runs by itself meanwhile."""
        running = asyncio.create_task(self.relay.run())
        try:
            yield
        finally:
            running.cancel()
            await asyncio.wait([running])
            if not running.cancelled():
                running.result()

    async def row(self, row: OutboxId) -> Posted:
        return await self.store.read(outbox.get, row)

    async def states(self) -> dict[str, int]:
        totals = await self.store.read(outbox.totals)
        return {state: n for state, n in totals.items() if n}

    async def ledger(self, row: OutboxId) -> list[tuple[str, str]]:
        return [(line.state, line.reply) for line in await self.store.read(outbox.attempts, row)]


async def no_keys(domain: str) -> Sequence[dkim.Key]:
    return ()


Opener = Callable[..., Office]


@pytest.fixture
async def store(tmp_path: Path, time: Time, bell: Doorbell) -> AsyncIterator[Store]:
    bus = Bus()
    with bus.heard_by(lambda news: bell.ring() if isinstance(news, OutboxChanged) else None):
        async with Store(tmp_path / "t.db", clock=time, tell=bus.tell) as store:
            await store.write(domains.add, "ours.test")
            await store.write(mailboxes.add, "help@ours.test")
            yield store


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def bell() -> Doorbell:
    return Doorbell()


@pytest.fixture
async def open_office(store: Store, time: Time, bell: Doorbell) -> AsyncIterator[Opener]:
    opened: list[Office] = []

    def open_one(*mxs: Mx, keys: Any = no_keys, direct: bool = True, **relay: Any) -> Office:
        settings = Settings.model_validate(
            {"appliance": {"hostname": "mail.ours.test", "domain": "ours.test"}, "relay": relay}
        )
        ways = Ways()
        if mxs:
            ways.lead("*", *mxs, direct=direct)
        office = Office(store, Relay(store, settings, bell, ways, keys, clock=time, limits=SOON), ways, time, bell)
        opened.append(office)
        return office

    yield open_one
    for office in opened:
        await office.relay.stop()


@pytest.fixture
async def mx() -> AsyncIterator[Mx]:
    async with Mx() as mx:
        yield mx


async def test_a_mail_is_delivered_and_the_ledger_tells_where_and_how(open_office: Opener, mx: Mx) -> None:
    office = open_office(mx)
    [row] = await office.post("Ada.L@Example.org")
    assert await office.turn() == 1
    [mail] = mx.taken
    assert (mail.recipient, mail.mail_from, mail.raw) == ("Ada.L@example.org", "help@ours.test", RAW)
    posted = await office.row(row)
    assert (posted.state, posted.reply, posted.attempts) == ("delivered", "250 2.0.0 taken", 1)
    assert posted.remote == f"mx.test [127.0.0.1]:{mx.port}"
    assert posted.done_at == office.time.now
    assert await office.ledger(row) == [("delivered", "250 2.0.0 taken")]


async def test_each_recipient_has_an_outcome_of_his_own(open_office: Opener, mx: Mx) -> None:
    mx.rcpt = lambda address: {"no@a.test": "550 5.1.1 unknown", "grey@a.test": "450 4.2.0 again in 90 seconds"}.get(
        address, ""
    )
    office = open_office(mx)
    yes, no, grey = await office.post("yes@a.test", "no@a.test", "grey@a.test")
    await office.turn()
    assert await office.states() == {"delivered": 1, "failed": 1, "deferred": 1}
    assert (await office.row(no)).reply == "550 5.1.1 unknown"
    assert (await office.row(grey)).next_at == office.time.now + timedelta(seconds=91)
    mx.rcpt = lambda address: ""
    office.time.pass_by(seconds=80)
    assert await office.turn() == 0
    office.time.pass_by(seconds=11)
    assert await office.turn() == 1
    assert await office.states() == {"delivered": 2, "failed": 1}
    assert [state for state, _ in await office.ledger(grey)] == ["deferred", "delivered"]
    assert (await office.row(yes)).attempts == 1


async def test_a_mail_nobody_takes_is_given_up_after_five_days(open_office: Opener, mx: Mx) -> None:
    mx.rcpt = lambda address: "451 4.3.0 not now"
    office = open_office(mx)
    [row] = await office.post("ada@a.test")
    tries = 0
    while (await office.row(row)).state in ("ready", "deferred"):
        office.time.now = (await office.row(row)).next_at
        tries += await office.turn()
    posted = await office.row(row)
    assert posted.state == "failed"
    assert "451 4.3.0 not now" in posted.reply
    assert timedelta(days=4, hours=20) < office.time.now - posted.created_at < timedelta(days=5)
    assert 35 < tries < 55


async def test_a_mail_in_doubt_is_sent_again_with_the_same_message_id(open_office: Opener, mx: Mx) -> None:
    mx.dot = lambda recipient: "drop"
    office = open_office(mx)
    [row] = await office.post("ada@a.test")
    await office.turn()
    posted = await office.row(row)
    assert posted.state == "deferred"
    assert [state for state, _ in await office.ledger(row)] == ["unsure"]
    mx.dot = lambda recipient: ""
    office.time.now = posted.next_at
    await office.turn()
    assert (await office.row(row)).state == "delivered"
    assert [b"Message-ID: <1@ours.test>" in mail.raw for mail in mx.taken] == [True, True]


async def test_a_dialers_mail_in_doubt_is_held_as_unsure_and_not_sent_again(open_office: Opener, mx: Mx) -> None:
    mx.dot = lambda recipient: "drop"
    office = open_office(mx)
    await office.post("ada@a.test", source="dialer", rank=9)
    await office.turn()
    office.time.pass_by(days=1)
    assert await office.turn() == 0
    assert await office.states() == {"unsure": 1}
    assert len(mx.taken) == 1


async def test_the_next_host_is_tried_when_the_first_is_down(open_office: Opener, mx: Mx) -> None:
    async with Mx() as down:
        pass
    office = open_office(down, mx)
    [row] = await office.post("ada@a.test")
    await office.turn()
    assert (await office.row(row)).state == "delivered"
    assert await office.ledger(row) == [("delivered", "250 2.0.0 taken")]


async def test_the_next_host_is_tried_when_the_first_is_tired_of_us(open_office: Opener, mx: Mx) -> None:
    async with Mx() as tired:
        tired.rcpt = lambda address: "421 4.3.2 going down"
        office = open_office(tired, mx)
        [row] = await office.post("ada@a.test")
        await office.turn()
        assert tired.refused == ["ada@a.test"]
    assert (await office.row(row)).state == "delivered"


async def test_trouble_of_the_whole_site_costs_no_attempt_and_does_not_ask_it_for_every_mail(
    open_office: Opener, mx: Mx
) -> None:
    mx.rcpt = lambda address: "421 4.3.2 going down"
    office = open_office(mx, connections=1)
    rows = await office.post(*[f"u{n}@a.test" for n in range(30)])
    await office.turn()
    assert len(mx.refused) == 1
    posted = [await office.row(row) for row in rows]
    assert {row.attempts for row in posted} == {0}
    assert await office.states() == {"deferred": 10, "ready": 20}  # what was in memory, and the others
    assert timedelta(seconds=50) < posted[0].next_at - office.time.now < timedelta(seconds=70)
    await office.post("late@a.test")
    assert await office.turn() == 0  # the domain is known to be unwell
    mx.rcpt = lambda address: ""
    office.time.pass_by(seconds=70)
    while await office.turn():
        pass
    assert await office.states() == {"delivered": 31}


async def test_a_mail_that_breaks_every_connection_does_not_block_its_site(open_office: Opener, mx: Mx) -> None:
    mx.rcpt = lambda address: "drop" if address == "bad@a.test" else ""
    office = open_office(mx, connections=1)
    [bad] = await office.post("bad@a.test")
    await office.post(*[f"u{n}@a.test" for n in range(5)])
    await office.turn()
    assert await office.states() == {"deferred": 1, "delivered": 5}
    assert (await office.row(bad)).state == "deferred"


async def test_connections_are_reused_up_to_a_hundred_mails(open_office: Opener, mx: Mx) -> None:
    office = open_office(mx, connections=1)
    await office.post(*[f"u{n}@a.test" for n in range(120)])
    while await office.turn():
        pass
    assert len(mx.delivered) == 120
    assert mx.connections == 2


async def test_a_connection_closed_between_two_mails_costs_nothing(open_office: Opener, mx: Mx) -> None:
    office = open_office(mx, connections=1)
    await office.post("ada@a.test")
    await office.turn()
    for transport in list(mx._transports):
        transport.abort()
    [row] = await office.post("bob@a.test")
    await office.turn()
    assert [state for state, _ in await office.ledger(row)] == ["delivered"]
    assert mx.connections == 2


async def test_a_stranger_gets_few_connections_and_a_smarthost_all(open_office: Opener, mx: Mx) -> None:
    mx.gate.clear()
    office = open_office(mx, connections=12)
    await office.post(*[f"u{n}@a.test" for n in range(30)])
    await office.relay.step()
    await mx.until(lambda: mx.waiting == 5)
    assert mx.connections == 5
    async with Mx() as smarthost:
        smarthost.gate.clear()
        office.ways.lead("b.test", smarthost, direct=False)
        await office.post(*[f"u{n}@b.test" for n in range(30)])
        await office.relay.step()
        await smarthost.until(lambda: smarthost.waiting == 7)
        smarthost.gate.set()
        mx.gate.set()
        await office.relay.quiet()
        assert (len(mx.delivered), len(smarthost.delivered)) == (30, 30)


async def test_an_answer_overtakes_two_thousand_bulk_mails(open_office: Opener, mx: Mx) -> None:
    office = open_office(mx, connections=8)
    await office.post(*[f"u{n}@a.test" for n in range(2000)], rank=9, source="mailing")
    async with office.open():
        await mx.until(lambda: len(mx.taken) >= 50)
        mx.gate.clear()  # every bulk connection is stuck
        await mx.until(lambda: mx.waiting == 4)
        before = len(mx.taken)
        [answer] = await office.post("ada@a.test")
        await mx.until(lambda: mx.waiting == 5)  # the fifth is kept for it
        mx.gate.set()
        await mx.until(lambda: len(mx.taken) == 2001, 60)
        await office.relay.quiet()
    assert mx.delivered.index("ada@a.test") - before <= 5
    assert (await office.row(answer)).state == "delivered"
    assert await office.states() == {"delivered": 2001}


async def test_one_slow_site_does_not_starve_the_others(open_office: Opener, mx: Mx) -> None:
    async with Mx() as slow:
        slow.gate.clear()
        office = open_office(mx, connections=5)
        office.ways.lead("slow.test", slow, direct=False)
        await office.post(*[f"u{n}@slow.test" for n in range(300)], rank=5)
        await office.post(*[f"u{n}@a.test" for n in range(10)], rank=5)
        async with office.open():
            await slow.until(lambda: slow.waiting == 4)
            await office.post("ada@a.test")
            await mx.until(lambda: mx.delivered == ["ada@a.test"])
            slow.gate.set()
            await mx.until(lambda: len(mx.delivered) == 11)
            assert len(slow.delivered) < 300
    assert sum((await office.states()).values()) == 311


async def test_mail_to_ourselves_is_kept_here_and_never_leaves(open_office: Opener, mx: Mx) -> None:
    office = open_office(mx)
    here, nobody = await office.post("Help+tag@ours.test", "nobody@ours.test")
    await office.turn()
    assert mx.taken == []
    [arrival] = await office.store.read(arrivals.waiting, 10, 1 << 20)
    assert arrival.raw == RAW
    assert (arrival.envelope.mail_from, arrival.envelope.recipients) == ("help@ours.test", ("Help+tag@ours.test",))
    assert (await office.row(here)).state == "delivered"
    assert (await office.row(nobody)).reply.startswith("550 5.1.1 ")


async def test_a_domain_that_takes_no_mail_fails_at_once_and_a_dns_trouble_waits(open_office: Opener) -> None:
    office = open_office()
    office.ways.ways = {
        "null.test": Refused("556 5.1.10 null.test takes no mail (null MX)"),
        "slow.test": Deferred("451 4.4.3 the name servers do not answer"),
    }
    null, slow = await office.post("a@null.test", "a@slow.test")
    await office.turn()
    assert (await office.row(null)).state == "failed"
    assert (await office.row(slow)).state == "deferred"


async def test_what_we_send_is_signed_with_the_key_of_its_author_and_dkimpy_agrees(open_office: Opener, mx: Mx) -> None:
    pem, record = dkim.generate()
    key = dkim.read_key("ours.test", "s1", pem)

    async def keys(domain: str) -> Sequence[dkim.Key]:
        return [key] if domain == "ours.test" else []

    office = open_office(mx, keys=keys)
    await office.post("ada@a.test")
    await office.post("bob@a.test", raw=RAW.replace(b"ours.test", b"theirs.test"))
    await office.turn()
    mails = {mail.recipient: mail.raw for mail in mx.taken}
    assert dkimpy.verify(mails["ada@a.test"], dnsfunc=lambda name, timeout=5: record.encode())
    assert b"DKIM-Signature" not in mails["bob@a.test"]


async def test_a_mail_we_cannot_make_ready_is_set_aside_and_the_others_go(open_office: Opener, mx: Mx) -> None:
    async def keys(domain: str) -> Sequence[dkim.Key]:
        if domain == "broken.test":
            raise ValueError("the key is broken")
        return ()

    office = open_office(mx, keys=keys, connections=1)
    [bad] = await office.post("ada@a.test", raw=RAW.replace(b"ours.test", b"broken.test"))
    await office.post("bob@a.test")
    await office.turn()
    assert mx.delivered == ["bob@a.test"]
    posted = await office.row(bad)
    assert (posted.state, posted.reply) == ("held", "554 5.6.0 cannot be sent: the key is broken")


async def test_mail_waits_for_its_moment_and_the_loop_wakes_up_for_it(open_office: Opener, mx: Mx) -> None:
    office = open_office(mx)
    await office.post("ada@a.test", not_before=office.time.now + timedelta(seconds=10))
    assert await office.turn() == 0
    assert 9 < await office.relay._round() <= 10
    office.time.pass_by(seconds=10)
    assert await office.turn() == 1


async def test_stopping_finishes_what_is_in_data_and_gives_the_rest_back(open_office: Opener, mx: Mx) -> None:
    mx.gate.clear()
    office = open_office(mx, connections=2)
    await office.post(*[f"u{n}@a.test" for n in range(10)])
    async with office.open():
        await mx.until(lambda: mx.waiting == 2)
        asyncio.get_running_loop().call_later(0.1, mx.gate.set)
    assert await office.states() == {"delivered": 2, "ready": 8}


async def test_a_stop_that_lasts_too_long_leaves_the_doubt_to_the_next_start(
    open_office: Opener, mx: Mx, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relaying, "GRACE", 0.1)
    mx.gate.clear()
    office = open_office(mx, connections=1)
    [row] = await office.post("ada@a.test")
    await office.relay.step()
    await mx.until(lambda: mx.waiting == 1)
    await office.relay.stop()
    assert await office.states() == {"sending": 1}
    mx.gate.set()
    again = open_office(mx)
    await again.turn()
    assert [state for state, _ in await again.ledger(row)] == ["unsure", "delivered"]


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Another process holds the store meanwhile."""
    other = sqlite3.connect(folder / "t.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.close()


async def test_a_result_waits_for_a_store_that_fails_and_the_mail_is_not_sent_twice(
    open_office: Opener, mx: Mx, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(relaying, "STORE_PAUSES", (0.05,) * 1000)
    mx.gate.clear()
    office = open_office(mx, connections=1)
    await office.store.write(lambda tx: tx.run("PRAGMA busy_timeout = 50"))
    [row] = await office.post("ada@a.test")
    await office.relay.step()
    await mx.until(lambda: mx.waiting == 1)
    with locked(tmp_path):
        mx.gate.set()
        async with asyncio.timeout(10):
            while "a result waits for the store" not in caplog.text:
                await asyncio.sleep(0.01)
        assert (await office.row(row)).state == "sending"
    await office.relay.quiet()
    assert (await office.row(row)).state == "delivered"
    assert len(mx.taken) == 1


async def test_a_mail_whose_intent_cannot_be_written_is_not_sent(
    open_office: Opener, mx: Mx, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(relaying, "STORE_PAUSES", (0.05,) * 1000)
    signing, go_on = asyncio.Event(), asyncio.Event()

    async def keys(domain: str) -> Sequence[dkim.Key]:
        signing.set()
        await go_on.wait()
        return ()

    office = open_office(mx, keys=keys)
    await office.store.write(lambda tx: tx.run("PRAGMA busy_timeout = 50"))
    [row] = await office.post("ada@a.test")
    await office.relay.step()
    await signing.wait()
    with locked(tmp_path):
        go_on.set()
        async with asyncio.timeout(10):
            while "a result waits for the store" not in caplog.text:
                await asyncio.sleep(0.01)
    await office.relay.quiet()
    posted = await office.row(row)
    assert (posted.state, posted.attempts, mx.taken) == ("deferred", 0, [])
    office.time.now = posted.next_at
    await office.turn()
    assert mx.delivered == ["ada@a.test"]


async def test_the_loop_outlives_a_store_that_fails(
    open_office: Opener, mx: Mx, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    office = open_office(mx)
    await office.store.write(lambda tx: tx.run("PRAGMA busy_timeout = 50"))
    await office.post("ada@a.test")
    with locked(tmp_path):
        assert await office.relay._round() == 1.0
    assert "the relay waits for the store" in caplog.text
    await office.turn()
    assert mx.delivered == ["ada@a.test"]


@pytest.mark.parametrize(
    ("reply", "seconds"),
    [
        ("450 4.2.0 greylisted, try again in 300 seconds", 300),
        ("451 4.7.1 Please try again in 5 minutes", 300),
        ("450 Greylisted, retry after 2 min", 120),
        ("450 4.7.1 Delayed for 55s, come back later", 55),
        ("451 please try again in 90 hours", 14400),
        ("451 4.3.0 not now", 0),
        ("450 try again later [203.0.113.4]", 0),
    ],
)
def test_a_wish_in_a_reply_is_understood(reply: str, seconds: float) -> None:
    assert wished(reply) == seconds


@pytest.mark.parametrize(
    ("head", "domain"),
    [
        (b"From: Ada <ada@Example.ORG>", "example.org"),
        (b"From: =?utf-8?q?=C5=81?= <a@b.test>", "b.test"),
        (b"Subject: none", ""),
        (b"From: nobody", ""),
        (b"From: \xff\xfe <a@b.test", "b.test"),
    ],
)
def test_the_authors_domain_is_read_from_any_header(head: bytes, domain: str) -> None:
    assert author_domain(head + b"\r\n\r\nFrom: x@other.test\r\n") == domain
