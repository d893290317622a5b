"""The history of an interaction: every change, who made it, and when."""

from appliance.clock import moment
from appliance.model.ids import InteractionId
from appliance.model.interaction import Change
from appliance.store import Tx, View


def add(tx: Tx, interaction: InteractionId, actor: str, what: str, detail: str = "") -> None:
    tx.run(
        """
        INSERT INTO history (interaction, at, actor, what, detail)
        VALUES (:interaction, :now, :actor, :what, :detail)
        """,
        interaction=interaction,
        now=tx.now,
        actor=actor,
        what=what,
        detail=detail,
    )


def of(view: View, interaction: InteractionId) -> tuple[Change, ...]:
    """The oldest first."""
    rows = view.all("SELECT * FROM history WHERE interaction = :interaction ORDER BY id", interaction=interaction)
    return tuple(Change(moment(row["at"]), row["actor"], row["what"], row["detail"]) for row in rows)
