"""A mail on its way out: what the relay carries, and what the ledger shows of it."""

from dataclasses import dataclass
from datetime import datetime

from appliance.model.ids import BlobId, InteractionId, MessageId, OutboxId

STATES = (
    "ready",  # may go at next_at
    "leased",  # a connection has it; nobody has seen its final dot
    "sending",  # its final dot may have been seen
    "delivered",
    "deferred",  # tried, and again at next_at
    "failed",
    "held",  # a person said: wait
    "unsure",  # it may have arrived, and nobody can tell
    "cancelled",
    "suppressed",
)


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail to one envelope recipient, leased to the relay."""

    id: OutboxId
    source: str  # reply, forward, system, api, dialer, ...
    interaction: InteractionId | None
    mail_from: str  # RFC5321.MailFrom, "" for the null reverse-path
    recipient: str  # RFC5321.RcptTo
    domain: str  # of the recipient, lower case
    blob: BlobId  # unsigned
    rank: int  # 0 goes first
    attempts: int  # before this one
    next_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Posted:
    """A row of the outbox, as lists show it."""

    id: OutboxId
    source: str
    interaction: InteractionId | None
    message: MessageId | None
    mail_from: str
    recipient: str
    message_id: str  # without angle brackets
    state: str
    rank: int
    attempts: int
    next_at: datetime
    expires_at: datetime
    reply: str
    remote: str
    tls: str
    created_at: datetime
    done_at: datetime | None


@dataclass(frozen=True, slots=True)
class Attempt:
    """One line of a row's ledger: how a try ended."""

    at: datetime
    state: str
    remote: str
    tls: str
    reply: str
