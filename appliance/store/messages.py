"""Messages: what was written in an interaction, by the customer, by us, or among ourselves."""

import json
import sqlite3
from dataclasses import asdict, dataclass
from datetime import datetime

from appliance.clock import moment
from appliance.errors import NotFound
from appliance.model.ids import AttachmentId, BlobId, CampaignId, InteractionId, MessageId, UserId
from appliance.model.interaction import Attachment, Delivery, Message
from appliance.model.mail import Address, Kind
from appliance.model.user import Actor
from appliance.store import Tx, View, blobs, outbox
from appliance.store.interactions import MAY_SEE


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMessage:
    """What is known of a message when it is kept; `raw` are its bytes as they came or will go (unsigned)."""

    direction: str
    sender: Address
    text: str
    written_at: datetime
    html: str = ""
    subject: str = ""
    message_id: str = ""
    references: tuple[str, ...] = ()
    reply_to: tuple[Address, ...] = ()
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    bcc: tuple[Address, ...] = ()
    kind: Kind = Kind.PERSON
    kind_reason: str = ""
    author: UserId | None = None
    author_name: str = ""
    remote_images: int = 0
    raw: BlobId | None = None
    content_hash: bytes | None = None
    joined_because: str = ""
    trouble: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NewFile:
    """A file of a message, its content kept already."""

    blob: BlobId
    name: str
    type: str
    size: int
    content_id: str = ""
    inline: bool = False


def add(tx: Tx, interaction: InteractionId, new: NewMessage, files: tuple[NewFile, ...] = ()) -> MessageId:
    """Keep a message, the newest of its interaction, with its files."""
    message = MessageId(
        tx.add(
            """
            INSERT INTO messages (interaction, direction, kind, kind_reason, author, author_name, message_id, refs,
                sender, reply_to, recipients, cc, bcc, subject, text, html, remote_images, raw, content_hash,
                joined_because, trouble, written_at)
            VALUES (:interaction, :direction, :kind, :kind_reason, :author, :author_name, :message_id, :refs,
                :sender, :reply_to, :recipients, :cc, :bcc, :subject, :text, :html, :remote_images, :raw,
                :content_hash, :joined_because, :trouble, :written_at)
            """,
            interaction=interaction,
            direction=new.direction,
            kind=new.kind,
            kind_reason=new.kind_reason,
            author=new.author,
            author_name=new.author_name,
            message_id=new.message_id,
            refs=json.dumps(new.references),
            sender=to_json((new.sender,)),
            reply_to=to_json(new.reply_to),
            recipients=to_json(new.to),
            cc=to_json(new.cc),
            bcc=to_json(new.bcc),
            subject=new.subject,
            text=new.text,
            html=new.html,
            remote_images=new.remote_images,
            raw=new.raw,
            content_hash=new.content_hash,
            joined_because=new.joined_because,
            trouble=json.dumps(new.trouble, ensure_ascii=False),
            written_at=new.written_at,
        )
    )
    _attach(tx, message, files)
    return message


def remember(tx: Tx, campaign: CampaignId, interaction: InteractionId, message_ids: tuple[str, ...]) -> None:
    """Every id a mail names, also of ancestors that never came to us: a later reply may name only one of them."""
    tx.run_many(
        "INSERT OR IGNORE INTO message_ids VALUES (:message_id, :campaign, :interaction)",
        ({"message_id": each, "campaign": campaign, "interaction": interaction} for each in message_ids if each),
    )


def with_ids(view: View, campaign: CampaignId, message_ids: tuple[str, ...]) -> InteractionId | None:
    """The interaction of this campaign that has seen one of the ids; those named last are the closest."""
    for message_id in reversed(message_ids):
        row = view.one(
            """
            SELECT interaction FROM message_ids WHERE message_id = :message_id AND campaign = :campaign
            ORDER BY interaction DESC LIMIT 1
            """,
            message_id=message_id,
            campaign=campaign,
        )
        if row is not None:
            return InteractionId(row["interaction"])
    return None


def has_id(view: View, interaction: InteractionId, message_id: str) -> bool:
    """Whether a mail with this Message-ID is there itself, not only named by another."""
    return bool(
        view.one(
            "SELECT 1 FROM messages WHERE interaction = :interaction AND message_id = :message_id",
            interaction=interaction,
            message_id=message_id,
        )
    )


def copy_of(view: View, campaign: CampaignId, message_id: str, content_hash: bytes) -> MessageId | None:
    """The same mail, when this campaign has it: same content, and same Message-ID unless neither has one."""
    row = view.one(
        """
        SELECT messages.id FROM messages JOIN interactions ON interactions.id = messages.interaction
        WHERE content_hash = :content_hash AND message_id = :message_id AND campaign = :campaign LIMIT 1
        """,
        content_hash=content_hash,
        message_id=message_id,
        campaign=campaign,
    )
    return MessageId(row["id"]) if row else None


def interaction_of(view: View, message: MessageId) -> InteractionId:
    row = view.one("SELECT interaction FROM messages WHERE id = :message", message=message)
    if row is None:
        raise NotFound(f"there is no message {message}")
    return InteractionId(row["interaction"])


def of(view: View, actor: Actor, interaction: InteractionId) -> tuple[Message, ...]:
    """All messages of an interaction, the oldest first; none when the actor may not know of it."""
    return _messages(view, actor, "messages.interaction = :interaction", interaction=interaction)


def get(view: View, actor: Actor, message: MessageId) -> Message:
    """Raises NotFound also when the actor may not know of it."""
    found = _messages(view, actor, "messages.id = :message", message=message)
    if not found:
        raise NotFound(f"there is no message {message}")
    return found[0]


