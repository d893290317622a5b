"""Ordinary mails are understood; strange ones too, as far as they go; none raises."""

import base64
from datetime import UTC, datetime
from email.message import EmailMessage

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.mail.limits import TooStrange
from appliance.mail.parse import parse, salvage
from appliance.model.mail import Address, Kind, Mail

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def written(body: str = "Hello", **fields: str) -> EmailMessage:
    message = EmailMessage()
    message["From"] = "Zofia Łęcka <zofia@Shop.example>"
    message["To"] = "Help <help@acme.example>, other@acme.example"
    message["Subject"] = "Zażółć gęślą jaźń"
    message["Date"] = "Mon, 05 Jan 2026 09:00:00 +0100"
    message["Message-ID"] = "<1@shop.example>"
    for name, value in fields.items():
        message[name.replace("_", "-")] = value
    message.set_content(body)
    return message


def raw(head: str, *lines: str) -> bytes:
    return ("From: a@b.example\n" + head + "\n\n" + "\n".join(lines)).encode()


def test_an_ordinary_mail_is_understood() -> None:
    mail = parse(
        written("Dzień dobry\n", In_Reply_To="<0@acme.example>", References="<a@x> <0@acme.example>").as_bytes()
    )
    assert mail.message_id == "1@shop.example"
    assert mail.in_reply_to == ("0@acme.example",)
    assert mail.references == ("a@x", "0@acme.example")
    assert mail.sender == Address("Zofia Łęcka", "zofia@shop.example")
    assert mail.to == (Address("Help", "help@acme.example"), Address("", "other@acme.example"))
    assert mail.subject == "Zażółć gęślą jaźń"
    assert mail.date == datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
    assert (mail.text, mail.html, mail.snippet) == ("Dzień dobry", "", "Dzień dobry")
    assert (mail.kind, mail.parts, mail.trouble) == (Kind.PERSON, (), ())


def test_text_and_html_are_both_kept_and_the_picture_is_inline() -> None:
    message = written("Hello *world*")
    message.add_alternative('<p>Hello <b>world</b><img src="cid:logo@x"></p>', subtype="html")
    message.get_payload()[1].add_related(PNG, "image", "png", cid="<logo@x>", filename="logo.png")  # type: ignore[union-attr, index]
    message.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="umówa.pdf")
    mail = parse(message.as_bytes())
    assert mail.text == "Hello *world*"
    assert mail.html == '<p>Hello <b>world</b><img src="cid:logo@x"></p>'
    assert [(part.name, part.type, part.content_id, part.inline) for part in mail.parts] == [
        ("logo.png", "image/png", "logo@x", True),
        ("umówa.pdf", "application/pdf", "", False),
    ]
    assert mail.parts[0].content == PNG


def test_a_picture_is_inline_only_when_the_html_refers_to_it() -> None:
    message = written()
    message.add_alternative("<p>no pictures here</p>", subtype="html")
    message.get_payload()[1].add_related(PNG, "image", "png", cid="<logo@x>", disposition="inline")  # type: ignore[union-attr, index]
    (part,) = parse(message.as_bytes()).parts
    assert (part.name, part.inline) == ("attachment-1.png", False)


def test_a_picture_that_only_a_style_refers_to_is_an_attachment() -> None:
    message = written()
    message.add_alternative('<p style="background:url(cid:logo@x)">x</p>', subtype="html")
    message.get_payload()[1].add_related(PNG, "image", "png", cid="<logo@x>")  # type: ignore[union-attr, index]
    assert [part.inline for part in parse(message.as_bytes()).parts] == [False]


def test_rich_text_around_a_file_is_kept_whole() -> None:
    """Apple Mail: alternatives of which one is a sequence of HTML, file and HTML."""
    inner = "--c\nContent-Type: text/html\n\n<p>one</p>\n--c\nContent-Type: application/pdf\n\nx\n"
    inner += "--c\nContent-Type: text/html\n\n<p>two</p>\n--c--"
    sent = raw(
        "Content-Type: multipart/alternative; boundary=b",
        *("--b", "", "one two", "--b", "Content-Type: multipart/mixed; boundary=c", "", inner, "--b--"),
    )
    mail = parse(sent)
    assert mail.html == "<p>one</p>\n<p>two</p>"
    assert mail.text == "one two"
    assert len(mail.parts) == 1


