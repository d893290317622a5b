"""News travels from a committed transaction to whoever listens: live pages, loops, caches."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from appliance.model.news import News

Listener = Callable[[News], None]

BACKLOG = 1000


class Bus:
    def __init__(self) -> None:
        self._listeners: list[Listener] = []

    def tell(self, news: News) -> None:
        for listener in tuple(self._listeners):
            listener(news)

    @contextmanager
    def heard_by(self, listener: Listener) -> Iterator[None]:
        """While the block runs, the listener hears all news, at once and in order. It must not block."""
        self._listeners.append(listener)
        try:
            yield
        finally:
            self._listeners.remove(listener)

    @contextmanager
    def queue(self) -> Iterator["asyncio.Queue[News | None]"]:
        """While the block runs, all news goes into the queue; a None says that some was missed."""
        queue: asyncio.Queue[News | None] = asyncio.Queue(BACKLOG + 1)

        def put(news: News) -> None:
            if queue.qsize() < BACKLOG:
                queue.put_nowait(news)
            elif not queue.full():
                queue.put_nowait(None)

        with self.heard_by(put):
            yield queue
