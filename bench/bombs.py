"""Mails that bring other servers to a standstill: small to send, dear to read."""

from collections.abc import Callable

HEAD = b"From: a@b.example\r\nMIME-Version: 1.0\r\n"


def _mixed(body: bytes) -> bytes:
    return HEAD + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + body


def _page(body: bytes) -> bytes:
    return HEAD + b"Content-Type: text/html\r\n\r\n" + body


BOMBS: dict[str, Callable[[], bytes]] = {
    "40,000 encoded words": lambda: b"Subject:" + b"\r\n =?utf-8?q?x?=" * 40_000 + b"\r\n\r\nx",
    "encoded words opened": lambda: b"Subject: " + b"=?a?q?" * 40_000 + b"\r\n\r\nx",
    "100,000 parts": lambda: _mixed(b"--b\r\n\r\n" * 100_000),
    "100,000 header lines": lambda: b"".join(b"X-%d: y\r\n" % number for number in range(100_000)) + b"\r\nx",
    "20,000 addresses": lambda: b"From: " + b", ".join(b"a%d@b.example" % one for one in range(20_000)) + b"\r\n\r\nx",
    "1,000 nested multiparts": lambda: (
        HEAD + b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(1000))
    ),
    "1,000 nested mails": lambda: HEAD + b"Content-Type: message/rfc822\r\n\r\n" * 1000 + b"x",
    "5,000 open comments": lambda: b"To: " + b"(" * 5000 + b"\r\n\r\nx",
    "100,000 open brackets": lambda: b"Message-ID: " + b"<" * 100_000 + b"\r\n\r\nx",
    "5,000 parameters": lambda: (
        HEAD + b"Content-Type: text/plain;" + b";".join(b"p%d=v" % number for number in range(5000)) + b"\r\n\r\nx"
    ),
    "an endlessly enclosed multipart": lambda: _mixed(
        b"--b\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n" * 60_000
    ),
    "thousands of comments": lambda: b"From: " + b"(c)" * 45_000 + b" a@b.example\r\n\r\nx",
    "lines of dashes": lambda: _mixed(b"--\n" * 2_000_000),
    "boundary of 100 kB": lambda: HEAD + b"Content-Type: multipart/mixed; boundary=" + b"b" * 100_000 + b"\r\n\r\n--b",
    "nested tags": lambda: _page(b"<div>" * 190_000),
    "reopened formats": lambda: _page(b"".join(b"<font size=%d>" % n for n in range(180)) + b"<p>x" * 200_000),
    "attributes": lambda: _page(b"<p " + b" ".join(b"a%d" % number for number in range(100_000)) + b">"),
    "attributes behind a quote": lambda: _page(b'<p x=">" ' + b" ".join(b"a%d" % n for n in range(100_000)) + b">"),
    "ampersands": lambda: _page(b"&" * 900_000),
    "base64 of padding": lambda: HEAD + b"Content-Transfer-Encoding: base64\r\n\r\n" + b"QQ==" * 2_000_000,
    "fields without a blank line": lambda: b"Subject: x" + b"\n " * 5_000_000,
    "every byte": lambda: HEAD + b"Content-Type: text/plain; charset=x-own\r\n\r\n" + bytes(range(256)) * 20_000,
}