def test_html_alone_gives_the_text() -> None:
    message = written()
    message.set_content("<html><body><p>Ciao,<br>come va?</p><script>x()</script></body></html>", subtype="html")
    mail = parse(message.as_bytes())
    assert mail.text == "Ciao,\ncome va?"
    assert mail.html == "<p>Ciao,<br>come va?</p>"


MIXED = "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b"
STRANGE = {
    "several texts": (raw(MIXED, "--b", "", "one", "--b", "", "two", "--b--"), "one\n\ntwo", 0),
    "html and text footer": (
        raw(MIXED, "--b", "Content-Type: text/html", "", "<p>one</p>", "--b", "", "two", "--b--"),
        "one\n\ntwo",
        0,
    ),
    "text between pictures": (
        raw(MIXED, "--b", "", "one", "--b", "Content-Type: image/png", "", "x", "--b", "", "two", "--b--"),
        "one\n\ntwo",
        1,
    ),
    "no closing boundary": (raw(MIXED, "--b", "", "one", "--b", "Content-Type: image/png", "", "x"), "one", 1),
    "boundary never used": (raw(MIXED, "just text"), "just text", 0),
    "no boundary parameter": (raw("Content-Type: multipart/mixed", "--b", "", "one"), "--b\n\none", 0),
    "preamble and epilogue": (raw(MIXED, "preamble", "--b", "", "one", "--b--", "epilogue"), "one", 0),
    "part without blank line": (raw(MIXED, "--b", "Content-Type: text/plain", "--b", "", "two", "--b--"), "two", 0),
    "part without header": (raw(MIXED, "--b", "one, and no header", "--b--"), "one, and no header", 0),
    "boundary with spaces behind": (raw(MIXED, "--b  ", "", "one", "--b--  "), "one", 0),
    "boundary of the outer multipart inside": (
        raw(
            MIXED,
            "--b",
            "Content-Type: multipart/alternative; boundary=c",
            "",
            "--c",
            "",
            "one",
            "--b",
            "",
            "two",
            "--b--",
        ),
        "one\n\ntwo",
        0,
    ),
    "same boundary twice": (
        raw(MIXED, "--b", "Content-Type: multipart/alternative; boundary=b", "", "--b", "", "one", "--b--"),
        "one",
        0,
    ),
    "mail in a mail": (
        raw(MIXED, "--b", "", "see", "--b", "Content-Type: message/rfc822", "", "Subject: in", "", "x", "--b--"),
        "see",
        1,
    ),
    "mail as a mail": (raw("Content-Type: message/rfc822", "Subject: inner", "", "x"), "", 1),
    "digest": (raw("Content-Type: multipart/digest; boundary=b", "--b", "", "Subject: one", "", "x", "--b--"), "", 1),
    "winmail.dat": (
        raw(MIXED, "--b", "", "one", "--b", "Content-Type: application/ms-tnef", "", "x", "--b--"),
        "one",
        1,
    ),
    "signed": (
        raw(
            "Content-Type: multipart/signed; boundary=b",
            "--b",
            "",
            "one",
            "--b",
            "Content-Type: application/pgp-signature",
            "",
            "x",
            "--b--",
        ),
        "one",
        1,
    ),
    "text file": (
        raw(MIXED, "--b", "", "one", "--b", "Content-Type: text/plain; name=a.txt", "", "x", "--b--"),
        "one",
        1,
    ),
    "calendar": (
        raw(
            "Content-Type: multipart/alternative; boundary=b",
            "--b",
            "",
            "one",
            "--b",
            "Content-Type: text/calendar",
            "",
            "x",
            "--b--",
        ),
        "one",
        1,
    ),
    "uuencoded": (raw("Subject: x", "begin 644 a.txt", "#86)C", "`", "end"), "begin 644 a.txt\n#86)C\n`\nend", 0),
    "picture alone": (raw("Content-Type: image/png\nContent-Transfer-Encoding: base64", "aGVsbG8="), "", 1),
    "bad base64 text": (raw("Content-Transfer-Encoding: base64", "aGVs*bG8"), "hello", 0),
    "bad quoted-printable": (raw("Content-Transfer-Encoding: quoted-printable", "caf=E9 =ZZ = x="), "café =ZZ = x", 0),
    "unknown transfer encoding": (raw("Content-Transfer-Encoding: x-own", "hello"), "hello", 0),
    "unknown charset": (raw("Content-Type: text/plain; charset=x-own", "hello"), "hello", 0),
    "nonsense type": (raw("Content-Type: ;;;===", "hello"), "hello", 0),
    "type without slash": (raw("Content-Type: text", "hello"), "hello", 0),
    "type with comment": (raw("Content-Type: text/plain (really); charset=us-ascii", "hello"), "hello", 0),
    "no blank line": (b"From: a@b.example\nSubject: x\nHello there, friend", "Hello there, friend", 0),
    "no header": (b"Hello there\n\nfriend", "Hello there\n\nfriend", 0),
    "header only": (b"From: a@b.example\nSubject: x", "", 0),
    "mbox line": (b"From a@b Mon Jan  5 09:00:00 2026\nFrom: a@b.example\n\nhello", "hello", 0),
    "blank lines first": (b"\r\n\r\nFrom: a@b.example\r\n\r\nhello", "hello", 0),
    "flowed": (
        raw("Content-Type: text/plain; format=flowed", "one ", "line", "> two ", "> lines", " >x", "-- ", "me"),
        "one line\n> two lines\n>x\n-- \nme",
        0,
    ),
    "flowed, spaces deleted": (raw("Content-Type: text/plain; format=flowed; delsp=yes", "on ", "e"), "one", 0),
    "nothing": (b"", "", 0),
    "NULs": (b"\0" * 100, "", 0),
}


