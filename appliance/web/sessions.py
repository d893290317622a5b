"""Who is asking: the cookie or the bearer token becomes a person, and the table of contents says whether he may."""

from typing import NoReturn
from urllib.parse import quote

from aiohttp import web

from appliance.errors import Denied
from appliance.model.user import Actor, Session, User
from appliance.store import sessions, tokens
from appliance.web import client
from appliance.web.keys import ACTOR, ROLES, SESSION, STORE
from appliance.web.languages import N_
from appliance.web.route import ANYONE, Handler, admits

COOKIE = "posthouse"


def session_of(request: web.Request) -> Session | None:
    return request.get(SESSION)


def user_of(request: web.Request) -> User:
    """The person signed in; only where the table of contents asks for a role."""
    return request[SESSION].user


def actor_of(request: web.Request) -> Actor:
    """Who acts, person or program; only where the table of contents asks for a role."""
    return request[ACTOR]


def is_api(request: web.Request) -> bool:
    return request.path.startswith("/api/")


@web.middleware
async def recognise(request: web.Request, handler: Handler) -> web.StreamResponse:
    """The API knows tokens only, the pages know cookies only: so no page can make a browser use the API."""
    if is_api(request):
        await _by_token(request)
    elif cookie := request.cookies.get(COOKIE):
        await _by_cookie(request, cookie)
    return await handler(request)


@web.middleware
async def admit(request: web.Request, handler: Handler) -> web.StreamResponse:
    role = request.app[ROLES].get(request.match_info.route, ANYONE)
    if role == ANYONE:
        return await handler(request)
    if ACTOR not in request:
        _ask_to_sign_in(request)
    if not admits(role, request[ACTOR].roles):
        raise Denied(N_("This is for other roles than yours. If you need it, ask your administrator."))
    return await handler(request)


def keep(request: web.Request, response: web.StreamResponse, cookie: str) -> None:
    """Give the browser its new session."""
    response.set_cookie(COOKIE, cookie, path="/", httponly=True, samesite="Lax", secure=client.is_https(request))


def forget(request: web.Request, response: web.StreamResponse) -> None:
    response.del_cookie(COOKIE, path="/", httponly=True, samesite="Lax", secure=client.is_https(request))


def local_path(text: str) -> str:
    """Where to go after signing in: a path of ours, or the front door when somebody smuggled in another site."""
    is_ours = text.startswith("/") and not text.startswith(("//", "/\\")) and text.isprintable() and "\\" not in text
    return text if is_ours else "/"


async def _by_token(request: web.Request) -> None:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token:
        actor = await request.app[STORE].read(tokens.actor, token.strip())
        if actor is not None:
            request[ACTOR] = actor


async def _by_cookie(request: web.Request, cookie: str) -> None:
    store = request.app[STORE]
    found = await store.read(sessions.of, sessions.hash_of(cookie))
    if found is None:
        return
    request[SESSION], is_due = found
    request[ACTOR] = Actor.of(request[SESSION].user)
    if is_due:
        await store.write(sessions.seen, request[SESSION].token_hash)


def _ask_to_sign_in(request: web.Request) -> NoReturn:
    if is_api(request):
        raise web.HTTPUnauthorized(headers={"WWW-Authenticate": 'Bearer realm="posthouse"'})
    if request.headers.get("HX-Request") == "true":
        page = request.headers.get("HX-Current-URL", "/").partition("://")[2].partition("/")[2]
        raise web.HTTPUnauthorized(headers={"HX-Redirect": _sign_in("/" + page)})
    if request.headers.get("Accept") == "text/event-stream":
        raise web.HTTPUnauthorized
    raise web.HTTPSeeOther(_sign_in(request.path_qs if request.method == "GET" else "/"))


def _sign_in(after: str) -> str:
    return "/sign-in" if after == "/" else f"/sign-in?next={quote(after)}"
