"""Mail that has arrived and is not yet understood: kept byte for byte first."""

import json
import sqlite3

from appliance.clock import moment
from appliance.model.arrival import Arrival, Envelope, Quarantined
from appliance.model.ids import ArrivalId, BlobId
from appliance.model.news import ArrivalKept
from appliance.store import Tx, View, blobs


def keep(tx: Tx, raw: bytes, envelope: Envelope) -> ArrivalId:
    """From here on the mail is ours, and the sender may forget it."""
    arrival = tx.add(
        """
        INSERT INTO arrivals (blob, mail_from, recipients, client_ip, helo, tls, arrived_at)
        VALUES (:blob, :mail_from, :recipients, :client_ip, :helo, :tls, :now)
        """,
        blob=blobs.keep(tx, raw),
        mail_from=envelope.mail_from,
        recipients=json.dumps(envelope.recipients),
        client_ip=envelope.client_ip,
        helo=envelope.helo,
        tls=envelope.tls,
        now=tx.now,
    )
    tx.tell(ArrivalKept())
    return ArrivalId(arrival)


def waiting(view: View, limit: int, max_bytes: int) -> list[Arrival]:
    """The oldest arrivals that intake has not seen, at least one, at most `limit` and about `max_bytes`."""
    rows = view.all(
        """
        SELECT * FROM (
            SELECT arrivals.*, blobs.size, sum(size) OVER (ORDER BY arrivals.id) AS bytes
            FROM (SELECT * FROM arrivals WHERE quarantine IS NULL ORDER BY id LIMIT :limit) AS arrivals
            JOIN blobs ON blobs.id = arrivals.blob
        ) WHERE bytes - size < :max_bytes ORDER BY id
        """,
        limit=limit,
        max_bytes=max_bytes,
    )
    return [
        Arrival(
            ArrivalId(row["id"]),
            BlobId(row["blob"]),
            blobs.read(view, row["blob"]),
            _envelope(row),
            moment(row["arrived_at"]),
        )
        for row in rows
    ]


def sorted_in(tx: Tx, arrival: ArrivalId) -> None:
    """It has found its place: the door's note is not needed any more."""
    tx.run("DELETE FROM arrivals WHERE id = :arrival", arrival=arrival)


def quarantine(tx: Tx, arrival: ArrivalId, reason: str) -> None:
    """We could not make sense of it: a person shall look, and the next mail shall not wait for that."""
    tx.run("UPDATE arrivals SET quarantine = :reason WHERE id = :arrival", reason=reason, arrival=arrival)


def release(tx: Tx, arrival: ArrivalId) -> None:
    """Let intake try again."""
    tx.run("UPDATE arrivals SET quarantine = NULL WHERE id = :arrival", arrival=arrival)
    tx.tell(ArrivalKept())


def quarantined(view: View) -> list[Quarantined]:
    """What waits for a person, the newest first."""
    rows = view.all(
        """
        SELECT arrivals.*, blobs.size FROM arrivals JOIN blobs ON blobs.id = arrivals.blob
        WHERE quarantine IS NOT NULL ORDER BY arrivals.id DESC LIMIT 200
        """
    )
    return [
        Quarantined(ArrivalId(row["id"]), _envelope(row), moment(row["arrived_at"]), row["size"], row["quarantine"])
        for row in rows
    ]


def totals(view: View) -> dict[str, int]:
    """How many wait for intake, and how many for a person."""
    row = view.one("SELECT count(*) AS all_, count(quarantine) AS quarantined FROM arrivals")
    assert row is not None
    return {"waiting": row["all_"] - row["quarantined"], "quarantined": row["quarantined"]}


def raw(view: View, arrival: ArrivalId) -> bytes:
    row = view.one("SELECT blob FROM arrivals WHERE id = :arrival", arrival=arrival)
    return blobs.read(view, BlobId(row["blob"] if row else 0))


def _envelope(row: sqlite3.Row) -> Envelope:
    return Envelope(
        mail_from=row["mail_from"],
        recipients=tuple(json.loads(row["recipients"])),
        client_ip=row["client_ip"],
        helo=row["helo"],
        tls=row["tls"],
    )
