"""What a person wrote now, told apart from quoted history and signatures. Nothing is ever cut, only marked."""

import re

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
_FORWARD = re.compile(
    r"\s*(?:-{2,20}\s*)?(?:begin forwarded message|forwarded message|messaggio inoltrato|inizio messaggio inoltrato"
    r"|mensaje reenviado|inicio del mensaje reenviado|(?:przekazana|przesłana) (?:dalej )?wiadomo[sś][cć]"
    r"|wiadomo[sś][cć] przekazana|początek przekazywanej wiadomości)\s*:?\s*(?:-{2,20})?\s*\Z",
    re.IGNORECASE,
)
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
