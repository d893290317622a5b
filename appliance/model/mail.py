"""A mail as we understand it: what parsing finds in the bytes, and what composing makes bytes of."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Address:
    """A person at an address (RFC 5322 mailbox): decoded name, addr-spec with the domain in lower case."""

    name: str
    address: str


@dataclass(frozen=True, slots=True)
class Part:
    """A file that came with a mail, decoded."""

    name: str  # safe to show and to save as; never empty
    type: str  # the MIME type as declared, lower case, "application/octet-stream" when unusable
    content_id: str  # without angle brackets, "" when none
    inline: bool  # the HTML body refers to it by cid:
    content: bytes


class Kind(StrEnum):
    """Who speaks: a person, or which sort of machine."""

    PERSON = "person"
    AUTO_REPLY = "auto_reply"  # out-of-office and other answers nobody wrote (RFC 3834)
    BULK = "bulk"  # newsletters, mailing lists
    BOUNCE = "bounce"  # delivery status notification (RFC 3464)
    COMPLAINT = "complaint"  # abuse report (RFC 5965)


@dataclass(frozen=True, slots=True)
class Report:
    """What a bounce or complaint says about one mail of ours."""

    message_id: str  # of the mail it is about, without angle brackets; "" when not told
    recipient: str  # "" when not told
    action: str  # failed, delayed, delivered, relayed, expanded; "abuse" for a complaint
    status: str  # enhanced code such as 5.1.1, "" when not told
    diagnostic: str  # the remote server's words


@dataclass(frozen=True, slots=True)
class Mail:
    """What we understood of a mail. Parsing never fails: what was strange is told in `trouble`."""

    message_id: str  # without angle brackets; "" when missing
    in_reply_to: tuple[str, ...]
    references: tuple[str, ...]  # oldest first
    sender: Address
    reply_to: tuple[Address, ...]
    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    subject: str  # decoded, one line; "" when missing
    date: datetime | None  # the Date header, UTC
    text: str  # what a person reads without HTML: the text part, or made from the HTML
    html: str  # sanitised, cid: links kept, remote images disarmed (data-remote-src); "" when there is none
    remote_images: int
    snippet: str  # the first 200 characters a person wrote, quotes left out
    parts: tuple[Part, ...]
    kind: Kind
    kind_reason: str  # the header that told, "" for a person
    reports: tuple[Report, ...]
    content_hash: bytes  # SHA-256 over From, Subject, Date and body: tells a copy from another mail
    trouble: tuple[str, ...] = field(default=())  # "unknown charset x-foo read as windows-1252", ...
