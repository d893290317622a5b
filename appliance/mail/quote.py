"""What a person wrote now, told apart from quoted history and signatures. Nothing is ever cut, only marked."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape, unescape

SNIPPET_CHARACTERS = 200
LONGEST_LINE = 500  # a longer line is a paragraph, never an attribution

_BEGINS = re.compile(
    r"\s*(?:on|il|el|le|em|am|op|w dniu|dnia|in data|the|\d{4}-\d{2}-\d{2}|\d{1,2}[./-]\d{1,2})\b", re.IGNORECASE
)
_ENDS = re.compile(
    r"(?:wrote|ha scritto|escribi[oó]|napisał(?:\(a\)|/a|a)?|pisze|pisał(?:\(a\)|a)?|schrieb|a écrit|escreveu|schreef"
    r"|schrieb .{1,200}|scrisse|ha escrito)\s*:\s*\Z",
    re.IGNORECASE,
)
_TELLS_WHEN = re.compile(r"\d|@")
_SEPARATOR = re.compile(
    r"\s*[-_]{2,20}\s*(?:original message|messaggio originale|mensaje original|oryginalna wiadomo[sś][cć]"
    r"|wiadomo[sś][cć] oryginalna|(?:ursprüngliche|original) ?nachricht|message d'origine)\s*[-_]{2,20}\s*\Z",
    re.IGNORECASE,
)
_FORWARD_WORDS = (
    r"\s*(?:-{2,20}\s*)?(?:begin forwarded message|forwarded message|messaggio inoltrato|inizio messaggio inoltrato"
    r"|mensaje reenviado|inicio del mensaje reenviado|(?:przekazana|przesłana) (?:dalej )?wiadomo[sś][cć]"
    r"|wiadomo[sś][cć] przekazana|początek przekazywanej wiadomości)"
)
_FORWARD = re.compile(_FORWARD_WORDS + r"\s*:?\s*(?:-{2,20})?\s*\Z", re.IGNORECASE)
_FORWARD_BEGINS = re.compile(_FORWARD_WORDS, re.IGNORECASE)
_FROM = r"(?:from|da|de|od|von)"
_HEADER_FROM = re.compile(rf"[\s>*_]*{_FROM}\s*:[*_]*\s*\S", re.IGNORECASE)
_HEADER_OTHER = re.compile(
    r"[\s>*_]*(?:sent|date|to|cc|subject|inviato|data|a|oggetto|enviado(?: el)?|fecha|para|asunto|wysłano|do|dw"
    r"|temat|gesendet|an|betreff)\s*:",
    re.IGNORECASE,
)
_SIGNATURE = re.compile(r"--[ \xa0]?\Z")
_MOBILE = re.compile(
    r"\s*(?:sent from my|inviato da(?:l mio)?|enviado desde|wysłane? z|get outlook for)\b", re.IGNORECASE
)
_QUOTED = re.compile(r"[ \t]{0,3}>")
_TAG = re.compile(r'<(?P<closes>/?)(?P<name>[a-z][a-z0-9]*)(?P<attributes>(?:\s+[a-z-]+(?:="[^"]*")?)*)\s*>')
_LINE_TAG = re.compile(r"<(?:br|/?p|/?div)\b[^<>]*>")
_OPENS_HEADER = re.compile(rf"(?:<[^<>]*>|\s|[*_])*{_FROM}\s*:", re.IGNORECASE)
_VOID = {"br", "col", "hr", "img", "wbr"}
_HEADER_CHARACTERS = 3000  # Outlook's copied header with all its tags


@dataclass(frozen=True, slots=True)
class _History:
    start: int
    depth: int  # it ends when fewer elements are open
    rest_of_parent: bool  # what follows the element belongs to it


def fold(text: str) -> list[tuple[bool, str]]:
    """The text in pieces, each with whether it is history or signature; the pieces joined are the text.

    When nothing would be left to read, everything counts as written now.
    """
    lines = text.split("\n")
    marks = _marks(lines)
    if not any(line.strip() for line, quoted in zip(lines, marks, strict=True) if not quoted):
        return [(False, text)] if text else []
    pieces: list[tuple[bool, str]] = []
    start = 0
    for number in range(1, len(lines) + 1):
        if number == len(lines) or marks[number] != marks[start]:
            end = "" if number == len(lines) else "\n"
            pieces.append((marks[start], "\n".join(lines[start:number]) + end))
            start = number
    return [piece for piece in pieces if piece[1]]


def snippet(text: str) -> str:
    """The first 200 characters a person wrote, on one line."""
    own: list[str] = []
    length = 0
    for quoted, piece in fold(text[:20_000]):
        if not quoted:
            words = " ".join(piece.split())
            own.append(words)
            length += len(words)
        if length > SNIPPET_CHARACTERS:
            break
    line = " ".join(words for words in own if words)
    return line if len(line) <= SNIPPET_CHARACTERS else line[: SNIPPET_CHARACTERS - 1].rstrip() + "…"


def _marks(lines: list[str]) -> list[bool]:
    marks = [bool(_QUOTED.match(line)) for line in lines]
    _mark_tail(lines, marks)
    _mark_attributions(lines, marks)
    _mark_gaps(lines, marks)
    return marks


def _mark_tail(lines: list[str], marks: list[bool]) -> None:
    """From the first signature, separator or copied header on, all is tail, unless somebody forwards it to us.

    A signature ends where the author goes on below a quotation: those who answer below sign at the end.
    """
    for number, line in enumerate(lines):
        if marks[number] or not line.strip() or len(line) > LONGEST_LINE:
            continue
        if _FORWARD.match(line):
            return
        if _SIGNATURE.match(line):
            _mark_signature(lines, marks, number)
        elif _SEPARATOR.match(line) or _is_copied_header(lines, number) or _is_bare_attribution(lines, marks, number):
            marks[number:] = [True] * (len(marks) - number)
            return


def _mark_signature(lines: list[str], marks: list[bool], start: int) -> None:
    for number in range(start, len(lines)):
        if number > start and (marks[number] or _FORWARD.match(lines[number][:LONGEST_LINE])):
            return
        marks[number] = True


def _is_copied_header(lines: list[str], number: int) -> bool:
    """Outlook's "From: … Sent: … To: … Subject: …", in any of our languages."""
    if not _HEADER_FROM.match(lines[number]):
        return False
    following = [line[:LONGEST_LINE] for line in lines[number + 1 : number + 7]]
    return sum(bool(_HEADER_OTHER.match(line)) for line in following) >= 2


