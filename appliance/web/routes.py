"""The table of contents: every URL, what is said there, and who may come."""

from appliance.web import account, front, live, metrics, static_files
from appliance.web.admin import quarantine
from appliance.web.agent import answer, attachments, body, draft, handling, inbox, interaction
from appliance.web.api import routes as api
from appliance.web.public import health, setup, sign_in
from appliance.web.route import Route, delete, get, post, put

ROUTES: list[Route] = [
    # For everybody
    get("/", front.show, "anyone"),
    get("/sign-in", sign_in.show, "anyone"),
    post("/sign-in", sign_in.create, "anyone"),
    post("/sign-out", sign_in.remove, "anyone"),
    get("/setup/{token}", setup.show, "anyone"),
    post("/setup/{token}", setup.create, "anyone"),
    get("/healthz", health.show, "anyone"),
    get("/metrics", metrics.show, "anyone"),
    get("/static/{path:.+}", static_files.show, "anyone"),
    # For everybody who works here
    get("/account", account.show, "agent"),
    post("/account", account.update, "agent"),
    post("/account/theme", account.theme, "agent"),
    post("/account/language", account.language, "agent"),
    post("/account/password", account.password, "agent"),
    get("/agent/events", live.show, "agent"),
    # The administrator's pages
    get("/admin/quarantine", quarantine.show, "admin"),
    get(r"/admin/quarantine/{arrival:\d+}/raw", quarantine.raw, "admin"),
    post(r"/admin/quarantine/{arrival:\d+}/release", quarantine.release, "admin"),
    # The agent's desk
    get("/agent/inbox", inbox.show, "agent"),
    get("/agent/interactions/{number:\\d+}", interaction.show, "agent"),
    post("/agent/interactions/{number:\\d+}/reading", handling.read, "agent"),
    post("/agent/interactions/{number:\\d+}/closure", handling.close, "agent"),
    post("/agent/interactions/{number:\\d+}/reopening", handling.reopen, "agent"),
    post("/agent/interactions/{number:\\d+}/assignment", handling.assign, "agent"),
    post("/agent/interactions/{number:\\d+}/status", handling.set_status, "agent"),
    post("/agent/interactions/{number:\\d+}/priority", handling.set_priority, "agent"),
    post("/agent/interactions/{number:\\d+}/replies", answer.reply, "agent"),
    post("/agent/interactions/{number:\\d+}/forwards", answer.forward, "agent"),
    post("/agent/interactions/{number:\\d+}/comments", answer.add_comment, "agent"),
    put("/agent/interactions/{number:\\d+}/draft", draft.save, "agent"),
    delete("/agent/interactions/{number:\\d+}/draft", draft.discard, "agent"),
    post("/agent/interactions/{number:\\d+}/draft/files", draft.attach, "agent"),
    post("/agent/interactions/{number:\\d+}/draft/files/of/{message:\\d+}", draft.take_along, "agent"),
    delete("/agent/interactions/{number:\\d+}/draft/files/{file:\\d+}", draft.detach, "agent"),
    post("/agent/messages/{message:\\d+}/undo", answer.undo, "agent"),
    get("/agent/messages/{message:\\d+}/body", body.show, "agent"),
    get("/agent/messages/{message:\\d+}/raw", attachments.raw, "agent"),
    get("/agent/messages/{message:\\d+}/headers", attachments.show_headers, "agent"),
    get("/agent/attachments/{attachment:\\d+}", attachments.show, "agent"),
    # The REST API
    *api.ROUTES,
]