@pytest.mark.parametrize(("sent", "text", "files"), STRANGE.values(), ids=STRANGE)
def test_strange_mail_keeps_its_words_and_files(sent: bytes, text: str, files: int) -> None:
    for variant in (sent, sent.replace(b"\n", b"\r\n") if b"\r" not in sent else sent):
        mail = parse(variant)
        assert mail.text == text
        assert len(mail.parts) == files


def test_names_of_files_are_safe_and_never_empty() -> None:
    names = ["../../etc/passwd", "CON.txt", "a\u202etxt.exe", "", "x" * 300]
    parts = "".join(f'\n--b\nContent-Type: application/x; name="{name}"\n\nx' for name in names)
    mail = parse(raw(MIXED, parts, "--b--"))
    assert [part.name for part in mail.parts] == ["passwd", "_CON.txt", "atxt.exe", "attachment-4", "x" * 180]


def test_charset_repairs_are_told() -> None:
    mail = parse(b"From: a@b.example\nContent-Type: text/plain; charset=iso-8859-2\n\n" + "Żółć".encode())
    assert mail.text == "Żółć"
    assert mail.trouble == ("labelled iso-8859-2, read as utf-8",)


def test_html_says_its_charset_itself() -> None:
    page = '<meta http-equiv=Content-Type content="text/html; charset=windows-1250"><p>Święto'.encode("cp1250")
    assert parse(b"Content-Type: text/html\n\n" + page).text == "Święto"


def test_from_may_be_missing() -> None:
    assert parse(b"Sender: a@b.example\n\nx").sender == Address("", "a@b.example")
    assert parse(b"Return-Path: <a@b.example>\n\nx").sender == Address("", "a@b.example")
    assert parse(b"Subject: x\n\nx").sender == Address("", "")


