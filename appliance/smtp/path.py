"""The argument of MAIL and RCPT: an address and its parameters (RFC 5321, 4.1.2)."""

import re
from dataclasses import dataclass, field

from appliance.model.domain import ascii_name

_ARGUMENT = re.compile(
    r"""
    (?: < (?:@[^:<>\s]*:)? (?P<path>[^<>]*) >  |  (?P<bare>[^\s<>]+) )   # the source route is ignored (RFC 5321, C)
    (?P<parameters>(?:[ ]+\S+)*) [ ]*
    """,
    re.VERBOSE,
)
_MAILBOX = re.compile(
    r"""
    (?P<local> "(?:[^"\\\x00-\x1f\x7f]|\\[\x20-\x7e])*" | [^\s<>()\[\]",:;@\\\x00-\x1f\x7f]+ )
    (?: @ (?P<domain> \[[^\[\]\s]+\] | [^\s<>()\[\]",:;@\\\x00-\x1f\x7f]+ ) )?
    """,
    re.VERBOSE,
)
_PARAMETER = re.compile(r"([A-Za-z0-9][A-Za-z0-9-]*)(?:=([^=\s\x00-\x1f\x7f]+))?")
_QUOTED_PAIR = re.compile(r"\\(.)")

MAX_LOCAL = 64
MAX_PATH = 320  # generous: RFC 5321 asks for 256, and UTF-8 needs more octets than characters


class Unreadable(Exception):
    """Not an address as the RFC writes it; says what is wrong."""


@dataclass(frozen=True, slots=True)
class Path:
    """An addr-spec in two parts. Both empty is the null reverse-path `<>`; a domain empty is a bare local part."""

    local: str  # quotes taken off, case as it came
    domain: str  # lower case, A-labels
    parameters: dict[str, str] = field(default_factory=dict)  # names in upper case

    @property
    def address(self) -> str:
        return f"{self.local}@{self.domain}" if self.domain else self.local


def read(argument: str, keyword: str) -> Path:
    """`FROM:<ada@example.org> SIZE=100`, keyword being `FROM:` or `TO:`. Raises Unreadable."""
    if argument[: len(keyword)].upper() != keyword:
        raise Unreadable(f"expected {keyword}<address>")
    found = _ARGUMENT.fullmatch(argument[len(keyword) :].lstrip(" "))
    if found is None:
        raise Unreadable(f"expected {keyword}<address>")
    text = found["path"] if found["bare"] is None else found["bare"]
    parameters = _parameters(found["parameters"])
    if not text:
        return Path("", "", parameters)
    mailbox = _MAILBOX.fullmatch(text) if len(text) <= MAX_PATH else None
    if mailbox is None or len(mailbox["local"]) > MAX_LOCAL:
        raise Unreadable("this is not an address")
    return Path(_unquoted(mailbox["local"]), _domain(mailbox["domain"] or ""), parameters)


def _parameters(text: str) -> dict[str, str]:
    found = {}
    for word in text.split():
        parameter = _PARAMETER.fullmatch(word)
        if parameter is None:
            raise Unreadable("a parameter is malformed")
        found[parameter[1].upper()] = parameter[2] or ""
    return found


def _unquoted(local: str) -> str:
    return _QUOTED_PAIR.sub(r"\1", local[1:-1]) if local.startswith('"') else local


def _domain(domain: str) -> str:
    if domain.isascii():
        return domain.lower()
    try:
        return ascii_name(domain)
    except ValueError as error:
        raise Unreadable("this is not a domain") from error
