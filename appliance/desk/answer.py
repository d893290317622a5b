"""What we write leaves from here: replies and forwards become mails in the outbox, comments stay in the house."""

import asyncio
import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from html import escape

from appliance.desk import recipients
from appliance.errors import Conflict, Denied, Invalid, NotFound
from appliance.mail import thread
from appliance.mail.compose import Draft as Letter
from appliance.mail.compose import compose
from appliance.mail.fields import addr_spec
from appliance.mail.html import from_text, sanitise, to_text
from appliance.model.campaign import Campaign
from appliance.model.ids import InteractionId, MessageId
from appliance.model.interaction import Interaction, Message
from appliance.model.mail import Address, Kind, Part
from appliance.model.user import Actor
from appliance.store import (
    Store,
    Tx,
    View,
    blobs,
    campaigns,
    drafts,
    history,
    interactions,
    messages,
    moves,
    outbox,
    search,
)
from appliance.store.messages import NewFile, NewMessage
from appliance.vault import Vault

REPLY, FORWARD = "Re: ", "Fwd: "


@dataclass(frozen=True, slots=True, kw_only=True)
class Writing:
    """What somebody wants to send. Of `html` and `text` one is enough; the other is made from it."""

    to: tuple[Address, ...] = ()  # nobody: the customer
    cc: tuple[Address, ...] = ()
    bcc: tuple[Address, ...] = ()
    html: str = ""
    text: str = ""
    parts: tuple[Part, ...] = ()  # files that come along, besides those of the draft
    draft: bool = False  # take the files of the actor's draft along, and throw it away
    history: bool = False  # quote the conversation below, comments left out
    seen: MessageId | None = None  # the newest message the writer had seen; None: he does not mind
    close: bool = False


@dataclass(frozen=True, slots=True)
class _Context:
    """All that a letter needs to know, from one moment."""

    interaction: Interaction
    campaign: Campaign
    earlier: tuple[Message, ...]  # public ones, oldest first
    parts: tuple[Part, ...]
    now: datetime


class Correspondence:
    """Writes to the world in the name of a campaign. `limits`: most recipients a mail may have, and bytes of files."""

    def __init__(self, store: Store, vault: Vault, *, undo_seconds: int, max_cc: int, max_upload_bytes: int) -> None:
        self._store = store
        self._secret = vault.derive("message-id")
        self._undo_seconds = undo_seconds
        self._max_cc = max_cc
        self._max_upload_bytes = max_upload_bytes

    async def reply(self, actor: Actor, number: InteractionId, writing: Writing) -> MessageId:
        """Answer the customer. Raises Conflict when something newer than `writing.seen` has come, NotFound, Invalid."""
        context = await self._store.read(_context, actor, number, writing)
        writing = await asyncio.to_thread(_made_safe, writing)
        if not (writing.text.strip() or "<img" in writing.html or context.parts):
            raise Invalid(text="must not be empty")
        letter = await asyncio.to_thread(self._reply, context, writing)
        return await self._send(actor, context, writing, letter, source="reply")

    async def forward(self, actor: Actor, number: InteractionId, writing: Writing) -> MessageId:
        """Send the last mail that came in on to others, with its files unless the draft has its own choice of them.

        Raises as `reply` does, and Invalid when nobody is named to send it to.
        """
        if not writing.to:
            raise Invalid(to="name at least one person to forward to")
        context = await self._store.read(_context, actor, number, writing, take_along=not writing.draft)
        writing = await asyncio.to_thread(_made_safe, writing)
        letter = await asyncio.to_thread(self._forward, context, writing)
        return await self._send(actor, context, writing, letter, source="forward")

    async def undo(self, actor: Actor, message: MessageId) -> InteractionId:
        """Take a mail back into its draft while it waits. Raises Conflict when it has left already, NotFound."""
        return await self._store.write(_take_back, actor, message)

    def _reply(self, context: _Context, writing: Writing) -> Letter:
        answered = recipients.answered(context.earlier)
        customer = Address(context.interaction.name, context.interaction.address)
        to = writing.to or (recipients.authors(answered) if answered else ()) or (customer,)
        quoted = context.earlier if writing.history else ()
        return self._letter(context, writing, to, f"{REPLY}{_bare(context)}", context.earlier[-1:], quoted)

    def _forward(self, context: _Context, writing: Writing) -> Letter:
        quoted = context.earlier if writing.history else _worth_forwarding(context.earlier)
        return self._letter(context, writing, writing.to, f"{FORWARD}{_bare(context)}", context.earlier[-1:], quoted)

    def _letter(
        self,
        context: _Context,
        writing: Writing,
        to: tuple[Address, ...],
        subject: str,
        before: tuple[Message, ...],
        quoted: tuple[Message, ...],
    ) -> Letter:
        self._check_limits(to, writing, context.parts)
        campaign = context.campaign
        return Letter(
            sender=Address(campaign.from_name or campaign.name, campaign.address),
            to=to,
            cc=writing.cc,
            reply_to=tuple(Address("", address) for address in campaign.reply_to),
            subject=subject,
            text="\n\n".join([writing.text, *(_quoted_text(each) for each in reversed(quoted))]),
            html="".join([writing.html or from_text(writing.text), *(_quoted_html(each) for each in reversed(quoted))]),
            date=context.now,
            message_id=thread.issue(
                self._secret, context.interaction.id, secrets.token_bytes(8), campaign.address.rpartition("@")[2]
            ),
            in_reply_to=before[0].message_id if before else "",
            references=before[0].references if before else (),
            parts=context.parts,
        )

    def _check_limits(self, to: tuple[Address, ...], writing: Writing, parts: tuple[Part, ...]) -> None:
        if len(to) + len(writing.cc) + len(writing.bcc) > self._max_cc + 1:
            raise Invalid(cc=f"a mail may go to {self._max_cc} more people at most")
        for each in writing.bcc:  # the others are checked as they are written into the mail
            addr_spec(each.address)
        if sum(len(part.content) for part in parts) > self._max_upload_bytes:
            raise Invalid(attachments=f"the files may have {self._max_upload_bytes >> 20} MB together")

    async def _send(
        self, actor: Actor, context: _Context, writing: Writing, letter: Letter, *, source: str
    ) -> MessageId:
        raw = await asyncio.to_thread(compose, letter)
        return await self._store.write(_post, actor, context, writing, letter, raw, source, self._undo_seconds)


