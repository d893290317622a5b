"""The people who work here: who they are and what they may do."""

import json
import sqlite3
from functools import cache
from typing import Any, Final
from zoneinfo import available_timezones

from appliance.errors import Conflict, Invalid, NotFound
from appliance.model.ids import UserId
from appliance.model.news import SignedOut
from appliance.model.user import LANGUAGES, ROLES, User
from appliance.store import Tx, View

THEMES = ("auto", "light", "dark")
CHANGEABLE: Final = frozenset(
    {"username", "name", "email", "roles", "enabled", "language", "time_zone", "theme", "screen_monitoring"}
)


def add(
    tx: Tx,
    username: str,
    name: str,
    roles: tuple[str, ...],
    *,
    email: str = "",
    password_hash: str | None = None,
    language: str = "en",
    time_zone: str = "UTC",
) -> UserId:
    """A new person; without a hash nobody can sign in as him yet. Raises Invalid, and Conflict for a taken username."""
    _check(username=username, name=name, roles=roles, email=email, language=language, time_zone=time_zone)
    _free(tx, username)
    return UserId(
        tx.add(
            """
            INSERT INTO users (username, name, email, roles, password_hash, language, time_zone, created_at)
            VALUES (:username, :name, :email, :roles, :password_hash, :language, :time_zone, :now)
            """,
            username=username,
            name=name,
            email=email,
            roles=_in_order(roles),
            password_hash=password_hash,
            language=language,
            time_zone=time_zone,
            now=tx.now,
        )
    )


def get(view: View, user: UserId) -> User:
    row = view.one("SELECT * FROM users WHERE id = :user", user=user)
    if row is None:
        raise NotFound("there is no such user")
    return user_in(row)


def named(view: View, username: str) -> User:
    row = view.one("SELECT * FROM users WHERE username = :username", username=username)
    if row is None:
        raise NotFound(f"there is no user {username!r}")
    return user_in(row)


def listed(view: View) -> list[User]:
    """Everybody, by name."""
    return [user_in(row) for row in view.all("SELECT * FROM users ORDER BY name COLLATE NOCASE, id")]


def credentials(view: View, username: str) -> tuple[User, str] | None:
    """Who may try a password under this name, and its hash; None when nobody may."""
    row = view.one(
        "SELECT * FROM users WHERE username = :username AND enabled AND password_hash IS NOT NULL", username=username
    )
    return (user_in(row), row["password_hash"]) if row else None


def update(tx: Tx, user: UserId, /, **fields: Any) -> None:  # noqa: ANN401 - the fields of model.user.User
    """Change these fields of model.user.User. Raises NotFound, Invalid, and Conflict for a taken username."""
    if strange := fields.keys() - CHANGEABLE:
        raise Invalid(**dict.fromkeys(strange, "is not a field that can be changed"))
    before = get(tx, user)
    _check(**fields)
    if fields.get("username", before.username).lower() != before.username.lower():
        _free(tx, fields["username"])
    if "roles" in fields:
        fields["roles"] = _in_order(fields["roles"])
    for field, value in fields.items():
        tx.run(f"UPDATE users SET {field} = :value WHERE id = :user", value=value, user=user)
    if fields.get("enabled") is False:
        tx.run("DELETE FROM sessions WHERE user = :user", user=user)
        tx.run("DELETE FROM setup_links WHERE user = :user", user=user)
    if {"roles", "enabled"} & fields.keys():
        tx.tell(SignedOut(user))


def set_password(tx: Tx, user: UserId, password_hash: str) -> None:
    """From now on only this password opens; links to choose one are void."""
    if not tx.run("UPDATE users SET password_hash = :hash WHERE id = :user", hash=password_hash, user=user):
        raise NotFound("there is no such user")
    tx.run("DELETE FROM setup_links WHERE user = :user", user=user)


def disable(tx: Tx, user: UserId) -> None:
    """He stays in the history, and is out at once."""
    update(tx, user, enabled=False)


@cache
def zones() -> frozenset[str]:
    """Every time zone that a person may live in; looked up once, since it takes a walk through the disk."""
    return frozenset(available_timezones())


def user_in(row: sqlite3.Row) -> User:
    """The person in a row that has the columns of `users`."""
    return User(
        id=UserId(row["id"]),
        username=row["username"],
        name=row["name"],
        email=row["email"],
        roles=tuple(json.loads(row["roles"])),
        enabled=bool(row["enabled"]),
        language=row["language"],
        time_zone=row["time_zone"],
        theme=row["theme"],
        screen_monitoring=bool(row["screen_monitoring"]),
        has_password=row["password_hash"] is not None,
    )


def _in_order(roles: tuple[str, ...]) -> str:
    return json.dumps([role for role in ROLES if role in roles])


def _free(tx: Tx, username: str) -> None:
    if tx.one("SELECT 1 FROM users WHERE username = :username", username=username):
        raise Conflict(f"the username {username!r} is taken")


def _check(**fields: Any) -> None:  # noqa: ANN401 - as in update
    wrong = {field: sentence for field, value in fields.items() if (sentence := _fault(field, value))}
    if wrong:
        raise Invalid(**wrong)


def _fault(field: str, value: Any) -> str:  # noqa: ANN401 - as in update
    """What is wrong with the value of a field, "" when nothing is."""
    match field:
        case "username" if not (0 < len(value) <= 64) or not value.isprintable() or " " in value:
            return "must have 1 to 64 characters and no spaces"
        case "name" if not (0 < len(value.strip()) <= 200) or not value.isprintable():
            return "must have 1 to 200 characters"
        case "email" if value and ("@" not in value or len(value) > 254 or not value.isprintable() or " " in value):
            return "is not an e-mail address"
        case "roles" if not value or set(value) - set(ROLES):
            return f"must be one or more of {', '.join(ROLES)}"
        case "language" if value not in LANGUAGES:
            return f"must be one of {', '.join(LANGUAGES)}"
        case "theme" if value not in THEMES:
            return f"must be one of {', '.join(THEMES)}"
        case "time_zone" if value not in zones():
            return "is not a time zone; an example is Europe/Rome"
    return ""
