"""/api/v1/campaigns/{campaign}/members: who works in a campaign."""

from aiohttp import web

from appliance.errors import NotFound
from appliance.model import campaign as model
from appliance.model.ids import CampaignId, UserId
from appliance.model.user import Actor
from appliance.store import Tx, View, campaigns, users
from appliance.web.api.campaigns import known
from appliance.web.api.endpoint import endpoint
from appliance.web.api.paging import stretch
from appliance.web.api.schemas import Listed, Member, Membership, Paging
from appliance.web.keys import STORE
from appliance.web.sessions import actor_of


@endpoint
async def index(request: web.Request, query: Paging, campaign: CampaignId) -> Listed[Member]:
    """The campaign's members."""
    found = await request.app[STORE].read(_members, actor_of(request), campaign)
    return stretch(found, query, lambda member: member.user, Member.model_validate)


@endpoint
async def update(request: web.Request, campaign: CampaignId, user: UserId, body: Membership) -> Member:
    """Make a user a member, or change how he is one: what is not sent is as for a new member."""
    return Member.model_validate(await request.app[STORE].write(_join, campaign, user, body))


@endpoint
async def remove(request: web.Request, campaign: CampaignId, user: UserId) -> None:
    """End a user's membership."""
    await request.app[STORE].write(_leave, campaign, user)


def _members(view: View, actor: Actor, campaign: CampaignId) -> list[model.Member]:
    known(view, actor, campaign)
    return campaigns.members(view, campaign)


def _join(tx: Tx, campaign: CampaignId, user: UserId, body: Membership) -> model.Member:
    campaigns.get(tx, campaign)
    users.get(tx, user)
    campaigns.join(tx, campaign, user, **body.model_dump())
    return _member(tx, campaign, user)


def _leave(tx: Tx, campaign: CampaignId, user: UserId) -> None:
    campaigns.get(tx, campaign)
    _member(tx, campaign, user)
    campaigns.leave(tx, campaign, user)


def _member(view: View, campaign: CampaignId, user: UserId) -> model.Member:
    for member in campaigns.members(view, campaign):
        if member.user == user:
            return member
    raise NotFound("this user is no member of this campaign")