def comment(tx: Tx, actor: Actor, number: InteractionId, text: str) -> MessageId:
    """Say something that only the team sees. Raises Invalid when it is empty, NotFound."""
    if not text.strip():
        raise Invalid(text="must not be empty")
    interaction = interactions.get(tx, actor, number)
    sender = Address(actor.name, "")
    new = NewMessage(
        direction="comment", sender=sender, text=text, written_at=tx.now, author=actor.user, author_name=actor.name
    )
    message = messages.add(tx, number, new)
    search.add(tx, message, interaction.campaign, interaction.subject, actor.name, text, "")
    moves.commented(tx, number, message)
    begun = drafts.of(tx, actor, number)
    if begun is not None and begun.mode == "comment":  # an answer that he is writing stays
        drafts.throw_away(tx, actor, number)
    return message


def _context(
    view: View, actor: Actor, number: InteractionId, writing: Writing, *, take_along: bool = False
) -> _Context:
    interaction = interactions.get(view, actor, number)
    earlier = tuple(each for each in messages.of(view, actor, number) if _is_correspondence(each))
    files = drafts.files(view, actor, number) if writing.draft else ()
    if take_along:
        files += tuple(file for each in _worth_forwarding(earlier) for file in messages.files_of(view, each.id))
    return _Context(
        interaction=interaction,
        campaign=campaigns.any_state(view, interaction.campaign),
        earlier=earlier,
        parts=tuple(_part(view, file) for file in files) + writing.parts,
        now=view.now,
    )


def _post(
    tx: Tx,
    actor: Actor,
    context: _Context,
    writing: Writing,
    letter: Letter,
    raw: bytes,
    source: str,
    undo_seconds: int,
) -> MessageId:
    """The answer is ours to deliver from here on: message, outbox and interaction move in one transaction."""
    number = context.interaction.id
    newest = messages.newest(tx, number, public=True)
    if writing.seen is not None and newest is not None and newest > writing.seen:
        raise Conflict("the conversation has moved on: somebody wrote meanwhile")
    files = tuple(
        NewFile(blobs.keep(tx, part.content), part.name, part.type, len(part.content), part.content_id, part.inline)
        for part in context.parts
    )
    message = messages.add(tx, number, _outgoing(tx, actor, writing, letter, raw), files)
    everybody = (*letter.to, *letter.cc, *writing.bcc)
    outbox.put(
        tx,
        source=source,
        mail_from=letter.sender.address,
        recipients=dict.fromkeys(each.address for each in everybody),
        raw=raw,
        message_id=letter.message_id,
        interaction=number,
        message=message,
        not_before=tx.now + timedelta(seconds=undo_seconds),
    )
    _file_away(tx, actor, context, writing, letter, message, len(files))
    return message


