"""A line of the table of contents: what is said at a URL, and who may come there."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

ANYONE = "anyone"
LADDER = ("agent", "supervisor", "admin")  # who stands higher may do what those below may


@dataclass(frozen=True, slots=True)
class Route:
    method: str
    path: str
    handler: Handler
    role: str  # anyone, agent, supervisor, admin


def get(path: str, handler: Handler, role: str) -> Route:
    return Route("GET", path, handler, role)


def post(path: str, handler: Handler, role: str) -> Route:
    return Route("POST", path, handler, role)


def put(path: str, handler: Handler, role: str) -> Route:
    return Route("PUT", path, handler, role)


def patch(path: str, handler: Handler, role: str) -> Route:
    return Route("PATCH", path, handler, role)


def delete(path: str, handler: Handler, role: str) -> Route:
    return Route("DELETE", path, handler, role)


def admits(role: str, roles: tuple[str, ...]) -> bool:
    """Whether somebody with these roles may come where `role` is asked for."""
    return role == ANYONE or any(one in roles for one in LADDER[LADDER.index(role) :])
