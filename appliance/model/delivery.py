"""How an attempt to deliver ended. None of these is an error: the world may do this to us."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Delivered:
    reply: str  # the remote server's last reply, `250 2.0.0 ok ...`
    remote: str = ""  # host [address]:port
    tls: str = ""  # protocol and cipher, "" when plain


@dataclass(frozen=True, slots=True)
class Deferred:
    """Not now: the other side, or the way there, asks us to come back."""

    reply: str
    remote: str = ""
    tls: str = ""
    host_trouble: bool = False  # the whole site is unwell (421, connect): costs the mail no attempt


@dataclass(frozen=True, slots=True)
class Refused:
    """Not ever: trying again would only annoy."""

    reply: str
    remote: str = ""
    tls: str = ""


@dataclass(frozen=True, slots=True)
class Unsure:
    """The final dot may have been seen, and no reply came (RFC 1047)."""

    reply: str
    remote: str = ""
    tls: str = ""


Outcome = Delivered | Deferred | Refused | Unsure
