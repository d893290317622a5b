"""Only CRLF, in mails of every size."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.mail.lines import blocks, crlf

ENDS = st.lists(st.sampled_from([b"\r", b"\n", b"\r\n", b"a", b"."]), max_size=40).map(b"".join)


@given(raw=ENDS, times=st.sampled_from([1, 3000]), filling=st.integers(0, 70_000))
def test_every_line_end_becomes_crlf_and_nothing_else_changes(raw: bytes, times: int, filling: int) -> None:
    raw = raw * times + b"x" * filling + raw
    expected = re.sub(rb"\r\n|\r|\n", b"\r\n", raw)
    assert crlf(raw) == (expected if expected.endswith(b"\r\n") else expected + b"\r\n")
    assert b"".join(blocks(raw)) == raw
    assert crlf(raw) == b"".join(crlf(block) for block in blocks(raw))


@pytest.mark.parametrize("size", [0, 1, 65_534, 65_535, 65_536, 65_537, 200_000])
def test_a_regular_mail_is_the_same_object(size: int) -> None:
    raw = b"x" * size + b"\r\n"
    assert crlf(raw) is raw
    assert list(blocks(raw * 3))[-1] != b""
