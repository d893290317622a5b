"""Campaigns: the queues that mail arrives in and agents are members of."""

import json
import sqlite3

from appliance.errors import Conflict, Invalid, NotFound
from appliance.model.campaign import Campaign, Member
from appliance.model.ids import CampaignId, MailboxId, UserId
from appliance.model.news import AddressesChanged, MembersChanged
from appliance.model.user import Actor
from appliance.store import Tx, Value, View

INBOX = "Inbox"  # the queue every installation starts with, and where what belongs to nobody else goes

_FIELDS = {
    "name": "name",
    "mailbox": "mailbox",
    "from_name": "from_name",
    "reply_to": "reply_to",
    "enabled": "enabled",
    "receive": "receive",
    "eligibility": "eligibility",
    "order": "delivery_order",
    "max_interactions": "max_interactions",
    "max_in_queue": "max_in_queue",
    "service_level_seconds": "service_level_seconds",
    "time_zone": "time_zone",
    "signature": "signature",
}


def add(tx: Tx, name: str, mailbox: MailboxId, /, **fields: object) -> CampaignId:
    """A new campaign with working defaults. Raises Conflict when the name is taken, Invalid when it is empty."""
    _check_name(tx, name)
    campaign = CampaignId(
        tx.add(
            "INSERT INTO campaigns (name, mailbox, created_at) VALUES (:name, :mailbox, :now)",
            name=name.strip(),
            mailbox=mailbox,
            now=tx.now,
        )
    )
    update(tx, campaign, **fields)
    return campaign


def update(tx: Tx, campaign: CampaignId, /, **fields: object) -> None:
    """Change the fields of model.campaign.Campaign that are named. Raises NotFound, Conflict, Invalid."""
    get(tx, campaign)
    for field, value in fields.items():
        if field == "name":
            _check_name(tx, str(value), besides=campaign)
        tx.run(
            f"UPDATE campaigns SET {_FIELDS[field]} = :value WHERE id = :campaign",
            value=_stored(value),
            campaign=campaign,
        )
    tx.tell(AddressesChanged())


def remove(tx: Tx, campaign: CampaignId) -> None:
    """Its interactions stay; its name is free again. Inbox stays, since mail for nobody needs a place."""
    if get(tx, campaign).id == inbox(tx).id:
        raise Conflict("the first queue cannot be removed: mail that belongs to nobody else goes there")
    tx.run("UPDATE campaigns SET deleted_at = :now, receive = 0 WHERE id = :campaign", now=tx.now, campaign=campaign)
    tx.tell(AddressesChanged())


def get(view: View, campaign: CampaignId) -> Campaign:
    row = view.one(f"{_SELECT} WHERE campaigns.id = :campaign AND deleted_at IS NULL", campaign=campaign)
    if row is None:
        raise NotFound("there is no such campaign")
    return _campaign(row)


def any_state(view: View, campaign: CampaignId) -> Campaign:
    """Also one that was removed: its interactions live on."""
    row = view.one(f"{_SELECT} WHERE campaigns.id = :campaign", campaign=campaign)
    if row is None:
        raise NotFound("there is no such campaign")
    return _campaign(row)


def listed(view: View, actor: Actor | None = None) -> list[Campaign]:
    """All campaigns, or those that the actor may know of, by name."""
    rows = view.all(
        f"""
        {_SELECT} WHERE deleted_at IS NULL
        AND (:everywhere OR campaigns.id IN (SELECT campaign FROM members WHERE user = :user))
        ORDER BY name COLLATE NOCASE
        """,
        everywhere=actor is None or actor.everywhere,
        user=actor.user if actor else None,
    )
    return [_campaign(row) for row in rows]


