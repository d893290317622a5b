"""Mails on the pipe between the limited process and us: a small JSON head, then the long texts and files as bytes.

No pickle: what comes back was made by a process that has read hostile input, so types and sizes are checked.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from appliance.model.mail import Address, Kind, Mail, Part, Report

HEAD_BYTES = 8 << 20
SEGMENTS = 2 + 1100  # text, html and the content of each part
WORDS_BYTES = 64 << 20  # text and HTML; whoever sends more than that is broken


class Broken(Exception):
    """The other side does not speak our language; it must be ended."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A mail that could not be parsed, and why: show its raw bytes (mail/parse.salvage)."""

    reason: str


def pack(result: Mail | Failure) -> tuple[bytes, list[bytes]]:
    """The JSON head and the segments that follow it; their lengths stand in the head."""
    if isinstance(result, Failure):
        return json.dumps({"failure": result.reason[:1000], "segments": []}).encode(), []
    segments = [result.text.encode(), result.html.encode(), *(part.content for part in result.parts)]
    head = _facts(result) | {"segments": [len(segment) for segment in segments]}
    return json.dumps(head).encode(), segments


def read_head(data: bytes, most: int) -> dict[str, Any]:
    """The head, its segment lengths checked: together no more than `most` bytes."""
    try:
        head = json.loads(data)
        lengths = head["segments"]
        sound = isinstance(lengths, list) and all(type(length) is int and length >= 0 for length in lengths)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise Broken("the head is not ours") from error
    if not sound or len(lengths) > SEGMENTS or sum(lengths) > most:
        raise Broken("the answer is too long")
    assert isinstance(head, dict)
    return head


def unpack(head: dict[str, Any], segments: list[bytes]) -> Mail | Failure:
    """The value that was packed. Raises Broken for anything else."""
    try:
        if "failure" in head:
            return Failure(_text(head["failure"]))
        return _mail(head, segments)
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise Broken("the answer is not a mail") from error


def _facts(mail: Mail) -> dict[str, Any]:
    return {
        "message_id": mail.message_id,
        "in_reply_to": mail.in_reply_to,
        "references": mail.references,
        "sender": _pair(mail.sender),
        "reply_to": [_pair(person) for person in mail.reply_to],
        "to": [_pair(person) for person in mail.to],
        "cc": [_pair(person) for person in mail.cc],
        "subject": mail.subject,
        "date": mail.date.isoformat() if mail.date else None,
        "remote_images": mail.remote_images,
        "snippet": mail.snippet,
        "parts": [[part.name, part.type, part.content_id, part.inline] for part in mail.parts],
        "kind": mail.kind.value,
        "kind_reason": mail.kind_reason,
        "reports": [[one.message_id, one.recipient, one.action, one.status, one.diagnostic] for one in mail.reports],
        "content_hash": mail.content_hash.hex(),
        "trouble": mail.trouble,
    }


def _mail(head: dict[str, Any], segments: list[bytes]) -> Mail:
    return Mail(
        message_id=_text(head["message_id"]),
        in_reply_to=_texts(head["in_reply_to"]),
        references=_texts(head["references"]),
        sender=_address(head["sender"]),
        reply_to=_addresses(head["reply_to"]),
        to=_addresses(head["to"]),
        cc=_addresses(head["cc"]),
        subject=_text(head["subject"]),
        date=datetime.fromisoformat(head["date"]) if head["date"] is not None else None,
        text=segments[0].decode(),
        html=segments[1].decode(),
        remote_images=int(head["remote_images"]),
        snippet=_text(head["snippet"]),
        parts=tuple(_part(fact, content) for fact, content in zip(head["parts"], segments[2:], strict=True)),
        kind=Kind(head["kind"]),
        kind_reason=_text(head["kind_reason"]),
        reports=tuple(Report(*_texts(report)) for report in head["reports"]),
        content_hash=bytes.fromhex(head["content_hash"]),
        trouble=_texts(head["trouble"]),
    )


def _pair(person: Address) -> list[str]:
    return [person.name, person.address]


def _address(pair: list[str]) -> Address:
    return Address(*_texts(pair))


def _addresses(pairs: list[list[str]]) -> tuple[Address, ...]:
    return tuple(_address(pair) for pair in pairs)


def _part(fact: list[Any], content: bytes) -> Part:
    name, mime_type, content_id, inline = fact
    return Part(_text(name), _text(mime_type), _text(content_id), bool(inline), content)


def _texts(values: list[Any]) -> tuple[str, ...]:
    return tuple(_text(value) for value in values)


def _text(value: Any) -> str:  # noqa: ANN401 - it comes from JSON
    if not isinstance(value, str):
        raise TypeError("not a text")
    value.encode()  # no lone surrogates: neither database nor page takes them
    return value
