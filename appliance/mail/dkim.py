"""Our signature under what we send: DKIM (RFC 6376) with RSA or Ed25519 (RFC 8463), relaxed/relaxed."""

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Literal

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key

from appliance.mail.lines import blocks, crlf

KeyType = Literal["rsa", "ed25519"]  # as k= in the key's record has it

# Signed once more than they occur, so that nobody can add another (RFC 6376, 8.15).
_SEALED = (
    b"from", b"sender", b"reply-to", b"to", b"cc", b"subject", b"date", b"message-id", b"in-reply-to",
    b"references", b"mime-version", b"content-type", b"content-transfer-encoding",
)  # fmt: skip
# Signed where they occur: RFC 8058 wants the first two, and mailing lists may add the others.
_SIGNED = (b"list-unsubscribe", b"list-unsubscribe-post", b"list-id", b"auto-submitted", b"precedence", b"feedback-id")

_BLANKS = re.compile(rb"[ \t]+")
_FIELD = re.compile(rb"(?m)^([!-9;-~]+)[ \t]*:([^\r]*(?:\r\n[ \t][^\r]*)*)")


@dataclass(frozen=True, slots=True)
class Key:
    """A domain's signing key, parsed. Its public half stands at selector._domainkey.domain."""

    domain: str
    selector: str
    private: RSAPrivateKey | Ed25519PrivateKey = field(repr=False)

    @property
    def algorithm(self) -> str:
        return "rsa-sha256" if isinstance(self.private, RSAPrivateKey) else "ed25519-sha256"

    def sign(self, signed: bytes) -> bytes:
        if isinstance(self.private, RSAPrivateKey):
            return self.private.sign(signed, padding.PKCS1v15(), hashes.SHA256())
        return self.private.sign(sha256(signed).digest())  # Ed25519 over the hash: RFC 8463, 3


def generate(kind: KeyType = "rsa") -> tuple[bytes, str]:
    """A new private key (PKCS 8, PEM) and the TXT record to publish for it. RSA takes up to a second."""
    private: RSAPrivateKey | Ed25519PrivateKey
    private = generate_private_key(65537, 2048) if kind == "rsa" else Ed25519PrivateKey.generate()
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return pem, public_record(Key("", "", private))


def read_key(domain: str, selector: str, pem: bytes) -> Key:
    """Parse a private key once, to sign many times; ValueError when it is neither RSA nor Ed25519."""
    private = serialization.load_pem_private_key(pem, password=None)
    if not isinstance(private, RSAPrivateKey | Ed25519PrivateKey):
        raise ValueError("a DKIM key is RSA or Ed25519")
    return Key(domain, selector, private)


def public_record(key: Key) -> str:
    """What to publish as TXT, unsplit: the RSA key as SubjectPublicKeyInfo, the Ed25519 key bare (RFC 8463, 4)."""
    public = key.private.public_key()
    if isinstance(key.private, RSAPrivateKey):
        kind = "rsa"
        data = public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    else:
        kind = "ed25519"
        data = public.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return f"v=DKIM1; k={kind}; p={base64.b64encode(data).decode()}"


def sign(raw: bytes, keys: Sequence[Key], at: datetime) -> bytes:
    """The mail with one DKIM-Signature for each key before it, every line ended by CRLF: send exactly these bytes.

    Needs a processor for about a millisecond and lets go of the GIL meanwhile: call it in a thread.
    """
    raw = crlf(raw)
    head, body = _split(raw)
    names, signed = _choose(_fields(head))
    tags = _Tags(_body_hash(body), _folded(names), int(at.timestamp()))
    return b"".join([*(_signature(key, signed, tags) for key in keys), raw])


@dataclass(frozen=True, slots=True)
class _Tags:
    body_hash: bytes
    names: bytes
    time: int


def _signature(key: Key, signed: bytes, tags: _Tags) -> bytes:
    header = b"".join(
        [
            b"DKIM-Signature: v=1; a=%s; c=relaxed/relaxed;\r\n" % key.algorithm.encode(),
            b"\td=%s; s=%s; t=%d;\r\n" % (key.domain.encode("idna"), key.selector.encode("ascii"), tags.time),
            b"\th=%s;\r\n" % tags.names,
            b"\tbh=%s;\r\n\tb=" % tags.body_hash,
        ]
    )
    itself = _relaxed(b"dkim-signature", header.partition(b":")[2]).removesuffix(b"\r\n")
    value = base64.b64encode(key.sign(signed + itself))
    return header + b"\r\n\t ".join(value[at : at + 72] for at in range(0, len(value), 72)) + b"\r\n"


def _split(raw: bytes) -> tuple[bytes, bytes]:
    if raw.startswith(b"\r\n"):
        return b"", raw[2:]
    head, _, body = raw.partition(b"\r\n\r\n")
    return head, body


def _fields(head: bytes) -> dict[bytes, list[bytes]]:
    """Each name's relaxed header fields, the last one first: the order in which they are signed (RFC 6376, 5.4.2)."""
    fields: dict[bytes, list[bytes]] = {}
    for found in _FIELD.finditer(head):
        name = found[1].lower()
        fields.setdefault(name, []).insert(0, _relaxed(name, found[2]))
    return fields


def _choose(fields: dict[bytes, list[bytes]]) -> tuple[list[bytes], bytes]:
    names: list[bytes] = []
    for name in _SEALED:
        names += [name] * (len(fields.get(name, ())) + 1)
    for name in _SIGNED:
        names += [name] * len(fields.get(name, ()))
    signed = [line for name in (*_SEALED, *_SIGNED) for line in fields.get(name, ())]
    return names, b"".join(signed)


def _folded(names: list[bytes]) -> bytes:
    lines = [b":".join(names[at : at + 5]) for at in range(0, len(names), 5)]
    return b":\r\n\t ".join(lines)


def _relaxed(name: bytes, value: bytes) -> bytes:
    """RFC 6376, 3.4.2: unfolded, blanks squeezed, none around the colon or at the end."""
    return name + b":" + _BLANKS.sub(b" ", value.replace(b"\r\n", b"")).strip(b" ") + b"\r\n"


def _body_hash(body: bytes) -> bytes:
    """RFC 6376, 3.4.4: blanks squeezed, none before a line end, no empty lines at the end."""
    digest = sha256()
    empty_lines, some = 0, False
    for block in blocks(body):
        if b"  " in block or b"\t" in block:
            block = _BLANKS.sub(b" ", block)
        block = block.replace(b" \r\n", b"\r\n")
        text = block.rstrip(b"\r\n")
        if text:
            digest.update(b"\r\n" * empty_lines)
            digest.update(text)
            empty_lines, some = 0, True
        empty_lines += (len(block) - len(text)) // 2
    if some:
        digest.update(b"\r\n")
    return base64.b64encode(digest.digest())
