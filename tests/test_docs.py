"""What the documents name exists: functions, URLs, and the records of decisions."""

import re
from functools import reduce
from importlib import import_module
from pathlib import Path

import pytest

from appliance.web.routes import ROUTES

DOCS = Path(__file__).parents[1] / "docs"
PLACE = re.compile(r"`([a-z_/]+(?:\.[A-Za-z_]+)+)`")
URL = re.compile(r"/api/v1[\w/.]*")
EXAMPLE = re.compile(r"(?<=/)\d+(?=/|$)")


@pytest.mark.parametrize("place", PLACE.findall((DOCS / "flow.md").read_text()))
def test_every_function_that_the_two_paths_name_exists(place: str) -> None:
    path, *names = place.split(".")
    assert callable(reduce(getattr, names, import_module("appliance." + path.replace("/", "."))))


def test_every_url_that_the_page_of_the_api_names_exists() -> None:
    known = [re.sub(r"\{[^}]*\}", "1", route.path) for route in ROUTES]
    named = {EXAMPLE.sub("1", url.rstrip("/.")) for url in URL.findall((DOCS / "api.md").read_text())}

    assert len(named) > 5
    assert {url for url in named if not any(f"{path}/".startswith(f"{url}/") for path in known)} == set()


def test_every_decision_is_in_their_list_and_they_are_numbered_without_a_gap() -> None:
    records = sorted(path.name for path in (DOCS / "decisions").glob("0*.md"))
    listed = re.findall(r"\]\((0\d{3}-[\w-]+\.md)\)", (DOCS / "decisions" / "README.md").read_text())

    assert listed == records
    assert [int(name[:4]) for name in records] == list(range(1, len(records) + 1))
