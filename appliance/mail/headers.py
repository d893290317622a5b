"""Header blocks: fields as they came, decoded on demand (RFC 5322, 2047, 2231), broken ones too.

Everything here is linear in the size of the header; the stdlib's parser is not.
"""

import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cached_property
from urllib.parse import unquote_to_bytes

from appliance.mail import charset, limits

_FIELD = re.compile(rb"([!-9;-~]{1,200})[ \t]*:")
_LINE_END = re.compile(rb"\r?\n")
_BLANK_LINE = re.compile(rb"\n\r?\n")
_FOLD = re.compile(rb"[\r\n\x00]+[ \t]*")
_WORD = re.compile(r"=\?([^?\s=]{1,60})\?([bBqQ])\?([^?]*(?:\?(?!=)[^?]*){0,8})\?=")
_SPACE = re.compile(r"\s+")
_INVISIBLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_ID = re.compile(r"<([^<>]{1,2000})>")
_PARAMETER = re.compile(r';\s*([^\s=;"]{1,80})\s*=\s*("(?:[^"\\]|\\.)*"?|[^;]*)')
_SECTION = re.compile(r"([^*]+)(?:\*(\d{1,3}))?(\*)?\Z")


@dataclass(frozen=True)
class Headers:
    """The fields of one header block in order: names in lower case, values as they came, unfolded."""

    fields: tuple[tuple[str, bytes], ...]

    @cached_property
    def _first(self) -> dict[str, bytes]:
        return dict(reversed(self.fields))

    def __contains__(self, name: str) -> bool:
        return name in self._first

    def first(self, name: str) -> str:
        """The value of the first such field, raw bytes decoded, encoded words left; "" when there is none."""
        value = self._first.get(name)
        return text_of(value) if value is not None else ""

    def every(self, name: str) -> list[str]:
        """The values of all such fields, in order."""
        return [text_of(value) for field, value in self.fields if field == name]

    def names(self) -> Iterator[str]:
        return (name for name, _ in self.fields)


def split(raw: bytes, start: int, end: int) -> tuple[Headers, int]:
    """The header block that begins at start, and where the body begins."""
    empty = _LINE_END.match(raw, start, end)
    if empty:
        return Headers(()), empty.end()
    blank = _BLANK_LINE.search(raw, start, end)
    block_end, body = (blank.start() + 1, blank.end()) if blank else (end, end)
    lines = raw[start:block_end].split(b"\n")
    kept = _header_lines(lines)
    if kept < len(lines):  # what follows is no header: somebody forgot the blank line
        body = start + sum(len(line) + 1 for line in lines[:kept])
    return Headers(tuple(_fields(lines[:kept]))), min(body, end)


def has_end(raw: bytes, start: int, end: int) -> bool:
    """Whether a blank line ends the header block."""
    return bool(_BLANK_LINE.search(raw, start, end))


def _header_lines(lines: list[bytes]) -> int:
    """How many of the lines are header: up to the last that looks like a field, with its continuations."""
    if lines and not _FIELD.match(lines[0]) and not lines[0].startswith((b"From ", b">From ")):
        return 0
    for number in range(len(lines) - 1, -1, -1):
        line = lines[number]
        if _FIELD.match(line):
            return number + 1 + _continuations(lines, number + 1)
    return len(lines)


def _continuations(lines: list[bytes], start: int) -> int:
    count = 0
    while start + count < len(lines) and (lines[start + count][:1] in (b" ", b"\t", b"\r", b"")):
        count += 1
    return count


def _fields(lines: list[bytes]) -> Iterator[tuple[str, bytes]]:
    """Fields of a block; a line that is neither field nor continuation is taken for one that lost its indent."""
    name, value = "", list[bytes]()
    for line in lines:
        field = None if line[:1] in (b" ", b"\t") else _FIELD.match(line)
        if field is None:
            value.append(line)
            continue
        if name:
            yield name, _unfold(value)
        name, value = field[1].decode("ascii").lower(), [line[field.end() :]]
    if name:
        yield name, _unfold(value)


def _unfold(lines: list[bytes]) -> bytes:
    value = lines[0] if len(lines) == 1 else b" ".join(line.strip(b" \t\r") for line in lines)
    return _FOLD.sub(b" ", value.strip(b" \t\r"))


def text_of(value: bytes) -> str:
    """A raw header value as text: mostly ASCII, often UTF-8, sometimes neither."""
    value = value[: limits.HEADER_VALUE_BYTES]
    return value.decode("ascii") if value.isascii() else charset.decode(value, "")[0]


