"""What comes between 354 and the final dot: gathered by the chunk, then checked and un-stuffed (RFC 5321, 4.5.2)."""

from collections.abc import Iterator

END = b"\r\n.\r\n"
MAX_LINE = 65536
MAX_HOPS = 50
PIECE = 1 << 20  # checked at a time: no single look at the bytes holds the interpreter for long
HEAD = 1 << 18  # where trace headers are looked for

TOO_BIG = "552 5.3.4 this mail is larger than we take"
BARE = "550 5.5.2 a CR or LF stands alone: lines end with CR LF"
NUL = "550 5.5.2 a mail has no NUL characters"
LONG_LINE = "554 5.6.0 a line is longer than 65536 characters"
LOOP = "554 5.4.6 this mail goes round in circles: more than 50 Received headers"


class Unacceptable(Exception):
    """The reply that refuses this content."""


class Content:
    """Grows by `feed` until the dot. Only CR LF . CR LF ends it, whatever else looks like an end."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._bytes = bytearray(b"\r\n")  # as if a line had ended before: then a dot at the very start is no exception
        self._searched = 0
        self.too_big = False

    @property
    def held(self) -> int:
        """Bytes of memory this takes now."""
        return len(self._bytes)

    def feed(self, chunk: bytes) -> bytes | None:
        """What came after the end; None as long as the end has not come."""
        self._bytes += chunk
        end = self._bytes.find(END, self._searched)
        if end >= 0:
            rest = bytes(self._bytes[end + len(END) :])
            del self._bytes[end + 2 :]
            return rest
        self._searched = max(0, len(self._bytes) - len(END) + 1)
        if len(self._bytes) > self._limit + PIECE:
            self.drop()
        return None

    def drop(self) -> None:
        """Forget what came and what is to come, and only wait for the end."""
        self.too_big = True
        self._searched = 0
        del self._bytes[: -len(END) + 1]

    def checked(self) -> list[bytes]:
        """The mail in pieces, to be joined, once the end has come. Raises Unacceptable."""
        if self.too_big:
            raise Unacceptable(TOO_BIG)
        pieces = [_unstuffed(piece) for piece in self._pieces()]
        pieces[0] = pieces[0][2:]
        if sum(map(len, pieces)) > self._limit:
            raise Unacceptable(TOO_BIG)
        _check_hops(pieces[0])
        return pieces

    def _pieces(self) -> Iterator[bytes]:
        """Each begins with the CR LF before its first line."""
        at = 0
        while len(self._bytes) - at > PIECE:
            cut = self._bytes.rfind(b"\r\n", at + 1, at + PIECE)
            if cut < 0:
                raise Unacceptable(LONG_LINE)
            yield bytes(self._bytes[at:cut])
            at = cut
        yield bytes(self._bytes[at:])


def _unstuffed(piece: bytes) -> bytes:
    lines = piece.count(b"\r\n")
    if piece.count(b"\n") != lines or piece.count(b"\r") != lines:
        raise Unacceptable(BARE)
    if b"\0" in piece:
        raise Unacceptable(NUL)
    if len(piece) > MAX_LINE:
        _check_lines(piece)
    return piece.replace(b"\r\n.", b"\r\n")


def _check_lines(piece: bytes) -> None:
    """Leap from line end to line end, each as far away as it may be."""
    at = 0
    while len(piece) - at > MAX_LINE + 2:
        following = piece.rfind(b"\r\n", at + 1, at + MAX_LINE + 4)
        if following < 0:
            raise Unacceptable(LONG_LINE)
        at = following


def _check_hops(start: bytes) -> None:
    """RFC 5321, 6.3: a mail that has been through so many hands is in a loop."""
    end = start.find(b"\r\n\r\n", 0, HEAD)
    head = start[: end if end >= 0 else HEAD].lower()
    if head.count(b"\nreceived:") + head.startswith(b"received:") > MAX_HOPS:
        raise Unacceptable(LOOP)
