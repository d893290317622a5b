"""What the domain name system says: mail hosts, addresses and texts, each asked once per time-to-live."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import dns.asyncresolver
import dns.exception
import dns.flags
import dns.name
import dns.nameserver
import dns.rdatatype
import dns.resolver
import dns.reversename
from dns.rdtypes.ANY.MX import MX
from dns.rdtypes.ANY.PTR import PTR
from dns.rdtypes.ANY.TXT import TXT
from dns.rdtypes.IN.A import A
from dns.rdtypes.IN.AAAA import AAAA

from appliance.model.domain import ascii_name

_SECONDS_FOR_ONE_SERVER = 2.0


class DnsTrouble(Exception):
    """No answer now (SERVFAIL, REFUSED, silence): the same question may be answered later."""


class Found(StrEnum):
    MX = "mx"
    IMPLICIT = "implicit"  # no MX, but the name has an address (RFC 5321, 5.1)
    NULL = "null"  # the domain says that it takes no mail (RFC 7505)
    NO_ADDRESS = "no_address"  # the name exists, without MX and without address
    NO_DOMAIN = "no_domain"  # NXDOMAIN, or a name that cannot exist


@dataclass(frozen=True, slots=True)
class MailHosts:
    """Where a domain takes its mail: (preference, host name), the most wanted first."""

    found: Found
    hosts: tuple[tuple[int, str], ...] = ()


class Resolver:
    """Asks the given servers ("127.0.0.1:5353", "[::1]:53"), or those of the system; every question ends in time."""

    def __init__(self, servers: Sequence[str] = (), *, seconds: float = 5.0, cached: int = 10_000) -> None:
        self._resolver = dns.asyncresolver.Resolver(configure=False)
        self._resolver.nameservers = [_server(text) for text in servers] or _system_servers()
        self._resolver.lifetime = seconds
        self._resolver.timeout = min(seconds, _SECONDS_FOR_ONE_SERVER)
        self._resolver.cache = dns.resolver.LRUCache(cached)

    async def mx(self, domain: str) -> MailHosts:
        try:
            answer = await self._ask(_name(domain), "MX")
        except (dns.resolver.NXDOMAIN, ValueError):
            return MailHosts(Found.NO_DOMAIN)
        hosts = sorted((r.preference, _text(r.exchange)) for r in answer if isinstance(r, MX))
        if not hosts:
            has_address = bool(await self.addresses(domain))
            return MailHosts(Found.IMPLICIT, ((0, ascii_name(domain)),)) if has_address else MailHosts(Found.NO_ADDRESS)
        if named := tuple((preference, host) for preference, host in hosts if host):
            return MailHosts(Found.MX, named)
        return MailHosts(Found.NULL)

    async def addresses(self, host: str) -> tuple[str, ...]:
        """IPv4 first, then IPv6; () when the host has none or does not exist."""
        four, six = await asyncio.gather(self._family(host, "A"), self._family(host, "AAAA"))
        found = tuple(address for family in (four, six) if not isinstance(family, DnsTrouble) for address in family)
        for family in (four, six):
            if isinstance(family, DnsTrouble) and not found:
                raise family
        return found

    async def txt(self, name: str) -> tuple[str, ...]:
        """Each record's strings joined, bytes as latin-1; () when there is none."""
        records = await self._records(name, "TXT")
        return tuple(b"".join(r.strings).decode("latin-1") for r in records if isinstance(r, TXT))

    async def ptr(self, address: str) -> tuple[str, ...]:
        """The host names of an IP address, lower case, without the final dot."""
        records = await self._records(dns.reversename.from_address(address).to_text(), "PTR")
        return tuple(_text(r.target) for r in records if isinstance(r, PTR))

    async def exists(self, name: str) -> bool:
        """False only when the answer is NXDOMAIN."""
        try:
            await self._ask(_name(name), "A")
        except (dns.resolver.NXDOMAIN, ValueError):
            return False
        return True

    async def _family(self, host: str, kind: str) -> tuple[str, ...] | DnsTrouble:
        try:
            records = await self._records(host, kind)
        except DnsTrouble as trouble:
            return trouble
        return tuple(r.address for r in records if isinstance(r, A | AAAA))

    async def _records(self, name: str, kind: str) -> list[object]:
        try:
            return list(await self._ask(_name(name), kind))
        except (dns.resolver.NXDOMAIN, ValueError):
            return []

    async def _ask(self, name: dns.name.Name, kind: str) -> dns.resolver.Answer:
        try:
            return await self._resolver.resolve(name, kind, search=False, raise_on_no_answer=False)
        except dns.resolver.NXDOMAIN:
            raise
        except (dns.exception.DNSException, OSError) as trouble:
            raise DnsTrouble(f"no answer to {kind} {name}: {trouble}") from trouble


def _name(domain: str) -> dns.name.Name:
    return dns.name.from_text(ascii_name(domain))


def _text(name: dns.name.Name) -> str:
    return name.to_text(omit_final_dot=True).lower() if name != dns.name.root else ""


def _server(text: str) -> dns.nameserver.Nameserver:
    host, colon, port = text.rpartition(":")
    if not colon or (":" in host and not host.startswith("[")):
        host, port = text, "53"
    return dns.nameserver.Do53Nameserver(host.strip("[]"), int(port))


def _system_servers() -> list[dns.nameserver.Nameserver]:
    try:
        system = dns.resolver.Resolver().nameservers
    except dns.resolver.NoResolverConfiguration:
        system = ["127.0.0.1"]
    return [server if isinstance(server, dns.nameserver.Nameserver) else _server_at(server) for server in system]


def _server_at(address: str) -> dns.nameserver.Nameserver:
    return dns.nameserver.Do53Nameserver(address, 53)
