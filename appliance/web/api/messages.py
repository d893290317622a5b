"""/api/v1/interactions/{number}/messages and /api/v1/messages: what was written, and writing more."""

from urllib.parse import quote

from aiohttp import web

from appliance.desk import answer
from appliance.model import interaction as model
from appliance.model.ids import AttachmentId, InteractionId, MessageId
from appliance.model.user import Actor
from appliance.store import View, interactions, messages
from appliance.web.api.endpoint import Created, Raw, endpoint
from appliance.web.api.paging import stretch
from appliance.web.api.schemas import Listed, Paging
from appliance.web.api.schemas_desk import Comment, Forward, Message, Reply
from appliance.web.keys import CORRESPONDENCE, STORE
from appliance.web.sessions import actor_of


@endpoint
async def index(request: web.Request, query: Paging, number: InteractionId) -> Listed[Message]:
    """Mails in, mails out and comments of an interaction."""
    found = await request.app[STORE].read(_of, actor_of(request), number)
    return stretch(found, query, lambda message: message.id, Message.of)


@endpoint
async def show(request: web.Request, message: MessageId) -> Message:
    """One message."""
    return await _message(request, message)


@endpoint
async def raw(request: web.Request, message: MessageId) -> Raw:
    """The mail as it came, or as it will go before it is signed. 404 for a comment."""
    mail = await request.app[STORE].read(messages.raw, actor_of(request), message)
    return _download(mail, "message/rfc822", f"message-{message}.eml")


@endpoint
async def attachment(request: web.Request, attachment: AttachmentId) -> Raw:
    """The content of an attachment."""
    file, content = await request.app[STORE].read(messages.attachment, actor_of(request), attachment)
    return _download(content, "application/octet-stream", file.name)


@endpoint
async def reply(request: web.Request, number: InteractionId, body: Reply) -> Created[Message]:
    """Answer the customer: the mail waits in the outbox from here on. 409 when something newer than `seen` has come."""
    sent = await request.app[CORRESPONDENCE].reply(actor_of(request), number, body.writing())
    return await _message(request, sent)


@endpoint
async def forward(request: web.Request, number: InteractionId, body: Forward) -> Created[Message]:
    """Send the last mail of the interaction on to others, with its files."""
    sent = await request.app[CORRESPONDENCE].forward(actor_of(request), number, body.writing())
    return await _message(request, sent)


@endpoint
async def comment(request: web.Request, number: InteractionId, body: Comment) -> Created[Message]:
    """Say something that only the team sees."""
    said = await request.app[STORE].write(answer.comment, actor_of(request), number, body.text)
    return await _message(request, said)


async def _message(request: web.Request, message: MessageId) -> Message:
    return Message.of(await request.app[STORE].read(messages.get, actor_of(request), message))


def _of(view: View, actor: Actor, number: InteractionId) -> tuple[model.Message, ...]:
    interactions.get(view, actor, number)
    return messages.of(view, actor, number)


def _download(content: bytes, type_: str, name: str) -> web.Response:
    disposition = f"attachment; filename*=UTF-8''{quote(name, safe='')}"  # RFC 6266, 4.3
    return web.Response(body=content, content_type=type_, headers={"Content-Disposition": disposition})
