"""How an interaction moves on: whose turn it is, who has it, where it stands. Every move is told to live pages."""

from datetime import datetime

from appliance.errors import NotFound
from appliance.model.ids import InteractionId, MessageId, UserId
from appliance.model.news import InteractionChanged
from appliance.store import Tx


def customer_wrote(
    tx: Tx, interaction: InteractionId, message: MessageId, snippet: str, files: int, *, since: datetime
) -> None:
    """It is our turn: the interaction is new again, whoever had it keeps it, and the clock of the wait runs."""
    tx.run(
        """
        UPDATE interactions SET status = (SELECT id FROM statuses WHERE code = 'new'), open = 1, unread = 1,
            closed_at = NULL, snippet = :snippet, files = files + :files, last_message = :message,
            waiting_since = ifnull(waiting_since, :since), changed_at = :now
        WHERE id = :interaction
        """,
        interaction=interaction,
        message=message,
        snippet=snippet,
        files=files,
        since=since,
        now=tx.now,
    )
    tell(tx, interaction, "arrived")


def machine_wrote(tx: Tx, interaction: InteractionId, message: MessageId, files: int) -> None:
    """Something that nobody wrote was added: it is kept and shown, and reopens nothing (MISSION M84)."""
    tx.run(
        "UPDATE interactions SET files = files + :files, last_message = :message WHERE id = :interaction",
        interaction=interaction,
        message=message,
        files=files,
    )
    tell(tx, interaction, "arrived")


def we_wrote(tx: Tx, interaction: InteractionId, message: MessageId, agent: UserId | None, *, files: int) -> None:
    """It is the customer's turn. Whoever answers what nobody has, has it from now on."""
    tx.run(
        """
        UPDATE interactions SET agent = ifnull(agent, :agent), last_message = :message, files = files + :files,
            status = CASE WHEN open THEN (SELECT id FROM statuses WHERE code = 'waiting') ELSE status END,
            waiting_since = NULL, unread = 0, attention = '', changed_at = :now
        WHERE id = :interaction
        """,
        interaction=interaction,
        message=message,
        agent=agent,
        files=files,
        now=tx.now,
    )
    tell(tx, interaction, "answered")


def taken_back(tx: Tx, interaction: InteractionId, message: MessageId, files: int) -> None:
    """Our last mail never left: it is our turn again."""
    tx.run(
        """
        UPDATE interactions SET files = files - :files, changed_at = :now, open = 1, closed_at = NULL,
            status = (SELECT id FROM statuses WHERE code = 'in_progress'),
            last_message = (SELECT max(id) FROM messages WHERE interaction = :interaction AND id <> :message),
            waiting_since = (SELECT written_at FROM messages
                WHERE interaction = :interaction AND direction = 'in' ORDER BY id DESC LIMIT 1)
        WHERE id = :interaction
        """,
        interaction=interaction,
        message=message,
        files=files,
        now=tx.now,
    )
    tell(tx, interaction, "undone")


def commented(tx: Tx, interaction: InteractionId, message: MessageId) -> None:
    tx.run(
        "UPDATE interactions SET last_message = :message, changed_at = :now WHERE id = :interaction",
        interaction=interaction,
        message=message,
        now=tx.now,
    )
    tell(tx, interaction, "commented")


def assign(tx: Tx, interaction: InteractionId, agent: UserId | None) -> None:
    tx.run(
        """
        UPDATE interactions SET agent = :agent, changed_at = :now,
            status = CASE WHEN :agent IS NOT NULL AND status = (SELECT id FROM statuses WHERE code = 'new')
                THEN (SELECT id FROM statuses WHERE code = 'in_progress') ELSE status END
        WHERE id = :interaction
        """,
        interaction=interaction,
        agent=agent,
        now=tx.now,
    )
    tell(tx, interaction, "assigned")


def set_status(tx: Tx, interaction: InteractionId, code: str) -> None:
    """Raises NotFound for a status that does not exist."""
    row = tx.one("SELECT id, open FROM statuses WHERE code = :code", code=code)
    if row is None:
        raise NotFound(f"there is no status {code}")
    tx.run(
        """
        UPDATE interactions SET status = :status, open = :open, changed_at = :now,
            closed_at = CASE WHEN :open THEN NULL ELSE :now END,
            waiting_since = CASE WHEN :open THEN waiting_since END,
            attention = CASE WHEN :open THEN attention ELSE '' END
        WHERE id = :interaction
        """,
        interaction=interaction,
        status=row["id"],
        open=row["open"],
        now=tx.now,
    )
    tell(tx, interaction, "status")


def set_priority(tx: Tx, interaction: InteractionId, code: str) -> None:
    """Raises NotFound for a priority that does not exist."""
    changed = tx.run(
        """
        UPDATE interactions SET priority = priorities.id, changed_at = :now
        FROM priorities WHERE priorities.code = :code AND interactions.id = :interaction
        """,
        interaction=interaction,
        code=code,
        now=tx.now,
    )
    if not changed:
        raise NotFound(f"there is no priority {code}")
    tell(tx, interaction, "priority")


def need_attention(tx: Tx, interaction: InteractionId, why: str) -> None:
    """Put it into Needs attention, saying why."""
    tx.run("UPDATE interactions SET attention = :why WHERE id = :interaction", why=why, interaction=interaction)
    tell(tx, interaction, "delivery")


def seen(tx: Tx, interaction: InteractionId) -> None:
    if tx.run("UPDATE interactions SET unread = 0 WHERE id = :interaction AND unread", interaction=interaction):
        tell(tx, interaction, "seen")


def tell(tx: Tx, interaction: InteractionId, what: str) -> None:
    row = tx.one("SELECT campaign, agent FROM interactions WHERE id = :interaction", interaction=interaction)
    assert row is not None
    tx.tell(InteractionChanged(interaction, row["campaign"], row["agent"], what))
