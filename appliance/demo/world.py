"""The demo, put together: an installation on loopback, the outside world that it writes to, and a day at Acme."""

import asyncio
import json
import logging
import socket
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from appliance import app, clock
from appliance.app import House, Service
from appliance.demo import screen, team
from appliance.demo.memory import Memory, forget
from appliance.demo.outside import HOST, Outside, Pace
from appliance.demo.play import Play
from appliance.demo.watcher import Watcher
from appliance.installation import Founded, Wanted, found, web_address
from appliance.store import Store

DOMAIN = "acme.test"
SMTP_PORT = 2525
PORTS_TRIED = 100


async def run(directory: Path, port: int, *, reset: bool) -> None:
    """Until Ctrl+C. Raises BadSettings for a folder that is no demo's or that another demo uses, OSError."""
    await World(directory, port).run(reset=reset)


class World:
    """`house` and `play` are there, and `begun` is set, once the welcome is on the screen."""

    house: House
    play: Play

    def __init__(
        self,
        directory: Path,
        port: int,
        *,
        smtp_port: int = SMTP_PORT,
        console: Console | None = None,
        pace: Pace | None = None,
    ) -> None:
        self.begun = asyncio.Event()
        self._directory = directory
        self._wanted_port = port
        self._wanted_smtp_port = smtp_port
        self._console = console or Console()
        self._pace = pace or Pace()

    async def run(self, *, reset: bool = False) -> None:
        if reset:
            forget(self._directory)
        memory = Memory.of(self._directory)
        _log_to(self._directory / "demo.log")
        smtp, web = _free_port(self._wanted_smtp_port), _free_port(self._wanted_port)
        outside = Outside((HOST, smtp), self._pace, self._tell)
        async with outside.listening() as world:
            wanted = Wanted(DOMAIN, f"mail.{DOMAIN}")
            founded = await found(self._directory, wanted, _environ(self._pace, smtp=smtp, web=web, world=world))
            async with Store(founded.settings.data / "posthouse.db", clock=clock.now, tell=lambda news: None) as store:
                await team.move_in(store, DOMAIN)
            await app.run(founded.settings, lambda house: self._begin(house, founded, outside, memory))
        screen.farewell(self._console, self._directory)

    def _begin(self, house: House, founded: Founded, outside: Outside, memory: Memory) -> Sequence[Service]:
        """The doors are open: say so, and let everybody come to life."""
        self.house = house
        self.play = Play(house, outside, memory, DOMAIN, self._pace, self._tell)
        settings = founded.settings
        place = screen.Place(
            directory=self._directory,
            web=web_address(settings),
            wanted_port=self._wanted_port,
            smtp=settings.smtp.listen[0],
            domain=DOMAIN,
            undo_seconds=settings.desk.undo_seconds,
            new=founded.new,
        )
        screen.welcome(self._console, place)
        self.begun.set()
        return (outside, Watcher(house, self._tell), self.play)

    def _tell(self, sort: str, words: str) -> None:
        screen.event(self._console, clock.now(), sort, words)


def _environ(pace: Pace, *, smtp: int, web: int, world: int) -> dict[str, str]:
    """Settings that make it a demo: doors on loopback, all mail to the outside world's port, little patience."""
    values = {
        "SMTP_LISTEN": [f"{HOST}:{smtp}"],
        "SUBMISSION_LISTEN": [],
        "WEB_LISTEN": [f"{HOST}:{web}"],
        "RELAY_RETRY_SECONDS": pace.retry,
        "DESK_UNDO_SECONDS": pace.undo,
    }
    environ = {f"POSTHOUSE_{key}": json.dumps(value) for key, value in values.items()}
    routes = f'{{ "*" = "{HOST}:{world}" }}'
    return environ | {"POSTHOUSE_RELAY_ROUTES": routes, "POSTHOUSE_ADMIN_PASSWORD": team.PASSWORD}


def _free_port(wanted: int) -> int:
    """This port of loopback, or the next one that nobody uses; 0 is any. Raises OSError when there is none."""
    for port in range(wanted, min(wanted + PORTS_TRIED, 65536)):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise OSError(f"no port of {HOST} is free from {wanted} on")


def _log_to(file: Path) -> None:
    """The terminal is for the story."""
    logging.getLogger("mail.log").setLevel(logging.WARNING)  # aiosmtpd tells every command
    logging.basicConfig(filename=file, level=logging.INFO, format="%(asctime)s %(name)s: %(message)s")