def _is_bare_attribution(lines: list[str], marks: list[bool], number: int) -> bool:
    """An attribution whose history is not marked with ">": all that follows is history."""
    length = _attribution_length(lines, number)
    if not length:
        return False
    following = (marks[later] for later in range(number + length, len(lines)) if lines[later].strip())
    return not next(following, True)


def _mark_attributions(lines: list[str], marks: list[bool]) -> None:
    """ "On Monday Ada wrote:" belongs to the quotation that follows it."""
    for number in range(len(lines)):
        if marks[number]:
            continue
        length = _attribution_length(lines, number)
        after = number + length
        while length and after < len(lines) and not lines[after].strip():
            after += 1
        if length and after < len(lines) and marks[after]:
            marks[number:after] = [True] * (after - number)


def _attribution_length(lines: list[str], number: int) -> int:
    """How many lines the attribution that begins here has: mailers wrap it into up to three; 0 when it is none."""
    if not _BEGINS.match(lines[number][:LONGEST_LINE]):
        return 0
    joined = ""
    for length, line in enumerate(lines[number : number + 3], 1):
        if not line.strip() or len(line) > LONGEST_LINE:
            return 0
        joined += " " + line
        if _ENDS.search(line) or _ENDS.search(joined[-60:]):
            return length if _TELLS_WHEN.search(joined) else 0
    return 0


def _mark_gaps(lines: list[str], marks: list[bool]) -> None:
    """Blank lines and "sent from my phone" between or before quotations belong to them."""
    following = False
    for number in range(len(lines) - 1, -1, -1):
        if marks[number]:
            following = True
        elif not lines[number].strip():
            marks[number] = following and number > 0
        elif _MOBILE.match(lines[number][:LONGEST_LINE]) and (following or number >= len(lines) - 2):
            marks[number] = following = True
        else:
            following = False


def fold_html(html: str, label: str) -> str:
    """Sanitised HTML with its history in closed <details>; unchanged when nothing would be left to read.

    Relies on what html.sanitise promises: tags are balanced, and "<" always begins one.
    """
    ranges = list(_histories(html))
    outside, position = "", 0
    for start, end in ranges:
        outside += html[position:start]
        position = end
    if not ranges or not (_words(outside + html[position:])):
        return html
    opening = f'<details class="quote"><summary>{escape(label)}</summary>'
    for start, end in reversed(ranges):
        html = f"{html[:start]}{opening}{html[start:end]}</details>{html[end:]}"
    return html


def _histories(html: str) -> Iterator[tuple[int, int]]:
    """Where outermost quotations begin and end: an element, or from Outlook's header to the end of its parent."""
    depth, begun = 0, None
    for tag in _TAG.finditer(html):
        if tag["name"] in _VOID:
            continue
        depth += -1 if tag["closes"] else 1
        if begun is None and not tag["closes"]:
            begun = _begun(html, tag, depth)
        elif begun is not None and depth < begun.depth:
            yield begun.start, tag.start() if begun.rest_of_parent else tag.end()
            begun = None
    if begun is not None:
        yield begun.start, len(html)


def _begun(html: str, tag: re.Match[str], depth: int) -> _History | None:
    if tag["name"] == "blockquote" or 'class="quote"' in tag["attributes"]:
        first = _words(html[tag.end() : tag.end() + _HEADER_CHARACTERS])[:LONGEST_LINE]
        return None if _FORWARD_BEGINS.match(first) else _History(tag.start(), depth, rest_of_parent=False)
    if tag["name"] in ("div", "p") and _OPENS_HEADER.match(html, tag.end(), tag.end() + 600):
        lines = [_words(line) for line in _LINE_TAG.split(html[tag.end() : tag.end() + _HEADER_CHARACTERS])]
        lines = [line[:LONGEST_LINE] for line in lines if line]
        if lines and _is_copied_header(lines, 0):
            return _History(tag.start(), depth - 1, rest_of_parent=True)
    return None


def _words(html: str) -> str:
    return " ".join(unescape(_TAG.sub(" ", html)).split())
