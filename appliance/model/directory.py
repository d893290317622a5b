"""Who may be written to at our door: what it answers RCPT from, without asking the store each time."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Directory:
    """All in lower case, domains as A-labels."""

    domains: frozenset[str] = frozenset()  # ours: anything at others would be relaying
    open: frozenset[str] = frozenset()  # addresses and aliases that take mail
    closed: frozenset[str] = frozenset()  # ... and those that exist and take none
