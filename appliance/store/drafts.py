"""Drafts: what an agent is writing, one for each interaction, saved as he types."""

import sqlite3

from appliance.clock import moment
from appliance.errors import Conflict, NotFound
from appliance.model.ids import BlobId, InteractionId
from appliance.model.interaction import Draft, DraftFile
from appliance.model.mail import Address
from appliance.model.user import Actor
from appliance.store import Tx, View, blobs
from appliance.store.messages import NewFile, from_json, to_json

_MINE = "user = :user AND interaction = :number"


def save(
    tx: Tx,
    actor: Actor,
    number: InteractionId,
    mode: str,
    to: tuple[Address, ...],
    cc: tuple[Address, ...],
    bcc: tuple[Address, ...],
    html: str,
    *,
    version: int | None = None,
) -> Draft:
    """Keep what is written so far. Raises Conflict when another window has saved since `version`."""
    before = of(tx, actor, number)
    if before and version is not None and version != before.version:
        raise Conflict("this draft was changed in another window")
    tx.run(
        """
        INSERT INTO drafts (user, interaction, mode, recipients, cc, bcc, html, saved_at)
        VALUES (:user, :number, :mode, :to, :cc, :bcc, :html, :now)
        ON CONFLICT (user, interaction) DO UPDATE SET mode = :mode, recipients = :to, cc = :cc, bcc = :bcc,
            html = :html, saved_at = :now, version = version + 1
        """,
        user=actor.user,
        number=number,
        mode=mode,
        to=to_json(to),
        cc=to_json(cc),
        bcc=to_json(bcc),
        html=html,
        now=tx.now,
    )
    return _mine(tx, actor, number)


def of(view: View, actor: Actor, number: InteractionId) -> Draft | None:
    row = view.one(f"SELECT * FROM drafts WHERE {_MINE}", user=actor.user, number=number)
    return _draft(view, row) if row else None


def throw_away(tx: Tx, actor: Actor, number: InteractionId) -> None:
    tx.run(f"DELETE FROM drafts WHERE {_MINE}", user=actor.user, number=number)


def add_file(tx: Tx, actor: Actor, number: InteractionId, name: str, type: str, data: bytes) -> DraftFile:
    """Attach a file to the draft, which is begun when there is none yet."""
    return attach(tx, actor, number, NewFile(blobs.keep(tx, data), name, type, len(data)))


def attach(tx: Tx, actor: Actor, number: InteractionId, file: NewFile) -> DraftFile:
    """Attach what is kept already, such as an attachment that is forwarded."""
    draft = of(tx, actor, number) or save(tx, actor, number, "reply", (), (), (), "")
    row = tx.add(
        """
        INSERT INTO draft_files (draft, blob, name, type, size) VALUES (:draft, :blob, :name, :type, :size)
        """,
        draft=draft.id,
        blob=file.blob,
        name=file.name,
        type=file.type,
        size=file.size,
    )
    return DraftFile(row, file.name, file.type, file.size)


def remove_file(tx: Tx, actor: Actor, number: InteractionId, file: int) -> None:
    removed = tx.run(
        f"DELETE FROM draft_files WHERE id = :file AND draft = (SELECT id FROM drafts WHERE {_MINE})",
        file=file,
        user=actor.user,
        number=number,
    )
    if not removed:
        raise NotFound("there is no such file in the draft")


def files(view: View, actor: Actor, number: InteractionId) -> tuple[NewFile, ...]:
    """What is attached to the draft, ready to become attachments of a message."""
    rows = view.all(
        f"SELECT * FROM draft_files WHERE draft = (SELECT id FROM drafts WHERE {_MINE}) ORDER BY id",
        user=actor.user,
        number=number,
    )
    return tuple(NewFile(BlobId(row["blob"]), row["name"], row["type"], row["size"]) for row in rows)


def _mine(view: View, actor: Actor, number: InteractionId) -> Draft:
    draft = of(view, actor, number)
    assert draft is not None
    return draft


def _draft(view: View, row: sqlite3.Row) -> Draft:
    rows = view.all("SELECT * FROM draft_files WHERE draft = :draft ORDER BY id", draft=row["id"])
    return Draft(
        id=row["id"],
        interaction=row["interaction"],
        mode=row["mode"],
        to=from_json(row["recipients"]),
        cc=from_json(row["cc"]),
        bcc=from_json(row["bcc"]),
        html=row["html"],
        files=tuple(DraftFile(file["id"], file["name"], file["type"], file["size"]) for file in rows),
        version=row["version"],
        saved_at=moment(row["saved_at"]),
    )
