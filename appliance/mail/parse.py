"""From the bytes of a mail to what we understand of it. Whatever the bytes, an answer, in linear time."""

import hashlib
from collections.abc import Iterator
from datetime import UTC

from appliance.mail import address, bounce, charset, headers, kind, limits, mime, quote
from appliance.mail.body import Reading
from appliance.mail.headers import Headers
from appliance.mail.mime import Node
from appliance.model.mail import Address, Kind, Mail, Part, Report

_SUBJECT_CHARACTERS = 1000
_ABOUT = ("message/rfc822", "text/rfc822-headers", "message/global", "message/global-headers")
_STATUS = ("message/delivery-status", "message/global-delivery-status")


def parse(raw: bytes) -> Mail:
    """Read a mail. Raises only TooStrange (mail/limits.py), for one beyond the hard limits.

    Everything else becomes a Mail; what was strange on the way is told in its `trouble`.
    """
    trouble: list[str] = []
    top = mime.read(raw, trouble)
    reading = Reading(raw, trouble)
    reading.read(top)
    text, parts = reading.text(), reading.parts()
    reports, (speaker, reason) = _reports(raw, top, text), kind.kind_of(top.headers)
    if reports and speaker not in (Kind.BOUNCE, Kind.COMPLAINT):
        complaint = reports[0].action == "abuse"
        speaker, reason = (Kind.COMPLAINT, "feedback report") if complaint else (Kind.BOUNCE, "delivery report")
    _note_cut_headers(top.headers, trouble)
    fields = top.headers
    return Mail(
        message_id=next(iter(headers.message_ids(fields.first("message-id"))), ""),
        in_reply_to=headers.message_ids(fields.first("in-reply-to")),
        references=headers.message_ids(fields.first("references")),
        sender=_sender(fields),
        reply_to=address.parse(fields.first("reply-to")),
        to=_all(fields, "to"),
        cc=_all(fields, "cc"),
        subject=_subject(fields),
        date=headers.date(fields.first("date")),
        text=text,
        html=reading.html(),
        remote_images=reading.remote_images,
        snippet=quote.snippet(text),
        parts=parts,
        kind=speaker,
        kind_reason=reason,
        reports=reports,
        content_hash=_content_hash(fields, reading, parts),
        trouble=tuple(dict.fromkeys(trouble))[: limits.TROUBLES],
    )


def salvage(raw: bytes, why: str) -> Mail:
    """A mail that could not be parsed: its header as far as it goes, and its bytes as text. Never raises, takes ms."""
    start = raw[: limits.PART_HEADER_BYTES]
    fields, _ = headers.split(start, 0, len(start))
    text = charset.clean(start.decode("utf-8", "replace"))
    speaker, reason = kind.kind_of(fields)
    return Mail(
        message_id=next(iter(headers.message_ids(fields.first("message-id"))), ""),
        in_reply_to=headers.message_ids(fields.first("in-reply-to")),
        references=headers.message_ids(fields.first("references")),
        sender=_sender(fields),
        reply_to=(),
        to=(),
        cc=(),
        subject=_subject(fields),
        date=headers.date(fields.first("date")),
        text=text,
        html="",
        remote_images=0,
        snippet=quote.snippet(_subject(fields)),
        parts=(),
        kind=speaker,
        kind_reason=reason,
        reports=(),
        content_hash=hashlib.sha256(raw).digest(),
        trouble=(f"not understood: {why}",),
    )


def _sender(fields: Headers) -> Address:
    """From, or else who is nearest to it."""
    named = (address.first(fields.first(name)) for name in ("from", "sender", "reply-to", "return-path"))
    return next((person for person in named if person.address), address.NOBODY)


def _all(fields: Headers, name: str) -> tuple[Address, ...]:
    """To and Cc may stand there more than once, although they must not."""
    people = dict.fromkeys(person for value in fields.every(name)[:10] for person in address.parse(value))
    return tuple(people)[: limits.ADDRESSES]


def _subject(fields: Headers) -> str:
    return headers.decoded(fields.first("subject"))[:_SUBJECT_CHARACTERS]


def _note_cut_headers(fields: Headers, trouble: list[str]) -> None:
    for name, value in fields.fields:
        if len(value) > limits.HEADER_VALUE_BYTES:
            trouble.append(f"{name} is longer than {limits.HEADER_VALUE_BYTES} bytes, only its beginning is read")
    words = fields.first("subject").count("=?")
    if words > limits.ENCODED_WORDS:
        trouble.append(f"only {limits.ENCODED_WORDS} encoded words of the subject are decoded")


def _content_hash(fields: Headers, reading: Reading, parts: tuple[Part, ...]) -> bytes:
    """Line ends and transfer encodings do not count: relays change them."""
    digest = hashlib.sha256()
    moment = headers.date(fields.first("date"))
    date = moment.astimezone(UTC).isoformat() if moment else fields.first("date")
    for word in (_sender(fields).address, _subject(fields), date):
        digest.update(word.encode("utf-8", "replace") + b"\0")
    for piece in reading.pieces:
        digest.update(b"\0".join(words.strip().encode("utf-8", "replace") for words in (piece.text, piece.html)))
    for part in parts:
        digest.update(b"\0" + part.content)
    return digest.digest()


def _reports(raw: bytes, top: Node, text: str) -> tuple[Report, ...]:
    """What the mail says about mails of ours: by its structure, else by the forms of qmail and Exim."""
    leaves = list(_leaves(top))
    about = next((leaf for leaf in leaves if leaf.type in _ABOUT), None)
    message_id = bounce.message_id_of(mime.content(raw, about, [])) if about and top.children else ""
    for leaf in leaves:
        if leaf.type in _STATUS:
            return bounce.read_delivery_status(mime.content(raw, leaf, []), message_id)
        if leaf.type == "message/feedback-report":
            return bounce.read_feedback(mime.content(raw, leaf, []), message_id)
    if "x-failed-recipients" in top.headers:
        return bounce.read_failed_recipients(top.headers, text)
    return bounce.read_qmail(text) if kind.is_mailer_daemon(top.headers) else ()


def _leaves(node: Node) -> Iterator[Node]:
    for child in node.children:
        yield from _leaves(child)
    if not node.children:
        yield node
