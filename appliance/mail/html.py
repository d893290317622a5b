"""HTML of strangers made harmless, once, when the mail comes in; and the ways between HTML and plain text.

nh3 (html5ever) parses as browsers do and writes well-formed HTML; no NUL ever comes out of it. So our filter marks
links and remote images with a NUL, and one replacement each completes or renames their attribute. (nh3 would add
attributes itself, but in any order: the same mail would not always be the same HTML.)
"""

import re
from html import escape

import nh3
from inscriptis import get_text
from inscriptis.css_profiles import CSS_PROFILES
from inscriptis.model.config import ParserConfig

from appliance.mail import weight

_TAG_NAMES = (
    "a abbr address article aside b bdi bdo big blockquote br caption center cite code col colgroup dd del details dfn "
    "div dl dt em figcaption figure font footer h1 h2 h3 h4 h5 h6 header hr i img ins kbd li main mark nav ol p pre q "
    "rp rt ruby s samp section small span strike strong sub summary sup table tbody td tfoot th thead time tr tt u ul "
    "var wbr"
)
TAGS = set(_TAG_NAMES.split())
_DROPPED_WITH_CONTENT = {"script", "style", "title", "head", "noscript", "template", "svg", "math", "iframe", "object"}
_CELL = {"align", "valign", "bgcolor", "width", "height", "colspan", "rowspan", "nowrap", "scope"}
ATTRIBUTES = {
    "*": {"style", "dir", "lang", "title", "align", "class"},  # of classes only our own survive, see _class
    "a": {"href"},
    "img": {"src", "alt", "width", "height", "border", "hspace", "vspace"},
    "font": {"color", "face", "size"},
    "table": {"bgcolor", "border", "cellpadding", "cellspacing", "width", "height"},
    "tr": {"bgcolor", "valign", "height"},
    "td": _CELL,
    "th": _CELL,
    "col": {"width", "span"},
    "colgroup": {"width", "span"},
    "ol": {"start", "type", "reversed"},
    "ul": {"type"},
    "li": {"value", "type"},
    "hr": {"width", "size", "color", "noshade"},
}
_STYLE_NAMES = (
    "background-color border border-bottom border-bottom-color border-bottom-style border-bottom-width border-collapse "
    "border-color border-left border-left-color border-left-style border-left-width border-radius border-right "
    "border-right-color border-right-style border-right-width border-spacing border-style border-top border-top-color "
    "border-top-style border-top-width border-width box-sizing clear color direction display float font font-family "
    "font-size font-style font-variant font-weight height letter-spacing line-height list-style-type margin "
    "margin-bottom margin-left margin-right margin-top max-height max-width min-height min-width opacity "
    "overflow-wrap padding padding-bottom padding-left padding-right padding-top table-layout text-align "
    "text-decoration text-indent text-transform vertical-align visibility white-space width word-break "
    "word-wrap"
)
STYLES = set(_STYLE_NAMES.split())
_QUOTE_CLASSES = {
    "quote",
    "gmail_quote",
    "yahoo_quoted",
    "moz-cite-prefix",
    "protonmail_quote",
    "gmail_quote_container",
}
_STYLE_DANGER = re.compile(
    r"url|image|expression|import|var\s*\(|attr\s*\(|env\s*\(|element\s*\(|[\\@<>{}]|/\*", re.IGNORECASE
)
_LINK = re.compile(r"(?:https?://|mailto:|tel:)[^\s]", re.IGNORECASE)
_DATA_IMAGE = re.compile(r"data:image/(?:png|jpe?g|gif|webp);base64,[A-Za-z0-9+/=\s]+\Z", re.IGNORECASE)
_LIMITED_SIZE = re.compile(r"\d{1,4}%?\Z")
_LINKABLE = re.compile(
    r"(?P<url>\bhttps?://[^\s<>\"'`\\^{}|\x00-\x1f\u200b-\u200f\u2028-\u202f\u2066-\u2069]{1,2000})"
    r"|(?P<mail>\b[A-Za-z0-9][A-Za-z0-9._%+-]{0,63}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8}\b)"
    r"|(?P<phone>(?<![\w.,/:-])(?:\+|00)?\d(?:[ ()/.-]{0,2}\d){6,16}(?![\w/:-]))",
    re.IGNORECASE | re.ASCII,
)
_DATE = re.compile(r"\d{4}[-./]\d{1,2}[-./]\d{1,2}|\d{1,2}[-./]\d{1,2}[-./]\d{2,4}")
_REL = 'target="_blank" rel="noopener noreferrer nofollow"'
_LAID_OUT_CHARACTERS = 250_000  # inscriptis lays out 100,000 table rows in 2.4 s
_PLAIN_TEXT = ParserConfig(css=CSS_PROFILES["relaxed"].copy(), display_links=False)


