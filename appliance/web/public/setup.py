"""/setup/<token>: a person chooses the first password, once, and is signed in."""

from aiohttp import web

from appliance.errors import Invalid
from appliance.model.user import User
from appliance.store import View, sessions, users
from appliance.web import client
from appliance.web.keys import ACCOUNTS, STORE
from appliance.web.public.sign_in import browser
from appliance.web.render import page, see_other, words
from appliance.web.sessions import keep


async def show(request: web.Request) -> web.Response:
    return await _form(request)


async def create(request: web.Request) -> web.Response:
    _ = words(request).gettext
    form = await request.post()
    password = str(form.get("password", ""))
    if password != str(form.get("again", "")):
        return await _form(request, status=422, again=_("is not the same"))
    try:
        signed_in = await request.app[ACCOUNTS].choose(
            request.match_info["token"], password, client_ip=client.ip_of(request), client=browser(request)
        )
    except Invalid as error:
        return await _form(request, status=422, error=_(error.fields["password"]))
    response = see_other(request, "/")
    keep(request, response, signed_in.cookie)
    return response


async def _form(request: web.Request, *, status: int = 200, error: str = "", again: str = "") -> web.Response:
    person = await request.app[STORE].read(_invited, request.match_info["token"])
    return page(request, "public/setup.html", status=status, person=person, error=error, again=again)


def _invited(view: View, token: str) -> User:
    return users.get(view, sessions.offered(view, token))
