"""Why we say no, in the language of HTTP: a page for people, a fragment for htmx, a problem document for programs."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field

from aiohttp import web

from appliance.errors import ApplianceError, Busy, Conflict, Denied, Invalid, NotFound
from appliance.web.languages import N_
from appliance.web.render import is_htmx, page, toast, words
from appliance.web.route import Handler
from appliance.web.sessions import is_api

log = logging.getLogger(__name__)

STATUS: dict[type[ApplianceError], int] = {NotFound: 404, Denied: 403, Invalid: 422, Conflict: 409, Busy: 503}
RETRY_SECONDS = 5


TITLES = {
    400: N_("This request cannot be understood"),
    403: N_("You may not do this"),
    404: N_("There is nothing here"),
    405: N_("This cannot be done here"),
    409: N_("Somebody else was quicker"),
    413: N_("This is too large"),
    422: N_("Something is not right yet"),
    429: N_("Too many tries"),
    500: N_("Something went wrong on our side"),
    503: N_("Just a moment"),
}
VAGUE = (404, 500, 503)  # where the reason helps nobody, or tells a stranger too much
ADVICE = {
    404: N_("It may have been moved or removed, or it is in a queue that you are not a member of."),
    500: N_(
        "It has been written to the log. Nothing of what you did is half done: try again, or tell your administrator."
    ),
    503: N_("Posthouse cannot take work for the moment. Nothing is lost: try again in a few seconds."),
}


@dataclass(frozen=True, slots=True)
class Problem:
    status: int
    detail: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)


@web.middleware
async def translate(request: web.Request, handler: Handler) -> web.StreamResponse:
    """The outermost: whatever happens inside, somebody gets an answer that says it in words."""
    if not _is_text(request):
        return answer(request, Problem(400))
    try:
        return await handler(request)
    except ApplianceError as error:
        return answer(request, problem_of(error))
    except web.HTTPException as response:
        if response.status < 400:
            raise
        return answer(request, Problem(response.status, headers=_told(response)))
    except ConnectionError:  # the browser left half-way, and nobody hears this
        return answer(request, Problem(400))
    except Exception:
        log.exception("%s %s failed", request.method, request.path)
        return answer(request, Problem(500))


def _is_text(request: web.Request) -> bool:
    """Whether the headers are UTF-8: other bytes come as half a character, which can neither be compared nor kept."""
    try:
        "".join(request.headers.values()).encode()
    except UnicodeEncodeError:
        return False
    return True


def problem_of(error: ApplianceError) -> Problem:
    status = next(code for kind, code in STATUS.items() if isinstance(error, kind))
    fields = error.fields if isinstance(error, Invalid) else {}
    headers = {"Retry-After": str(RETRY_SECONDS)} if status == 503 else {}
    return Problem(status, str(error), fields, headers)


def answer(request: web.Request, problem: Problem) -> web.Response:
    if is_api(request):
        response = document(problem)
    elif is_htmx(request):
        response = _for_htmx(request, problem)
    else:
        response = _for_people(request, problem)
    response.headers.update(problem.headers)
    return response


def document(problem: Problem) -> web.Response:
    """RFC 9457."""
    content = {
        "status": problem.status,
        "title": problem.detail or TITLES.get(problem.status, web.Response(status=problem.status).reason),
        "errors": [{"field": name, "message": message} for name, message in problem.fields.items()],
    }
    return web.json_response(content, status=problem.status, content_type="application/problem+json")


def _for_htmx(request: web.Request, problem: Problem) -> web.Response:
    """What stands on the page stays, and a toast says why nothing happened."""
    response = web.Response(status=problem.status, headers={"HX-Reswap": "none"})
    gettext = words(request).gettext
    toast(response, gettext(problem.detail) if problem.detail else _title(request, problem.status))
    return response


def _for_people(request: web.Request, problem: Problem) -> web.Response:
    gettext = words(request).gettext
    advice = ADVICE.get(problem.status) if problem.status in VAGUE else problem.detail
    return page(
        request,
        "public/problem.html",
        status=problem.status,
        title=_title(request, problem.status),
        advice=gettext(advice) if advice else "",
        code=problem.status,
    )


def _title(request: web.Request, status: int) -> str:
    return words(request).gettext(TITLES.get(status, TITLES[400 if status < 500 else 500]))


def _told(response: web.HTTPException) -> dict[str, str]:
    """What a refusal of aiohttp's or ours adds: where to go, what is allowed, who must sign in."""
    wanted = ("Allow", "HX-Redirect", "WWW-Authenticate", "Retry-After")
    return {name: response.headers[name] for name in wanted if name in response.headers}
