"""Watches what comes into the house and says it, a line for each mail."""

from appliance.app import House
from appliance.demo.outside import Tell
from appliance.errors import NotFound
from appliance.model.ids import InteractionId
from appliance.model.mail import Kind
from appliance.model.news import InteractionChanged
from appliance.model.user import Actor
from appliance.store import View, interactions, messages

_ANYBODY = Actor(None, "demo", ("admin",))
_MACHINES = {Kind.BOUNCE: "bounced", Kind.COMPLAINT: "complaint", Kind.AUTO_REPLY: "auto-reply"}


class Watcher:
    def __init__(self, house: House, tell: Tell) -> None:
        self._house = house
        self._tell = tell

    async def run(self) -> None:
        with self._house.bus.queue() as queue:
            while True:
                news = await queue.get()
                if isinstance(news, InteractionChanged) and news.what == "arrived":
                    sort, words = await self._house.store.read(_line, news.interaction)
                    self._tell(sort, words)


def _line(view: View, number: InteractionId) -> tuple[str, str]:
    try:
        interaction = interactions.get(view, _ANYBODY, number)
    except NotFound:
        return "quiet", f"#{number} is gone"
    came = [each for each in messages.of(view, _ANYBODY, number) if each.direction == "in"]
    last = came[-1]
    usual = "answered" if len(came) > 1 else "mail in"
    who = last.sender.name or last.sender.address
    return _MACHINES.get(Kind(last.kind), usual), f"#{number} {interaction.campaign_name}, {who}: {last.subject}"
