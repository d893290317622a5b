"""The relay empties the outbox: it leases what is due, sends each letter to its site, and writes down how it went.

lease -> sign -> all but the final dot -> intent committed -> the dot -> reply -> result committed -> the next letter.
A connection takes its next letter only when the result of the last one is on disk, so a crash leaves at most one
letter in doubt for each open connection.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Coroutine, Iterable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import chain, repeat
from typing import ParamSpec, Protocol, TypeVar

from appliance import clock
from appliance.clock import Clock
from appliance.doorbell import Doorbell
from appliance.errors import ApplianceError, Busy
from appliance.model.delivery import Deferred, Outcome, Refused, Unsure
from appliance.model.directory import Directory
from appliance.model.ids import OutboxId
from appliance.model.outbox import Letter
from appliance.settings import Settings
from appliance.smtp import residents
from appliance.smtp.carrier import Carrier, Keys, Means
from appliance.smtp.hop import RFC_5321, Limits
from appliance.smtp.retry import Schedule
from appliance.smtp.route import Route
from appliance.smtp.site import Site
from appliance.store import Store, View, leases, mailboxes

log = logging.getLogger(__name__)

AT_ONCE = 50  # rows of each sort in one lease
IN_MEMORY = 10  # letters in memory for each connection, and as many again that people wait for
PER_CONNECTION = 100  # letters; then a new one, so that others get a turn
IDLE = 15.0  # seconds that a connection waits for another letter
GRACE = 30.0  # seconds for who is in DATA when we stop
LONGEST_NAP = 30.0
STORE_PAUSES = (1, 2, 5, 10)  # seconds between tries to write down a result; then every 30

P = ParamSpec("P")
R = TypeVar("R")


class Routes(Protocol):
    async def route(self, domain: str) -> Route | Refused | Deferred: ...


class Relay:
    """`bell` is rung by whoever put a mail into the outbox; `keys` finds the signing keys of a From domain."""

    def __init__(
        self,
        store: Store,
        settings: Settings,
        bell: Doorbell,
        router: Routes,
        keys: Keys,
        *,
        clock: Clock = clock.now,
        limits: Limits = RFC_5321,
    ) -> None:
        self._store = store
        self._bell = bell
        self._router = router
        self._clock = clock
        self._hostname = settings.appliance.hostname
        self._domain = settings.appliance.domain
        self._means = Means(store, keys, settings.relay.helo or self._hostname, clock, limits)
        self._schedule = Schedule(settings.relay.retry_seconds)
        self._connections = settings.relay.connections
        self._bulk_cap = max(1, self._connections - max(1, self._connections // 5))
        self._quiet = asyncio.Event()
        self._boot: int | None = None
        self._sites: dict[str, Site] = {}
        self._held: dict[OutboxId, Letter] = {}  # leased, and not settled yet
        self._tasks: dict[asyncio.Task[None], Carrier | None] = {}
        self._carriers = 0
        self._bulk = 0
        self._hungry = False  # a site has letters, and nobody carries them
        self._stopping = False
        self._fault: BaseException | None = None
        self._wake_at: datetime | None = None

    async def run(self) -> None:
        """For ever. When cancelled, finish what is in DATA, for 30 seconds at most, and give the leases back."""
        try:
            while True:
                await self._bell.wait(await self._round())
        finally:
            await self.stop()

    async def step(self) -> int:
        """Lease what is due and hand it to its sites: how many letters. They are on their way, not settled yet."""
        if self._fault:
            raise self._fault
        if self._boot is None:
            self._boot = await self._store.write(leases.begin_boot)
        now = self._clock()
        for site in list(self._sites.values()):
            site.reopen(now)
            if site.forgettable:
                del self._sites[site.key]
        rows, self._wake_at, directory = await self._store.read(_look, self._wants())
        letters = await self._store.write(leases.lease, self._boot, rows) if rows else []
        self._held |= {letter.id: letter for letter in letters}
        for domain in dict.fromkeys(letter.domain for letter in letters):
            self._start(self._dispatch(domain, [letter for letter in letters if letter.domain == domain], directory))
        self._staff()
        if len(rows) >= AT_ONCE:
            self._bell.ring()
        return len(letters)

    async def quiet(self) -> None:
        """Wait until all that was leased is settled."""
        while self._held and not self._fault:
            self._quiet.clear()
            await self._quiet.wait()
        if self._fault:
            raise self._fault

    async def stop(self) -> None:
        """Lease nothing more, let who is talking finish, hang up, give back what was not begun."""
        self._stopping = True
        for site in self._sites.values():
            site.wake()
        for task, carrier in list(self._tasks.items()):
            if carrier is None or not carrier.talking:
                task.cancel()
        if self._tasks:
            await asyncio.wait(list(self._tasks), timeout=GRACE)
        left = list(self._tasks)
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        with suppress(ApplianceError):
            await self._store.write(leases.give_back, list(self._held))
        self._held.clear()
        self._sites.clear()
        self._stopping = False

    async def _round(self) -> float:
        """One step, and how long to sleep after it. A store that fails is no reason to hang up."""
        try:
            await self.step()
        except Busy as error:
            log.warning("the relay waits for the store: %s", error)
            return 1.0
        times = [site.shut_until for site in self._sites.values() if site.shut_until]
        self._wake_at = min([*times, self._wake_at] if self._wake_at else times, default=None)
        if self._wake_at is None:
            return LONGEST_NAP
        return min(LONGEST_NAP, max(0.0, (self._wake_at - self._clock()).total_seconds()))

    # What to lease ---------------------------------------------------------------------------------------------

    def _wants(self) -> "list[_Want]":
        """How much of each sort there is room for, and whose would only lie about."""
        shut = {domain for site in self._sites.values() if site.shut_until for domain in site.domains}
        full = {domain for site in self._sites.values() if len(site) >= site.depth for domain in site.domains}
        urgent = sum(letter.rank == 0 for letter in self._held.values())
        room = IN_MEMORY * self._connections
        return [
            (leases.URGENT, min(AT_ONCE, room - urgent), shut),
            (leases.BULK, min(AT_ONCE, room - (len(self._held) - urgent)), shut | full),
        ]

    async def _dispatch(self, domain: str, letters: Sequence[Letter], directory: Directory) -> None:
        """Find the way for letters of one domain; those for ourselves never leave."""
        for letter in letters:
            await self._keep_here(letter, residents.refusal_of(letter.recipient, directory, self._domain))
        letters = [letter for letter in letters if letter.id in self._held]
        if not letters:
            return
        route = await self._router.route(domain)
        if isinstance(route, Route):
            await self._queue(route, letters)
        else:
            await self._settle([(letter, route, self._again(letter, route)) for letter in letters])

    async def _keep_here(self, letter: Letter, refusal: str | None) -> None:
        if refusal is None:
            return
        if refusal:
            await self._settle([(letter, Refused(refusal), letter.next_at)])
            return
        await self._surely(self._store.write, leases.keep_here, letter, self._hostname)
        self._let_go([letter])

    async def _queue(self, route: Route, letters: Sequence[Letter]) -> None:
        site = self._sites.setdefault(route.site, Site(route, self._connections))
        site.hops = route.hops
        if site.shut_until:
            await self._put_off(letters, site.shut_until, f"451 4.4.1 {site.key} is unwell")
            return
        surplus = [letter for letter in letters if not site.put(letter)]
        if surplus:  # from now on its domain is passed over, so that others get their turn
            await self._surely(self._store.write, leases.give_back, [letter.id for letter in surplus])
            self._let_go(surplus)
            self._bell.ring()
        self._staff()

    # Who carries it --------------------------------------------------------------------------------------------

    def _staff(self) -> None:
        """Send a connection wherever letters wait, as long as one may be spared."""
        if self._stopping:
            return
        waiting = sorted((site for site in self._sites.values() if len(site)), key=lambda site: site.urgency)
        for site in waiting:
            site.wake()
            wanted = site.takeable(self._bulk_cap - self._bulk) - (site.carriers - site.busy)
            for _ in range(min(wanted, site.cap - site.carriers, self._connections - self._carriers)):
                site.carriers += 1
                self._carriers += 1
                carrier = Carrier(self._means, site.hops)
                self._start(self._work(site, carrier), carrier)
        no_bulk = self._bulk >= self._bulk_cap
        self._hungry = any(not site.carriers or (no_bulk and not site.busy) for site in waiting)
        if self._hungry:
            for site in self._sites.values():
                site.wake()

    async def _work(self, site: Site, carrier: Carrier) -> None:
        """One connection: letter after letter, until it is idle for long or somebody needs it more."""
        try:
            while letter := await self._next(site, carrier):
                await self._carry(site, carrier, letter)
            await carrier.close()
        finally:
            carrier.drop()
            site.carriers -= 1
            self._carriers -= 1
            self._staff()

    async def _next(self, site: Site, carrier: Carrier) -> Letter | None:
        """The connection's next letter, at once or within the time it may idle; None to hang up."""
        until = asyncio.get_running_loop().time() + IDLE
        while not self._stopping and not site.shut_until and carrier.carried < PER_CONNECTION:
            if self._hungry and carrier.carried and site.carriers > 1:
                return None
            if letter := self._take(site):
                return letter
            if self._hungry and not len(site):
                return None
            try:
                async with asyncio.timeout_at(until):
                    await site.woken()
            except TimeoutError:
                return None
        return None

    def _take(self, site: Site) -> Letter | None:
        letter = site.first()
        if letter is None:
            return None
        bulk = letter.rank > 0
        if bulk and (site.bulk >= site.bulk_cap or self._bulk >= self._bulk_cap):
            return None
        site.busy += 1
        site.bulk += bulk
        self._bulk += bulk
        if len(site) == site.depth // 2:
            self._bell.ring()
        return site.take()

    async def _carry(self, site: Site, carrier: Carrier, letter: Letter) -> None:
        try:
            try:
                outcome = await carrier.deliver(letter)
            except Busy as error:
                await self._put_off([letter], self._clock() + timedelta(seconds=LONGEST_NAP), f"451 4.3.0 {error}")
            except Exception as error:
                log.exception("outbox %d cannot be sent", letter.id)
                await self._surely(self._store.write, leases.set_aside, letter, f"554 5.6.0 cannot be sent: {error}")
                self._let_go([letter])
            else:
                await self._conclude(site, carrier, letter, outcome)
        finally:
            carrier.talking = False
            site.busy -= 1
            site.bulk -= letter.rank > 0
            self._bulk -= letter.rank > 0
            if not len(site):
                self._staff()  # what it held back for others is free now

    async def _conclude(self, site: Site, carrier: Carrier, letter: Letter, outcome: Outcome) -> None:
        """Write the result down; when it shuts the site, what waits for the site goes back to the outbox."""
        site.judge(outcome, self._schedule, self._clock(), reached=carrier.talking)
        again = self._again(letter, outcome)
        if isinstance(outcome, Deferred) and outcome.host_trouble and site.shut_until:
            again = site.shut_until
        await self._settle([(letter, outcome, again)])
        if site.shut_until and len(site):
            await self._put_off(site.drain(), site.shut_until, outcome.reply)

    # What is written down --------------------------------------------------------------------------------------

    def _again(self, letter: Letter, outcome: Outcome) -> datetime:
        return self._schedule.again(letter.attempts, outcome, self._clock())

    async def _settle(self, endings: Sequence[leases.Ending]) -> None:
        await self._surely(self._store.write, leases.settle, endings)
        self._let_go([letter for letter, _, _ in endings])
        self._remind([again for _, outcome, again in endings if isinstance(outcome, Deferred | Unsure)])

    async def _put_off(self, letters: Collection[Letter], until: datetime, reply: str) -> None:
        await self._surely(self._store.write, leases.put_off, letters, until, reply)
        self._let_go(letters)
        self._remind([until])

    def _let_go(self, letters: Iterable[Letter]) -> None:
        """These are settled: when there is room for a good many again, look for more."""
        half = IN_MEMORY * self._connections // 2
        for letter in letters:
            self._held.pop(letter.id, None)
            if len(self._held) == half:
                self._bell.ring()
        if not self._held:
            self._quiet.set()

    def _remind(self, times: Iterable[datetime]) -> None:
        """Some rows are due again: wake up in time."""
        soonest = min(times, default=None)
        if soonest and (self._wake_at is None or soonest < self._wake_at):
            self._wake_at = soonest
            self._bell.ring()

    async def _surely(self, work: Callable[P, Awaitable[R]], *args: P.args, **kwargs: P.kwargs) -> R:
        """Until the store has taken it: what happened outside must be written down before anything else happens."""
        for pause in chain(STORE_PAUSES, repeat(30)):
            try:
                return await work(*args, **kwargs)
            except Busy as error:
                log.warning("a result waits for the store: %s", error)
                await asyncio.sleep(pause)
        raise AssertionError("unreachable")

    def _start(self, work: Coroutine[None, None, None], carrier: Carrier | None = None) -> None:
        task = asyncio.create_task(work, name="relay")
        self._tasks[task] = carrier
        task.add_done_callback(self._ended)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        del self._tasks[task]
        if not task.cancelled() and (fault := task.exception()):
            self._fault = self._fault or fault
            self._quiet.set()
            self._bell.ring()


_Want = tuple[range, int, Collection[str]]  # ranks, how many, domains to pass over


def _look(view: View, wants: Iterable[_Want]) -> tuple[list[OutboxId], datetime | None, Directory]:
    """What may go now, when to look again, and who lives here."""
    rows = [row for ranks, limit, passed in wants if limit > 0 for row in leases.due(view, limit, ranks, passed)]
    return rows, leases.next_due(view), mailboxes.directory(view) if rows else Directory()
