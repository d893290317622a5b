"""Names of files, made safe to show and to save."""

import pytest

from appliance.mail import filename


@pytest.mark.parametrize(
    ("sent", "safe"),
    [
        ("umowa.pdf", "umowa.pdf"),
        ("Zażółć gęślą.docx", "Zażółć gęślą.docx"),
        ("../../etc/passwd", "passwd"),
        ("..\\..\\windows\\win.ini", "win.ini"),
        ("a\0b.txt", "ab.txt"),
        ("invoice\u202efdp.exe", "invoicefdp.exe"),
        ("CON.txt", "_CON.txt"),
        ("aux", "_aux"),
        ("a\r\nX-Header: y.txt", "aX-Header y.txt"),
        ('<img src=x onerror="alert(1)">.png', "img src=x onerror=alert(1).png"),
        (".htaccess", "htaccess"),
        ("name. . ", "name"),
        ("..", ""),
        ("/", ""),
        ("", ""),
    ],
)
def test_a_name_is_made_safe(sent: str, safe: str) -> None:
    assert filename.safe(sent) == safe


def test_a_long_name_is_cut_but_keeps_its_extension() -> None:
    name = filename.safe("ż" * 300 + ".pdf")
    assert name.endswith("ż.pdf")
    assert len(name.encode()) <= filename.LONGEST_BYTES
    assert len(filename.safe("x." + "y" * 300).encode()) <= filename.LONGEST_BYTES
