"""Header fields as mailers write them, damaged ones too."""

from datetime import UTC, datetime

import pytest

from appliance.mail import headers


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("plain", "plain"),
        ("=?iso-8859-2?Q?Za=BF=F3=B3=E6_g=EA=B6l=B1?= ok", "Zażółć gęślą ok"),
        ("=?UTF-8?B?xYHDs2TFug==?=", "Łódź"),
        ("=?utf-8?Q?one?= =?utf-8?Q?_two?=", "one two"),
        ("=?utf-8?Q?Za=C5?= =?utf-8?Q?=BC?=", "Zaż"),  # a letter split between two words
        ("=?utf-8?B?xYHDs2TF?= =?utf-8?B?ug==?=", "Łódź"),
        ("=?utf-8?Q?with spaces inside?=", "with spaces inside"),
        ("=?utf-8?Q?Are you there??=", "Are you there?"),
        ("a=?utf-8?Q?b?=c", "abc"),
        ("=?utf-8*en?Q?language?=", "language"),
        ("=?x-unknown?Q?caf=E9?=", "café"),
        ("=?utf-8?Q?unfinished", "=?utf-8?Q?unfinished"),
        ("=?utf-8?Q?a=0D=0ABcc:_x@y.z?=", "a Bcc: x@y.z"),
        ("=?iso-2022-jp?B?GyRCJCIbKEI=?=", "あ"),
        ("two\t  spaces", "two spaces"),
    ],
)
def test_encoded_words_are_decoded_also_broken_ones(value: str, text: str) -> None:
    assert headers.decoded(value) == text


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ('attachment; filename="umowa.pdf"', "umowa.pdf"),
        ("attachment; filename=umowa.pdf", "umowa.pdf"),
        ("attachment; filename*=utf-8''um%C3%B3wa%20%28kopia%29.pdf", "umówa (kopia).pdf"),
        ('attachment; filename*0="um"; filename*1="owa.pdf"', "umowa.pdf"),
        ("attachment; filename*0*=iso-8859-2''%A3%F3; filename*1*=d%BC; filename*2=\".pdf\"", "Łódź.pdf"),
        ('attachment; filename*1="b"; filename*0="a"', "ab"),
        ('attachment; filename="=?iso-8859-2?Q?=A3=F3d=BC.pdf?="', "Łódź.pdf"),
        ('attachment; filename="a;b.pdf"', "a;b.pdf"),
        ('attachment; filename="say \\"x\\".txt"', 'say "x".txt'),
        ("attachment; filename*=x-nothing''%E9.txt", "é.txt"),
        ("attachment", ""),
    ],
)
def test_file_names_are_read_as_mailers_write_them(value: str, name: str) -> None:
    assert headers.parameters(value)[1].get("filename", "") == name


def test_a_header_block_ends_where_no_field_follows() -> None:
    raw = b"Subject: a\r\n b\r\nBroken line\r\nTo: x@y.example\r\nHello, no blank line here\r\n\r\nmore"
    fields, body = headers.split(raw, 0, len(raw))
    assert fields.first("subject") == "a b Broken line"
    assert fields.first("to") == "x@y.example"
    assert raw[body:] == b"Hello, no blank line here\r\n\r\nmore"


def test_raw_letters_in_headers_are_read() -> None:
    fields, _ = headers.split("Subject: Łódź\n".encode() + b"X-Old: caf\xe9\n\n", 0, 100)
    assert fields.first("subject") == "Łódź"
    assert fields.first("x-old") == "café"


@pytest.mark.parametrize(
    ("value", "ids"),
    [
        ("<a@b>", ("a@b",)),
        ("<a@b> (comment) <c@d>\t<a@b>", ("a@b", "c@d")),
        ("a@b", ("a@b",)),
        ("<a @b>", ("a@b",)),
        ("<" * 1000, ()),
        ("", ()),
    ],
)
def test_message_ids_lose_their_brackets_and_appear_once(value: str, ids: tuple[str, ...]) -> None:
    assert headers.message_ids(value) == ids


@pytest.mark.parametrize(
    ("value", "moment"),
    [
        ("Mon, 05 Jan 2026 09:00:00 +0100", datetime(2026, 1, 5, 8, 0, tzinfo=UTC)),
        ("5 Jan 2026 09:00 GMT", datetime(2026, 1, 5, 9, 0, tzinfo=UTC)),
        ("Mon, 05 Jan 2026 09:00:00 -0000", datetime(2026, 1, 5, 9, 0, tzinfo=UTC)),
        ("yesterday", None),
        ("Mon, 99 Jan 9999999 99:99:99 +99999999", None),
        ("", None),
    ],
)
def test_dates_become_utc_or_nothing(value: str, moment: datetime | None) -> None:
    assert headers.date(value) == moment


@pytest.mark.parametrize(
    "data", [b"aGVsbG8=", b"aGVs\r\nbG8=\r\n", b"aGVsbG8", b"aG*Vs bG8=", b"aGVs\0bG8=!", b"aGU=bGxv"]
)
def test_damaged_base64_is_read_as_far_as_it_goes(data: bytes) -> None:
    assert headers.base64_bytes(data) == b"hello"
