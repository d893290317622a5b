"""What happened, told to live pages and loops after the transaction that made it true."""

from dataclasses import dataclass

from appliance.model.ids import CampaignId, InteractionId, UserId


@dataclass(frozen=True, slots=True)
class InteractionChanged:
    """An interaction is new, or anything about it is different."""

    interaction: InteractionId
    campaign: CampaignId
    agent: UserId | None
    what: str  # arrived (the customer wrote), answered, commented, assigned, closed, delivery, ...


@dataclass(frozen=True, slots=True)
class ArrivalKept:
    """A mail waits for intake."""


@dataclass(frozen=True, slots=True)
class OutboxChanged:
    """A mail waits in the outbox, or one that waited may go."""


@dataclass(frozen=True, slots=True)
class AddressesChanged:
    """Mailboxes, aliases, campaigns or domains are different: who may be written to must be read again."""


@dataclass(frozen=True, slots=True)
class MembersChanged:
    """A person works in other campaigns now: what he may see is different from the next moment on."""

    user: UserId


@dataclass(frozen=True, slots=True)
class SignedOut:
    """A person's sessions ended: his streams must end too."""

    user: UserId


@dataclass(frozen=True, slots=True)
class SomebodyElseWrote:
    """Another process changed the store: caches reload, every loop looks."""


News = (
    InteractionChanged | ArrivalKept | OutboxChanged | AddressesChanged | MembersChanged | SignedOut | SomebodyElseWrote
)
