"""/agent/events: one stream a browser, on which it hears of every change that its person may know of."""

import asyncio
import json
import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from aiohttp import web

from appliance.model.ids import CampaignId
from appliance.model.news import (
    AddressesChanged,
    InteractionChanged,
    MembersChanged,
    News,
    SignedOut,
    SomebodyElseWrote,
)
from appliance.model.user import Actor, Session
from appliance.store import Store, View, campaigns, sessions
from appliance.web.keys import BUS, SESSION, STORE, STREAMS

RETRY = 2000  # milliseconds after which a browser comes back
HEARTBEAT = 15.0  # seconds: shows proxies and browsers that we are still there
PATIENCE = 10.0  # seconds a browser may take to read what we wrote
BACKLOG = 200  # pieces of news that may wait for a browser to read
MATTERS = (InteractionChanged, MembersChanged, SignedOut, SomebodyElseWrote, AddressesChanged)


@dataclass(frozen=True, slots=True)
class Heard:
    """A piece of news, and where the news stands with it; None when there was only silence."""

    news: News | None
    position: str


class Streams:
    """The streams that are open, and where the news stands.

    A page carries the position of the news from before it was made, a stream that of what it told last. A stream that
    starts from the present position has missed nothing; one from any other hears that it must look again.
    """

    def __init__(self) -> None:
        self._start = secrets.token_hex(4)  # positions of another run of the server mean nothing
        self._count = 0
        self._open: dict[asyncio.Task[object], asyncio.Queue[Heard]] = {}

    def __len__(self) -> int:
        return len(self._open)

    @property
    def position(self) -> str:
        return f"{self._start}-{self._count}"

    def hear(self, news: News) -> None:
        """Pass it on to every stream; one whose browser has not read the last BACKLOG is ended, and comes back."""
        if not isinstance(news, MATTERS):
            return
        self._count += 1
        for task, queue in tuple(self._open.items()):
            try:
                queue.put_nowait(Heard(news, self.position))
            except asyncio.QueueFull:
                task.cancel()

    @contextmanager
    def opened(self) -> Iterator[asyncio.Queue[Heard]]:
        """What this task's stream hears from now on."""
        task = asyncio.current_task()
        assert task is not None
        self._open[task] = asyncio.Queue(BACKLOG)
        try:
            yield self._open[task]
        finally:
            del self._open[task]

    def end(self) -> None:
        for task in tuple(self._open):
            task.cancel()


@dataclass(frozen=True, slots=True)
class Sight:
    """What a person may know of: None is every campaign."""

    actor: Actor
    campaigns: frozenset[CampaignId] | None

    def covers(self, news: InteractionChanged) -> bool:
        return self.campaigns is None or news.campaign in self.campaigns or news.agent == self.actor.user


async def attend(app: web.Application) -> AsyncIterator[None]:
    """Keep count of the news while the application lives."""
    with app[BUS].heard_by(app[STREAMS].hear):
        yield


async def show(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(
        headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    )
    streams = request.app[STREAMS]
    with streams.opened() as queue, suppress(ConnectionError, TimeoutError):
        greeting = _greeting(request, streams.position)
        await response.prepare(request)
        if request.method == "GET":
            await response.write(greeting.encode())
            await _tell(request.app[STORE], response, request[SESSION], queue)
    return response


def _greeting(request: web.Request, position: str) -> str:
    """Nothing new, or that something was missed: a browser cannot be told what, only that it must look again."""
    known = request.headers.get("Last-Event-ID") or request.query.get("from", "")
    return f"retry: {RETRY}\n\n" + event("position" if known == position else "snapshot", {}, position)


async def _tell(store: Store, response: web.StreamResponse, session: Session, queue: asyncio.Queue[Heard]) -> None:
    """Until the person is signed out, or the browser is gone or does not keep up."""
    sight = await store.read(look, session.token_hash)
    while sight is not None:
        heard = await _next(queue)
        if not isinstance(heard.news, InteractionChanged):
            sight = await store.read(look, session.token_hash)
        if sight is not None and (text := said(heard, sight)):
            async with asyncio.timeout(PATIENCE):
                await response.write(text.encode())


def look(view: View, token_hash: bytes) -> Sight | None:
    """What the session's person may know of now; None when it has ended."""
    found = sessions.of(view, token_hash)
    if found is None:
        return None
    actor = Actor.of(found[0].user)
    if actor.everywhere:
        return Sight(actor, None)
    return Sight(actor, frozenset(campaign.id for campaign in campaigns.listed(view, actor)))


def said(heard: Heard, sight: Sight) -> str:
    """What the browser is told of it, "" when nothing."""
    match heard.news:
        case InteractionChanged(interaction, campaign, agent, what) as news if sight.covers(news):
            mine = agent is not None and agent == sight.actor.user
            data = {"id": interaction, "campaign": campaign, "what": what, "mine": mine}
            return event("interaction", data, heard.position)
        case SomebodyElseWrote() | AddressesChanged():
            return event("snapshot", {}, heard.position)
        case MembersChanged(user) if user == sight.actor.user:
            return event("snapshot", {}, heard.position)
        case None:
            return ": still here\n\n"
        case _:
            return ""


def event(name: str, data: object, position: str) -> str:
    return f"id: {position}\nevent: {name}\ndata: {json.dumps(data)}\n\n"


async def _next(queue: asyncio.Queue[Heard]) -> Heard:
    try:
        async with asyncio.timeout(HEARTBEAT):
            return await queue.get()
    except TimeoutError:
        return Heard(None, "")
