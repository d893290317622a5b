"""Letters of Ada, a customer of Support, and the file that came with one of them."""

import pytest

from appliance.model.ids import InteractionId
from tests.conftest import Receive

PARCEL = """\
From: Ada Lovelace <ada@example.org>
To: help@acme.test, Grace <grace@example.org>
Subject: Where is my parcel?
Message-ID: <parcel@example.org>
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=b

--b
Content-Type: text/html; charset=utf-8

<p>It is <b>late</b>.</p><img src="cid:photo"><img src="https://spy.example/pixel.gif"><script>alert(1)</script>
--b
Content-Type: image/png
Content-ID: <photo>
Content-Disposition: inline; filename=photo.png

photo
--b
Content-Type: image/svg+xml
Content-Disposition: attachment; filename="plan;\\"x.svg"

<svg onload="alert(1)"/>
--b--
"""


@pytest.fixture
async def parcel(receive: Receive) -> InteractionId:
    """Her conversation, in Support, that nobody has yet."""
    (number,) = await receive(PARCEL)
    return number
