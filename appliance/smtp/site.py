"""A receiving site as the relay sees it now: what waits for it in memory, who is at it, and how well it is."""

import asyncio
import heapq
from collections.abc import Sequence
from datetime import datetime

from appliance.model.delivery import Deferred, Outcome
from appliance.model.outbox import Letter
from appliance.smtp.hop import Hop
from appliance.smtp.retry import Schedule
from appliance.smtp.route import Route

CONNECTIONS = 5  # to a stranger's site; routes and smarthosts are the operator's own, and take all we have
DEPTH = 4  # letters in memory for each connection
DOMAINS = 100_000


class Site:
    def __init__(self, route: Route, connections: int) -> None:
        self.key = route.site
        self.hops: Sequence[Hop] = route.hops
        self.cap = connections if not route.direct else min(CONNECTIONS, connections)
        self.bulk_cap = max(1, self.cap - 1)  # one connection is kept for what a person waits for
        self.carriers = 0
        self.busy = 0  # carriers with a letter
        self.bulk = 0  # carriers with a letter that no person waits for
        self.domains: set[str] = set()
        self.shut_until: datetime | None = None
        self._letters: list[tuple[int, datetime, int, Letter]] = []
        self._woken = asyncio.Event()
        self._streak = 0
        self._strikes = 0

    def __len__(self) -> int:
        return len(self._letters)

    @property
    def depth(self) -> int:
        return DEPTH * self.cap

    @property
    def forgettable(self) -> bool:
        return not (self._letters or self.carriers or self._streak or self.shut_until)

    @property
    def urgency(self) -> tuple[int, int, datetime]:
        """Who gets the next connection: what a person waits for, then who has fewest, then who waits longest."""
        rank, next_at, *_ = self._letters[0]
        return int(rank > 0), self.carriers, next_at

    def put(self, letter: Letter) -> bool:
        """False when too much waits already for one that no person waits for."""
        if len(self.domains) > DOMAINS:
            self.domains.clear()
        self.domains.add(letter.domain)
        room = letter.rank == 0 or len(self) < 2 * self.depth
        if room:
            heapq.heappush(self._letters, (letter.rank, letter.next_at, letter.id, letter))
        return room

    def first(self) -> Letter | None:
        return self._letters[0][3] if self._letters else None

    def take(self) -> Letter:
        return heapq.heappop(self._letters)[3]

    def drain(self) -> list[Letter]:
        letters = [item[3] for item in self._letters]
        self._letters.clear()
        return letters

    def takeable(self, bulk_room: int) -> int:
        """How many of its letters could be carried at once, with so much room left for bulk everywhere."""
        urgent = sum(item[0] == 0 for item in self._letters)
        return urgent + max(0, min(len(self._letters) - urgent, self.bulk_cap - self.bulk, bulk_room))

    def wake(self) -> None:
        """All who wait for a letter look again."""
        self._woken.set()
        self._woken.clear()

    async def woken(self) -> None:
        await self._woken.wait()

    def judge(self, outcome: Outcome, schedule: Schedule, now: datetime, *, reached: bool) -> None:
        """Learn from an attempt. Trouble shuts the site for a while: at once when nobody answers or it says 421; a
        connection that breaks may be one mail's fault, so that takes two in a row."""
        if not (isinstance(outcome, Deferred) and outcome.host_trouble):
            self._streak = self._strikes = 0
            return
        self._strikes += 1
        blunt = not reached or outcome.reply.startswith("421") or self._strikes > 1
        if blunt and self.shut_until is None:
            self._streak += 1
            self.shut_until = now + schedule.pause(self._streak)

    def reopen(self, now: datetime) -> None:
        if self.shut_until and self.shut_until <= now:
            self.shut_until = None