class _Filter:
    """Decides about one attribute after the other; counts the remote images it disarmed."""

    def __init__(self) -> None:
        self.remote_images = 0
        self._styles: dict[str, str | None] = {}  # newsletters repeat themselves

    def __call__(self, tag: str, attribute: str, value: str) -> str | None:
        match attribute:
            case "href":
                return "\0" + value.strip() if _LINK.match(value.strip()) else None
            case "src":
                return self._source(value.strip())
            case "style":
                if value not in self._styles:
                    self._styles[value] = _style(value)
                return self._styles[value]
            case "class":
                return "quote" if _QUOTE_CLASSES.intersection(value.split()) else None
            case "width" | "height" | "border" | "hspace" | "vspace" | "cellpadding" | "cellspacing" | "size":
                return value if _LIMITED_SIZE.match(value.strip().removeprefix("+").removesuffix("px")) else None
        return value

    def _source(self, value: str) -> str | None:
        if value[:4].lower() == "cid:":
            return "cid:" + value[4:]
        if value[:2] == "//":
            value = "https:" + value
        if value[:7].lower() == "http://" or value[:8].lower() == "https://":
            self.remote_images += 1
            return "\0" + value
        return value if _DATA_IMAGE.match(value) else None


def sanitise(html: str) -> tuple[str, int]:
    """Harmless HTML of the same look, and how many remote images wait in data-remote-src.

    cid: images keep their src; links open elsewhere and tell nobody where they were clicked.
    """
    judge = _Filter()
    clean = nh3.clean(
        html,
        tags=TAGS,
        clean_content_tags=_DROPPED_WITH_CONTENT,
        attributes=ATTRIBUTES,
        attribute_filter=judge,
        filter_style_properties=STYLES,
        url_schemes={"http", "https", "mailto", "tel", "cid", "data"},
        link_rel=None,
    )
    clean = clean.replace('src="\0', 'data-remote-src="').replace('href="\0', f'{_REL} href="')
    return clean.strip(), judge.remote_images


def _style(value: str) -> str | None:
    """Declarations that cannot fetch anything and cannot leave their place."""
    if len(value) > 4000:
        return None
    harmless = (part.partition(":") for part in value.split(";") if not _STYLE_DANGER.search(part))
    kept = [f"{name.strip().lower()}:{words}" for name, _, words in harmless if name.strip().lower() in STYLES]
    return ";".join(kept) or None


def to_text(clean: str) -> str:
    """What a person reads in (sanitised) HTML: lists, tables and line breaks kept."""
    if not clean.strip():
        return ""
    if len(clean) > _LAID_OUT_CHARACTERS:
        return weight.without_tags(clean)
    text = get_text(f"<body>{clean}</body>", _PLAIN_TEXT)
    return re.sub(r"\n{3,}", "\n\n", re.sub(r"[ \t\xa0]+\n", "\n", text + "\n")).strip("\n").rstrip()


def from_text(text: str) -> str:
    """Safe HTML that keeps spaces and lines; http(s), mailto: and tel: links, nothing else."""
    return f'<div style="white-space:pre-wrap">{_linked(text)}</div>'


def _linked(text: str) -> str:
    pieces: list[str] = []
    position = 0
    for match in _LINKABLE.finditer(text):
        shown = _trimmed(match[0]) if match["url"] else match[0]
        target = _target(match, shown)
        if not target:
            continue
        pieces.append(escape(text[position : match.start()]))
        pieces.append(f'<a href="{escape(target)}" {_REL}>{escape(shown)}</a>')
        position = match.start() + len(shown)
    pieces.append(escape(text[position:]))
    return "".join(pieces)


def _target(match: re.Match[str], shown: str) -> str:
    if match["url"]:
        return shown if len(shown) > len("https://") else ""
    if match["mail"]:
        return f"mailto:{shown}"
    return _telephone(shown)


def _telephone(shown: str) -> str:
    """A number people can dial: with + or 00, or grouped and long enough; no dates, no order numbers."""
    digits = re.sub(r"\D", "", shown)
    abroad = shown.startswith(("+", "00"))
    grouped = len(digits) >= 9 and not shown.isdigit()
    if not (abroad or grouped) or len(digits) > 15 or _DATE.match(shown):
        return ""
    return f"tel:+{digits}" if shown.startswith("+") else f"tel:{digits}"


def _trimmed(url: str) -> str:
    """Without the punctuation of the sentence around it; a closing bracket stays when it was opened inside."""
    for _ in range(min(len(url), 20)):
        last = url[-1]
        unopened = last in ")]" and url.count(last) > url.count({")": "(", "]": "["}[last])
        if last not in ".,;:!?*_~" and not unopened:
            break
        url = url[:-1]
    return url
