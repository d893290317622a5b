"""/agent/attachments/{attachment} and the raw bytes of a mail: given out so that a browser never runs them."""

from urllib.parse import quote

from aiohttp import web

from appliance.model.ids import AttachmentId
from appliance.store import messages
from appliance.web.agent.exchange import message_of
from appliance.web.keys import STORE
from appliance.web.sessions import actor_of

SHOWN = {"image/png", "image/jpeg", "image/gif", "image/webp", "image/avif"}  # an SVG is a program
NOTHING = "default-src 'none'; sandbox; frame-ancestors 'self'"


async def show(request: web.Request) -> web.Response:
    """To be saved; with `?inline=1` an image of a harmless type may be shown, for a body that refers to it."""
    number = AttachmentId(int(request.match_info["attachment"]))
    file, content = await request.app[STORE].read(messages.attachment, actor_of(request), number)
    if request.query.get("inline") == "1" and file.type in SHOWN:
        return given_out(content, file.name, file.type, inline=True)
    return given_out(content, file.name, "application/octet-stream")


async def raw(request: web.Request) -> web.Response:
    """The mail as it came or went, byte for byte."""
    message = message_of(request)
    content = await request.app[STORE].read(messages.raw, actor_of(request), message)
    return given_out(content, f"message-{message}.eml", "message/rfc822")


async def show_headers(request: web.Request) -> web.Response:
    """The head of the mail as text, to be read in the browser."""
    content = await request.app[STORE].read(messages.raw, actor_of(request), message_of(request))
    head = content.replace(b"\r\n", b"\n").partition(b"\n\n")[0].decode("utf-8", "replace")
    return web.Response(text=head, content_type="text/plain", headers={"Content-Security-Policy": NOTHING})


def given_out(content: bytes, name: str, kind: str, *, inline: bool = False) -> web.Response:
    """A download; the name in both spellings of RFC 6266."""
    plain = "".join(letter if (letter.isascii() and letter.isalnum()) or letter in " ._-" else "_" for letter in name)
    how = "inline" if inline else "attachment"
    return web.Response(
        body=content,
        headers={
            "Content-Type": kind,
            "Content-Disposition": f"{how}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}",
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": NOTHING,
        },
    )
