"""What an agent does with an interaction besides writing: take it, close it, sort it; each a noun under its URL."""

from collections.abc import Callable

from aiohttp import web

from appliance.desk import conversation, handling
from appliance.model.ids import InteractionId, UserId
from appliance.model.user import Actor
from appliance.store import Tx
from appliance.web.agent.exchange import is_number, number_of
from appliance.web.keys import STORE
from appliance.web.render import is_htmx, see_other
from appliance.web.sessions import actor_of


async def close(request: web.Request) -> web.Response:
    return await _done(request, handling.close)


async def reopen(request: web.Request) -> web.Response:
    return await _done(request, handling.reopen)


async def read(request: web.Request) -> web.Response:
    """Somebody looks at it: it is not unread any more."""
    return await _done(request, conversation.seen)


async def assign(request: web.Request) -> web.Response:
    """To the user in the form: `me`, an id, or nobody."""
    user = str((await request.post()).get("user", ""))
    actor = actor_of(request)
    agent = actor.user if user == "me" else UserId(int(user)) if is_number(user) else None
    return await _done(request, lambda tx, actor, number: handling.assign(tx, actor, number, agent))


async def set_status(request: web.Request) -> web.Response:
    code = str((await request.post()).get("status", ""))
    return await _done(request, lambda tx, actor, number: handling.set_status(tx, actor, number, code))


async def set_priority(request: web.Request) -> web.Response:
    code = str((await request.post()).get("priority", ""))
    return await _done(request, lambda tx, actor, number: handling.set_priority(tx, actor, number, code))


async def _done(request: web.Request, change: Callable[[Tx, Actor, InteractionId], None]) -> web.Response:
    """Do it; a script hears 204 and fetches what is new, a plain form goes back to the conversation."""
    number = number_of(request)
    await request.app[STORE].write(change, actor_of(request), number)
    if is_htmx(request):
        return web.Response(status=204)
    return see_other(request, f"/agent/interactions/{number}")
