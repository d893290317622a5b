"""The MX door's service: it listens where the settings say, and takes mail until it is told to stop."""

import asyncio
import logging
import ssl

from appliance.bus import Bus
from appliance.clock import Clock, now
from appliance.settings import Settings, cannot_listen, host_and_port
from appliance.smtp.door import STOPPING, Deadlines, Door
from appliance.smtp.session import Session
from appliance.store import Store

log = logging.getLogger(__name__)

BACKLOG = 1024


class Receiver:
    """`run` it; `listening` is set once it does, and `addresses` then says where (port 0 was a free one)."""

    def __init__(
        self,
        store: Store,
        settings: Settings,
        bus: Bus,
        *,
        tls: ssl.SSLContext | None,
        deadlines: Deadlines | None = None,
        clock: Clock = now,
    ) -> None:
        self.listening = asyncio.Event()
        self.addresses: list[tuple[str, int]] = []
        self._bus = bus
        self._settings = settings
        self._deadlines = deadlines or Deadlines()
        self._door = Door(store, settings, clock=clock, tls=tls, deadlines=self._deadlines)
        self._sessions: set[Session] = set()
        self.counts = self._door.counts

    @property
    def connections(self) -> int:
        return len(self._sessions)

    @property
    def bytes_in_flight(self) -> int:
        """Of the mails that are being taken at this moment."""
        return self._door.in_flight

    async def run(self) -> None:
        """Until cancelled; then who is in DATA may finish. Raises BadSettings that names an address it cannot have."""
        servers: list[asyncio.Server] = []
        with self._bus.heard_by(self._door.hear):
            try:
                for listener in self._settings.smtp.listen:
                    if server := await self._listen(listener):
                        servers.append(server)  # noqa: PERF401 - those before one that fails must be closed
                log.info("mail at %s", ", ".join(f"{host} port {port}" for host, port in self.addresses))
                self.listening.set()
                await asyncio.get_running_loop().create_future()
            finally:
                self.listening.clear()
                self._door.closed = True
                for server in servers:
                    server.close()
                await self._see_off()

    async def _listen(self, listener: str) -> asyncio.Server | None:
        host, port = host_and_port(listener)
        loop = asyncio.get_running_loop()
        try:
            server = await loop.create_server(
                lambda: Session(self._door, self._sessions), host, port, backlog=BACKLOG, start_serving=True
            )
        except OSError as error:
            raise cannot_listen("smtp.listen", listener, error) from error
        self.addresses += [socket.getsockname()[:2] for socket in server.sockets]
        return server

    async def _see_off(self) -> None:
        """Idle clients are told at once; whoever is in DATA has a while to finish."""
        tasks = [session.task for session in self._sessions]
        for session in tuple(self._sessions):
            session.retire()
        if tasks:
            _, slow = await asyncio.wait(tasks, timeout=self._deadlines.finish)
            for session in tuple(self._sessions):
                session.dismiss(STOPPING)
            log.info("stopped; %d clients were still sending", len(slow))
