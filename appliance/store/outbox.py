"""The outbox: every mail that leaves us waits here first, one row for each envelope recipient, and stays as the ledger.

A row goes ready -> leased (a connection has it) -> sending (the final dot may be seen) -> delivered, deferred, failed
or unsure; leases.py moves it. Here is what the rooms and the operator do with it. The states always add up to the rows.
"""

import sqlite3
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from appliance.clock import maybe_moment, moment
from appliance.errors import Conflict, Invalid, NotFound
from appliance.model.ids import InteractionId, MessageId, OutboxId
from appliance.model.interaction import Delivery
from appliance.model.news import OutboxChanged
from appliance.model.outbox import STATES, Attempt, Posted
from appliance.store import Tx, View, blobs, history, moves

LIFETIME = timedelta(days=5)  # RFC 5321, 4.5.4.1: give up after 4 or 5 days


def put(
    tx: Tx,
    *,
    source: str,
    mail_from: str,
    recipients: Iterable[str],
    raw: bytes,
    message_id: str,
    interaction: InteractionId | None = None,
    message: MessageId | None = None,
    rank: int = 0,
    not_before: datetime | None = None,
) -> list[OutboxId]:
    """Post one mail to each of the recipients, each once. `raw` is unsigned; it leaves at `not_before`, else at once.

    Raises Invalid(recipients=...) for what is no address.
    """
    blob, first = blobs.keep(tx, raw), not_before or tx.now
    rows = [
        tx.add(
            """
            INSERT INTO outbox (source, interaction, message, mail_from, recipient, domain, blob, message_id, rank,
                                next_at, expires_at, created_at)
            VALUES (:source, :interaction, :message, :mail_from, :recipient, :domain, :blob, :message_id, :rank,
                    :next_at, :expires_at, :now)
            """,
            source=source,
            interaction=interaction,
            message=message,
            mail_from=mail_from,
            recipient=recipient,
            domain=recipient.rpartition("@")[2],
            blob=blob,
            message_id=message_id,
            rank=rank,
            next_at=first,
            expires_at=first + LIFETIME,
            now=tx.now,
        )
        for recipient in dict.fromkeys(map(_addressed, recipients))
    ]
    tx.tell(OutboxChanged())
    return [OutboxId(row) for row in rows]


def cancel_of(tx: Tx, message: MessageId) -> int:
    """Take back a mail that has not been tried at all: how many rows. Conflict when one has left, or may have."""
    rows = tx.all("SELECT state, attempts FROM outbox WHERE message = :message", message=message)
    if any(row["attempts"] or row["state"] not in ("ready", "deferred", "held", "cancelled") for row in rows):
        raise Conflict("the mail has left already")
    return tx.run(
        """
        UPDATE outbox SET state = 'cancelled', done_at = :now
        WHERE message = :message AND state IN ('ready', 'deferred', 'held')
        """,
        message=message,
        now=tx.now,
    )


def retry(tx: Tx, row: OutboxId) -> None:
    """Send it now, whatever became of it before: with a fresh lifetime, and the Message-ID it always had."""
    _move(
        tx,
        row,
        ("ready", "deferred", "failed", "unsure", "held", "cancelled", "suppressed"),
        "ready",
        next_at=tx.now,
        expires_at=tx.now + LIFETIME,
    )
    tx.tell(OutboxChanged())


def hold(tx: Tx, row: OutboxId) -> None:
    _move(tx, row, ("ready", "deferred"), "held")


def release(tx: Tx, row: OutboxId) -> None:
    _move(tx, row, ("held",), "ready")
    tx.tell(OutboxChanged())


def cancel(tx: Tx, row: OutboxId) -> None:
    _move(tx, row, ("ready", "deferred", "held"), "cancelled", done_at=tx.now)


def get(view: View, row: OutboxId) -> Posted:
    found = view.one("SELECT * FROM outbox WHERE id = :row", row=row)
    if found is None:
        raise NotFound("there is no such mail in the outbox")
    return _posted(found)


