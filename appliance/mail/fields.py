"""Header fields as they stand in a mail: safe, encoded where they must be (RFC 2047, RFC 2231), folded at 78."""

import base64
import re
from collections.abc import Iterable

from appliance.errors import Invalid
from appliance.model.domain import ascii_name
from appliance.model.mail import Address

_WIDTH = 78
_WORD_BYTES = 39  # of UTF-8 in one encoded word: 52 letters of base64, 12 around them, and room for "Subject: "
_LONGEST = 996

# Everything that any program might take for a line end, and what no header may hold.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_BLANK = re.compile(r"\s+")
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?: [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*\Z")
_LOCAL = re.compile(r'(?:[A-Za-z0-9.!#$%&\'*+/=?^_`{|}~-]{1,64}|"(?:[^"\\\x00-\x1f\x7f-\U0010ffff]|\\[ -~]){1,62}")\Z')
_TOKEN = re.compile(r"[A-Za-z0-9!#$&^_.+-]{1,60}\Z")


def clean(text: str) -> str:
    """One line of text: whatever controls or breaks lines becomes a blank, lone surrogates a question mark."""
    text = _CONTROL.sub(" ", text).encode("utf-8", "replace").decode()
    return _BLANK.sub(" ", text).strip()


def word(text: str) -> str:
    """Unstructured text for a header (a subject, a comment), in encoded words when it is not plain ASCII."""
    text = clean(text)
    plain = text.isascii() and "=?" not in text and all(len(piece) < _WIDTH - 2 for piece in text.split(" "))
    return text if plain else _encoded(text)


def mailbox(address: Address) -> str:
    """`Ada <ada@acme.test>` as RFC 5322 writes it, not folded; Invalid when the address cannot be written in ASCII."""
    spec, name = addr_spec(address.address), clean(address.name)
    if not name:
        return spec
    if not name.isascii() or "=?" in name or len(name) > 60:
        return f"{_encoded(name)} <{spec}>"
    if _ATOMS.match(name):
        return f"{name} <{spec}>"
    return '"{}" <{}>'.format(name.replace("\\", r"\\").replace('"', r"\""), spec)


def addr_spec(address: str) -> str:
    """The bare address with its domain in A-labels, checked letter by letter: nothing else gets into a header."""
    local, _, domain = address.rpartition("@")
    if not local.isascii():
        raise Invalid(address=f"{clean(address)}: letters beyond ASCII before the @ cannot be written to (RFC 6531)")
    try:
        spelled = domain if domain.startswith("[") else ascii_name(domain)
    except ValueError:
        spelled = ""
    if not _LOCAL.match(local) or not re.match(r"(?:[a-z0-9._-]{1,253}|\[[0-9A-Fa-f.:IPv]{2,60}\])\Z", spelled):
        raise Invalid(address=f"{clean(address)[:200]} is not an e-mail address")
    return f"{local}@{spelled}"


def field(name: str, value: str) -> bytes:
    """A whole header field, folded at blanks, with its CRLF. The value is ASCII and has no control characters."""
    lines = [f"{name}:"]
    for piece in value.split(" "):
        if len(lines[-1]) + 1 + len(piece) > _WIDTH and not lines[-1].endswith(":"):
            lines.append("")
        lines[-1] += " " + piece
    if max(map(len, lines)) > _LONGEST:
        raise Invalid(headers=f"{name}: a word of more than {_LONGEST} letters")
    return "\r\n".join(lines).encode("ascii") + b"\r\n"


def parameter(name: str, value: str) -> list[str]:
    """A MIME parameter in pieces for folding: `filename="a.pdf"`, or RFC 2231's pieces when it is not so simple."""
    value = clean(value)
    if value.isascii() and len(value) <= 60:
        return ['{}="{}"'.format(name, value.replace("\\", r"\\").replace('"', r"\""))]
    encoded = [_percent(letter) for letter in value]
    pieces, piece = [], "utf-8''"
    for letter in encoded:
        if len(piece) + len(letter) > 55:
            pieces.append(piece)
            piece = ""
        piece += letter
    pieces.append(piece)
    if len(pieces) == 1:
        return [f"{name}*={piece}"]
    return [f"{name}*{at}*={piece}" for at, piece in enumerate(pieces)]


def _percent(letter: str) -> str:
    return letter if _TOKEN.match(letter) and letter != "&" else "".join(f"%{byte:02X}" for byte in letter.encode())


def _encoded(text: str) -> str:
    return " ".join(f"=?utf-8?b?{base64.b64encode(piece).decode()}?=" for piece in _pieces(text))


def _pieces(text: str) -> Iterable[bytes]:
    """UTF-8 in pieces that never split a character (RFC 2047, 5)."""
    piece = b""
    for letter in text:
        data = letter.encode()
        if len(piece) + len(data) > _WORD_BYTES:
            yield piece
            piece = b""
        piece += data
    yield piece
