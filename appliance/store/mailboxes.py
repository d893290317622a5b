"""The addresses we have: mailboxes, their aliases, and who may be written to at our door."""

import json
import sqlite3
from collections.abc import Iterable

from email_validator import EmailNotValidError, validate_email

from appliance.errors import Conflict, Invalid, NotFound
from appliance.model.campaign import Mailbox
from appliance.model.directory import Directory
from appliance.model.ids import MailboxId
from appliance.model.news import AddressesChanged
from appliance.store import Tx, View

_MAILBOXES = """
    SELECT mailboxes.*, (
        SELECT json_group_array(address) FROM (
            SELECT address FROM mailbox_aliases WHERE mailbox = mailboxes.id ORDER BY address
        )
    ) AS aliases FROM mailboxes
"""


def add(tx: Tx, address: str, *, kind: str = "local", aliases: Iterable[str] = (), receive: bool = True) -> MailboxId:
    """Raises Invalid for what is no address, Conflict for one that is taken."""
    address = normal(address)
    _check_free(tx, address, None)
    mailbox = MailboxId(
        tx.add(
            "INSERT INTO mailboxes (address, kind, receive, created_at) VALUES (:address, :kind, :receive, :now)",
            address=address,
            kind=kind,
            receive=receive,
            now=tx.now,
        )
    )
    _give_aliases(tx, mailbox, aliases)
    tx.tell(AddressesChanged())
    return mailbox


def get(view: View, mailbox: MailboxId) -> Mailbox:
    row = view.one(_MAILBOXES + "WHERE id = :mailbox", mailbox=mailbox)
    if row is None:
        raise NotFound("there is no such mailbox")
    return _mailbox(row)


def named(view: View, address: str) -> Mailbox:
    """The mailbox of an address or alias. Raises NotFound."""
    row = view.one(
        _MAILBOXES
        + """
        WHERE address = :address OR id = (SELECT mailbox FROM mailbox_aliases WHERE address = :address)
        """,
        address=address.strip().lower(),
    )
    if row is None:
        raise NotFound(f"there is no mailbox {address}")
    return _mailbox(row)


def listed(view: View) -> list[Mailbox]:
    """All, the newest first."""
    return [_mailbox(row) for row in view.all(_MAILBOXES + "ORDER BY id DESC")]


def update(
    tx: Tx,
    mailbox: MailboxId,
    *,
    address: str | None = None,
    aliases: Iterable[str] | None = None,
    receive: bool | None = None,
) -> None:
    """Change what is given. Raises NotFound, Invalid, Conflict."""
    if address is not None:
        address = normal(address)
        _check_free(tx, address, mailbox)
    changed = tx.run(
        """
        UPDATE mailboxes SET address = coalesce(:address, address), receive = coalesce(:receive, receive)
        WHERE id = :mailbox
        """,
        address=address,
        receive=receive,
        mailbox=mailbox,
    )
    if not changed:
        raise NotFound("there is no such mailbox")
    if aliases is not None:
        tx.run("DELETE FROM mailbox_aliases WHERE mailbox = :mailbox", mailbox=mailbox)
        _give_aliases(tx, mailbox, aliases)
    tx.tell(AddressesChanged())


def remove(tx: Tx, mailbox: MailboxId) -> None:
    """Raises NotFound, and Conflict while a campaign uses it, also a deleted one: its history needs the address."""
    if tx.one("SELECT 1 FROM campaigns WHERE mailbox = :mailbox", mailbox=mailbox):
        raise Conflict("a campaign uses this mailbox; it can be told to receive nothing")
    if not tx.run("DELETE FROM mailboxes WHERE id = :mailbox", mailbox=mailbox):
        raise NotFound("there is no such mailbox")
    tx.tell(AddressesChanged())


def directory(view: View) -> Directory:
    """Whom the door lets in: local mailboxes, and not those whose campaigns are all deleted or receive nothing."""
    rows = view.all(
        """
        SELECT addresses.address, mailboxes.receive AND (
            NOT EXISTS (SELECT 1 FROM campaigns WHERE mailbox = mailboxes.id)
            OR EXISTS (SELECT 1 FROM campaigns WHERE mailbox = mailboxes.id AND receive AND deleted_at IS NULL)
        ) AS open
        FROM mailboxes JOIN (
            SELECT id AS mailbox, address FROM mailboxes UNION ALL SELECT mailbox, address FROM mailbox_aliases
        ) AS addresses ON addresses.mailbox = mailboxes.id
        WHERE kind = 'local'
        """
    )
    names = {row["name"] for row in view.all("SELECT name FROM domains")}
    return Directory(
        domains=frozenset(names | {row["address"].rpartition("@")[2] for row in rows}),
        open=frozenset(row["address"] for row in rows if row["open"]),
        closed=frozenset(row["address"] for row in rows if not row["open"]),
    )


def normal(address: str) -> str:
    """An address as we store it: lower case, the domain in A-labels. Raises Invalid."""
    try:
        # test_environment: `.test` and `.localhost` are domains too, for those who try us out
        valid = validate_email(address.strip(), check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        raise Invalid(address=str(error)) from error
    return f"{valid.local_part}@{valid.ascii_domain}".lower()


def _check_free(tx: Tx, address: str, mailbox: MailboxId | None) -> None:
    taken = tx.one(
        """
        SELECT 1 FROM mailboxes WHERE address = :address AND id IS NOT :mailbox
        UNION ALL SELECT 1 FROM mailbox_aliases WHERE address = :address
        """,
        address=address,
        mailbox=mailbox,
    )
    if taken:
        raise Conflict(f"{address} is taken")


def _give_aliases(tx: Tx, mailbox: MailboxId, aliases: Iterable[str]) -> None:
    for alias in dict.fromkeys(map(normal, aliases)):
        _check_free(tx, alias, None)
        tx.run("INSERT INTO mailbox_aliases (address, mailbox) VALUES (:alias, :mailbox)", alias=alias, mailbox=mailbox)


def _mailbox(row: sqlite3.Row) -> Mailbox:
    return Mailbox(
        MailboxId(row["id"]), row["address"], tuple(json.loads(row["aliases"])), row["kind"], bool(row["receive"])
    )
