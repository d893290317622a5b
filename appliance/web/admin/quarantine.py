"""/admin/quarantine: mail that could not be understood and waits for a person."""

from aiohttp import web

from appliance.model.ids import ArrivalId
from appliance.store import arrivals
from appliance.web.keys import STORE
from appliance.web.render import page, see_other


async def show(request: web.Request) -> web.Response:
    waiting = await request.app[STORE].read(arrivals.quarantined)
    return page(request, "admin/quarantine.html", waiting=waiting)


async def release(request: web.Request) -> web.Response:
    await request.app[STORE].write(arrivals.release, _arrival(request))
    return see_other(request, "/admin/quarantine")


async def raw(request: web.Request) -> web.Response:
    """The mail as it came, to be saved and looked at with other tools."""
    arrival = _arrival(request)
    content = await request.app[STORE].read(arrivals.raw, arrival)
    name = f'attachment; filename="quarantine-{arrival}.eml"'
    return web.Response(body=content, content_type="application/octet-stream", headers={"Content-Disposition": name})


def _arrival(request: web.Request) -> ArrivalId:
    return ArrivalId(int(request.match_info["arrival"]))