def decoded(value: str) -> str:
    """One line of text of a header value with its encoded words decoded (RFC 2047)."""
    if "=?" in value:
        value = "".join(_decoded_runs(value))
    return _SPACE.sub(" ", _INVISIBLE.sub(" ", value)).strip()


def _decoded_runs(value: str) -> Iterator[str]:
    """Neighbouring words of one charset are joined before decoding: senders split letters between them."""
    position, count = 0, 0
    label, run = "", b""
    for word in _WORD.finditer(value):
        gap = value[position : word.start()]
        this_label = word[1].partition("*")[0].lower()
        if run and (gap.strip() or this_label != label):
            yield charset.decode(run, label)[0]
            run = b""
        if gap.strip() or not position:
            yield gap
        label, run = this_label, run + _word_bytes(word[2], word[3])
        position, count = word.end(), count + 1
        if count == limits.ENCODED_WORDS:
            break
    if run:
        yield charset.decode(run, label)[0]
    yield value[position:]


def _word_bytes(encoding: str, text: str) -> bytes:
    data = text.encode("utf-8", "replace")
    if encoding in "qQ":
        return binascii.a2b_qp(data, header=True)
    return base64_bytes(data)


def base64_bytes(data: bytes) -> bytes:
    """Base64 as far as it can be read: stray characters, missing padding and several pieces are no obstacle."""
    try:
        return binascii.a2b_base64(data.translate(None, b"\r\n \t"), strict_mode=True)
    except binascii.Error:
        letters = data.translate(None, _NOT_BASE64)
    if letters.count(b"=") > _BASE64_PIECES:
        return _base64_piece(letters.replace(b"=", b""))
    return b"".join(_base64_piece(piece) for piece in re.split(b"=+", letters))


_BASE64_PIECES = 1000
_NOT_BASE64 = bytes(set(range(256)) - set(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="))


def _base64_piece(letters: bytes) -> bytes:
    whole = len(letters) - (len(letters) % 4 == 1)
    return binascii.a2b_base64(letters[:whole] + b"=" * (-whole % 4))


def message_ids(value: str) -> tuple[str, ...]:
    """The ids in a Message-ID, In-Reply-To or References, without angle brackets, each once, the newest kept."""
    ids = [_SPACE.sub("", found) for found in _ID.findall(value)]
    if not ids:
        ids = [word.strip("<>,;") for word in value.split() if "@" in word]
    return tuple(dict.fromkeys(found[:998] for found in ids if found))[-limits.REFERENCES :]


def date(value: str) -> datetime | None:
    """The moment in UTC; None when it cannot be understood."""
    try:
        moment = parsedate_to_datetime(value[:128])
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def parameters(value: str) -> tuple[str, dict[str, str]]:
    """The value and the parameters of a Content-Type or Content-Disposition, RFC 2231 and its cousins decoded."""
    head, semicolon, rest = value.partition(";")
    head = head.partition("(")[0].strip().lower()
    sections: dict[str, list[tuple[int, bool, str]]] = {}
    for number, match in enumerate(_PARAMETER.finditer(semicolon + rest)):
        if number == limits.PARAMETERS:
            break
        section = _SECTION.match(match[1].lower())
        if section is not None:
            order = int(section[2] or 0)
            sections.setdefault(section[1], []).append((order, bool(section[3]), _unquote(match[2])))
    return head, {name: _assemble(pieces) for name, pieces in sections.items()}


def _unquote(value: str) -> str:
    value = value.strip()
    if not value.startswith('"'):
        return value
    return re.sub(r"\\(.)", r"\1", value[1:].removesuffix('"'))


def _assemble(pieces: list[tuple[int, bool, str]]) -> str:
    """RFC 2231: name*0*=charset'language'%41; name*1=B. Without stars RFC 2047 is common, though forbidden."""
    pieces.sort(key=lambda piece: (piece[0], not piece[1]))
    if not any(encoded for _, encoded, _ in pieces):
        return decoded("".join(text for _, _, text in pieces))
    label, run = "", b""
    for number, (_, encoded, text) in enumerate(pieces):
        if number == 0 and encoded and text.count("'") >= 2:
            label, _, text = text.split("'", 2)
        run += unquote_to_bytes(text) if encoded else text.encode("utf-8", "replace")
    return decoded(charset.decode(run, label)[0])
