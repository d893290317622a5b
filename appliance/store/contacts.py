"""Contacts: the people who write to us, each known by up to three addresses."""

from appliance.clock import moment
from appliance.errors import NotFound
from appliance.model.ids import ContactId
from appliance.model.interaction import Contact
from appliance.model.mail import Address
from appliance.store import Tx, View


def recognised(tx: Tx, sender: Address) -> ContactId:
    """The contact at this address, made when nobody is known there. A name that was missing is learnt."""
    row = tx.one(
        """
        SELECT contacts.id, contacts.name FROM contact_emails JOIN contacts ON contacts.id = contact_emails.contact
        WHERE address = :address
        """,
        address=sender.address.lower(),
    )
    if row is None:
        return _add(tx, sender)
    if sender.name and row["name"] == sender.address.lower():
        tx.run("UPDATE contacts SET name = :name WHERE id = :contact", name=sender.name, contact=row["id"])
    return ContactId(row["id"])


def get(view: View, contact: ContactId) -> Contact:
    row = view.one("SELECT * FROM contacts WHERE id = :contact", contact=contact)
    if row is None:
        raise NotFound("there is no such contact")
    emails = view.all("SELECT address FROM contact_emails WHERE contact = :contact ORDER BY position", contact=contact)
    return Contact(
        id=row["id"],
        name=row["name"],
        emails=tuple(email["address"] for email in emails),
        phone=row["phone"],
        type=row["type"],
        vip=bool(row["vip"]),
        notes=row["notes"],
        created_at=moment(row["created_at"]),
    )


def _add(tx: Tx, sender: Address) -> ContactId:
    address = sender.address.lower()
    contact = tx.add(
        "INSERT INTO contacts (name, created_at) VALUES (:name, :now)", name=sender.name or address, now=tx.now
    )
    tx.run("INSERT INTO contact_emails VALUES (:address, :contact, 1)", address=address, contact=contact)
    return ContactId(contact)