def test_a_subject_is_one_line() -> None:
    assert parse(b"Subject: =?utf-8?Q?a=0D=0ABcc=3A_x=00=E2=80=A8y?=\n b\n\n").subject == "a Bcc: x y b"


def test_copies_of_a_mail_have_one_hash_and_others_have_another() -> None:
    message = written("Hello\nworld")
    copy = message.as_bytes().replace(b"\n", b"\r\n")
    relayed = b"Received: from x by y; Mon, 05 Jan 2026 09:00:01 +0100\r\n" + copy
    encoded = written("Hello\nworld")
    encoded.set_content("Hello\nworld", cte="base64")
    hashes = {parse(one).content_hash for one in (message.as_bytes(), copy, relayed, encoded.as_bytes())}
    assert len(hashes) == 1
    assert parse(written("Hello\nmoon").as_bytes()).content_hash not in hashes
    assert parse(written("Hello\nworld", Cc="x@y.example").as_bytes()).content_hash in hashes


def test_html_too_heavy_is_shown_as_text_and_attached() -> None:
    mail = parse(raw("Content-Type: text/html", "<div>" * 300 + "hello"))
    assert (mail.text.strip(), mail.html) == ("hello", "")
    assert [part.name for part in mail.parts] == ["message.html"]
    assert "nested" in mail.trouble[0]


def test_a_text_without_end_is_attached_whole() -> None:
    mail = parse(raw("Subject: x", "word " * 300_000))
    assert len(mail.text) <= 1_000_000
    assert len(mail.parts[0].content) >= 1_499_999


@pytest.mark.parametrize(
    "bomb",
    [
        b"Subject: x\n" + b"X-A: b\n" * 200_000 + b"\nbody",
        b"".join(b'Content-Type: multipart/mixed; boundary="b%d"\n\n--b%d\n' % (n, n) for n in range(200)) + b"\n",
    ],
    ids=["endless header", "nested too deeply"],
)
def test_beyond_the_hard_limits_a_mail_is_too_strange_but_can_be_salvaged(bomb: bytes) -> None:
    with pytest.raises(TooStrange) as error:
        parse(b"From: Ada <ada@acme.example>\n" + bomb)
    mail = salvage(b"From: Ada <ada@acme.example>\n" + bomb, error.value.reason)
    assert mail.sender == Address("Ada", "ada@acme.example")
    assert mail.text
    assert mail.trouble == (f"not understood: {error.value.reason}",)


SEEDS = [sent for sent, _, _ in STRANGE.values()] + [
    written("Dzień dobry").as_bytes(),
    b"Subject: =?utf-8?B?xYHDs2TFug==?= =?iso-2022-jp?B?GyRCJCIbKEI=?=\nFrom: \"a, b\" <a@b>\n\n<p>x<img src=cid:a>",
]  # fmt: skip


@settings(derandomize=True, max_examples=400, deadline=None)
@given(
    seed=st.sampled_from(SEEDS),
    cuts=st.lists(st.tuples(st.integers(0, 400), st.integers(0, 60), st.binary(max_size=12)), max_size=5),
    other=st.sampled_from(SEEDS),
)
def test_whatever_is_done_to_a_mail_it_is_parsed(seed: bytes, cuts: list[tuple[int, int, bytes]], other: bytes) -> None:
    for place, length, junk in cuts:
        seed = seed[:place] + (junk or other[:place]) + seed[place + length :]
    try:
        mail = parse(seed)
    except TooStrange:
        return
    check(mail)


@settings(derandomize=True, max_examples=200, deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_are_parsed(sent: bytes) -> None:
    check(parse(sent))
    check(salvage(sent, "x"))


def check(mail: Mail) -> None:
    """What everybody who is handed a Mail relies on."""
    for text in (mail.text, mail.html, mail.subject, mail.message_id, mail.sender.name, *mail.references, mail.snippet):
        text.encode()
        assert "\0" not in text
    assert "\n" not in mail.subject
    assert len(mail.snippet) <= 200
    assert all(part.name and "/" not in part.name and "/" in part.type for part in mail.parts)
