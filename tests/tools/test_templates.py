"""The template lint refuses what a browser, or a colleague, would stumble over."""

import pytest
from jinja2 import DictLoader, Environment

from tools import templates


@pytest.fixture
def pages() -> Environment:
    return Environment(loader=DictLoader({"page.html": ""}), extensions=["jinja2.ext.i18n"])


def test_a_plain_page_is_fine(pages: Environment) -> None:
    source = '{% extends "page.html" %}{% trans %}Hello{% endtrans %}<script type="module" src="{{ app }}"></script>'
    assert list(templates.faults_of(pages, "x.html", source)) == []


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        ("\n{% if %}", "2: Expected an expression, got 'end of statement block'"),
        ('{% include "gone.html" %}', "1: there is no template gone.html"),
        ('<img src="/static/gone.svg">', "1: there is no static file gone.svg"),
        ("<script>alert(1)</script>", "1: an inline script, which the content security policy forbids"),
        ('<p style="color: red">', "1: a style attribute, which the content security policy forbids"),
        ('<a onclick="go()">', "1: an inline handler, which the content security policy forbids"),
        ('<a hx-on:click="go()">', "1: an inline handler, which the content security policy forbids"),
        ('<a hx-vals="js:{a: b}">', "1: code in an attribute, which the content security policy forbids"),
    ],
)
def test_a_fault_is_named_with_its_line(pages: Environment, source: str, complaint: str) -> None:
    assert list(templates.faults_of(pages, "x.html", source)) == [complaint]
