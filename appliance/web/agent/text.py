"""The plain text of a message as the page shows it: what was written now, and what was quoted, folded away."""

from dataclasses import dataclass

from markupsafe import Markup

from appliance.mail.html import from_text
from appliance.mail.quote import fold


@dataclass(frozen=True, slots=True)
class Stretch:
    """A piece of text that is either new or quoted; `html` is safe."""

    quoted: bool
    html: Markup
    lines: int


def folded(text: str) -> list[Stretch]:
    return [_stretch(quoted, piece.strip("\n")) for quoted, piece in fold(text) if piece.strip()]


def _stretch(quoted: bool, piece: str) -> Stretch:
    return Stretch(quoted, Markup(from_text(piece)), piece.count("\n") + 1)  # noqa: S704 - from_text escapes
