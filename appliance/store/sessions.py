"""Browsers that are signed in, links by which a first password is chosen, and what slows a guesser down.

A cookie and a link are kept as hashes only: whoever reads the file cannot use them.
"""

import hashlib
import sqlite3
from dataclasses import dataclass
from datetime import datetime, timedelta

from appliance.clock import moment
from appliance.errors import NotFound
from appliance.model.ids import UserId
from appliance.model.news import SignedOut
from appliance.model.user import Session
from appliance.store import Tx, View, users

IDLE = timedelta(hours=12)  # a working day: who left yesterday signs in again
LIFE = timedelta(days=7)
NOTICE = timedelta(minutes=1)  # how exactly we remember when a session was last used
FORGET = timedelta(minutes=30)  # failures older than this are no longer counted


@dataclass(frozen=True, slots=True)
class Failures:
    count: int
    last_at: datetime


def hash_of(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def start(tx: Tx, user: UserId, token: str, csrf: str, *, client_ip: str, client: str) -> None:
    """This browser is signed in from now on; sessions that ran out are swept away."""
    tx.run("DELETE FROM sessions WHERE seen_at < :idle OR created_at < :life", idle=tx.now - IDLE, life=tx.now - LIFE)
    tx.run(
        """
        INSERT INTO sessions (token_hash, user, csrf, created_at, seen_at, client_ip, client)
        VALUES (:hash, :user, :csrf, :now, :now, :client_ip, :client)
        """,
        hash=hash_of(token),
        user=user,
        csrf=csrf,
        now=tx.now,
        client_ip=client_ip,
        client=client[:200],
    )


def of(view: View, token_hash: bytes) -> tuple[Session, bool] | None:
    """The live session, and whether it is time to note its use; None when it ended or its person is disabled."""
    row = view.one(
        """
        SELECT users.*, sessions.csrf, sessions.seen_at FROM sessions JOIN users ON users.id = sessions.user
        WHERE token_hash = :hash AND enabled AND seen_at >= :idle AND sessions.created_at >= :life
        """,
        hash=token_hash,
        idle=view.now - IDLE,
        life=view.now - LIFE,
    )
    if row is None:
        return None
    return Session(users.user_in(row), row["csrf"], token_hash), moment(row["seen_at"]) < view.now - NOTICE


def seen(tx: Tx, token_hash: bytes) -> None:
    tx.run("UPDATE sessions SET seen_at = :now WHERE token_hash = :hash", now=tx.now, hash=token_hash)


def end(tx: Tx, token_hash: bytes) -> None:
    """Signed out: the cookie opens nothing any more."""
    _ended(tx, tx.all("DELETE FROM sessions WHERE token_hash = :hash RETURNING user", hash=token_hash))


def end_all(tx: Tx, user: UserId, *, but: bytes = b"") -> None:
    """Signed out everywhere, except in the browser with the session `but`."""
    rows = tx.all("DELETE FROM sessions WHERE user = :user AND token_hash <> :but RETURNING user", user=user, but=but)
    _ended(tx, rows[:1])


def offer(tx: Tx, user: UserId, token: str, *, lasting: timedelta) -> None:
    """Whoever holds the token may choose the person's password, once, until then."""
    tx.run("DELETE FROM setup_links WHERE user = :user OR expires_at <= :now", user=user, now=tx.now)
    tx.run(
        "INSERT INTO setup_links (token_hash, user, expires_at) VALUES (:hash, :user, :expires_at)",
        hash=hash_of(token),
        user=user,
        expires_at=tx.now + lasting,
    )


def offered(view: View, token: str) -> UserId:
    """Whose password may be chosen with this token. Raises NotFound when it was used, has run out, or never was."""
    row = view.one(
        """
        SELECT user FROM setup_links JOIN users ON users.id = setup_links.user
        WHERE token_hash = :hash AND expires_at > :now AND enabled
        """,
        hash=hash_of(token),
        now=view.now,
    )
    if row is None:
        raise NotFound("this link was used already, or its time is over")
    return UserId(row["user"])


def failures(view: View, who: str) -> Failures | None:
    """How often this one has failed lately."""
    row = view.one(
        "SELECT failures, last_at FROM sign_in_failures WHERE who = :who AND last_at > :since",
        who=who,
        since=view.now - FORGET,
    )
    return Failures(row["failures"], moment(row["last_at"])) if row else None


def failed(tx: Tx, who: str) -> None:
    tx.run("DELETE FROM sign_in_failures WHERE last_at <= :since", since=tx.now - FORGET)
    tx.run(
        """
        INSERT INTO sign_in_failures (who, failures, last_at) VALUES (:who, 1, :now)
        ON CONFLICT DO UPDATE SET failures = failures + 1, last_at = :now
        """,
        who=who,
        now=tx.now,
    )


def forgive(tx: Tx, who: str) -> None:
    tx.run("DELETE FROM sign_in_failures WHERE who = :who", who=who)


def _ended(tx: Tx, rows: list[sqlite3.Row]) -> None:
    for row in rows:
        tx.tell(SignedOut(UserId(row["user"])))
