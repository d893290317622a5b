"""From a template and its values to a response, in the language and the time zone of the person who asks."""

import json
from collections.abc import Callable, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from aiohttp import web
from babel.support import NullTranslations
from jinja2 import Environment, PackageLoader, StrictUndefined

import appliance
from appliance.model.user import LANGUAGES, User
from appliance.web import filters, headers
from appliance.web.keys import CLOCK, CSRF, POSITION, SESSION, SETTINGS, TEMPLATES
from appliance.web.languages import catalogue, names, negotiated

LANGUAGE_COOKIE = "posthouse-language"  # what a person chose before anybody knew who he is


class Templates:
    """One environment a language: a compiled template says its words without asking whose they are."""

    def __init__(self, static: Callable[[str], str]) -> None:
        self._environments = {language: _environment(language, static) for language in LANGUAGES}

    def render(self, language: str, template: str, values: Mapping[str, object]) -> str:
        return self._environments[language].get_template(template).render(values)


def page(
    request: web.Request, template: str, *, status: int = 200, policy: str = headers.PAGE, **values: object
) -> web.Response:
    """A whole page; `policy` is one of web.headers."""
    response = fragment(request, template, status=status, **values)
    response.headers["Content-Security-Policy"] = policy
    return response


def fragment(request: web.Request, template: str, *, status: int = 200, **values: object) -> web.Response:
    """A piece of a page, for htmx to put where it belongs."""
    html = render(request, template, **values)
    return web.Response(text=html, status=status, content_type="text/html", headers={"Vary": "HX-Request, Cookie"})


def render(request: web.Request, template: str, **values: object) -> str:
    """The template's text; beside `values` it finds those of `surroundings`."""
    return request.app[TEMPLATES].render(language_of(request), template, {**surroundings(request), **values})


def surroundings(request: web.Request) -> dict[str, object]:
    """What every template may use."""
    user = person(request)
    return {
        "user": user,
        "csrf": request.get(CSRF, ""),
        "language": language_of(request),
        "theme": user.theme if user else "auto",
        "zone": ZoneInfo(user.time_zone) if user else request.app[SETTINGS].zone,
        "now": request.app[CLOCK](),
        "path": request.path,
        "position": request[POSITION],
        "version": appliance.__version__,
    }


def see_other(request: web.Request, url: str) -> web.Response:
    """Done: look there."""
    if is_htmx(request):
        return web.Response(headers={"HX-Redirect": url})
    return web.Response(status=303, headers={"Location": url})


def toast(response: web.StreamResponse, text: str, *, undo: str = "") -> None:
    """Have the page say a sentence at its edge; `undo` is a URL that is POSTed to when the person takes it back."""
    response.headers["HX-Trigger"] = json.dumps({"posthouse:toast": {"text": text, "undo": undo}})


def is_htmx(request: web.Request) -> bool:
    return request.headers.get("HX-Request") == "true"


def person(request: web.Request) -> User | None:
    session = request.get(SESSION)
    return session.user if session else None


def language_of(request: web.Request) -> str:
    """The person's own; of a stranger what he chose, else what his browser asks for, else English."""
    user = person(request)
    chosen = user.language if user else request.query.get("language") or request.cookies.get(LANGUAGE_COOKIE)
    return chosen if chosen in LANGUAGES else negotiated(request.headers.get("Accept-Language", ""))


def words(request: web.Request) -> NullTranslations:
    """The translations for texts made in Python: `_ = words(request).gettext`."""
    return catalogue(language_of(request))


def _environment(language: str, static: Callable[[str], str]) -> Environment:
    environment = Environment(
        loader=PackageLoader("appliance.web"),
        extensions=["jinja2.ext.i18n"],
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    extended: Any = environment  # the i18n extension adds its methods when it is loaded
    extended.install_gettext_translations(catalogue(language), newstyle=True)
    environment.globals.update(static=static, languages=names(), icon=filters.icon, csrf_field=filters.csrf_field)
    environment.filters.update(filters.FILTERS)
    return environment
