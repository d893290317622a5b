"""Line ends: on the wire and under a signature there is CRLF, and nothing else (RFC 5321, 2.3.8)."""

import re

_LINE_END = re.compile(rb"\r\n|\r|\n")


def crlf(raw: bytes) -> bytes:
    """Every line ends with CRLF, the last one too; a bare CR or LF is a line end as well (no smuggling out)."""
    pairs = raw.count(b"\r\n")
    if raw.count(b"\r") != pairs or raw.count(b"\n") != pairs:
        raw = _LINE_END.sub(b"\r\n", raw)
    return raw if raw.endswith(b"\r\n") else raw + b"\r\n"
