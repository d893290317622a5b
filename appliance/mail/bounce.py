"""What bounces and complaints say, read from their structure: RFC 3464, RFC 5965, qmail's and Exim's forms."""

import re
from collections.abc import Iterator

from appliance.mail import headers, limits
from appliance.mail.headers import Headers
from appliance.model.mail import Report

_STATUS = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.])")
_QMAIL = re.compile(r"\A\s*Hi\. This is the [^\n]{1,200}", re.IGNORECASE)
_QMAIL_COPY = re.compile(r"^--- Below this line is a copy of the message\.", re.MULTILINE)
_QMAIL_RECIPIENT = re.compile(r"^<([^<>\s]{1,320})>:[ \t]*\n((?:[^\n]*\S[^\n]*\n?){0,20})", re.MULTILINE)
_COPY = re.compile(r"^-{3,10} ?(?:This is a copy of|The body of|Original message|Message header)[^\n]*\n", re.MULTILINE)
_MESSAGE_ID = re.compile(r"^Message-ID:[ \t]*(?:\n[ \t]+)?<([^<>\n]{1,998})>", re.MULTILINE | re.IGNORECASE)
_REPORTS = 200


def read_delivery_status(status: bytes, message_id: str) -> tuple[Report, ...]:
    """One report for each recipient of a message/delivery-status part; the first block is about the whole mail."""
    blocks = list(_blocks(status))
    about_recipients = [block for block in blocks if "final-recipient" in block or "original-recipient" in block]
    return tuple(_recipient_report(block, message_id) for block in about_recipients[:_REPORTS])


def read_feedback(feedback: bytes, message_id: str) -> tuple[Report, ...]:
    """A complaint (RFC 5965); "not-spam" is none."""
    block = next(_blocks(feedback), Headers(()))
    if block.first("feedback-type").strip().lower() == "not-spam":
        return ()
    recipients = block.every("original-rcpt-to") or block.every("removal-recipient") or [""]
    words = headers.decoded(block.first("user-agent"))[:200]
    return tuple(Report(message_id, _address(recipient), "abuse", "", words) for recipient in recipients[:_REPORTS])


def read_failed_recipients(fields: Headers, text: str) -> tuple[Report, ...]:
    """Exim names who failed in a header and quotes the mail below a line of dashes."""
    copy = _COPY.search(text)
    message_id = _message_id_in(text[copy.end() :] if copy else "")
    said = text[: copy.start() if copy else 2000]
    recipients = re.split(r"[,\s]+", headers.decoded(fields.first("x-failed-recipients")))
    return tuple(_text_report(message_id, one, said) for one in recipients[:_REPORTS] if "@" in one)


def read_qmail(text: str) -> tuple[Report, ...]:
    """qmail-send's bounce (QSBMF): paragraphs that begin with the recipient, then a copy of the mail."""
    if not _QMAIL.match(text):
        return ()
    copy = _QMAIL_COPY.search(text)
    message_id = _message_id_in(text[copy.end() :] if copy else "")
    said = text[: copy.start() if copy else len(text)]
    found = _QMAIL_RECIPIENT.findall(said)
    return tuple(_text_report(message_id, recipient, words) for recipient, words in found[:_REPORTS])


def message_id_of(returned: bytes) -> str:
    """The Message-ID of a returned mail or of its headers alone."""
    fields, _ = headers.split(returned, 0, min(len(returned), limits.PART_HEADER_BYTES))
    ids = headers.message_ids(fields.first("message-id"))
    return ids[0] if ids else ""


def _blocks(status: bytes) -> Iterator[Headers]:
    position, end = 0, min(len(status), limits.HEADER_BYTES)
    while position < end:
        block, body = headers.split(status, position, end)
        if block.fields:
            yield block
        position = max(body, position + 1)


def _recipient_report(block: Headers, message_id: str) -> Report:
    recipient = _address(block.first("final-recipient")) or _address(block.first("original-recipient"))
    diagnostic = headers.decoded(block.first("diagnostic-code").partition(";")[2] or block.first("diagnostic-code"))
    status = _STATUS.search(block.first("status")) or _STATUS.search(diagnostic)
    action = headers.decoded(block.first("action")).lower()[:20] or "failed"
    return Report(message_id, recipient, action, status[1] if status else "", diagnostic[:1000])


def _text_report(message_id: str, recipient: str, words: str) -> Report:
    status = _STATUS.search(words)
    diagnostic = " ".join(words.split())[:1000]
    return Report(message_id, _address(recipient), "failed", status[1] if status else "", diagnostic)


def _address(value: str) -> str:
    """The address of an "rfc822; a@b.example" field, the domain in lower case."""
    kind, semicolon, rest = value.partition(";")
    address = headers.decoded(rest if semicolon else kind).strip("<> ")[:320]
    local, at, domain = address.rpartition("@")
    return f"{local}@{domain.lower()}" if at else address


def _message_id_in(text: str) -> str:
    found = _MESSAGE_ID.search(text[: limits.HEADER_VALUE_BYTES])
    return found[1].strip() if found else ""
