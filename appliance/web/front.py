"""/: to the inbox, or to the sign-in page."""

from aiohttp import web

from appliance.web.render import see_other
from appliance.web.sessions import session_of


async def show(request: web.Request) -> web.Response:
    return see_other(request, "/agent/inbox" if session_of(request) else "/sign-in")
