"""One conversation at the MX door: the commands of RFC 5321, spoken to whoever connects."""

import re
import ssl

from appliance.model.arrival import Envelope
from appliance.smtp.content import Content
from appliance.smtp.door import NO_ROOM, SLOWEST, STOPPING, Door, said_of
from appliance.smtp.path import Path, Unreadable, read
from appliance.smtp.wire import Wire

MAX_COMMAND = 4096  # RFC 5321, 4.5.3.1.4 asks for 512, parameters and UTF-8 for more
MAX_RECIPIENTS = 100
MAX_BAD = 20  # commands that make no sense
MAX_STRANGERS = 100  # recipients that we had to refuse
MAX_IDLE = 200  # commands since the last mail

_ODD = re.compile(r"[^A-Za-z0-9.:_\[\]-]")  # what a host name has no business to have in our Received header
_WEB = {"GET", "POST", "CONNECT", "PUT", "HEAD"}  # a browser that was tricked into talking to us


class Session(Wire):
    """Replies are collected while further commands are pending, so that a pipelining client (RFC 2920) gets them
    in one piece. A method `smtp_NAME` is a command."""

    def __init__(self, door: Door, sessions: set["Session"]) -> None:
        super().__init__()
        self._door = door
        self._sessions = sessions
        self._leaving = False
        self._taking: Content | None = None
        self._taking_since = 0.0
        self._taken = 0
        self._crowded = False  # there was no memory for it
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

    def retire(self) -> None:
        """We are stopping: say so at once, or when the mail that is being taken is settled."""
        self._leaving = True
        if self._taking is None:
            self.dismiss(STOPPING)

    async def converse(self) -> None:
        self._sessions.add(self)
        turned_away = self._door.enter(self.client_ip)
        if turned_away:
            self.dismiss(turned_away)
            return
        self.say(f"220 {self._door.hostname} ESMTP Posthouse")
        while not self.over:
            self.allow(self._door.deadlines.command)
            await self._obey(await self._line())

    def ended(self) -> None:
        self._sessions.discard(self)
        self._door.leave(self.client_ip)

    def overdue(self) -> float:
        if self._taking is not None:
            allowed = self._door.deadlines.data + self._taken / SLOWEST
            left = self._taking_since + allowed - self.loop.time()
            if left > 0:
                return left
        self.dismiss("421 4.4.2 you are too slow")
        return 0

    async def _line(self) -> bytes:
        """The next command without its line end. Raises ConnectionError when there is none."""
        while (end := self.pending.find(b"\n")) < 0:
            if len(self.pending) > MAX_COMMAND:
                self.dismiss("500 5.5.2 this line is too long")
                raise ConnectionAbortedError
            await self.more()
        line = bytes(self.pending[:end])
        del self.pending[: end + 1]
        return line.removesuffix(b"\r")

    # Commands ------------------------------------------------------------------------------------------------------

    async def _obey(self, line: bytes) -> None:
        verb, _, argument = line.partition(b" ")
        name = verb.upper().decode("ascii", "replace")
        method = _COMMANDS.get(name)
        self._idle += 1
        if self._idle > MAX_IDLE:
            self.dismiss("421 4.7.0 too many commands and no mail")
        elif name in _WEB:
            self.dismiss("554 5.5.1 this is not a web server")
        elif method is None or len(line) > MAX_COMMAND:
            self._complain("500 5.5.2 this is not a command we know")
        else:
            try:
                await method(self, argument.decode().strip(" \t"))
            except UnicodeDecodeError:
                self._complain("500 5.5.2 this is not UTF-8")
            except (ConnectionError, ssl.SSLError, TimeoutError):
                raise
            except Exception as error:
                self.say(said_of(error))

    def _complain(self, reply: str) -> None:
        self._bad += 1
        if self._bad >= MAX_BAD:
            self.dismiss("421 4.7.0 too many bad commands")
        else:
            self.say(reply)

    def _in_step(self) -> bool:
        """Whether the client waits for our reply, where it must (RFC 2920, 3.1); else it is sent away."""
        if self.pending:
            self.dismiss("554 5.5.0 wait for the reply before you go on")
        return not self.pending

    async def smtp_HELO(self, hostname: str) -> None:
        self._greet(hostname, [])

    async def smtp_EHLO(self, hostname: str) -> None:
        offers = ["PIPELINING", f"SIZE {self._door.max_bytes}", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES"]
        if self._door.tls is not None and not self.tls:
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
                self.say(f"250-{offer}")
            self.say(f"250 {offers[-1] if offers else self._door.hostname}")

    async def smtp_STARTTLS(self, arg: str) -> None:
        if self._door.tls is None or self.tls:
            self._complain("503 5.5.1 not now")
        elif arg:
            self._complain("501 5.5.4 STARTTLS stands alone")
        elif self._in_step():  # what was said in plain may have been put in by somebody between us
            self.say("220 2.0.0 go ahead")
            await self.secure(self._door.tls, self._door.deadlines.handshake)
            self._start_over()

    async def smtp_MAIL(self, arg: str) -> None:
        if not self._helo or self._from is not None:
            self._complain("503 5.5.1 " + ("one mail at a time" if self._helo else "say EHLO first"))
            return
        try:
            path = read(arg, "FROM:")
        except Unreadable as error:
            self._complain(f"501 5.1.7 {error}")
            return
        trouble = self._trouble_with(path)
        if trouble:
            self.say(trouble)
        else:
            self._from = path
            self.say("250 2.1.0 sender ok")

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

    async def smtp_RCPT(self, arg: str) -> None:
        if self._from is None:
            self._complain("503 5.5.1 MAIL comes first")
            return
        if len(self._to) >= MAX_RECIPIENTS:
            self.say(f"452 4.5.3 no more than {MAX_RECIPIENTS} recipients at once")
            return
        try:
            path = read(arg, "TO:")
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
            self.say("250 2.1.5 recipient ok")

    def _refuse_recipient(self, reply: str) -> None:
        self._strangers += 1
        if self._strangers > MAX_STRANGERS:
            self.dismiss("421 4.7.0 too many unknown recipients")
        else:
            self.say(reply)

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
            self.say(NO_ROOM)
        else:
            self.say("354 go ahead, end with a dot on a line")
            await self._take()
            self._forget_mail()
            if self._leaving:
                self.dismiss(STOPPING)

    async def _take(self) -> None:
        """Read the mail and keep it; its bytes count as in flight as long as we hold them."""
        content = self._taking = Content(self._door.max_bytes)
        self._taken, self._taking_since, self._crowded = 0, self.loop.time(), False
        self._door.in_flight += content.held
        self.allow(self._door.deadlines.data)
        try:
            await self.pour(self._swallow)
            self.allow(None)  # from here on it is we who take our time
            self.say(NO_ROOM if self._crowded else await self._keep(content))
        finally:
            self._door.in_flight -= content.held
            self._taking = None
        self._idle = self._bad = 0

    def _swallow(self, chunk: bytes) -> bool:
        """A piece of the mail; True when the end has come."""
        content = self._taking
        assert content is not None
        self._taken = min(self._taken + len(chunk), self._door.max_bytes)
        before = content.held
        rest = content.feed(chunk)
        if not self._crowded and self._door.crowded(content.held - before):
            self._crowded = True
            content.drop()
        self._door.in_flight += content.held - before
        self.pending += rest or b""
        return rest is not None

    async def _keep(self, content: Content) -> str:
        assert self._from is not None
        tls = self.tls
        utf8 = "UTF8" if "SMTPUTF8" in self._from.parameters else ""
        protocol = f"{utf8}SMTP" if utf8 else "ESMTP" if self._extended else "SMTP"
        to = tuple(dict.fromkeys(self._to))
        envelope = Envelope(self._from.address, to, self.client_ip, self._helo, tls)
        return await self._door.take(content, envelope, protocol + "S" if tls else protocol)

    async def smtp_RSET(self, arg: str) -> None:
        self._forget_mail()
        self.say("250 2.0.0 forgotten")

    async def smtp_NOOP(self, arg: str) -> None:
        self.say("250 2.0.0 here I am")

    async def smtp_QUIT(self, arg: str) -> None:
        self.dismiss("221 2.0.0 good bye")

    async def smtp_VRFY(self, arg: str) -> None:
        self.say("252 2.1.5 send it, and you will see")

    async def smtp_HELP(self, arg: str) -> None:
        self.say("214 2.0.0 RFC 5321 tells all that we know")

    async def smtp_EXPN(self, arg: str) -> None:
        self._complain("502 5.5.1 we have no lists")

    async def smtp_AUTH(self, arg: str) -> None:
        self._complain("503 5.5.1 nobody signs in at this door")


_COMMANDS = {name.removeprefix("smtp_"): method for name, method in vars(Session).items() if name.startswith("smtp_")}
