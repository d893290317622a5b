"""Who is at the other end: the browser's address, and whether it speaks https, also when a proxy stands between."""

import ipaddress
from functools import cache

from aiohttp import web

from appliance.web.keys import SETTINGS


def ip_of(request: web.Request) -> str:
    """The nearest address that is no proxy of ours: what stands further left in X-Forwarded-For anybody can write."""
    chain = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",") if part.strip()]
    address = peer(request)
    while chain and is_trusted(request, address) and _is_address(chain[-1]):
        address = chain.pop()
    return address


def is_https(request: web.Request) -> bool:
    if request.transport is not None and request.transport.get_extra_info("sslcontext") is not None:
        return True
    return is_trusted(request, peer(request)) and request.headers.get("X-Forwarded-Proto", "").lower() == "https"


def host_of(request: web.Request) -> str:
    """The host and port that the browser believes it talks to, in lower case."""
    forwarded = request.headers.get("X-Forwarded-Host", "")
    return (forwarded if forwarded and is_trusted(request, peer(request)) else request.host).lower()


def peer(request: web.Request) -> str:
    return request.remote or ""


def is_trusted(request: web.Request, address: str) -> bool:
    """Whether the operator named this address as a proxy of his."""
    return _within(address, request.app[SETTINGS].web.trusted_proxies)


def is_loopback(address: str) -> bool:
    return _is_address(address) and ipaddress.ip_address(address).is_loopback


@cache
def _networks(networks: tuple[str, ...]) -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
    return tuple(ipaddress.ip_network(network, strict=False) for network in networks)


def _within(address: str, networks: tuple[str, ...]) -> bool:
    return _is_address(address) and any(ipaddress.ip_address(address) in network for network in _networks(networks))


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
