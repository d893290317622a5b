"""The day at Acme: the mails of the morning, what the team did with them, and then one more now and then."""

import asyncio
import logging
import random
from collections.abc import Sequence

from appliance import clock
from appliance.app import House
from appliance.demo import team
from appliance.demo.letter import Letter, written
from appliance.demo.letters.everyday import EVERYDAY
from appliance.demo.letters.opening import OPENING
from appliance.demo.memory import Memory
from appliance.demo.outside import Outside, Pace, Tell
from appliance.errors import ApplianceError
from appliance.model.ids import InteractionId
from appliance.store import View, campaigns, messages

log = logging.getLogger(__name__)

PATIENCE = 20.0  # seconds until a posted mail must have become an interaction


class Play:
    """Goes on where it was when the curtain fell. `settled` is set when the morning's mails are in."""

    def __init__(self, house: House, outside: Outside, memory: Memory, domain: str, pace: Pace, tell: Tell) -> None:
        self.settled = asyncio.Event()
        self._house = house
        self._outside = outside
        self._memory = memory
        self._domain = domain
        self._pace = pace
        self._tell = tell

    async def run(self) -> None:
        for number, letter in self._left("opening", OPENING):
            await self._perform("opening", number, letter)
        self.settled.set()
        for number, letter in self._left("everyday", EVERYDAY):
            await asyncio.sleep(random.uniform(*self._pace.between))  # noqa: S311 - people are not cryptography
            await self._perform("everyday", number, letter)
            if number + 1 == len(EVERYDAY):
                self._tell("quiet", "everybody has written what he had to write; they still answer you")
        await asyncio.get_running_loop().create_future()

    def _left(self, pile: str, letters: Sequence[Letter]) -> list[tuple[int, Letter]]:
        return list(enumerate(letters))[self._memory.posted.get(pile, 0) :]

    async def _perform(self, pile: str, number: int, letter: Letter) -> None:
        """Post one letter, wait until it has found its place, and let the team do its part."""
        message_id = f"{pile}-{number}.{clock.now():%Y%m%d%H%M%S}@{letter.writer.domain}"
        raw = await asyncio.to_thread(written, letter, self._domain, message_id, clock.now())
        found = await self._sent(letter, message_id, raw)
        self._memory.count(pile)
        for deed in letter.deeds if found else ():
            try:
                await team.do(self._house.store, self._house.correspondence, found, deed)
            except ApplianceError as error:
                log.warning("%s could not %s: %s", deed.by, deed.what, error)

    async def _sent(self, letter: Letter, message_id: str, raw: bytes) -> InteractionId:
        """The interaction that the mail has become; 0 when it has not become one in time."""
        to = f"{letter.to}@{self._domain}"
        with self._house.bus.queue() as news:
            if not await self._outside.post(letter.writer.address, to, raw):
                return InteractionId(0)
            try:
                async with asyncio.timeout(PATIENCE):
                    while not (found := await self._house.store.read(_interaction_of, to, message_id)):
                        await news.get()
            except TimeoutError:
                log.warning("mail %s has not become an interaction", message_id)
                return InteractionId(0)
        return found


def _interaction_of(view: View, address: str, message_id: str) -> InteractionId:
    campaign = campaigns.at(view, address) or campaigns.inbox(view)
    return messages.with_ids(view, campaign.id, (message_id,)) or InteractionId(0)
