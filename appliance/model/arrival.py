"""A mail as the door took it: bytes and envelope, not yet understood."""

from dataclasses import dataclass
from datetime import datetime

from appliance.model.ids import ArrivalId, BlobId


@dataclass(frozen=True, slots=True)
class Envelope:
    """What the client said in SMTP (RFC 5321)."""

    mail_from: str  # RFC5321.MailFrom, "" for the null reverse-path
    recipients: tuple[str, ...]  # RFC5321.RcptTo, the domain in lower case
    client_ip: str = ""
    helo: str = ""
    tls: str = ""  # protocol and cipher, "" when plain


@dataclass(frozen=True, slots=True)
class Arrival:
    id: ArrivalId
    blob: BlobId
    raw: bytes
    envelope: Envelope
    arrived_at: datetime


@dataclass(frozen=True, slots=True)
class Quarantined:
    """An arrival that waits for a person."""

    id: ArrivalId
    envelope: Envelope
    arrived_at: datetime
    size: int
    reason: str
