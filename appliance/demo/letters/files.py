"""Small real files for customers to attach, made from nothing: pictures, a PDF, a winmail.dat."""

import struct
import zlib
from collections.abc import Callable

from appliance.demo.letter import File

Colour = tuple[int, int, int]


def broken_plate() -> File:
    return File("plato-1.png", "image/png", _plate(rim=(38, 84, 124), missing=(0.15, 0.55)))


def broken_saucer() -> File:
    return File("plato-2.png", "image/png", _plate(rim=(188, 71, 73), missing=(-0.9, -0.2)))


def crushed_box() -> File:
    return File("karton.png", "image/png", _box())


def screenshot() -> File:
    """A shop's page whose button stays grey."""
    return File("checkout.png", "image/png", _page())


def invoice() -> File:
    lines = (
        "INVOICE 2026-1184",
        "Acme Ltd, 1 Example Street, London",
        "To: Whitfield & Daughters, Bristol",
        "",
        "12 x Copper kettle, 2 l              540.00",
        "VAT 20 %                             108.00",
        "VAT 20 %                             108.00",
        "",
        "Total GBP                            756.00",
    )
    return File("invoice-2026-1184.pdf", "application/pdf", pdf(lines))


def delivery_note() -> File:
    lines = ("DOCUMENTO DI TRASPORTO 77/B", "", "3 colli, 41 kg", "Firmato: nessuno in casa")
    return File("ddt-77b.pdf", "application/pdf", pdf(lines))


def measurements() -> File:
    """What Outlook makes of an attachment when it believes that everybody has Outlook (MS-OXTNEF)."""
    return File(
        "winmail.dat", "application/ms-tnef", _tnef("frames.csv", b"frame;left;right\r\nK-12;54;55\r\nK-14;49;49\r\n")
    )


def png(width: int, height: int, colour: Callable[[int, int], Colour]) -> bytes:
    """An RGB picture, each pixel as the function says."""
    rows = b"".join(b"\0" + b"".join(bytes(colour(x, y)) for x in range(width)) for y in range(height))
    chunks = (
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(rows, 9)),
        (b"IEND", b""),
    )
    packed = (
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(packed)


def pdf(lines: tuple[str, ...]) -> bytes:
    """One A4 page of fixed-width lines."""
    escaped = (line.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)") for line in lines)
    text = "BT /F1 13 Tf 60 770 Td 20 TL " + " ".join(f"({line}) Tj T*" for line in escaped) + " ET"
    objects = (
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R "
        "/Resources << /Font << /F1 5 0 R >> >> >>",
        f"<< /Length {len(text)} >>\nstream\n{text}\nendstream",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Courier >>",
    )
    body, offsets = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        offsets.append(len(body))
        body += f"{number} 0 obj\n{content}\nendobj\n".encode("latin-1")
    table = "".join(f"{offset:010} 00000 n \n" for offset in offsets)
    end = f"xref\n0 6\n0000000000 65535 f \n{table}trailer << /Size 6 /Root 1 0 R >>\nstartxref\n{len(body)}\n%%EOF\n"
    return body + end.encode("ascii")


def _plate(*, rim: Colour, missing: tuple[float, float]) -> bytes:
    """A plate on a table, seen from above, with a crack and without one of its pieces."""

    def colour(x: int, y: int) -> Colour:
        dx, dy = x - 160, y - 120
        radius = (dx * dx + dy * dy) ** 0.5
        slope = dy / (dx or 1)
        crack = abs(dx - (y % 24 if y // 24 % 2 else 24 - y % 24) + 12) < 2
        table: Colour = (150 - (y * 7 + x // 3) % 23, 108 - (y * 7 + x // 3) % 17, 74)
        gone = dx > 0 and missing[0] < slope < missing[1] and radius > 40
        if radius > 105 or gone:
            return table
        if crack:
            return (70, 62, 58)
        return rim if 88 < radius < 98 else (245 - int(radius) // 8, 243 - int(radius) // 8, 238 - int(radius) // 8)

    return png(320, 240, colour)


def _box() -> bytes:
    """A parcel that something heavy has sat on."""

    def colour(x: int, y: int) -> Colour:
        top = 70 + max(0, 46 - abs(x - 190) // 2)
        if not (50 < x < 270 and top < y < 205):
            return (206 - y // 6, 214 - y // 6, 220 - y // 6)
        if abs(x - 160) < 14:
            return (222, 196, 140)
        return (176 - (y - top) // 5, 128 - (y - top) // 6, 78)

    return png(320, 240, colour)


def _page() -> bytes:
    def colour(x: int, y: int) -> Colour:
        if y < 34:
            return (40, 54, 85)
        if 40 < x < 320 and (60 < y < 84 or 100 < y < 124):
            return (232, 236, 241)
        if 200 < x < 320 and 150 < y < 182:
            return (186, 190, 196)
        return (255, 255, 255)

    return png(360, 210, colour)


def _tnef(name: str, content: bytes) -> bytes:
    attributes = (
        (1, 0x00089006, struct.pack("<I", 0x00010000)),  # version
        (1, 0x00069007, struct.pack("<II", 1252, 0)),  # code page
        (1, 0x00078008, b"IPM.Microsoft Mail.Note\0"),
        (2, 0x00069002, struct.pack("<HIHHI", 1, 0xFFFFFFFF, 0, 0, 0)),  # an attachment begins
        (2, 0x00018010, name.encode("cp1252") + b"\0"),
        (2, 0x0006800F, content),
    )
    packed = (
        struct.pack("<BII", level, kind, len(data)) + data + struct.pack("<H", sum(data) & 0xFFFF)
        for level, kind, data in attributes
    )
    return struct.pack("<IH", 0x223E9F78, 1) + b"".join(packed)
