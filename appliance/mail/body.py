"""Which parts of a mail are its words and which are files (RFC 2046, 2387; and what mailers really do)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape
from urllib.parse import unquote

from appliance.mail import charset, filename, flowed, headers, html, limits, mime, weight
from appliance.mail.mime import Node
from appliance.model.mail import Part

_CID = re.compile(r'src="cid:([^"]{1,998})"')
_META_CHARSET = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?([A-Za-z0-9_.:-]{1,40})", re.IGNORECASE)
_WORDS = ("text/plain", "text/html")


@dataclass(slots=True)
class Piece:
    """A stretch of the body: the same words as text and as HTML, or one of the two ("" is absent)."""

    text: str
    html: str  # as it came
    clean: str = ""  # the HTML made harmless


@dataclass(slots=True)
class Reading:
    """A mail being read: its words so far, the leaves that are files, and what was strange."""

    raw: bytes
    trouble: list[str]
    pieces: list[Piece] = field(default_factory=list)
    files: list[Node] = field(default_factory=list)
    left_over: list[Part] = field(default_factory=list)  # words too long to show
    remote_images: int = 0

    def read(self, top: Node) -> None:
        self.pieces = [piece for piece in self._pieces(top) if piece.text.strip() or piece.html.strip()]
        self._check_weight()
        for piece in self.pieces:
            piece.clean, remote_images = html.sanitise(piece.html) if piece.html else ("", 0)
            self.remote_images += remote_images

    def _pieces(self, node: Node) -> Iterator[Piece]:
        """Depth first; the tree is at most limits.NESTING deep."""
        if node.type == "multipart/alternative":
            yield _chosen([list(self._pieces(child)) for child in node.children])
        elif node.children:
            for child in node.children:
                yield from self._pieces(child)
        elif node.type in _WORDS and node.disposition != "attachment" and not node.name:
            yield self._words(node)
        else:
            self.files.append(node)

    def _words(self, node: Node) -> Piece:
        data = mime.content(self.raw, node, self.trouble)
        label = node.parameters.get("charset", "")
        if node.type == "text/html":
            meta = None if label else _META_CHARSET.search(data[:2048])
            return Piece("", self._decoded(data, meta[1].decode("ascii") if meta else label))
        text = self._decoded(data, label)
        if node.parameters.get("format", "").lower() == "flowed":
            text = flowed.unfold(text, node.parameters.get("delsp", "").lower() == "yes")
        return Piece(text, "")

    def _decoded(self, data: bytes, label: str) -> str:
        text, trouble = charset.decode(data, label)
        if trouble:
            self.trouble.append(trouble)
        return text

    def _check_weight(self) -> None:
        """HTML too heavy to show becomes text and a file; text too long keeps its beginning and becomes a file."""
        reason = weight.too_heavy("".join(piece.html for piece in self.pieces)) if self.has_html() else ""
        if reason:
            self.trouble.append(f"{reason}, shown as text")
            whole = "\n".join(piece.html for piece in self.pieces)
            self.left_over.append(Part("message.html", "text/html", "", False, whole.encode()))
            for piece in self.pieces:
                piece.text = piece.text or weight.without_tags(piece.html)
                piece.html = ""
        if sum(len(piece.text) for piece in self.pieces) > limits.TEXT_CHARACTERS:
            self.trouble.append(f"text of more than {limits.TEXT_CHARACTERS} characters, the whole is attached")
            whole = "\n\n".join(piece.text for piece in self.pieces)
            self.left_over.append(Part("message.txt", "text/plain", "", False, whole.encode()))
            self.pieces = [Piece(whole[: limits.TEXT_CHARACTERS], "".join(piece.html for piece in self.pieces))]

    def has_html(self) -> bool:
        return any(piece.html for piece in self.pieces)

    def html(self) -> str:
        """The body as harmless HTML, "" when all of it came as text."""
        if not any(piece.clean for piece in self.pieces):
            return ""
        return "\n<hr>\n".join(piece.clean or html.from_text(piece.text) for piece in self.pieces)

    def text(self) -> str:
        """The body as a person reads it without HTML."""
        texts = (piece.text or html.to_text(piece.clean) for piece in self.pieces)
        return "\n\n".join(text.strip("\n").rstrip() for text in texts).strip("\n")

    def parts(self) -> tuple[Part, ...]:
        """The files: inline when the HTML refers to them, else attachments; none is lost (RFC 2392)."""
        referred = {unquote(unescape(cid)) for piece in self.pieces for cid in _CID.findall(piece.clean)}
        parts = (self._part(node, number, referred) for number, node in enumerate(self.files, 1))
        return (*(part for part in parts if part.content or part.name), *self.left_over)

    def _part(self, node: Node, number: int, referred: set[str]) -> Part:
        content = mime.content(self.raw, node, self.trouble)
        name = filename.safe(node.name) or self._name(node, number, content)
        return Part(name, node.type, node.content_id, node.content_id in referred, content)

    def _name(self, node: Node, number: int, content: bytes) -> str:
        """A name for a part without one: an enclosed mail is called by its subject."""
        if node.type == "message/rfc822":
            fields, _ = headers.split(content, 0, min(len(content), limits.PART_HEADER_BYTES))
            subject = filename.safe(headers.decoded(fields.first("subject"))[:100])
            if subject:
                return f"{subject}.eml"
        return "winmail.dat" if node.type == "application/ms-tnef" else filename.of_type(node.type, number)


def _chosen(offers: list[list[Piece]]) -> Piece:
    """Of alternatives the first text that says something, and the last HTML; each may come in several pieces."""
    texts = ("\n\n".join(piece.text for piece in offer if piece.text.strip()) for offer in offers)
    rich = next((offer for offer in reversed(offers) if any(piece.html.strip() for piece in offer)), [])
    return Piece(
        next((text for text in texts if text), ""),
        "\n".join(piece.html or html.from_text(piece.text) for piece in rich),
    )
