"""/healthz: whether Posthouse works, for a load balancer, a monitor, or a script that waits for the start."""

import asyncio

from aiohttp import web

import appliance
from appliance.errors import ApplianceError
from appliance.store import users
from appliance.web.keys import CHECKS, STORE

PATIENCE = 2.0  # seconds that the store may take for the smallest question


async def show(request: web.Request) -> web.Response:
    checks = {"store": await _store_answers(request)} | {name: works() for name, works in request.app[CHECKS].items()}
    is_well = all(checks.values())
    return web.json_response(
        {"status": "ok" if is_well else "failing", "version": appliance.__version__, "checks": checks},
        status=200 if is_well else 503,
    )


async def _store_answers(request: web.Request) -> bool:
    try:
        async with asyncio.timeout(PATIENCE):
            return await request.app[STORE].read(users.listed) is not None
    except (ApplianceError, TimeoutError):
        return False
