"""No other site makes a browser change anything here: a change carries a token and comes from our own origin."""

import asyncio
import hmac
import secrets
from collections.abc import Mapping
from urllib.parse import urlsplit

from aiohttp import web

from appliance.errors import Denied
from appliance.web import client
from appliance.web.keys import CSRF, SESSION
from appliance.web.languages import N_
from appliance.web.route import Handler
from appliance.web.sessions import is_api

SAFE = ("GET", "HEAD", "OPTIONS")
COOKIE = "posthouse-form"  # stands in for a session until there is one
FIELD, HEADER = "csrf", "X-CSRF-Token"
FORM = "application/x-www-form-urlencoded"
PATIENCE = 30.0  # seconds that a stranger may take to send a form
SMALL = 65536  # bytes: nobody who is not signed in has more to say


@web.middleware
async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    if is_api(request):  # a bearer token is never sent by a browser on its own
        return await handler(request)
    request[CSRF] = _expected(request)
    if request.method not in SAFE:
        _check_origin(request)
        await _check_token(request)
    response = await handler(request)
    _remember(request, response)
    return response


def _remember(request: web.Request, response: web.StreamResponse) -> None:
    """Who has no session gets the form's token as a cookie too: it shows that form and browser belong together."""
    is_known = SESSION in request or request.cookies.get(COOKIE) == request[CSRF]
    if not is_known and not response.prepared and response.content_type == "text/html":
        secure = client.is_https(request)
        response.set_cookie(COOKIE, request[CSRF], path="/", httponly=True, samesite="Lax", secure=secure)


def _expected(request: web.Request) -> str:
    if SESSION in request:
        return request[SESSION].csrf
    return request.cookies.get(COOKIE) or secrets.token_urlsafe(32)


def _check_origin(request: web.Request) -> None:
    """By Origin, else by Sec-Fetch-Site, else by Referer; a program sends none of them and needs the token alone."""
    origin = request.headers.get("Origin")
    site = request.headers.get("Sec-Fetch-Site")
    referer = request.headers.get("Referer")
    if origin is not None:
        ours = _host_in(origin) == client.host_of(request)
    elif site is not None:
        ours = site == "same-origin"
    else:
        ours = referer is None or _host_in(referer) == client.host_of(request)
    if not ours:
        raise Denied(N_("The request came from another site."))


def _host_in(url: str) -> str | None:
    try:
        return urlsplit(url).netloc.lower()
    except ValueError:  # a bracket that is never closed
        return None


async def _form(request: web.Request) -> Mapping[str, object]:
    """The form, which is read here once for everybody. Raises HTTPBadRequest for what only pretends to be one."""
    try:
        async with asyncio.timeout(None if SESSION in request else PATIENCE):
            return await request.post()
    except TimeoutError as error:
        raise web.HTTPRequestTimeout from error
    except (ValueError, LookupError, web.RequestPayloadError) as error:  # boundary, charset, compression
        raise web.HTTPBadRequest from error


async def _check_token(request: web.Request) -> None:
    if SESSION not in request and (request.content_length is None or request.content_length > SMALL):
        raise web.HTTPRequestEntityTooLarge(SMALL, request.content_length or 0)
    form = await _form(request) if request.content_type == FORM or HEADER not in request.headers else {}
    token = request.headers.get(HEADER) or form.get(FIELD)
    if not isinstance(token, str) or not hmac.compare_digest(token.encode(), request[CSRF].encode()):
        raise Denied(N_("This page is too old: go back, load it again, and try once more."))
