"""Contents kept once: raw mail and files, found again by their hash."""

import hashlib

from appliance.errors import NotFound
from appliance.model.ids import BlobId
from appliance.store import Tx, View


def keep(tx: Tx, data: bytes) -> BlobId:
    """Keep the bytes, or find that they are kept already."""
    sha256 = hashlib.sha256(data).digest()
    row = tx.one("SELECT id FROM blobs WHERE sha256 = :sha256", sha256=sha256)
    if row is not None:
        return BlobId(row["id"])
    return BlobId(
        tx.add(
            "INSERT INTO blobs (sha256, size, data) VALUES (:sha256, :size, :data)",
            sha256=sha256,
            size=len(data),
            data=data,
        )
    )


def read(view: View, blob: BlobId) -> bytes:
    row = view.one("SELECT data FROM blobs WHERE id = :blob", blob=blob)
    if row is None:
        raise NotFound("there is no such content")
    data: bytes = row["data"]
    return data
