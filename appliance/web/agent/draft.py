"""/agent/interactions/{number}/draft: what is being written, and the files that shall go with it."""

import re
from collections.abc import AsyncIterator

from aiohttp import BodyPartReader, web
from aiohttp.http_exceptions import HttpProcessingError

from appliance.errors import Invalid
from appliance.mail import filename
from appliance.model.ids import InteractionId, MessageId
from appliance.model.interaction import Draft, DraftFile
from appliance.model.user import Actor
from appliance.store import Tx, View, drafts, interactions, messages
from appliance.web.agent.exchange import Letter, addresses, number_of, read, told
from appliance.web.keys import SETTINGS, STORE
from appliance.web.sessions import actor_of

_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,60}/[a-z0-9][a-z0-9!#$&^_.+-]{0,80}\Z")


@told
async def save(request: web.Request) -> web.Response:
    """Keep what is written; 409 when another window has saved since this one's version."""
    letter = await read(request, Letter)
    draft = await request.app[STORE].write(_save, actor_of(request), number_of(request), letter)
    return web.json_response({"version": draft.version, "saved": draft.saved_at.isoformat()})


@told
async def discard(request: web.Request) -> web.Response:
    await request.app[STORE].write(_discard, actor_of(request), number_of(request))
    return web.json_response({})


@told
async def attach(request: web.Request) -> web.Response:
    """Files of a form, each kept as soon as it is here. Raises Invalid when together they are too large."""
    store, actor, number = request.app[STORE], actor_of(request), number_of(request)
    most = request.app[SETTINGS].desk.max_upload_bytes
    room = most - await store.read(_size, actor, number)
    added = []
    async for part in _files(request):
        content = await _content(part, room, most)
        room -= len(content)
        name = filename.safe(part.filename or "") or "attachment"
        added.append(await store.write(_attach, actor, number, name, _type(part), content))
    version = await store.read(_version, actor, number)
    return web.json_response({"files": [_shown(file) for file in added], "version": version})


@told
async def take_along(request: web.Request) -> web.Response:
    """Attach what came with a message, as a forward does; each can be removed again."""
    message = MessageId(int(request.match_info["message"]))
    store, actor, number = request.app[STORE], actor_of(request), number_of(request)
    files = await store.write(_take_along, actor, number, message)
    version = await store.read(_version, actor, number)
    return web.json_response({"files": [_shown(file) for file in files], "version": version})


@told
async def detach(request: web.Request) -> web.Response:
    file = int(request.match_info["file"])
    await request.app[STORE].write(_detach, actor_of(request), number_of(request), file)
    return web.json_response({})


def _save(tx: Tx, actor: Actor, number: InteractionId, letter: Letter) -> Draft:
    interactions.get(tx, actor, number)
    to, cc, bcc = addresses(letter.to), addresses(letter.cc), addresses(letter.bcc)
    return drafts.save(tx, actor, number, letter.mode, to, cc, bcc, letter.html, version=letter.version)


def _discard(tx: Tx, actor: Actor, number: InteractionId) -> None:
    interactions.get(tx, actor, number)
    drafts.throw_away(tx, actor, number)


def _attach(tx: Tx, actor: Actor, number: InteractionId, name: str, kind: str, content: bytes) -> DraftFile:
    interactions.get(tx, actor, number)
    return drafts.add_file(tx, actor, number, name, kind, content)


def _take_along(tx: Tx, actor: Actor, number: InteractionId, message: MessageId) -> list[DraftFile]:
    if messages.get(tx, actor, message).interaction != number:
        raise Invalid(message="belongs to another conversation")
    return [drafts.attach(tx, actor, number, file) for file in messages.files_of(tx, message) if not file.inline]


def _detach(tx: Tx, actor: Actor, number: InteractionId, file: int) -> None:
    interactions.get(tx, actor, number)
    drafts.remove_file(tx, actor, number, file)


def _size(view: View, actor: Actor, number: InteractionId) -> int:
    interactions.get(view, actor, number)
    return sum(file.size for file in drafts.files(view, actor, number))


def _version(view: View, actor: Actor, number: InteractionId) -> int:
    draft = drafts.of(view, actor, number)
    return draft.version if draft else 0


async def _files(request: web.Request) -> AsyncIterator[BodyPartReader]:
    """The files of a form, one after the other. Raises Invalid when it is no form, or ends half-way."""
    try:
        form = await request.multipart()
        while part := await form.next():
            if isinstance(part, BodyPartReader) and part.filename:
                yield part
    except (
        ValueError,
        AssertionError,
        HttpProcessingError,
        web.RequestPayloadError,
    ) as error:  # as aiohttp tells of them
        raise Invalid(files="did not arrive whole") from error


def _type(part: BodyPartReader) -> str:
    """What the browser takes it for, in plain letters."""
    kind = part.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    return kind if _TYPE.match(kind) else "application/octet-stream"


async def _content(part: BodyPartReader, room: int, most: int) -> bytes:
    """The file, as long as it fits. Raises Invalid before the rest of what does not fit is read."""
    content = bytearray()
    while chunk := await part.read_chunk(65536):
        content += chunk
        if len(content) > room:
            raise Invalid(files=f"the files may have {most >> 20} MB together")
    return bytes(content)


def _shown(file: DraftFile) -> dict[str, str | int]:
    return {"id": file.id, "name": file.name, "type": file.type, "size": file.size}
