"""Leases: how a row of the outbox moves while the relay has it, and what a crash leaves of it.

ready -> leased (a connection has it) -> sending (the final dot may be seen) -> delivered, deferred, failed, unsure.
Before `sending` nothing can have been accepted, so a crash gives the row back; behind it a crash leaves doubt
(RFC 1047), which begin_boot settles by the kind of mail.
"""

import json
import sqlite3
from collections.abc import Collection, Iterable
from datetime import datetime

from appliance.clock import maybe_moment, moment
from appliance.errors import Conflict
from appliance.model.arrival import Envelope
from appliance.model.delivery import Deferred, Delivered, Outcome, Refused, Unsure
from appliance.model.ids import BlobId, InteractionId, OutboxId
from appliance.model.outbox import Letter
from appliance.store import Tx, View, arrivals, blobs, history, moves, outbox

URGENT = range(1)  # what a person waits for
BULK = range(1, 10)
HELD_IN_DOUBT = ("dialer",)  # at most once; everything else is sent again, with the same Message-ID
STOPPED = "451 4.3.2 Posthouse was stopped before the answer came: the mail may have arrived"

Ending = tuple[Letter, Outcome, datetime]  # a leased row, how its attempt went, and when to try again


def begin_boot(tx: Tx) -> int:
    """A new start of the server: the leases of the one before are void. Its number.

    Leased rows are ready again: nobody saw their final dot. Rows in `sending` become unsure; an agent's mail among
    them is ready again at once, since twice is better than never.
    """
    row = tx.one(
        """
        INSERT INTO facts (name, value) VALUES ('boot', '1')
        ON CONFLICT (name) DO UPDATE SET value = CAST(CAST(value AS INTEGER) + 1 AS TEXT) RETURNING value
        """
    )
    assert row is not None
    tx.run("UPDATE outbox SET state = 'ready', boot = NULL WHERE state = 'leased'")
    doubtful = tx.all(
        """
        UPDATE outbox SET state = 'unsure', attempts = attempts + 1, boot = NULL, reply = :reply, done_at = :now
        WHERE state = 'sending' RETURNING id, interaction, recipient
        """,
        reply=STOPPED,
        now=tx.now,
    )
    for posted in doubtful:
        _enter(tx, posted["id"], "unsure", Unsure(STOPPED))
        outbox.tell(tx, posted["interaction"], "unsure", f"{posted['recipient']}: {STOPPED}")
    tx.run(
        """
        UPDATE outbox SET state = 'ready', next_at = :now, done_at = NULL
        WHERE state = 'unsure' AND source NOT IN (SELECT value FROM json_each(:held))
        """,
        now=tx.now,
        held=json.dumps(HELD_IN_DOUBT),
    )
    return int(row["value"])


def due(view: View, limit: int, ranks: Iterable[int], passed_over: Collection[str] = ()) -> list[OutboxId]:
    """Rows that may go now, those that go first first, none of them to the domains passed over."""
    found: list[OutboxId] = []
    for rank in ranks:
        if len(found) >= limit:
            break
        rows = view.all(
            """
            SELECT id FROM outbox
            WHERE state IN ('ready', 'deferred') AND rank = :rank AND next_at <= :now
                AND domain NOT IN (SELECT value FROM json_each(:passed_over))
            ORDER BY next_at, id LIMIT :limit
            """,
            rank=rank,
            now=view.now,
            passed_over=json.dumps(list(passed_over)),
            limit=limit - len(found),
        )
        found += [OutboxId(row["id"]) for row in rows]
    return found


def next_due(view: View) -> datetime | None:
    """When the next row that may not go yet may go."""
    row = view.one(
        """
        WITH ranks (rank) AS (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9))
        SELECT min((SELECT min(next_at) FROM outbox WHERE state IN ('ready', 'deferred')
                    AND outbox.rank = ranks.rank AND next_at > :now)) AS soonest
        FROM ranks
        """,
        now=view.now,
    )
    return maybe_moment(row["soonest"]) if row else None


def lease(tx: Tx, boot: int, rows: Iterable[OutboxId]) -> list[Letter]:
    """Take these rows, those of them that are still due; those that go first first."""
    taken = tx.all(
        """
        UPDATE outbox SET state = 'leased', boot = :boot
        WHERE id IN (SELECT value FROM json_each(:rows)) AND state IN ('ready', 'deferred') AND next_at <= :now
        RETURNING id, source, interaction, mail_from, recipient, domain, blob, rank, attempts, next_at, expires_at
        """,
        boot=boot,
        rows=json.dumps(list(rows)),
        now=tx.now,
    )
    return sorted(map(_letter, taken), key=lambda letter: (letter.rank, letter.next_at, letter.id))


def give_back(tx: Tx, rows: Iterable[OutboxId]) -> None:
    """Leave these leased rows to somebody else: nothing was tried."""
    tx.run(
        "UPDATE outbox SET state = 'ready', boot = NULL "
        "WHERE id IN (SELECT value FROM json_each(:rows)) AND state = 'leased'",
        rows=json.dumps(list(rows)),
    )


