"""HTML too heavy for a parser: found in one cheap pass, before it costs anything."""

import re
from collections import Counter
from html import unescape

from appliance.mail import limits

_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]{0,20})([^<>]*)")
_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")
_LEFT_OPEN = {"p", "li", "dt", "dd", "tr", "td", "th", "thead", "tbody", "tfoot", "option", "colgroup"}
_VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
_FORMATTING = {"a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u"}
_REOPENED_FORMATS = 2_000_000
_ATTRIBUTES_OF_A_TAG = 500
_ENTITIES = 150_000


def too_heavy(html: str) -> str:
    """Why this HTML is not worth a parser's time, "" when it is: parsers are quadratic in depth and open formats."""
    if len(html) > limits.HTML_CHARACTERS:
        return f"HTML of more than {limits.HTML_CHARACTERS} characters"
    if html.count("&") > _ENTITIES:
        return "HTML made to be slow"
    open_tags = Counter[str]()
    depth = formats = reopened = links = 0
    for end, name, rest in _TAG.findall(html):
        tag = name.lower()
        if tag in _VOID or tag in _LEFT_OPEN:
            reopened += formats
        elif not end:
            open_tags[tag] += 1
            depth += 1
            formats += tag in _FORMATTING
            links += tag == "a"
        elif open_tags[tag]:
            open_tags[tag] -= 1
            depth -= 1
            formats -= tag in _FORMATTING
        if depth > limits.HTML_DEPTH:
            return f"HTML nested more than {limits.HTML_DEPTH} deep"
        if links > limits.HTML_LINKS:
            return f"HTML with more than {limits.HTML_LINKS} links"
        if reopened > _REOPENED_FORMATS or (len(rest) > 4000 and _attributes(rest) > _ATTRIBUTES_OF_A_TAG):
            return "HTML made to be slow"
    return ""


def _attributes(rest: str) -> int:
    return len(_QUOTED.sub(" ", rest).split())


def without_tags(html: str) -> str:
    """The crude way, for HTML too heavy to parse: linear whatever comes."""
    text = re.sub(r"<(?:br|/p|/div|/tr|/h[1-6]|/li)\b[^<>]*>", "\n", html, flags=re.IGNORECASE)
    return unescape(re.sub(r"<[^<>]*>", " ", text))
