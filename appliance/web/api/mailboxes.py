"""/api/v1/mailboxes: the addresses that mail is received at and sent from."""

from aiohttp import web

from appliance.errors import Invalid
from appliance.model.ids import MailboxId
from appliance.store import mailboxes
from appliance.web.api.endpoint import Created, endpoint
from appliance.web.api.paging import stretch
from appliance.web.api.schemas import Listed, Mailbox, MailboxChange, NewMailbox, Paging
from appliance.web.keys import STORE


@endpoint
async def index(request: web.Request, query: Paging) -> Listed[Mailbox]:
    """All mailboxes."""
    found = await request.app[STORE].read(mailboxes.listed)
    return stretch(found, query, lambda mailbox: mailbox.id, Mailbox.model_validate)


@endpoint
async def create(request: web.Request, body: NewMailbox) -> Created[Mailbox]:
    """A new mailbox at a domain of ours. Of the kinds only `local` can be made yet. 409 when an address is taken."""
    if body.kind == "external":
        raise Invalid(kind="external mailboxes come with a later release: only local ones can be made yet")
    mailbox = await request.app[STORE].write(mailboxes.add, **body.model_dump(exclude_unset=True))
    return await _mailbox(request, mailbox)


@endpoint
async def show(request: web.Request, mailbox: MailboxId) -> Mailbox:
    """One mailbox."""
    return await _mailbox(request, mailbox)


@endpoint
async def update(request: web.Request, mailbox: MailboxId, body: MailboxChange) -> Mailbox:
    """Change the fields that are sent; `aliases` replaces them all."""
    await request.app[STORE].write(mailboxes.update, mailbox, **body.model_dump(exclude_unset=True))
    return await _mailbox(request, mailbox)


@endpoint
async def remove(request: web.Request, mailbox: MailboxId) -> None:
    """Remove a mailbox. 409 while a campaign uses it."""
    await request.app[STORE].write(mailboxes.remove, mailbox)


async def _mailbox(request: web.Request, mailbox: MailboxId) -> Mailbox:
    return Mailbox.model_validate(await request.app[STORE].read(mailboxes.get, mailbox))
