"""Interactions: one customer, one matter, one queue; found by number, listed by view."""

import sqlite3
from collections.abc import Iterable
from datetime import datetime

from appliance.clock import maybe_moment, moment, stamp
from appliance.errors import NotFound
from appliance.model.campaign import Campaign
from appliance.model.ids import CampaignId, ContactId, InteractionId, UserId
from appliance.model.interaction import Counts, Interaction, Page
from appliance.model.user import Actor
from appliance.store import Tx, Value, View

_SELECT = """
    SELECT i.*, campaigns.name AS campaign_name, contacts.name AS name, contacts.vip,
        statuses.code AS status_code, statuses.name AS status_name,
        priorities.code AS priority_code, priorities.name AS priority_name,
        ifnull(users.name, '') AS agent_name,
        ifnull((SELECT address FROM contact_emails WHERE contact = i.contact AND position = 1), '') AS address,
        EXISTS (SELECT 1 FROM drafts WHERE drafts.interaction = i.id AND drafts.user = :user) AS draft
    FROM interactions AS i
    JOIN campaigns ON campaigns.id = i.campaign JOIN contacts ON contacts.id = i.contact
    JOIN statuses ON statuses.id = i.status JOIN priorities ON priorities.id = i.priority
    LEFT JOIN users ON users.id = i.agent
"""
# The condition of every question that a person asks; the interactions are `i` in it, the actor binds its values.
MAY_SEE = "(:everywhere OR i.campaign IN (SELECT campaign FROM members WHERE user = :user))"

# What each view of the inbox holds; `agent`, `open` and the order are columns of one index.
_VIEWS = {
    "mine": "i.agent = :user AND i.open = 1 AND statuses.code <> 'postponed'",
    "unassigned": "i.agent IS NULL AND i.open = 1",
    "waiting": "i.status = (SELECT id FROM statuses WHERE code = 'waiting')",
    "postponed": "i.status = (SELECT id FROM statuses WHERE code = 'postponed')",
    "attention": "i.attention <> ''",
    "open": "i.open = 1",
    "closed": "i.open = 0",
}


def start(tx: Tx, campaign: Campaign, contact: ContactId, subject: str, bare_subject: str) -> InteractionId:
    """A new conversation, with the next number, the usual priority and the status New."""
    return InteractionId(
        tx.add(
            """
            INSERT INTO interactions
                (campaign, contact, subject, bare_subject, status, priority, created_at, changed_at)
            VALUES (:campaign, :contact, :subject, :bare_subject, (SELECT id FROM statuses WHERE code = 'new'),
                (SELECT id FROM priorities WHERE usual ORDER BY position LIMIT 1), :now, :now)
            """,
            campaign=campaign.id,
            contact=contact,
            subject=subject,
            bare_subject=bare_subject,
            now=tx.now,
        )
    )


def listed(
    view: View,
    actor: Actor,
    which: str,
    *,
    after: str | None = None,
    limit: int = 50,
    campaign: CampaignId | None = None,
    agent: UserId | None = None,
    status: str | None = None,
) -> Page:
    """A stretch of a view of the inbox, the newest change first. Raises NotFound for a view that does not exist."""
    if which not in _VIEWS:
        raise NotFound(f"there is no view named {which}")
    wanted = [MAY_SEE, _VIEWS[which]]
    if campaign is not None:
        wanted.append("i.campaign = :campaign")
    if agent is not None:
        wanted.append("i.agent = :agent")
    if status is not None:
        wanted.append("statuses.code = :status")
    return page_of(view, actor, wanted, after=after, limit=limit, campaign=campaign, agent=agent, status=status)


def page_of(view: View, actor: Actor, wanted: list[str], *, after: str | None, limit: int, **values: Value) -> Page:
    """The interactions for which all conditions hold, by the key (changed_at, id): no page costs more than another."""
    if after is not None:
        wanted = [*wanted, "(i.changed_at, i.id) < (:after_at, :after_id)"]
    at, _, number = (after or "|0").partition("|")
    rows = view.all(
        f"{_SELECT} WHERE {' AND '.join(wanted)} ORDER BY i.changed_at DESC, i.id DESC LIMIT :limit",
        everywhere=actor.everywhere,
        user=actor.user,
        after_at=at,
        after_id=int(number) if number.isdecimal() and len(number) < 19 else 0,  # who knows who wrote it
        limit=limit + 1,
        **values,
    )
    items = tuple(_interaction(row) for row in rows[:limit])
    last = items[-1] if len(rows) > limit else None
    return Page(items, f"{stamp(last.changed_at)}|{last.id}" if last else None)


def numbered(
    view: View, actor: Actor, wanted: list[str], *, after: InteractionId | None, limit: int, **values: Value
) -> tuple[Interaction, ...]:
    """The interactions for which all conditions hold, the newest number first: an order that no change disturbs."""
    rows = view.all(
        f"{_SELECT} WHERE {' AND '.join([MAY_SEE, *wanted])} AND i.id < :after ORDER BY i.id DESC LIMIT :limit",
        everywhere=actor.everywhere,
        user=actor.user,
        after=after if after is not None else 2**63 - 1,
        limit=limit,
        **values,
    )
    return tuple(_interaction(row) for row in rows)


