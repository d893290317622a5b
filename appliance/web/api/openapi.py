"""/api/v1/openapi.json: the description of the API, made from the table of contents and the handlers' signatures."""

import asyncio
import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from aiohttp import web
from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

import appliance
from appliance.web.api.endpoint import Shape, shape_of
from appliance.web.api.schemas import Problem
from appliance.web.keys import ROLES
from appliance.web.route import ANYONE

Json = dict[str, Any]
_Schemas = Mapping[tuple[Any, JsonSchemaMode], Json]  # by model and mode

PREFIX = "/api/v1"
ABOUT = """
Lists answer `{"items": [...], "next": cursor}`, the newest first: ask again with `?after=cursor` until `next` is null.
Errors are `application/problem+json` (RFC 9457). Fields and parameters that are not described here are refused, so
what a later release adds cannot be sent in vain: of campaigns `thresholds`, `schedules`, `confirmation` and `rating`,
of mailboxes the kind `external` with its `inbound`, `imap`, `smtp`, `save_sent` and `sent_folder`, of closures the
`disposition`. Times are ISO 8601, UTC. A token of a person acts as this person, one without acts with its role in
every campaign and signs the history with its own name.
""".strip().replace("\n", " ")


async def show(request: web.Request) -> web.Response:
    """This description."""
    return web.Response(body=await asyncio.to_thread(_written, request.app), content_type="application/json")


@lru_cache(maxsize=1)
def _written(app: web.Application) -> bytes:
    """Once: it takes 40 ms, and anybody may ask."""
    return json.dumps(description(app[ROLES])).encode()


def description(routes: dict[web.AbstractRoute, str]) -> Json:
    """OpenAPI 3.1 of those routes that stand under /api/v1."""
    ours = [(route, role, shape_of(route.handler)) for route, role in routes.items() if _is_ours(route)]
    schemas, definitions = _schemas([shape for _, _, shape in ours])
    paths: dict[str, Json] = {}
    for route, role, shape in ours:
        operation = _operation(route, role, shape, schemas)
        paths.setdefault(_path(route).removeprefix(PREFIX), {})[route.method.lower()] = operation
    return {
        "openapi": "3.1.0",
        "info": {"title": "Posthouse", "version": appliance.__version__, "description": ABOUT},
        "servers": [{"url": PREFIX}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "schemas": definitions,
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "description": "made by `posthouse token create`"}
            },
            "responses": {"Problem": _problem(schemas)},
        },
    }


def _is_ours(route: web.AbstractRoute) -> bool:
    return _path(route).startswith(PREFIX) and route.method != "HEAD" and route.handler is not show


def _path(route: web.AbstractRoute) -> str:
    assert route.resource is not None
    return route.resource.canonical


def _schemas(shapes: list[Shape]) -> tuple[_Schemas, Json]:
    """A reference for each body and each answer, and what they refer to."""
    wanted: dict[tuple[type[BaseModel], JsonSchemaMode], None] = {(Problem, "serialization"): None}
    for shape in shapes:
        if shape.body is not None:
            wanted[shape.body, "validation"] = None
        if shape.answer is not None:
            wanted[shape.answer, "serialization"] = None
    schemas, definitions = models_json_schema(list(wanted), ref_template="#/components/schemas/{model}")
    return schemas, definitions["$defs"]


def _operation(route: web.AbstractRoute, role: str, shape: Shape, schemas: _Schemas) -> Json:
    module = route.handler.__module__.rpartition(".")[2]
    operation: Json = {
        "operationId": f"{module}.{route.handler.__name__}",
        "tags": [module],
        "summary": shape.about.partition(".")[0],
        "description": f"{shape.about}\n\nRole: {role}.",
        "parameters": [*map(_in_path, shape.numbers), *_in_query(shape)],
        "responses": {
            str(shape.status): _answer(shape, schemas),
            "default": {"$ref": "#/components/responses/Problem"},
        },
    }
    if shape.body is not None:
        operation["requestBody"] = {"required": True, "content": _json(schemas[shape.body, "validation"])}
    if role == ANYONE:
        operation["security"] = []
    return operation


def _in_path(name: str) -> Json:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "integer", "minimum": 1}}


def _in_query(shape: Shape) -> list[Json]:
    if shape.query is None:
        return []
    return [
        {"name": name, "in": "query", "required": False, "schema": schema}
        for name, schema in shape.query.model_json_schema()["properties"].items()
    ]


def _answer(shape: Shape, schemas: _Schemas) -> Json:
    if shape.answer is not None:
        return {"description": "Done", "content": _json(schemas[shape.answer, "serialization"])}
    if shape.status == 204:
        return {"description": "Done"}
    return {"description": "The bytes", "content": {"application/octet-stream": {}}}


def _problem(schemas: _Schemas) -> Json:
    return {
        "description": "Why not",
        "content": {"application/problem+json": {"schema": schemas[Problem, "serialization"]}},
    }


def _json(schema: Json) -> Json:
    return {"application/json": {"schema": schema}}
