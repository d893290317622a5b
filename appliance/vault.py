"""Secrets at rest: what is sealed here opens only with secret.key, which lies outside the database."""

import hashlib
import hmac
import os
import secrets
from pathlib import Path
from typing import Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
NONCE_BYTES = 12


class Vault:
    """Seals and opens with AES-256-GCM, and derives keys for tokens from the same secret."""

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            raise ValueError(f"secret.key must hold {KEY_BYTES} bytes in hexadecimal")
        self._key = key
        self._cipher = AESGCM(key)

    @classmethod
    def at(cls, path: Path) -> Self:
        """The vault of the key in this file. Raises ValueError when it is not a key, OSError when it cannot be read."""
        return cls(bytes.fromhex(path.read_text().strip()))

    @staticmethod
    def make(path: Path) -> None:
        """Write a new key, readable by its owner alone. Raises FileExistsError rather than replace one."""
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_hex(KEY_BYTES) + "\n")

    def seal(self, secret: bytes) -> bytes:
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, secret, None)

    def open(self, sealed: bytes) -> bytes:
        """What was sealed. Raises ValueError when the key is another one or the bytes were changed."""
        try:
            return self._cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], None)
        except InvalidTag as error:
            raise ValueError("this was sealed with another secret.key") from error

    def derive(self, purpose: str) -> bytes:
        """A key of its own for each purpose: a leak of one says nothing about the others."""
        return hmac.digest(self._key, purpose.encode(), hashlib.sha256)
