"""One conversation at the MX door: the commands of RFC 5321, spoken to whoever connects."""

import asyncio
import logging
import re
import ssl

from aiosmtpd.smtp import SMTP

from appliance.model.arrival import Envelope
from appliance.smtp.content import Content
from appliance.smtp.door import NO_ROOM, SLOWEST, Door, said_of
from appliance.smtp.path import Path, Unreadable, read

log = logging.getLogger(__name__)

CHUNK = 1 << 18
MAX_COMMAND = 4096  # RFC 5321, 4.5.3.1.4 asks for 512, parameters and UTF-8 for more
MAX_RECIPIENTS = 100
MAX_BAD = 20  # commands that make no sense
MAX_STRANGERS = 100  # recipients that we had to refuse
MAX_IDLE = 200  # commands since the last mail
LINGER = 5.0  # seconds that a last word may take to leave

_ODD = re.compile(r"[^A-Za-z0-9.:_\[\]-]")  # what a host name has no business to have in our Received header
_WEB = {"GET", "POST", "CONNECT", "PUT", "HEAD"}  # a browser that was tricked into talking to us


class Session(SMTP):
    """aiosmtpd's protocol with our own commands and reading.

    Replies are collected while further commands wait in the buffer, so that a pipelining client (RFC 2920) gets
    them in one piece; DATA is read by the chunk, addresses with a regular expression: aiosmtpd's own ways took
    four fifths of the time.
    """

    def __init__(self, door: Door, sessions: set["Session"]) -> None:
        super().__init__(
            door,
            hostname=door.hostname,
            timeout=door.deadlines.command,
            enable_SMTPUTF8=True,
            loop=asyncio.get_running_loop(),
        )
        self._door = door
        self._sessions = sessions
        self._client_ip = ""
        self._pending = bytearray()
        self._replies: list[str] = []
        self._over = False
        self._leaving = False
        self._taking: Content | None = None
        self._taking_since = 0.0
        self._taken = 0
        self._bad = self._idle = self._strangers = 0
        self._start_over()

    def _start_over(self) -> None:
        """As after the greeting: also what STARTTLS asks for (RFC 3207, 4.2)."""
        self._helo = ""
        self._extended = False
        self._forget_mail()

    def _forget_mail(self) -> None:
        self._from: Path | None = None
        self._to: list[str] = []

    def task(self) -> "asyncio.Task[None]":
        assert self._handler_coroutine is not None
        return self._handler_coroutine

    def retire(self) -> None:
        """We are stopping: say so at once, or when the mail that is being taken is settled."""
        self._leaving = True
        if self._taking is None:
            self.dismiss("421 4.3.2 we are stopping, please try again later")

    def dismiss(self, reply: str) -> None:
        """A last word, and hang up."""
        self._say(reply)
        self._over = True
        self._send()
        if self.transport is not None:
            self.transport.close()
            self.loop.call_later(LINGER, self._writer.transport.abort)

    # The connection ------------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        peer = transport.get_extra_info("peername")
        self._client_ip = str(peer[0]).partition("%")[0].removeprefix("::ffff:") if peer else ""
        self._sessions.add(self)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self._sessions.discard(self)
        self._door.leave(self._client_ip)
        super().connection_lost(error)

    def eof_received(self) -> bool:
        """A client that has no more to say may still want to hear; TLS cannot be closed by halves."""
        self._reader.feed_eof()
        return not self._tls()

    def _timeout_cb(self) -> None:
        if self._taking is not None:
            allowed = self._door.deadlines.data + self._taken / SLOWEST
            left = self._taking_since + allowed - self.loop.time()
            if left > 0:
                self._reset_timeout(left)
                return
        self.dismiss("421 4.4.2 you are too slow")

    async def _handle_client(self) -> None:
        turned_away = self._door.enter(self._client_ip)
        try:
            if turned_away:
                self.dismiss(turned_away)
            self._say(f"220 {self._door.hostname} ESMTP Posthouse")
            while not self._over:
                await self._obey(await self._line())
            self._send()
        except (ConnectionError, ssl.SSLError, TimeoutError):
            log.info("%s went away", self._client_ip)
        except Exception:
            log.exception("the conversation with %s broke", self._client_ip)
        finally:
            if self.transport is not None:
                self.transport.close()

    async def _line(self) -> bytes:
        """The next command without its line end. Raises ConnectionError when there is none."""
        while (end := self._pending.find(b"\n")) < 0:
            if len(self._pending) > MAX_COMMAND:
                self.dismiss("500 5.5.2 this line is too long")
                raise ConnectionAbortedError
            self._pending += await self._more()
        line = bytes(self._pending[:end])
        del self._pending[: end + 1]
        return line.removesuffix(b"\r")

    async def _more(self) -> bytes:
        self._send()
        await self._writer.drain()
        chunk: bytes = await self._reader.read(CHUNK)
        if not chunk:
            raise ConnectionResetError
        return chunk

    def _say(self, reply: str) -> None:
        if not self._over:
            self._replies.append(reply)

    def _send(self) -> None:
        if self._replies and self.transport is not None:
            self._replies.append("")
            self._writer.write("\r\n".join(self._replies).encode())
        self._replies = []

    def _tls(self) -> str:
        """Protocol and cipher, "" when plain."""
        cipher = self.transport.get_extra_info("cipher") if self.transport is not None else None
        return f"{cipher[1]} {cipher[0]}" if cipher else ""

    # Commands ------------------------------------------------------------------------------------------------------

    async def _obey(self, line: bytes) -> None:
        self._reset_timeout()
        verb, _, argument = line.partition(b" ")
        name = verb.upper().decode("ascii", "replace")
        method = self._smtp_methods.get(name)
        self._idle += 1
        if self._idle > MAX_IDLE:
            self.dismiss("421 4.7.0 too many commands and no mail")
        elif name in _WEB:
            self.dismiss("554 5.5.1 this is not a web server")
        elif method is None or len(line) > MAX_COMMAND:
            self._complain("500 5.5.2 this is not a command we know")
        else:
            try:
                await method(argument.decode().strip(" \t"))
            except UnicodeDecodeError:
                self._complain("500 5.5.2 this is not UTF-8")
            except (ConnectionError, ssl.SSLError, TimeoutError):
                raise
            except Exception as error:
                self._say(said_of(error))

    def _complain(self, reply: str) -> None:
        self._bad += 1
        if self._bad >= MAX_BAD:
            self.dismiss("421 4.7.0 too many bad commands")
        else:
            self._say(reply)

    def _in_step(self) -> bool:
        """Whether the client waits for our reply, where it must (RFC 2920, 3.1); else it is sent away."""
        if self._pending:
            self.dismiss("554 5.5.0 wait for the reply before you go on")
        return not self._pending

    async def smtp_HELO(self, hostname: str) -> None:
        self._greet(hostname, [])

    async def smtp_EHLO(self, hostname: str) -> None:
        offers = ["PIPELINING", f"SIZE {self._door.max_bytes}", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES"]
        if self._door.tls is not None and not self._tls():
            offers.append("STARTTLS")
        self._greet(hostname, offers)

    def _greet(self, name: str, offers: list[str]) -> None:
        if not name:
            self._complain("501 5.5.4 say who you are")
        elif self._in_step():
            self._start_over()
            self._helo = _ODD.sub("?", name.split()[0])[:255]
            self._extended = bool(offers)
            for offer in [self._door.hostname, *offers[:-1]] if offers else []:
                self._say(f"250-{offer}")
            self._say(f"250 {offers[-1] if offers else self._door.hostname}")

    async def smtp_STARTTLS(self, arg: str) -> None:
        if self._door.tls is None or self._tls():
            self._complain("503 5.5.1 not now")
        elif arg:
            self._complain("501 5.5.4 STARTTLS stands alone")
        elif self._in_step():  # what was said in plain may have been put in by somebody between us
            self._say("220 2.0.0 go ahead")
            self._send()
            await self._writer.start_tls(self._door.tls, ssl_handshake_timeout=self._door.deadlines.handshake)
            self.transport = self._writer.transport
            self._reader._transport = self.transport  # type: ignore[attr-defined]  # 3.11 forgets this
            self._start_over()

    async def smtp_MAIL(self, arg: str | None) -> None:
        if not self._helo or self._from is not None:
            self._complain("503 5.5.1 " + ("one mail at a time" if self._helo else "say EHLO first"))
            return
        try:
            path = read(arg or "", "FROM:")
        except Unreadable as error:
            self._complain(f"501 5.1.7 {error}")
            return
        trouble = self._trouble_with(path)
        if trouble:
            self._say(trouble)
        else:
            self._from = path
            self._say("250 2.1.0 sender ok")

    def _trouble_with(self, path: Path) -> str:
        """RFC 1870, RFC 6152, RFC 6531: the parameters of MAIL."""
        parameters = path.parameters
        size = parameters.get("SIZE", "0")
        if parameters.keys() - {"SIZE", "BODY", "SMTPUTF8"}:
            return "555 5.5.4 a parameter is unknown"
        if not size.isdecimal() or len(size) > 20 or parameters.get("SMTPUTF8"):
            return "501 5.5.4 a parameter is malformed"
        if parameters.get("BODY", "7BIT").upper() not in ("7BIT", "8BITMIME"):
            return "501 5.5.4 BODY is 7BIT or 8BITMIME"
        if int(size) > self._door.max_bytes:
            return f"552 5.3.4 we take mails up to {self._door.max_bytes} bytes"
        if not path.local.isascii() and "SMTPUTF8" not in parameters:
            return "553 5.6.7 this address needs SMTPUTF8"
        return ""

    async def smtp_RCPT(self, arg: str | None) -> None:
        if self._from is None:
            self._complain("503 5.5.1 MAIL comes first")
            return
        if len(self._to) >= MAX_RECIPIENTS:
            self._say(f"452 4.5.3 no more than {MAX_RECIPIENTS} recipients at once")
            return
        try:
            path = read(arg or "", "TO:")
        except Unreadable as error:
            self._complain(f"501 5.1.3 {error}")
            return
        if path.parameters:
            self._complain("555 5.5.4 a parameter is unknown")
            return
        address, trouble = await self._door.recipient(path)
        if trouble:
            self._refuse_recipient(trouble)
        else:
            self._to.append(address)
            self._say("250 2.1.5 recipient ok")

    def _refuse_recipient(self, reply: str) -> None:
        self._strangers += 1
        if self._strangers > MAX_STRANGERS:
            self.dismiss("421 4.7.0 too many unknown recipients")
        else:
            self._say(reply)

    async def smtp_DATA(self, arg: str) -> None:
        if arg or self._from is None:
            self._complain("501 5.5.4 DATA stands alone" if arg else "503 5.5.1 MAIL comes first")
        elif not self._to:
            self._complain("554 5.5.1 no valid recipients")
        elif not self._in_step():
            return
        elif not self._door.has_room(int(self._from.parameters.get("SIZE", "0"))):
            self._door.counts["deferred"] += 1
            self._forget_mail()
            self._say(NO_ROOM)
        else:
            self._say("354 go ahead, end with a dot on a line")
            await self._take()
            self._forget_mail()
            if self._leaving:
                self.dismiss("421 4.3.2 we are stopping, please try again later")

    async def _take(self) -> None:
        """Read the mail and keep it; its bytes count as in flight as long as we hold them."""
        content = self._taking = Content(self._door.max_bytes)
        held, self._taken, self._taking_since = 0, 0, self.loop.time()
        crowded = False
        self._reset_timeout(self._door.deadlines.data)
        try:
            rest: bytes | None = None
            while rest is None:
                chunk = await self._more()
                self._taken = min(self._taken + len(chunk), self._door.max_bytes)
                rest = content.feed(chunk)
                self._door.in_flight += content.held - held
                held = content.held
                if not crowded and self._door.crowded():
                    crowded = True
                    content.drop()
            self._pending += rest
            assert self._timeout_handle is not None
            self._timeout_handle.cancel()  # from here on it is we who take our time
            self._say(NO_ROOM if crowded else await self._keep(content))
        finally:
            self._door.in_flight -= held
            self._taking = None
        self._idle = self._bad = 0

    async def _keep(self, content: Content) -> str:
        assert self._from is not None
        tls = self._tls()
        utf8 = "UTF8" if "SMTPUTF8" in self._from.parameters else ""
        protocol = f"{utf8}SMTP" if utf8 else "ESMTP" if self._extended else "SMTP"
        to = tuple(dict.fromkeys(self._to))
        envelope = Envelope(self._from.address, to, self._client_ip, self._helo, tls)
        return await self._door.take(content, envelope, protocol + "S" if tls else protocol)

    async def smtp_RSET(self, arg: str) -> None:
        self._forget_mail()
        self._say("250 2.0.0 forgotten")

    async def smtp_NOOP(self, arg: str) -> None:
        self._say("250 2.0.0 here I am")

    async def smtp_QUIT(self, arg: str) -> None:
        self._say("221 2.0.0 good bye")
        self._over = True

    async def smtp_VRFY(self, arg: str) -> None:
        self._say("252 2.1.5 send it, and you will see")

    async def smtp_HELP(self, arg: str) -> None:
        self._say("214 2.0.0 RFC 5321 tells all that we know")

    async def smtp_EXPN(self, arg: str) -> None:
        self._complain("502 5.5.1 we have no lists")

    async def smtp_AUTH(self, arg: str) -> None:
        self._complain("503 5.5.1 nobody signs in at this door")
