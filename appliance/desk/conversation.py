"""The page of an interaction: all of it, from one moment, for one who may see it."""

from appliance.model.ids import InteractionId
from appliance.model.interaction import Conversation
from appliance.model.user import Actor
from appliance.store import Tx, View, campaigns, contacts, drafts, history, interactions, messages, moves


def open(view: View, actor: Actor, number: InteractionId) -> Conversation:
    """Raises NotFound also when the actor may not know of it."""
    interaction = interactions.get(view, actor, number)
    campaign = campaigns.any_state(view, interaction.campaign)
    return Conversation(
        interaction=interaction,
        messages=messages.of(view, actor, number),
        contact=contacts.get(view, interaction.contact),
        others=interactions.of_contact(view, actor, interaction.contact, besides=number),
        history=history.of(view, number),
        draft=drafts.of(view, actor, number),
        signature=campaign.signature,
        from_name=campaign.from_name or campaign.name,
        from_address=campaign.address,
        colleagues=campaigns.colleagues(view, interaction.campaign),
    )


def seen(tx: Tx, actor: Actor, number: InteractionId) -> None:
    """Somebody has opened it: it is not unread any more."""
    interactions.get(tx, actor, number)
    moves.seen(tx, number)
