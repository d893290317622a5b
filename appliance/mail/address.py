"""Addresses in header fields (RFC 5322 3.4), read tolerantly and without recursion."""

import re
from collections.abc import Iterator

from appliance.mail import headers, limits
from appliance.model.mail import Address

NOBODY = Address("", "")

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"?|[(),:;<>]|\\.?|[^"(),:;<>\\]+', re.DOTALL)
_ADDRESS = re.compile(r"[^\s@<>,;:\"()]{1,250}@[^\s@<>,;:\"()]{1,255}")
_QUOTED_ADDRESS = re.compile(r'"[^"@<>]{1,100}"@[^\s@<>,;:"()]{1,255}\Z')


def parse(value: str) -> tuple[Address, ...]:
    """The people in a From, To or Cc, in order; what has no address is left out.

    Names are decoded after the commas are found, so that an encoded comma does not split a name.
    """
    found: list[Address] = []
    for name, address in _people(value):
        person = _person(name, address)
        if person is not None:
            found.append(person)
        if len(found) == limits.ADDRESSES:
            break
    if not found and "=?" in value:  # some encode the whole field, brackets and all
        plain = headers.decoded(value)
        return parse(plain) if "=?" not in plain else ()
    if not found and (lost := _ADDRESS.search(value)):  # behind an unclosed quote or parenthesis
        return (Address("", _lower_domain(lost[0])),)
    return tuple(found)


def first(value: str) -> Address:
    """The first person, NOBODY when there is none."""
    return next(iter(parse(value)), NOBODY)


def _people(value: str) -> Iterator[tuple[str, str]]:
    """Pairs of name and address, undecoded: one pass over the tokens, comments counted instead of nested."""
    name: list[str] = []
    comment: list[str] = []
    address = ""
    depth, inside = 0, False
    for piece in _TOKEN.findall(value):
        if piece == "(":
            depth += 1
        elif depth:
            depth -= piece == ")"
            comment.append(piece if piece != ")" else " ")
        elif piece == "<":
            inside, address = True, ""
        elif piece == ">":
            inside = False
        elif inside and piece != ",":
            address = "" if piece == ":" else address + piece  # "<@route,@route:address>" is a source route
        elif piece in (",", ";"):
            yield _named(name, comment, address)
            name, comment, address, inside = [], [], "", False
        elif piece == ":" and not inside:
            name = []  # the name of a group
        elif not inside:
            name.append(piece)
    yield _named(name, comment, address)


def _named(name: list[str], comment: list[str], address: str) -> tuple[str, str]:
    """Name and address; without angle brackets the name stands in a comment: "ada@example.org (Ada)"."""
    text, remark = "".join(name), "".join(comment)
    if not address and "@" in text:
        return remark, text
    return text if text.strip() else remark, address


def _person(name: str, address: str) -> Address | None:
    plain = _addr_spec(address)
    if plain is None:
        return None
    name = "" if name.strip() == address.strip() else _plain_name(name)
    return Address("" if name.lower() == plain.lower() else name[:200], plain)


def _addr_spec(address: str) -> str | None:
    address = address.strip().strip("'")
    if address.startswith('"') and _QUOTED_ADDRESS.match(address):
        return _lower_domain(address)
    match = _ADDRESS.search(headers.decoded(address).replace(" ", "") if "=?" in address else address)
    return _lower_domain(match[0]) if match else None


def _lower_domain(address: str) -> str:
    local, _, domain = address.rpartition("@")
    return f"{local}@{domain.lower().rstrip('.')}"


def _plain_name(name: str) -> str:
    """Quotes removed, encoded words decoded, also those that stand inside quotes although they must not."""
    if '"' in name or "\\" in name:
        name = re.sub(r"\\(.)", r"\1", name.replace('\\"', "\0").replace('"', " ").replace("\0", '"'))
    name = headers.decoded(name)
    if len(name) > 1 and name[0] == name[-1] == "'":
        name = name[1:-1]
    return name.strip()
