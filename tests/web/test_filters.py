"""How times are shown to people."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from jinja2 import Environment

from appliance.web.filters import FILTERS
from appliance.web.languages import catalogue

AT = datetime(2026, 11, 22, 17, 6, tzinfo=UTC)


def said(language: str, template: str) -> str:
    environment = Environment(extensions=["jinja2.ext.i18n"], autoescape=True)
    environment.install_gettext_translations(catalogue(language), newstyle=True)  # type: ignore[attr-defined]
    environment.filters.update(FILTERS)
    now = AT + timedelta(seconds=5)
    return environment.from_string(template).render(at=AT, now=now, zone=ZoneInfo("Europe/London"), language=language)


def test_english_has_24_hours_and_the_day_before_the_month() -> None:
    assert said("en", "{{ at|time }}") == "17:06"
    assert said("en", "{{ at|datetime('short') }}") == "22/11/2026, 17:06"
    assert said("en", "{{ at|date }}") == "22 Nov 2026"


@pytest.mark.parametrize(("language", "word"), [("en", "now"), ("it", "ora"), ("es", "ahora"), ("pl", "teraz")])
def test_less_than_a_minute_ago_is_now(language: str, word: str) -> None:
    assert said(language, "{{ at|age }}") == word


def test_a_remark_is_escaped_whatever_a_stranger_wrote_into_it() -> None:
    assert said("pl", "{{ 'not delivered: <b> 100% {x}'|remark }}") == "nie doręczono: &lt;b&gt; 100% {x}"