def listed(view: View, state: str | None = None, *, after: OutboxId | None = None, limit: int = 50) -> list[Posted]:
    """The newest first, those in one state or all; `after` is the last row of the page before."""
    if state is not None and state not in STATES:
        raise Invalid(state=f"is one of {', '.join(STATES)}")
    rows = view.all(
        f"""
        SELECT * FROM outbox WHERE id < :after {"AND state = :state" if state else ""}
        ORDER BY id DESC LIMIT :limit
        """,
        after=after if after is not None else 2**63 - 1,
        state=state,
        limit=limit,
    )
    return [_posted(row) for row in rows]


def attempts(view: View, row: OutboxId) -> tuple[Attempt, ...]:
    """Every try and how it ended, the oldest first."""
    rows = view.all("SELECT * FROM attempts WHERE outbox = :row ORDER BY id", row=row)
    return tuple(Attempt(moment(row["at"]), row["state"], row["remote"], row["tls"], row["reply"]) for row in rows)


def of_message(view: View, message: MessageId) -> tuple[Delivery, ...]:
    """Where each copy of the mail has got to."""
    rows = view.all("SELECT * FROM outbox WHERE message = :message ORDER BY id", message=message)
    return tuple(
        Delivery(row["recipient"], row["state"], row["reply"], moment(row["next_at"]), maybe_moment(row["done_at"]))
        for row in rows
    )


def interaction_of(view: View, message_id: str) -> InteractionId | None:
    """The conversation in which we sent the mail with this Message-ID."""
    row = view.one(
        "SELECT interaction FROM outbox WHERE message_id = :message_id AND interaction IS NOT NULL LIMIT 1",
        message_id=message_id,
    )
    return InteractionId(row["interaction"]) if row else None


def totals(view: View, source: str | None = None) -> dict[str, int]:
    """How many rows are in each state, all states named: they add up to the rows there are."""
    rows = view.all(
        "SELECT state, sum(n) AS n FROM outbox_totals WHERE :source IS NULL OR source = :source GROUP BY state",
        source=source,
    )
    return dict.fromkeys(STATES, 0) | {row["state"]: row["n"] for row in rows}


def tell(tx: Tx, interaction: InteractionId | None, what: str = "", detail: str = "") -> None:
    """Its page shows where each mail has got to; `what` also leaves a line in its history."""
    if interaction is not None:
        if what:
            history.add(tx, interaction, "", what, detail)
        moves.tell(tx, interaction, "delivery")


def _move(
    tx: Tx,
    row: OutboxId,
    states: Collection[str],
    state: str,
    *,
    next_at: datetime | None = None,
    expires_at: datetime | None = None,
    done_at: datetime | None = None,
) -> None:
    """What a person decides about a row: Conflict when it is not in one of these states."""
    posted = get(tx, row)
    if posted.state not in states:
        raise Conflict(f"a mail that is {posted.state} cannot become {state}")
    tx.run(
        """
        UPDATE outbox SET state = :state, next_at = ifnull(:next_at, next_at), done_at = :done_at,
            expires_at = ifnull(:expires_at, expires_at)
        WHERE id = :row
        """,
        row=row,
        state=state,
        next_at=next_at,
        expires_at=expires_at,
        done_at=done_at,
    )
    tell(tx, posted.interaction)


def _addressed(recipient: str) -> str:
    """The local part as it came (only its owner may say what case means, RFC 5321, 2.4), the domain in lower case."""
    local, at, domain = recipient.strip().rpartition("@")
    if not (local and at and domain):
        raise Invalid(recipients=f"{recipient!r} is not an address")
    return f"{local}@{domain.lower()}"


def _posted(row: sqlite3.Row) -> Posted:
    return Posted(
        id=OutboxId(row["id"]),
        source=row["source"],
        interaction=row["interaction"],
        message=row["message"],
        mail_from=row["mail_from"],
        recipient=row["recipient"],
        message_id=row["message_id"],
        state=row["state"],
        rank=row["rank"],
        attempts=row["attempts"],
        next_at=moment(row["next_at"]),
        expires_at=moment(row["expires_at"]),
        reply=row["reply"],
        remote=row["remote"],
        tls=row["tls"],
        created_at=moment(row["created_at"]),
        done_at=maybe_moment(row["done_at"]),
    )
