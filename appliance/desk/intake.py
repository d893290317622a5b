"""Mail that has arrived finds its place: the campaign's queue, an interaction, a message."""

import asyncio
import logging
from dataclasses import replace
from typing import Protocol

from appliance.desk import threading
from appliance.desk.threading import Signs
from appliance.doorbell import Doorbell
from appliance.errors import Busy
from appliance.mail.parse import salvage
from appliance.model.arrival import Arrival
from appliance.model.campaign import Campaign
from appliance.model.ids import CampaignId, ContactId, InteractionId, MessageId
from appliance.model.mail import Address, Kind, Mail, Report
from appliance.store import (
    Store,
    Tx,
    arrivals,
    blobs,
    campaigns,
    contacts,
    history,
    interactions,
    messages,
    moves,
    outbox,
    search,
)
from appliance.store.messages import NewFile, NewMessage
from appliance.worker import Failure

log = logging.getLogger(__name__)

TOGETHER = 50
TOGETHER_BYTES = 20_000_000


class Parser(Protocol):
    """The process that takes the risk of reading what strangers wrote (appliance/worker)."""

    async def parse(self, raws: list[bytes]) -> list[Mail | Failure]: ...


class Intake:
    def __init__(self, store: Store, parser: Parser, bell: Doorbell, signs: Signs) -> None:
        self._store = store
        self._parser = parser
        self._bell = bell
        self._signs = signs

    async def run(self) -> None:
        while True:
            if not await self.step():
                await self._bell.wait(seconds=30)

    async def step(self) -> bool:
        """Sort the oldest arrivals; False when there are none. Each stands or falls alone."""
        waiting = await self._store.read(arrivals.waiting, TOGETHER, TOGETHER_BYTES)
        if not waiting:
            return False
        mails = await self._parser.parse([arrival.raw for arrival in waiting])
        await asyncio.gather(*(self._place(arrival, mail) for arrival, mail in zip(waiting, mails, strict=True)))
        return True

    async def _place(self, arrival: Arrival, mail: Mail | Failure) -> None:
        """A mail that broke its reader shows its raw text; one that cannot even be sorted waits for a person."""
        if isinstance(mail, Failure):
            log.warning("arrival %s was not understood: %s", arrival.id, mail.reason)
            mail = await asyncio.to_thread(salvage, arrival.raw, mail.reason)
        try:
            await self._store.write(sort, self._signs, arrival, mail)
        except Busy:
            raise
        except Exception as error:
            log.exception("arrival %s could not be sorted and waits in quarantine", arrival.id)
            await self._store.write(arrivals.quarantine, arrival.id, f"{type(error).__name__}: {error}")


def sort(tx: Tx, signs: Signs, arrival: Arrival, mail: Mail) -> None:
    """Put a mail where it belongs in every campaign it was sent to: in all of them, or in none."""
    if mail.kind is Kind.PERSON and not arrival.envelope.mail_from:
        mail = replace(mail, kind=Kind.AUTO_REPLY, kind_reason="null reverse-path")  # RFC 5321, 4.5.5
    if mail.kind in (Kind.BOUNCE, Kind.COMPLAINT) and _bring_home(tx, arrival, mail):
        arrivals.sorted_in(tx, arrival.id)
        return
    kept: set[MessageId] = set()  # an answer may come to several campaigns, and belongs to one conversation
    for campaign in _campaigns(tx, arrival):
        contact = contacts.recognised(tx, _sender(arrival, mail))
        found = threading.find(tx, signs, campaign.id, contact, mail, arrival.envelope)
        home = interactions.campaign_of(tx, found[0]) if found else campaign.id
        copy = messages.copy_of(tx, home, mail.message_id, mail.content_hash)
        if copy is None:
            kept.add(_continue_or_start(tx, campaign, contact, arrival, mail, found))
        elif copy not in kept:
            _note_copy(tx, copy)
    arrivals.sorted_in(tx, arrival.id)


def _sender(arrival: Arrival, mail: Mail) -> Address:
    return mail.sender if mail.sender.address else Address(mail.sender.name, arrival.envelope.mail_from)


