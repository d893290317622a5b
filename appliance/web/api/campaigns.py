"""/api/v1/campaigns: the queues that mail arrives in."""

from typing import Any

from aiohttp import web

from appliance.errors import Invalid, NotFound
from appliance.mail.html import sanitise
from appliance.model.ids import CampaignId, MailboxId
from appliance.model.user import Actor
from appliance.store import Tx, View, mailboxes
from appliance.store import campaigns as queues
from appliance.web.api.endpoint import Created, endpoint
from appliance.web.api.paging import stretch
from appliance.web.api.schemas import Campaign, CampaignChange, Listed, NewCampaign, Paging
from appliance.web.keys import STORE
from appliance.web.sessions import actor_of


@endpoint
async def index(request: web.Request, query: Paging) -> Listed[Campaign]:
    """The campaigns you may know of: an agent's own, all for supervisors, admins and tokens without a user."""
    found = await request.app[STORE].read(queues.listed, actor_of(request))
    return stretch(found, query, lambda campaign: campaign.id, Campaign.model_validate)


@endpoint
async def create(request: web.Request, body: NewCampaign) -> Created[Campaign]:
    """A new campaign; name and mailbox are enough. 409 when the name is taken."""
    campaign = await request.app[STORE].write(_add, body)
    return await _campaign(request, campaign)


@endpoint
async def show(request: web.Request, campaign: CampaignId) -> Campaign:
    """One campaign."""
    return await _campaign(request, campaign)


@endpoint
async def update(request: web.Request, campaign: CampaignId, body: CampaignChange) -> Campaign:
    """Change the fields that are sent."""
    await request.app[STORE].write(_change, campaign, _set(body))
    return await _campaign(request, campaign)


@endpoint
async def remove(request: web.Request, campaign: CampaignId) -> None:
    """Remove a campaign; its interactions stay. 409 for the first one, where mail goes that belongs to no other."""
    await request.app[STORE].write(queues.remove, campaign)


def known(view: View, actor: Actor, campaign: CampaignId) -> Campaign:
    """The campaign. Raises NotFound also when the actor may not know of it."""
    for found in queues.listed(view, actor):
        if found.id == campaign:
            return Campaign.model_validate(found)
    raise NotFound("there is no such campaign")


async def _campaign(request: web.Request, campaign: CampaignId) -> Campaign:
    return await request.app[STORE].read(known, actor_of(request), campaign)


def _add(tx: Tx, body: NewCampaign) -> CampaignId:
    fields = _set(body)
    _check_mailbox(tx, fields)
    return queues.add(tx, fields.pop("name"), fields.pop("mailbox"), **fields)


def _change(tx: Tx, campaign: CampaignId, fields: dict[str, Any]) -> None:
    _check_mailbox(tx, fields)
    queues.update(tx, campaign, **fields)


def _check_mailbox(view: View, fields: dict[str, Any]) -> None:
    try:
        if "mailbox" in fields:
            mailboxes.get(view, MailboxId(fields["mailbox"]))
    except NotFound as error:
        raise Invalid(mailbox="there is no such mailbox") from error


def _set(body: CampaignChange) -> dict[str, Any]:
    fields = body.model_dump(exclude_unset=True)
    return fields | {"signature": sanitise(fields["signature"])[0]} if "signature" in fields else fields