def get(view: View, actor: Actor, number: InteractionId) -> Interaction:
    """Raises NotFound also when the actor may not know of it."""
    row = view.one(
        f"{_SELECT} WHERE i.id = :number AND {MAY_SEE}",
        number=number,
        everywhere=actor.everywhere,
        user=actor.user,
    )
    if row is None:
        raise NotFound(f"there is no interaction {number}")
    return _interaction(row)


def exists(view: View, number: InteractionId, campaign: CampaignId | None = None) -> bool:
    return bool(
        view.one(
            "SELECT 1 FROM interactions WHERE id = :number AND campaign = ifnull(:campaign, campaign)",
            number=number,
            campaign=campaign,
        )
    )


def is_closed(view: View, number: InteractionId) -> bool:
    return bool(view.one("SELECT 1 FROM interactions WHERE id = :number AND NOT open", number=number))


def campaign_of(view: View, number: InteractionId) -> CampaignId:
    row = view.one("SELECT campaign FROM interactions WHERE id = :number", number=number)
    if row is None:
        raise NotFound(f"there is no interaction {number}")
    return CampaignId(row["campaign"])


def with_subject(
    view: View, campaign: CampaignId, contact: ContactId, bare_subject: str, since: datetime
) -> InteractionId | None:
    """The contact's latest interaction about this, if anything happened in it since."""
    row = view.one(
        """
        SELECT id FROM interactions
        WHERE campaign = :campaign AND bare_subject = :bare_subject AND changed_at >= :since AND contact = :contact
        ORDER BY changed_at DESC LIMIT 1
        """,
        campaign=campaign,
        contact=contact,
        bare_subject=bare_subject,
        since=since,
    )
    return InteractionId(row["id"]) if row else None


def of_contact(view: View, actor: Actor, contact: ContactId, *, besides: InteractionId) -> tuple[Interaction, ...]:
    """The contact's three newest other interactions that the actor may know of."""
    rows = view.all(
        f"{_SELECT} WHERE i.contact = :contact AND i.id <> :besides AND {MAY_SEE} ORDER BY i.id DESC LIMIT 3",
        contact=contact,
        besides=besides,
        everywhere=actor.everywhere,
        user=actor.user,
    )
    return tuple(_interaction(row) for row in rows)


def counts(view: View, actor: Actor) -> Counts:
    """What the pages show beside each view and campaign, from tallies that every change keeps right."""
    rows = view.all(
        """
        SELECT tallies.campaign, campaigns.name, agent, statuses.code AS status, statuses.open, attention, n
        FROM tallies JOIN statuses ON statuses.id = tallies.status JOIN campaigns ON campaigns.id = tallies.campaign
        WHERE n > 0 AND (:everywhere OR tallies.campaign IN (SELECT campaign FROM members WHERE user = :user))
        ORDER BY campaigns.name COLLATE NOCASE
        """,
        everywhere=actor.everywhere,
        user=actor.user,
    )
    queues: dict[tuple[CampaignId, str], int] = {}
    for row in rows:
        queue = (CampaignId(row["campaign"]), row["name"])
        queues[queue] = queues.get(queue, 0) + row["n"] * row["open"]
    return Counts(
        views={
            "mine": _sum(row for row in rows if row["agent"] == actor.user and row["open"] and not _postponed(row)),
            "unassigned": _sum(row for row in rows if not row["agent"] and row["open"]),
            "waiting": _sum(row for row in rows if row["status"] == "waiting"),
            "postponed": _sum(row for row in rows if _postponed(row)),
            "attention": _sum(row for row in rows if row["attention"]),
            "open": _sum(row for row in rows if row["open"]),
            "closed": _sum(row for row in rows if not row["open"]),
        },
        campaigns=tuple((campaign, name, n) for (campaign, name), n in queues.items()),
    )


def _postponed(row: sqlite3.Row) -> bool:
    return bool(row["status"] == "postponed")


def _sum(rows: Iterable[sqlite3.Row]) -> int:
    return sum(row["n"] for row in rows)


def _interaction(row: sqlite3.Row) -> Interaction:
    return Interaction(
        id=row["id"],
        campaign=row["campaign"],
        campaign_name=row["campaign_name"],
        contact=row["contact"],
        name=row["name"],
        address=row["address"],
        vip=bool(row["vip"]),
        subject=row["subject"],
        snippet=row["snippet"],
        status=row["status_code"],
        status_name=row["status_name"],
        priority=row["priority_code"],
        priority_name=row["priority_name"],
        agent=row["agent"],
        agent_name=row["agent_name"],
        open=bool(row["open"]),
        unread=bool(row["unread"]),
        attention=row["attention"],
        files=row["files"],
        draft=bool(row["draft"]),
        last_message=row["last_message"],
        waiting_since=maybe_moment(row["waiting_since"]),
        created_at=moment(row["created_at"]),
        changed_at=moment(row["changed_at"]),
        closed_at=maybe_moment(row["closed_at"]),
    )
