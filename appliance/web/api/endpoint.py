"""A handler of the API: its signature says what comes in and what goes out, for the wire and for the description.

    @endpoint
    async def create(request: web.Request, body: schemas.NewUser) -> Created[schemas.User]:

`body` is the JSON that was sent, `query` what stands behind the question mark; other parameters are numbers from the
path. A handler that gives None answers 204.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from inspect import unwrap
from typing import Annotated, Any, TypeVar, cast, get_args, get_type_hints

from aiohttp import web
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from appliance.errors import Invalid, NotFound
from appliance.web.api.fields import LARGEST
from appliance.web.keys import SETTINGS
from appliance.web.route import Handler

T = TypeVar("T")
M = TypeVar("M", bound=BaseModel)

Created = Annotated[T, 201]
Raw = Annotated[web.Response, 200]  # bytes as they are, with a type of their own

TEXT_BYTES = 2 * 1024 * 1024  # of a body, beside the files in it
QUICK_BYTES = 256 * 1024  # above it a body is read in a thread, so that nobody else waits


@dataclass(frozen=True, slots=True)
class Shape:
    """What a handler takes and gives."""

    body: type[BaseModel] | None
    query: type[BaseModel] | None
    answer: type[BaseModel] | None  # None with 200: bytes
    status: int
    numbers: tuple[str, ...]  # parameters that stand in the path
    about: str


def endpoint(handler: Callable[..., Awaitable[object]]) -> Handler:
    """Check what comes in, call the handler, write what goes out. Raises Invalid and NotFound for what cannot be."""
    shape = shape_of(handler)

    @wraps(handler)
    async def answer(request: web.Request) -> web.StreamResponse:
        given: dict[str, Any] = {name: number(request.match_info[name]) for name in shape.numbers}
        if shape.query is not None:
            given["query"] = _asked(request, shape.query)
        if shape.body is not None:
            given["body"] = await _sent(request, shape.body)
        return _response(await handler(request, **given), shape.status)

    return answer


def shape_of(handler: Callable[..., object]) -> Shape:
    hints = get_type_hints(unwrap(handler), include_extras=True)
    result, *status = get_args(hints["return"]) if _is_annotated(hints["return"]) else (hints["return"],)
    return Shape(
        body=hints.get("body"),
        query=hints.get("query"),
        answer=result if isinstance(result, type) and issubclass(result, BaseModel) else None,
        status=status[0] if status else 204 if result is type(None) else 200,
        numbers=tuple(name for name in hints if name not in ("request", "body", "query", "return")),
        about=(handler.__doc__ or "").strip(),
    )


def number(text: str) -> int:
    """A number in a path. Raises NotFound for one that no row can have."""
    if len(text) > len(str(LARGEST)) or int(text) > LARGEST:
        raise NotFound("there is no such thing")
    return int(text)


def _is_annotated(hint: object) -> bool:
    return hasattr(hint, "__metadata__")


def _asked(request: web.Request, model: type[M]) -> M:
    if twice := {name for name in request.query if len(request.query.getall(name)) > 1}:
        raise Invalid(**dict.fromkeys(twice, "is asked for twice"))
    return _checked(model.model_validate, dict(request.query))


async def _sent(request: web.Request, model: type[M]) -> M:
    body = await _body(request)
    if len(body) > QUICK_BYTES:
        return await asyncio.to_thread(_checked, model.model_validate_json, body)
    return _checked(model.model_validate_json, body or b"{}")


async def _body(request: web.Request) -> bytearray:
    """All of it. Raises HTTPRequestEntityTooLarge above what the largest allowed files need as base64."""
    most = request.app[SETTINGS].desk.max_upload_bytes * 4 // 3 + TEXT_BYTES
    body = bytearray()
    try:
        async for piece in request.content.iter_any():
            body += piece
            if len(body) > most:
                raise web.HTTPRequestEntityTooLarge(most, len(body))
    except web.RequestPayloadError as error:  # its framing or its compression is broken
        raise web.HTTPBadRequest from error
    return body


def _checked(validate: Callable[[Any], M], value: Mapping[str, str] | bytes | bytearray) -> M:
    try:
        return validate(value)
    except ValidationError as error:
        faults = error.errors(include_input=False, include_url=False)
        raise Invalid(**{_field(fault["loc"]): _in_our_words(fault) for fault in faults}) from error


def _field(location: tuple[int | str, ...]) -> str:
    return ".".join(map(str, location)) or "body"


def _in_our_words(fault: ErrorDetails) -> str:
    if fault["type"] == "extra_forbidden":
        return "there is no such field"
    return fault["msg"].removeprefix("Value error, ")


def _response(result: object, status: int) -> web.StreamResponse:
    if result is None:
        return web.Response(status=status)
    if isinstance(result, web.StreamResponse):
        return result
    body = cast("BaseModel", result).model_dump_json(by_alias=True).encode()
    return web.Response(body=body, status=status, content_type="application/json")
