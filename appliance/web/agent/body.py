"""/agent/messages/{message}/body: the HTML of one mail as a document of its own, which the page shows in a sandbox."""

import asyncio
import re

from aiohttp import web
from markupsafe import escape

from appliance.mail.quote import fold_html
from appliance.model.interaction import Message
from appliance.store import messages
from appliance.web import headers
from appliance.web.agent.exchange import message_of
from appliance.web.keys import STORE
from appliance.web.render import words
from appliance.web.sessions import actor_of

WITH_IMAGES = headers.BODY.replace("img-src 'self' data:", "img-src 'self' data: https: http:")
# The mail was sanitised when it came in (mail.html): every "<" begins a tag, attributes are double-quoted.
_CID = re.compile(r'(<img\b[^>]*?\bsrc=")cid:([^"]*)(")', re.IGNORECASE)
_REMOTE = re.compile(r"(<img\b[^>]*?)\bdata-remote-src=", re.IGNORECASE)
_LOOK = """
:root { color-scheme: light; } body { margin: 0; padding: 0 1px; background: #fff; color: #1e2430;
overflow-wrap: anywhere; font: 14px/1.5 system-ui, "Segoe UI", Roboto, "Helvetica Neue", sans-serif; }
img { max-width: 100%; height: auto; }
table { max-width: 100%; } pre { white-space: pre-wrap; } a { color: #0f6b5c; } p:first-child { margin-top: 0; }
blockquote { margin: 8px 0 8px 2px; padding-left: 12px; border-left: 2px solid #d2cbbd; color: #5b6472; }
details > summary { cursor: pointer; color: #5b6472; font-size: 13px; padding: 4px 0; }
img[data-remote-src] { min-width: 12px; min-height: 12px; outline: 1px dashed #d2cbbd; }
"""


async def show(request: web.Request) -> web.Response:
    """With `?images=1` remote images too: only when the agent asked for them."""
    message = await request.app[STORE].read(messages.get, actor_of(request), message_of(request))
    with_images = request.query.get("images") == "1"
    policy = WITH_IMAGES if with_images else headers.BODY
    label = words(request).gettext("··· show the quoted text")
    return web.Response(
        text=await asyncio.to_thread(document, message, label, with_images=with_images),
        content_type="text/html",
        headers={"Content-Security-Policy": policy, "Referrer-Policy": "no-referrer"},
    )


def document(message: Message, label: str, *, with_images: bool) -> str:
    """The mail as a page: its history folded under `label`, images that came with it from our own URL, remote ones
    only `with_images`. Takes tens of milliseconds for the largest mails."""
    ours = {
        each.content_id: f"/agent/attachments/{each.id}?inline=1" for each in message.attachments if each.content_id
    }
    body = _CID.sub(lambda found: f"{found[1]}{ours.get(found[2], 'data:,')}{found[3]}", fold_html(message.html, label))
    if with_images:
        body = _REMOTE.sub(r"\1src=", body)
    title = escape(message.subject)
    head = f'<meta charset="utf-8"><base target="_blank"><title>{title}</title><style>{_LOOK}</style>'
    return f"<!doctype html><html><head>{head}</head><body>{body}</body></html>"
