"""What a monitoring system may measure: /metrics in Prometheus's text format, and how late the event loop is."""

import asyncio
import time
from collections.abc import Iterator, Mapping

from aiohttp import web
from prometheus_client import CollectorRegistry, Gauge, Histogram, exposition
from prometheus_client.core import CounterMetricFamily
from prometheus_client.registry import Collector

from appliance.errors import Denied
from appliance.store import View, arrivals, outbox, tokens
from appliance.web import client
from appliance.web.keys import METRICS, SESSION, STORE, STREAMS

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
EVERY = 0.1  # seconds between two looks at the clock


class _Door(Collector):
    def __init__(self, counts: Mapping[str, int]) -> None:
        self._counts = counts

    def collect(self) -> Iterator[CounterMetricFamily]:
        family = CounterMetricFamily("posthouse_smtp", "What happened at the mail door", labels=["event"])
        for event, n in self._counts.items():
            family.add_metric([event], n)
        yield family


class Metrics:
    """Figures of one appliance, in a registry of their own: two of them in one process do not mix."""

    def __init__(self, door: Mapping[str, int]) -> None:
        """`door` is what the mail door counts while we look: connections, accepted, refused, ..."""
        self.registry = CollectorRegistry()
        self.registry.register(_Door(door))
        self.arrivals = Gauge(
            "posthouse_arrivals", "Mails that were taken and wait", ("state",), registry=self.registry
        )
        self.outbox = Gauge("posthouse_outbox", "Rows of the outbox", ("state",), registry=self.registry)
        self.lag = Gauge(
            "posthouse_loop_lag_seconds",
            "The longest the event loop was late in the last ten seconds",
            registry=self.registry,
        )
        self.streams = Gauge("posthouse_live_streams", "Browsers that are told of changes", registry=self.registry)
        self.requests = Histogram(
            "posthouse_http_request_seconds", "Time to answer a request", ("method", "status"), registry=self.registry
        )

    def answered(self, method: str, status: int, seconds: float) -> None:
        """Count an answer; a method that somebody made up gets no line of its own."""
        self.requests.labels(method if method in METHODS else "other", str(status)).observe(seconds)

    async def run(self) -> None:
        """Measure for ever."""
        worst: list[float] = []
        while True:
            before = time.monotonic()
            await asyncio.sleep(EVERY)
            worst = [*worst[-int(10 / EVERY) :], time.monotonic() - before - EVERY]
            self.lag.set(max(0.0, *worst))


async def show(request: web.Request) -> web.Response:
    """For the machine itself, its proxies, and who has an admin's token: figures tell a lot about a company."""
    if not await _may_look(request):
        raise Denied("only for this machine, trusted proxies and admins")
    metrics = request.app[METRICS]
    metrics.streams.set(len(request.app[STREAMS]))
    waiting, posted = await request.app[STORE].read(_mail)
    for state, n in waiting.items():
        metrics.arrivals.labels(state).set(n)
    for state, n in posted.items():
        metrics.outbox.labels(state).set(n)
    text = exposition.generate_latest(metrics.registry)
    return web.Response(body=text, headers={"Content-Type": exposition.CONTENT_TYPE_LATEST})


def _mail(view: View) -> tuple[dict[str, int], dict[str, int]]:
    return arrivals.totals(view), outbox.totals(view)


async def _may_look(request: web.Request) -> bool:
    address = client.ip_of(request)
    if client.is_trusted(request, address) or (client.is_loopback(address) and not _is_passed_on(request)):
        return True
    if SESSION in request and "admin" in request[SESSION].user.roles:
        return True
    token = request.headers.get("Authorization", "").partition(" ")[2].strip()
    actor = await request.app[STORE].read(tokens.actor, token)
    return actor is not None and "admin" in actor.roles


def _is_passed_on(request: web.Request) -> bool:
    """From elsewhere, by a proxy on this machine that nobody told us to trust."""
    is_named = client.is_trusted(request, client.peer(request))
    return not is_named and not {"X-Forwarded-For", "Forwarded", "Via"}.isdisjoint(request.headers)
