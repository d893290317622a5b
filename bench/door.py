"""Our MX door alone, in a process of its own: `python -m bench.door FOLDER HOST:PORT`. It keeps mail and sorts none."""

import asyncio
import signal
import sys
from pathlib import Path

import uvloop

from appliance import clock
from appliance.bus import Bus
from appliance.settings import Settings
from appliance.smtp.receiver import Receiver
from appliance.store import Store, mailboxes


async def main(folder: Path, listen: str) -> None:
    settings = Settings.model_validate(
        {
            "appliance": {"hostname": "mail.ours.test", "domain": "ours.test", "data": str(folder)},
            "smtp": {"listen": [listen], "connections_per_client": 10_000},
        }
    )
    bus = Bus()
    async with Store(folder / "posthouse.db", clock=clock.now, tell=bus.tell) as store:
        if not await store.read(mailboxes.listed):
            await store.write(mailboxes.add, "help@ours.test")
        task = asyncio.create_task(Receiver(store, settings, bus, tls=None).run())
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
        await asyncio.wait([task])


if __name__ == "__main__":
    uvloop.run(main(Path(sys.argv[1]), sys.argv[2]))
