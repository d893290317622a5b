"""Whatever is sent as HTML or text, what comes out has no script, fetches nothing and stays in its place."""

import re
from html.parser import HTMLParser

import pytest

from appliance.mail import html, weight

PAYLOADS = [
    "<script>alert(1)</script>",
    "<scr<script>ipt>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<img src='https://t.example/p.gif' onload=alert(1)>",
    "<svg><animate href=#x attributeName=href values=javascript:alert(1) /><a id=x><text>y</text></a></svg>",
    "<svg><use href='data:image/svg+xml;base64,PHN2Zz4='/></svg>",
    "<svg><feImage href='https://t.example/x'/></svg>",
    "<svg><style><img src=x onerror=alert(1)></style></svg>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>",
    "<form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<a href='javascript:alert(1)'>x</a>",
    "<a href=' java\tscript:alert(1)'>x</a>",
    "<a href='&#106;avascript:alert(1)'>x</a>",
    "<a href='data:text/html,<script>alert(1)</script>'>x</a>",
    "<a href='vbscript:x'>x</a>",
    "<a href='//evil.example'>x</a>",
    "<a href='https://ok.example' onclick=alert(1) target=_self ping=https://t.example>x</a>",
    "<img src='data:image/svg+xml;base64,PHN2Zz4='>",
    "<img src='data:text/html;base64,PHN2Zz4='>",
    "<img src=cid:logo srcset='https://t.example/x 2x'>",
    "<img src='//t.example/x'>",
    "<image src=https://t.example/x>",
    "<input type=image src=https://t.example/x>",
    "<video src=https://t.example/x poster=https://t.example/x><source src=https://t.example/x></video>",
    "<audio src=https://t.example/x autoplay>",
    "<iframe src=https://t.example srcdoc='<script>alert(1)</script>'></iframe>",
    "<object data=https://t.example/x></object><embed src=https://t.example/x>",
    "<link rel=stylesheet href=https://t.example/x><style>@import 'https://t.example/x'; p{color:red}</style>",
    "<base href=https://evil.example/><meta http-equiv=refresh content='0;url=https://evil.example'>",
    "<form action=https://evil.example><input name=password><button>ok</button></form>",
    "<body background=https://t.example/x style='background:url(https://t.example/y)'>x</body>",
    "<table background=https://t.example/x><tr><td background=https://t.example/y>x</td></tr></table>",
    "<p style='background-image:url(https://t.example/x)'>x</p>",
    "<p style='background:url(https://t.example/x'>x</p>",
    "<p style='color:red;background:\\75 rl(https://t.example/x)'>x</p>",
    "<p style='color:var(--x, url(https://t.example/x))'>x</p>",
    "<p style='width:expression(alert(1))'>x</p>",
    "<p style='list-style:url(https://t.example/x)'>x</p>",
    "<p style='position:fixed;top:0;left:0;z-index:9999'>x</p>",
    "<p style=\"font-family:'x;background:url(https://t.example/x)'\">x</p>",
    "<div style='color:red;--x:url(https://t.example/x);content:url(https://t.example/x)'>x</div>",
    "<p id=x class='agent-toolbar' name=y>x</p>",
    "<img src='https://t.example/a\" onerror=\"alert(1)'>",
    "<img alt='src=\"\0https://t.example/x' src=x>",
    'text src="\0https://t.example/x" onerror=alert(1)',
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "<p title='<img src=x onerror=alert(1)>'>x</p>",
    "<template><script>alert(1)</script></template>",
    "<xmp><img src=x onerror=alert(1)></xmp><plaintext><script>alert(1)</script>",
    "<a href='https://ok.example/\"><script>alert(1)</script>'>x</a>",
    'https://ok.example/"onmouseover="alert(1)',
    "https://ok.example/<script>alert(1)</script>",
    "https://ok.example/'onclick='alert(1)",
    "javascript:alert(1) data:text/html,x vbscript:x",
    'mailto:a@b.example?body=<script>alert(1)</script> a@b.example"onclick=alert(1)',
    '+48 600 123 456" onclick=alert(1)',
]


class Inspector(HTMLParser):
    """Reads as a browser would and notes everything that could run, fetch or move."""

    def __init__(self) -> None:
        super().__init__()
        self.wrong: list[str] = []
        self.links: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in html.TAGS:
            self.wrong.append(tag)
        known = {"style", "dir", "lang", "title", "align", "href", "rel", "target", "src", "alt", "data-remote-src"}
        for name, value in attrs:
            if name not in known | {"width", "height", "class", "bgcolor", "color"}:
                self.wrong.append(f"{tag} {name}")
            if name == "class" and value != "quote":
                self.wrong.append(f"class {value}")
            if name == "src" and not (value or "").startswith(("cid:", "data:image/png", "data:image/gif")):
                self.wrong.append(f"src {value}")
            if name == "href":
                self.links.append(value or "")
                if not (value or "").startswith(("https://", "http://", "mailto:", "tel:")):
                    self.wrong.append(f"href {value}")
            if name == "style" and any(
                word in (value or "") for word in ("url", "position", "expression", "\\", "var")
            ):
                self.wrong.append(f"style {value}")

    def handle_data(self, data: str) -> None:
        self.text += data