def put_off(tx: Tx, letters: Iterable[Letter], until: datetime, reply: str) -> None:
    """Leased rows that were not even tried, since the way is blocked: later, and no attempt is counted.

    Those that would be too old by then are given up.
    """
    rows = list(letters)
    tx.run(
        """
        UPDATE outbox SET state = 'deferred', boot = NULL, next_at = :until, reply = :reply
        WHERE id IN (SELECT value FROM json_each(:rows)) AND state IN ('leased', 'sending') AND expires_at > :until
        """,
        rows=json.dumps([letter.id for letter in rows]),
        until=until,
        reply=reply,
    )
    for letter in rows:
        if letter.expires_at <= until:
            _settle(tx, letter, Deferred(reply, host_trouble=True), until)
    for interaction in {letter.interaction for letter in rows}:
        outbox.tell(tx, interaction)


def intend(tx: Tx, row: OutboxId) -> None:
    """From here on the final dot may be seen. Commit this before it is written. Conflict when the lease is gone."""
    if not tx.run("UPDATE outbox SET state = 'sending' WHERE id = :row AND state IN ('leased', 'sending')", row=row):
        raise Conflict("this mail is not leased any more")


def settle(tx: Tx, endings: Iterable[Ending]) -> None:
    """Write down how attempts went; deferred mail is due again at the given moment, unless that is past its time."""
    for letter, outcome, again_at in endings:
        _settle(tx, letter, outcome, again_at)


def keep_here(tx: Tx, letter: Letter, hostname: str) -> None:
    """A mail for ourselves becomes an arrival, in the transaction that settles it: exactly once."""
    envelope = Envelope(letter.mail_from, (letter.recipient,), helo=hostname)
    arrivals.keep(tx, blobs.read(tx, letter.blob), envelope)
    _settle(tx, letter, Delivered("250 2.0.0 kept here"), tx.now)


def set_aside(tx: Tx, letter: Letter, reason: str) -> None:
    """A fault of ours: a person shall look at this mail, and the others shall not wait for that."""
    tx.run(
        """
        UPDATE outbox SET state = iif(state = 'leased', 'held', 'unsure'), boot = NULL, reply = :reason
        WHERE id = :row AND state IN ('leased', 'sending')
        """,
        row=letter.id,
        reason=reason,
    )
    _need_attention(tx, letter.interaction, letter.recipient, reason)


def _settle(tx: Tx, letter: Letter, outcome: Outcome, again_at: datetime) -> None:
    state, reply = _ending(letter, outcome, again_at)
    done = state in ("delivered", "failed", "unsure")
    moved = tx.run(
        """
        UPDATE outbox SET state = :state, boot = NULL, attempts = attempts + :counted, next_at = :next_at,
            done_at = :done_at, reply = :reply, remote = :remote, tls = :tls
        WHERE id = :row AND state IN ('leased', 'sending')
        """,
        row=letter.id,
        state=state,
        counted=not (isinstance(outcome, Deferred) and outcome.host_trouble),
        next_at=letter.next_at if done else again_at,
        done_at=tx.now if done else None,
        reply=reply,
        remote=outcome.remote,
        tls=outcome.tls,
    )
    if not moved:
        return
    _enter(tx, letter.id, "unsure" if isinstance(outcome, Unsure) else state, outcome)
    if state == "failed":
        _need_attention(tx, letter.interaction, letter.recipient, reply)
    elif isinstance(outcome, Unsure):
        outbox.tell(tx, letter.interaction, "unsure", f"{letter.recipient}: {reply}")
    else:
        outbox.tell(tx, letter.interaction)


def _ending(letter: Letter, outcome: Outcome, again_at: datetime) -> tuple[str, str]:
    """The state a row comes to, and the words that explain it."""
    match outcome:
        case Delivered():
            return "delivered", outcome.reply
        case Refused():
            return "failed", outcome.reply
        case Unsure() if letter.source in HELD_IN_DOUBT:
            return "unsure", outcome.reply
        case Deferred() | Unsure() if again_at >= letter.expires_at:
            return "failed", f"given up, it is too old: {outcome.reply}"
        case _:
            return "deferred", outcome.reply


def _enter(tx: Tx, row: OutboxId, state: str, outcome: Outcome) -> None:
    tx.run(
        """
        INSERT INTO attempts (outbox, at, state, remote, tls, reply)
        VALUES (:row, :now, :state, :remote, :tls, :reply)
        """,
        row=row,
        now=tx.now,
        state=state,
        remote=outcome.remote,
        tls=outcome.tls,
        reply=outcome.reply,
    )


def _need_attention(tx: Tx, interaction: InteractionId | None, recipient: str, reason: str) -> None:
    """The agent must know that his answer did not arrive."""
    if interaction is not None:
        moves.need_attention(tx, interaction, f"not delivered: {recipient}, {reason}")
        history.add(tx, interaction, "", "failed", f"{recipient}: {reason}")


def _letter(row: sqlite3.Row) -> Letter:
    return Letter(
        id=OutboxId(row["id"]),
        source=row["source"],
        interaction=row["interaction"],
        mail_from=row["mail_from"],
        recipient=row["recipient"],
        domain=row["domain"],
        blob=BlobId(row["blob"]),
        rank=row["rank"],
        attempts=row["attempts"],
        next_at=moment(row["next_at"]),
        expires_at=moment(row["expires_at"]),
    )
