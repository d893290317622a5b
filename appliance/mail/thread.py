"""What ties a mail to its conversation: signed tokens in Message-IDs and plus-addresses, subjects without prefixes.

A number in a subject is a hint, since everybody can type it; a token carries a MAC that only we can make.
"""

import base64
import binascii
import hmac
import re

_NUMBER_BYTES = 5
_MAC_BYTES = 10  # 80 bits
_RANDOM_BYTES = 8
_TOKEN = re.compile(r"[a-z2-7]{10,80}\Z")

# Re, Fwd and what the mail programs of our languages (and neighbours) make of them, also counted: Re[2]:, Re^2:, R (3):
_PREFIX = re.compile(
    r"""\s*(?:
        (?: re | r | rif | risp | res | rv | aw | antw | antwort | sv | vs | svar | odp | odpowied[zź] | ynt
          | fw | fwd | i | inoltra | inoltrato | enc | renv? | reenv | reenviado | tr | wg | vl | vb | doorst
          | pd | pdl | podaj\ dalej | ответ | пересл
        )
        (?: \s? (?: \[\d{1,4}\] | \(\d{1,4}\) | \^\d{1,4} | \*\d{1,4} ) )?
        \s? [:\uff1a]
    )""",
    re.IGNORECASE | re.VERBOSE,
)
_MARK = re.compile(r"\[#\s?(\d{1,15})\]")


def issue(secret: bytes, interaction: int, random: bytes, domain: str) -> str:
    """A Message-ID, without angle brackets, that says whose conversation an answer to it continues.

    `random` (8 bytes or more) makes every mail's different.
    """
    if len(random) < _RANDOM_BYTES:
        raise ValueError("8 random bytes or more, else Message-IDs repeat")
    return f"{_seal(secret, b'message', interaction, random[:_RANDOM_BYTES])}@{domain}"


def interaction_in(secret: bytes, message_id: str) -> int | None:
    """The interaction of a Message-ID that we issued, None for anybody else's; angle brackets may stand around it."""
    local, at, _ = message_id.strip().strip("<>").rpartition("@")
    return _unseal(secret, b"message", local, _RANDOM_BYTES) if at else None


def tag(secret: bytes, interaction: int) -> str:
    """What makes a plus-address one interaction's: always the same, 25 letters and digits in lower case."""
    return "t" + _seal(secret, b"address", interaction, b"")


def tagged(address: str, tag: str) -> str:
    """inbox@acme.test becomes inbox+t…@acme.test; an earlier tag is replaced."""
    local, _, domain = address.rpartition("@")
    return f"{local.partition('+')[0]}+{tag}@{domain}"


def interaction_at(secret: bytes, address: str) -> int | None:
    """The interaction that a plus-address names, None when there is none or we did not make it."""
    local, _, _ = address.strip().strip("<>").rpartition("@")
    token = local.rpartition("+")[2].lower()
    return _unseal(secret, b"address", token[1:], 0) if token.startswith("t") and "+" in local else None


def bare_subject(subject: str) -> str:
    """The subject without the reply and forward prefixes of any language, however many there are."""
    at = 0
    while found := _PREFIX.match(subject, at):
        at = found.end()
    return subject[at:].strip()


def number_in(subject: str) -> int | None:
    """The interaction number a subject carries as [#123]."""
    found = _MARK.search(subject)
    return int(found[1]) if found else None


def _seal(secret: bytes, purpose: bytes, number: int, random: bytes) -> str:
    said = number.to_bytes(_NUMBER_BYTES, "big") + random
    return base64.b32encode(said + _mac(secret, purpose, said)).decode().rstrip("=").lower()


def _unseal(secret: bytes, purpose: bytes, token: str, random_bytes: int) -> int | None:
    """Letters may have changed their case on the way: base32 does not mind."""
    token = token.lower()
    if not _TOKEN.match(token):
        return None
    try:
        sealed = base64.b32decode(token.upper() + "=" * (-len(token) % 8))
    except binascii.Error:
        return None
    said, mac = sealed[: _NUMBER_BYTES + random_bytes], sealed[_NUMBER_BYTES + random_bytes :]
    if not hmac.compare_digest(mac, _mac(secret, purpose, said)):
        return None
    return int.from_bytes(said[:_NUMBER_BYTES], "big")


def _mac(secret: bytes, purpose: bytes, said: bytes) -> bytes:
    return hmac.digest(secret, purpose + b"\0" + said, "sha256")[:_MAC_BYTES]
