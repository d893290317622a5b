"""One connection's life: letters are made ready, signed and handed over, one after another."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from email import policy
from email.errors import MessageError
from email.parser import BytesHeaderParser
from email.utils import parseaddr
from functools import partial

from appliance.clock import Clock
from appliance.mail import dkim
from appliance.mail.lines import crlf
from appliance.model.delivery import Deferred, Outcome
from appliance.model.outbox import Letter
from appliance.smtp.delivery import Connection, connect
from appliance.smtp.hop import RFC_5321, Hop, Limits
from appliance.store import Store, blobs, leases

Keys = Callable[[str], Awaitable[Sequence[dkim.Key]]]


@dataclass(frozen=True, slots=True)
class Means:
    """What every carrier works with."""

    store: Store
    keys: Keys  # of a From domain: our signing keys, () when it is not ours to sign for
    helo: str
    clock: Clock
    limits: Limits = RFC_5321


class Carrier:
    """Not for two tasks at once. `carried` counts the letters that the open connection was used for."""

    def __init__(self, means: Means, hops: Sequence[Hop]) -> None:
        self.talking = False  # it holds a letter that must not be interrupted
        self._means = means
        self._hops = hops
        self._connection: Connection | None = None

    @property
    def carried(self) -> int:
        return self._connection.sent if self._connection else 0

    async def deliver(self, letter: Letter) -> Outcome:
        """Hand the letter over, to the next host when one is unwell. Raises only for faults of ours.

        The intent is committed before the final dot; when that fails, the dot is not written and the fault passes.
        """
        raw = await self._sealed(letter)
        hops = self._hops
        while True:
            connection = await self._connected(hops)
            if isinstance(connection, Deferred):
                return connection
            self.talking = True
            outcome = await connection.send(letter.mail_from, letter.recipient, raw, partial(self._intend, letter))
            if connection.stale:  # it had gone between two letters, which says nothing about this one
                self.drop()
                continue
            if not (isinstance(outcome, Deferred) and outcome.host_trouble):
                return outcome
            self.drop()
            hops = _after(connection.hop, hops)
            if not hops:
                return outcome

    async def close(self) -> None:
        if self._connection:
            await self._connection.quit()
        self._connection = None

    def drop(self) -> None:
        if self._connection:
            self._connection.abort()
        self._connection = None

    async def _connected(self, hops: Sequence[Hop]) -> Connection | Deferred:
        """The open connection while it is good, else a new one."""
        if self._connection and self._connection.alive:
            return self._connection
        self.drop()
        opened = await connect(hops, self._means.helo, limits=self._means.limits)
        if isinstance(opened, Connection):
            self._connection = opened
        return opened

    async def _sealed(self, letter: Letter) -> bytes:
        """The bytes that go over the wire: CRLF only, signed when we hold the key of the author's domain."""
        raw = await self._means.store.read(blobs.read, letter.blob)
        keys = await self._means.keys(author_domain(raw))
        return await asyncio.to_thread(dkim.sign, raw, keys, self._means.clock()) if keys else crlf(raw)

    async def _intend(self, letter: Letter) -> None:
        await self._means.store.write(leases.intend, letter.id)


def author_domain(raw: bytes) -> str:
    """The domain of the From header, in lower case; "" when it has none that we can read."""
    with contextlib.suppress(MessageError, ValueError, IndexError):
        head = raw.partition(b"\r\n\r\n")[0]
        sender = str(BytesHeaderParser(policy=policy.compat32).parsebytes(head)["From"] or "")
        local, _, domain = parseaddr(sender)[1].rpartition("@")
        return domain.lower() if local else ""
    return ""


def _after(hop: Hop, hops: Sequence[Hop]) -> Sequence[Hop]:
    """The hops that come after this one."""
    places = [at for at, other in enumerate(hops) if (other.host, other.port) == (hop.host, hop.port)]
    return hops[places[0] + 1 :] if places else ()
