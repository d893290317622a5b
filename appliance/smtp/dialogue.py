"""One TCP connection to a mail server: commands out, replies in, each reply in time and within limits."""

import asyncio
import re
import ssl
from dataclasses import dataclass
from typing import cast

_LINE_BYTES = 2048  # RFC 5321, 4.5.3.1.5 says 512; real servers say more
_REPLY_BYTES = 65_536
_REPLY_LINES = 200

_LINE = re.compile(rb"([2-5][0-9][0-9])(?:([ -])([^\r\n]*))?\r?\Z")
_ENHANCED = re.compile(r"([245]\.\d{1,3}\.\d{1,3})(?: |\Z)")
_UNSHOWN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


class Trouble(Exception):
    """The conversation cannot go on. Its text begins with a reply code of our own, like a server's reply."""


class Lost(Trouble):
    """The other side hung up."""


class Silent(Trouble):
    """No reply, or not all of it, in time."""


class Garbled(Trouble):
    """What came is not a reply."""


@dataclass(frozen=True, slots=True)
class Reply:
    code: int
    lines: tuple[str, ...]  # without code, safe to show

    def __str__(self) -> str:
        """On one line, the enhanced code said once: `550 5.1.1 no such user; see example.net`."""
        if len(self.lines) == 1:
            return f"{self.code} {self.lines[0]}".strip()[:1000]
        first, *others = self.lines
        if found := _ENHANCED.match(first):
            others = [line.removeprefix(found[1]).lstrip() for line in others]
        return " ".join([str(self.code), first, *others]).strip()[:1000]


class Dialogue(asyncio.Protocol):
    """Reads replies with `reply`, writes with `write` and `drained`; raises nothing but Trouble."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._buffer = bytearray()
        self._woken: asyncio.Future[None] | None = None
        self._paused = False
        self.lost = False

    @property
    def unread(self) -> bool:
        """Something came that nobody has asked for yet."""
        return bool(self._buffer)

    @property
    def tls(self) -> str:
        """Protocol and cipher, "" in plain."""
        secured = self._transport.get_extra_info("ssl_object") if self._transport else None
        return f"{secured.version()} {secured.cipher()[0]}" if secured else ""

    def write(self, data: bytes) -> None:
        if self._transport and not self.lost:
            self._transport.write(data)

    async def drained(self, seconds: float) -> None:
        """Until the other side has read most of what we wrote, speaks, or hangs up."""
        if not self._paused:
            return
        try:
            async with asyncio.timeout(seconds):
                while self._paused and not self.lost and not self.unread:
                    await self._news()
        except TimeoutError:
            raise Silent(f"451 4.4.1 the mail was not read within {seconds:g} s") from None

    async def reply(self, seconds: float, to: str) -> Reply:
        """The next reply, complete within `seconds`; `to` is what we are waiting for, in the words of the log."""
        if self._buffer and (reply := self._take(to)):
            return reply
        try:
            async with asyncio.timeout(seconds):
                while (reply := self._take(to)) is None:
                    if self.lost:
                        raise Lost(f"451 4.4.2 the connection was lost at {to}")
                    await self._news()
        except TimeoutError:
            raise Silent(f"451 4.4.1 no answer to {to} within {seconds:g} s") from None
        return reply

    async def start_tls(self, context: ssl.SSLContext, host: str, seconds: float) -> None:
        """Change to TLS. Whatever was said behind the reply to STARTTLS was said by anybody: refuse it."""
        if self._buffer:
            raise Garbled("451 4.7.0 plain text behind the reply to STARTTLS")
        assert self._transport
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(seconds):
                secured = await loop.start_tls(self._transport, self, context, server_hostname=host)
        except (OSError, TimeoutError) as error:  # ssl.SSLError is an OSError
            raise Lost(f"451 4.7.5 TLS failed: {str(error) or 'no handshake in time'}") from error
        if secured is None:
            raise Lost("451 4.7.5 TLS failed: the connection was lost")
        self._transport = secured

    def abort(self) -> None:
        self.lost = True
        if self._transport:
            self._transport.abort()

    # What asyncio tells us.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if len(self._buffer) > _REPLY_BYTES and self._transport:
            self._transport.pause_reading()
        self._wake()

    def eof_received(self) -> bool:
        self.lost = True
        self._wake()
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost = True
        self._wake()

    def pause_writing(self) -> None:
        self._paused = True

    def resume_writing(self) -> None:
        self._paused = False
        self._wake()

    def _wake(self) -> None:
        if self._woken and not self._woken.done():
            self._woken.set_result(None)

    async def _news(self) -> None:
        """Something changed: bytes came, bytes left, or the other side did."""
        self._woken = asyncio.get_running_loop().create_future()
        await self._woken

    def _take(self, to: str) -> Reply | None:
        """Cut one whole reply from the buffer; None while it is not all there."""
        texts: list[str] = []
        code, start = b"", 0
        while (end := self._buffer.find(b"\n", start)) >= 0:
            line = _LINE.match(bytes(self._buffer[start:end])) if end - start <= _LINE_BYTES else None
            if line is None or line[1] != (code or line[1]) or len(texts) >= _REPLY_LINES:
                raise Garbled(f"451 4.5.0 not an SMTP reply to {to}: {_shown(self._buffer[start : start + 80])!r}")
            code, start = line[1], end + 1
            texts.append(_shown(line[3] or b""))
            if line[2] != b"-":
                del self._buffer[:start]
                return Reply(int(code), tuple(texts))
        if len(self._buffer) - start > _LINE_BYTES or len(self._buffer) > _REPLY_BYTES:
            raise Garbled(f"451 4.5.0 an endless reply to {to}")
        return None


def _shown(line: bytes | bytearray) -> str:
    text = line.decode("utf-8", "replace")
    return text if text.isprintable() else _UNSHOWN.sub(" ", text)
