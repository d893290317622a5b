"""The web server: one aiohttp application on every listener that the settings name."""

import asyncio
import logging
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from aiohttp import web

from appliance.bus import Bus
from appliance.clock import Clock, now
from appliance.desk.accounts import Accounts
from appliance.desk.answer import Correspondence
from appliance.settings import BadSettings, Settings, cannot_listen, host_and_port
from appliance.store import Store
from appliance.vault import Vault
from appliance.web import csrf, errors, headers, keys, sessions
from appliance.web.live import Streams, attend
from appliance.web.metrics import Metrics
from appliance.web.render import Templates
from appliance.web.route import Handler
from appliance.web.routes import ROUTES
from appliance.web.static_files import StaticFiles

log = logging.getLogger(__name__)

GRACE = 10.0  # seconds that a request in progress may still take when we stop
SILENCE = 60.0  # seconds after which a connection that has not sent a whole head is closed
FORM_BYTES = 1_048_576  # beside the files of an upload


@dataclass(frozen=True, slots=True)
class _Listener:
    setting: str
    address: str
    tls: ssl.SSLContext | None


def application(
    *,
    store: Store,
    settings: Settings,
    bus: Bus,
    vault: Vault,
    correspondence: Correspondence,
    checks: Mapping[str, Callable[[], bool]] | None = None,
    door: Mapping[str, int] | None = None,
    clock: Clock = now,
) -> web.Application:
    """Everything that answers in HTTP; `checks` are what /healthz asks beside the store, `door` feeds /metrics."""
    app = web.Application(
        middlewares=[_measure, errors.translate, sessions.recognise, csrf.guard, sessions.admit],
        client_max_size=settings.desk.max_upload_bytes + FORM_BYTES,
    )
    static = StaticFiles()
    app[keys.STORE] = store
    app[keys.SETTINGS] = settings
    app[keys.BUS] = bus
    app[keys.VAULT] = vault
    app[keys.CLOCK] = clock
    app[keys.ACCOUNTS] = Accounts(store)
    app[keys.CORRESPONDENCE] = correspondence
    app[keys.CHECKS] = checks or {}
    app[keys.STATIC] = static
    app[keys.TEMPLATES] = Templates(static.url)
    app[keys.STREAMS] = Streams()
    app[keys.METRICS] = Metrics(door or {})
    app[keys.ROLES] = _table(app)
    app.on_response_prepare.append(headers.secure)
    app.cleanup_ctx.append(attend)
    app.on_shutdown.append(_end_streams)
    return app


class Server:
    """Listens while it runs. `listening` is set, and `urls` known, when every listener is ready."""

    def __init__(self, app: web.Application) -> None:
        self.listening = asyncio.Event()
        self.urls: tuple[str, ...] = ()
        self._app = app

    async def run(self) -> None:
        """Serve until cancelled; then streams end at once and requests in progress within GRACE. Raises BadSettings."""
        runner = web.AppRunner(self._app, access_log=None, shutdown_timeout=GRACE, keepalive_timeout=SILENCE)
        await runner.setup()
        try:
            self.urls = tuple([await _listen(runner, listener) for listener in _listeners(self._app[keys.SETTINGS])])
            log.info("pages at %s", ", ".join(self.urls))
            self.listening.set()
            await self._app[keys.METRICS].run()
        finally:
            self.listening.clear()
            await runner.cleanup()


@web.middleware
async def _measure(request: web.Request, handler: Handler) -> web.StreamResponse:
    request[keys.POSITION] = request.app[keys.STREAMS].position
    started = time.perf_counter()
    response = await handler(request)
    if response.content_type == "text/event-stream":  # its length says how long a person worked
        return response
    request.app[keys.METRICS].answered(request.method, response.status, time.perf_counter() - started)
    return response


def _table(app: web.Application) -> dict[web.AbstractRoute, str]:
    """Enter every line of the table of contents; the role beside each."""
    roles: dict[web.AbstractRoute, str] = {}
    for line in ROUTES:
        for method in ("GET", "HEAD") if line.method == "GET" else (line.method,):
            roles[app.router.add_route(method, line.path, line.handler)] = line.role
    return roles


async def _end_streams(app: web.Application) -> None:
    app[keys.STREAMS].end()


def _listeners(settings: Settings) -> list[_Listener]:
    plain = [_Listener("web.listen", address, None) for address in settings.web.listen]
    if not settings.web.tls_listen:
        return plain
    return plain + [_Listener("web.tls_listen", address, _tls(settings)) for address in settings.web.tls_listen]


async def _listen(runner: web.AppRunner, listener: _Listener) -> str:
    """Its URL, with the port that the system chose when the setting said 0. Raises BadSettings."""
    host, port = host_and_port(listener.address)
    site = web.TCPSite(runner, host, port, ssl_context=listener.tls)
    try:
        await site.start()
    except OSError as error:
        raise cannot_listen(listener.setting, listener.address, error) from error
    real = runner.addresses[-1][1]
    return f"{'https' if listener.tls else 'http'}://{f'[{host}]' if ':' in host else host}:{real}"


def _tls(settings: Settings) -> ssl.SSLContext:
    if not settings.tls.certificate:
        raise BadSettings("web.tls_listen: needs tls.certificate and tls.key")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(settings.tls.certificate, settings.tls.key)
    except (OSError, ssl.SSLError) as error:
        raise BadSettings(f"tls.certificate: cannot be used: {error}") from error
    return context
