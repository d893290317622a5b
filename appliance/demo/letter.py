"""What a customer writes, and what the team has done about it before the visitor came."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

POLICY = SMTP.clone(max_line_length=76)


@dataclass(frozen=True, slots=True)
class Customer:
    """`answers` are what he says, one after the other, when we write to him; then he is content."""

    name: str
    address: str
    language: str = "en"
    answers: tuple[str, ...] = ()

    @property
    def domain(self) -> str:
        return self.address.partition("@")[2]

    @property
    def header(self) -> Address:
        return Address(self.name, addr_spec=self.address)


@dataclass(frozen=True, slots=True)
class File:
    name: str
    type: str  # a MIME type
    content: bytes


@dataclass(frozen=True, slots=True)
class Deed:
    """What somebody of the team did: reply, comment, draft (words), assign (to whom), rank (code), postpone, close."""

    by: str  # a username
    what: str
    words: str = ""


@dataclass(frozen=True, slots=True)
class Letter:
    writer: Customer
    to: str  # the local part of one of our addresses
    subject: str
    text: str = ""
    files: tuple[Callable[[], File], ...] = ()
    shape: "Callable[[Letter], EmailMessage | bytes] | None" = None  # for those that are no plain text with files
    deeds: tuple[Deed, ...] = ()


def written(letter: Letter, domain: str, message_id: str, now: datetime) -> bytes:
    """The mail as it goes over the wire. A shape of bytes begins with headers of its own, Subject among them."""
    shaped = letter.shape(letter) if letter.shape else _plain(letter)
    head = {
        "Date": format_datetime(now),
        "From": letter.writer.header,
        "To": f"{letter.to}@{domain}",
        "Message-ID": f"<{message_id}>",
    }
    if isinstance(shaped, bytes):
        return _bare(head) + shaped
    for name, value in head.items():
        shaped[name] = value
    if "Subject" not in shaped:
        shaped["Subject"] = letter.subject
    return shaped.as_bytes(policy=POLICY)


def quoted(text: str) -> str:
    return "\n".join(f">{line}" if line.startswith(">") else f"> {line}".rstrip() for line in text.splitlines())


def _plain(letter: Letter) -> EmailMessage:
    mail = EmailMessage(policy=POLICY)
    mail.set_content(letter.text)
    for make in letter.files:
        file = make()
        main, _, sub = file.type.partition("/")
        mail.add_attachment(file.content, maintype=main, subtype=sub, filename=file.name)
    return mail


def _bare(head: dict[str, object]) -> bytes:
    mail = EmailMessage(policy=POLICY)
    for name, value in head.items():
        mail[name] = value
    return mail.as_bytes(policy=POLICY).removesuffix(b"\r\n")