def inspect(shown: str) -> Inspector:
    inspector = Inspector()
    inspector.feed(shown)
    inspector.close()
    return inspector


@pytest.mark.parametrize("payload", PAYLOADS)
def test_hostile_html_can_neither_run_nor_fetch_nor_move(payload: str) -> None:
    clean, _ = html.sanitise(f"<p>before</p>{payload}<p>after</p>")
    assert inspect(clean).wrong == []
    assert "before" in clean
    assert "\0" not in clean
    assert html.sanitise(clean.replace("data-remote-src", "src"))[0] == clean


@pytest.mark.parametrize("payload", PAYLOADS)
def test_hostile_text_becomes_text_and_harmless_links(payload: str) -> None:
    shown = html.from_text(payload)
    inspector = inspect(shown)
    assert [wrong for wrong in inspector.wrong if not wrong.startswith("style white")] == []
    assert set(re.findall(r"</?(\w+)", shown)) <= {"div", "a"}
    assert inspector.text == payload


def test_remote_images_are_disarmed_and_counted() -> None:
    clean, remote = html.sanitise(
        '<img src="https://t.example/a?b=1&c=2" width=600><img src="//t.example/x"><img src="cid:a@b"><img src="/x">'
    )
    assert remote == 2
    assert '<img data-remote-src="https://t.example/a?b=1&amp;c=2" width="600">' in clean
    assert '<img data-remote-src="https://t.example/x">' in clean
    assert '<img src="cid:a@b"><img>' in clean


def test_the_look_of_a_mail_is_kept() -> None:
    sent = (
        '<table width="600" bgcolor="#eeeeee"><tbody><tr><td align="center" style="Padding: 10px; color:#333">'
        '<font color="red" size="2">Ciao</font> <b>Ada</b></td></tr></tbody></table>'
    )
    clean, _ = html.sanitise(sent)
    assert clean == sent.replace("Padding: 10px; color:#333", "padding:10px;color:#333")


def test_a_less_than_sign_in_the_output_always_begins_a_tag() -> None:
    """What we do to sanitised HTML afterwards relies on it."""
    clean, _ = html.sanitise("<p title='<div class=quote>'>1 < 2 &lt;b> \0<a href='https://x.example/<b>'>x</a></p>")
    assert re.findall(r"<(/?\w+)", clean) == ["p", "a", "/a", "/p"]


def test_links_open_elsewhere_and_tell_nobody() -> None:
    clean, _ = html.sanitise('<a href="https://ok.example/x">ok</a><a href="#top">top</a>')
    assert 'href="https://ok.example/x"' in clean
    assert clean == (
        '<a target="_blank" rel="noopener noreferrer nofollow" href="https://ok.example/x">ok</a><a>top</a>'
    )


@pytest.mark.parametrize(
    "heavy",
    [
        "x" * 1_000_001,
        "<a href=x>y</a>" * 5001,
        "<div>" * 201,
        "".join(f"<font size={size}>" for size in range(150)) + "<p>x" * 100_000,
        "<p " + " ".join(f"a{number}" for number in range(5000)) + ">",
        "&" * 200_000,
    ],
)
def test_html_that_would_keep_a_parser_busy_is_recognised(heavy: str) -> None:
    assert weight.too_heavy(heavy)


def test_an_ordinary_newsletter_is_not_too_heavy() -> None:
    row = "<tr><td style='color:red'><p>text<br><a href='https://x.example'><b>link</b></a><img src=y></td></tr>"
    assert weight.too_heavy("<table>" + row * 2000 + "</table>") == ""


def test_html_reads_as_text() -> None:
    text = html.to_text(
        "<h1>Hello</h1><p>one<br>two &amp; three</p><ul><li>first<li>second</ul><table><tr><td>a<td>b</table>"
    )
    assert [line.strip() for line in text.splitlines() if line.strip()] == [
        "Hello", "one", "two & three", "* first", "* second", "a  b",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("see https://a.example/x?y=1&z=(2).", ["https://a.example/x?y=1&z=(2)"]),
        ("(https://a.example/x)", ["https://a.example/x"]),
        ("write to ada@acme.example, please", ["mailto:ada@acme.example"]),
        ("call +48 600 123 456 or 0039 02 1234567", ["tel:+48600123456", "tel:0039021234567"]),
        ("call 600-123-456", ["tel:600123456"]),
        ("on 2026-01-05 or 05/01/2026 at 10:00", []),
        ("order 123456789012, invoice 2026/01/123", []),
        ("ftp://a.example https:// www", []),
    ],
)
def test_addresses_in_text_become_links(text: str, links: list[str]) -> None:
    assert inspect(html.from_text(text)).links == links
