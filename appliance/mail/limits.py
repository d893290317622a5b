"""How much of a mail we are willing to understand: beyond hard limits it is too strange, beyond soft ones cut."""

HEADER_BYTES = 1 << 20  # hard, of the whole mail; Postfix: header_size_limit 102400
PART_HEADER_BYTES = 1 << 16  # soft, of one part
NESTING = 100  # hard; Postfix: mime_nesting_limit 100
PARTS = 1000
BOUNDARY_LINES = 1_000_000  # lines that begin with "--", boundaries or not
HEADER_VALUE_BYTES = 1 << 16  # what we decode of one header
ENCODED_WORDS = 1000  # in one header
ADDRESSES = 2000  # in one header
PARAMETERS = 100  # in one Content-Type or Content-Disposition
REFERENCES = 200
TEXT_CHARACTERS = 1_000_000
HTML_CHARACTERS = 1_000_000
HTML_LINKS = 5_000
HTML_DEPTH = 200
TROUBLES = 20


class TooStrange(Exception):
    """A mail beyond a hard limit: nobody sends this to be read. Its text says which limit."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
