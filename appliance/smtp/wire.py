"""A connection as a conversation sees it: bytes come when asked for, replies go together, one deadline watches.

aiosmtpd's protocol stood here first. Its costs for each connection and each line made the door slower than the
floors allow (docs/decisions/0003), so this is a protocol of our own, made for a conversation that waits.
"""

import asyncio
import logging
import ssl
from abc import ABC, abstractmethod
from collections.abc import Callable

log = logging.getLogger(__name__)

HIGH_WATER = 1 << 18  # bytes that may wait for us before the client has to
LINGER = 5.0  # seconds that a last word may take to leave


class Wire(asyncio.Protocol, ABC):
    """`converse` is the conversation, run as `task` from the connection's first moment to its last."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.client_ip = ""
        self.over = False  # the last word is said
        self.tls = ""  # protocol and cipher, "" when plain
        self.task: asyncio.Task[None]
        self.pending = bytearray()  # what came and is not used yet
        self._transport: asyncio.Transport
        self._replies: list[str] = []
        self._waiter: asyncio.Future[None] | None = None
        self._sink: Callable[[bytes], bool] | None = None
        self._ended = self._reading_paused = self._writing_paused = False
        self._due = 0.0
        self._alarm: asyncio.TimerHandle | None = None

    @abstractmethod
    async def converse(self) -> None: ...

    @abstractmethod
    def ended(self) -> None:
        """The conversation is over, however it ended."""

    @abstractmethod
    def overdue(self) -> float:
        """The deadline is here. Seconds to go on for, or 0 when the client has been dismissed."""

    def say(self, reply: str) -> None:
        """Goes with the others when we next wait for the client."""
        if not self.over:
            self._replies.append(reply)

    def dismiss(self, reply: str) -> None:
        """A last word, and hang up."""
        self.say(reply)
        self.hang_up()

    def hang_up(self) -> None:
        self.over = True
        self.send()
        self._transport.close()
        self.loop.call_later(LINGER, self._transport.abort)

    def send(self) -> None:
        if self._replies and not self._transport.is_closing():
            self._replies.append("")
            self._transport.write("\r\n".join(self._replies).encode())
        self._replies.clear()

    async def more(self) -> None:
        """Return when more is pending. Raises ConnectionResetError when no more will come."""
        self.send()
        self._read_on()
        had = len(self.pending)
        while len(self.pending) == had or self._writing_paused:
            if self._ended:
                raise ConnectionResetError
            self._waiter = self.loop.create_future()
            await self._waiter

    async def pour(self, sink: Callable[[bytes], bool]) -> None:
        """Give everything that comes to the sink until it says True: no turn of the task for each chunk.

        Raises ConnectionResetError when the client ends before that.
        """
        self.send()
        self._sink = sink
        self._read_on()
        while self._sink is not None:
            if self._ended:
                raise ConnectionResetError
            self._waiter = self.loop.create_future()
            await self._waiter

    async def secure(self, context: ssl.SSLContext, seconds: float) -> None:
        """STARTTLS, our side, after its 220. Raises ssl.SSLError, ConnectionError."""
        self.send()
        transport = await self.loop.start_tls(
            self._transport, self, context, server_side=True, ssl_handshake_timeout=seconds
        )
        if transport is None:
            raise ConnectionResetError
        self._transport = transport
        cipher = transport.get_extra_info("cipher")
        self.tls = f"{cipher[1]} {cipher[0]}"

    def allow(self, seconds: float | None) -> None:
        """The client may take so long from now; None: we are the ones who take time."""
        if seconds is None:
            self._due = float("inf")
            return
        self._due = self.loop.time() + seconds
        if self._alarm is None or self._alarm.when() > self._due:
            self._set_alarm()

    def _set_alarm(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
        self._alarm = self.loop.call_at(self._due, self._ring)

    def _ring(self) -> None:
        """Most of the time the deadline has moved on since: cheaper than to move the alarm with every command."""
        self._alarm = None
        if self._due == float("inf"):
            return
        if self._due <= self.loop.time():
            seconds = self.overdue()
            if not seconds:
                return
            self._due = self.loop.time() + seconds
        self._set_alarm()

    def _read_on(self) -> None:
        if self._reading_paused:
            self._reading_paused = False
            self._transport.resume_reading()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    # What the event loop tells us ----------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]  # uvloop's is one without saying so
        peer = transport.get_extra_info("peername")
        self.client_ip = str(peer[0]).partition("%")[0].removeprefix("::ffff:") if peer else ""
        self.task = self.loop.create_task(self._live())

    def data_received(self, data: bytes) -> None:
        if self._sink is not None:
            if self._sink(data):
                self._sink = None
                self._wake()
            return
        self.pending += data
        if len(self.pending) > HIGH_WATER and not self._reading_paused:
            self._reading_paused = True
            self._transport.pause_reading()
        self._wake()

    def eof_received(self) -> bool:
        """A client that has no more to say may still want to hear; TLS cannot be closed by halves."""
        self._ended = True
        self._wake()
        return not self.tls

    def pause_writing(self) -> None:
        self._writing_paused = True

    def resume_writing(self) -> None:
        self._writing_paused = False
        self._wake()

    def connection_lost(self, error: Exception | None) -> None:
        self.task.cancel()

    async def _live(self) -> None:
        try:
            await self.converse()
        except (ConnectionError, ssl.SSLError, TimeoutError):
            log.info("%s went away", self.client_ip)
        except Exception:
            log.exception("the conversation with %s broke", self.client_ip)
        finally:
            if self._alarm is not None:
                self._alarm.cancel()
            self.ended()
            if not self.over:
                self.hang_up()
