"""What the composer's script and the server say to each other: JSON, and errors that leave the agent's text alone."""

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import TypeVar

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from appliance.errors import ApplianceError, Invalid
from appliance.model.ids import InteractionId, MessageId
from appliance.model.mail import Address
from appliance.web.errors import document, problem_of

M = TypeVar("M", bound=BaseModel)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

MOST_JSON = 4 * 1024 * 1024  # bytes of text and recipients; files travel on their own


class Person(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str = Field(default="", max_length=500)
    address: str = Field(max_length=500)


class Letter(BaseModel):
    """What stands in the composer."""

    model_config = ConfigDict(extra="forbid")

    mode: str = Field(default="reply", pattern="^(reply|reply_all|forward|comment)$")
    to: list[Person] = Field(default=[], max_length=100)
    cc: list[Person] = Field(default=[], max_length=100)
    bcc: list[Person] = Field(default=[], max_length=100)
    html: str = ""
    text: str = ""
    history: bool = False
    close: bool = False
    seen: int | None = None
    version: int | None = None


def told(handler: Handler) -> Handler:
    """Errors of a handler as problem documents (RFC 9457), whatever the request accepts."""

    @wraps(handler)
    async def answer(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request)
        except ApplianceError as error:
            return document(problem_of(error))

    return answer


async def read(request: web.Request, model: type[M]) -> M:
    """The body as the model says. Raises Invalid."""
    try:
        return model.model_validate_json(await _body(request) or b"{}")
    except ValidationError as error:
        raise Invalid(
            **{str(each["loc"][0] if each["loc"] else "body"): each["msg"] for each in error.errors()}
        ) from error


async def _body(request: web.Request) -> bytes:
    """All of it; a browser that leaves half-way has said nothing."""
    body = bytearray()
    try:
        while chunk := await request.content.readany():
            body += chunk
            if len(body) > MOST_JSON:
                raise Invalid(html="is too long")
    except (ConnectionResetError, web.RequestPayloadError) as gone:
        raise Invalid(body="did not arrive whole") from gone
    return bytes(body)


def addresses(people: list[Person]) -> tuple[Address, ...]:
    return tuple(Address(person.name.strip(), person.address.strip()) for person in people)


def is_number(text: str) -> bool:
    """Whether it can be the number of something, as the paths in the table of contents have it."""
    return text.isdecimal() and len(text) <= 18


def number_of(request: web.Request) -> InteractionId:
    return InteractionId(int(request.match_info["number"]))


def message_of(request: web.Request) -> MessageId:
    return MessageId(int(request.match_info["message"]))
