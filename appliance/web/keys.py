"""What handlers find on the application and on a request."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from aiohttp import web

from appliance.bus import Bus
from appliance.clock import Clock
from appliance.desk.accounts import Accounts
from appliance.model.user import Actor, Session
from appliance.settings import Settings
from appliance.store import Store
from appliance.vault import Vault

if TYPE_CHECKING:
    from appliance.desk.answer import Correspondence
    from appliance.web.live import Streams
    from appliance.web.metrics import Metrics
    from appliance.web.render import Templates
    from appliance.web.static_files import StaticFiles

STORE = web.AppKey("store", Store)
SETTINGS = web.AppKey("settings", Settings)
BUS = web.AppKey("bus", Bus)
VAULT = web.AppKey("vault", Vault)
CLOCK: web.AppKey[Clock] = web.AppKey("clock")
ACCOUNTS = web.AppKey("accounts", Accounts)
CORRESPONDENCE: "web.AppKey[Correspondence]" = web.AppKey("correspondence")
TEMPLATES: "web.AppKey[Templates]" = web.AppKey("templates")
STATIC: "web.AppKey[StaticFiles]" = web.AppKey("static")
STREAMS: "web.AppKey[Streams]" = web.AppKey("streams")
METRICS: "web.AppKey[Metrics]" = web.AppKey("metrics")
CHECKS: web.AppKey[Mapping[str, Callable[[], bool]]] = web.AppKey("checks")
ROLES: web.AppKey[dict[web.AbstractRoute, str]] = web.AppKey("roles")

SESSION = web.RequestKey("session", Session)
ACTOR = web.RequestKey("actor", Actor)
CSRF = web.RequestKey("csrf", str)
POSITION = web.RequestKey("position", str)  # where the news stood when the request came
