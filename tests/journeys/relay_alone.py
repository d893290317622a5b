"""A process that only empties an outbox, to be killed: DATABASE PORT CONNECTIONS. It ends when nothing is waiting."""

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

from appliance.clock import now
from appliance.dns import Resolver
from appliance.doorbell import Doorbell
from appliance.mail.dkim import Key
from appliance.settings import Settings
from appliance.smtp.relay import Relay
from appliance.smtp.route import Router
from appliance.store import Store, outbox

WAITING = ("ready", "leased", "sending", "deferred")


async def no_keys(domain: str) -> Sequence[Key]:
    return ()


async def empty(database: Path, port: str, connections: int) -> None:
    settings = Settings.model_validate({"relay": {"connections": connections, "retry_seconds": [0.05]}})
    router = Router(Resolver(), routes={"*": f"127.0.0.1:{port}?tls=none"})
    async with Store(database, clock=now, tell=lambda news: None) as store:
        running = asyncio.create_task(Relay(store, settings, Doorbell(), router, no_keys).run())
        totals = await store.read(outbox.totals)
        while any(totals[state] for state in WAITING) and not running.done():
            await asyncio.sleep(0.05)
            totals = await store.read(outbox.totals)
        running.cancel()
        await asyncio.wait([running])
        if not running.cancelled():
            running.result()


asyncio.run(empty(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])))
