"""/api/v1/outbox: every mail that leaves, one row for each recipient, and what became of it."""

from aiohttp import web

from appliance.model.ids import OutboxId
from appliance.store import outbox
from appliance.web.api.endpoint import endpoint
from appliance.web.api.paging import cut
from appliance.web.api.schemas import Listed, OutboxFilter, Posted
from appliance.web.keys import STORE


@endpoint
async def index(request: web.Request, query: OutboxFilter) -> Listed[Posted]:
    """What waits to leave, and what has left."""
    after = None if query.after is None else OutboxId(query.after)
    found = await request.app[STORE].read(outbox.listed, query.state, after=after, limit=query.limit + 1)
    return cut(found, query, lambda posted: posted.id, Posted.model_validate)


@endpoint
async def show(request: web.Request, row: OutboxId) -> Posted:
    """One row."""
    return Posted.model_validate(await request.app[STORE].read(outbox.get, row))
