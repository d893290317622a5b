"""What we compose is read back by the standard library, and no stranger's text leaves its place."""

import email
import email.policy
import re
from dataclasses import replace
from datetime import UTC, datetime
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.utils import parseaddr

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.errors import Invalid
from appliance.mail.compose import Draft, compose
from appliance.model.mail import Address, Part

DRAFT = Draft(
    sender=Address("Support", "help@acme.test"),
    to=(Address("Ada", "ada@example.net"),),
    subject="Your parcel",
    text="It is on its way.\n",
    date=datetime(2026, 1, 5, 9, 0, tzinfo=UTC),
    message_id="1@acme.test",
)
PIXEL = Part("pixel.png", "image/png", "p1@acme.test", inline=True, content=b"\x89PNG\r\n\x00")
INVOICE = Part("invoice.pdf", "application/pdf", "", inline=False, content=b"%PDF" * 1000)
NASTY = [
    "\r\nBcc: eve@evil.test",
    "\n\nbody",
    "\r",
    "\x00",
    "\u2028X: y",
    "\x0bX: y",
    "\x85X: y",
    '"',
    "\\",
    "<",
    ",",
    "=?",
    "ł",
    " ",
]
NASTY_TEXT = st.lists(st.one_of(st.sampled_from(NASTY), st.text(max_size=5)), max_size=30).map("".join)
EXPECTED = ["date", "from", "to", "cc", "reply-to", "subject", "message-id", "mime-version"]


def read(raw: bytes) -> EmailMessage:
    mail = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(mail, EmailMessage)
    return mail


def written(part: EmailMessage) -> str:
    text: str = part.get_content()
    return text.replace("\r\n", "\n").removesuffix("\n")


def person(raw: bytes) -> str:
    """The name in To, read by the older decoder: the newer puts blanks between encoded words of a name."""
    name, _ = parseaddr(email.message_from_bytes(raw)["To"])
    return str(make_header(decode_header(name)))


def is_clean(raw: bytes) -> bool:
    lines = raw.split(b"\r\n")
    return raw.isascii() and not re.search(rb"[\r\n\0]", b"".join(lines)) and max(map(len, lines)) <= 998


def test_a_plain_reply_reads_as_written() -> None:
    assert compose(DRAFT).decode().splitlines() == [
        "Date: Mon, 05 Jan 2026 09:00:00 +0000",
        "From: Support <help@acme.test>",
        "To: Ada <ada@example.net>",
        "Subject: Your parcel",
        "Message-ID: <1@acme.test>",
        "MIME-Version: 1.0",
        'Content-Type: text/plain; charset="utf-8"',
        "Content-Transfer-Encoding: quoted-printable",
        "",
        "It is on its way.",
    ]


def test_text_html_pictures_invitation_and_files_have_their_places() -> None:
    calendar = b"BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nEND:VCALENDAR\r\n"
    draft = replace(DRAFT, html='<img src="cid:p1@acme.test">', parts=(PIXEL, INVOICE), calendar=calendar)
    mail = read(compose(draft))
    assert [part.get_content_type() for part in mail.walk()] == [
        "multipart/mixed", "multipart/alternative", "text/plain", "multipart/related", "text/html", "image/png",
        "text/calendar", "application/pdf",
    ]  # fmt: skip
    parts = list(mail.walk())
    assert parts[5]["Content-ID"] == "<p1@acme.test>"
    assert parts[5].get_content_disposition() == "inline"
    assert parts[5].get_payload(decode=True) == PIXEL.content
    assert parts[6].get_param("method") == "REQUEST"
    assert parts[6].get_payload(decode=True) == calendar
    assert parts[7].get_payload(decode=True) == INVOICE.content
    assert parts[7].get_filename() == "invoice.pdf"


def test_a_conversation_keeps_its_first_and_latest_references() -> None:
    references = tuple(f"{number}@example.net" for number in range(100))
    mail = read(compose(replace(DRAFT, in_reply_to="99@example.net", references=references)))
    assert mail["In-Reply-To"] == "<99@example.net>"
    kept = mail["References"].split()
    assert kept[0] == "<0@example.net>"
    assert kept[1:] == [f"<{number}@example.net>" for number in range(80, 100)]


def test_ids_of_strangers_that_would_break_a_header_are_left_out() -> None:
    mail = read(
        compose(replace(DRAFT, in_reply_to="a>\r\nX: y", references=("ok@x", "a b", "<a@b>", "x\0", "y" * 999)))
    )
    assert mail["In-Reply-To"] is None
    assert mail["References"] == "<ok@x>"


@given(name=NASTY_TEXT, subject=NASTY_TEXT, text=NASTY_TEXT, file=NASTY_TEXT)
def test_no_stranger_writes_a_header(name: str, subject: str, text: str, file: str) -> None:
    person = Address(name, "ada@example.net")
    part = Part(file, "text/x\r\nX: y", "c\r\nX: y", inline=False, content=text.encode("utf-8", "replace"))
    draft = replace(DRAFT, sender=person, to=(person, person), cc=(person,), reply_to=(person,), subject=subject)
    raw = compose(replace(draft, text=text, html=text, parts=(part,), headers=(("X-Note", subject),)))
    assert is_clean(raw)
    mail = read(raw)
    assert [key.lower() for key in mail] == [*EXPECTED[:-1], "x-note", "mime-version", "content-type"]
    assert [address.addr_spec for address in mail["To"].addresses] == ["ada@example.net"] * 2
    assert len(list(mail.walk())) == (5 if text else 3)
    assert [key.lower() for key in list(mail.walk())[-1]] == [
        "content-type", "content-transfer-encoding", "content-disposition",
    ]  # fmt: skip


