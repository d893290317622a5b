"""The inbox page of a full house beside that of a small one, each asked in turn over HTTP by somebody signed in."""

import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from aiohttp import ClientSession, web

from appliance import clock
from appliance.bus import Bus
from appliance.desk.answer import Correspondence
from appliance.settings import Settings
from appliance.store import Store, Tx, campaigns, mailboxes, sessions, users
from appliance.vault import Vault
from appliance.web.server import application
from appliance.web.sessions import COOKIE
from bench.table import Effort, Row, compare

SMALL = 100
FULL_HOUSES = (10_000, 100_000)
VIEWS = {"mine": "an agent's own", "open": "all that is open"}  # both show a whole page of rows, in every house
FLOOR = 0.9  # as fast, but for the noise
PEOPLE = ("emma", "paolo")


@dataclass(frozen=True, slots=True)
class House:
    http: ClientSession
    url: str

    async def seconds(self, view: str, count: int) -> float:
        """How long it takes to see a view so many times."""
        began = time.perf_counter()
        for _ in range(count):
            async with self.http.get(f"{self.url}/agent/inbox?view={view}") as answer:
                page = await answer.text()
        took = time.perf_counter() - began
        assert page.count('role="option"') >= 50, "not the page that was to be measured"
        return took


async def measure(effort: Effort) -> list[Row]:
    rows = []
    async with house(SMALL) as small:
        for many in FULL_HOUSES:
            async with house(many) as full:
                rows += [await _compare(view, many, full, small, effort) for view in VIEWS]
    return rows


async def _compare(view: str, many: int, full: House, small: House, effort: Effort) -> Row:
    return await compare(
        f"inbox page, {VIEWS[view]}: {many:,} interactions / {SMALL}",
        lambda count: full.seconds(view, count),
        lambda count: small.seconds(view, count),
        effort,
        FLOOR if many <= 10_000 else None,
        "50 rows each",
    )


@asynccontextmanager
async def house(interactions: int) -> AsyncIterator[House]:
    """A store with so many interactions, its pages on a loopback port, and Emma signed in."""
    with tempfile.TemporaryDirectory(prefix="inbox-") as folder:
        bus, vault = Bus(), Vault(bytes(32))
        async with Store(Path(folder) / "t.db", clock=clock.now, tell=bus.tell) as store:
            await store.write(fill, interactions)
            correspondence = Correspondence(store, vault, undo_seconds=10, max_cc=30, max_upload_bytes=1 << 20)
            app = application(store=store, settings=Settings(), bus=bus, vault=vault, correspondence=correspondence)
            async with _listening(app) as url, ClientSession(cookies={COOKIE: "emma"}) as http:
                yield House(http, url)


@asynccontextmanager
async def _listening(app: web.Application) -> AsyncIterator[str]:
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


def fill(tx: Tx, interactions: int) -> None:
    """Six of ten are Emma's, one is nobody's and open, one waits in the other campaign, the others are closed."""
    support = campaigns.add(tx, "Support", mailboxes.add(tx, "help@acme.test"))
    billing = campaigns.add(tx, "Billing", mailboxes.add(tx, "billing@acme.test"))
    emma, paolo = (users.add(tx, name, name.title(), ("agent",)) for name in PEOPLE)
    campaigns.join(tx, support, emma)
    campaigns.join(tx, billing, paolo)
    sessions.start(tx, emma, "emma", "csrf", client_ip="127.0.0.1", client="bench")
    tx.run(_CONTACTS, many=interactions // 5, now=tx.now)
    tx.run("INSERT INTO contact_emails SELECT 'c' || id || '@example.org', id, 1 FROM contacts")
    began = tx.now - timedelta(days=300)
    values = {"many": interactions, "support": support, "billing": billing, "emma": emma, "paolo": paolo}
    tx.run(_INTERACTIONS, **values, began=began, step=300 * 86400 / interactions)


_COUNT = "WITH RECURSIVE count (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM count WHERE n < :many)"
_CONTACTS = f"""
    INSERT INTO contacts (name, created_at) {_COUNT} SELECT 'Customer ' || n, :now FROM count
"""
_INTERACTIONS = f"""
    INSERT INTO interactions
        (campaign, contact, agent, subject, bare_subject, status, priority, open, unread, snippet,
            created_at, changed_at)
    {_COUNT}
    SELECT
        CASE WHEN n % 10 = 7 THEN :billing ELSE :support END,
        n / 5 % (:many / 5) + 1,
        CASE WHEN n % 10 < 6 THEN :emma WHEN n % 10 <> 6 THEN :paolo END,
        'About order ' || n, 'about order ' || n,
        (SELECT id FROM statuses WHERE code =
            CASE WHEN n % 10 > 7 THEN 'closed' WHEN n % 10 = 7 THEN 'waiting' WHEN n % 10 = 6 THEN 'new'
                ELSE 'in_progress' END),
        (SELECT id FROM priorities WHERE usual),
        n % 10 < 8, n % 10 = 6,
        'Some words of what the customer wrote, as much as fits into a line of the list',
        strftime('%Y-%m-%dT%H:%M:%f+00:00', :began, '+' || (:step * n) || ' seconds'),
        strftime('%Y-%m-%dT%H:%M:%f+00:00', :began, '+' || (:step * n) || ' seconds')
    FROM count
"""