def _outgoing(tx: Tx, actor: Actor, writing: Writing, letter: Letter, raw: bytes) -> NewMessage:
    return NewMessage(
        direction="out",
        author=actor.user,
        author_name=actor.name,
        message_id=letter.message_id,
        references=(*letter.references, letter.message_id),
        sender=letter.sender,
        reply_to=letter.reply_to,
        to=letter.to,
        cc=letter.cc,
        bcc=writing.bcc,
        subject=letter.subject,
        text=writing.text,
        html=writing.html,
        raw=blobs.keep(tx, raw),
        written_at=tx.now,
    )


def _file_away(
    tx: Tx, actor: Actor, context: _Context, writing: Writing, letter: Letter, message: MessageId, files: int
) -> None:
    number, campaign = context.interaction.id, context.interaction.campaign
    everybody = (*letter.to, *letter.cc, *writing.bcc)
    messages.remember(tx, campaign, number, (letter.message_id,))
    messages.take_part(tx, number, everybody)
    people = " ".join(f"{each.name} {each.address}" for each in everybody)
    names = " ".join(part.name for part in context.parts)
    search.add(tx, message, campaign, letter.subject, people, letter.text, names)
    if writing.draft:
        drafts.throw_away(tx, actor, number)
    moves.we_wrote(tx, number, message, actor.user, files=files)
    if writing.close:
        moves.set_status(tx, number, "closed")
        history.add(tx, number, actor.name, "status", f"{context.interaction.status} > closed")


def _take_back(tx: Tx, actor: Actor, message: MessageId) -> InteractionId:
    """The mail becomes the draft it was; nothing of it has left the house. What its writer has begun since follows."""
    sent = messages.get(tx, actor, message)
    if sent.direction != "out":
        raise NotFound("only what was sent can be taken back")
    if sent.author is not None and sent.author != actor.user:
        raise Denied("only who wrote a mail can take it back")
    outbox.cancel_of(tx, message)
    mode = "forward" if sent.subject.startswith(FORWARD) else "reply"
    begun = drafts.of(tx, actor, sent.interaction)
    html = (sent.html or from_text(sent.text)) + (begun.html if begun and begun.mode != "comment" else "")
    drafts.save(tx, actor, sent.interaction, mode, sent.to, sent.cc, sent.bcc, html)
    for file in messages.files_of(tx, message):
        drafts.attach(tx, actor, sent.interaction, file)
    moves.taken_back(tx, sent.interaction, message, len(sent.attachments))
    messages.remove(tx, message)
    history.add(tx, sent.interaction, actor.name, "undone")
    return sent.interaction


def _made_safe(writing: Writing) -> Writing:
    """What was written in the editor, as harmless as what comes in, and the same as text."""
    html = sanitise(writing.html)[0] if writing.html.strip() else ""
    return replace(writing, html=html, text=to_text(html) if html else writing.text)


def _is_correspondence(message: Message) -> bool:
    """What people said to each other: no comments, and nothing that a mail server reported."""
    return message.direction != "comment" and message.kind not in (Kind.BOUNCE, Kind.COMPLAINT)


def _worth_forwarding(earlier: tuple[Message, ...]) -> tuple[Message, ...]:
    """The last mail that came in, or else the last of ours; none when there is none at all."""
    incoming = tuple(each for each in earlier if each.direction == "in")
    return (incoming or earlier)[-1:]


def _part(view: View, file: NewFile) -> Part:
    return Part(file.name, file.type, file.content_id, file.inline, blobs.read(view, file.blob))


def _bare(context: _Context) -> str:
    return thread.bare_subject(context.interaction.subject)


def _attribution(message: Message) -> str:
    """Words that need no translation: when, and who."""
    who = f"{message.sender.name} <{message.sender.address}>".strip()
    return f"{message.written_at:%Y-%m-%d %H:%M} UTC, {who}:"


def _quoted_text(message: Message) -> str:
    return "\n".join([_attribution(message), *(f"> {line}" for line in message.text.splitlines())])


def _quoted_html(message: Message) -> str:
    body = message.html or from_text(message.text)
    return f"<p>{escape(_attribution(message))}</p><blockquote>{body}</blockquote>"
