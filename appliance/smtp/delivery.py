"""Our SMTP client: small, pipelined (RFC 2920), one conversation reused for many mails, one recipient each.

What the other side does to us is an outcome (model/delivery.py), never an exception. The line between Deferred and
Unsure is the final dot: before it nothing can have been accepted, behind it everything may have been (RFC 1047).
"""

import asyncio
import contextlib
import re
import socket
import ssl
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from appliance.mail.lines import blocks, crlf
from appliance.model.delivery import Deferred, Delivered, Outcome, Refused, Unsure
from appliance.model.domain import ascii_name
from appliance.smtp.dialogue import Garbled, Lost, Reply, Trouble
from appliance.smtp.hello import Caller, Welcome, greet
from appliance.smtp.hop import RFC_5321, Hop, Limits

BeforeDot = Callable[[], Awaitable[None]]

# The server is tired, not this mail unwanted: 4.3.x (its system), 4.4.5 (congestion), 4.7.28 (rate), or words like it.
_TIRED = re.compile(r"\A4\d\d 4\.(3\.\d+|4\.5|7\.28)\b|too many|too fast|rate|throttl|slow down", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_SPECIAL = re.compile(r"[ <>]")


async def connect(
    hops: Sequence[Hop],
    helo: str,
    *,
    limits: Limits = RFC_5321,
    source: str = "",
    context: ssl.SSLContext | None = None,
) -> "Connection | Deferred":
    """A conversation with the first server that welcomes us; else what the last one said, always as host trouble.

    `source` is the local address to call from; `context` replaces the one that checks certificates.
    """
    caller = Caller(helo, limits, source, context)
    failure = Deferred("451 4.4.4 none of the servers has an address", host_trouble=True)
    tries = limits.addresses
    for hop in hops:
        for address in (await _addresses(hop))[:tries]:
            tries -= 1
            try:
                welcome = await greet(hop, address, caller)
            except Trouble as trouble:
                failure = Deferred(str(trouble), _remote(hop, address), host_trouble=True)
            else:
                return Connection(hop, _remote(hop, address), welcome, limits)
    return failure


@dataclass(frozen=True, slots=True)
class _Step:
    """One command of a transaction, and the reply that lets us go on."""

    name: str
    line: bytes
    yes: int  # the reply's first digit
    seconds: float


class _No(Exception):
    """The mail cannot even be asked for."""


class Connection:
    """One conversation. Not for two tasks at once; `alive` says whether it takes another mail."""

    def __init__(self, hop: Hop, remote: str, welcome: Welcome, limits: Limits) -> None:
        self.hop = hop
        self.remote = remote
        self.tls = welcome.tls
        self.tls_trouble = welcome.tls_trouble
        self.sent = 0  # mails begun
        self.stale = False  # it had hung up between two mails: try this mail on a new connection, at once
        self._dialogue = welcome.dialogue
        self._offers = welcome.offers
        self._limits = limits
        self._unfinished = False  # a transaction was refused half-way: RSET first

    @property
    def alive(self) -> bool:
        """False after a loss, a 421, a time-out, or a word nobody asked for."""
        return not self._dialogue.lost and not self._dialogue.unread

    async def send(self, mail_from: str, recipient: str, raw: bytes, before_dot: BeforeDot) -> Outcome:
        """Hand over one mail. `before_dot` is awaited when all but the final dot is on its way.

        When `before_dot` raises, that passes through, the dot is never written and the connection is gone.
        """
        try:
            steps = self._steps(mail_from, recipient, raw)
        except _No as no:
            return Refused(str(no), self.remote, self.tls)
        self.sent += 1
        try:
            refusal = await self._transaction(steps) or await self._content(raw)
            if refusal:
                return refusal
            await before_dot()
            if not self.alive:
                return await self._early()
        except Trouble as trouble:
            self.abort()
            return self._deferred(str(trouble))
        except BaseException:
            self.abort()
            raise
        return await self._dot()

    async def quit(self) -> None:
        """Say good-bye. What the server answers does not matter any more."""
        if self.alive:
            self._dialogue.write(b"QUIT\r\n")
            with contextlib.suppress(Trouble):
                await self._dialogue.reply(self._limits.quit, "QUIT")
        self.abort()

    def abort(self) -> None:
        self._dialogue.abort()

    def _steps(self, mail_from: str, recipient: str, raw: bytes) -> list[_Step]:
        sender, receiver = _path(mail_from), _path(recipient)
        limits = self._limits
        mail = f"MAIL FROM:<{sender}>{self._parameters(sender + receiver, raw)}\r\n".encode()
        steps = [
            _Step("MAIL", mail, 2, limits.mail),
            _Step("RCPT", f"RCPT TO:<{receiver}>\r\n".encode(), 2, limits.rcpt),
            _Step("DATA", b"DATA\r\n", 3, limits.data),
        ]
        return [_Step("RSET", b"RSET\r\n", 2, limits.mail), *steps] if self._unfinished else steps

    def _parameters(self, paths: str, raw: bytes) -> str:
        parameters = ""
        if "SIZE" in self._offers:
            most = self._offers["SIZE"].strip()
            if most.isdecimal() and 0 < int(most) < len(raw):
                raise _No(f"552 5.3.4 the mail has {len(raw)} bytes, the server takes {most}")
            parameters = f" SIZE={len(raw)}"
        if "8BITMIME" in self._offers and not raw.isascii():
            parameters += " BODY=8BITMIME"
        if not paths.isascii():
            if "SMTPUTF8" not in self._offers:
                raise _No("553 5.6.7 the server does not take addresses beyond ASCII")
            parameters += " SMTPUTF8"
        return parameters

    async def _transaction(self, steps: list[_Step]) -> Outcome | None:
        """RSET, MAIL, RCPT, DATA; None when the server now waits for the mail."""
        if not self.alive:
            self.stale = self.sent > 1
            said = await self._dialogue.reply(self._limits.quit, "the last mail")
            raise Trouble(str(said))
        refused: tuple[_Step, Reply] | None = None
        pipelining = "PIPELINING" in self._offers
        if pipelining:
            self._dialogue.write(b"".join(step.line for step in steps))
        for step in steps:
            if not pipelining:
                self._dialogue.write(step.line)
            reply = await self._answer(step)
            if refused is None and reply.code // 100 != step.yes:
                refused = step, reply
                if not pipelining:
                    break
            elif refused and step.name == "DATA" and reply.code == 354:
                self.abort()  # it waits for a mail without a recipient (RFC 2920, 3.1): hanging up sends none
        if refused is None:
            self._unfinished = False
            return None
        self._unfinished = True
        return self._judge(*refused)

    async def _answer(self, step: _Step) -> Reply:
        try:
            return await self._dialogue.reply(step.seconds, step.name)
        except Lost:
            self.stale = self.sent > 1 and step.name in ("RSET", "MAIL")
            raise

    def _judge(self, step: _Step, reply: Reply) -> Outcome:
        """What a refusal before the mail itself means."""
        if reply.code == 421 or reply.code == 530 or step.name == "RSET":  # 530: our configuration, not this mail
            self.abort()
            return self._deferred(str(reply))
        if reply.code >= 500:
            return Refused(str(reply), self.remote, self.tls)
        if reply.code < 400:
            raise Garbled(f"451 4.5.0 an answer to {step.name} that means nothing: {reply}")
        return self._deferred(str(reply), tired=step.name == "MAIL" and bool(_TIRED.search(str(reply))))

    async def _content(self, raw: bytes) -> Outcome | None:
        """The mail without the final dot, every leading dot doubled (RFC 5321, 4.5.2); None when it is written."""
        for at, block in enumerate(blocks(raw)):
            if at:
                await asyncio.sleep(0)  # a fast reader never makes us wait: let the others have their turn
            stuffed = crlf(block).replace(b"\r\n.", b"\r\n..")
            self._dialogue.write(b"." + stuffed if stuffed.startswith(b".") else stuffed)
            await self._dialogue.drained(self._limits.block)
            if not self.alive:
                return await self._early()
        return None

    async def _early(self) -> Outcome:
        """The server spoke or left before the dot. It is not written, so the mail cannot have been taken."""
        reply = await self._dialogue.reply(self._limits.block, "the mail")
        self.abort()
        if reply.code >= 500:
            return Refused(str(reply), self.remote, self.tls)
        return self._deferred(str(reply), tired=reply.code == 421 or reply.code < 400)

    async def _dot(self) -> Outcome:
        self._dialogue.write(b".\r\n")
        try:
            reply = await self._dialogue.reply(self._limits.dot, "the final dot")
        except Trouble as trouble:
            self.abort()
            return Unsure(str(trouble), self.remote, self.tls)
        except BaseException:
            self.abort()
            raise
        if reply.code < 300:
            return Delivered(str(reply), self.remote, self.tls)
        if reply.code >= 500:
            return Refused(str(reply), self.remote, self.tls)
        if reply.code < 400 or reply.code == 421:
            self.abort()
        if reply.code < 400:
            return Unsure(str(reply), self.remote, self.tls)
        return self._deferred(str(reply), tired=reply.code == 421)

    def _deferred(self, reply: str, *, tired: bool = True) -> Deferred:
        return Deferred(reply, self.remote, self.tls, host_trouble=tired)


async def _addresses(hop: Hop) -> tuple[str, ...]:
    if hop.addresses:
        return hop.addresses
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(hop.host, hop.port, type=socket.SOCK_STREAM)
    except OSError:
        return ()
    return tuple(dict.fromkeys(str(address[0]) for *_, address in found))


def _remote(hop: Hop, address: str) -> str:
    return f"{hop.host} [{address}]:{hop.port}"


def _path(address: str) -> str:
    """An address as MAIL and RCPT spell it: the domain in A-labels; a local part beyond ASCII stays (RFC 6531)."""
    local, at, domain = address.rpartition("@")
    if _CONTROL.search(address) or (_SPECIAL.search(address) and not local.startswith('"')):
        raise _No("553 5.1.3 the address cannot be written in an SMTP command")
    if not at or domain.startswith("[") or domain.isascii():
        return address
    try:
        return f"{local}@{ascii_name(domain)}"
    except ValueError:
        raise _No("553 5.1.2 the address has no possible domain") from None
