"""The table of contents: every URL, what is said there, and who may come."""

from appliance.web import account, front, live, metrics, static_files
from appliance.web.admin import quarantine
from appliance.web.agent import answer, attachments, body, draft, handling, inbox, interaction
from appliance.web.api import routes as api
from appliance.web.public import health, setup, sign_in
from appliance.web.route import Route, delete, get, post, put

# A number of 18 digits fits into the store, whatever it is.
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
    # What supervisors and administrators see to
    get("/admin/quarantine", quarantine.show, "supervisor"),
    get("/admin/quarantine/sign", quarantine.sign, "supervisor"),
    get(r"/admin/quarantine/{arrival:\d{1,18}}/raw", quarantine.raw, "supervisor"),
    post(r"/admin/quarantine/{arrival:\d{1,18}}/release", quarantine.release, "supervisor"),
    # The agent's desk
    get("/agent/inbox", inbox.show, "agent"),
    get("/agent/interactions/{number:\\d{1,18}}", interaction.show, "agent"),
    post("/agent/interactions/{number:\\d{1,18}}/reading", handling.read, "agent"),
    post("/agent/interactions/{number:\\d{1,18}}/closure", handling.close, "agent"),
    post("/agent/interactions/{number:\\d{1,18}}/reopening", handling.reopen, "agent"),
    post("/agent/interactions/{number:\\d{1,18}}/assignment", handling.assign, "agent"),
    post("/agent/interactions/{number:\\d{1,18}}/status", handling.set_status, "agent"),
    post("/agent/interactions/{number:\\d{1,18}}/priority", handling.set_priority, "agent"),
    post("/agent/interactions/{number:\\d{1,18}}/replies", answer.reply, "agent"),
    post("/agent/interactions/{number:\\d{1,18}}/forwards", answer.forward, "agent"),
    post("/agent/interactions/{number:\\d{1,18}}/comments", answer.add_comment, "agent"),
    put("/agent/interactions/{number:\\d{1,18}}/draft", draft.save, "agent"),
    delete("/agent/interactions/{number:\\d{1,18}}/draft", draft.discard, "agent"),
    post("/agent/interactions/{number:\\d{1,18}}/draft/files", draft.attach, "agent"),
    post("/agent/interactions/{number:\\d{1,18}}/draft/files/of/{message:\\d{1,18}}", draft.take_along, "agent"),
    delete("/agent/interactions/{number:\\d{1,18}}/draft/files/{file:\\d{1,18}}", draft.detach, "agent"),
    post("/agent/messages/{message:\\d{1,18}}/undo", answer.undo, "agent"),
    get("/agent/messages/{message:\\d{1,18}}/body", body.show, "agent"),
    get("/agent/messages/{message:\\d{1,18}}/raw", attachments.raw, "agent"),
    get("/agent/messages/{message:\\d{1,18}}/headers", attachments.show_headers, "agent"),
    get("/agent/attachments/{attachment:\\d{1,18}}", attachments.show, "agent"),
    # The REST API
    *api.ROUTES,
]
