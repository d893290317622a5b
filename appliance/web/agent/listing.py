"""The list in the middle of the inbox: which view, which campaign, which words, and how far down."""

from dataclasses import dataclass
from typing import Self
from urllib.parse import urlencode

from aiohttp import web
from multidict import MultiMapping

from appliance.errors import NotFound
from appliance.model.campaign import Campaign
from appliance.model.ids import CampaignId
from appliance.model.interaction import VIEWS, Counts, Page
from appliance.model.user import Actor
from appliance.store import View, campaigns, interactions, search
from appliance.web.agent.exchange import is_number

LIMIT = 50
MOST = 500  # rows that one refresh may bring, however far somebody has scrolled


@dataclass(frozen=True, slots=True)
class Question:
    """What the list is asked for; every link inside the inbox carries it along."""

    which: str = "mine"
    campaign: CampaignId | None = None
    words: str = ""
    after: str | None = None
    limit: int = LIMIT

    @classmethod
    def of(cls, query: MultiMapping[str]) -> Self:
        """From a URL. Raises NotFound for a view that does not exist or a campaign that is no number."""
        which, campaign, limit = query.get("view", "mine"), query.get("campaign", ""), query.get("limit", "")
        if which not in VIEWS or not (campaign == "" or is_number(campaign)):
            raise NotFound("there is no such view")
        return cls(
            which,
            CampaignId(int(campaign)) if campaign else None,
            query.get("q", "").strip(),
            query.get("after"),
            min(int(limit), MOST) if is_number(limit) and int(limit) else LIMIT,
        )

    @property
    def query(self) -> str:
        """What comes behind the path of an interaction, so that the list beside it stays: `?view=mine&q=parcel`."""
        asked = {"view": self.which, "campaign": self.campaign, "q": self.words}
        return "?" + urlencode({name: value for name, value in asked.items() if value})

    def further(self, after: str) -> str:
        return f"/agent/inbox{self.query}&{urlencode({'after': after})}"


@dataclass(frozen=True, slots=True)
class Listing:
    """All that the two left panes show, from one moment."""

    question: Question
    page: Page
    counts: Counts
    campaigns: tuple[Campaign, ...]  # those the actor sees: their addresses are where mail comes from

    @property
    def here(self) -> Campaign | None:
        return next((each for each in self.campaigns if each.id == self.question.campaign), None)


def listing(view: View, actor: Actor, question: Question) -> Listing:
    """Raises NotFound for a campaign that the actor may not know of."""
    known = tuple(campaigns.listed(view, actor))
    if question.campaign is not None and question.campaign not in {each.id for each in known}:
        raise NotFound("there is no such campaign")
    return Listing(question, _page(view, actor, question), interactions.counts(view, actor), known)


def asked(request: web.Request) -> Question:
    return Question.of(request.query)


def _page(view: View, actor: Actor, question: Question) -> Page:
    if question.words:
        return search.found(view, actor, question.words, after=question.after, limit=question.limit)
    return interactions.listed(
        view, actor, question.which, after=question.after, limit=question.limit, campaign=question.campaign
    )
