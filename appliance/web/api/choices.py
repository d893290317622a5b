"""/api/v1/statuses, /priorities and /breaks: what a team chooses from."""

from aiohttp import web

from appliance.store import choices
from appliance.web.api.endpoint import endpoint
from appliance.web.api.paging import stretch
from appliance.web.api.schemas import Break, Listed, Paging, Priority, Status
from appliance.web.keys import STORE


@endpoint
async def statuses(request: web.Request, query: Paging) -> Listed[Status]:
    """The statuses of interactions."""
    found = await request.app[STORE].read(choices.statuses)
    return stretch(found, query, lambda status: status.id, Status.model_validate)


@endpoint
async def priorities(request: web.Request, query: Paging) -> Listed[Priority]:
    """The priorities of interactions."""
    found = await request.app[STORE].read(choices.priorities)
    return stretch(found, query, lambda priority: priority.id, Priority.model_validate)


@endpoint
async def breaks(request: web.Request, query: Paging) -> Listed[Break]:
    """The types of break."""
    found = await request.app[STORE].read(choices.breaks)
    return stretch(found, query, lambda break_: break_.id, Break.model_validate)
