"""The inbound queue, the address it answers at, and who works in it."""

from dataclasses import dataclass

from appliance.model.ids import CampaignId, MailboxId, UserId


@dataclass(frozen=True, slots=True)
class Mailbox:
    id: MailboxId
    address: str
    aliases: tuple[str, ...]
    kind: str  # local, external
    receive: bool


@dataclass(frozen=True, slots=True)
class Campaign:
    id: CampaignId
    name: str
    mailbox: MailboxId
    address: str  # of the mailbox: what its mail comes from
    from_name: str
    reply_to: tuple[str, ...]
    enabled: bool
    receive: bool
    eligibility: str
    order: str
    max_interactions: int | None
    max_in_queue: int | None
    service_level_seconds: int
    time_zone: str
    signature: str


@dataclass(frozen=True, slots=True)
class Member:
    campaign: CampaignId
    user: UserId
    penalty: int  # 0-100, lower gets more
    position: int
    receive: bool
    start: bool
