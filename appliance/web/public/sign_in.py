"""/sign-in and /sign-out."""

from datetime import timedelta
from math import ceil

from aiohttp import web
from babel.dates import format_timedelta

from appliance.desk.accounts import Refused, SignedIn
from appliance.model.user import LANGUAGES
from appliance.store import users
from appliance.web import client
from appliance.web.keys import ACCOUNTS, STORE
from appliance.web.languages import negotiated
from appliance.web.render import language_of, page, see_other, words
from appliance.web.sessions import forget, keep, local_path, session_of


async def show(request: web.Request) -> web.Response:
    after = local_path(request.query.get("next", "/"))
    if session_of(request):
        return see_other(request, after)
    return _form(request, after=after)


async def create(request: web.Request) -> web.Response:
    form = await request.post()
    username, after = str(form.get("username", "")), local_path(str(form.get("next", "/")))
    outcome = await request.app[ACCOUNTS].sign_in(
        username, str(form.get("password", "")), client_ip=client.ip_of(request), client=browser(request)
    )
    if isinstance(outcome, Refused):
        return _refuse(request, outcome, username, after)
    if before := session_of(request):
        await request.app[ACCOUNTS].sign_out(before.token_hash)
    await _speak(request, outcome, str(form.get("language", "")))
    response = see_other(request, after)
    keep(request, response, outcome.cookie)
    return response


async def remove(request: web.Request) -> web.Response:
    response = see_other(request, "/sign-in")
    session = session_of(request)
    if session is not None:
        await request.app[ACCOUNTS].sign_out(session.token_hash)
    forget(request, response)
    return response


def browser(request: web.Request) -> str:
    """The browser's own words, kept beside the session so that a person can tell his sessions apart."""
    return request.headers.get("User-Agent", "")


def _refuse(request: web.Request, outcome: Refused, username: str, after: str) -> web.Response:
    _ = words(request).gettext
    if outcome.wait is None:
        return _form(request, status=401, error=_("Wrong name or password."), username=username, after=after)
    seconds = ceil(outcome.wait.total_seconds())
    time = format_timedelta(timedelta(seconds=seconds), threshold=1.5, locale=language_of(request))
    error = _("Too many tries. Please wait %(time)s.") % {"time": time}
    response = _form(request, status=429, error=error, username=username, after=after)
    response.headers["Retry-After"] = str(seconds)
    return response


async def _speak(request: web.Request, person: SignedIn, language: str) -> None:
    """A language chosen against the browser's is meant: the person keeps it."""
    meant = language != negotiated(request.headers.get("Accept-Language", ""))
    if meant and language in LANGUAGES and language != person.user.language:
        await request.app[STORE].write(users.update, person.user.id, language=language)


def _form(
    request: web.Request, *, status: int = 200, error: str = "", username: str = "", after: str = "/"
) -> web.Response:
    chosen = language_of(request)
    return page(
        request, "public/sign_in.html", status=status, error=error, username=username, after=after, chosen=chosen
    )
