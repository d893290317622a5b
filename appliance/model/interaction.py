"""One conversation with one customer: the ticket, its messages, and what lists and pages show of them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from appliance.model.ids import AttachmentId, CampaignId, ContactId, InteractionId, MessageId, UserId
from appliance.model.mail import Address

Direction = Literal["in", "out", "comment"]
VIEWS = ("mine", "unassigned", "waiting", "postponed", "attention", "open", "closed")


@dataclass(frozen=True, slots=True)
class Interaction:
    """What every list shows of an interaction, and what the head of its page shows."""

    id: InteractionId  # the number that people see
    campaign: CampaignId
    campaign_name: str
    contact: ContactId
    name: str  # of the contact
    address: str  # of the contact: where an answer goes
    vip: bool
    subject: str
    snippet: str
    status: str  # code: new, in_progress, waiting, postponed, closed, merged, or the team's own
    status_name: str  # English for the standard codes: pages translate by code
    priority: str  # code
    priority_name: str
    agent: UserId | None
    agent_name: str
    open: bool
    unread: bool
    attention: str  # why a person must look, "" mostly
    files: int
    draft: bool  # the actor has begun to write
    last_message: MessageId | None
    waiting_since: datetime | None
    created_at: datetime
    changed_at: datetime
    closed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Page:
    """A stretch of a list, and the key after which the next one starts (None: that was all)."""

    items: tuple[Interaction, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class Counts:
    """How many interactions stand in each view of an actor, and open ones per campaign."""

    views: dict[str, int]
    campaigns: tuple[tuple[CampaignId, str, int], ...]  # id, name, open


@dataclass(frozen=True, slots=True)
class Attachment:
    id: AttachmentId
    name: str
    type: str
    size: int
    content_id: str
    inline: bool


@dataclass(frozen=True, slots=True)
class Delivery:
    """Where one copy of a mail we sent has got to."""

    recipient: str
    state: str  # a state of the outbox
    reply: str
    next_at: datetime
    done_at: datetime | None


@dataclass(frozen=True, slots=True)
class Message:
    id: MessageId
    interaction: InteractionId
    direction: Direction
    kind: str  # model.mail.Kind
    kind_reason: str
    author: UserId | None
    author_name: str
    message_id: str
    references: tuple[str, ...]  # what a reply to this one must carry, oldest first, this one included
    sender: Address
    reply_to: tuple[Address, ...]
    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    bcc: tuple[Address, ...]
    subject: str
    text: str
    html: str
    remote_images: int
    raw: bool  # the bytes as they came or went are kept
    joined_because: str
    trouble: tuple[str, ...]
    written_at: datetime
    attachments: tuple[Attachment, ...]
    deliveries: tuple[Delivery, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """A line of the history."""

    at: datetime
    actor: str  # "" is Posthouse itself
    what: str
    detail: str


@dataclass(frozen=True, slots=True)
class Contact:
    id: ContactId
    name: str
    emails: tuple[str, ...]
    phone: str
    type: str
    vip: bool
    notes: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class DraftFile:
    id: int
    name: str
    type: str
    size: int


@dataclass(frozen=True, slots=True)
class Draft:
    """What somebody is writing: saved as he types, kept until it is sent or thrown away."""

    id: int
    interaction: InteractionId
    mode: str  # reply, reply_all, forward, comment
    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    bcc: tuple[Address, ...]
    html: str
    files: tuple[DraftFile, ...]
    version: int
    saved_at: datetime


@dataclass(frozen=True, slots=True)
class Conversation:
    """All that the page of an interaction shows, from one moment."""

    interaction: Interaction
    messages: tuple[Message, ...]
    contact: Contact
    others: tuple[Interaction, ...]  # the contact's other interactions, newest first, three at most
    history: tuple[Change, ...]
    draft: Draft | None  # the actor's own
    signature: str  # the campaign's, safe HTML
    from_name: str
    from_address: str
    colleagues: tuple[tuple[UserId, str], ...]  # who can be assigned
