"""From a host name to a server that is ready to take mail: TCP, banner, EHLO, STARTTLS, AUTH."""

import asyncio
import base64
import ipaddress
import os
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache

from appliance.smtp.dialogue import Dialogue, Lost, Reply, Silent, Trouble
from appliance.smtp.hop import Hop, Limits, Tls


class TlsTrouble(Trouble):
    """The way to TLS failed; in plain text the same server might still talk."""


@dataclass(frozen=True, slots=True)
class Welcome:
    """A server that has welcomed us."""

    dialogue: Dialogue
    offers: Mapping[str, str]  # EHLO keyword in upper case to its parameters
    tls: str  # protocol and cipher, "" in plain
    tls_trouble: str = ""  # why in plain, although TLS was offered


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, and how."""

    helo: str
    limits: Limits
    source: str = ""  # the local address to call from
    context: ssl.SSLContext | None = None  # instead of the one that checks certificates


async def greet(hop: Hop, address: str, caller: Caller) -> Welcome:
    """Call one address of a hop; Trouble when no mail can be handed over there now.

    Opportunistic TLS that fails is tried once more in plain, on a new connection; never with a password in hand.
    """
    try:
        return await _call(hop, address, caller)
    except TlsTrouble as trouble:
        if hop.tls is not Tls.OPPORTUNISTIC or hop.username:
            raise
        plain = await _call(replace(hop, tls=Tls.NONE), address, caller)
        return replace(plain, tls_trouble=str(trouble))


async def _call(hop: Hop, address: str, caller: Caller) -> Welcome:
    dialogue = await _dial(hop, address, caller)
    try:
        banner = await dialogue.reply(caller.limits.banner, "our call")
        if banner.code != 220:
            raise Trouble(str(banner))
        offers = await _hello(dialogue, caller)
        if hop.tls is Tls.REQUIRED or (hop.tls is Tls.OPPORTUNISTIC and "STARTTLS" in offers):
            offers = await _secure(dialogue, offers, hop, caller)
        if hop.username:
            await _authenticate(dialogue, offers, hop, caller)
    except BaseException:
        dialogue.abort()
        raise
    return Welcome(dialogue, offers, dialogue.tls)


async def _dial(hop: Hop, address: str, caller: Caller) -> Dialogue:
    loop = asyncio.get_running_loop()
    implicit = _context(hop, caller) if hop.tls is Tls.IMPLICIT else None
    try:
        async with asyncio.timeout(caller.limits.connect):
            _, dialogue = await loop.create_connection(
                Dialogue,
                address,
                hop.port,
                ssl=implicit,
                server_hostname=hop.host if implicit else None,
                local_addr=(caller.source, 0) if _same_family(caller.source, address) else None,
            )
    except TimeoutError:
        raise Silent(f"451 4.4.1 no connection within {caller.limits.connect:g} s") from None
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno and error.errno > 0 else error
        raise Lost(f"451 4.4.1 no connection: {reason}") from error
    return dialogue


async def _hello(dialogue: Dialogue, caller: Caller) -> dict[str, str]:
    """What the server offers; nothing when it only understands HELO."""
    dialogue.write(f"EHLO {caller.helo}\r\n".encode("ascii"))
    reply = await dialogue.reply(caller.limits.hello, "EHLO")
    if reply.code == 250:
        return _offers(reply)
    if reply.code < 500:
        raise Trouble(str(reply))
    dialogue.write(f"HELO {caller.helo}\r\n".encode("ascii"))
    reply = await dialogue.reply(caller.limits.hello, "HELO")
    if reply.code != 250:
        raise Trouble(str(reply))
    return {}


def _offers(reply: Reply) -> dict[str, str]:
    lines = (line.replace("AUTH=", "AUTH ", 1).partition(" ") for line in reply.lines[1:])
    return {keyword.upper(): parameters for keyword, _, parameters in lines}


async def _secure(dialogue: Dialogue, offers: dict[str, str], hop: Hop, caller: Caller) -> dict[str, str]:
    """The offers said under TLS; those said before are forgotten (RFC 3207, 4.2)."""
    if "STARTTLS" not in offers:
        raise TlsTrouble("451 4.7.5 the server does not offer STARTTLS")
    try:
        dialogue.write(b"STARTTLS\r\n")
        reply = await dialogue.reply(caller.limits.starttls, "STARTTLS")
        if reply.code != 220:
            raise Trouble(str(reply))
        await dialogue.start_tls(_context(hop, caller), hop.host, caller.limits.starttls)
        return await _hello(dialogue, caller)
    except Trouble as trouble:
        raise TlsTrouble(str(trouble)) from trouble


async def _authenticate(dialogue: Dialogue, offers: dict[str, str], hop: Hop, caller: Caller) -> None:
    """A wrong password is the operator's to mend, never a reason to send somebody's mail back."""
    if hop.tls is not Tls.NONE and not dialogue.tls:
        raise Trouble("451 4.7.11 no password without TLS")
    mechanisms = offers.get("AUTH", "").upper().split()
    user, password = hop.username.encode(), hop.password.encode()
    if "PLAIN" in mechanisms:
        words = [b"AUTH PLAIN " + base64.b64encode(b"\0" + user + b"\0" + password)]
    elif "LOGIN" in mechanisms:
        words = [b"AUTH LOGIN", base64.b64encode(user), base64.b64encode(password)]
    else:
        raise Trouble(f"451 4.7.4 the server takes no password we can give (AUTH {offers.get('AUTH', 'not offered')})")
    for at, word in enumerate(words, start=1):
        dialogue.write(word + b"\r\n")
        reply = await dialogue.reply(caller.limits.auth, "AUTH")
        if reply.code != (235 if at == len(words) else 334):
            raise Trouble(str(reply))


def _context(hop: Hop, caller: Caller) -> ssl.SSLContext:
    if not hop.verify:
        return _trusting()
    return caller.context or _checking()


@cache
def _checking() -> ssl.SSLContext:
    return ssl.create_default_context()


@cache
def _trusting() -> ssl.SSLContext:
    """Encrypts without asking who is there: all that opportunistic TLS can promise."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _same_family(source: str, address: str) -> bool:
    return bool(source) and ipaddress.ip_address(source).version == ipaddress.ip_address(address).version
