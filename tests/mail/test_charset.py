"""Texts in every charset, labelled well, badly or not at all."""

import pytest

from appliance.mail import charset

POLISH = "Zażółć gęślą jaźń, a także: ŁÓDŹ, Żywiec i Święta"
ITALIAN = "Perché la città è così lontana? Più in là, lunedì."
SPANISH = "¿Dónde está mi pedido? El niño cumplió años mañana."
CHINESE = "您好我的包裹在哪里镕"
JAPANESE = "お問い合わせの件について"


@pytest.mark.parametrize(
    ("text", "codec", "label"),
    [
        (POLISH, "iso8859-2", "iso-8859-2"),
        (POLISH, "cp1250", "windows-1250"),
        (POLISH, "utf-8", "UTF-8"),
        (POLISH, "utf-7", "utf-7"),
        (POLISH, "utf-16", "utf-16"),
        (ITALIAN, "latin-1", "iso-8859-1"),
        (SPANISH, "latin-1", '"ISO-8859-1"'),
        (ITALIAN + " 5 €", "cp1252", "iso-8859-1"),
        (CHINESE, "gb18030", "gb18030"),
        (CHINESE, "gb18030", "gb2312"),
        (CHINESE, "gb18030", "iso-gb2312"),
        (CHINESE, "gb18030", "x-gbk"),
        (JAPANESE, "iso2022-jp", "iso-2022-jp"),
        (JAPANESE, "cp932", "Shift_JIS"),
        ("Привет, где посылка?", "koi8-r", "koi8-r"),
        ("Привет", "mac-cyrillic", "x-mac-cyrillic"),
    ],
)
def test_a_text_is_read_as_labelled(text: str, codec: str, label: str) -> None:
    assert charset.decode(text.encode(codec), label) == (text, "")


@pytest.mark.parametrize(
    ("text", "codec", "label"),
    [
        (POLISH, "utf-8", "iso-8859-2"),
        (ITALIAN, "utf-8", "iso-8859-1"),
        (POLISH, "cp1250", "iso-8859-2"),
        (POLISH, "iso8859-2", "windows-1250"),
        (POLISH, "cp1250", "utf-8"),
        (SPANISH, "latin-1", "utf-8"),
        (POLISH, "iso8859-2", "us-ascii"),
        (SPANISH, "latin-1", "us-ascii"),
        (POLISH, "cp1250", "x-user-defined"),
        (POLISH, "iso8859-2", "x-unknown"),
        (ITALIAN, "cp1252", "invalid-charset"),
        (SPANISH, "utf-8", "no-such-thing"),
        (POLISH, "utf-8", ""),
        (POLISH, "iso8859-2", ""),
    ],
)
def test_a_wrong_or_unknown_label_is_seen_through_and_told(text: str, codec: str, label: str) -> None:
    read, trouble = charset.decode(text.encode(codec), label)
    assert read == text
    assert trouble


@pytest.mark.parametrize("label", ["rot13", "hex", "zlib", "idna", "punycode", "unicode_escape", "a" * 500, "\0", "é"])
def test_codecs_that_are_no_charsets_are_not_used(label: str) -> None:
    assert charset.decode(b"caf\xe9 \\u0041", label)[0] == "café \\u0041"


def test_a_damaged_letter_does_not_make_utf8_something_else() -> None:
    read, trouble = charset.decode(POLISH.encode()[:-1] + b"\xff", "utf-8")
    assert read.startswith(POLISH[:-2])
    assert trouble == "some characters are not utf-8"


def test_what_no_page_and_no_database_wants_is_left_out() -> None:
    assert charset.decode(b"\xef\xbb\xbfone\r\ntwo\rthree\x00\x1b\x07\tfour", "utf-8")[0] == "one\ntwo\nthree\tfour"
    charset.decode(b"+2AA-", "utf-7")[0].encode()  # a lone surrogate would raise