def _campaigns(tx: Tx, arrival: Arrival) -> list[Campaign]:
    """Those at the envelope's addresses, each once; Inbox for postmaster, abuse and whatever has no other home."""
    found = {}
    for recipient in arrival.envelope.recipients:
        local, _, domain = recipient.lower().rpartition("@")
        bare = f"{local.partition('+')[0]}@{domain}"
        campaign = campaigns.at(tx, recipient.lower()) or campaigns.at(tx, bare) or campaigns.inbox(tx)
        found[campaign.id] = campaign
    return list(found.values()) or [campaigns.inbox(tx)]


def _continue_or_start(
    tx: Tx,
    campaign: Campaign,
    contact: ContactId,
    arrival: Arrival,
    mail: Mail,
    found: tuple[InteractionId, str] | None,
) -> MessageId:
    if found is None:
        bare = threading.folded_subject(mail.subject)
        number = interactions.start(tx, campaign, contact, mail.subject, bare)
        because = "new"
        history.add(tx, number, "", "created", campaign.name)
    else:
        number, because = found
    message = _keep(tx, number, interactions.campaign_of(tx, number), arrival, mail, because)
    _move_on(tx, number, message, mail, arrival, is_new=found is None)
    return message


def _keep(tx: Tx, number: InteractionId, campaign: CampaignId, arrival: Arrival, mail: Mail, because: str) -> MessageId:
    """The message with its files; from now on its ids and its people lead here, and search finds it."""
    files = tuple(
        NewFile(blobs.keep(tx, part.content), part.name, part.type, len(part.content), part.content_id, part.inline)
        for part in mail.parts
    )
    message = messages.add(tx, number, _incoming(arrival, mail, because), files)
    messages.remember(tx, campaign, number, (mail.message_id, *mail.references, *mail.in_reply_to))
    messages.take_part(tx, number, (mail.sender, *mail.reply_to, *mail.cc))
    people = " ".join(f"{each.name} {each.address}" for each in (mail.sender, *mail.to, *mail.cc))
    search.add(tx, message, campaign, mail.subject, people, mail.text, " ".join(part.name for part in mail.parts))
    return message


def _incoming(arrival: Arrival, mail: Mail, because: str) -> NewMessage:
    ancestors = mail.references or mail.in_reply_to
    return NewMessage(
        direction="in",
        kind=mail.kind,
        kind_reason=mail.kind_reason,
        message_id=mail.message_id,
        references=(*ancestors, mail.message_id) if mail.message_id else ancestors,
        sender=mail.sender,
        reply_to=mail.reply_to,
        to=mail.to,
        cc=mail.cc,
        subject=mail.subject,
        text=mail.text,
        html=mail.html,
        remote_images=mail.remote_images,
        raw=arrival.blob,
        content_hash=mail.content_hash,
        joined_because=because,
        trouble=mail.trouble,
        written_at=arrival.arrived_at,
    )


def _move_on(tx: Tx, number: InteractionId, message: MessageId, mail: Mail, arrival: Arrival, *, is_new: bool) -> None:
    """A person's words put the interaction back to New; a machine's answer is added and reopens nothing."""
    files = sum(not part.inline for part in mail.parts)
    if is_new or mail.kind in (Kind.PERSON, Kind.BULK):
        if interactions.is_closed(tx, number):
            history.add(tx, number, "", "reopened")
        moves.customer_wrote(tx, number, message, mail.snippet, files, since=arrival.arrived_at)
    else:
        moves.machine_wrote(tx, number, message, files)


def _bring_home(tx: Tx, arrival: Arrival, mail: Mail) -> bool:
    """A bounce or complaint joins the conversation whose mail it is about; False when we sent no such mail."""
    for report in mail.reports:
        number = outbox.interaction_of(tx, report.message_id)
        if number is not None:
            campaign = interactions.campaign_of(tx, number)
            message = _keep(tx, number, campaign, arrival, mail, str(mail.kind))
            moves.machine_wrote(tx, number, message, 0)
            _tell_of_bounce(tx, number, mail.kind, report)
            return True
    return False


def _tell_of_bounce(tx: Tx, number: InteractionId, kind: Kind, report: Report) -> None:
    status = "" if report.status in report.diagnostic else report.status
    words = " ".join(filter(None, (report.recipient, status, report.diagnostic)))
    history.add(tx, number, "", str(kind), words)
    if kind is Kind.BOUNCE and report.action == "failed":
        moves.need_attention(tx, number, f"not delivered: {words}")


def _note_copy(tx: Tx, copy: MessageId) -> None:
    number = messages.interaction_of(tx, copy)
    history.add(tx, number, "", "copy", "the same mail came once more")
