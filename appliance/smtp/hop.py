"""A server to hand mail to, and how long we wait for it."""

from dataclasses import dataclass, field
from enum import StrEnum


class Tls(StrEnum):
    NONE = "none"
    OPPORTUNISTIC = "opportunistic"  # when offered; better unproved than plain (RFC 7435)
    REQUIRED = "required"  # STARTTLS or nothing
    IMPLICIT = "implicit"  # from the first byte (RFC 8314)


@dataclass(frozen=True, slots=True)
class Hop:
    host: str
    port: int = 25
    tls: Tls = Tls.OPPORTUNISTIC
    verify: bool = False  # the certificate must be good for `host`
    username: str = ""
    password: str = field(default="", repr=False)
    addresses: tuple[str, ...] = ()  # () asks the system


@dataclass(frozen=True, slots=True)
class Limits:
    """How long we wait for each reply, in seconds (RFC 5321, 4.5.3.2), and how many addresses we try."""

    connect: float = 30
    banner: float = 300
    hello: float = 300
    starttls: float = 120
    auth: float = 120
    mail: float = 300
    rcpt: float = 300
    data: float = 120
    block: float = 180
    dot: float = 600
    quit: float = 5
    addresses: int = 6


RFC_5321 = Limits()
