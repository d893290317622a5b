"""The outside world: one mail host for everybody who is not us, and the people behind it, who answer."""

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from email import message_from_bytes, policy
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session

from appliance import clock
from appliance.demo import answers
from appliance.demo.answers import Back
from appliance.model.delivery import Deferred, Delivered, Outcome
from appliance.smtp.delivery import connect
from appliance.smtp.hop import Hop, Limits

log = logging.getLogger(__name__)

HOST = "127.0.0.1"
NAME = "mx.everybody.example"
LIMITS = Limits(connect=5, banner=10, hello=10, mail=10, rcpt=10, data=10, block=10, dot=15, quit=2)

# How an address behaves when the part before the @, or the first part after it, is one of these words.
TEMPERS = {
    "bounce": "refuses",
    "full": "is full",
    "defer": "hesitates",
    "greylist": "hesitates",
    "later": "bounces later",
    "away": "is away",
    "silent": "says nothing",
}
_REFUSALS = {
    "refuses": "550 5.1.1 nobody of that name here",
    "is full": "552 5.2.2 the mailbox is full",
}

Tell = Callable[[str, str], None]  # what sort of thing happened, and the words


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds, from and to where there are two."""

    answer: tuple[float, float] = (4, 8)  # until somebody answers
    between: tuple[float, float] = (20, 40)  # from one mail of the day to the next
    undo: int = 5  # that an answer of ours can be taken back
    retry: tuple[float, ...] = (20, 60, 120)  # until a mail that was deferred is tried again


class Outside:
    """`door` is where our own appliance takes mail. `run` it, so that people can answer."""

    def __init__(self, door: tuple[str, int], pace: Pace, tell: Tell) -> None:
        self._door = door
        self._pace = pace
        self._tell = tell
        self._hesitated: set[str] = set()
        self._waiting: asyncio.Queue[Back] = asyncio.Queue()

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[int]:
        """While the block runs, the world takes mail on this port of loopback."""
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: SMTP(self, hostname=NAME, ident=NAME, enable_SMTPUTF8=True), HOST, 0)
        try:
            yield server.sockets[0].getsockname()[1]
        finally:
            server.close()
            await server.wait_closed()

    async def run(self) -> None:
        """Let everybody answer in his own time."""
        async with asyncio.TaskGroup() as errands:
            while True:
                errands.create_task(self._answer(await self._waiting.get()))

    async def post(self, mail_from: str, to: str, raw: bytes) -> bool:
        """Send a mail to our own door; False, and a line in the log, when it is not taken."""
        connection = await connect([Hop(*self._door)], NAME, limits=LIMITS)
        if isinstance(connection, Deferred):
            outcome: Outcome = connection
        else:
            outcome = await connection.send(mail_from, to, raw, _nothing_before_the_dot)
            await connection.quit()
        if not isinstance(outcome, Delivered):
            log.warning("a mail from %s was not taken: %s", mail_from or "<>", outcome.reply)
        return isinstance(outcome, Delivered)

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        temper = _temper(address)
        if refusal := _REFUSALS.get(temper):
            self._tell("refused", f"{address}: {refusal}")
            return refusal
        if temper == "hesitates" and address not in self._hesitated:
            self._hesitated.add(address)
            self._tell("deferred", f"{address} asks us to come again later")
            return "451 4.7.1 greylisted, please try again"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 fine"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        mail = message_from_bytes(_bytes(envelope), policy=policy.default)
        for address in envelope.rcpt_tos:
            self._tell("delivered", f"to {address}: {mail.get('Subject', '')}")
            back = _reaction(envelope, address)
            if back:
                self._waiting.put_nowait(back)
        return "250 2.0.0 delivered, thank you"

    async def _answer(self, back: Back) -> None:
        await asyncio.sleep(random.uniform(*self._pace.answer))  # noqa: S311 - people are not cryptography
        await self.post(back.mail_from, back.to, back.raw)


def _reaction(envelope: Envelope, address: str) -> Back | None:
    raw, now = _bytes(envelope), clock.now()
    mail, customer = message_from_bytes(raw, policy=policy.default), answers.customer_at(address)
    if not envelope.mail_from:  # RFC 3834: nobody answers a machine
        return None
    match _temper(address):
        case "bounces later":
            return answers.bounce(address, envelope.mail_from, raw, now)
        case "is away":
            return answers.absent(customer, mail, now)
        case "says nothing":
            return None
    return answers.answered(customer, mail, now)


def _temper(address: str) -> str:
    local, _, domain = address.lower().rpartition("@")
    words = (local.partition("+")[0], domain.partition(".")[0])
    return next((TEMPERS[word] for word in words if word in TEMPERS), "")


def _bytes(envelope: Envelope) -> bytes:
    content: Any = envelope.original_content
    assert isinstance(content, bytes)
    return content


async def _nothing_before_the_dot() -> None:
    """What our relay commits here, a customer need not."""
