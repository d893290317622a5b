"""/admin/quarantine: mail that could not be understood and waits for a person."""

from aiohttp import web

from appliance.model.ids import ArrivalId
from appliance.store import arrivals
from appliance.web.keys import STORE
from appliance.web.render import fragment, page, see_other


async def show(request: web.Request) -> web.Response:
    waiting = await request.app[STORE].read(arrivals.quarantined)
    return page(request, "admin/quarantine.html", waiting=waiting)


async def sign(request: web.Request) -> web.Response:
    """For the rail of every page: the way here and how much waits; nothing while nothing does."""
    waiting = (await request.app[STORE].read(arrivals.totals))["quarantined"]
    is_here = request.headers.get("HX-Current-URL", "").partition("?")[0].endswith("/admin/quarantine")
    if not waiting and not is_here:
        return web.Response()
    path = "/admin/quarantine" if is_here else ""
    return fragment(request, "admin/_quarantine_sign.html", waiting=waiting, path=path)


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
