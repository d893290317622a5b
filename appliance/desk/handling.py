"""What people do with an interaction besides writing: take it, close it, sort it. Each leaves a line in its history."""

from appliance.errors import Conflict, Invalid
from appliance.model.ids import InteractionId, UserId
from appliance.model.user import Actor
from appliance.store import Tx, campaigns, history, interactions, moves


def assign(tx: Tx, actor: Actor, number: InteractionId, agent: UserId | None) -> None:
    """Give it to a member of its campaign, or to nobody. Raises NotFound, and Conflict for one who is no member."""
    interaction = interactions.get(tx, actor, number)
    names = dict(campaigns.colleagues(tx, interaction.campaign))
    if agent is not None and agent not in names and not (agent == actor.user and actor.everywhere):
        raise Conflict("only members of the campaign can be given its interactions")
    if agent == interaction.agent:
        return
    moves.assign(tx, number, agent)
    history.add(tx, number, actor.name, "assigned", names.get(agent, actor.name) if agent else "")


def close(tx: Tx, actor: Actor, number: InteractionId) -> None:
    """Nothing is left to do. Closing what is closed changes nothing."""
    if interactions.get(tx, actor, number).open:
        set_status(tx, actor, number, "closed")


def reopen(tx: Tx, actor: Actor, number: InteractionId) -> None:
    if not interactions.get(tx, actor, number).open:
        set_status(tx, actor, number, "in_progress")


def set_status(tx: Tx, actor: Actor, number: InteractionId, code: str) -> None:
    """Raises NotFound for an interaction or a status that does not exist, Invalid for one that is no choice."""
    before = interactions.get(tx, actor, number)
    if code == "merged":
        raise Invalid(status="a conversation is merged into another, not set to be merged")
    if before.status == code:
        return
    if actor.user is not None and before.agent is None and code == "in_progress":
        assign(tx, actor, number, actor.user)
    moves.set_status(tx, number, code)
    history.add(tx, number, actor.name, "status", f"{before.status} > {code}")


def set_priority(tx: Tx, actor: Actor, number: InteractionId, code: str) -> None:
    """Raises NotFound for an interaction or a priority that does not exist."""
    before = interactions.get(tx, actor, number)
    if before.priority != code:
        moves.set_priority(tx, number, code)
        history.add(tx, number, actor.name, "priority", f"{before.priority} > {code}")
