"""Every signature we make is verified by dkimpy, and by Debian's opendkim over real DNS."""

from datetime import UTC, datetime
from pathlib import Path

import dkim
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from appliance.mail.dkim import Key, generate, public_record, read_key, sign
from bench.peers.nameserver import Record
from bench.peers.opendkim import verify

MONDAY = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
RSA_PEM, RSA_RECORD = generate("rsa")
ED_PEM, ED_RECORD = generate("ed25519")
RSA = read_key("acme.test", "r1", RSA_PEM)
ED = read_key("acme.test", "e1", ED_PEM)
HEAD = (
    b"From: Ada <ada@acme.test>\r\nTo: bob@example.net\r\nSubject: =?utf-8?q?Zam=C3=B3wienie?=\r\n  folded \t twice\r\n"
    b"Date: Mon, 05 Jan 2026 09:00:00 +0000\r\nMessage-ID: <1@acme.test>\r\nMIME-Version: 1.0\r\n"
    b"List-Unsubscribe: <https://acme.test/u/1>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
)


def answer(name: bytes, timeout: int = 5) -> bytes:
    return {b"r1._domainkey.acme.test.": RSA_RECORD, b"e1._domainkey.acme.test.": ED_RECORD}[name].encode()


def passes(signed: bytes, signatures: int = 2) -> bool:
    verifier = dkim.DKIM(signed)
    try:
        return all(verifier.verify(index, dnsfunc=answer) for index in range(signatures))
    except dkim.ValidationError:
        return False


def test_both_signatures_verify() -> None:
    signed = sign(HEAD + b"\r\nHello\r\n", [RSA, ED], MONDAY)
    assert signed.count(b"DKIM-Signature:") == 2
    assert signed.endswith(HEAD + b"\r\nHello\r\n")
    assert passes(signed)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\r\n",
        b"\r\n\r\n\r\n",
        b" \r\n\t\r\n",
        b"no final line end",
        b"a  b\t c \t \r\n \r\n",
        b"." * 5000,
        b"\n\nx\n.\n",
    ],
)
def test_an_odd_body_verifies(body: bytes) -> None:
    assert passes(sign(HEAD + b"\r\n" + body, [RSA, ED], MONDAY))


@given(
    body=st.lists(st.sampled_from([b" ", b"\t", b"\r\n", b"\n", b"\r", b".", b"a", b"\xc5\x82", b"=20\r\n"])).map(
        b"".join
    )
)
@example(body=b" ")
def test_any_body_verifies(body: bytes) -> None:
    assert passes(sign(HEAD + b"\r\n" + body, [ED], MONDAY), 1)


@given(
    subject=st.lists(st.sampled_from([b" ", b"\t", b"\r\n ", b"\r\n\t", b":", b"a", b";", b"\xc5\x82"])).map(b"".join)
)
def test_any_subject_verifies(subject: bytes) -> None:
    raw = b"Subject:" + subject + b"x\r\nFrom: ada@acme.test\r\nX-Other: 1\r\nTO:a@b\r\nto: c@d\r\n\r\nHello\r\n"
    assert passes(sign(raw, [ED], MONDAY), 1)


@pytest.mark.parametrize("added", [b"From: eve@evil.test\r\n", b"Subject: free\r\n", b"Reply-To: eve@evil.test\r\n"])
def test_a_header_added_on_the_way_breaks_the_signature(added: bytes) -> None:
    signed = sign(HEAD + b"\r\nHello\r\n", [RSA], MONDAY)
    assert not passes(added + signed, 1)


def test_a_changed_body_breaks_the_signature() -> None:
    assert not passes(sign(HEAD + b"\r\nPay 10\r\n", [RSA], MONDAY).replace(b"Pay 10", b"Pay 99"), 1)


def test_a_mail_without_blank_line_or_without_header_is_signed_all_the_same() -> None:
    assert sign(HEAD, [ED], MONDAY).endswith(HEAD)
    assert sign(b"\r\nonly a body", [ED], MONDAY).endswith(b"\r\n\r\nonly a body\r\n")


def test_no_line_of_a_signature_is_long() -> None:
    head = sign(HEAD + b"\r\n", [RSA, ED], MONDAY).partition(HEAD)[0]
    assert max(map(len, head.split(b"\r\n"))) <= 98


def test_many_empty_lines_cost_nothing_extraordinary() -> None:
    assert passes(sign(HEAD + b"\r\nx" + b"\r\n" * 1_000_000, [ED], MONDAY), 1)


@pytest.mark.parametrize("width", [1, 63, 64, 998])
def test_a_big_body_verifies(width: int) -> None:
    lines = b"".join(b"x " * (width // 2) + b" \t%d  \r\n\r\n" % at for at in range(300_000 // width))
    assert passes(sign(HEAD + b"\r\n" + lines + b"\r\n" * 70_000 + b"end", [ED], MONDAY), 1)


def test_the_record_of_a_key_is_the_same_later() -> None:
    assert public_record(RSA) == RSA_RECORD
    assert public_record(ED) == ED_RECORD
    assert "PRIVATE" not in repr(RSA)
    assert isinstance(RSA, Key)


def test_what_is_no_key_is_refused() -> None:
    with pytest.raises(ValueError, match="PEM"):
        read_key("acme.test", "s", b"not a key")


async def test_opendkim_agrees(tmp_path: Path) -> None:
    records = [
        Record("r1._domainkey.acme.test", "TXT", RSA_RECORD),
        Record("e1._domainkey.acme.test", "TXT", ED_RECORD),
    ]
    good = sign(HEAD + b"\r\nHello  world \r\n\r\n", [RSA, ED], MONDAY)
    assert (await verify(tmp_path, good, records)).count("dkim=pass") == 2
    assert "dkim=fail" in await verify(tmp_path, good.replace(b"world", b"there"), records)
