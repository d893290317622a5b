"""/account: what a person decides for himself: name, language, time zone, colours, password."""

from aiohttp import web

from appliance.errors import Invalid
from appliance.store import users
from appliance.web import client
from appliance.web.keys import ACCOUNTS, SESSION, STORE
from appliance.web.render import is_htmx, page, see_other, words
from appliance.web.sessions import local_path, user_of


async def show(request: web.Request) -> web.Response:
    return _form(request)


async def update(request: web.Request) -> web.Response:
    form = await request.post()
    fields = {name: str(form[name]) for name in ("name", "email", "language", "time_zone") if name in form}
    try:
        await request.app[STORE].write(users.update, user_of(request).id, **fields)
    except Invalid as error:
        return _form(request, status=422, errors=error.fields)
    return see_other(request, "/account?saved=1")


async def theme(request: web.Request) -> web.Response:
    """The browser has changed its colours already: this remembers them."""
    form = await request.post()
    await request.app[STORE].write(users.update, user_of(request).id, theme=str(form.get("theme", "")))
    return _back(request, str(form.get("next", "/")))


async def language(request: web.Request) -> web.Response:
    form = await request.post()
    await request.app[STORE].write(users.update, user_of(request).id, language=str(form.get("language", "")))
    return see_other(request, local_path(str(form.get("next", "/"))))


async def password(request: web.Request) -> web.Response:
    """Every other browser of this person is signed out."""
    form = await request.post()
    old, new = str(form.get("old", "")), str(form.get("password", ""))
    session = request[SESSION]
    try:
        await request.app[ACCOUNTS].change(session.user, session.token_hash, old, new, client_ip=client.ip_of(request))
    except Invalid as error:
        return _form(request, status=422, errors=error.fields)
    return see_other(request, "/account?saved=1")


def _back(request: web.Request, after: str) -> web.Response:
    return web.Response(status=204) if is_htmx(request) else see_other(request, local_path(after))


def _form(request: web.Request, *, status: int = 200, errors: dict[str, str] | None = None) -> web.Response:
    _ = words(request).gettext
    faults = {field: _(fault) for field, fault in (errors or {}).items()}
    saved = "saved" in request.query
    shown = {field: faults.get(field, "") for field in ("name", "email", "language", "old", "password")}
    return page(request, "account.html", status=status, errors=shown, saved=saved, zones=_zones(request))


def _zones(request: web.Request) -> list[str]:
    """Places, as people look for them; what the person has stays to be seen whatever it is."""
    places = {zone for zone in users.zones() if "/" in zone and not zone.startswith("Etc/")}
    return sorted(places | {"UTC", user_of(request).time_zone})
