"""The whole appliance on one page: what there is, who gets what, how it starts and stops."""

import asyncio
import fcntl
import logging
import os
import shutil
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from appliance import clock, systemd
from appliance.bus import Bus
from appliance.desk.answer import Correspondence
from appliance.desk.intake import Intake
from appliance.desk.threading import Signs
from appliance.dns import Resolver
from appliance.domains import certificate, keys
from appliance.doorbell import Doorbell
from appliance.errors import Busy
from appliance.model.news import ArrivalKept, News, OutboxChanged, SomebodyElseWrote
from appliance.settings import BadSettings, Settings
from appliance.smtp.receiver import Receiver
from appliance.smtp.relay import Relay
from appliance.smtp.route import Router
from appliance.store import Store
from appliance.vault import Vault
from appliance.web.server import Server, application
from appliance.worker import Worker

log = logging.getLogger(__name__)

PATIENCE = (1, 2, 5, 10, 30)  # seconds until a loop tries a failing store again


class Service(Protocol):
    """Something that runs until it is cancelled, and cleans up after itself."""

    async def run(self) -> None: ...


class Listening(Service, Protocol):
    """A door: open when `listening` is set."""

    listening: asyncio.Event


@dataclass(frozen=True, slots=True)
class House:
    """What the services share; also what company needs, such as the demo's little world in the same process."""

    settings: Settings
    bus: Bus
    store: Store
    vault: Vault
    correspondence: Correspondence


Company = Callable[[House], Sequence[Service]]


async def run(settings: Settings, company: Company = lambda house: ()) -> None:
    """Serve until SIGTERM or SIGINT, or until a service breaks. Raises BadSettings, also for a port in use.

    `company` is asked for its services when the doors are open.
    """
    bus, vault, desk = Bus(), _vault(settings.data), settings.desk
    with owned(settings.data):
        async with (
            Store(settings.data / "posthouse.db", clock=clock.now, tell=bus.tell) as store,
            Worker(seconds=settings.limits.intake_seconds) as parser,
        ):
            correspondence = Correspondence(
                store, vault, undo_seconds=desk.undo_seconds, max_cc=desk.max_cc, max_upload_bytes=desk.max_upload_bytes
            )
            house = House(settings, bus, store, vault, correspondence)
            bells, keyring = Bells(), keys.Keyring(store, vault)
            with bus.heard_by(bells.hear), bus.heard_by(keyring.hear):
                await serve(_doors(house), _loops(house, parser, keyring, bells), lambda: company(house))


def _doors(house: House) -> list[Listening]:
    receiver = Receiver(house.store, house.settings, house.bus, tls=certificate.context(house.settings))
    checks = {"smtp": receiver.listening.is_set, "disk": lambda: _has_room(house.settings)}
    pages = application(
        store=house.store,
        settings=house.settings,
        bus=house.bus,
        vault=house.vault,
        correspondence=house.correspondence,
        checks=checks,
        door=receiver.counts,
    )
    return [receiver, Server(pages)]


def _has_room(settings: Settings) -> bool:
    return shutil.disk_usage(settings.data).free >= settings.limits.min_free_bytes


def _loops(house: House, parser: Worker, keyring: keys.Keyring, bells: "Bells") -> list[Service]:
    settings, store = house.settings, house.store
    router = Router(
        Resolver(settings.dns.resolvers),
        routes=settings.relay.routes,
        smarthosts=settings.relay.smarthosts,
        own={settings.appliance.hostname},
    )
    signs = Signs(house.vault.derive("message-id"), settings.desk.subject_days)
    return [
        Patient(Intake(store, parser, bells.intake, signs)),
        Patient(Relay(store, settings, bells.outbox, router, keyring)),
        Patient(Watch(store)),
        Watchdog(),
    ]


async def serve(
    doors: Sequence[Listening], loops: Sequence[Service], company: Callable[[], Sequence[Service]] = tuple
) -> None:
    """Run all services, `company` once every door is open; tell systemd then, and when we stop."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(each.run(), name=type(each).__name__) for each in (*doors, *loops)]
        for door in doors:
            await door.listening.wait()
        tasks += [group.create_task(each.run(), name=type(each).__name__) for each in company()]
        systemd.notify("READY=1")
        await stop.wait()
        systemd.notify("STOPPING=1")
        for task in tasks:
            task.cancel()


class Patient:
    """A loop that outlives a store that fails for a while: it waits, says so, and goes on where it was."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def run(self) -> None:
        failures = 0
        while True:
            try:
                await self._service.run()
            except Busy as error:
                pause = PATIENCE[min(failures, len(PATIENCE) - 1)]
                log.error("%s waits %s s: %s", type(self._service).__name__, pause, error)
                await asyncio.sleep(pause)
                failures += 1


class Watch:
    """Notices what the command line writes into the store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def run(self) -> None:
        await self._store.watch()


class Watchdog:
    """A sign of life for systemd, as long as the event loop turns."""

    async def run(self) -> None:
        seconds = systemd.watchdog_seconds()
        while seconds:
            systemd.notify("WATCHDOG=1")
            await asyncio.sleep(seconds / 3)


class Bells:
    """Who is to wake for which news."""

    def __init__(self) -> None:
        self.intake, self.outbox = Doorbell(), Doorbell()

    def hear(self, news: News) -> None:
        if isinstance(news, ArrivalKept | SomebodyElseWrote):
            self.intake.ring()
        if isinstance(news, OutboxChanged | SomebodyElseWrote):
            self.outbox.ring()


@contextmanager
def owned(data: Path) -> Iterator[None]:
    """One server owns the queue: a second one on the same folder would send every mail twice."""
    descriptor = os.open(data / "serve.lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(descriptor)
        raise BadSettings(f"{data}: another posthouse serves this folder") from error
    try:
        yield
    finally:
        os.close(descriptor)


def _vault(data: Path) -> Vault:
    try:
        return Vault.at(data / "secret.key")
    except (OSError, ValueError) as error:
        raise BadSettings(f"{data / 'secret.key'}: {error}; was this folder made by `posthouse init`?") from error