def raw(view: View, actor: Actor, message: MessageId) -> bytes:
    """The bytes as they came or went. Raises NotFound for a comment too."""
    row = view.one(
        f"""
        SELECT raw FROM messages JOIN interactions AS i ON i.id = messages.interaction
        WHERE messages.id = :message AND {MAY_SEE}
        """,
        message=message,
        everywhere=actor.everywhere,
        user=actor.user,
    )
    if row is None or row["raw"] is None:
        raise NotFound(f"there is no raw mail of message {message}")
    return blobs.read(view, row["raw"])


def attachment(view: View, actor: Actor, attachment: AttachmentId) -> tuple[Attachment, bytes]:
    """Raises NotFound also when the actor may not know of it."""
    row = view.one(
        f"""
        SELECT attachments.* FROM attachments JOIN messages ON messages.id = attachments.message
        JOIN interactions AS i ON i.id = messages.interaction
        WHERE attachments.id = :attachment AND {MAY_SEE}
        """,
        attachment=attachment,
        everywhere=actor.everywhere,
        user=actor.user,
    )
    if row is None:
        raise NotFound(f"there is no attachment {attachment}")
    return _attachment(row), blobs.read(view, row["blob"])


def files_of(view: View, message: MessageId) -> tuple[NewFile, ...]:
    """Its attachments as they would be attached to another message: what a forward takes along."""
    rows = view.all("SELECT * FROM attachments WHERE message = :message ORDER BY id", message=message)
    return tuple(
        NewFile(row["blob"], row["name"], row["type"], row["size"], row["content_id"], bool(row["inline"]))
        for row in rows
    )


def newest(view: View, interaction: InteractionId, *, public: bool = False) -> MessageId | None:
    """The last message; with `public` the last that is no comment."""
    row = view.one(
        """
        SELECT max(id) AS id FROM messages
        WHERE interaction = :interaction AND (NOT :public OR direction <> 'comment')
        """,
        interaction=interaction,
        public=public,
    )
    return MessageId(row["id"]) if row and row["id"] else None


def remove(tx: Tx, message: MessageId) -> None:
    """Forget a mail that never left; the outbox keeps its cancelled rows as the ledger."""
    tx.run("UPDATE outbox SET message = NULL WHERE message = :message", message=message)
    tx.run("DELETE FROM messages WHERE id = :message", message=message)


def take_part(tx: Tx, interaction: InteractionId, addresses: tuple[Address, ...]) -> None:
    """From now on these may join the interaction by its number."""
    tx.run_many(
        "INSERT OR IGNORE INTO participants VALUES (:interaction, :address)",
        ({"interaction": interaction, "address": each.address.lower()} for each in addresses),
    )


def takes_part(view: View, interaction: InteractionId, address: str) -> bool:
    return bool(
        view.one(
            "SELECT 1 FROM participants WHERE interaction = :interaction AND address = :address",
            interaction=interaction,
            address=address.lower(),
        )
    )


def to_json(addresses: tuple[Address, ...]) -> str:
    return json.dumps([[each.name, each.address] for each in addresses], ensure_ascii=False)


def from_json(text: str) -> tuple[Address, ...]:
    return tuple(Address(name, address) for name, address in json.loads(text))


def _attach(tx: Tx, message: MessageId, files: tuple[NewFile, ...]) -> None:
    tx.run_many(
        """
        INSERT INTO attachments (message, blob, name, type, size, content_id, inline)
        VALUES (:message, :blob, :name, :type, :size, :content_id, :inline)
        """,
        ({"message": message, **asdict(file)} for file in files),
    )


def _messages(view: View, actor: Actor, wanted: str, **values: int) -> tuple[Message, ...]:
    rows = view.all(
        f"""
        SELECT messages.* FROM messages JOIN interactions AS i ON i.id = messages.interaction
        WHERE {wanted} AND {MAY_SEE} ORDER BY messages.id
        """,
        everywhere=actor.everywhere,
        user=actor.user,
        **values,
    )
    return tuple(_message(row, _attachments(view, row["id"]), outbox.of_message(view, row["id"])) for row in rows)


def _attachments(view: View, message: MessageId) -> tuple[Attachment, ...]:
    rows = view.all("SELECT * FROM attachments WHERE message = :message ORDER BY id", message=message)
    return tuple(_attachment(row) for row in rows)


def _attachment(row: sqlite3.Row) -> Attachment:
    return Attachment(
        id=row["id"],
        name=row["name"],
        type=row["type"],
        size=row["size"],
        content_id=row["content_id"],
        inline=bool(row["inline"]),
    )


def _message(row: sqlite3.Row, attachments: tuple[Attachment, ...], deliveries: tuple[Delivery, ...]) -> Message:
    return Message(
        id=row["id"],
        interaction=row["interaction"],
        direction=row["direction"],
        kind=row["kind"],
        kind_reason=row["kind_reason"],
        author=row["author"],
        author_name=row["author_name"],
        message_id=row["message_id"],
        references=tuple(json.loads(row["refs"])),
        sender=from_json(row["sender"])[0],
        reply_to=from_json(row["reply_to"]),
        to=from_json(row["recipients"]),
        cc=from_json(row["cc"]),
        bcc=from_json(row["bcc"]),
        subject=row["subject"],
        text=row["text"],
        html=row["html"],
        remote_images=row["remote_images"],
        raw=row["raw"] is not None,
        joined_because=row["joined_because"],
        trouble=tuple(json.loads(row["trouble"])),
        written_at=moment(row["written_at"]),
        attachments=attachments,
        deliveries=deliveries,
    )
