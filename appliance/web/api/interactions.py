"""/api/v1/interactions: the conversations with customers, and what is done with one besides writing."""

from aiohttp import web

from appliance.desk import handling
from appliance.errors import Invalid, NotFound
from appliance.model.ids import InteractionId, UserId
from appliance.model.user import Actor
from appliance.store import Tx, search
from appliance.store import interactions as conversations
from appliance.web.api.endpoint import endpoint
from appliance.web.api.paging import cut
from appliance.web.api.schemas import Listed
from appliance.web.api.schemas_desk import Assignment, Closure, Interaction, InteractionChange, InteractionFilter
from appliance.web.keys import STORE
from appliance.web.sessions import actor_of


@endpoint
async def index(request: web.Request, query: InteractionFilter) -> Listed[Interaction]:
    """The interactions of your campaigns, open and closed, the newest number first."""
    after = None if query.after is None else InteractionId(query.after)
    found = await request.app[STORE].read(
        search.matching, actor_of(request), query.wanted(), after=after, limit=query.limit + 1
    )
    return cut(found, query, lambda each: each.id, Interaction.of)


@endpoint
async def show(request: web.Request, number: InteractionId) -> Interaction:
    """One interaction."""
    return await _interaction(request, number)


@endpoint
async def update(request: web.Request, number: InteractionId, body: InteractionChange) -> Interaction:
    """Change status or priority, by their codes."""
    await request.app[STORE].write(_change, actor_of(request), number, body)
    return await _interaction(request, number)


@endpoint
async def assign(request: web.Request, number: InteractionId, body: Assignment) -> Interaction:
    """Give it to a member of its campaign, or to nobody. 409 for somebody who is no member."""
    user = None if body.user is None else UserId(body.user)
    await request.app[STORE].write(handling.assign, actor_of(request), number, user)
    return await _interaction(request, number)


@endpoint
async def close(request: web.Request, number: InteractionId, body: Closure) -> Interaction:
    """Nothing is left to do. Closing what is closed changes nothing."""
    await request.app[STORE].write(handling.close, actor_of(request), number)
    return await _interaction(request, number)


async def _interaction(request: web.Request, number: InteractionId) -> Interaction:
    return Interaction.of(await request.app[STORE].read(conversations.get, actor_of(request), number))


def _change(tx: Tx, actor: Actor, number: InteractionId, body: InteractionChange) -> None:
    conversations.get(tx, actor, number)
    for field, set_ in (("status", handling.set_status), ("priority", handling.set_priority)):
        if field in body.model_fields_set:
            try:
                set_(tx, actor, number, getattr(body, field))
            except NotFound as error:
                raise Invalid(**{field: str(error)}) from error
