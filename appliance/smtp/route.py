"""Where mail for a domain goes next: a route of the settings, a smarthost, or the domain's own mail hosts."""

import random
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from ipaddress import ip_address
from urllib.parse import parse_qsl, unquote, urlsplit

from appliance.dns import DnsTrouble, Found, MailHosts, Resolver
from appliance.errors import Invalid
from appliance.model.delivery import Deferred, Refused
from appliance.model.domain import ascii_name
from appliance.smtp.hop import Hop, Tls

_SITE_LENGTH = 200
_MAIL_HOSTS = 10  # of one domain; who publishes a hundred does not want mail but look-ups


@dataclass(frozen=True, slots=True)
class Route:
    """The servers to try, in this order, and the name under which all who use them share their limits."""

    site: str
    hops: tuple[Hop, ...]
    direct: bool  # a stranger's own mail hosts; False for routes and smarthosts, which are the operator's


class Router:
    """Explicit hops win, then `routes` (the domain, then "*"), then the smarthosts, then the domain's MX."""

    def __init__(
        self,
        resolver: Resolver,
        *,
        routes: Mapping[str, str] | None = None,
        smarthosts: Sequence[str] = (),
        own: Collection[str] = (),
        port: int = 25,
    ) -> None:
        """`own` are our host names and addresses: who sends us to ourselves has made a loop. Invalid for a bad URL."""
        self._resolver = resolver
        self._routes = {
            _spelled(domain) if domain != "*" else domain: read_hop(text) for domain, text in (routes or {}).items()
        }
        self._smarthosts = tuple(read_hop(text) for text in smarthosts)
        self._own = frozenset(_own(name) for name in own)
        self._port = port

    async def route(self, domain: str, smarthosts: Sequence[Hop] = ()) -> Route | Refused | Deferred:
        """For a recipient's domain; `smarthosts` are those of its campaign or mailbox. Not for our own domains."""
        if smarthosts:
            return _by(smarthosts)
        if hop := self._routes.get(_spelled(domain)) or self._routes.get("*"):
            return _by([hop])
        if self._smarthosts:
            return _by(self._smarthosts)
        try:
            return await (self._literal(domain) if domain.startswith("[") else self._direct(domain))
        except DnsTrouble as trouble:
            return Deferred(f"451 4.4.3 {trouble}")

    async def _direct(self, domain: str) -> Route | Refused | Deferred:
        mx = await self._resolver.mx(domain)
        if refusal := _refusal(domain, mx):
            return refusal
        hosts = _shuffled(mx)
        hops: list[Hop] = []
        for at, (preference, host) in enumerate(hosts):
            addresses = await self._addresses(host, last=at == len(hosts) - 1 and not hops)
            if host in self._own or self._own.intersection(addresses):
                return self._better_than_ours(domain, preference, hosts, hops)
            if addresses:
                hops.append(Hop(host, self._port, addresses=addresses))
        if not hops:
            return Deferred(f"451 4.4.4 none of the mail hosts of {domain} has an address")
        return Route(_site(host for _, host in hosts), tuple(hops), direct=True)

    def _better_than_ours(
        self, domain: str, ours: int, hosts: Sequence[tuple[int, str]], hops: Sequence[Hop]
    ) -> Route | Refused:
        """We are a mail host of it ourselves: only who is more wanted than we may be tried (RFC 5321, 5.1)."""
        wanted = {host for preference, host in hosts if preference < ours}
        better = tuple(hop for hop in hops if hop.host in wanted)
        if not better:
            return Refused(f"554 5.4.6 mail for {domain} comes back to us")
        return Route(_site(wanted), better, direct=True)

    async def _addresses(self, host: str, *, last: bool) -> tuple[str, ...]:
        """A host whose address is in trouble may be passed over, unless it is the last hope."""
        try:
            return await self._resolver.addresses(host)
        except DnsTrouble:
            if last:
                raise
            return ()

    async def _literal(self, domain: str) -> Route | Refused:
        """ada@[192.0.2.1], ada@[IPv6:2001:db8::1] (RFC 5321, 4.1.3)."""
        text = domain.strip("[]")
        text = text[5:] if text.lower().startswith("ipv6:") else text
        try:
            address = str(ip_address(text))
        except ValueError:
            return Refused(f"550 5.1.2 {domain} is no address")
        if address in self._own:
            return Refused(f"554 5.4.6 mail for {domain} comes back to us")
        return Route(address, (Hop(address, self._port, addresses=(address,)),), direct=True)


def read_hop(url: str) -> Hop:
    """`smtp[s]://user:password@host:port?tls=none|opportunistic|required`, or `host:port`; Invalid when it is neither.

    Without `tls=`, a password asks for TLS. Required TLS also checks the certificate, except on loopback.
    """
    try:
        parts = urlsplit(url if "://" in url else f"smtp://{url}")
        options = dict(parse_qsl(parts.query, strict_parsing=True)) if parts.query else {}
        tls = Tls(options.pop("tls", _usual_tls(parts.scheme, bool(parts.username))))
        port = parts.port or {Tls.IMPLICIT: 465}.get(tls, 587 if parts.username else 25)
    except ValueError as error:
        raise Invalid(
            url=f"{_unsecret(url)} is not smtp[s]://user:password@host:port?tls=required ({error})"
        ) from error
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname or options or parts.path not in ("", "/"):
        raise Invalid(url=f"{_unsecret(url)} is not smtp[s]://user:password@host:port?tls=required")
    verify = tls in (Tls.REQUIRED, Tls.IMPLICIT) and not _is_loopback(parts.hostname)
    return Hop(parts.hostname, port, tls, verify, unquote(parts.username or ""), unquote(parts.password or ""))


def _usual_tls(scheme: str, has_password: bool) -> Tls:
    if scheme == "smtps":
        return Tls.IMPLICIT
    return Tls.REQUIRED if has_password else Tls.OPPORTUNISTIC


def _unsecret(url: str) -> str:
    before, at, after = url.rpartition("@")
    return f"{before.partition('://')[0]}://…@{after}" if at else url


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _by(hops: Sequence[Hop]) -> Route:
    """Several smarthosts share the load: each mail begins with another."""
    site = _site(f"{hop.host}:{hop.port}" for hop in hops)
    return Route(site, tuple(random.sample(hops, len(hops))), direct=False)


def _refusal(domain: str, mx: MailHosts) -> Refused | None:
    match mx.found:
        case Found.NULL:
            return Refused(f"556 5.1.10 {domain} takes no mail (null MX)")
        case Found.NO_DOMAIN:
            return Refused(f"550 5.1.2 there is no domain {domain}")
        case Found.NO_ADDRESS:
            return Refused(f"550 5.1.2 {domain} has neither a mail host nor an address")
        case _:
            return None


def _shuffled(mx: MailHosts) -> list[tuple[int, str]]:
    """By preference, those of equal preference in any order (RFC 5321, 5.1)."""
    return sorted(random.sample(mx.hosts, len(mx.hosts)), key=lambda host: host[0])[:_MAIL_HOSTS]


def _site(hosts: Iterable[str]) -> str:
    """One name for a set of hosts, short enough to be shown and to be a key."""
    name = ",".join(sorted({host.lower() for host in hosts}))
    if len(name) <= _SITE_LENGTH:
        return name
    return f"{name[:100]}…{sha256(name.encode()).hexdigest()[:16]}"


def _own(name: str) -> str:
    try:
        return str(ip_address(name))
    except ValueError:
        return _spelled(name)


def _spelled(domain: str) -> str:
    try:
        return ascii_name(domain)
    except ValueError:
        return domain.lower()
