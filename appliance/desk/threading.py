"""Where a customer's mail belongs: to a conversation we know, and by which sign, or to a new one."""

from dataclasses import dataclass
from datetime import timedelta

from appliance.mail import thread
from appliance.model.arrival import Envelope
from appliance.model.ids import CampaignId, ContactId, InteractionId
from appliance.model.mail import Address, Mail
from appliance.store import View, interactions, messages, search


@dataclass(frozen=True, slots=True)
class Signs:
    """What tells that a mail belongs to a conversation: the secret of our own tokens, and how long subjects count."""

    secret: bytes
    subject_days: int


def find(
    view: View, signs: Signs, campaign: CampaignId, contact: ContactId, mail: Mail, envelope: Envelope
) -> tuple[InteractionId, str] | None:
    """The interaction and a word for the rule that found it (token, message-id, references, number, subject).

    The order is from what nobody can forge to what people merely type: our signed tokens in the address and in
    the Message-IDs, ids seen before, the number in the subject from somebody who takes part, the same subject
    from the same contact within some days.
    """
    return (
        _by_address(view, signs, envelope)
        or _by_our_id(view, signs, mail)
        or _by_any_id(view, campaign, mail)
        or _by_number(view, campaign, mail)
        or _by_subject(view, signs, campaign, contact, mail)
    )


def folded_subject(subject: str) -> str:
    """What is left of a subject to compare: without Re: and its kin, case and accents."""
    return search.fold(thread.bare_subject(subject)).strip()


def _by_address(view: View, signs: Signs, envelope: Envelope) -> tuple[InteractionId, str] | None:
    for address in envelope.recipients:
        number = thread.interaction_at(signs.secret, address)
        if number is not None and interactions.exists(view, InteractionId(number)):
            return InteractionId(number), "token"
    return None


def _by_our_id(view: View, signs: Signs, mail: Mail) -> tuple[InteractionId, str] | None:
    for message_id in (*mail.in_reply_to, *reversed(mail.references)):
        number = thread.interaction_in(signs.secret, message_id)
        if number is not None and interactions.exists(view, InteractionId(number)):
            return InteractionId(number), "message-id"
    return None


def _by_any_id(view: View, campaign: CampaignId, mail: Mail) -> tuple[InteractionId, str] | None:
    found = messages.with_ids(view, campaign, (*mail.references, *mail.in_reply_to)) or _by_own_id(view, campaign, mail)
    return (found, "references") if found else None


def _by_own_id(view: View, campaign: CampaignId, mail: Mail) -> InteractionId | None:
    """An answer that overtook it has named it; but some programs give every mail of every customer the same id."""
    found = messages.with_ids(view, campaign, (mail.message_id,))
    if found and messages.has_id(view, found, mail.message_id):
        return found if messages.takes_part(view, found, mail.sender.address) else None
    return found


def _by_number(view: View, campaign: CampaignId, mail: Mail) -> tuple[InteractionId, str] | None:
    number = InteractionId(thread.number_in(mail.subject) or 0)
    if interactions.exists(view, number, campaign) and _take_part(view, number, (mail.sender, *mail.reply_to)):
        return number, "number"
    return None


def _by_subject(
    view: View, signs: Signs, campaign: CampaignId, contact: ContactId, mail: Mail
) -> tuple[InteractionId, str] | None:
    subject = folded_subject(mail.subject)
    if not subject:
        return None
    since = view.now - timedelta(days=signs.subject_days)
    found = interactions.with_subject(view, campaign, contact, subject, since)
    return (found, "subject") if found and _take_part(view, found, mail.reply_to) else None


def _take_part(view: View, number: InteractionId, people: tuple[Address, ...]) -> bool:
    """Anybody can put a customer's address into From, and with Reply-To have the answers sent to himself."""
    return all(messages.takes_part(view, number, each.address) for each in people)
