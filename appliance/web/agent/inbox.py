"""/agent/inbox: what there is to do, by view, campaign or search."""

from typing import Any

from aiohttp import web

from appliance.web import headers
from appliance.web.agent.exchange import is_number
from appliance.web.agent.listing import Listing, asked, listing
from appliance.web.keys import SETTINGS, STORE
from appliance.web.render import fragment, is_htmx, page
from appliance.web.sessions import actor_of


async def show(request: web.Request) -> web.Response:
    """The whole page; for a script the two left panes alone, or with `after` only the rows that follow."""
    question = asked(request)
    shown = await request.app[STORE].read(listing, actor_of(request), question)
    if is_htmx(request):
        template = "agent/_rows.html" if question.after else "agent/_panes.html"
        return fragment(request, template, listing=shown, opened=_opened(request))
    return desk(request, shown)


def desk(request: web.Request, listing: Listing, *, opened: int | None = None, **conversation: object) -> web.Response:
    """The page with three panes; without a conversation its place says how to choose one."""
    values: dict[str, Any] = {
        "open": None,
        "listing": listing,
        "opened": opened,
        "most_bytes": request.app[SETTINGS].desk.max_upload_bytes,
        **conversation,
    }
    return page(request, "agent/inbox.html", policy=headers.COMPOSER, **values)


def _opened(request: web.Request) -> int | None:
    number = request.query.get("open", "")
    return int(number) if is_number(number) else None
