"""The REST API's part of the table of contents: every resource, and who may use it. Only tokens come here."""

from appliance.web.api import campaigns, choices, interactions, mailboxes, members, messages, openapi, outbox, users
from appliance.web.route import Route, delete, get, patch, post, put

ROUTES: list[Route] = [
    get("/api/v1/openapi.json", openapi.show, "anyone"),
    # Who works here, and in what
    get("/api/v1/users", users.index, "admin"),
    post("/api/v1/users", users.create, "admin"),
    get("/api/v1/users/{user:\\d+}", users.show, "admin"),
    patch("/api/v1/users/{user:\\d+}", users.update, "admin"),
    delete("/api/v1/users/{user:\\d+}", users.remove, "admin"),
    get("/api/v1/mailboxes", mailboxes.index, "admin"),
    post("/api/v1/mailboxes", mailboxes.create, "admin"),
    get("/api/v1/mailboxes/{mailbox:\\d+}", mailboxes.show, "admin"),
    patch("/api/v1/mailboxes/{mailbox:\\d+}", mailboxes.update, "admin"),
    delete("/api/v1/mailboxes/{mailbox:\\d+}", mailboxes.remove, "admin"),
    get("/api/v1/campaigns", campaigns.index, "agent"),
    post("/api/v1/campaigns", campaigns.create, "admin"),
    get("/api/v1/campaigns/{campaign:\\d+}", campaigns.show, "agent"),
    patch("/api/v1/campaigns/{campaign:\\d+}", campaigns.update, "admin"),
    delete("/api/v1/campaigns/{campaign:\\d+}", campaigns.remove, "admin"),
    get("/api/v1/campaigns/{campaign:\\d+}/members", members.index, "agent"),
    put("/api/v1/campaigns/{campaign:\\d+}/members/{user:\\d+}", members.update, "admin"),
    delete("/api/v1/campaigns/{campaign:\\d+}/members/{user:\\d+}", members.remove, "admin"),
    get("/api/v1/statuses", choices.statuses, "agent"),
    get("/api/v1/priorities", choices.priorities, "agent"),
    get("/api/v1/breaks", choices.breaks, "agent"),
    # Conversations
    get("/api/v1/interactions", interactions.index, "agent"),
    get("/api/v1/interactions/{number:\\d+}", interactions.show, "agent"),
    patch("/api/v1/interactions/{number:\\d+}", interactions.update, "agent"),
    post("/api/v1/interactions/{number:\\d+}/assignment", interactions.assign, "agent"),
    post("/api/v1/interactions/{number:\\d+}/closure", interactions.close, "agent"),
    get("/api/v1/interactions/{number:\\d+}/messages", messages.index, "agent"),
    post("/api/v1/interactions/{number:\\d+}/replies", messages.reply, "agent"),
    post("/api/v1/interactions/{number:\\d+}/forwards", messages.forward, "agent"),
    post("/api/v1/interactions/{number:\\d+}/comments", messages.comment, "agent"),
    get("/api/v1/messages/{message:\\d+}", messages.show, "agent"),
    get("/api/v1/messages/{message:\\d+}/raw", messages.raw, "agent"),
    get("/api/v1/attachments/{attachment:\\d+}", messages.attachment, "agent"),
    # Mail out
    get("/api/v1/outbox", outbox.index, "admin"),
    get("/api/v1/outbox/{row:\\d+}", outbox.show, "admin"),
]
