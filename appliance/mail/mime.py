"""The tree of a mail: one pass over the boundary lines, no recursion, no copies until a part is asked for."""

import binascii
import re
from dataclasses import dataclass, field

from appliance.mail import headers, limits
from appliance.mail.headers import Headers
from appliance.mail.limits import TooStrange

_DASHES = re.compile(rb"\n--([^\r\n]{1,2000})\r?(?=\n|\Z)")
_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]{1,60}/[a-z0-9!#$&^_.+-]{1,100}\Z")
_UUE_NAMES = ("x-uuencode", "uuencode", "x-uue", "uue")


@dataclass(slots=True)
class Node:
    """One MIME entity: raw[start:end] is its body, still encoded. A multipart has children instead."""

    headers: Headers
    type: str  # lower case, "text/plain" when not told
    parameters: dict[str, str]
    disposition: str  # "inline", "attachment" or ""
    disposition_parameters: dict[str, str]
    start: int
    end: int
    children: list["Node"] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The file name as sent, decoded, not yet safe."""
        return self.disposition_parameters.get("filename") or self.parameters.get("name", "")

    @property
    def content_id(self) -> str:
        return self.headers.first("content-id").strip().strip("<>").strip()[:998]


def read(raw: bytes, trouble: list[str]) -> Node:
    """The tree of the mail. Raises TooStrange when it is nested too deeply or its header is endless."""
    begin = _skip_envelope(raw)
    most = begin + limits.HEADER_BYTES
    top, body = headers.split(raw, begin, min(len(raw), most))
    if top.fields and len(raw) > most and not headers.has_end(raw, begin, most):
        raise TooStrange(f"the header is longer than {limits.HEADER_BYTES} bytes")
    walk = _Walk(raw, trouble)
    walk.open(_node(top, body, len(raw), "text/plain"))
    walk.through_boundaries()
    return walk.finish()


def content(raw: bytes, node: Node, trouble: list[str]) -> bytes:
    """The body of a leaf, decoded; damage is tolerated."""
    body = raw[node.start : node.end]
    encoding = node.headers.first("content-transfer-encoding").split(";")[0].strip().lower()
    if encoding == "base64":
        return headers.base64_bytes(body)
    if encoding == "quoted-printable":
        return binascii.a2b_qp(body)
    if encoding not in ("", "7bit", "8bit", "binary", *_UUE_NAMES):
        trouble.append(f"unknown transfer encoding {headers.decoded(encoding)[:40]}")
    return body


def _skip_envelope(raw: bytes) -> int:
    """Blank lines before the header, as some gateways leave them."""
    blank = re.compile(rb"(?:[ \t]*\r?\n)*").match(raw[:1000])
    return blank.end() if blank and blank.end() < len(raw) else 0


def _node(fields: Headers, start: int, end: int, default_type: str) -> Node:
    kind, parameters = default_type, dict[str, str]()
    if "content-type" in fields:
        kind, parameters = headers.parameters(fields.first("content-type"))
        kind = {"text": "text/plain", "html": "text/html", "": default_type}.get(kind, kind)
    if not _TYPE.match(kind):
        kind = "application/octet-stream"
    disposition, more = "", dict[str, str]()
    if "content-disposition" in fields:
        disposition, more = headers.parameters(fields.first("content-disposition"))
        disposition = "inline" if disposition == "inline" else "attachment"
    return Node(fields, kind, parameters, disposition, more, start, end)


class _Walk:
    """Where we are in the mail: the open multiparts, outermost first, each with its boundary."""

    def __init__(self, raw: bytes, trouble: list[str]) -> None:
        self._raw = raw
        self._trouble = trouble
        self._top: Node | None = None
        self._open: list[tuple[bytes, Node]] = []
        self._levels: dict[bytes, int] = {}
        self._leaf: Node | None = None
        self._parts = 0

    def open(self, node: Node) -> None:
        """Add the node where we are; a multipart with a boundary becomes the innermost open one."""
        if self._top is None:
            self._top = node
        else:
            self._open[-1][1].children.append(node)
        self._leaf = node
        boundary = _boundary(node)
        if not boundary or boundary in self._levels:
            return
        if len(self._open) >= limits.NESTING:
            raise TooStrange(f"its parts are nested more than {limits.NESTING} deep")
        self._levels[boundary] = len(self._open)
        self._open.append((boundary, node))
        self._leaf = None

    def through_boundaries(self) -> None:
        if not self._open:
            return
        start = max(0, self._open[0][1].start - 1)  # the line end before the first boundary
        for count, line in enumerate(_DASHES.finditer(self._raw, start)):
            if count == limits.BOUNDARY_LINES or self._parts == limits.PARTS:
                self._trouble.append(f"more than {limits.PARTS} parts: the last one holds the rest")
                return
            self._meet(line)

    def _meet(self, line: re.Match[bytes]) -> None:
        """A line that begins with two dashes: a boundary of an open multipart, or just a line."""
        text = line[1].rstrip(b" \t")
        level = self._levels.get(text)
        if level is not None:
            self._close(level, line.start())
            self._begin(line.end() + 1)
        elif text.endswith(b"--") and (level := self._levels.get(text[:-2])) is not None:
            self._close(level, line.start())
            self._forget(level)

    def _close(self, level: int, position: int) -> None:
        """End what is open above the level; the line break at the position belongs to the boundary."""
        end = position - (self._raw[position - 1 : position] == b"\r")
        ending = [node for _, node in self._open[level + 1 :]]
        if self._leaf is not None:
            ending.append(self._leaf)
        for node in ending:
            node.end = max(node.start, end)
        self._leaf = None
        self._forget(level + 1)

    def _forget(self, level: int) -> None:
        for boundary, _ in self._open[level:]:
            del self._levels[boundary]
        del self._open[level:]

    def _begin(self, position: int) -> None:
        boundary, parent = self._open[-1]
        position = min(position, len(self._raw))
        limit = min(len(self._raw), position + limits.PART_HEADER_BYTES)
        fields, body = headers.split(self._raw, position, limit)
        early = self._raw.find(b"\n--" + boundary, position - 1, body)
        if early >= 0:  # the next boundary comes before the blank line: a header without a body
            fields, body = headers.split(self._raw, position, max(position, early))
        self._parts += 1
        default = "message/rfc822" if parent.type == "multipart/digest" else "text/plain"
        self.open(_node(fields, body, len(self._raw), default))

    def finish(self) -> Node:
        assert self._top is not None
        _mend(self._top, self._trouble)
        return self._top


def _boundary(node: Node) -> bytes:
    if not node.type.startswith("multipart/"):
        return b""
    return node.parameters.get("boundary", "").encode("utf-8", "replace")[:1990].rstrip()


def _mend(node: Node, trouble: list[str]) -> None:
    """A multipart in which no boundary was found is read as text."""
    waiting = [node]
    while waiting:
        node = waiting.pop()
        waiting.extend(node.children)
        if node.type.startswith("multipart/") and not node.children:
            trouble.append(f"{node.type} without parts, read as text")
            node.type = "text/plain"
