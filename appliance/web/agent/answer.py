"""Replies, forwards and comments of an interaction, and taking one back before it leaves."""

from collections.abc import Awaitable, Callable

from aiohttp import web

from appliance.desk.answer import Writing, comment
from appliance.errors import Conflict
from appliance.model.ids import InteractionId, MessageId
from appliance.model.interaction import Message
from appliance.model.user import Actor
from appliance.store import View, messages
from appliance.web.agent.exchange import Letter, addresses, message_of, number_of, read, told
from appliance.web.keys import CORRESPONDENCE, SETTINGS, STORE
from appliance.web.sessions import actor_of

Sender = Callable[[Actor, InteractionId, Writing], Awaitable[MessageId]]

SNIPPET = 200  # characters of a newer message that the conflict shows


@told
async def reply(request: web.Request) -> web.Response:
    """Send; 409 with what is new when somebody wrote since the agent last looked."""
    return await _send(request, request.app[CORRESPONDENCE].reply)


@told
async def forward(request: web.Request) -> web.Response:
    """As reply does."""
    return await _send(request, request.app[CORRESPONDENCE].forward)


@told
async def add_comment(request: web.Request) -> web.Response:
    letter = await read(request, Letter)
    message = await request.app[STORE].write(comment, actor_of(request), number_of(request), letter.text)
    return web.json_response({"message": message})


@told
async def undo(request: web.Request) -> web.Response:
    """Take a mail back while it waits, and put what it said into the composer again."""
    number = await request.app[CORRESPONDENCE].undo(actor_of(request), message_of(request))
    return web.json_response({"number": number})


async def _send(request: web.Request, send: Sender) -> web.Response:
    letter, actor, number = await read(request, Letter), actor_of(request), number_of(request)
    try:
        message = await send(actor, number, _writing(letter))
    except Conflict as conflict:
        return await _conflict(request, conflict, letter.seen)
    return web.json_response({"message": message, "undo_seconds": request.app[SETTINGS].desk.undo_seconds})


def _writing(letter: Letter) -> Writing:
    return Writing(
        to=addresses(letter.to),
        cc=addresses(letter.cc),
        bcc=addresses(letter.bcc),
        html=letter.html,
        text=letter.text,
        history=letter.history,
        seen=MessageId(letter.seen) if letter.seen else None,
        close=letter.close,
        draft=True,
    )


async def _conflict(request: web.Request, conflict: Conflict, seen: int | None) -> web.Response:
    newer = await request.app[STORE].read(_newer, actor_of(request), number_of(request), seen or 0)
    found = [
        {"author": _author(each), "at": each.written_at.isoformat(), "text": each.text[:SNIPPET]} for each in newer
    ]
    newest = max((each.id for each in newer), default=seen)
    return web.json_response({"title": str(conflict), "newer": found, "seen": newest}, status=409)


def _newer(view: View, actor: Actor, number: InteractionId, seen: int) -> list[Message]:
    return [each for each in messages.of(view, actor, number) if each.id > seen]


def _author(message: Message) -> str:
    return message.author_name or message.sender.name or message.sender.address