def at(view: View, address: str) -> Campaign | None:
    """The campaign whose mail arrives at this address, the oldest where several share a mailbox."""
    row = view.one(
        f"""
        {_SELECT} WHERE deleted_at IS NULL AND campaigns.receive AND campaigns.mailbox = ifnull(
            (SELECT id FROM mailboxes WHERE address = :address),
            (SELECT mailbox FROM mailbox_aliases WHERE address = :address))
        ORDER BY campaigns.id LIMIT 1
        """,
        address=address,
    )
    return _campaign(row) if row else None


def inbox(view: View) -> Campaign:
    """Where mail goes that belongs to no other campaign: the oldest one that is left."""
    row = view.one(f"{_SELECT} WHERE deleted_at IS NULL ORDER BY campaigns.id LIMIT 1")
    if row is None:
        raise NotFound("there is no campaign at all")
    return _campaign(row)


def join(
    tx: Tx,
    campaign: CampaignId,
    user: UserId,
    *,
    penalty: int = 0,
    position: int = 0,
    receive: bool = True,
    start: bool = True,
) -> None:
    """Make the user a member, or change how he is one. Raises Invalid for a penalty outside 0-100."""
    if not 0 <= penalty <= 100:
        raise Invalid(penalty="must be from 0 to 100")
    tx.run(
        """
        INSERT INTO members VALUES (:campaign, :user, :penalty, :position, :receive, :start)
        ON CONFLICT DO UPDATE SET penalty = :penalty, position = :position, receive = :receive, start = :start
        """,
        campaign=campaign,
        user=user,
        penalty=penalty,
        position=position,
        receive=receive,
        start=start,
    )
    tx.tell(MembersChanged(user))


def leave(tx: Tx, campaign: CampaignId, user: UserId) -> None:
    tx.run("DELETE FROM members WHERE campaign = :campaign AND user = :user", campaign=campaign, user=user)
    tx.tell(MembersChanged(user))


def members(view: View, campaign: CampaignId) -> list[Member]:
    rows = view.all("SELECT * FROM members WHERE campaign = :campaign ORDER BY position, user", campaign=campaign)
    return [
        Member(row["campaign"], row["user"], row["penalty"], row["position"], bool(row["receive"]), bool(row["start"]))
        for row in rows
    ]


def colleagues(view: View, campaign: CampaignId) -> tuple[tuple[UserId, str], ...]:
    """Who may be given an interaction of this campaign: its enabled members, by name."""
    rows = view.all(
        """
        SELECT users.id, users.name FROM members JOIN users ON users.id = members.user
        WHERE campaign = :campaign AND enabled ORDER BY users.name COLLATE NOCASE
        """,
        campaign=campaign,
    )
    return tuple((UserId(row["id"]), row["name"]) for row in rows)


_SELECT = "SELECT campaigns.*, mailboxes.address FROM campaigns JOIN mailboxes ON mailboxes.id = campaigns.mailbox"


def _check_name(view: View, name: str, *, besides: int = 0) -> None:
    if not name.strip():
        raise Invalid(name="must not be empty")
    if view.one(
        "SELECT 1 FROM campaigns WHERE name = :name COLLATE NOCASE AND deleted_at IS NULL AND id <> :besides",
        name=name.strip(),
        besides=besides,
    ):
        raise Conflict(f"there is a campaign named {name.strip()} already")


def _stored(value: object) -> Value:
    if isinstance(value, list | tuple):
        return json.dumps(value)
    assert value is None or isinstance(value, str | int)
    return value


def _campaign(row: sqlite3.Row) -> Campaign:
    return Campaign(
        id=row["id"],
        name=row["name"],
        mailbox=row["mailbox"],
        address=row["address"],
        from_name=row["from_name"],
        reply_to=tuple(json.loads(row["reply_to"])),
        enabled=bool(row["enabled"]),
        receive=bool(row["receive"]),
        eligibility=row["eligibility"],
        order=row["delivery_order"],
        max_interactions=row["max_interactions"],
        max_in_queue=row["max_in_queue"],
        service_level_seconds=row["service_level_seconds"],
        time_zone=row["time_zone"],
        signature=row["signature"],
    )
