"""Bearer tokens by which other programs come in: shown once, kept as a hash."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime

from appliance.clock import moment
from appliance.errors import Invalid, NotFound
from appliance.model.ids import UserId
from appliance.model.user import ROLES, Actor
from appliance.store import Tx, View

PREFIX = "ph_"  # so that a scanner for leaked secrets knows one when it sees one


@dataclass(frozen=True, slots=True)
class Token:
    id: int
    name: str
    role: str
    user: UserId | None
    created_at: datetime


def create(tx: Tx, name: str, role: str, user: UserId | None = None) -> str:
    """A new token, to be shown now and never again. Raises Invalid."""
    if not 0 < len(name.strip()) <= 200:
        raise Invalid(name="must have 1 to 200 characters")
    if role not in ROLES:
        raise Invalid(role=f"must be one of {', '.join(ROLES)}")
    token = PREFIX + secrets.token_urlsafe(32)
    tx.run(
        """
        INSERT INTO tokens (token_hash, name, role, user, created_at)
        VALUES (:hash, :name, :role, :user, :now)
        """,
        hash=_hash(token),
        name=name,
        role=role,
        user=user,
        now=tx.now,
    )
    return token


def actor(view: View, token: str) -> Actor | None:
    """Who acts with this token; None when it is unknown or its person is disabled."""
    row = view.one(
        """
        SELECT tokens.name, role, user, users.name AS user_name
        FROM tokens LEFT JOIN users ON users.id = tokens.user
        WHERE token_hash = :hash AND (user IS NULL OR enabled)
        """,
        hash=_hash(token),
    )
    if row is None:
        return None
    user = UserId(row["user"]) if row["user"] is not None else None
    return Actor(user, row["user_name"] or row["name"], (row["role"],))


def listed(view: View) -> list[Token]:
    """Every token, the newest first."""
    rows = view.all("SELECT id, name, role, user, created_at FROM tokens ORDER BY id DESC")
    return [Token(row["id"], row["name"], row["role"], row["user"], moment(row["created_at"])) for row in rows]


def remove(tx: Tx, token: int) -> None:
    if not tx.run("DELETE FROM tokens WHERE id = :token", token=token):
        raise NotFound("there is no such token")


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
