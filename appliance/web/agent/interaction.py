"""/agent/interactions/{number}: a conversation with one customer, with the list beside it."""

from dataclasses import dataclass
from typing import Any

from aiohttp import web

from appliance.desk import conversation
from appliance.model.choice import Priority, Status
from appliance.model.ids import InteractionId
from appliance.model.interaction import Conversation
from appliance.model.user import Actor
from appliance.store import View, choices
from appliance.web.agent.composer import begun
from appliance.web.agent.inbox import desk
from appliance.web.agent.listing import Listing, Question, asked, listing
from appliance.web.agent.text import folded
from appliance.web.keys import STORE
from appliance.web.render import fragment, is_htmx
from appliance.web.sessions import actor_of


@dataclass(frozen=True, slots=True)
class Opened:
    """A conversation and what can be chosen for it, from one moment."""

    conversation: Conversation
    statuses: list[Status]
    priorities: list[Priority]


async def show(request: web.Request) -> web.Response:
    """The page with three panes; for a script the conversation and the contact's card alone."""
    number = InteractionId(int(request.match_info["number"]))
    store, actor, question = request.app[STORE], actor_of(request), asked(request)
    if is_htmx(request):
        opened = await store.read(_opened, actor, number)
        return fragment(request, "agent/_conversation.html", **_values(opened))
    opened, shown = await store.read(_both, actor, number, question)
    return desk(request, shown, opened=number, **_values(opened))


def _both(view: View, actor: Actor, number: InteractionId, question: Question) -> tuple[Opened, Listing]:
    return _opened(view, actor, number), listing(view, actor, question)


def _opened(view: View, actor: Actor, number: InteractionId) -> Opened:
    statuses = [each for each in choices.statuses(view) if each.code != "merged"]  # one is merged, not set to it
    return Opened(conversation.open(view, actor, number), statuses, choices.priorities(view))


def _values(opened: Opened) -> dict[str, Any]:
    """What the templates of a conversation use."""
    return {
        "open": opened.conversation,
        "statuses": opened.statuses,
        "priorities": opened.priorities,
        "folded": folded,
        "composer": begun(opened.conversation),
    }
