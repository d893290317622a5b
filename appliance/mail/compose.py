"""Making a mail: a draft becomes bytes that every server passes on unchanged (7 bit, CRLF, short lines)."""

import binascii
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from hashlib import sha256

from appliance.errors import Invalid
from appliance.mail.fields import clean, field, mailbox, parameter, word
from appliance.model.mail import Address, Part

_REFERENCES = 21  # the first, which begins the conversation, and the latest twenty
_MESSAGE_ID = re.compile(r"[!-;=?-~]{1,250}\Z")
_HEADER_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,75}\Z")
_TYPE = re.compile(r"(?!multipart/|message/)[a-z0-9][a-z0-9!#$&^_.+-]{0,60}/[a-z0-9][a-z0-9!#$&^_.+-]{0,80}\Z")
_METHOD = re.compile(r"[A-Z-]{1,40}\Z")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_LINE_END = re.compile(r"\r\n|[\r\n\u2028\u2029\x85]")

_ASCII = bytes(range(128))

_OURS = re.compile(
    r"(?:from|to|cc|bcc|reply-to|sender|subject|date|message-id|in-reply-to|references|mime-version|content-.*"
    r"|dkim-signature|received|return-path|resent-.*)\Z",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """All that a mail says. Ids are without angle brackets. A blind copy is an envelope of its own, never a header."""

    sender: Address
    to: tuple[Address, ...]
    subject: str
    text: str
    date: datetime
    message_id: str
    html: str = ""
    cc: tuple[Address, ...] = ()
    reply_to: tuple[Address, ...] = ()
    in_reply_to: str = ""
    references: tuple[str, ...] = ()  # oldest first
    headers: tuple[tuple[str, str], ...] = ()  # Auto-Submitted, List-Unsubscribe ...
    parts: tuple[Part, ...] = ()  # an inline one with a content id belongs to the HTML, the others are attached
    calendar: bytes = b""  # iTIP (RFC 6047), shown by calendar programs instead of the text
    calendar_method: str = "REQUEST"


@dataclass(frozen=True, slots=True)
class _Entity:
    """A MIME entity (RFC 2045): its own header fields, then its body, whose last line has its CRLF."""

    headers: bytes
    body: bytes


def compose(draft: Draft) -> bytes:
    """The mail. Invalid when an address, an id or a header of our own making cannot be written.

    What comes from strangers (names, subjects, file names, their ids) is made harmless instead.
    """
    content = _content(draft)
    return b"".join([*_headers(draft), b"MIME-Version: 1.0\r\n", content.headers, b"\r\n", content.body])


def _headers(draft: Draft) -> Iterable[bytes]:
    yield field("Date", format_datetime(draft.date))
    yield field("From", mailbox(draft.sender))
    yield field("To", _mailboxes(draft.to) or "undisclosed-recipients:;")
    if draft.cc:
        yield field("Cc", _mailboxes(draft.cc))
    if draft.reply_to:
        yield field("Reply-To", _mailboxes(draft.reply_to))
    yield field("Subject", word(draft.subject))
    if not _MESSAGE_ID.match(draft.message_id) or draft.message_id.count("@") != 1:
        raise Invalid(message_id=f"{clean(draft.message_id)[:200]} is not a Message-ID")
    yield field("Message-ID", f"<{draft.message_id}>")
    if _MESSAGE_ID.match(draft.in_reply_to):
        yield field("In-Reply-To", f"<{draft.in_reply_to}>")
    if references := [f"<{reference}>" for reference in draft.references if _MESSAGE_ID.match(reference)]:
        yield field("References", " ".join(references[:1] + references[1:][1 - _REFERENCES :]))
    for name, value in draft.headers:
        if not _HEADER_NAME.match(name) or _OURS.match(name):
            raise Invalid(headers=f"{clean(name)[:80]} cannot be set")
        value = clean(value)
        yield field(name, value if value.isascii() else word(value))


def _mailboxes(addresses: tuple[Address, ...]) -> str:
    return ", ".join(mailbox(address) for address in addresses)


def _content(draft: Draft) -> _Entity:
    """mixed(related(alternative(text, html, calendar), inline ...), attachments ...), without levels of one."""
    inline = [part for part in draft.parts if part.inline and part.content_id and draft.html]
    attached = [part for part in draft.parts if part not in inline]
    alternatives = [_text(draft.text, "plain")]
    if draft.html:
        page = _text(draft.html, "html")
        alternatives.append(_multipart("related", [page, *map(_file, inline)], 'type="text/html"') if inline else page)
    if draft.calendar:
        alternatives.append(_invitation(draft.calendar, draft.calendar_method))
    whole = alternatives[0] if len(alternatives) == 1 else _multipart("alternative", alternatives)
    return _multipart("mixed", [whole, *map(_file, attached)]) if attached else whole


def _multipart(kind: str, entities: list[_Entity], extra: str = "") -> _Entity:
    """The boundary holds "=_", which neither quoted-printable nor base64 can; it only has to differ between levels."""
    digest = sha256()
    for entity in entities:
        digest.update(entity.headers)
        digest.update(entity.body)
    boundary = f"=_{kind}_{digest.hexdigest()[:24]}"
    kind_and_boundary = " ".join([f"multipart/{kind};", *([f"{extra};"] if extra else []), f'boundary="{boundary}"'])
    mark = b"--" + boundary.encode()
    parts = [b"".join([mark, b"\r\n", entity.headers, b"\r\n", entity.body, b"\r\n"]) for entity in entities]
    return _Entity(field("Content-Type", kind_and_boundary), b"".join([*parts, mark, b"--\r\n"]))


def _text(text: str, kind: str) -> _Entity:
    """Quoted-printable, or base64 where most letters would need quoting."""
    text = _CONTROL.sub("", "\n".join(_LINE_END.split(text)))
    data = text.encode("utf-8", "replace")
    many = len(data.translate(None, _ASCII)) > len(data) // 4
    encoding, body = ("base64", _base64(data.replace(b"\n", b"\r\n"))) if many else ("quoted-printable", _quoted(data))
    return _Entity(
        field("Content-Type", f'text/{kind}; charset="utf-8"') + field("Content-Transfer-Encoding", encoding), body
    )


def _invitation(calendar: bytes, method: str) -> _Entity:
    if not _METHOD.match(method):
        raise Invalid(calendar_method=f"{clean(method)[:40]} is not an iTIP method")
    kind = f'text/calendar; charset="utf-8"; method={method}; name="invite.ics"'
    return _Entity(field("Content-Type", kind) + field("Content-Transfer-Encoding", "base64"), _base64(calendar))


def _file(part: Part) -> _Entity:
    """A file. A whole mail travels as message/rfc822 only when it needs no encoding (RFC 2046, 5.2.1)."""
    name = part.name or "attachment"
    kind = part.type if _TYPE.match(part.type) else "application/octet-stream"
    encoding, body = "base64", _base64(part.content)
    if part.type == "message/rfc822" and _travels_bare(part.content):
        kind, encoding, body = part.type, "7bit", part.content
    how = "inline" if part.inline and part.content_id else "attachment"
    headers = field("Content-Type", "; ".join([kind, *parameter("name", name)]))
    headers += field("Content-Transfer-Encoding", encoding)
    headers += field("Content-Disposition", "; ".join([how, *parameter("filename", name)]))
    if _MESSAGE_ID.match(part.content_id):
        headers += field("Content-ID", f"<{part.content_id}>")
    return _Entity(headers, body)


def _travels_bare(raw: bytes) -> bool:
    lines = raw.split(b"\r\n")
    return (
        raw.isascii()
        and b"\0" not in raw
        and raw.endswith(b"\r\n")
        and not any(len(line) > 998 or b"\r" in line or b"\n" in line or line.startswith(b"--=_") for line in lines)
    )


def _quoted(data: bytes) -> bytes:
    """A lone dot and "From " at the start of a line are encoded too: old servers changed them."""
    lines = binascii.b2a_qp(data.removesuffix(b"\n") + b"\n", istext=True, header=False).split(b"\n")
    return b"\r\n".join(b"=46=\r\n" + line[1:] if line.startswith(b"From ") else line for line in lines)


def _base64(data: bytes) -> bytes:
    lines = (binascii.b2a_base64(data[at : at + 57], newline=False) for at in range(0, len(data), 57))
    return b"\r\n".join(lines) + b"\r\n"
