"""/api/v1/openapi.json tells all of it, and nothing that is not so."""

from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient

from appliance.web.keys import ROLES

Json = dict[str, Any]


@pytest.fixture
async def document(browser: TestClient) -> Json:
    answer = await browser.get("/api/v1/openapi.json")
    assert answer.status == 200
    return await answer.json()


def operations(document: Json) -> dict[str, Json]:
    return {
        f"{method.upper()} {document['servers'][0]['url']}{path}": operation
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }


async def test_every_route_of_the_api_is_described(document: Json, app: web.Application) -> None:
    routes = {f"{route.method} {route.resource.canonical}" for route in app[ROLES] if route.method != "HEAD"}
    ours = {route for route in routes if " /api/" in route and not route.endswith("/openapi.json")}
    assert ours == set(operations(document))
    assert len(ours) > 30


async def test_every_operation_says_what_it_takes_and_gives(document: Json) -> None:
    assert document["openapi"].startswith("3.1")
    described = operations(document)
    assert len({operation["operationId"] for operation in described.values()}) == len(described)
    for name, operation in described.items():
        assert operation["summary"], name
        assert "Role: " in operation["description"]
        (good,) = [status for status in operation["responses"] if status != "default"]
        assert good in ("200", "201", "204")
        in_path = {part["name"] for part in operation["parameters"] if part["in"] == "path"}
        assert in_path == {piece.partition("}")[0] for piece in name.split("{")[1:]}
        assert ("requestBody" in operation) == name.startswith(("POST", "PUT", "PATCH"))


async def test_every_reference_leads_somewhere(document: Json) -> None:
    def references(node: object) -> list[str]:
        if isinstance(node, dict):
            here = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
            return here + [each for value in node.values() for each in references(value)]
        return [each for value in node for each in references(value)] if isinstance(node, list) else []

    found = references(document)
    assert found
    for reference in found:
        place: Any = document
        for step in reference.removeprefix("#/").split("/"):
            place = place[step]


async def test_the_fields_are_those_that_are_checked(document: Json) -> None:
    schemas = document["components"]["schemas"]
    assert schemas["NewUser"]["required"] == ["username", "name", "roles"]
    assert schemas["NewUser"]["additionalProperties"] is False
    assert "required" not in schemas["UserChange"]
    assert "default" not in schemas["UserChange"]["properties"]["name"]
    assert "password" not in schemas["User"]["properties"]
    assert "from" in schemas["Message"]["properties"]
    assert schemas["File"]["properties"]["content"]["contentEncoding"] == "base64"
    asked = operations(document)["GET /api/v1/interactions"]["parameters"]
    assert {each["name"] for each in asked} >= {"campaign", "status", "agent", "q", "number", "after", "limit"}


async def test_what_is_not_built_yet_is_said(document: Json) -> None:
    for word in ("thresholds", "schedules", "confirmation", "rating", "external", "disposition"):
        assert f"`{word}`" in document["info"]["description"]
