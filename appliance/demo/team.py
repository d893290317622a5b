"""Who works at Acme: the queues, the people, and what they have done with the mails of the morning."""

import asyncio
from html import escape

from appliance.demo.letter import Deed
from appliance.desk import accounts, answer, handling
from appliance.desk.answer import Correspondence, Writing
from appliance.model.ids import InteractionId
from appliance.model.mail import Address
from appliance.model.user import Actor
from appliance.store import Store, Tx, View, campaigns, drafts, interactions, mailboxes, users

PASSWORD = "posthouse-demo"  # noqa: S105 - printed on the screen, and good for loopback only

# queue, address, other addresses, signature
QUEUES = (
    ("Support", "support", ("help",), "Acme Support · Mon-Fri 8-18 · +44 20 7946 0110"),
    ("Billing", "billing", ("invoices",), "Acme Billing · please quote your invoice number"),
    ("Complaints", "complaints", (), "Acme Customer Care · we read every word"),
)
# username, name, roles, language, time zone, queues
PEOPLE = (
    (
        "emma",
        "Emma Clarke",
        ("supervisor", "agent"),
        "en",
        "Europe/London",
        ("Inbox", "Support", "Billing", "Complaints"),
    ),
    ("marco", "Marco Bianchi", ("agent",), "it", "Europe/Rome", ("Inbox", "Support", "Billing")),
    ("lucia", "Lucía Navarro", ("agent",), "es", "Europe/Madrid", ("Inbox", "Billing", "Complaints")),
    ("piotr", "Piotr Zieliński", ("agent",), "pl", "Europe/Warsaw", ("Inbox", "Support", "Billing", "Complaints")),
)


async def move_in(store: Store, domain: str) -> None:
    """Make queues and people, once."""
    password_hash = await asyncio.to_thread(accounts.hashed, PASSWORD)
    await store.write(_move_in, domain, password_hash)


async def do(store: Store, correspondence: Correspondence, number: InteractionId, deed: Deed) -> None:
    """Let somebody of the team do this, through the same rooms as the pages."""
    actor = await store.read(_actor, deed.by)
    match deed.what:
        case "reply":
            html = await store.read(_signed, actor, number, deed.words)
            await correspondence.reply(actor, number, Writing(html=html))
        case "comment":
            await store.write(answer.comment, actor, number, deed.words)
        case "assign":
            await store.write(_assign, actor, number, deed.words)
        case "draft":
            await store.write(_draft, actor, number, deed.words)
        case "rank":
            await store.write(handling.set_priority, actor, number, deed.words)
        case "postpone":
            await store.write(handling.set_status, actor, number, "postponed")
        case "close":
            await store.write(handling.close, actor, number)


def _move_in(tx: Tx, domain: str, password_hash: str) -> None:
    queues = {campaign.name: campaign.id for campaign in campaigns.listed(tx)}
    for name, local, others, signature in QUEUES:
        if name not in queues:
            aliases = [f"{other}@{domain}" for other in others]
            mailbox = mailboxes.add(tx, f"{local}@{domain}", aliases=aliases)
            fields = {"from_name": f"Acme {name}", "signature": f"<p>-- <br>{escape(signature)}</p>"}
            queues[name] = campaigns.add(tx, name, mailbox, **fields)
    known = {user.username for user in users.listed(tx)}
    for username, name, roles, language, zone, places in PEOPLE:
        if username not in known:
            hash_, email = password_hash, f"{username}@{domain}"
            user = users.add(
                tx, username, name, roles, email=email, password_hash=hash_, language=language, time_zone=zone
            )
            for place in places:
                campaigns.join(tx, queues[place], user)


def _actor(view: View, username: str) -> Actor:
    return Actor.of(users.named(view, username))


def _assign(tx: Tx, actor: Actor, number: InteractionId, username: str) -> None:
    handling.assign(tx, actor, number, users.named(tx, username).id)


def _draft(tx: Tx, actor: Actor, number: InteractionId, words: str) -> None:
    interaction = interactions.get(tx, actor, number)
    to = (Address(interaction.name, interaction.address),)
    drafts.save(tx, actor, number, "reply", to, (), (), _signed(tx, actor, number, words))


def _signed(view: View, actor: Actor, number: InteractionId, words: str) -> str:
    """The words as an agent would leave them in the composer: paragraphs, his first name, the queue's signature."""
    campaign = campaigns.get(view, interactions.get(view, actor, number).campaign)
    paragraphs = (*words.split("\n\n"), actor.name.partition(" ")[0])
    return "".join(f"<p>{escape(each)}</p>" for each in paragraphs) + campaign.signature
