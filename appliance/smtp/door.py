"""What the MX door decides: who may be written to, whether there is room, and that a mail is kept before it is ours."""

import asyncio
import logging
import os
import ssl
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from functools import lru_cache

from appliance.clock import Clock
from appliance.errors import Busy, Full
from appliance.model.arrival import Envelope
from appliance.model.directory import Directory
from appliance.model.news import AddressesChanged, News, SomebodyElseWrote
from appliance.model.visitor import visitor_at
from appliance.settings import Settings
from appliance.smtp import residents
from appliance.smtp.content import PIECE, Content, Unacceptable
from appliance.smtp.path import Path
from appliance.store import Store, arrivals, mailboxes

log = logging.getLogger(__name__)

KEPT = "250 2.0.0 kept"
NO_ROOM = "452 4.3.1 no room for it now, please try again later"
OUR_FAULT = "451 4.3.0 please try again later"
STOPPING = "421 4.3.2 we are stopping, please try again later"


@dataclass(frozen=True, slots=True)
class Deadlines:
    """Seconds."""

    command: float = 300.0  # from one command to the next (RFC 5321, 4.5.3.2.7)
    data: float = 300.0  # for a whole mail, and a second more for each SLOWEST bytes of it that came
    handshake: float = 60.0
    finish: float = 30.0  # for who is in DATA when we stop


SLOWEST = 2048  # bytes a second


class Door:
    """Shared by all connections. Beside what it says it counts, so that somebody can look."""

    def __init__(
        self, store: Store, settings: Settings, *, clock: Clock, tls: ssl.SSLContext | None, deadlines: Deadlines
    ) -> None:
        self.tls = tls
        self.deadlines = deadlines
        self.hostname = settings.appliance.hostname
        self.max_bytes = settings.smtp.max_message_bytes
        self.closed = False  # we are stopping: who was let in a moment ago is sent home too
        self.in_flight = 0  # bytes of mails that are being taken
        self.counts: Counter[str] = Counter()  # connections, accepted, refused, deferred, unknown, relay
        self._store = store
        self._settings = settings
        self._folder = settings.data
        self._clock = clock
        self._visitors: Counter[str] = Counter()
        self._directory = Directory()
        self._changes, self._known = 1, 0  # how often addresses have changed, and when we last read them
        self._reading = asyncio.Lock()

    def hear(self, news: News) -> None:
        if isinstance(news, AddressesChanged | SomebodyElseWrote):
            self._changes += 1

    def enter(self, client_ip: str) -> str:
        """Count a connection in; "", or the reply that turns it away (it is counted all the same)."""
        visitor = visitor_at(client_ip)
        self._visitors[visitor] += 1
        self.counts["connections"] += 1
        if self.closed:
            return STOPPING
        if self._visitors[visitor] > self._settings.smtp.connections_per_client:
            return "421 4.7.0 too many connections from your address"
        return ""

    def leave(self, client_ip: str) -> None:
        visitor = visitor_at(client_ip)
        self._visitors[visitor] -= 1
        if self._visitors[visitor] <= 0:
            del self._visitors[visitor]

    async def directory(self) -> Directory:
        """Who may be written to now: read again when it has changed. Raises Busy."""
        if self._known != self._changes:
            async with self._reading:
                while self._known != self._changes:  # news may come while we read
                    changes = self._changes
                    self._directory = await self._store.read(mailboxes.directory)
                    self._known = changes
        return self._directory

    async def recipient(self, path: Path) -> tuple[str, str]:
        """The address to write on the envelope and "", or "" and the reply that refuses it. Raises Busy."""
        if not path.domain and path.local.lower() == "postmaster":
            return f"postmaster@{self._settings.appliance.domain}", ""
        trouble = self._trouble_with(path, await self.directory())
        if trouble:
            self.counts["relay" if " 5.7.1 " in trouble else "unknown"] += 1
        return ("", trouble) if trouble else (path.address, "")

    def _trouble_with(self, path: Path, directory: Directory) -> str:
        if not path.domain:
            return "550 5.1.3 an address has a domain"
        refusal = residents.refusal(path, directory, self._settings.appliance.domain)
        return "554 5.7.1 we do not relay" if refusal is None else refusal

    def has_room(self, more: int) -> bool:
        """Whether memory and disk have room for a mail of so many bytes."""
        if self.crowded(more):
            return False
        disk = os.statvfs(self._folder)
        return disk.f_bavail * disk.f_frsize - more >= self._settings.limits.min_free_bytes

    def crowded(self, more: int = 0) -> bool:
        """Whether all mails that are being taken hold more memory than they may."""
        return self.in_flight + more > self._settings.smtp.max_bytes_in_flight

    async def take(self, content: Content, envelope: Envelope, protocol: str) -> str:
        """Check the mail, write our trace on it, keep it. The reply; `250` only when it is on disk."""
        try:
            pieces = await asyncio.to_thread(content.checked) if content.held > PIECE else content.checked()
            raw = b"".join([self._trace(envelope, protocol), *pieces])
            await self._store.write(arrivals.keep, raw, envelope)
        except Unacceptable as refusal:
            self.counts["refused"] += 1
            return str(refusal)
        except Exception as error:
            self.counts["deferred"] += 1
            return said_of(error)
        self.counts["accepted"] += 1
        return KEPT

    def _trace(self, envelope: Envelope, protocol: str) -> bytes:
        """Our Received header (RFC 5321, 4.4)."""
        client = f"IPv6:{envelope.client_ip}" if ":" in envelope.client_ip else envelope.client_ip
        lines = [f"from {envelope.helo} ([{client}])", f"by {self.hostname} with {protocol}"]
        if envelope.tls:
            lines.append(f"({envelope.tls})")
        if len(envelope.recipients) == 1:
            lines.append(f"for <{envelope.recipients[0]}>")
        date = _written(self._clock().replace(microsecond=0))
        return ("Received: " + "\r\n\t".join(lines) + f"; {date}\r\n").encode()


@lru_cache(maxsize=2)
def _written(moment: datetime) -> str:
    """As headers have it; many mails come in one second."""
    return format_datetime(moment)


def said_of(error: Exception) -> str:
    """What a fault of ours is to the sender: never permanent."""
    if isinstance(error, Full):
        return NO_ROOM
    if not isinstance(error, Busy):
        log.error("a mail could not be taken", exc_info=error)
    return OUR_FAULT