@given(text=st.text(st.characters(exclude_categories=["Cc", "Cs"], exclude_characters="\u2028\u2029"), max_size=300))
def test_names_subjects_bodies_and_file_names_come_back(text: str) -> None:
    text = " ".join(text.split())
    part = Part(text, "text/plain", "", inline=False, content=b"x")
    draft = replace(DRAFT, to=(Address(text, "ada@example.net"),), subject=text, text=text, parts=(part,))
    mail = read(compose(draft))
    assert mail["Subject"] == text
    assert person(compose(draft)) == text
    body, file = mail.iter_parts()
    assert written(body) == text
    assert file.get_filename() == (text or "attachment")


@given(
    lines=st.lists(
        st.sampled_from([".", "From me", "", " ", "x" * 2000, "ł" * 300, "a\t", "=", "--=_mixed", "\x0c"]), max_size=8
    )
)
def test_lines_of_a_text_come_back(lines: list[str]) -> None:
    raw = compose(replace(DRAFT, text="\n".join(lines)))
    assert is_clean(raw)
    assert not re.search(rb"\r\n(?:From |\.\r\n)", raw)
    assert max(map(len, raw.partition(b"\r\n\r\n")[2].split(b"\r\n"))) <= 76
    expected = "\n".join(lines).replace("\x0c", "")
    assert written(read(raw)) == expected.removesuffix("\n")


def test_headers_fold_at_78() -> None:
    many = tuple(Address(f"Zażółć Gęślą {number}", f"customer-{number}@example.net") for number in range(50))
    lines = compose(replace(DRAFT, to=many, subject="gęślą jaźń " * 40)).partition(b"\r\n\r\n")[0].split(b"\r\n")
    assert max(map(len, lines)) <= 78
    assert not [line for line in lines if not line.strip()]


@pytest.mark.parametrize(
    "address",
    ["", "ada", "ada@", "@x.test", "a b@x.test", "a@x.test\r\nBcc: b@x", "a@x test", "a@b@c.test", "<a@x.test>",
     "a,b@x.test", "żółw@x.test", "a@x..test", "a@[x]", "a@\u2028x", '"a"b"@x.test', "a" * 65 + "@x.test"],
)  # fmt: skip
def test_an_address_that_cannot_be_written_is_refused(address: str) -> None:
    with pytest.raises(Invalid) as caught:
        compose(replace(DRAFT, to=(Address("Ada", address),)))
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    ("address", "written"),
    [
        ("a@Żółw.test", "a@xn--w-uga1v8h.test"),
        ('"a b"@x.test', '"a b"@x.test'),
        ("a..b@x.test", "a..b@x.test"),
        ("a@[192.0.2.1]", "a@[192.0.2.1]"),
    ],
)
def test_an_odd_address_is_written(address: str, written: str) -> None:
    assert f"\r\nTo: {written}\r\n".encode() in compose(replace(DRAFT, to=(Address("", address),)))


@pytest.mark.parametrize(
    "name", ["Bcc", "from", "X Y", "", "X:", "Content-Type", "X\r\nY", "Resent-To", "DKIM-Signature"]
)
def test_a_header_that_is_ours_or_none_cannot_be_set(name: str) -> None:
    with pytest.raises(Invalid):
        compose(replace(DRAFT, headers=((name, "x"),)))


@pytest.mark.parametrize("message_id", ["", "x", "<a@b>", "a@b\r\nX: y", "a b@c", "a@b@c"])
def test_a_message_id_must_be_one(message_id: str) -> None:
    with pytest.raises(Invalid):
        compose(replace(DRAFT, message_id=message_id))


def test_a_header_with_an_endless_word_is_refused() -> None:
    with pytest.raises(Invalid):
        compose(replace(DRAFT, headers=(("X-Long", "x" * 1000),)))


def test_nobody_to_show_is_said_so() -> None:
    assert b"\r\nTo: undisclosed-recipients:;\r\n" in compose(replace(DRAFT, to=()))


def test_a_forwarded_mail_stays_a_mail_when_it_needs_no_encoding() -> None:
    inner = compose(DRAFT)
    for content, kind in (
        (inner, "message/rfc822"),
        (inner + "ł".encode(), "application/octet-stream"),
        (b"a\nb\r\n", "application/octet-stream"),
        (inner + b"--=_mixed\r\n", "application/octet-stream"),
    ):
        part = Part("mail.eml", "message/rfc822", "", inline=False, content=content)
        raw = compose(replace(DRAFT, parts=(part,)))
        assert is_clean(raw)
        attached = list(read(raw).iter_parts())[1]
        assert attached.get_content_type() == kind


def test_other_containers_are_attached_as_plain_bytes() -> None:
    for kind in ("multipart/mixed", "message/partial", "", "x", "TEXT/HTML; x", "text/\u0142"):
        raw = compose(replace(DRAFT, parts=(Part("x", kind, "", inline=False, content=b"x"),)))
        assert list(read(raw).iter_parts())[1].get_content_type() == "application/octet-stream"
