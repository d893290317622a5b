"""Line ends: on the wire and under a signature there is CRLF, and nothing else (RFC 5321, 2.3.8)."""

import re
from collections.abc import Iterator

_LINE_END = re.compile(rb"\r\n|\r|\n")
_BLOCK = 65_536


def crlf(raw: bytes) -> bytes:
    """Every line ends with CRLF, the last one too; a bare CR or LF is a line end as well (no smuggling out).

    The same object when there is nothing to change.
    """
    if raw.endswith(b"\r\n") and all(map(_is_regular, blocks(raw))):
        return raw
    regular = b"".join(_LINE_END.sub(b"\r\n", block) for block in blocks(raw))
    return regular if regular.endswith(b"\r\n") else regular + b"\r\n"


def blocks(raw: bytes) -> Iterator[bytes]:
    """Pieces of 64 KiB or somewhat more, each but the last ending with LF: no step over a big mail takes long."""
    start = 0
    while (end := raw.find(b"\n", start + _BLOCK) + 1) > 0:
        yield raw[start:end]
        start = end
    if start < len(raw) or not raw:
        yield raw[start:]


def _is_regular(block: bytes) -> bool:
    pairs = block.count(b"\r\n")
    return block.count(b"\r") == pairs and block.count(b"\n") == pairs
